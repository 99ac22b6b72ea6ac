"""What a person was told: the page behind the bell."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from courses.selectors import scores
from courses.services import clock
from courses.services import notices as services
from labs.web import act, page, person

ICONS = {
    "message": "inbox",
    "grade": "chart",
    "regrade": "chart",
    "certificate": "award",
    "exam": "calendar",
    "lab": "flask",
    "review": "target",
}


@never_cache
@page
def notices(request: HttpRequest) -> HttpResponse:
    """Show what a person was told, the newest first."""
    rows = scores.notices_of(person(request))
    shown = [{"row": one, "icon": ICONS.get(one.kind, "inbox")} for one in rows]
    unread = sum(one.seen_at is None for one in rows)
    return render(request, "pages/notices.html", {"notices": shown, "unread": unread})


@act
def notices_read(request: HttpRequest) -> HttpResponse:
    """Note that all was read."""
    services.mark_all_seen(user=person(request), now=clock.now())
    return redirect("notices")
