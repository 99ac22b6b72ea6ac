"""Several items about one scenario, each answered and scored by itself. Their fields are named "answer-<part id>"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from graders import items
from graders.items import (
    CaseSpec,
    ChoiceSpec,
    Example,
    Malformed,
    NumberSpec,
    Option,
    OrderingSpec,
    Part,
    Points,
    Raw,
    answers,
    values,
)
from graders.items.specs import Entry

SPEC = CaseSpec
Answers = Mapping[str, Any]  # by the part's id; a part that is not answered is not there


def parse(raw: Raw, spec: CaseSpec) -> dict[str, Any]:
    """The answers by part: one at least."""
    found: dict[str, Any] = {}
    for number, part in enumerate(spec.parts, start=1):
        if not answers(raw, f"answer-{part.id}"):
            continue
        try:
            found[part.id] = _type(part).parse({"answer": values(raw, f"answer-{part.id}")}, part.spec)
        except Malformed as error:
            raise Malformed(f"Question {number}: {error}") from error
    if not found:
        raise Malformed("Answer one of the questions at least.")
    return found


def fields(answer: Answers, spec: CaseSpec) -> dict[str, list[str]]:
    """The form that parses to an answer."""
    return {
        f"answer-{part.id}": _type(part).fields(answer[part.id], part.spec)["answer"]
        for part in spec.parts
        if part.id in answer
    }


def score(answer: Answers, spec: CaseSpec) -> float:
    """The parts' scores, each by its points; a part without an answer is worth nothing."""
    earned = [
        part.points * _type(part).score(answer[part.id], part.spec) if part.id in answer else 0.0 for part in spec.parts
    ]
    right = all(part.id in answer and items.correct(part.type, answer[part.id], part.spec) for part in spec.parts)
    return 1.0 if right else min(sum(earned) / sum(part.points for part in spec.parts), 0.9999)


def exam_points(answer: Answers | None, spec: CaseSpec) -> Points:
    """One scored opportunity a part, in the order of spec.parts: its points or nothing."""
    found = answer or {}
    return tuple(
        (
            part.points * float(items.correct(part.type, found[part.id], part.spec)) if part.id in found else 0.0,
            part.points,
        )
        for part in spec.parts
    )


def mistakes(spec: CaseSpec, stem: str) -> list[str]:
    """An author's mistakes, a sentence each."""
    problems = [] if len(spec.parts) >= 2 else ["A case has two questions or more."]
    if len(spec.parts) > 10:
        problems.append("A case has ten questions at most.")
    if len({part.id for part in spec.parts}) < len(spec.parts):
        problems.append("Two questions have the same id.")
    for part in spec.parts:
        if part.type in ("case", "lab") or part.type not in items.all():
            problems.append(f"{part.id}: a {part.type} cannot be a question of a case.")
            continue
        if not part.stem.strip():
            problems.append(f"{part.id}: the question asks nothing.")
        if not 0 < part.points <= 1000:
            problems.append(f"{part.id}: {part.points:g} is not a number of points.")
        problems += [f"{part.id}: {sentence}" for sentence in _type(part).mistakes(part.spec, part.stem)]
    return problems


def unexplained(spec: CaseSpec) -> list[str]:
    """What is without a rationale in the parts."""
    return [f"{part.id}: {sentence}" for part in spec.parts for sentence in _type(part).unexplained(part.spec)]


def orderable(spec: CaseSpec) -> tuple[str, ...]:
    """What is shuffled within the parts, as "part/id"; parts keep their order."""
    return tuple(_named(spec, lambda kind, part: kind.orderable(part.spec)))


def fixed(spec: CaseSpec) -> frozenset[str]:
    """What keeps its place within the parts, as "part/id"."""
    return frozenset(_named(spec, lambda kind, part: kind.fixed(part.spec)))


def blank(spec: CaseSpec, order: Sequence[str]) -> dict[str, Any]:
    """The parts, each with its stem and what its type shows."""
    mine: dict[str, list[str]] = {part.id: [] for part in spec.parts}
    for one in order:
        part_id, _, name = one.partition("/")
        if part_id in mine:
            mine[part_id].append(name)
    return {
        "parts": [
            {
                "id": part.id,
                "type": part.type,
                "stem": part.stem,
                "blank": _type(part).blank(part.spec, mine[part.id]),
            }
            for part in spec.parts
        ]
    }


def _named(spec: CaseSpec, ids: Any) -> Iterator[str]:
    for part in spec.parts:
        yield from (f"{part.id}/{one}" for one in ids(_type(part), part))


def _type(part: Part) -> items.ItemType:
    return items.all()[part.type]


_SPEC = CaseSpec(
    (
        Part(
            "db",
            "choice",
            "Which database?",
            ChoiceSpec((Option("p", "Aurora", True, "It fails over."), Option("q", "A file", False, "It does not."))),
            points=2.0,
            domain="resilient",
        ),
        Part("nat", "number", "How many NAT gateways?", NumberSpec(Decimal(3), rationale="One a zone.")),
        Part(
            "move",
            "ordering",
            "In which order?",
            OrderingSpec((Entry("k", "Copy"), Entry("j", "Compare"), Entry("i", "Switch"))),
        ),
    )
)
EXAMPLES = (
    Example(_SPEC, {"answer-db": ["p"], "answer-nat": ["3"], "answer-move": ["k", "j", "i"]}, 1.0),
    Example(_SPEC, {"answer-db": ["p"], "answer-nat": ["3.0"], "answer-move": ["i=3", "j=2", "k=1"]}, 1.0),
    Example(_SPEC, {"answer-move": ["k", "j", "i", ""], "answer-nat": ["3"], "answer-db": ["", "p"]}, 1.0),
    Example(_SPEC, {"answer-db": ["p"]}, 0.5),
    Example(_SPEC, {"answer-db": ["q"], "answer-nat": ["3"], "answer-move": ["", ""]}, 0.25),
    Example(_SPEC, {"answer-db": ["p"], "answer-nat": ["2"], "answer-move": ["j", "k", "i"]}, 2 / 3),
    Example(_SPEC, {"answer-db": ["q"]}, 0.0),
    Example(_SPEC, {"answer-nat": ["4"], "answer-db": ["q"]}, 0.0),
    Example(_SPEC, {"answer-nat": ["-3"]}, 0.0),
    Example(_SPEC, {}, None),
    Example(_SPEC, {"answer": ["p"]}, None),
    Example(_SPEC, {"answer-db": ["p"], "answer-nat": ["many"]}, None),
    Example(_SPEC, {"answer-db": ["p", "q"]}, None),
)
