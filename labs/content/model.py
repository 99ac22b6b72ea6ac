"""What a lab is, once its Markdown was read: frozen dataclasses, and the Problem that a mistake becomes."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graders import Check, CheckCall

GIVEN_NAMES = ("account_id", "region")  # names that every session gives, besides the lab's own parameters


@dataclass(frozen=True, order=True)
class Problem:
    """A mistake in a file: where it stands, its id (`labs.E0xx` error, `labs.W0xx` warning), cause and remedy.

    `str(problem)` is `path:line: labs.E014 message (hint)`. Line 0 means the file as a whole.
    """

    path: str
    line: int
    id: str
    message: str
    hint: str = ""

    @property
    def is_warning(self) -> bool:
        """Return whether the lab can be used all the same."""
        return self.id.rpartition(".")[2].startswith("W")

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.id} {self.message}" + (f" ({self.hint})" if self.hint else "")


class ContentError(Exception):
    """A file cannot be used. `problems` holds all that is wrong with it, in the order of its lines."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Parameter:
    """What a session's value is drawn from: a pattern such as "acme-{color}-{hex4}", or one of several values."""

    pattern: str = ""
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """Commands to run. `line` is where the first line of `text` stands in the lab's file."""

    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Alternative:
    """Another right way to solve a task: it replaces the main solution of that task."""

    name: str
    blocks: tuple[Block, ...]
    line: int


@dataclass(frozen=True)
class NearMiss:
    """A plausible mistake: `fails` names the checks (by name or title) that must fail after it, and no others may."""

    fails: tuple[str, ...]
    blocks: tuple[Block, ...]
    line: int


@dataclass(frozen=True)
class Equivalent:
    """A mutant of a task's solution (labs/mutants) that loses no points, and `reason`, a sentence: why that is right."""

    mutant: str
    reason: str
    line: int


@dataclass(frozen=True)
class Hint:
    """One step of a task's ladder of hints, Markdown. Whoever opens it gets `cost` points less for the task."""

    text: str
    line: int
    cost: float = 0.0


@dataclass(frozen=True)
class Task:
    """A thing to achieve. Only `id`, `title`, `points`, `after` and `text` (Markdown) are for learners."""

    id: str
    title: str
    points: float
    after: tuple[str, ...]
    text: str
    checks: tuple[CheckCall, ...]
    hints: tuple[Hint, ...]
    solutions: tuple[Block, ...]
    alternatives: tuple[Alternative, ...]
    near_misses: tuple[NearMiss, ...]
    line: int
    equivalents: tuple[Equivalent, ...] = ()
    stays: bool = False  # what was passed once must still be so, or it is not passed any more
    solution_cost: float = 0.0  # of the ladder's last step, which shows the solution


@dataclass(frozen=True)
class Lab:
    """A lab as its author wrote it; `bind` gives the same lab with a session's values in place of `{{ name }}`.

    `minutes` is the time to solve it, `intro` Markdown for the learner, `start` what runs before the learner comes in,
    `principal` "admin" or an inline IAM policy, `revision` the SHA-256 (hex) of `source`
    and, where there is one, of checks.py: its text is `checks_source`, and `own_checks` what was read of it without
    running it (their functions cannot be called).
    """

    slug: str
    title: str
    summary: str
    level: str
    minutes: int
    services: tuple[str, ...]
    region: str
    parameters: dict[str, Parameter]
    principal: str | dict[str, Any]
    intro: str
    start: tuple[Block, ...]
    tasks: tuple[Task, ...]
    revision: str
    source: str = field(repr=False)
    path: str
    warnings: tuple[Problem, ...] = ()
    checks_source: str = field(default="", repr=False)
    own_checks: Mapping[str, Check] = field(default_factory=dict, repr=False)
    covers: tuple[str, ...] = ()  # ids of the courses' inventory

    @property
    def points(self) -> float:
        """Return the most that the lab gives."""
        return sum(task.points for task in self.tasks)

    @property
    def setup(self) -> tuple[Block, ...]:
        """Return what runs before the learner comes in: `start`, and then the learner's user becomes the `principal`.

        For the start key: nothing holds it, so that it can take the administrator's rights away from whom it acts for.
        """
        if not isinstance(self.principal, dict):
            return self.start
        policy = shlex.quote(json.dumps(self.principal))
        lines = [
            f"aws iam put-user-policy --user-name learner --policy-name lab --policy-document {policy}",
            "aws iam detach-user-policy --user-name learner --policy-arn arn:aws:iam::aws:policy/AdministratorAccess",
        ]
        return (*self.start, Block("sh", "\n".join(lines), 0))

    def task(self, task_id: str) -> Task:
        """Return the task of that id. Raises KeyError."""
        for task in self.tasks:
            if task.id == task_id:
                return task
        raise KeyError(task_id)
