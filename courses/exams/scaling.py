"""From raw points to the score a candidate reads, linear on each side of the cut; and domains with what they leave open.

The certification bodies' own maps are not public. Ours puts the raw cut on the pass mark, nothing on 100 and everything on
1000, and holds two promises: more points never give a lower score, and a candidate passes exactly where the score shown
is the pass mark or more. All sums are in fractions: a third is a third, on any machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from statistics import NormalDist

LOWEST, HIGHEST = 100, 1000
CONFIDENCE = 0.95
FEW = 5  # opportunities: below this a domain's share is shown, and nothing is said about it

Number = int | float | Decimal | Fraction


class Unscorable(ValueError):
    """There is nothing to score: no scored opportunity is left."""


class Standing(StrEnum):
    """How a domain compares with the cut. A classification to study by; no domain is passed or failed by itself."""

    MEETS = "meets"
    NEEDS_IMPROVEMENT = "needs improvement"
    TOO_FEW = "too few to say"


@dataclass(frozen=True)
class Scaled:
    """A score as shown, and whether it passes."""

    scaled: int
    passed: bool


@dataclass(frozen=True)
class Opportunity:
    """One thing that could be earned: an item, a part of a case, a lab's task."""

    domain: str
    earned: Fraction
    maximum: Fraction


@dataclass(frozen=True)
class DomainScore:
    """What was earned of a domain, and the interval that its share may lie in. `low` and `high` are shares in 0..1."""

    domain: str
    earned: Fraction
    maximum: Fraction
    opportunities: int
    low: float
    high: float
    standing: Standing

    @property
    def share(self) -> float:
        return float(self.earned / self.maximum)


def exact(value: Number) -> Fraction:
    """Return a number as people wrote it: 0.66 is 33/50, not the float's neighbour of it."""
    return Fraction(str(value)) if isinstance(value, float) else Fraction(value)


def scale(raw: Number, maximum: Number, *, cut: Number, pass_mark: int) -> Scaled:
    """Return the scaled score of `raw` points of `maximum`, where the share `cut` (0..1) of them is the pass mark.

    Linear from 100 at no points to the pass mark at the cut, and from there to 1000 at all points; rounded to the nearest
    whole number (halves up), but down where that would show the pass mark to somebody below the cut: 719.6 is 719.

    :raises Unscorable: the maximum is 0.
    :raises ValueError: the numbers cannot be: points outside 0..maximum, a cut outside 0..1, a mark outside 101..1000.
    """
    points, most, share = exact(raw), exact(maximum), exact(cut)
    if most == 0:
        raise Unscorable("No scored opportunity is left: there is nothing to scale.")
    if not 0 <= points <= most:
        raise ValueError(f"{raw} points of {maximum} cannot be: points lie between 0 and the maximum.")
    if not 0 <= share <= 1:
        raise ValueError(f"A cut of {cut} cannot be: it is a share between 0 and 1.")
    if not LOWEST < pass_mark <= HIGHEST:
        raise ValueError(f"A pass mark of {pass_mark} cannot be: it lies above {LOWEST} and at {HIGHEST} at most.")
    at = share * most
    if points < at:
        exactly = LOWEST + points / at * (pass_mark - LOWEST)
        return Scaled(min(_nearest(exactly), pass_mark - 1), False)
    if at == most:  # the cut is everything, and everything was earned
        return Scaled(HIGHEST, True)
    return Scaled(_nearest(pass_mark + (points - at) / (most - at) * (HIGHEST - pass_mark)), True)


def _nearest(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def interval(share: float, n: float, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion `share` seen in `n` trials, within 0..1; (0, 1) where n is 0.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927) 209-212. For the
    few trials of a domain it keeps its promise where p ± z·s.e. does not: L. D. Brown, T. T. Cai and A. DasGupta, "Interval
    estimation for a binomial proportion", Statistical Science 16 (2001) 101-133, who recommend it for n of 40 or less.
    """
    if n <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if share <= 0 else max(0.0, middle - half)
    high = 1.0 if share >= 1 else min(1.0, middle + half)
    return low, high


def effective(weights: Iterable[Number]) -> float:
    """Return how many equal opportunities those of these weights are worth: (Σw)²/Σw², as L. Kish has it
    (Survey Sampling, 1965). Equal weights give their count; one heavy among light ones counts as little more than one.
    """
    exactly = [exact(weight) for weight in weights]
    squares = sum((weight * weight for weight in exactly), Fraction(0))
    total = sum(exactly, Fraction(0))
    return float(total * total / squares) if squares else 0.0


def by_domain(opportunities: Sequence[Opportunity], *, cut: Number) -> dict[str, DomainScore]:
    """Return what was earned by domain, in the order in which the domains first come."""
    found: dict[str, list[Opportunity]] = {}
    for one in opportunities:
        if one.maximum > 0:
            found.setdefault(one.domain, []).append(one)
    return {domain: _domain(domain, mine, exact(cut)) for domain, mine in found.items()}


def _domain(domain: str, mine: Sequence[Opportunity], cut: Fraction) -> DomainScore:
    earned = sum((one.earned for one in mine), Fraction(0))
    maximum = sum((one.maximum for one in mine), Fraction(0))
    low, high = interval(float(earned / maximum), effective(one.maximum for one in mine))
    return DomainScore(domain, earned, maximum, len(mine), low, high, standing(earned / maximum, len(mine), cut))


def standing(share: Number, opportunities: int, cut: Number) -> Standing:
    """Return how a domain's share compares with the cut, or that there are too few opportunities to say."""
    if opportunities < FEW:
        return Standing.TOO_FEW
    return Standing.MEETS if exact(share) >= exact(cut) else Standing.NEEDS_IMPROVEMENT


def totals(opportunities: Iterable[Opportunity]) -> tuple[Fraction, Fraction]:
    """Return the points earned and the most that could be."""
    mine = list(opportunities)
    return sum((one.earned for one in mine), Fraction(0)), sum((one.maximum for one in mine), Fraction(0))


def counting(scores: Sequence[Mapping[str, int]], policy: str) -> int | None:
    """Return the index of the attempt that counts, of attempts in order, each {"scaled": …}; None of none.

    policy: "first", "last" or "best" (the earliest of equals).
    """
    if not scores:
        return None
    match policy:
        case "first":
            return 0
        case "last":
            return len(scores) - 1
        case "best":
            return max(range(len(scores)), key=lambda at: (scores[at]["scaled"], -at))
    raise ValueError(f"Which attempt counts is first, last or best, not {policy}.")
