"""The arithmetic of grades: decimal numbers, no database, no clock.

The one rule of rounding: a grade is rounded to hundredths of a point, halves up, when it is reckoned; a total is reckoned
from grades so rounded, and rounded to hundredths of a percent, halves up. So whoever adds up what a page shows gets what
it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from enum import StrEnum
from typing import Final

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)
_HUNDREDTHS: Final = Decimal("0.01")
_PRECISE: Final = Context(prec=50)
DAY: Final = timedelta(days=1)


class Late(StrEnum):
    """What late work is worth: as courses.models.Assignment.LateRule has it."""

    FULL = "full"
    PER_DAY = "per_day"
    NONE = "none"


@dataclass(frozen=True)
class Terms:
    """What holds for one learner in one assignment."""

    points: Decimal
    weight: Decimal = Decimal(1)
    due_at: datetime | None = None
    cutoff_at: datetime | None = None
    rule: Late = Late.FULL
    percent_a_day: Decimal = ZERO
    grace: timedelta = timedelta(0)


@dataclass(frozen=True)
class Work:
    """Something that was reached at a time: `share` of all there was, 0 to 1."""

    share: Decimal
    at: datetime


@dataclass(frozen=True)
class Worth:
    """What a piece of work is worth: `earned` before anything is taken off for lateness, `points` after it."""

    earned: Decimal
    points: Decimal
    days_late: int = 0
    taken: Decimal = ZERO
    counts: bool = True
    why: str = ""


@dataclass(frozen=True)
class Part:
    """A grade as a total sees it: `points` of `out_of`. None: there is none yet, and it does not count."""

    points: Decimal | None
    out_of: Decimal
    weight: Decimal = Decimal(1)
    excused: bool = False

    @property
    def counts(self) -> bool:
        return self.points is not None and not self.excused and self.out_of > 0 and self.weight > 0

    @property
    def share(self) -> Decimal:
        return _PRECISE.divide(self.points or ZERO, self.out_of)


@dataclass(frozen=True)
class Total:
    """What all parts come to, in percents; None: nothing counts yet. `dropped` are places among the parts."""

    percent: Decimal | None
    dropped: frozenset[int]
    counted: frozenset[int]


def rounded(value: Decimal) -> Decimal:
    """Return a number in hundredths, halves up: the rule of rounding."""
    with localcontext(_PRECISE):
        return value.quantize(_HUNDREDTHS, rounding=ROUND_HALF_UP)


def days_late(at: datetime, due_at: datetime | None, grace: timedelta) -> int:
    """Return how many days were begun since the due date; 0 within the grace. The grace puts off, it does not shorten:
    who comes after it is late since the due date."""
    if due_at is None or at <= due_at + grace:
        return 0
    return -((due_at - at) // DAY)


def worth(work: Work, terms: Terms) -> Worth:
    """Return what a piece of work is worth."""
    with localcontext(_PRECISE):
        earned = rounded(terms.points * min(max(work.share, ZERO), Decimal(1)))
        if terms.cutoff_at and work.at > terms.cutoff_at:
            return Worth(
                earned, ZERO, days_late(work.at, terms.due_at, terms.grace), earned, False, "after the cut-off"
            )
        days = days_late(work.at, terms.due_at, terms.grace)
        if not days or terms.rule == Late.FULL:
            return Worth(earned, earned, days)
        if terms.rule == Late.NONE:
            return Worth(earned, ZERO, days, earned, False, "late work does not count")
        off = terms.points * min(terms.percent_a_day * days, HUNDRED) / HUNDRED
        points = rounded(max(ZERO, earned - off))
        return Worth(earned, points, days, earned - points)


def best(works: Sequence[Work], terms: Terms) -> tuple[int, Worth] | None:
    """Return which piece of work is worth most, and what; of equals the earliest. None of none.

    What was reached in time stays worth what it was: going on after the due date never costs anything.
    """
    found = [(at, worth(one, terms)) for at, one in enumerate(works)]
    return max(found, key=lambda pair: (pair[1].points, pair[1].counts, -works[pair[0]].at.timestamp()), default=None)


def total(parts: Sequence[Part], *, drop_lowest: int = 0) -> Total:
    """Return what grades come to: the mean of their shares by weight, without the lowest few.

    Lowest is the smallest share of its points, of equals the one that comes first. One grade always stays.
    """
    with localcontext(_PRECISE):
        counting = [at for at, one in enumerate(parts) if one.counts]
        if not counting:
            return Total(None, frozenset(), frozenset())
        lowest = sorted(counting, key=lambda at: (parts[at].share, at))
        dropped = frozenset(lowest[: min(max(drop_lowest, 0), len(counting) - 1)])
        kept = [parts[at] for at in counting if at not in dropped]
        weight = sum((one.weight for one in kept), ZERO)
        reached = sum((one.weight * one.share for one in kept), ZERO)
        return Total(rounded(HUNDRED * reached / weight), dropped, frozenset(counting) - dropped)
