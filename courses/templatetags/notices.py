"""What a person has to know and has not read yet, on every page."""

from __future__ import annotations

from typing import Any

from django import template

from courses.selectors.scores import unseen_notices

register = template.Library()


@register.inclusion_tag("parts/notices.html", takes_context=True)
def notices(context: dict[str, Any]) -> dict[str, Any]:
    """Show the newest notices of who is signed in; each stays until they say that they have read it."""
    request = context.get("request")
    user = getattr(request, "user", None)
    found = unseen_notices(user) if user is not None and user.is_authenticated else []
    return {"found": found, "request": request, "csrf_token": context.get("csrf_token")}
