"""The History tab of the workspace: undo, keep a checkpoint, go back, and what has changed since.

For htmx each answer is the list of moments with what else has changed beside it; without JavaScript it is a page.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from labs import selectors, services
from labs.models import LabSession
from labs.moments import history, moment_card
from labs.present import call_name
from labs.refusals import Refusal
from labs.views.common import about_undo, number_of
from labs.web import READ, act, fragment_wanted, page, signed_in


@page
def session_history(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return what can be undone and what one can go back to."""
    found = selectors.get_session_for(request.user, session_id)
    if found.is_ready and request.GET.get("part") == "undo":
        return render(request, "labs/_bar_undo.html", {"session": found, **about_undo(found)})
    if found.is_ready:
        return _show(request, found)
    if fragment_wanted(request):
        raise Http404("This session has no sandbox.")
    return redirect("session", found.pk)


@act
def session_undo(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Take back the change that the button named."""
    found = selectors.get_own_session(request.user, session_id)
    last = selectors.last_change(found)
    services.undo_last(session=found, seq=number_of(request, "seq"), now=timezone.now())
    return _done(request, found, f"Undone: {call_name(last)}" if last else "Undone")


@act
def session_keep(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Keep a checkpoint."""
    found = selectors.get_own_session(request.user, session_id)
    kept = services.keep_checkpoint(session=found, label=request.POST.get("label", ""), now=timezone.now())
    return _done(request, found, f"Kept: {kept.label}", kept=True)


@act
def session_back(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Go back to a moment."""
    found = selectors.get_own_session(request.user, session_id)
    services.go_back(session=found, moment=number_of(request, "moment"), now=timezone.now())
    return _done(request, found, "Your sandbox is as it was then")


@page
def session_changes(request: HttpRequest, session_id: UUID, moment: int) -> HttpResponse:
    """Return in words what has changed since a moment."""
    found = selectors.get_session_for(request.user, session_id)
    context: dict[str, Any] = {"session": found, "moment_id": moment, "now": timezone.now()}
    try:
        then, context["changes"] = services.changes_since(session=found, moment=moment)
        context["then"] = moment_card(then)
    except Refusal as refusal:
        if not fragment_wanted(request):
            raise
        context["refusal"] = refusal  # said where one looks for the words, with a way to try again
    if not fragment_wanted(request):
        return render(request, "labs/history.html", context | _context(request, found))
    said = str(context["refusal"]) if "refusal" in context else f"{context['changes'].summary} since {then.label}"
    return _announced(render(request, "labs/_changes.html", context), said)


@signed_in
@require_http_methods([*READ, "POST"])
def session_task_reset(request: HttpRequest, session_id: UUID, task_id: str) -> HttpResponse:
    """Say where a new beginning of a task leads and what would be lost by it; by POST, begin it anew."""
    found = selectors.get_own_session(request.user, session_id)
    now = timezone.now()
    if request.method == "POST":
        services.reset_task(session=found, task_id=task_id, now=now)
        return redirect("session", found.pk)
    if not found.is_ready:
        return redirect("session", found.pk)
    context: dict[str, Any] = {"session": found, "lab": selectors.lab_of(found), "now": now, "plain": True}
    context["back"] = to = services.return_of(session=found, task_id=task_id)
    if to.moment is not None:
        try:
            _, context["changes"] = services.changes_since(session=found, moment=to.moment.id)
            context["then"] = moment_card(to.moment)
        except services.Away as refusal:
            context["refusal"] = refusal
    return render(request, "labs/restart.html", context)


# --- What they share ---------------------------------------------------------------------------------------------


def _done(request: HttpRequest, session: LabSession, said: str, **more: Any) -> HttpResponse:
    if not fragment_wanted(request):
        messages.success(request, f"{said}.")
        return redirect("session_history", session.pk)
    return _announced(_show(request, session, **more), said)


def _show(request: HttpRequest, session: LabSession, **more: Any) -> HttpResponse:
    part = "labs/_history.html" if fragment_wanted(request) else "labs/history.html"
    return render(request, part, _context(request, session) | more)


def _context(request: HttpRequest, session: LabSession) -> dict[str, Any]:
    try:
        kept = services.moments(session)
    except services.Away:
        kept = None
    newest = selectors.last_seq(session.sandbox, mutating=True)
    return {
        "session": session,
        "lab": selectors.lab_of(session),
        "history": history(session.sandbox, selectors.last_change(session), newest, kept),
        "may_act": session.user_id == request.user.pk,
        **about_undo(session),
        "plain": not fragment_wanted(request),
    }


def _announced(response: HttpResponse, said: str) -> HttpResponse:
    """Have a screen reader say it: see static/js/site.js."""
    response["HX-Trigger"] = json.dumps({"announce": said})
    return response
