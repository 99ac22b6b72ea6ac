"""Several right answers, as many as the stem says: "(Select TWO.)"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from graders.items import (
    Example,
    Malformed,
    Option,
    Raw,
    ResponseSpec,
    answers,
    arranged,
    doubles,
    shown,
    without_rationale,
)

SPEC = ResponseSpec
WORDS = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX")
SELECT = re.compile(r"\((?:select|choose)\s+(\w+)\.?\)", re.IGNORECASE)


def parse(raw: Raw, spec: ResponseSpec) -> frozenset[str]:
    """The ids of the options picked: one at least, and no more than the stem asks for."""
    picked = frozenset(answers(raw))
    if not picked:
        raise Malformed(f"Select {_word(spec.select)} options.")
    if len(picked) > spec.select:
        raise Malformed(f"Select only {_word(spec.select)} options; you selected {len(picked)}.")
    if not picked <= {option.id for option in spec.options}:
        raise Malformed("That is not one of the options. Reload the page and select again.")
    return picked


def fields(answer: frozenset[str], spec: ResponseSpec) -> dict[str, list[str]]:
    """The form that parses to an answer."""
    return {"answer": sorted(answer)}


def score(answer: frozenset[str], spec: ResponseSpec) -> float:
    """The share of the right options picked, less the same share for each wrong one; never below 0."""
    right = {option.id for option in spec.options if option.correct}
    return max(0.0, (len(answer & right) - len(answer - right)) / len(right))


def mistakes(spec: ResponseSpec, stem: str) -> list[str]:
    """An author's mistakes, a sentence each."""
    problems = []
    if spec.select < 2:
        problems.append(f"A response item has two or more right options, this one has {spec.select}; use .choice.")
    elif spec.select == len(spec.options):
        problems.append("Every option is right: there is nothing to choose.")
    told = SELECT.search(stem)
    if told is None:
        problems.append(f'Say in the stem how many to pick: "(Select {_word(spec.select).upper()}.)".')
    elif told[1].lower() not in (_word(spec.select).lower(), str(spec.select)):
        problems.append(f'The stem says "{told[0]}" and {spec.select} options are marked right.')
    return problems + doubles(spec.options, "options")


def unexplained(spec: ResponseSpec) -> list[str]:
    """A sentence about each option that has no rationale."""
    return without_rationale(spec.options, "Option")


def orderable(spec: ResponseSpec) -> tuple[str, ...]:
    """The ids of the options."""
    return tuple(option.id for option in arranged(spec.options, ()))


def fixed(spec: ResponseSpec) -> frozenset[str]:
    """The ids of the options that keep their place."""
    return frozenset(option.id for option in spec.options if option.fixed)


def blank(spec: ResponseSpec, order: Sequence[str]) -> dict[str, Any]:
    """The options, and how many of them to select."""
    return {"options": shown(arranged(spec.options, order)), "select": spec.select}


def _word(number: int) -> str:
    return WORDS[number].lower() if number < len(WORDS) else str(number)


_SPEC = ResponseSpec(
    (
        Option("a", "Block Public Access", True, "It overrides policies."),
        Option("b", "A longer name", False, "Names are no secret."),
        Option("c", "An explicit deny", True, "A deny always wins."),
        Option("d", "Encryption", False, "It is not about who reads."),
    )
)
EXAMPLES = (
    Example(_SPEC, {"answer": ["a", "c"]}, 1.0),
    Example(_SPEC, {"answer": ["c", "a"]}, 1.0),
    Example(_SPEC, {"answer": ["c", "a", "", "a"]}, 1.0),
    Example(_SPEC, {"answer": ["c"]}, 0.5),
    Example(_SPEC, {"answer": ["a"]}, 0.5),
    Example(_SPEC, {"answer": ["a", "a"]}, 0.5),
    Example(_SPEC, {"answer": ["a", "b"]}, 0.0),
    Example(_SPEC, {"answer": ["b", "d"]}, 0.0),
    Example(_SPEC, {"answer": ["d"]}, 0.0),
    Example(_SPEC, {"answer": []}, None),
    Example(_SPEC, {"answer": ["a", "b", "c"]}, None),
    Example(_SPEC, {"answer": ["a", "z"]}, None),
)
