"""The pages of labs: read about one, start it, work in it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from labs import present, selectors, services
from labs.connect import keys, snippets
from labs.views.common import about_log, about_session, about_tasks, hold_practice
from labs.web import act, page


@require_safe
def lab(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a lab to read: story, tasks, time. Nothing is started."""
    found = present.sample(selectors.get_lab(slug))
    open_ = selectors.open_session(request.user, slug) if request.user.is_authenticated else None
    state = selectors.lab_progress(request.user).get(slug) if request.user.is_authenticated else None
    context = {
        "lab": found,
        "intro": present.intro(found),
        "open": open_,
        "left": open_.seconds_left(timezone.now()) if open_ else None,
        "best": state,
    }
    return render(request, "labs/lab.html", context)


@act
def lab_start(request: HttpRequest, slug: str) -> HttpResponse:
    """Start a lab, or go to the one that is open."""
    try:
        session = services.start_session(user=request.user, slug=slug, now=timezone.now())
    except services.SessionAlreadyOpen as already:
        session = already.session
    return redirect("session", session.pk)


# --- The workspace -------------------------------------------------------------------------------------------------


@page
def session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Show a session: waiting, at work, or over."""
    found = selectors.get_session_for(request.user, session_id)
    context = about_session(request, found)
    phase = context["phase"]
    if phase == "over":
        hold_practice(found)  # its solutions, too, are for practice
    if phase in ("waiting", "ending"):
        return render(request, "labs/session_wait.html", context)
    context |= about_tasks(found, context["lab"]) | about_log(found)
    if phase == "over":
        return render(request, "labs/session_over.html", context)
    credentials = selectors.credentials_for(found)
    context |= {"keys": keys(credentials), "snippets": snippets(credentials)}
    context["extensions_left"] = selectors.extensions_left(found)
    return render(request, "labs/session.html", context)
