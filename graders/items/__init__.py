"""Item types: one module each, found by walking this package. What a learner sends is worth, and no more than that.

A module has the dataclass SPEC (what an author's Markdown becomes: all that a type needs besides the answer), `parse`,
`fields`, `score`, `mistakes`, `unexplained`, `orderable`, `blank` and EXAMPLES; `exam_points` and `fixed` where they
are not the usual. The specs are importable from here.

An answer is what `parse` returns. Before that it is Raw: a form's fields, in practice as in a live attempt's JSON.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from graders import canonical
from graders.canonical import Unreadable
from graders.items.specs import (
    CaseSpec,
    ChoiceSpec,
    Entry,
    Graded,
    LabSpec,
    MatchingSpec,
    NumberSpec,
    Option,
    OrderingSpec,
    Part,
    ResponseSpec,
    Spec,
    TextSpec,
)

__all__ = [
    "CaseSpec",
    "ChoiceSpec",
    "Entry",
    "Example",
    "Graded",
    "ItemType",
    "LabSpec",
    "Malformed",
    "MatchingSpec",
    "NumberSpec",
    "Option",
    "OrderingSpec",
    "Part",
    "Points",
    "Raw",
    "ResponseSpec",
    "Spec",
    "TextSpec",
    "Unreadable",
    "all",
    "answers",
    "arranged",
    "blank",
    "correct",
    "dump",
    "exam_points",
    "load",
    "orderable",
    "shuffled",
]

Raw = Mapping[str, Sequence[str]]  # a form's fields, as a QueryDict's lists() gives them; answers are under "answer"
Points = tuple[tuple[float, float], ...]  # (earned, maximum) of each scored opportunity

_NOT_TYPES = {"specs"}
_MOST, _LONGEST = 100, 10_000  # values of an answer, characters of one


class Malformed(Exception):
    """The answer cannot be read; it uses up no attempt. The text is a sentence for the learner."""


@dataclass(frozen=True)
class Example:
    """A worked case of a type: `score` None means that parsing must raise Malformed.

    `answer` stands for what no form can send (a lab's grading): it is not parsed.
    """

    spec: Any
    raw: Raw
    score: float | None
    answer: Any = None


@dataclass(frozen=True)
class ItemType:
    """A discovered item type.

    parse(raw, spec) → answer, or raises Malformed. fields(answer, spec) → Raw: the form that parses to that answer.
    score(answer, spec) → 0 to 1, with a part for what is right in part: what practice counts.
    exam_points(answer or None, spec) → Points: all or nothing for each scored opportunity; None (blank) earns nothing.
    They are shares of the item's points: multiply both by them.
    mistakes(spec, stem) → sentences about an author's mistakes; unexplained(spec) → those about missing rationales.
    orderable(spec), fixed(spec), blank(spec, order): see the functions of these names below.
    """

    name: str
    spec: type
    parse: Callable[[Raw, Any], Any]
    fields: Callable[[Any, Any], dict[str, list[str]]]
    score: Callable[[Any, Any], float]
    exam_points: Callable[[Any, Any], Points]
    mistakes: Callable[[Any, str], list[str]]
    unexplained: Callable[[Any], list[str]]
    orderable: Callable[[Any], tuple[str, ...]]
    fixed: Callable[[Any], frozenset[str]]
    blank: Callable[[Any, Sequence[str]], dict[str, Any]]
    examples: tuple[Example, ...]

    def check(self, spec: Any, stem: str) -> list[str]:
        """Return sentences about all mistakes of the author of a published item."""
        return [*self.unexplained(spec), *self.mistakes(spec, stem)]


@functools.cache
def all() -> dict[str, ItemType]:  # noqa: A001 - read as items.all()
    """Every item type by name ("choice", "response", "number" …)."""
    names = sorted(one.name for one in pkgutil.iter_modules(__path__))
    return {name: _item_type(name) for name in names if name not in _NOT_TYPES}


def _item_type(name: str) -> ItemType:
    module: ModuleType = importlib.import_module(f"{__name__}.{name}")

    def all_or_nothing(answer: Any, spec: Any) -> Points:
        return ((float(answer is not None and module.score(answer, spec) >= 1), 1.0),)

    return ItemType(
        name=name,
        spec=module.SPEC,
        parse=module.parse,
        fields=module.fields,
        score=module.score,
        exam_points=getattr(module, "exam_points", all_or_nothing),
        mistakes=module.mistakes,
        unexplained=module.unexplained,
        orderable=module.orderable,
        fixed=getattr(module, "fixed", lambda spec: frozenset()),
        blank=module.blank,
        examples=tuple(module.EXAMPLES),
    )


def correct(kind: str, answer: Any, spec: Any) -> bool:
    """Whether a parsed answer is right in full."""
    return _kind(kind).score(answer, spec) >= 1


def exam_points(kind: str, answer: Any, spec: Any) -> Points:
    """(earned, maximum) of each scored opportunity, as shares of the item's points. None: nothing was answered."""
    return _kind(kind).exam_points(answer, spec)


# --- Specs as JSON ----------------------------------------------------------------------------------------------


def dump(kind: str, spec: Any) -> dict[str, Any]:
    """A spec as canonical JSON: equal specs give equal JSON, and what has its default is left out. It holds the key."""
    if not isinstance(spec, _kind(kind).spec):
        raise TypeError(f"{type(spec).__name__} is no spec of the type {kind}")
    return dict(canonical.dump(spec))


def load(kind: str, data: Mapping[str, Any]) -> Any:
    """The spec that `dump` gave. Raises Unreadable with a sentence that names the place."""
    found = all().get(kind)
    if found is None:
        raise Unreadable(f"The item type {kind} is not known.")
    if found.spec is not CaseSpec:
        return canonical.build(found.spec, data)
    parts = []
    for at, part in enumerate(canonical.fields(_LoosePart, data)["parts"]):
        known = canonical.fields(Part, part, f"parts.{at}")
        if known["type"] in ("case", "lab"):
            raise Unreadable(f"parts.{at}.type: a {known['type']} cannot be a part of a case.")
        known["spec"] = load(known["type"], known["spec"])
        parts.append(Part(**known))
    return CaseSpec(tuple(parts))


@dataclass(frozen=True)
class _LoosePart:
    parts: tuple[dict, ...]  # type: ignore[type-arg]  # the parts are read one by one: a spec is read by its type


# --- What is shown before an answer -----------------------------------------------------------------------------


def orderable(kind: str, spec: Any) -> tuple[str, ...]:
    """The ids that are shuffled, those that keep their place last, in the author's order.

    The others are in the order of their ids, which tells nothing. Of a case they are "part/id".
    """
    return _kind(kind).orderable(spec)


def shuffled(kind: str, spec: Any, key: Callable[[str], Any]) -> tuple[str, ...]:
    """The ids of `orderable` in the order of `key(id)` (say, an HMAC of a seed), the fixed ones last as they were."""
    fixed = _kind(kind).fixed(spec)
    ids = orderable(kind, spec)
    return (*sorted((one for one in ids if one not in fixed), key=key), *(one for one in ids if one in fixed))


def blank(kind: str, spec: Any, order: Sequence[str] = ()) -> dict[str, Any]:
    """What a live attempt may show of an item besides its stem: JSON with no key, no rationale, no weight.

    `order`: ids of `orderable`. Whatever it is, all ids are there, and those that keep their place are last.
    Texts are Markdown. By type: choice {options: [{id, text}]} · response {options, select} · ordering {entries,
    select} · matching {titles, prompts, answers} · number {unit} · text {command} · lab {lab, minutes} ·
    case {parts: [{id, type, stem, blank}]}.
    """
    return _kind(kind).blank(spec, order)


def _kind(name: str) -> ItemType:
    return all()[name]


# --- For the types ----------------------------------------------------------------------------------------------


def values(raw: Raw, name: str = "answer") -> list[str]:
    """The fields of a name as they came. Raises Malformed where they are not a list of strings, or beyond all bounds."""
    found = raw.get(name, ()) if isinstance(raw, Mapping) else None
    if not isinstance(found, list | tuple) or not _bounded(found):
        raise Malformed("That answer cannot be read. Reload the page and answer again.")
    return list(found)


def _bounded(found: Sequence[Any]) -> bool:
    return len(found) <= _MOST and not any(not isinstance(one, str) or len(one) > _LONGEST for one in found)


def answers(raw: Raw, name: str = "answer") -> list[str]:
    """The fields of a name ("answer"), blanks left out."""
    return [value for value in values(raw, name) if value.strip()]


def arranged(found: Sequence[Any], order: Sequence[str]) -> list[Any]:
    """Options or entries in an order of ids: who is not named comes next by id, and who is fixed last as it was."""
    place = {name: at for at, name in reversed(list(enumerate(order)))}
    loose = [one for one in found if not getattr(one, "fixed", False)]
    loose.sort(key=lambda one: (place.get(one.id, len(place)), one.id))
    return [*loose, *(one for one in found if getattr(one, "fixed", False))]


def shown(found: Sequence[Any]) -> list[dict[str, str]]:
    """Options or entries as `blank` shows them: id and text."""
    return [{"id": one.id, "text": one.text} for one in found]


def doubles(found: Sequence[Any], what: str) -> list[str]:
    """Sentences about ids and texts that more than one of some options or entries have."""
    problems = []
    for name, all_values in (("id", [one.id for one in found]), ("text", [one.text.strip() for one in found])):
        if len(set(all_values)) < len(all_values):
            problems.append(f"Two {what} have the same {name}.")
    return problems


def without_rationale(found: Sequence[Any], what: str) -> list[str]:
    """A sentence about each option or entry that has no rationale."""
    return [f"{what} “{one.text}” has no rationale." for one in found if not one.rationale.strip()]
