"""The same figures once more, as one would by hand: loops, sums and the standard library; no NumPy, no shared formula.

Where the statistics take a short cut (one sum for all pairs of items), this goes the long way.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import StatisticsError, correlation, fmean, median, pvariance, quantiles, stdev
from typing import Any

from courses.exams.statistics import BINS, Sheet


@dataclass
class Answer:
    """A row of the sheet."""

    who: int
    item: int
    earned: float
    maximum: float
    scored: bool
    omitted: bool
    seconds: float
    picks: set[int]


def analyse(sheet: Sheet) -> dict[str, Any]:
    """Return what Analysis.as_json() holds, without schema, flags and the names of items."""
    answers = [
        Answer(*row, set())  # type: ignore[misc]
        for row in zip(
            sheet.candidate.tolist(),
            sheet.column.tolist(),
            sheet.earned.tolist(),
            sheet.maximum.tolist(),
            sheet.scored.tolist(),
            sheet.omitted.tolist(),
            sheet.seconds.tolist(),
            strict=True,
        )
    ]
    for row, option in zip(sheet.pick_row.tolist(), sheet.pick_option.tolist(), strict=True):
        answers[row].picks.add(option)
    of_person: dict[int, list[Answer]] = defaultdict(list)
    of_item: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        of_person[answer.who].append(answer)
        of_item[answer.item].append(answer)
    means = {
        item: fmean(one.earned for one in mine if one.scored)
        for item, mine in of_item.items()
        if any(one.scored for one in mine)
    }
    items = [_item(sheet, at, of_item[at], of_person, means) for at in range(len(sheet.columns))]
    return {"whole": _whole(sheet, of_person, means), "items": items}


def alpha(people: list[list[Answer]], means: dict[int, float], without: int | None = None) -> float | None:
    """α from the mean of all pairs: k/(k−1) times what of the variance is covariance."""
    own = pairs = 0.0
    sizes, totals = [], []
    for mine in people:
        d = [one.earned - means[one.item] for one in mine if one.scored and one.item != without]
        sizes.append(len(d))
        totals.append(math.fsum(d))
        own += math.fsum(value * value for value in d)
        pairs += 2 * math.fsum(d[i] * d[j] for i in range(len(d)) for j in range(i))
    if len(people) < 2 or max(totals) - min(totals) < 1e-9 or fmean(sizes) <= 1:
        return None
    k = fmean(sizes)
    return k / (k - 1) * pairs / (own + pairs)


def k_statistics(values: list[float]) -> tuple[float | None, float | None]:
    """Skewness and kurtosis from the power sums, in exact fractions."""
    n = len(values)
    exact = [Fraction(value) for value in values]
    s1, s2, s3, s4 = (sum(value**power for value in exact) for power in (1, 2, 3, 4))
    if n < 3 or max(values) - min(values) < 1e-12:
        return None, None
    k2 = (n * s2 - s1**2) / (n * (n - 1))
    k3 = (2 * s1**3 - 3 * n * s1 * s2 + n * n * s3) / (n * (n - 1) * (n - 2))
    skewness = float(k3) / float(k2) ** 1.5
    if n < 4:
        return skewness, None
    k4 = -6 * s1**4 + 12 * n * s1**2 * s2 - 3 * n * (n - 1) * s2**2 - 4 * n * (n + 1) * s1 * s3 + n * n * (n + 1) * s4
    return skewness, float(Fraction(k4) / (n * (n - 1) * (n - 2) * (n - 3)) / k2**2)


def r(one: list[float], other: list[float]) -> float | None:
    """Pearson's, of the standard library."""
    if len(one) < 2 or max(one) - min(one) < 1e-12 or max(other) - min(other) < 1e-12:
        return None
    try:
        return correlation(one, other)
    except StatisticsError:
        return None


def co(one: list[float], other: list[float]) -> float:
    """Sum of products of deviations: its divisor falls out of a ratio."""
    a, b = fmean(one), fmean(other)
    return math.fsum((x - a) * (y - b) for x, y in zip(one, other, strict=True))


def fifth_of(values: list[float]) -> list[int]:
    """The fifth of each by its midrank."""
    rounded = [round(value, 12) for value in values]
    ordered = sorted(rounded)
    found = []
    for value in rounded:
        below, upto = bisect_left(ordered, value), bisect_right(ordered, value)
        midrank = Fraction(below + 1 + upto, 2)
        found.append(min(4, math.floor(5 * (midrank - Fraction(1, 2)) / len(values))))
    return found


def quartiles(values: list[float]) -> tuple[float | None, float | None, float | None]:
    if len(values) < 2:
        return (values[0],) * 3 if values else (None, None, None)
    low, middle, high = quantiles(values, n=4, method="inclusive")
    assert math.isclose(middle, median(values))
    return low, middle, high


def spread(values: list[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def _item(
    sheet: Sheet, at: int, mine: list[Answer], of_person: dict[int, list[Answer]], means: dict[int, float]
) -> dict[str, Any]:
    share, rest = [], []
    for one in mine:
        others = [other for other in of_person[one.who] if other.scored and other is not one]
        share.append(one.earned / one.maximum)
        left = math.fsum(other.maximum for other in others)
        rest.append(math.fsum(other.earned for other in others) / left if others else None)
    pairs = [(a, b, one) for a, b, one in zip(share, rest, mine, strict=True) if b is not None]
    x, y = [a for a, _, _ in pairs], [b for _, b, _ in pairs]
    fifths = fifth_of(y)
    d = r(x, y)
    times = [one.seconds for one in mine if one.seconds > 0]
    low, middle, high = quartiles(times)
    people = [of_person[one.who] for one in mine if one.scored]
    quintiles: list[list[tuple[float, Answer]]] = [
        [(pair[0], pair[2]) for pair, fifth in zip(pairs, fifths, strict=True) if fifth == group] for group in range(5)
    ]
    return {
        "n": len(mine),
        "scored": len(people),
        "facility": fmean(share) if share else None,
        "sd": spread(share),
        "discrimination": d,
        "efficiency": None if d is None else co(x, y) / co(sorted(x), sorted(y)),
        "alpha_with": alpha(people, means),
        "alpha_deleted": alpha(people, means, without=at),
        "omitted": sum(one.omitted for one in mine),
        "timed": len(times),
        "seconds_low": low,
        "seconds_median": middle,
        "seconds_high": high,
        "quintile_n": [len(group) for group in quintiles],
        "quintile_facility": [fmean(value for value, _ in group) if group else None for group in quintiles],
        "options": [
            {
                "count": sum(option in one.picks for one in mine),
                "share": fmean(option in one.picks for one in mine) if mine else 0.0,
                "point_biserial": r([float(option in one.picks) for _, _, one in pairs], y),
                "quintiles": [sum(option in one.picks for _, one in group) for group in quintiles],
            }
            for option in range(len(sheet.columns[at].options))
        ],
    }


def _whole(sheet: Sheet, of_person: dict[int, list[Answer]], means: dict[int, float]) -> dict[str, Any]:
    people = [[one for one in mine if one.scored] for mine in of_person.values()]
    people = [mine for mine in people if mine]
    share = [math.fsum(a.earned for a in mine) / math.fsum(a.maximum for a in mine) for mine in people]
    deviations = [math.fsum(a.earned - means[a.item] for a in mine) for mine in people]
    consistency = alpha(people, means)
    points = fmean(math.fsum(a.maximum for a in mine) for mine in people) if people else None
    sem = None
    if consistency is not None:
        sem = math.sqrt(math.fsum(d * d for d in deviations) / (len(people) - 1) * max(0, 1 - consistency))
    skewness, kurtosis = k_statistics(share) if share else (None, None)
    scaled = sheet.scaled.tolist()
    edges = [*BINS[:-1], BINS[-1] + 1]
    return {
        "n": len(scaled),
        "mean": fmean(share) if share else None,
        "median": median(share) if share else None,
        "sd": spread(share),
        "skewness": skewness,
        "kurtosis": kurtosis,
        "alpha": consistency,
        "sem": sem,
        "sem_share": sem / points if sem is not None and points else None,
        "scaled_mean": fmean(scaled) if scaled else None,
        "scaled_sd": spread(scaled),
        "histogram": [sum(a <= value < b for value in scaled) for a, b in pairwise(edges)],
    }


def kr20(rows: list[list[int]]) -> float:
    """KR-20 of one common form by the textbook."""
    k, totals = len(rows[0]), [sum(row) for row in rows]
    shares = [fmean(row[i] for row in rows) for i in range(k)]
    return k / (k - 1) * (1 - math.fsum(p * (1 - p) for p in shares) / pvariance(totals))
