"""End a session, by the learner, the clock or idleness: what is there is judged once more, and the sandbox let go."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from labs import events, jobs, outbox
from labs.models import Grading, LabSession
from labs.services.gradings import give_up, look, make_grading, write
from labs.services.provisioning import let_go


def end_session(*, session: LabSession, now: datetime) -> LabSession:
    """End a session. One that is ready is judged once more first; one that ends or has ended is left as it is."""
    with transaction.atomic():
        mine = LabSession.objects.filter(pk=session.pk)
        alive = (LabSession.State.READY, LabSession.State.PAUSED)
        if mine.filter(state__in=alive).update(state=LabSession.State.EXPIRING):
            session.sandbox.refresh_from_db()
            grading = make_grading(session, trigger=Grading.Trigger.END, now=now)
            payload = {"session": str(session.pk), "grading": str(grading.pk)}
            jobs.enqueue(kind="close", key=f"close:{session.pk}", payload=payload, now=now)
        elif mine.filter(state__in=(LabSession.State.QUEUED, LabSession.State.STARTING)).update(
            state=LabSession.State.ENDED, ended_at=now
        ):
            session.sandbox.refresh_from_db()
            let_go(session.sandbox, now=now)
            _record(session, now)
        transaction.on_commit(lambda: events.publish(session.pk, {"type": "state"}))
    session.refresh_from_db()
    return session


def close(*, lease: jobs.Lease) -> None:
    """Make the last judgement of a session that is ending, and end it.

    :raises Unavailable: the sandbox host does not answer.
    """
    judged = look(lease.payload["grading"], states=(LabSession.State.EXPIRING,))
    now = lease.now()
    with jobs.finish(lease, now=now):
        if judged is not None:
            write(judged, now=now)
        _over(lease.payload["session"], now)


def _over(pk: str, now: datetime) -> None:
    if LabSession.objects.filter(pk=pk, state=LabSession.State.EXPIRING).update(
        state=LabSession.State.ENDED, ended_at=now
    ):
        session = LabSession.objects.select_related("sandbox").get(pk=pk)
        let_go(session.sandbox, now=now)
        _record(session, now)
        transaction.on_commit(lambda: events.publish(pk, {"type": "state"}))


def _record(session: LabSession, now: datetime) -> None:
    if not session.exam:
        told = {"lab": session.lab_slug, "score": session.score, "points": session.points}
        outbox.record(kind="lab.ended", user=session.user_id, subject=session.pk, data=told, at=now)


def _dead(payload: dict[str, Any], now: datetime) -> None:
    """It ends all the same: the best points stay, and the last judgement is marked as one that we owe."""
    give_up(payload["grading"], now=now)
    _over(payload["session"], now)


@jobs.handles("close", dead=_dead)
def _close(lease: jobs.Lease) -> None:
    close(lease=lease)
