"""Prompts, each to be given its answer; an answer may serve several, or none. A form has "prompt=answer" for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graders.items import (
    Entry,
    Example,
    Malformed,
    MatchingSpec,
    Raw,
    answers,
    arranged,
    doubles,
    shown,
    without_rationale,
)

SPEC = MatchingSpec
Pairs = tuple[tuple[str, str], ...]


def parse(raw: Raw, spec: MatchingSpec) -> Pairs:
    """The pairs given (prompt id, answer id), in the order of the prompts: one at least."""
    pairs: dict[str, str] = {}
    known = {entry.id for entry in spec.answers}
    prompts = [entry.id for entry in spec.prompts]
    for one in answers(raw):
        prompt, equals, answer = one.strip().partition("=")
        if not equals or prompt not in prompts or answer not in known | {""}:
            raise Malformed("That is not one of the pairs to make. Reload the page and match again.")
        if answer and pairs.setdefault(prompt, answer) != answer:
            raise Malformed("One line has two answers. Give it one.")
    if not pairs:
        raise Malformed("Pick an answer for each line.")
    return tuple((prompt, pairs[prompt]) for prompt in prompts if prompt in pairs)


def fields(answer: Pairs, spec: MatchingSpec) -> dict[str, list[str]]:
    """The form that parses to an answer."""
    return {"answer": [f"{prompt}={one}" for prompt, one in answer]}


def score(answer: Pairs, spec: MatchingSpec) -> float:
    """The share of the prompts that have their answer."""
    return len(set(answer) & set(spec.pairs)) / len(spec.prompts)


def mistakes(spec: MatchingSpec, stem: str) -> list[str]:
    """An author's mistakes, a sentence each."""
    problems = [] if len(spec.prompts) >= 2 else ["A matching item needs two rows or more with something at the left."]
    if len(spec.prompts) > 20 or len(spec.answers) > 20:
        problems.append("A matching item has 20 prompts and 20 answers at most.")
    if len(spec.answers) < 2:
        problems.append("All rows have the same answer: there is nothing to choose.")
    known = {entry.id for entry in spec.answers}
    if [prompt for prompt, _ in spec.pairs] != [one.id for one in spec.prompts] or any(
        answer not in known for _, answer in spec.pairs
    ):
        problems.append("Each prompt has one answer, and that is one of the answers.")
    if any("=" in one.id for one in (*spec.prompts, *spec.answers)):
        problems.append("An id has no = in it.")
    return problems + doubles(spec.prompts, "prompts") + doubles(spec.answers, "answers")


def unexplained(spec: MatchingSpec) -> list[str]:
    """A sentence about each answer that belongs nowhere and does not say why; a pair may explain itself."""
    used = {answer for _, answer in spec.pairs}
    return without_rationale([one for one in spec.answers if one.id not in used], "Distractor")


def orderable(spec: MatchingSpec) -> tuple[str, ...]:
    """The ids of the answers: the prompts stay as the author has them."""
    return tuple(entry.id for entry in arranged(spec.answers, ()))


def blank(spec: MatchingSpec, order: Sequence[str]) -> dict[str, Any]:
    """The prompts, the answers to pick from, and what stands above the two."""
    answers = shown(arranged(spec.answers, order))
    return {"titles": list(spec.titles), "prompts": shown(spec.prompts), "answers": answers}


_SPEC = MatchingSpec(
    (Entry("o", "Objects", "By key."), Entry("b", "Blocks"), Entry("f", "Shared files"), Entry("h", "A home page")),
    (
        Entry("s3", "Amazon S3"),
        Entry("efs", "Amazon EFS"),
        Entry("ebs", "Amazon EBS"),
        Entry("r", "Route 53", "Names."),
    ),
    (("o", "s3"), ("b", "ebs"), ("f", "efs"), ("h", "s3")),
    ("Need", "Service"),
)
EXAMPLES = (
    Example(_SPEC, {"answer": ["o=s3", "b=ebs", "f=efs", "h=s3"]}, 1.0),
    Example(_SPEC, {"answer": ["h=s3", "f=efs", "b=ebs", "o=s3"]}, 1.0),
    Example(_SPEC, {"answer": ["o=s3", "", "b=ebs", "f=efs", "h=s3", "h="]}, 1.0),
    Example(_SPEC, {"answer": ["o=s3", "b=efs", "f=ebs", "h=s3"]}, 0.5),
    Example(_SPEC, {"answer": ["o=s3", "b=", "f=", "h="]}, 0.25),
    Example(_SPEC, {"answer": ["f=efs", "b=ebs", "o=s3"]}, 0.75),
    Example(_SPEC, {"answer": ["o=r"]}, 0.0),
    Example(_SPEC, {"answer": ["o=ebs", "b=s3"]}, 0.0),
    Example(_SPEC, {"answer": ["o=efs", "b=efs", "f=s3", "h=efs"]}, 0.0),
    Example(_SPEC, {"answer": []}, None),
    Example(_SPEC, {"answer": ["o=", "b="]}, None),
    Example(_SPEC, {"answer": ["o=s3", "o=efs"]}, None),
    Example(_SPEC, {"answer": ["o=o"]}, None),
    Example(_SPEC, {"answer": ["s3=o"]}, None),
    Example(_SPEC, {"answer": ["s3"]}, None),
)
