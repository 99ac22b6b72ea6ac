"""A lab's page as its learner sees it, drawn from the files as they are now; what is wrong stands above, by line.

Where the lab cannot be read, the page shows it as it was when it could, and says so. Three views: `learner`; `author`,
with what learners never see folded below each task; and `source`, the file with what is wrong below its lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.template.loader import render_to_string

from labs import present
from labs.authoring.places import examine
from labs.content import Lab, Problem, Task, bind, draw
from labs.markdown import render
from labs.selectors import TaskState

VIEWS = {"learner": "As learners see it", "author": "With solutions", "source": "The file"}
ACCOUNT = "123456789012"
AROUND = 2  # lines shown before and after the one that is wrong


@dataclass(frozen=True)
class Line:
    """A line of the file, and what is wrong with it."""

    number: int
    text: str
    problems: Sequence[Problem] = ()


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, with the lines around it."""

    problem: Problem
    lines: Sequence[Line]
    here: bool  # in lab.md, which the view `source` shows


class Preview:
    """One lab's pages. Keeps the lab as it was last read without errors."""

    def __init__(self, folder: Path, seed: str = "1") -> None:
        self.folder, self.seed = folder, seed
        self.kept: Lab | None = None

    def page(self, view: str, *, version: str = "") -> str:
        """Return a view as HTML. `version` is that of the files; the page asks for another when it changes."""
        examined = examine(self.folder)
        self.kept = examined.lab or self.kept
        lines = _lines(self.folder / "lab.md")
        lab = self.kept and _bound(self.kept, self.seed)
        return render_to_string(
            "labs/authoring/preview.html",
            {
                "slug": examined.slug,
                "view": view,
                "views": VIEWS,
                "version": version,
                "findings": [_finding(one, lines) for one in examined.problems],
                "broken": examined.lab is None,
                "lab": lab,
                "intro": lab and present.intro(lab),
                "tasks": lab and present.cards(lab, [_untouched(task) for task in lab.tasks]),
                "secrets": [_secrets(task) for task in lab.tasks] if lab and view == "author" else (),
                "start": lab and "\n".join(block.text for block in lab.start),
                "values": draw(self.kept, self.seed) if self.kept else {},
                "lines": _marked(lines, examined.problems) if view == "source" else (),
            },
        )


def _bound(lab: Lab, seed: str) -> Lab:
    return bind(lab, {**draw(lab, seed), "account_id": ACCOUNT, "region": lab.region})


def _untouched(task: Task) -> TaskState:
    """Return a task's state before anybody did anything."""
    return TaskState(task, None, None, 0.0, task.points, hints_left=len(task.hints) + 1, met=True)


def _secrets(task: Task) -> dict[str, Any]:
    """Return what learners never see of a task, or not before they ask."""
    return {
        "task": task,
        "checks": [
            (
                check,
                yaml.safe_dump(check.parameters, sort_keys=False, allow_unicode=True).rstrip()
                if check.parameters
                else "",
            )
            for check in task.checks
        ],
        "hints": [
            render(hint.text, top=5, prefix=f"author-{task.id}-{number}") for number, hint in enumerate(task.hints, 1)
        ],
        "solution": "\n".join(block.text for block in task.solutions),
        "alternatives": [(one, "\n".join(block.text for block in one.blocks)) for one in task.alternatives],
        "near_misses": [
            (one, ", ".join(one.fails), "\n".join(block.text for block in one.blocks)) for one in task.near_misses
        ],
        "equivalents": task.equivalents,
    }


def _lines(path: Path) -> list[str]:
    """Return the lines of a file that perhaps cannot be read: then there are none to show."""
    try:
        return path.read_bytes()[: 1024 * 1024].decode(errors="replace").splitlines() if not path.is_symlink() else []
    except OSError:
        return []


def _finding(problem: Problem, lines: Sequence[str]) -> Finding:
    here = problem.path.endswith("lab.md") and 0 < problem.line <= len(lines)
    first = max(1, problem.line - AROUND)
    around = enumerate(lines[first - 1 : problem.line + AROUND], first) if here else ()
    return Finding(
        problem, [Line(number, text, (problem,) if number == problem.line else ()) for number, text in around], here
    )


def _marked(lines: Sequence[str], problems: Sequence[Problem]) -> list[Line]:
    wrong: dict[int, list[Problem]] = {}
    for problem in problems:
        if problem.path.endswith("lab.md"):
            wrong.setdefault(problem.line, []).append(problem)
    return [Line(number, text, wrong.get(number, ())) for number, text in enumerate(lines, 1)]
