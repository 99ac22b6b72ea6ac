"""A lab inside an exam. No form holds its answer: that is what a grading found, task by task."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from graders.items import Example, Graded, LabSpec, Malformed, Points, Raw

SPEC = LabSpec
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


def parse(raw: Raw, spec: LabSpec) -> tuple[Graded, ...]:
    """Nothing that a candidate sends says what a lab is worth. Raises Malformed."""
    raise Malformed("A lab is graded by what stands in its account. There is nothing to send.")


def fields(answer: tuple[Graded, ...], spec: LabSpec) -> dict[str, list[str]]:
    """No form stands for a grading."""
    return {}


def score(answer: tuple[Graded, ...], spec: LabSpec) -> float:
    """The tasks' fractions, each by its weight."""
    if all(one.fraction >= 1 for one in answer):
        return float(bool(answer))
    return min(sum(earned for earned, _ in exam_points(answer, spec)), 0.9999)


def exam_points(answer: tuple[Graded, ...] | None, spec: LabSpec) -> Points:
    """One scored opportunity a task: its share of the whole weight, times the fraction that was earned.

    The shares add up to 1, as for any item: a lab that nobody began (None) has one opportunity, of the same size.
    """
    if not answer:
        return ((0.0, 1.0),)
    whole = sum(one.weight for one in answer)
    return tuple((min(max(one.fraction, 0.0), 1.0) * one.weight / whole, one.weight / whole) for one in answer)


def mistakes(spec: LabSpec, stem: str) -> list[str]:
    """An author's mistakes, a sentence each."""
    problems = []
    if not _SLUG.fullmatch(spec.lab):
        problems.append(f"“{spec.lab}” is not the name of a folder of labs/catalog.")
    if not 1 <= spec.minutes <= 600:
        problems.append(f"{spec.minutes} minutes are not between 1 and 600.")
    return problems


def unexplained(spec: LabSpec) -> list[str]:
    """A lab explains itself by its checks."""
    return []


def orderable(spec: LabSpec) -> tuple[str, ...]:
    """Nothing is shuffled."""
    return ()


def blank(spec: LabSpec, order: Sequence[str]) -> dict[str, Any]:
    """Which lab, and its minutes."""
    return {"lab": spec.lab, "minutes": spec.minutes}


_SPEC = LabSpec("private-bucket-one-reader", 30)


def _graded(*fractions: float) -> tuple[Graded, ...]:
    return tuple(
        Graded(f"task-{at}", weight, one) for at, (weight, one) in enumerate(zip((6, 10), fractions, strict=True))
    )


EXAMPLES = (
    Example(_SPEC, {}, 1.0, _graded(1, 1)),
    Example(_SPEC, {}, 1.0, (Graded("only", 3, 1),)),
    Example(_SPEC, {}, 1.0, (Graded("a", 0.1, 1), Graded("b", 0.2, 1), Graded("c", 0.7, 1))),
    Example(_SPEC, {}, 0.375, _graded(1, 0)),
    Example(_SPEC, {}, 0.3125, _graded(0, 0.5)),
    Example(_SPEC, {}, 0.9, (Graded("a", 1, 1), Graded("b", 1, 0.8))),
    Example(_SPEC, {}, 0.0, _graded(0, 0)),
    Example(_SPEC, {}, 0.0, (Graded("only", 3, 0),)),
    Example(_SPEC, {}, 0.0, (Graded("only", 3, -1),)),
    Example(_SPEC, {}, None),
    Example(_SPEC, {"answer": ["task-0=1"]}, None),
    Example(_SPEC, {"answer": ["1.0"]}, None),
)
