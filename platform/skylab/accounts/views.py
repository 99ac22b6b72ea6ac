"""Sign-in, with the demo logins beside it where this is somebody's own machine."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django.conf import settings

from skylab.accounts.demo import DEMO_PASSWORD, DEMO_USERS


class SignIn(LoginView):  # type: ignore[misc]
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if settings.LOCAL:
            context |= {"demo_logins": DEMO_USERS, "demo_password": DEMO_PASSWORD}
        return context


sign_in = SignIn.as_view()
