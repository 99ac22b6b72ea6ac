"""The demo users of `make run`: never made in production."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from skylab.accounts.models import User

DEMO_PASSWORD = "skylab-demo"  # noqa: S105 - printed on the terminal of a loopback-only installation
DEMO_USERS = (("learner", "learner"), ("instructor", "instructor"), ("operator", "operator"))


def ensure_demo_users(*, now: datetime) -> None:
    """Create the demo users that are missing. An existing one is left alone, password included."""
    if not settings.LOCAL:
        raise RuntimeError("Demo users have a public password: they exist only where SKYLAB_LOCAL is set.")
    for username, role in DEMO_USERS:
        if not User.objects.filter(username=username).exists():
            user = User(
                username=username,
                email=f"{username}@example.com",
                role=role,
                date_joined=now,
                is_staff=role == User.Role.OPERATOR,
                is_superuser=role == User.Role.OPERATOR,
            )
            user.set_password(DEMO_PASSWORD)
            user.save()
