"""What the views of a session have in common: the context of a page, and who may do what.

Whoever may see a session is decided in one place, `selectors.get_session_for`; only its owner may act in it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from labs import present, selectors, services
from labs.models import ApiCall, LabSession

# What the page shows in each state: another phase is another page.
PHASES = {
    LabSession.State.QUEUED: "waiting",
    LabSession.State.STARTING: "waiting",
    LabSession.State.READY: "working",
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
    found = present.cards(about, selectors.task_states(session))
    latest = session.gradings.filter(epoch=session.sandbox.epoch).order_by("-requested_at").first()
    verdict = present.verdict(found, latest.state if latest else "", score=session.score, points=session.points)
    return {"tasks": found, "verdict": verdict, "session": session}


def about_log(session: LabSession) -> dict[str, Any]:
    calls = selectors.calls(session, limit=LOG_ROWS)
    mine = ApiCall.objects.filter(sandbox=session.sandbox, epoch=session.sandbox.epoch, source="learner")
    return {"session": session, "calls": calls, "call_count": mine.count()}
