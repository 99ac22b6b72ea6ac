"""Steps to put in order, some of those shown belonging nowhere.

A form has for each step the place that it is put at ("id=2"), or the ids themselves in order, a blank for a gap.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from graders.items import (
    Entry,
    Example,
    Malformed,
    OrderingSpec,
    Raw,
    answers,
    arranged,
    doubles,
    shown,
    values,
    without_rationale,
)

SPEC = OrderingSpec
_PLACED = re.compile(r"([^=]+)=([1-9]\d?)", re.ASCII)


def parse(raw: Raw, spec: OrderingSpec) -> tuple[str, ...]:
    """The ids in the order given; "" for a place that is left open before the last one given."""
    given = values(raw)
    placed = _places(answers(raw), spec) if any("=" in one for one in given) else [one.strip() for one in given]
    while placed and not placed[-1]:
        placed.pop()
    used = [one for one in placed if one]
    if not used:
        raise Malformed(f"Give {_count(spec)} a place.")
    if len(placed) > len(spec.steps):
        raise Malformed(f"There are {len(spec.steps)} places, and more steps than that have one.")
    if len(set(used)) < len(used):
        raise Malformed("One step stands at two places. Give it one.")
    if not set(used) <= {entry.id for entry in spec.entries}:
        raise Malformed("That is not one of the steps. Reload the page and order them again.")
    return tuple(placed)


def fields(answer: tuple[str, ...], spec: OrderingSpec) -> dict[str, list[str]]:
    """The form that parses to an answer."""
    return {"answer": list(answer)}


def score(answer: tuple[str, ...], spec: OrderingSpec) -> float:
    """The share of the steps in the longest run of them that follow each other rightly, others between them or not."""
    rank = {step.id: at for at, step in enumerate(spec.steps)}
    tails: list[int] = []  # tails[n]: the lowest last rank of any rising run of n + 1
    for at in (rank[one] for one in answer if one in rank):
        tails[bisect_left(tails, at) : bisect_left(tails, at) + 1] = [at]
    # A distractor in between takes a right step's place: there are no more places than steps.
    return len(tails) / len(spec.steps)


def mistakes(spec: OrderingSpec, stem: str) -> list[str]:
    """An author's mistakes, a sentence each."""
    problems = [] if len(spec.steps) >= 2 else ["An ordering item needs two steps or more."]
    if len(spec.entries) > 20:
        problems.append("An ordering item has 20 steps and distractors at most.")
    return problems + doubles(spec.entries, "steps")


def unexplained(spec: OrderingSpec) -> list[str]:
    """A sentence about each distractor that has no rationale; the steps explain each other."""
    return without_rationale(spec.distractors, "Distractor")


def orderable(spec: OrderingSpec) -> tuple[str, ...]:
    """The ids of steps and distractors."""
    return tuple(entry.id for entry in arranged(spec.entries, ()))


def blank(spec: OrderingSpec, order: Sequence[str]) -> dict[str, Any]:
    """Steps and distractors as one list, and how many of them have a place."""
    return {"entries": shown(arranged(spec.entries, order)), "select": len(spec.steps)}


def _places(given: Sequence[str], spec: OrderingSpec) -> list[str]:
    """The ids by the places that they are given, "" where there is none."""
    placed: dict[int, str] = {}
    for one in given:
        match = _PLACED.fullmatch(one.strip())
        if match is None:
            raise Malformed(f"A place is a number from 1 to {len(spec.steps)}.")
        if placed.setdefault(int(match[2]), match[1]) != match[1]:
            raise Malformed(f"Two steps stand at place {match[2]}. Give each its own.")
    return [placed.get(place, "") for place in range(1, max(placed, default=0) + 1)]


def _count(spec: OrderingSpec) -> str:
    return f"{len(spec.steps)} of the steps" if spec.distractors else "each step"


_SPEC = OrderingSpec(
    (
        Entry("m", "Create a change set"),
        Entry("c", "Review it", "Replacement is seen here only."),
        Entry("x", "Execute it"),
    ),
    (Entry("a", "Delete the stack", "That destroys state."),),
)
EXAMPLES = (
    Example(_SPEC, {"answer": ["m", "c", "x"]}, 1.0),
    Example(_SPEC, {"answer": ["x=3", "", "c=2", "m=1"]}, 1.0),
    Example(_SPEC, {"answer": ["m", "c", "x", ""]}, 1.0),
    Example(_SPEC, {"answer": ["c", "m", "x"]}, 2 / 3),
    Example(_SPEC, {"answer": ["m", "a", "x"]}, 2 / 3),
    Example(_SPEC, {"answer": ["m=1", "x=3"]}, 2 / 3),
    Example(_SPEC, {"answer": ["x", "c", "m"]}, 1 / 3),
    Example(_SPEC, {"answer": ["", "a"]}, 0.0),
    Example(_SPEC, {"answer": ["a"]}, 0.0),
    Example(_SPEC, {"answer": ["a=3"]}, 0.0),
    Example(_SPEC, {"answer": []}, None),
    Example(_SPEC, {"answer": ["", ""]}, None),
    Example(_SPEC, {"answer": ["m", "m"]}, None),
    Example(_SPEC, {"answer": ["m=1", "c=1"]}, None),
    Example(_SPEC, {"answer": ["m=1", "m=2"]}, None),
    Example(_SPEC, {"answer": ["m=0"]}, None),
    Example(_SPEC, {"answer": ["m=4"]}, None),
    Example(_SPEC, {"answer": ["m", "c", "x", "a"]}, None),
    Example(_SPEC, {"answer": ["m", "z"]}, None),
)
