"""What of an item may be seen when: before an answer nothing of its key, after it everything.

`Item` holds the key. templates/items/<type>.html get `public(item)` (or `shown`, which is made of what
graders.items.blank leaves of an item), and `answered(item, response)` once there is an answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.safestring import SafeString

from courses.content import Item
from courses.models import PracticeResponse
from graders import items
from graders.items import (
    CaseSpec,
    ChoiceSpec,
    MatchingSpec,
    NumberSpec,
    Option,
    OrderingSpec,
    Raw,
    ResponseSpec,
    TextSpec,
)
from labs.markdown import render, render_inline

_NOTHING = SafeString("")


@dataclass(frozen=True)
class PublicOption:
    """An option, a step, a prompt or an answer as it is shown before an answer. `id` is what a form sends."""

    id: str
    text: SafeString


@dataclass(frozen=True, kw_only=True)
class PublicItem:
    """An item without its key and rationales; what its type has not is empty. `id` is the page's: no other item has it.

    `name`: of the form's fields. `select`: how many options to pick, or how many places there are for `entries`.
    `unit` stands beside a number's field. `command`: a text that is a command.
    """

    id: str
    type: str
    stem: SafeString
    name: str = "answer"
    options: tuple[PublicOption, ...] = ()
    select: int = 1
    entries: tuple[PublicOption, ...] = ()
    titles: tuple[str, ...] = ()
    prompts: tuple[PublicOption, ...] = ()
    answers: tuple[PublicOption, ...] = ()
    unit: str = ""
    command: bool = False
    lab: str = ""
    minutes: int = 0
    parts: tuple[PublicItem, ...] = ()


@dataclass(frozen=True)
class OptionFeedback:
    """An option as it is shown after an answer."""

    id: str
    text: SafeString
    picked: bool
    correct: bool
    rationale: SafeString


@dataclass(frozen=True)
class StepFeedback:
    """A step as it is shown after an answer: the place that is right, and the one given; 0 is none."""

    text: SafeString
    place: int
    given: int
    rationale: SafeString

    @property
    def correct(self) -> bool:
        """Return whether it stands where it belongs."""
        return self.place == self.given


@dataclass(frozen=True)
class PairFeedback:
    """A prompt as it is shown after an answer: the answer that is right, and the one given, if any."""

    text: SafeString
    answer: SafeString
    given: SafeString
    correct: bool
    rationale: SafeString
    objection: SafeString  # why the answer given belongs to no prompt, where it does not


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """All that may be said once there is an answer; what the item's type has not is empty.

    `answer` and `key`: what was typed, and what is right. A part of a case without an answer has `answer` None.
    """

    score: float
    correct: bool
    answer: Any
    options: tuple[OptionFeedback, ...] = ()
    steps: tuple[StepFeedback, ...] = ()
    pairs: tuple[PairFeedback, ...] = ()
    parts: tuple[PartFeedback, ...] = ()
    key: str = ""
    rationale: SafeString = _NOTHING


@dataclass(frozen=True)
class PartFeedback:
    """A question of a case, and what is said of its answer."""

    item: PublicItem
    answered: Feedback


@dataclass(frozen=True, kw_only=True)
class Answered(Feedback):
    """What may be said of a response in practice."""

    item_id: str
    attempt: int
    answered_at: datetime


@dataclass(frozen=True)
class ItemState:
    """An item for a person: what is asked, and the latest answer to it as it stands now, if there is one."""

    item: PublicItem
    answered: Answered | None
    attempts: int


def public(item: Item, *, seed: object = "") -> PublicItem:
    """Return what may be seen of an item before it is answered, its options shuffled by the seed (a person's id)."""
    blank = items.blank(item.type, item.spec, _order(item, seed))
    return shown(id=item.id, kind=item.type, stem=item.stem, blank=blank)


def shown(*, id: str, kind: str, stem: str, blank: Mapping[str, Any], name: str = "answer") -> PublicItem:
    """Return an item of what graders.items.blank leaves of it, in its order. `id`: unlike any other of the page."""
    prefix = f"text-{id}"

    def listed(key: str) -> tuple[PublicOption, ...]:
        return tuple(PublicOption(one["id"], render_inline(one["text"], prefix=prefix)) for one in blank.get(key, ()))

    parts = tuple(
        shown(
            id=f"{id}-{one['id']}", kind=one["type"], stem=one["stem"], blank=one["blank"], name=f"answer-{one['id']}"
        )
        for one in blank.get("parts", ())
    )
    return PublicItem(
        id=id,
        type=kind,
        stem=render(stem, top=4, prefix=prefix),
        name=name,
        titles=tuple(blank.get("titles", ())),
        parts=parts,
        options=listed("options"),
        entries=listed("entries"),
        prompts=listed("prompts"),
        answers=listed("answers"),
        select=blank.get("select", 1),
        unit=blank.get("unit", ""),
        command=blank.get("command", False),
        lab=blank.get("lab", ""),
        minutes=blank.get("minutes", 0),
    )


def answered(item: Item, response: PracticeResponse) -> Answered:
    """Return a response with the key and the rationales of its item, the options in the order they were shown."""
    given = items.all()[item.type].parse(fields_of(response.answer), item.spec)
    told = feedback(item.type, item.spec, given, order=_order(item, response.user_id), id=item.id)
    return Answered(
        **{**vars(told), "answer": response.answer, "score": response.score, "correct": response.correct},
        item_id=item.id,
        attempt=response.attempt,
        answered_at=response.answered_at,
    )


def feedback(kind: str, spec: Any, answer: Any, *, order: Sequence[str], id: str) -> Feedback:
    """Return what is said of a parsed answer (None: there is none). `id` as for `shown`."""
    score = 0.0 if answer is None else items.all()[kind].score(answer, spec)
    more: dict[str, Any] = {}
    prefix = f"text-{id}"
    match spec:
        case ChoiceSpec() | ResponseSpec():
            more["options"] = _options(spec.options, order, answer, prefix)
        case OrderingSpec():
            more["steps"] = _steps(spec, answer or (), prefix)
        case MatchingSpec():
            more["pairs"] = _pairs(spec, dict(answer or ()), prefix)
        case NumberSpec():
            more |= {"key": _number(spec), "rationale": render_inline(spec.rationale, prefix=prefix)}
        case TextSpec():
            more |= {"key": spec.accepted[0], "rationale": render_inline(spec.rationale, prefix=prefix)}
        case CaseSpec():
            more["parts"] = tuple(_parts(spec, answer or {}, order, id))
    return Feedback(score=score, correct=score >= 1, answer=answer, **more)


def fields_of(kept: Any) -> Raw:
    """Return the form's fields of an answer as PracticeResponse keeps it: one value, a list of them, or the fields."""
    if isinstance(kept, dict):
        return kept
    return {"answer": list(kept) if isinstance(kept, list) else [str(kept)]}


def kept_of(kind: str, spec: Any, answer: Any) -> Any:
    """Return a parsed answer as PracticeResponse keeps it."""
    fields = items.all()[kind].fields(answer, spec)
    if set(fields) != {"answer"}:
        return fields
    return fields["answer"] if isinstance(answer, tuple | frozenset) else fields["answer"][0]


def _order(item: Item, seed: object) -> tuple[str, ...]:
    # Not a secret, and the same on every machine: a person who comes back finds the options where they were.
    def place(one: str) -> bytes:
        return hashlib.sha256(f"{seed}:{item.id}:{one}".encode()).digest()

    return items.shuffled(item.type, item.spec, place)


def _options(options: Sequence[Option], order: Sequence[str], answer: Any, prefix: str) -> tuple[OptionFeedback, ...]:
    picked = answer if isinstance(answer, frozenset) else {answer}
    return tuple(
        OptionFeedback(
            id=one.id,
            text=render_inline(one.text, prefix=prefix),
            picked=one.id in picked,
            correct=one.correct,
            rationale=render_inline(one.rationale, prefix=prefix),
        )
        for one in items.arranged(options, order)
    )


def _steps(spec: OrderingSpec, answer: Sequence[str], prefix: str) -> tuple[StepFeedback, ...]:
    given = {one: place for place, one in enumerate(answer, start=1) if one}
    return tuple(
        StepFeedback(
            text=render_inline(one.text, prefix=prefix),
            place=place if place <= len(spec.steps) else 0,
            given=given.get(one.id, 0),
            rationale=render_inline(one.rationale, prefix=prefix),
        )
        for place, one in enumerate(spec.entries, start=1)
    )


def _pairs(spec: MatchingSpec, answer: Mapping[str, str], prefix: str) -> tuple[PairFeedback, ...]:
    texts = {one.id: render_inline(one.text, prefix=prefix) for one in spec.answers}
    reasons = {one.id: render_inline(one.rationale, prefix=prefix) for one in spec.answers}
    right = dict(spec.pairs)
    return tuple(
        PairFeedback(
            text=render_inline(one.text, prefix=prefix),
            answer=texts[right[one.id]],
            given=texts.get(answer.get(one.id, ""), _NOTHING),
            correct=answer.get(one.id) == right[one.id],
            rationale=render_inline(one.rationale, prefix=prefix),
            objection=reasons.get(answer.get(one.id, ""), _NOTHING),
        )
        for one in spec.prompts
    )


def _parts(spec: CaseSpec, answer: Mapping[str, Any], order: Sequence[str], id: str) -> list[PartFeedback]:
    blank = items.blank("case", spec, order)
    public = shown(id=id, kind="case", stem="", blank=blank).parts
    told = []
    for part, item in zip(spec.parts, public, strict=True):
        mine = [one.partition("/")[2] for one in order if one.startswith(f"{part.id}/")]
        told.append(PartFeedback(item, feedback(part.type, part.spec, answer.get(part.id), order=mine, id=item.id)))
    return told


def _number(spec: NumberSpec) -> str:
    tolerance = f" ± {spec.tolerance}" if spec.tolerance else ""
    return f"{spec.value}{tolerance} {spec.unit}".strip()
