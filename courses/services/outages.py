"""Our own outages, as our own telemetry shows them, and the time that they cost candidates, given back.

Each process of the site keeps a row (Pulse) and writes the database's time into it every few seconds. Whatever lies
between the rows of web processes was a time in which nobody could save: the clocks of those who sat an exam stood still
then, as it were. While no web process lives, nothing is closed by its deadline.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connections
from django.db.models import Max, Min, QuerySet

from courses.exams import timing
from courses.models import Attempt, Pulse
from courses.services import clock
from courses.services.credits import credit

logger = logging.getLogger(__name__)

EVERY: Final = timedelta(seconds=2)
# Who is so late was away: five beats missed.
AWAY: Final = timedelta(seconds=10)
# So long a worker waits for the first web process to come back; then deadlines count again.
HOLD: Final = timedelta(hours=6)
KEEP: Final = timedelta(days=30)
WEB: Final = "web"
WORKER: Final = "worker"


# --- Telemetry ----------------------------------------------------------------------------------------------------


class Heart:
    """Beats for one process. One that was away (frozen, or without its database) begins a new life."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._row = 0

    def beat(self, *, now: datetime) -> None:
        """Note that the process lives."""
        mine = Pulse.objects.filter(pk=self._row, last_at__gt=now - AWAY)
        if not mine.update(last_at=now):
            self._row = Pulse.objects.create(kind=self.kind, begun_at=now, last_at=now).pk

    def run(self, stopping: threading.Event, *, tick: Callable[[], datetime] = clock.now) -> None:
        """Beat until told to stop: a thread of its own. What the database refuses is a beat that is missed."""
        while not stopping.wait(EVERY.total_seconds()):
            try:
                self.beat(now=tick())
            except Exception:
                logger.warning("No beat of %s: the database does not answer", self.kind)
                connections.close_all()


def forget(*, now: datetime) -> int:
    """Drop rows of lives that ended long ago."""
    return Pulse.objects.filter(last_at__lt=now - KEEP).delete()[0]


# --- What it shows ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gap:
    """A time in which no web process lived."""

    begun: datetime
    ended: datetime

    @property
    def key(self) -> str:
        return f"outage:{self.begun.isoformat()}"


def gaps(*, since: datetime) -> list[Gap]:
    """Return the outages that ended after `since`, the first one first."""
    lives = Pulse.objects.filter(kind=WEB, last_at__gte=since).order_by("begun_at").values_list("begun_at", "last_at")
    before = Pulse.objects.filter(kind=WEB, last_at__lt=since).aggregate(last=Max("last_at"))["last"]
    found: list[Gap] = []
    for begun, last in lives:
        if before is not None and begun - before > AWAY:
            found.append(Gap(before, begun))
        before = last if before is None else max(before, last)
    return found


def _silent_since(now: datetime) -> datetime | None:
    """Return the last beat of any web process, where it is so long ago that none can live; else None."""
    last: datetime | None = Pulse.objects.filter(kind=WEB).aggregate(last=Max("last_at"))["last"]
    return last if last is not None and now - last > AWAY else None


def holding(*, now: datetime) -> bool:
    """Return whether deadlines are not held against anybody just now: no web process lives, and one is expected back."""
    silent = _silent_since(now)
    if silent is None:
        return False
    # Worker and web may have come up together after a night: it waits from its own start on.
    here = Pulse.objects.filter(kind=WORKER, last_at__gt=now - AWAY).aggregate(first=Min("begun_at"))["first"]
    return now - max(silent, here or silent) < HOLD


# --- What it gives back -------------------------------------------------------------------------------------------


def settle(*, now: datetime, served: bool = False) -> int:
    """Give the time of each outage back to whoever sat an exam in it; return how many credits that were.

    served: a request is answered at this very moment, so an outage that seemed to go on is over. Safe to run twice.
    """
    first = Attempt.objects.filter(state=Attempt.State.OPEN).aggregate(first=Min("started_at"))["first"]
    if first is None:
        return 0
    found = gaps(since=first)
    silent = _silent_since(now) if served else None
    if silent is not None:
        found.append(Gap(silent, now))
    given = 0
    for gap in found:
        why = f"The site was away from {gap.begun:%H:%M:%S} to {gap.ended:%H:%M:%S} UTC."
        for attempt in _hit(gap).filter(state=Attempt.State.OPEN).exclude(credits__key=gap.key):
            given += _give_back(attempt, gap, why, None, now)
    if given:
        logger.warning("%d attempts got time back for outages of ours", given)
    return given


@dataclass(frozen=True)
class Credited:
    """What became of an outage that somebody credited: `over` are attempts that had ended, and stay so."""

    credited: tuple[Attempt, ...]
    over: tuple[Attempt, ...]


def credit_outage(
    *,
    begun: datetime,
    ended: datetime,
    reason: str,
    actor: Any,
    exam_slug: str = "",
    attempt_id: UUID | None = None,
    now: datetime,
) -> Credited:
    """Give an outage that telemetry did not show back to all who sat an exam (or this one) in it. The same is given once."""
    gap = Gap(begun, ended)
    hit = _hit(gap)
    if exam_slug:
        hit = hit.filter(exam_slug=exam_slug)
    if attempt_id:
        hit = hit.filter(pk=attempt_id)
    over = hit.exclude(state=Attempt.State.OPEN).filter(finished_at__gt=begun)
    given = [one for one in hit.filter(state=Attempt.State.OPEN) if _give_back(one, gap, reason, actor, now)]
    return Credited(tuple(given), tuple(over))


def _hit(gap: Gap) -> QuerySet[Attempt]:
    """Return the attempts that an outage fell into."""
    return Attempt.objects.filter(started_at__lt=gap.ended, deadline_at__gt=gap.begun - timing.GRACE).defer("form")


def _give_back(attempt: Attempt, gap: Gap, reason: str, actor: Any, now: datetime) -> bool:
    """Give the whole time back, beyond the old deadline too: the clock stood still, as it were."""
    seconds = math.ceil((gap.ended - max(gap.begun, attempt.started_at)).total_seconds())
    return credit(attempt=attempt, seconds=seconds, key=gap.key, reason=reason, actor=actor, now=now) is not None
