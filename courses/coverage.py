"""What is taught where: each id of the inventory with its lessons, their items, and the labs that have it practised.

The page docs/coverage.md is made from the content itself, by `manage.py catalog coverage --write`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from courses.content import Course, Lesson
from labs.content import Lab

PAGE = "docs/coverage.md"

HEAD = """\
# What is taught where

Every row of `courses/catalog/inventory.yaml`, with the lessons that teach it, how many items those lessons ask, and the labs in
which it is done by hand. Made by `manage.py catalog coverage --write` from the `covers` of lessons and labs: change those, not
this page.

"""


@dataclass(frozen=True)
class Row:
    """An id of the inventory, and where it is taught."""

    id: str
    name: str
    lessons: tuple[Lesson, ...]
    labs: tuple[Lab, ...]

    @property
    def items(self) -> int:
        """Return how many items the lessons ask."""
        return sum(len(lesson.items) for lesson in self.lessons)


def rows(inventory: Mapping[str, str], courses: Iterable[Course], labs: Iterable[Lab]) -> list[Row]:
    """Return a row for each id of the inventory, in its order."""
    lessons = [lesson for course in courses for lesson in course.lessons]
    known = list(labs)
    return [
        Row(
            one,
            name,
            tuple(lesson for lesson in lessons if one in lesson.covers),
            tuple(lab for lab in known if one in lab.covers),
        )
        for one, name in inventory.items()
    ]


def unknown(inventory: Mapping[str, str], labs: Iterable[Lab]) -> list[str]:
    """Return what a lab says it covers and the inventory does not have, as sentences."""
    return [
        f"{lab.path}: covers {one}, which the inventory does not have"
        for lab in labs
        for one in lab.covers
        if one not in inventory
    ]


def page(found: list[Row], root: Path) -> str:
    """Return the page as Markdown, with links from `docs/` to the files below `root`."""
    taught, practised = sum(bool(row.lessons) for row in found), sum(bool(row.labs) for row in found)
    lines = [
        f"{taught} of {len(found)} ids are taught, {practised} are practised in a lab.",
        "",
        "| id | what | lessons | items | labs |",
        "|---|---|---|---|---|",
    ]
    for row in found:
        lessons = ", ".join(_link(one.title, one.path, root) for one in row.lessons) or "–"
        labs = ", ".join(_link(one.title, one.path, root) for one in row.labs) or "–"
        lines.append(f"| {row.id} | {_plain(row.name)} | {lessons} | {row.items or '–'} | {labs} |")
    return HEAD + "\n".join(lines) + "\n"


def _link(title: str, path: str, root: Path) -> str:
    return f"[{_plain(title)}]({os.path.relpath(root / path, root / 'docs')})"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("[", "\\[").replace("]", "\\]")
