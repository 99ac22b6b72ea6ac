"""The geometry of the pictures: where bars, lines and dots stand. Templates draw them; colours are the style sheet's.

Each picture has a table beside it that says the same. Lines differ by dashes and by a letter at their end, not by colour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from courses.exams.statistics.sheet import QUINTILES, Analysis, ItemFigures
from courses.exams.statistics.whole import BINS

WIDTH, HEIGHT = 640, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 26, 18, 42
MOST_LINES = 6
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where, and what stands there."""

    at: float
    text: str


@dataclass(frozen=True)
class Bar:
    """A bar: its box, and the range and number that it stands for. `above`: at the pass mark or over it."""

    x: float
    y: float
    width: float
    height: float
    label: str
    count: int
    above: bool


@dataclass(frozen=True)
class Histogram:
    """Scaled scores in bins of fifty; `mark` is where the pass mark stands."""

    bars: tuple[Bar, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    mark: float
    pass_mark: int
    end: bool  # the mark's words stand at its left
    base: float = HEIGHT - BOTTOM


@dataclass(frozen=True)
class Dot:
    """A point, and what it is called."""

    x: float
    y: float
    label: str
    kind: str = ""


@dataclass(frozen=True)
class Line:
    """A line by fifths: `points` as SVG wants them, one dot each, a letter at its end."""

    points: str
    dots: tuple[Dot, ...]
    letter: str
    key: bool | None
    number: int  # for the pattern of its dashes
    letter_y: float


@dataclass(frozen=True)
class Chart:
    """Lines or dots between two axes."""

    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...] = ()
    dots: tuple[Dot, ...] = ()
    base: float = HEIGHT - BOTTOM


def histogram(counts: Sequence[int], pass_mark: int) -> Histogram:
    """Return the picture of the scaled scores. The bin of the pass mark is drawn as what most of it is."""
    highest = _round_up(max([*counts, 1]))
    x, y = _scale(BINS[0], BINS[-1], LEFT, WIDTH - RIGHT), _scale(0, highest, HEIGHT - BOTTOM, TOP)
    bars = []
    for low, high, count in zip(BINS, BINS[1:], counts, strict=False):
        last = high - 1 if high < BINS[-1] else high
        box = {"x": x(low) + 1, "y": y(count), "width": x(high) - x(low) - 2, "height": y(0) - y(count)}
        above = (low + high) / 2 >= pass_mark
        bars.append(
            Bar(**{key: round(value, 1) for key, value in box.items()}, label=f"{low}–{last}", count=count, above=above)
        )
    steps = range(0, highest + 1, max(1, highest // 4))
    return Histogram(
        bars=tuple(bars),
        x_ticks=tuple(Tick(round(x(value), 1), str(value)) for value in range(BINS[0], BINS[-1] + 1, 100)),
        y_ticks=tuple(Tick(round(y(value), 1), str(value)) for value in steps),
        mark=round(x(pass_mark), 1),
        pass_mark=pass_mark,
        end=pass_mark > (BINS[0] + BINS[-1]) / 2,
    )


def facility_by_fifth(item: ItemFigures) -> Chart:
    """Return how much each fifth of the candidates earns of the item: a good one climbs from left to right."""
    return _by_fifth([(None, True, item.quintile_facility)])


def options_by_fifth(item: ItemFigures) -> Chart:
    """Return which share of each fifth picks each option: the key should climb, distractors should fall.

    Letters are those of the table. At most six lines: those most picked, and the key before others.
    """
    ranked = sorted(enumerate(item.options), key=lambda pair: (not pair[1].key, -pair[1].count, pair[0]))
    shown = sorted(at for at, option in ranked[:MOST_LINES] if option.count)
    lines = []
    for at in shown:
        option = item.options[at]
        shares = [count / n if n else None for count, n in zip(option.quintiles, item.quintile_n, strict=True)]
        lines.append((at, option.key, shares))
    return _by_fifth(lines)


def item_map(analysis: Analysis) -> Chart:
    """Return each item version by facility (across) and discrimination (up); n/a has no place on it."""
    x, y = _scale(0, 1, LEFT, WIDTH - RIGHT), _scale(-0.4, 0.8, HEIGHT - BOTTOM, TOP)
    dots = tuple(
        Dot(
            round(x(one.facility), 1),
            round(y(min(0.8, max(-0.4, one.discrimination))), 1),
            one.item_id,
            "few" if "too-few" in one.flags else "flagged" if one.flags else "",
        )
        for one in analysis.items
        if one.facility is not None and one.discrimination is not None
    )
    return Chart(
        x_ticks=_percents(x),
        y_ticks=tuple(
            Tick(round(y(tenth / 10), 1), f"{tenth / 10:.1f}".replace("-", "−")) for tenth in range(-4, 9, 2)
        ),
        dots=dots,
    )


def letter(at: int) -> str:
    """Return the letter of an option in tables and pictures: A to Z, then AA, AB …"""
    return LETTERS[at] if at < len(LETTERS) else LETTERS[at // len(LETTERS) - 1] + LETTERS[at % len(LETTERS)]


def _by_fifth(series: Sequence[tuple[int | None, bool | None, Sequence[float | None]]]) -> Chart:
    x, y = _scale(0, QUINTILES - 1, LEFT + 40, WIDTH - RIGHT - 40), _scale(0, 1, HEIGHT - BOTTOM, TOP)
    names = ("weakest fifth", "2nd", "3rd", "4th", "strongest fifth")
    lines = []
    for number, (at, key, shares) in enumerate(series):
        known = [(x(place), y(share), share) for place, share in enumerate(shares) if share is not None]
        if not known:
            continue
        lines.append(
            Line(
                points=" ".join(f"{a:.1f},{b:.1f}" for a, b, _ in known),
                dots=tuple(Dot(round(a, 1), round(b, 1), f"{share:.0%}") for a, b, share in known),
                letter="" if at is None else letter(at),
                key=key,
                number=number,
                letter_y=known[-1][1],
            )
        )
    return Chart(
        x_ticks=tuple(Tick(round(x(place), 1), name) for place, name in enumerate(names)),
        y_ticks=_percents(y),
        lines=tuple(_apart(lines)),
    )


def _apart(lines: list[Line]) -> list[Line]:
    """Move the letters at the lines' ends so far apart that they can be read, and no further than the axes reach."""
    step = 15.0
    ordered = sorted(lines, key=lambda line: line.letter_y)
    places: list[float] = []
    for one in ordered:  # downwards: each stands below the one above it
        places.append(max(one.letter_y, places[-1] + step) if places else one.letter_y)
    floor = float(HEIGHT - BOTTOM)
    for at in reversed(range(len(places))):  # and back up: none below the axis
        places[at] = min(places[at], floor)
        floor = places[at] - step
    of_line = {one.number: round(place, 1) for one, place in zip(ordered, places, strict=True)}
    return [replace(one, letter_y=of_line[one.number]) for one in lines]


def _percents(scale: Callable[[float], float]) -> tuple[Tick, ...]:
    return tuple(Tick(round(scale(part / 4), 1), f"{part * 25} %") for part in range(5))


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _round_up(value: int) -> int:
    """Return a number that is no smaller, and reads well in quarters: 4, 8, 12, 20, 40, 60, 80, 100, 200 …"""
    for factor in range(12):
        for step in (4, 8, 12, 20, 24, 28, 32, 36):
            if value <= step * 10**factor:
                return int(step * 10**factor)
    return value
