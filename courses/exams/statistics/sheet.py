"""What goes into an analysis, a sheet of answers, and what comes out of it.

Forms are random draws: two candidates share some items only. So the sheet is long, not a rectangle with holes: a row
is one candidate's answer to one version of an item. A column is a *version* of an item: a changed text is another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SCHEMA = 1  # of Analysis.as_json(): another meaning of a figure is another number
QUINTILES = 5


@dataclass(frozen=True)
class Option:
    """What can be picked. `key`: whether it belongs to the right answer; None where that cannot be said of it alone."""

    id: str
    key: bool | None = None


@dataclass(frozen=True)
class Column:
    """A version of an item. `chance`: the facility that guessing gives, where it can be known."""

    item_id: str
    revision: str
    type: str
    domain: str = ""
    options: tuple[Option, ...] = ()
    chance: float | None = None


@dataclass(frozen=True)
class Sheet:
    """The answers of n candidates. Arrays of a row each: who, which column, points, whether it counted, blank, time.

    earned, maximum: points, 0 ≤ earned ≤ maximum, maximum > 0. seconds: 0 where not known. Picks are of a row each and
    an index into its column's options; a row may have none or several. scaled, passed: by candidate.
    """

    columns: tuple[Column, ...]
    candidate: Ints
    column: Ints
    earned: Floats
    maximum: Floats
    scored: Bools
    omitted: Bools
    seconds: Floats
    pick_row: Ints
    pick_option: Ints
    scaled: Floats
    passed: Bools

    def __post_init__(self) -> None:
        rows = ("candidate", "column", "earned", "maximum", "scored", "omitted", "seconds")
        if len({len(getattr(self, name)) for name in rows}) > 1:
            raise ValueError("A sheet's rows want arrays of one length: " + ", ".join(rows) + ".")
        if len(self.pick_row) != len(self.pick_option) or len(self.scaled) != len(self.passed):
            raise ValueError("pick_row and pick_option, scaled and passed want arrays of one length each.")
        if bool(np.any(self.maximum <= 0)) or not bool(np.all(np.isfinite(self.earned))):
            raise ValueError("A row of a sheet is worth more than 0 points, and what it earned is a number.")

    @property
    def candidates(self) -> int:
        """Return how many candidates there are."""
        return len(self.scaled)


@dataclass(frozen=True)
class OptionFigures:
    """How often an option was picked, and by whom."""

    id: str
    key: bool | None
    count: int
    share: float  # of those who had the item, blanks included
    point_biserial: float | None  # picked or not, with the score on the rest
    quintiles: tuple[int, ...]  # picks, weakest fifth first


@dataclass(frozen=True)
class ItemFigures:
    """An item version. None is n/a: the figure cannot be had of these answers. It never stands for 0."""

    item_id: str
    revision: str
    type: str
    domain: str
    n: int
    scored: int  # how many of them had it as a scored item
    facility: float | None
    facility_low: float | None  # 95 %
    facility_high: float | None
    sd: float | None  # of the share of points
    chance: float | None
    discrimination: float | None  # item-rest
    discrimination_low: float | None  # 95 %
    discrimination_high: float | None
    efficiency: float | None
    alpha_with: float | None  # of those who had the item as a scored one
    alpha_deleted: float | None  # of the same, without it
    omitted: int
    timed: int  # how many times are known
    seconds_median: float | None
    seconds_low: float | None  # first quartile
    seconds_high: float | None  # third
    quintile_n: tuple[int, ...]  # candidates by fifth of the rest score, weakest first
    quintile_facility: tuple[float | None, ...]
    options: tuple[OptionFigures, ...]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class WholeFigures:
    """The exam as a whole. Shares are of the scored points; `sem` is in points of the form."""

    n: int
    responses: int
    versions: int  # of items
    scored_items: float | None  # a form, on average
    points: float | None  # a form, on average
    mean: float | None
    median: float | None
    sd: float | None
    skewness: float | None
    kurtosis: float | None
    alpha: float | None
    kr20: float | None
    sem: float | None  # in points
    sem_share: float | None
    error_ratio: float | None  # SEM over SD
    scaled_mean: float | None
    scaled_median: float | None
    scaled_sd: float | None
    passed: int
    histogram: tuple[int, ...]  # of scaled scores, by BINS


@dataclass(frozen=True)
class Analysis:
    """All figures of an exam."""

    whole: WholeFigures
    items: tuple[ItemFigures, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return what is kept in the database; `from_json` gives the same again."""
        return {"schema": SCHEMA, "whole": asdict(self.whole), "items": [asdict(one) for one in self.items]}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Analysis:
        """Return the analysis that was kept. ValueError: it was kept with another schema, compute it anew."""
        if data.get("schema") != SCHEMA:
            raise ValueError(f"Statistics were kept with schema {data.get('schema')!r}, and this is {SCHEMA}.")
        whole = {**data["whole"], "histogram": tuple(data["whole"]["histogram"])}
        return Analysis(WholeFigures(**whole), tuple(map(_item, data["items"])))


def _item(data: Mapping[str, Any]) -> ItemFigures:
    options = tuple(OptionFigures(**{**one, "quintiles": tuple(one["quintiles"])}) for one in data["options"])
    lists = {name: tuple(data[name]) for name in ("quintile_n", "quintile_facility", "flags")}
    return ItemFigures(**{**data, **lists, "options": options})
