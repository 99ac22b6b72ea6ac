"""What a person has to know and has not read yet, on every page: the bell, and what presses."""

from __future__ import annotations

from typing import Any

from django import template

from courses.selectors.scores import Unread, unread

register = template.Library()
NOTHING = Unread(0, ())


@register.simple_tag(takes_context=True)
def unread_notices(context: dict[str, Any]) -> Unread:
    """Return what who is signed in has not read: asked for once a page."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if request is None or user is None or not user.is_authenticated:
        return NOTHING
    if not hasattr(request, "_unread"):
        request._unread = unread(user)
    found: Unread = request._unread
    return found


@register.inclusion_tag("parts/notices.html", takes_context=True)
def notices(context: dict[str, Any]) -> dict[str, Any]:
    """Show what presses, the newest first; each stays until they say that they have read it."""
    found = unread_notices(context).pressing
    return {"found": found, "request": context.get("request"), "csrf_token": context.get("csrf_token")}
