"""What a person chose in their settings holds for every page: the time zone, and the language."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from labs.audit import coming_from
from skylab.accounts.zones import zone_of


class PersonMiddleware:
    """Show times in the person's zone, and texts in their language.

    It knows no event loop: see skylab.errors.RefusalMiddleware. Who sends no session cookie is asked for nothing.
    """

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        language = getattr(user, "language", "")
        if language and language != translation.get_language() and language in dict(settings.LANGUAGES):
            translation.activate(language)  # LocaleMiddleware, which is further out, sees to the end of it
        came_from = coming_from(request.META.get("REMOTE_ADDR", ""))
        with timezone.override(zone_of(user, request.COOKIES)), came_from:
            return self.get_response(request)
