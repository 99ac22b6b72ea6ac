"""The end of an attempt, by its candidate or its deadline: once, whoever comes first, with a receipt."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from courses.exams import timing
from courses.exams.wire import OneSave
from courses.models import Attempt, Event
from courses.services import lab_places, outages
from courses.services.attempts.receipts import receipt_for
from courses.services.attempts.refusals import Closed
from courses.services.attempts.saving import hold_pen, locked, write
from labs import jobs, outbox

logger = logging.getLogger(__name__)

AT_A_TIME = 200
SCORE = lab_places.SCORE


def submit(
    *, attempt: Attempt, tab: str, epoch: int, saves: Sequence[OneSave] = (), now: datetime
) -> tuple[Attempt, dict[int, int]]:
    """End an attempt by its candidate's word, with the last saves; return it, and what is kept of them.

    A repeat returns the same, receipt and all: of many at a time one ends it.

    :raises Closed: it ended at its deadline before.
    :raises PenLost: another tab writes.
    :raises SectionOver: a save is about a section that was left. Nothing is written then, and it stays open.
    :raises Malformed: a save is about no place of the form. Likewise.
    """
    close_if_due(attempt_id=attempt.pk, now=now)
    kept: dict[int, int] = {}
    with transaction.atomic():
        mine = locked(attempt.pk)
        if mine.state == Attempt.State.OPEN:
            hold_pen(mine, tab, epoch)
            kept = write(mine, saves, tab=tab, now=now)
            _end(mine, Attempt.State.SUBMITTED, finished_at=min(now, mine.deadline_at), now=now, actor=mine.user_id)
    if mine.state == Attempt.State.EXPIRED:
        raise Closed(mine)
    return mine, kept


def close_if_due(*, attempt_id: UUID, now: datetime) -> bool:
    """End an attempt whose deadline and grace are over; return whether this did. Every way to an attempt asks first."""
    late = Attempt.objects.filter(pk=attempt_id, state=Attempt.State.OPEN, deadline_at__lt=now - timing.GRACE)
    if not late.exists():
        return False
    # Minutes of ours are given back before the clock is held against anybody.
    outages.settle(now=now, served=True)
    return _close(attempt_id, now)


def close_expired(*, now: datetime) -> int:
    """End all attempts whose deadline, grace and slack are over; return how many. Safe to run twice at a time."""
    due = Attempt.objects.filter(
        state=Attempt.State.OPEN, deadline_at__lt=now - timing.GRACE - timing.SLACK
    ).values_list("pk", flat=True)
    closed = 0
    for pk in list(due.order_by("deadline_at")[:AT_A_TIME]):
        try:
            closed += _close(pk, now)
        except Exception:  # one that cannot be ended must not keep the others open
            logger.exception("Attempt %s could not be closed", pk)
    return closed


def _close(attempt_id: UUID, now: datetime) -> bool:
    with transaction.atomic():
        mine = locked(attempt_id)
        # A credit may have come since it was found.
        if mine.state != Attempt.State.OPEN or not timing.expired(mine.deadline_at, now):
            return False
        return _end(mine, Attempt.State.EXPIRED, finished_at=mine.deadline_at, now=now, actor=None)


def _end(mine: Attempt, state: str, *, finished_at: datetime, now: datetime, actor: Any) -> bool:
    """Compare and set: within the transaction that holds the attempt's lock, so that no answer comes after the receipt."""
    receipt = receipt_for(mine, finished_at)
    ended = Attempt.objects.filter(pk=mine.pk, state=Attempt.State.OPEN).update(
        state=state, finished_at=finished_at, receipt=receipt
    )
    mine.refresh_from_db(fields=["state", "finished_at", "receipt"])
    if not ended:
        return False
    Event.objects.create(
        attempt=mine,
        kind="submitted" if state == Attempt.State.SUBMITTED else "closed",
        at=now,
        actor_id=actor,
        data={"finished_at": finished_at.isoformat(), "receipt": receipt},
    )
    lab_places.freeze(mine, at=finished_at, now=now)
    told = {"exam": mine.exam_slug, "number": mine.number, "state": str(state)}
    outbox.record(kind="exam.finished", user=mine.user_id, subject=mine.pk, data=told, at=now)
    enqueue_score(mine.pk, now=now)
    return True


def enqueue_score(attempt_id: UUID, *, now: datetime, delay: timedelta = timedelta(0)) -> None:
    """Have an attempt scored: the row is the queue."""
    jobs.enqueue(kind=SCORE, key=f"{SCORE}:{attempt_id}", payload={"attempt": str(attempt_id)}, now=now, delay=delay)
