"""One right answer among several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graders.items import (
    ChoiceSpec,
    Example,
    Malformed,
    Option,
    Raw,
    answers,
    arranged,
    doubles,
    shown,
    without_rationale,
)

SPEC = ChoiceSpec


def parse(raw: Raw, spec: ChoiceSpec) -> str:
    """The id of the option picked."""
    picked = answers(raw)
    if len(picked) != 1:
        raise Malformed("Pick one option.")
    if picked[0] not in {option.id for option in spec.options}:
        raise Malformed("That is not one of the options. Reload the page and pick again.")
    return picked[0]


def fields(answer: str, spec: ChoiceSpec) -> dict[str, list[str]]:
    """The form that parses to an answer."""
    return {"answer": [answer]}


def score(answer: str, spec: ChoiceSpec) -> float:
    """1 or 0."""
    return float(any(option.correct for option in spec.options if option.id == answer))


def mistakes(spec: ChoiceSpec, stem: str) -> list[str]:
    """An author's mistakes, a sentence each."""
    right = sum(option.correct for option in spec.options)
    problems = [] if right == 1 else [f"A choice item has one right option, this one has {right}."]
    if len(spec.options) < 2:
        problems.append("An item needs two options or more.")
    return problems + doubles(spec.options, "options")


def unexplained(spec: ChoiceSpec) -> list[str]:
    """A sentence about each option that has no rationale."""
    return without_rationale(spec.options, "Option")


def orderable(spec: ChoiceSpec) -> tuple[str, ...]:
    """The ids of the options."""
    return tuple(option.id for option in arranged(spec.options, ()))


def fixed(spec: ChoiceSpec) -> frozenset[str]:
    """The ids of the options that keep their place."""
    return frozenset(option.id for option in spec.options if option.fixed)


def blank(spec: ChoiceSpec, order: Sequence[str]) -> dict[str, Any]:
    """The options."""
    return {"options": shown(arranged(spec.options, order))}


_SPEC = ChoiceSpec((Option("a", "Yes", True, "It is."), Option("b", "No", False, "It is not.")))
_PINNED = ChoiceSpec(
    (
        Option("z", "Nothing", False, "Nothing is not enough.", fixed=True),
        Option("y", "A trail", True, "It records every call."),
        Option("x", "An alarm", False, "It looks at metrics."),
    )
)
EXAMPLES = (
    Example(_SPEC, {"answer": ["a"]}, 1.0),
    Example(_PINNED, {"answer": ["y"]}, 1.0),
    Example(_SPEC, {"answer": [" ", "a"]}, 1.0),
    Example(_SPEC, {"answer": ["b"]}, 0.0),
    Example(_PINNED, {"answer": ["x"]}, 0.0),
    Example(_PINNED, {"answer": ["z"]}, 0.0),
    Example(_SPEC, {"answer": ["c"]}, None),
    Example(_SPEC, {"answer": ["a", "b"]}, None),
    Example(_SPEC, {"answer": [""]}, None),
    Example(_SPEC, {}, None),
)
