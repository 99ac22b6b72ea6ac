"""What an author's Markdown becomes, by type. Ids are stable within an item and tell nothing of what is right."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Option:
    """One option of a choice or response item. `id` is stable within the item; `rationale` is shown after answering."""

    id: str
    text: str
    correct: bool
    rationale: str = ""
    fixed: bool = False  # keeps its place, after the others, when options are shuffled ("None of the above.")


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

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (*self.steps, *self.distractors)


@dataclass(frozen=True)
class MatchingSpec:
    """Prompts, each with the answer that belongs to it: pairs[prompt id] = answer id. An answer may serve twice, or never.

    A prompt's rationale says why its answer is right; an answer's, why it belongs to no prompt.
    """

    prompts: tuple[Entry, ...]
    answers: tuple[Entry, ...]
    pairs: tuple[tuple[str, str], ...]
    titles: tuple[str, str] = ("Prompt", "Answer")  # what stands above the two columns


@dataclass(frozen=True)
class TextSpec:
    """Words or a command to type. `command`: compared as a parsed command line, its flags in any order.

    Without `command` a form written /like this/ or /like this/i is a regular expression for the whole of the answer.
    """

    accepted: tuple[str, ...]  # the first is the one to show
    command: bool = False
    rationale: str = ""


@dataclass(frozen=True)
class LabSpec:
    """A lab inside an exam: the folder's name in labs/catalog; its tasks are scored opportunities of their own weight."""

    lab: str
    minutes: int


@dataclass(frozen=True)
class Graded:
    """A task of a lab as a grading found it: the answer to a lab item is a tuple of these, for no form can send one."""

    task: str
    weight: float  # the task's points; > 0
    fraction: float  # of them that were earned: 0 to 1


@dataclass(frozen=True)
class Part:
    """An item of a case: answered and scored by itself. Its fields are named "answer-<id>"."""

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
