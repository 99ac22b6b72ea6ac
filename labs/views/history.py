"""The History tab of the workspace: undo, keep a checkpoint, go back, and what has changed since.

For htmx each answer is the list of moments with what else has changed beside it; without JavaScript it is a page.
"""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from labs import selectors, services
from labs.models import LabSession
from labs.moments import history, moment_card
from labs.present import call_name
from labs.refusals import Refusal
from labs.web import act, fragment_wanted, page


@page
def session_history(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return what can be undone and what one can go back to."""
    found = selectors.get_session_for(request.user, session_id)
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
    services.undo_last(session=found, seq=_number(request, "seq"), now=timezone.now())
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
    services.go_back(session=found, moment=_number(request, "moment"), now=timezone.now())
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


# --- What they share ---------------------------------------------------------------------------------------------


def _number(request: HttpRequest, name: str) -> int:
    """Return a number that a button sent; 0, which names nothing, where it cannot be read."""
    text = request.POST.get(name, "")
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else 0


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
        "plain": not fragment_wanted(request),
    }


def _announced(response: HttpResponse, said: str) -> HttpResponse:
    """Have a screen reader say it: see static/js/site.js."""
    response["HX-Trigger"] = json.dumps({"announce": said})
    return response
