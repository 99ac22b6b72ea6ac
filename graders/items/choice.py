"""One right answer among several."""

from __future__ import annotations

from graders.items import ChoiceSpec, Example, Malformed, Option, Raw, answers, option_problems


def parse(raw: Raw, spec: ChoiceSpec) -> str:
    """The id of the option picked."""
    picked = answers(raw)
    if len(picked) != 1:
        raise Malformed("Pick one option.")
    if picked[0] not in {option.id for option in spec.options}:
        raise Malformed("That is not one of the options. Reload the page and pick again.")
    return picked[0]


def score(answer: str, spec: ChoiceSpec) -> float:
    """1 or 0."""
    return float(any(option.correct for option in spec.options if option.id == answer))


def check(spec: ChoiceSpec, stem: str) -> list[str]:
    """An author's mistakes, a sentence each."""
    right = sum(option.correct for option in spec.options)
    problems = [] if right == 1 else [f"A choice item has one right option, this one has {right}."]
    return problems + option_problems(spec.options)


_SPEC = ChoiceSpec((Option("a", "Yes", True, "It is."), Option("b", "No", False, "It is not.")))
EXAMPLES = (
    Example(_SPEC, {"answer": ["a"]}, 1.0),
    Example(_SPEC, {"answer": ["b"]}, 0.0),
    Example(_SPEC, {"answer": ["c"]}, None),
    Example(_SPEC, {"answer": ["a", "b"]}, None),
    Example(_SPEC, {"answer": [""]}, None),
    Example(_SPEC, {}, None),
)
