"""The exam as a whole, and the analysis of all of it.

Internal consistency where forms are random draws: let d be the deviation of an answer's points from the mean of its
item version over all who had it as a scored one, and D a candidate's sum of these. Then

    α = k / (k − 1) · (1 − Σ d² / Σ D²),        k: scored items of a form, on average

and Σ D² / (n − 1) is the variance of totals with the luck of the draw (a hard form, an easy form) taken out. Every pair
of answers that one candidate gave goes in, and no answer is made up. On one common form Σ d² and Σ D² are (n − 1) times
the item variances and the variance of totals: it is Cronbach's α to the last digit, and KR-20 for items of 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from courses.exams.statistics import moments
from courses.exams.statistics.flags import flags_of
from courses.exams.statistics.items import analyse_item
from courses.exams.statistics.sheet import Analysis, Bools, Column, Floats, Ints, ItemFigures, Sheet, WholeFigures

# Scaled scores go from 100 to 1000: eighteen bins of fifty, the last with its end.
BINS = tuple(range(100, 1001, 50))


@dataclass(frozen=True)
class _Sums:
    """By candidate: points earned and possible, scored items, Σ d and Σ d²; by row: d (0 where it did not count)."""

    earned: Floats
    maximum: Floats
    items: Floats
    deviation: Floats
    squares: Floats
    d: Floats


def analyse(sheet: Sheet) -> Analysis:
    """Return the figures of the exam and of each of its item versions, in the order of the sheet's columns."""
    sums = _sums(sheet)
    items = (_item(sheet, sums, column, rows, picked) for column, rows, picked in _by_column(sheet))
    flagged = tuple(replace(one, flags=flags_of(one)) for one in items)
    return Analysis(_whole(sheet, sums), flagged)


def analyse_whole(sheet: Sheet) -> WholeFigures:
    """Return the figures of the exam alone."""
    return _whole(sheet, _sums(sheet))


def _sums(sheet: Sheet) -> _Sums:
    n, k = sheet.candidates, len(sheet.columns)
    weight = sheet.scored.astype(np.float64)
    had = np.bincount(sheet.column, weights=weight, minlength=k)
    points = np.bincount(sheet.column, weights=weight * sheet.earned, minlength=k)
    means = np.divide(points, had, out=np.zeros(k), where=had > 0)
    d = weight * (sheet.earned - means[sheet.column])

    def by_candidate(values: Floats) -> Floats:
        return np.bincount(sheet.candidate, weights=values, minlength=n).astype(np.float64)

    return _Sums(
        earned=by_candidate(weight * sheet.earned),
        maximum=by_candidate(weight * sheet.maximum),
        items=by_candidate(weight),
        deviation=by_candidate(d),
        squares=by_candidate(d * d),
        d=d,
    )


def _by_column(sheet: Sheet) -> Iterator[tuple[Column, Ints, Bools]]:
    """Yield each column with its rows and who of them picked what (rows × options). One sort instead of many searches."""
    k = len(sheet.columns)
    order = np.argsort(sheet.column, kind="stable")
    edges = np.searchsorted(sheet.column[order], np.arange(k + 1))
    place = np.empty(len(order), dtype=np.int64)  # of a row within its column
    place[order] = np.arange(len(order))
    of_pick = sheet.column[sheet.pick_row]
    pick_order = np.argsort(of_pick, kind="stable")
    pick_edges = np.searchsorted(of_pick[pick_order], np.arange(k + 1))
    for at, column in enumerate(sheet.columns):
        rows = order[edges[at] : edges[at + 1]]
        picks = pick_order[pick_edges[at] : pick_edges[at + 1]]
        picked = np.zeros((len(rows), len(column.options)), dtype=np.bool_)
        picked[place[sheet.pick_row[picks]] - edges[at], sheet.pick_option[picks]] = True
        yield column, rows.astype(np.int64), picked


def _item(sheet: Sheet, sums: _Sums, column: Column, rows: Ints, picked: Bools) -> ItemFigures:
    who, scored = sheet.candidate[rows], sheet.scored[rows]
    left = sums.maximum[who] - np.where(scored, sheet.maximum[rows], 0)
    got = sums.earned[who] - np.where(scored, sheet.earned[rows], 0)
    # What is left of the form may be a rounding error of adding and taking away again.
    rest = np.divide(got, left, out=np.full(len(rows), np.nan), where=left > 1e-9)
    counted, d = who[scored], sums.d[rows][scored]
    with_it = _alpha(sums.items[counted], sums.squares[counted], sums.deviation[counted])
    without = _alpha(sums.items[counted] - 1, sums.squares[counted] - d * d, sums.deviation[counted] - d)
    return analyse_item(
        column,
        share=sheet.earned[rows] / sheet.maximum[rows],
        rest=rest,
        scored=scored,
        omitted=sheet.omitted[rows],
        seconds=sheet.seconds[rows],
        picked=picked,
        alphas=(with_it, without),
    )


def _alpha(items: Floats, squares: Floats, deviation: Floats) -> float | None:
    """Return α of some candidates: scored items, Σ d² and Σ d of each. None where totals do not vary or k ≤ 1."""
    if len(items) < 2 or moments.constant(deviation):
        return None
    k = float(np.mean(items))
    return k / (k - 1) * (1 - float(np.sum(squares)) / float(np.sum(deviation**2))) if k > 1 else None


def _kr20(sheet: Sheet, sums: _Sums) -> float | None:
    """Return KR-20 by its own formula, k/(k−1)·(1 − Σ pq / σ²) with population variances; None where not all are 0/1.

    On differing forms Σ pq is that of a form on average: the sum over a candidate's items, over all candidates.
    """
    earned, maximum = sheet.earned[sheet.scored], sheet.maximum[sheet.scored]
    if not len(earned) or not moments.constant(maximum):
        return None
    right = earned / maximum
    if not bool(np.all((right == 0) | (right == 1))) or sheet.candidates < 2 or moments.constant(sums.deviation):
        return None
    columns = sheet.column[sheet.scored]
    had = np.bincount(columns)
    p = np.divide(np.bincount(columns, weights=right), had, out=np.zeros(len(had)), where=had > 0)
    pq = float(np.sum((p * (1 - p))[columns])) / sheet.candidates
    variance = float(np.mean((sums.deviation / maximum[0]) ** 2))
    k = float(np.mean(sums.items))
    return k / (k - 1) * (1 - pq / variance) if k > 1 else None


def _whole(sheet: Sheet, sums: _Sums) -> WholeFigures:
    sat = sums.maximum > 0
    share = sums.earned[sat] / sums.maximum[sat]
    n = len(share)
    _, median, _ = moments.quartiles(share)
    _, scaled_median, _ = moments.quartiles(sheet.scaled)
    spread = moments.sd(share)
    alpha = _alpha(sums.items[sat], sums.squares[sat], sums.deviation[sat])
    points = moments.mean(sums.maximum[sat])
    sem = None
    if alpha is not None:
        sem = math.sqrt(float(np.sum(sums.deviation[sat] ** 2)) / (n - 1) * max(0.0, 1 - alpha))
    sem_share = sem / points if sem is not None and points else None
    counts, _ = np.histogram(sheet.scaled, bins=np.array(BINS, dtype=np.float64))
    return WholeFigures(
        n=sheet.candidates,
        responses=len(sheet.earned),
        versions=len(sheet.columns),
        scored_items=moments.mean(sums.items[sat]),
        points=points,
        mean=moments.mean(share),
        median=median,
        sd=spread,
        skewness=moments.skewness(share),
        kurtosis=moments.kurtosis(share),
        alpha=alpha,
        kr20=_kr20(sheet, sums),
        sem=sem,
        sem_share=sem_share,
        error_ratio=sem_share / spread if sem_share is not None and spread else None,
        scaled_mean=moments.mean(sheet.scaled),
        scaled_median=scaled_median,
        scaled_sd=moments.sd(sheet.scaled),
        passed=int(np.sum(sheet.passed)),
        histogram=tuple(int(count) for count in counts),
    )
