"""Item types: one module each, with `parse`, `score`, `correct` and `EXAMPLES`; found by walking this package.

The specs below are what an author's Markdown becomes; a learner's raw form data and a spec are all that a type needs.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import ModuleType
from typing import Any

Raw = Mapping[str, Sequence[str]]  # a form's fields, as a QueryDict's lists() gives them; answers are under "answer"


class Malformed(Exception):
    """The answer cannot be read; it uses up no attempt. The text is a sentence for the learner."""


@dataclass(frozen=True)
class Option:
    """One option of a choice or response item. `id` is stable within the item; `rationale` is shown after answering."""

    id: str
    text: str
    correct: bool
    rationale: str = ""
    fixed: bool = False  # keeps its place when options are shuffled ("None of the above.")


@dataclass(frozen=True)
class Entry:
    """A step of an ordering item, or a cell of a matching item. `id` tells nothing of where it belongs."""

    id: str
    text: str
    rationale: str = ""


@dataclass(frozen=True)
class ChoiceSpec:
    """One right answer among several."""

    options: tuple[Option, ...]


@dataclass(frozen=True)
class ResponseSpec:
    """Several right answers; the stem says how many: "(Select TWO.)"."""

    options: tuple[Option, ...]

    @property
    def select(self) -> int:
        return sum(option.correct for option in self.options)


@dataclass(frozen=True)
class NumberSpec:
    """A number, right within `tolerance` (absolute, ≥ 0) of `value`; `unit` is shown beside the field."""

    value: Decimal
    tolerance: Decimal = Decimal(0)
    unit: str = ""
    rationale: str = ""


@dataclass(frozen=True)
class OrderingSpec:
    """Steps in their right order, and distractors that belong to no place."""

    steps: tuple[Entry, ...]
    distractors: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class MatchingSpec:
    """Prompts, each with the answer that belongs to it: pairs[prompt id] = answer id. An answer may serve twice, or never."""

    prompts: tuple[Entry, ...]
    answers: tuple[Entry, ...]
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TextSpec:
    """Words or a command to type. `command`: compared as a parsed command line, its flags in any order."""

    accepted: tuple[str, ...]  # the first is the one to show
    command: bool = False
    rationale: str = ""


@dataclass(frozen=True)
class LabSpec:
    """A lab inside an exam: the folder's name in labs/catalog; its tasks are scored opportunities of their own weight."""

    lab: str
    minutes: int


@dataclass(frozen=True)
class Part:
    """An item of a case: answered and scored by itself."""

    id: str
    type: str
    stem: str
    spec: Any
    points: float = 1.0
    domain: str = ""


@dataclass(frozen=True)
class CaseSpec:
    """Items that share a scenario (the stem of the case), in order."""

    parts: tuple[Part, ...]


Spec = ChoiceSpec | ResponseSpec | NumberSpec | OrderingSpec | MatchingSpec | TextSpec | LabSpec | CaseSpec


@dataclass(frozen=True)
class Example:
    """A worked case of a type: `score` None means that parsing must raise Malformed."""

    spec: Any
    raw: Raw
    score: float | None


@dataclass(frozen=True)
class ItemType:
    """A discovered item type. `check(spec, stem)` gives sentences about an author's mistakes."""

    name: str
    parse: Callable[[Raw, Any], Any]
    score: Callable[[Any, Any], float]
    check: Callable[[Any, str], list[str]]
    examples: tuple[Example, ...]


@functools.cache
def all() -> dict[str, ItemType]:  # noqa: A001 - read as items.all()
    """Every item type by name ("choice", "response", "number")."""
    return {name: _item_type(name) for _, name, _ in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name)}


def _item_type(name: str) -> ItemType:
    module: ModuleType = importlib.import_module(f"{__name__}.{name}")
    return ItemType(name, module.parse, module.score, module.check, tuple(module.EXAMPLES))


def correct(kind: str, answer: Any, spec: Any) -> bool:
    """Whether a parsed answer is right in full: what an exam counts, where practice gives a share."""
    return all()[kind].score(answer, spec) >= 1


def answers(raw: Raw) -> list[str]:
    """The fields named "answer", blanks left out."""
    return [value for value in raw.get("answer", ()) if value.strip()]


def option_problems(options: Sequence[Option]) -> list[str]:
    """What choice and response ask of their options alike."""
    problems = [f"Option “{option.text}” has no rationale." for option in options if not option.rationale.strip()]
    if len(options) < 2:
        problems.append("An item needs two options or more.")
    for name, values in (("id", [one.id for one in options]), ("text", [one.text.strip() for one in options])):
        if len(set(values)) < len(values):
            problems.append(f"Two options have the same {name}.")
    return problems
