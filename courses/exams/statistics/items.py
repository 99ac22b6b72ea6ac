"""The figures of an item version, over those who had it.

The *rest* of a candidate is the share of points earned on the other scored items of their own form: forms differ, so it
is a share, and every pair (item, rest) that there is goes in. On one common form it is the classical item-rest
correlation, as a share is a linear map of the points. An unscored item is no part of the score: its rest is all of it.
"""

from __future__ import annotations

import numpy as np

from courses.exams.statistics import moments
from courses.exams.statistics.sheet import (
    QUINTILES,
    Bools,
    Column,
    Floats,
    Ints,
    ItemFigures,
    Option,
    OptionFigures,
)


def analyse_item(
    column: Column,
    *,
    share: Floats,
    rest: Floats,
    scored: Bools,
    omitted: Bools,
    seconds: Floats,
    picked: Bools,
    alphas: tuple[float | None, float | None],
) -> ItemFigures:
    """Return the figures; arrays are by candidate who had the item, `picked` by candidate and option (n × options).

    rest: NaN where a form has no other scored item; such a candidate is left out of what needs the rest.
    """
    paired = np.isfinite(rest)
    item, other = share[paired], rest[paired]
    fifth = np.full(len(share), -1, dtype=np.int64)
    fifth[paired] = moments.fifths(other)
    r = moments.correlation(item, other)
    low, high = moments.share_interval(share)
    r_low, r_high = moments.correlation_interval(r, len(item))
    known = seconds[seconds > 0]
    first, median, third = moments.quartiles(known)
    with_it, without = alphas
    return ItemFigures(
        item_id=column.item_id,
        revision=column.revision,
        type=column.type,
        domain=column.domain,
        n=len(share),
        scored=int(np.sum(scored)),
        facility=moments.mean(share),
        facility_low=low,
        facility_high=high,
        sd=moments.sd(share),
        chance=column.chance,
        discrimination=r,
        discrimination_low=r_low,
        discrimination_high=r_high,
        efficiency=moments.efficiency(item, other),
        alpha_with=with_it,
        alpha_deleted=without,
        omitted=int(np.sum(omitted)),
        timed=len(known),
        seconds_median=median,
        seconds_low=first,
        seconds_high=third,
        quintile_n=tuple(int(np.sum(fifth == group)) for group in range(QUINTILES)),
        quintile_facility=tuple(moments.mean(share[fifth == group]) for group in range(QUINTILES)),
        options=tuple(_option(one, picked[:, at], rest, paired, fifth) for at, one in enumerate(column.options)),
    )


def _option(option: Option, picked: Bools, rest: Floats, paired: Bools, fifth: Ints) -> OptionFigures:
    chosen = picked.astype(np.float64)
    return OptionFigures(
        id=option.id,
        key=option.key,
        count=int(np.sum(picked)),
        share=float(np.mean(chosen)) if len(chosen) else 0.0,
        point_biserial=moments.correlation(chosen[paired], rest[paired]),
        quintiles=tuple(int(np.sum(picked & (fifth == group))) for group in range(QUINTILES)),
    )
