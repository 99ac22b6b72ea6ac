"""Forms about an item's key: an item with its key as one reads it, its key as fields, and fields as a change of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from courses.exams.marking import Option, Ruling
from courses.models import ItemVersion
from courses.services import scoring
from courses.services.regrades import BadChange
from graders import items
from graders.items import (
    CaseSpec,
    ChoiceSpec,
    MatchingSpec,
    NumberSpec,
    OrderingSpec,
    Part,
    ResponseSpec,
    Spec,
    TextSpec,
)
from labs.markdown import render, render_inline

MOST_CHARACTERS = 100_000  # of a change that comes back from the page that showed its effect


@dataclass(frozen=True)
class Tick:
    """An option that can be ticked, or chosen."""

    value: str
    text: SafeString
    ticked: bool


@dataclass(frozen=True)
class Line:
    """A line with a choice beside it: a step and its place, a prompt and its answer."""

    name: str
    text: SafeString
    choices: tuple[tuple[str, str, bool], ...]  # value, text, chosen


@dataclass(frozen=True)
class Widget:
    """The fields of one question. kind: radio, checkbox (ticks) · selects (lines) · input, textarea (value)."""

    kind: str
    name: str
    label: str
    ticks: tuple[Tick, ...] = ()
    lines: tuple[Line, ...] = ()
    value: str = ""
    help: str = ""


@dataclass(frozen=True)
class Shown:
    """An item as an instructor reads it."""

    id: str
    type: str
    revision: str
    stem: SafeString
    questions: tuple[tuple[SafeString | str, tuple[tuple[SafeString, bool], ...]], ...]  # stem, (text, right)


def shown(version: ItemVersion) -> Shown:
    """Return an item version with its key."""
    spec = scoring.spec_of(version)
    return Shown(
        id=version.item_id,
        type=version.type,
        revision=version.pk,
        stem=render(version.content["stem"], top=4, prefix="stem"),
        questions=tuple(
            (render_inline(part.stem) if part.id else "", tuple(_key(part.spec))) for part in _parts(version.type, spec)
        ),
    )


def fields(version: ItemVersion, ruling: Ruling, posted: Mapping[str, Any]) -> dict[str, tuple[Widget, ...]]:
    """Return the fields of new_key (filled with the key in force) and of accept_also (empty), as they were posted."""
    data = posted if isinstance(posted, QueryDict) else QueryDict()
    parts = _parts(version.type, ruling.spec)
    chosen = data.get("option")
    return {
        Option.NEW_KEY: tuple(
            one for part in parts for one in _widgets(part, "key", data if chosen == Option.NEW_KEY else None)
        ),
        Option.ACCEPT_ALSO: tuple(
            one
            for part in parts
            for one in _widgets(part, "also", data if chosen == Option.ACCEPT_ALSO else QueryDict())
        ),
    }


def change(version: ItemVersion, ruling: Ruling, option: str, data: QueryDict) -> dict[str, Any]:
    """Return the change that posted fields make. Raises BadChange."""
    if option == Option.NEW_KEY and version.type != "lab":
        parts = [_with_key(part, data) for part in _parts(version.type, ruling.spec)]
        spec = dataclasses.replace(ruling.spec, parts=tuple(parts)) if version.type == "case" else parts[0].spec
        return {"spec": items.dump(version.type, spec)}
    if option == Option.ACCEPT_ALSO and version.type != "lab":
        answer: dict[str, list[str]] = {}
        for part in _parts(version.type, ruling.spec):
            if values := _answer(part, data):
                answer[f"answer-{part.id}" if part.id else "answer"] = values
        return {"answer": answer}
    return {}


def unpack(text: str) -> dict[str, Any]:
    """Return the change that a page sent back as JSON. Raises BadChange."""
    try:
        found = json.loads(text) if len(text) <= MOST_CHARACTERS else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadChange("The change was lost on its way. Choose it again.")
    return found


def _parts(kind: str, spec: Spec) -> list[Part]:
    """Return the questions of an item: those of a case, or the one that the item is (without an id)."""
    return list(spec.parts) if isinstance(spec, CaseSpec) else [Part("", kind, "", spec)]


def _key(spec: Any) -> Iterator[tuple[SafeString, bool]]:
    """Yield what can be answered, and whether it is right."""
    match spec:
        case ChoiceSpec() | ResponseSpec():
            yield from ((render_inline(one.text), one.correct) for one in spec.options)
        case OrderingSpec():
            steps = enumerate(spec.steps, start=1)
            yield from ((format_html("{}. {}", at, render_inline(one.text)), True) for at, one in steps)
            yield from ((render_inline(one.text), False) for one in spec.distractors)
        case MatchingSpec():
            texts = {one.id: render_inline(one.text) for one in (*spec.prompts, *spec.answers)}
            yield from ((format_html("{} → {}", texts[left], texts[right]), True) for left, right in spec.pairs)
        case NumberSpec():
            tolerance = f" ± {spec.tolerance}" if spec.tolerance else ""
            yield format_html("{}{} {}", spec.value, tolerance, spec.unit), True
        case TextSpec():
            yield from ((format_html("<code>{}</code>", one), True) for one in spec.accepted)


def _widgets(part: Part, use: str, data: QueryDict | None) -> Iterator[Widget]:
    """Yield the fields of a question. data None: filled with the key; else with what was posted."""
    name = f"{use}-{part.id}" if part.id else use
    label = part.stem or ("Which is right?" if use == "key" else "Which answer?")
    posted = data.getlist(name) if data is not None else None
    match part.spec:
        case ChoiceSpec() | ResponseSpec() as spec:
            kind = "radio" if isinstance(spec, ChoiceSpec) else "checkbox"
            ticks = (
                Tick(one.id, render_inline(one.text), one.correct if posted is None else one.id in posted)
                for one in spec.options
            )
            yield Widget(kind, name, label, ticks=tuple(ticks))
        case OrderingSpec() as spec:
            right = {one.id: str(at) for at, one in enumerate(spec.steps, start=1)}
            places = [str(at) for at in range(1, len(spec.steps) + 1)]
            yield Widget(
                "selects",
                name,
                label,
                lines=tuple(
                    _line(name, one, [("", "no place"), *((at, at) for at in places)], data, right.get(one.id, ""))
                    for one in spec.entries
                ),
            )
        case MatchingSpec() as spec:
            pairs = dict(spec.pairs)
            choices = [("", "nothing"), *((one.id, one.text) for one in spec.answers)]
            lines = (_line(name, one, choices, data, pairs.get(one.id, "")) for one in spec.prompts)
            yield Widget("selects", name, label, lines=tuple(lines))
        case NumberSpec() as spec:
            value = str(spec.value) if posted is None else "".join(posted[:1])
            yield Widget("input", name, f"{label} ({spec.unit})" if spec.unit else label, value=value)
            if use == "key":
                within = str(spec.tolerance) if data is None else data.get(f"{name}-within", "0")
                yield Widget("input", f"{name}-within", "Right within ±", value=within)
        case TextSpec() as spec:
            value = "\n".join(spec.accepted) if posted is None else "".join(posted[:1])
            if use == "key":
                yield Widget("textarea", name, label, value=value, help="One accepted form a line; the first is shown.")
            else:
                yield Widget("input", name, label, value=value)


def _line(name: str, entry: Any, choices: Sequence[tuple[str, str]], data: QueryDict | None, right: str) -> Line:
    field = f"{name}-{entry.id}"
    chosen = right if data is None else data.get(field, "")
    return Line(field, render_inline(entry.text), tuple((value, text, value == chosen) for value, text in choices))


def _with_key(part: Part, data: QueryDict) -> Part:
    """Return a question with the key that was posted."""
    name = f"key-{part.id}" if part.id else "key"
    spec: Any = part.spec
    match spec:
        case ChoiceSpec() | ResponseSpec():
            right = data.getlist(name)
            options = tuple(dataclasses.replace(one, correct=one.id in right) for one in spec.options)
            spec = dataclasses.replace(spec, options=options)
        case OrderingSpec():
            order = _order(name, spec, data)
            entries = {one.id: one for one in spec.entries}
            spec = OrderingSpec(
                tuple(entries[one] for one in order), tuple(one for one in spec.entries if one.id not in order)
            )
        case MatchingSpec():
            chosen = ((one.id, data.get(f"{name}-{one.id}", "")) for one in spec.prompts)
            spec = dataclasses.replace(spec, pairs=tuple((left, right) for left, right in chosen if right))
        case NumberSpec():
            spec = dataclasses.replace(
                spec, value=_number(data.get(name, "")), tolerance=_number(data.get(f"{name}-within", "0") or "0")
            )
        case TextSpec():
            accepted = tuple(line.strip() for line in data.get(name, "").splitlines() if line.strip())
            spec = dataclasses.replace(spec, accepted=accepted)
    return dataclasses.replace(part, spec=spec)


def _answer(part: Part, data: QueryDict) -> list[str]:
    """Return an answer to a question as a candidate's form has it; nothing where none was given."""
    name = f"also-{part.id}" if part.id else "also"
    match part.spec:
        case OrderingSpec() as spec:
            return _order(name, spec, data)
        case MatchingSpec() as spec:
            chosen = ((one.id, data.get(f"{name}-{one.id}", "")) for one in spec.prompts)
            return [f"{left}={right}" for left, right in chosen if right]
    return [one for one in data.getlist(name) if one.strip()]


def _order(name: str, spec: OrderingSpec, data: QueryDict) -> list[str]:
    """Return the ids of the entries that were given a place, in their order. Raises BadChange."""
    places = {one.id: data.get(f"{name}-{one.id}", "") for one in spec.entries}
    taken = [place for place in places.values() if place]
    if len(set(taken)) < len(taken):
        raise BadChange("Two steps have the same place. Give each its own.")
    if sorted(taken) != sorted(str(at) for at in range(1, len(taken) + 1)):
        raise BadChange("A place is left open between the steps. Number them 1, 2, 3 and so on.")
    return sorted((one for one, place in places.items() if place), key=lambda one: int(places[one]))


def _number(text: str) -> Decimal:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        raise BadChange(f"“{text}” is not a number. Write it as 12 or 0.5.") from None
