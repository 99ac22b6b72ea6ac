"""Where things stand in the pictures of a report. Numbers only: templates draw them, and say the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from courses.exams.scaling import HIGHEST, LOWEST

_LEFT, _RIGHT = 10.0, 310.0  # of the 320 units that a picture is wide
_TOP, _BOTTOM = 14.0, 96.0  # of the trend


@dataclass(frozen=True)
class Scale:
    """A scaled score on its scale: x of the score, of the pass mark, and of their labels, which stay within the picture."""

    score: float
    mark: float
    score_label: float
    mark_label: float
    marker: str  # the points of the triangle above the scale


@dataclass(frozen=True)
class Dot:
    """A score of the trend."""

    x: float
    y: float
    label_y: float
    scaled: int
    number: int
    passed: bool
    here: bool


@dataclass(frozen=True)
class Trend:
    """Scores of attempts in order: the dots, the line through them, and the height of the pass mark."""

    dots: tuple[Dot, ...]
    line: str
    mark: float


def scale(scaled: int, pass_mark: int) -> Scale:
    """Return where a score and the pass mark stand."""
    x, mark = _x(scaled), _x(pass_mark)
    return Scale(x, mark, _within(x, 18), _within(mark, 54), f"{x - 6:g},26 {x + 6:g},26 {x:g},35")


def trend(scores: Sequence[tuple[int, int, bool, bool]], pass_mark: int) -> Trend | None:
    """Return the trend of (attempt's number, scaled, passed, whether it is the one looked at); None of fewer than two."""
    if len(scores) < 2:
        return None
    step = (_RIGHT - _LEFT - 40) / (len(scores) - 1)
    dots = tuple(
        Dot(round(_LEFT + 20 + at * step, 1), y := _y(scaled), max(y - 7, 10), scaled, number, passed, here)
        for at, (number, scaled, passed, here) in enumerate(scores)
    )
    return Trend(dots, " ".join(f"{dot.x:g},{dot.y:g}" for dot in dots), _y(pass_mark))


def _x(scaled: int) -> float:
    return round(_LEFT + (scaled - LOWEST) / (HIGHEST - LOWEST) * (_RIGHT - _LEFT), 1)


def _y(scaled: int) -> float:
    return round(_BOTTOM - (scaled - LOWEST) / (HIGHEST - LOWEST) * (_BOTTOM - _TOP), 1)


def _within(x: float, half: float) -> float:
    return min(max(x, half), 320 - half)
