"""Figures as rows for spreadsheets: wide (a row an item version) and long (a row a figure).

A cell of text that begins like a formula would be run by a spreadsheet, and candidates type some of these texts: such
a cell gets an apostrophe in front. Numbers are ours; a negative one stays a number. n/a is an empty cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from courses.exams.statistics.sheet import QUINTILES, Analysis, ItemFigures

Cell = str | int | float | bool | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NAMES = ("item_id", "revision", "type", "domain")
_FIGURES = (
    "n", "scored", "facility", "facility_low", "facility_high", "sd", "chance", "discrimination", "discrimination_low",
    "discrimination_high", "efficiency", "alpha_with", "alpha_deleted", "omitted", "timed", "seconds_median",
    "seconds_low", "seconds_high",
)  # fmt: skip
_OF_OPTION = ("id", "key", "count", "share", "point_biserial")


def wide(analysis: Analysis) -> Iterator[list[str]]:
    """Yield a head, then a row for each item version; as many columns of options as the longest of them needs."""
    most = max((len(one.options) for one in analysis.items), default=0)
    fifths = range(1, QUINTILES + 1)
    head = [*_NAMES, "flags", *_FIGURES]
    head += [f"q{q}_{name}" for name in ("n", "facility") for q in fifths]
    for number in range(1, most + 1):
        head += [f"option_{number}_{name}" for name in (*_OF_OPTION, *(f"q{q}" for q in fifths))]
    yield head
    for one in analysis.items:
        row = [*_named(one), " ".join(one.flags), *(getattr(one, name) for name in _FIGURES)]
        row += [*one.quintile_n, *one.quintile_facility]
        for option in one.options:
            row += [*(getattr(option, name) for name in _OF_OPTION), *option.quintiles]
        yield [cell(value) for value in [*row, *[None] * (len(head) - len(row))]]


def long(analysis: Analysis) -> Iterator[list[str]]:
    """Yield a head, then a row for each figure: of the item, of one of its options, of one of the fifths (1 weakest)."""
    yield [*_NAMES, "figure", "option", "quintile", "value"]
    for one in analysis.items:
        named = _named(one)

        def row(figure: str, value: Cell, option: str = "", quintile: int | None = None) -> list[str]:
            return [cell(part) for part in (*named, figure, option, quintile, value)]  # noqa: B023 - used at once

        yield from (row(name, getattr(one, name)) for name in _FIGURES)
        yield from (row("flag", name) for name in one.flags)
        for at in range(QUINTILES):
            yield row("n", one.quintile_n[at], quintile=at + 1)
            yield row("facility", one.quintile_facility[at], quintile=at + 1)
        for option in one.options:
            yield from (row(name, getattr(option, name), option.id) for name in _OF_OPTION[1:])
            yield from (row("count", count, option.id, at) for at, count in enumerate(option.quintiles, start=1))


def cell(value: Cell) -> str:
    """Return a cell: nothing for n/a, whole digits for numbers, text that no spreadsheet takes for a formula."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
    return f"'{value}" if value.startswith(_FORMULA) else value


def _named(one: ItemFigures) -> Sequence[str]:
    return [getattr(one, name) for name in _NAMES]
