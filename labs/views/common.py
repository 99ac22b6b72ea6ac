"""What the views of a session have in common: the context of a page, and who may do what.

Whoever may see a session is decided in one place, `selectors.get_session_for`; only its owner may act in it.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from labs import present, selectors, services
from labs.models import ApiCall, Grading, LabSession

# What the page shows in each state: another phase is another page.
PHASES = {
    LabSession.State.QUEUED: "waiting",
    LabSession.State.STARTING: "waiting",
    LabSession.State.READY: "working",
    LabSession.State.PAUSED: "paused",
    LabSession.State.EXPIRING: "ending",
    LabSession.State.ENDED: "over",
    LabSession.State.FAILED: "over",
}
LOG_ROWS = 200


def hold_practice(session: LabSession) -> None:
    if session.exam:
        raise services.InExam


def own(request: HttpRequest, session_id: UUID) -> LabSession:
    return selectors.get_own_session(request.user, session_id)


def number_of(request: HttpRequest, name: str) -> int:
    """Return a number that a button sent; 0, which names nothing, where it cannot be read."""
    text = request.POST.get(name, "")
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else 0


def about_session(request: HttpRequest, session: LabSession) -> dict[str, Any]:
    now = timezone.now()
    about = selectors.lab_of(session)
    return {
        "session": session,
        "lab": about,
        "intro": present.intro(about),
        "phase": PHASES[LabSession.State(session.state)],
        "now": now,
        "left": session.seconds_left(now),
        "may_act": session.user_id == request.user.pk,
    }


def about_tasks(session: LabSession, about: Any) -> dict[str, Any]:
    states = selectors.task_states(session)
    running = next((state.skip for state in states if state.skip and state.skip.state == "running"), None)
    calls = max(0, selectors.last_seq(session.sandbox) - running.seq) if running else 0
    found = present.cards(about, states, skip_calls=calls)
    # What is looked at after a call is not asked for: the page says so only where it takes long (labs/services/live.py).
    quiet = Q(state=Grading.State.QUEUED, partial=True)
    latest = session.gradings.filter(epoch=session.sandbox.epoch).exclude(quiet).order_by("-requested_at").first()
    verdict = present.verdict(found, latest.state if latest else "", score=session.score, points=session.points)
    return {"tasks": found, "verdict": verdict, "session": session}


def about_undo(session: LabSession) -> dict[str, Any]:
    """What the bar's Undo would take back."""
    last = selectors.last_change(session)
    return {"undo_name": present.call_name(last) if last else "", "undo_seq": last.seq if last else 0}


def about_pause(session: LabSession) -> dict[str, Any]:
    """Until when a paused lab is kept, and whether it may be for longer. Nothing can be done in its tasks."""
    more = session.paused_until is not None and services.last_pause_day(session) > session.paused_until
    return {"may_keep": more, "paused": True}


def about_return(session: LabSession) -> dict[str, Any]:
    """What was thrown away by a reset a moment ago, and can be brought back by a click."""
    told = session.way_back
    fresh = bool(told) and timezone.now().timestamp() < told["offered"]
    return {"way_back": told if fresh else None}


def about_log(session: LabSession, calls: list[ApiCall] | None = None) -> dict[str, Any]:
    mine = ApiCall.objects.filter(sandbox=session.sandbox, epoch=session.sandbox.epoch, source="learner")
    if calls is None:
        calls = selectors.calls(session, limit=LOG_ROWS)
    count = mine.count()
    older = count > LOG_ROWS
    return {
        "session": session,
        "calls": calls,
        "call_count": count,
        "log_services": selectors.log_services(session),
        "older": older,
        "next_rows": 2 * LOG_ROWS,
        "last_shown": calls[-1].seq if older and calls else 0,
    }
