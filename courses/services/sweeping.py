"""What time brings about in exams: outages to give back, deadlines, attempts whose scoring was lost on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from courses.models import Attempt
from courses.services import lab_places, outages, reminders, statistics
from courses.services.attempts.closing import close_expired, enqueue_score
from labs import jobs

logger = logging.getLogger(__name__)

EVERY: Final = timedelta(seconds=2)
UNSCORED_EVERY: Final = timedelta(minutes=1)
AT_A_TIME: Final = 500


@dataclass(frozen=True)
class Swept:
    """What a sweep did."""

    credited: int
    closed: int


def sweep(*, now: datetime) -> Swept:
    """Do what is due. Safe to run twice at a time. What fails in one part keeps no other from its turn."""
    credited = _tried("outages", lambda: outages.settle(now=now))
    _tried("labs", lambda: lab_places.credit_waiting(now=now) + lab_places.hold_at_deadlines(now=now))
    closed = _tried("deadlines", lambda: 0 if outages.holding(now=now) else close_expired(now=now))
    if jobs.take_turn("exam-unscored", every=UNSCORED_EVERY, now=now):
        _tried("scores", lambda: score_what_is_owed(now=now))
        _tried("pulses", lambda: outages.forget(now=now))
        _tried("statistics", lambda: int(statistics.sweep_in_turn(now=now)))
        _tried("reminders", lambda: reminders.sweep(now=now))
    return Swept(credited, closed)


def sweep_in_turn(*, now: datetime) -> bool:
    """Sweep if nobody else has within the last two seconds; return whether we did."""
    if not jobs.take_turn("exam-sweep", every=EVERY, now=now):
        return False
    sweep(now=now)
    return True


def score_what_is_owed(*, now: datetime) -> int:
    """Have scored what ended a while ago and was not scored, whatever became of its job; return how many."""
    owed = Attempt.objects.exclude(state=Attempt.State.OPEN).filter(scores=None, finished_at__lt=now - UNSCORED_EVERY)
    found = list(owed.order_by("finished_at").values_list("pk", flat=True)[:AT_A_TIME])
    for pk in found:
        enqueue_score(pk, now=now)
    return len(found)


def _tried(what: str, act: Callable[[], int]) -> int:
    try:
        return act()
    except Exception:
        logger.exception("The sweep of %s failed; the next one is due in a moment", what)
        return 0
