"""The rules of time: what a candidate has, when the window shuts for them, when they may come again.

All of it counts on from a moment that is given; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

# What is on its way at the deadline was written before it: Moodle's `graceperiodmin` is for the same.
GRACE: Final = timedelta(seconds=5)
# The sweep waits a little longer still: a request that came within the grace may be waiting for its turn.
SLACK: Final = timedelta(seconds=2)


@dataclass(frozen=True)
class Extra:
    """More time for a person: a factor of the exam's minutes, and minutes on top."""

    multiplier: Decimal = Decimal(1)
    minutes: int = 0


@dataclass(frozen=True)
class Span:
    """When an exam may be sat; None: no bound."""

    opens: datetime | None = None
    closes: datetime | None = None


@dataclass(frozen=True)
class Terms:
    """What a candidate is told before they start: the time they have, and until when."""

    opens: datetime | None
    closes: datetime | None  # for this candidate: their extra time extends it
    allowed: timedelta
    deadline: datetime  # if they start now

    @property
    def cut(self) -> bool:
        """Return whether the window's end leaves less than the whole time."""
        return self.closes is not None and self.deadline == self.closes


def allowed(minutes: int, extras: Iterable[Extra]) -> timedelta:
    """Return the time for an exam: the product of the factors, then the sum of the minutes. To the whole second."""
    factor, more = Decimal(1), 0
    for extra in extras:
        factor *= extra.multiplier
        more += extra.minutes
    return timedelta(seconds=int(Decimal(minutes) * 60 * factor) + more * 60)


def terms(minutes: int, extras: Iterable[Extra], span: Span, start: datetime) -> Terms:
    """Return the terms of who starts at `start`. The window closes later for who has more time, by just that time."""
    whole = allowed(minutes, extras)
    closes = span.closes + (whole - timedelta(minutes=minutes)) if span.closes else None
    deadline = start + whole
    return Terms(span.opens, closes, whole, min(deadline, closes) if closes else deadline)


def shares(minutes: int, extras: Iterable[Extra], span: Span, start: datetime) -> list[timedelta]:
    """Return what each extra adds to the deadline, in the order given: together they lead to terms().deadline."""
    taken: list[Extra] = []
    before = terms(minutes, taken, span, start).deadline
    added: list[timedelta] = []
    for extra in extras:
        taken.append(extra)
        after = terms(minutes, taken, span, start).deadline
        added.append(after - before)
        before = after
    return added


def next_start(last_finished: datetime | None, last_deadline: datetime, days: float) -> datetime:
    """Return when the cool-down is over. It counts from the end of the sitting, not from when a sweep closed it."""
    ended = min(last_finished, last_deadline) if last_finished else last_deadline
    return ended + timedelta(days=days)


def expired(deadline: datetime, now: datetime) -> bool:
    """Return whether nothing is taken any more: the deadline and the grace for what was on its way are over."""
    return now > deadline + GRACE
