"""The browser's shell and the server: what its own commands ask for, and the home that it keeps here. JSON, owner only.

The shell runs in the learner's browser (frontend/src/terminal), and its AWS calls go to the sandbox with the learner's
key. Only what is about the lab itself comes here, with the session cookie and a CSRF token.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from labs import present, selectors, services
from labs.models import Grading, HomeFile, LabSession
from labs.refusals import Refusal
from labs.views.common import own

View = Callable[..., dict[str, Any]]


class Unreadable(Refusal):
    """The body of a request is not what the page sends."""

    status = 400

    def __init__(self) -> None:
        super().__init__("This request could not be read. Reload the page: it may be older than the site.")


def answers(*methods: str) -> Callable[[View], Callable[..., HttpResponseBase]]:
    """Let the owner of a session through, and answer with JSON; a refusal is {"refusal": "its sentence"}."""

    def wrap(view: View) -> Callable[..., HttpResponseBase]:
        @require_http_methods(list(methods))
        @wraps(view)
        def wrapper(request: HttpRequest, session_id: UUID) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return JsonResponse({"refusal": "You are signed out. Sign in again, and go on here."}, status=401)
            try:
                made = view(request, own(request, session_id))
            except Refusal as refusal:
                return JsonResponse({"refusal": str(refusal)}, status=refusal.status)
            response = JsonResponse(made)
            response["Cache-Control"] = "no-store"
            return response

        return wrapper

    return wrap


# --- The lab's own commands ----------------------------------------------------------------------------------------


@answers("POST")
def terminal_check(request: HttpRequest, session: LabSession) -> dict[str, Any]:
    """`check`: ask for a grading; what it found is at terminal_tasks()."""
    grading = services.request_grading(session=session, trigger=Grading.Trigger.ASKED, now=timezone.now())
    return {"grading": str(grading.pk)}


@answers("GET")
def terminal_tasks(request: HttpRequest, session: LabSession) -> dict[str, Any]:
    """`tasks`, and what `check` waits for: each task as it stands, and the state of the grading that was asked for."""
    found = present.cards(selectors.lab_of(session), selectors.task_states(session))
    asked = request.GET.get("grading", "")
    state = selectors.grading_state(session, asked) if asked else ""
    verdict = present.verdict(found, state, score=session.score, points=session.points)
    return {
        "checking": verdict.checking,
        "broken": verdict.broken,
        "say": "" if session.exam else verdict.say,
        "tasks": [_task(card, exam=session.exam) for card in found],
    }


@answers("POST")
def terminal_hint(request: HttpRequest, session: LabSession) -> dict[str, Any]:
    """`hint [task]`: open the next hint of a task, given by id or number; without one, of the first that is not done."""
    lab = selectors.lab_of(session)
    task_id = _task_id(session, str(_sent(request).get("task") or ""))
    hint = services.reveal_hint(session=session, task_id=task_id, now=timezone.now())
    task = lab.task(task_id)
    shown = session.hints.filter(task_id=task_id).count()
    return {"title": task.title, "text": hint.text.strip(), "number": shown, "left": len(task.hints) + 1 - shown}


@answers("POST")
def terminal_undo(request: HttpRequest, session: LabSession) -> dict[str, Any]:
    """`undo`: take back the learner's last change."""
    last = selectors.last_change(session)
    services.undo_last(session=session, seq=last.seq if last else None, now=timezone.now())
    return {"said": f"Undone: {present.call_name(last)}." if last else "Undone."}


@answers("POST")
def terminal_reset(request: HttpRequest, session: LabSession) -> dict[str, Any]:
    """`reset`: begin again with a fresh sandbox, as the page's own reset does. The home of the shell stays."""
    begun = services.restart_session(session=session, now=timezone.now())
    how = "is as it was when the lab began; History has what was before" if begun.is_ready else "is being built anew"
    return {"said": f"Your sandbox {how}. Your files here stay."}


# --- The home ------------------------------------------------------------------------------------------------------


@answers("GET", "POST")
def terminal_files(request: HttpRequest, session: LabSession) -> dict[str, Any]:
    """Tell what is kept (with its bytes for `?data=1`, or of one `?path=`); or keep or remove one file.

    A POST is {"path", "data" (base64; null removes), "known" (the version it was made from, "" for none)}.
    """
    if request.method == "GET":
        rows = selectors.home_files(session)
        if path := request.GET.get("path"):
            rows = rows.filter(path=path)
        whole = "path" in request.GET or request.GET.get("data") == "1"
        return {"files": [_file(row, whole=whole) for row in (rows if whole else rows.defer("data"))]}
    sent = _sent(request)
    path, known, data = sent.get("path"), sent.get("known", ""), sent.get("data")
    if not isinstance(path, str) or not isinstance(known, str) or not isinstance(data, str | None):
        raise Unreadable
    if data is None:
        services.remove_file(session=session, path=path, known=known)
        return {"path": path}
    now = timezone.now()
    saved = services.save_file(session=session, path=path, data=_bytes(data), known=known, now=now)
    return {"path": saved.path, "version": saved.version, "other": saved.other}


@answers("GET", "POST")
def terminal_history(request: HttpRequest, session: LabSession) -> dict[str, Any]:
    """Tell the lines that were run in this lab, or append some; {"clear": true} forgets them."""
    if request.method == "GET":
        return {"lines": selectors.shell_history(session)}
    sent = _sent(request)
    if sent.get("clear") is True:
        services.clear_history(session=session)
        return {"lines": []}
    lines = sent.get("lines")
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise Unreadable
    services.add_history(session=session, lines=lines, now=timezone.now())
    return {}


# --- What they share ---------------------------------------------------------------------------------------------


def _sent(request: HttpRequest) -> dict[str, Any]:
    try:
        sent = json.loads(request.body or b"{}")
    except ValueError:
        raise Unreadable from None
    if not isinstance(sent, dict):
        raise Unreadable
    return sent


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Unreadable from None


def _file(row: HomeFile, *, whole: bool) -> dict[str, Any]:
    about: dict[str, Any] = {"path": row.path, "version": row.version, "size": row.size}
    return about | {"data": base64.b64encode(bytes(row.data)).decode()} if whole else about


def _task(card: present.TaskCard, *, exam: bool) -> dict[str, Any]:
    """Return a task in words. What a failed check says is what the guide says."""
    checks = [
        {
            "title": result.title,
            "outcome": result.outcome,
            "example": result.counterexample,
            "looked": result.looked_at,
            "found": result.found,
            "needed": result.needed,
            "try": result.try_,
        }
        for result in card.results
    ]
    about: dict[str, Any] = {"id": card.id, "title": card.title, "points": card.points}
    if exam:
        return about
    return about | {
        "outcome": card.outcome,
        "state": card.state,
        "detail": card.detail,
        "score": card.score,
        "stale": card.stale,
        "waits": card.waits,
        "hintsLeft": card.hints_left,
        "checks": checks,
    }


def _task_id(session: LabSession, given: str) -> str:
    """Return the task that `hint` is about: an id, a number, or the first that is not done and has hints left."""
    states = selectors.task_states(session)
    if given.isascii() and given.isdigit() and 1 <= int(given[:6]) <= len(states):
        return str(states[int(given) - 1].task.id)
    if given:
        return given
    open_ = [state for state in states if state.outcome != "passed"] or states
    return str(next((state for state in open_ if state.hints_left), open_[0]).task.id)
