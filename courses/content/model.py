"""What a course is once its files are read. All of it is frozen: a change of a file makes new objects."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from courses.content.blocks import Runnable
from courses.content.figures import Figure
from courses.content.glossary import Term
from graders import items
from graders.items import ChoiceSpec, Option, ResponseSpec, Spec

if TYPE_CHECKING:
    from courses.content.exams import Exam


@dataclass(frozen=True)
class Item:
    """A question to answer. It holds the key: templates get `courses.selectors.public(item)` instead."""

    id: str
    type: str  # a name of graders.items.all()
    stem: str  # Markdown
    spec: Spec = field(repr=False)
    domain: str
    points: float
    path: str
    line: int
    difficulty: float = 0.5  # the share of candidates whom the author expects to be right
    status: str = "live"  # pilot: in exams it does not count; draft, retired: in no exam and no drill
    skill: str = ""  # of the exam guide: "2.2.2"

    @property
    def options(self) -> tuple[Option, ...]:
        """Return the options in the author's order, or none where the type has none."""
        return self.spec.options if isinstance(self.spec, ChoiceSpec | ResponseSpec) else ()

    @property
    def revision(self) -> str:
        """Return the SHA-256 (hex) of all that bears on an answer or on what it is worth.

        Where the item stands in its file does not; nor do status, difficulty and skill, which change as it is used.
        """
        content = [self.id, self.type, self.stem, items.dump(self.type, self.spec), self.domain, float(self.points)]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def shown(self) -> bool:
        """Return whether it may be shown to learners: a draft and what is retired may not."""
        return self.status in ("live", "pilot")


@dataclass(frozen=True)
class Text:
    """A stretch of Markdown between items; `line` is where it starts in the file."""

    markdown: str
    line: int


@dataclass(frozen=True)
class Reference:
    """Where a link or an image of a lesson leads: `kind` says to what, `target` names it.

    lesson, sheet: its slug, or `course/slug` of another course. lab: its slug. image: a file of static/courses/<course>.
    figure, picture: a file of the course's images/. term: an id of the glossary. page: an address of the site.
    """

    kind: str
    target: str
    fragment: str = ""


@dataclass(frozen=True)
class Fact:
    """Something that was so on a day and may change: `(as of 2026-11-20)`, or what a callout says has changed since."""

    day: str
    text: str
    line: int
    kind: str = "as of"  # or "since"


@dataclass(frozen=True)
class FurtherReading:
    """A page to read on."""

    title: str
    url: str


@dataclass(frozen=True)
class Lesson:
    """A page of a course: text and items in the author's order."""

    slug: str
    title: str
    minutes: int
    objectives: tuple[str, ...]
    segments: tuple[Text | Item, ...]
    references: Mapping[str, Reference]  # by the address as the author wrote it
    lab: str | None
    as_of: date  # the day on which the author last held it against AWS's documentation
    links: tuple[FurtherReading, ...]
    revision: str  # SHA-256 of the source, hex
    path: str
    summary: str = ""
    level: str = ""
    labs: tuple[str, ...] = ()  # slugs: `lab`, and those that go with the lesson besides
    covers: tuple[str, ...] = ()  # ids of the inventory
    prerequisites: tuple[str, ...] = ()  # lessons, as `lesson` or `course/lesson`
    runnable: Runnable = field(default_factory=Runnable)
    figures: Mapping[str, Figure] = field(default_factory=dict, repr=False)  # by file name
    terms: tuple[Term, ...] = field(default=(), repr=False)  # of the glossary, that the text names
    facts: tuple[Fact, ...] = ()
    words: int = 0  # to read: without front matter, code and items

    @property
    def items(self) -> tuple[Item, ...]:
        """Return the lesson's items in order, without drafts and what is retired."""
        return tuple(segment for segment in self.segments if isinstance(segment, Item) and segment.shown)


@dataclass(frozen=True)
class Sheet:
    """A page to look things up on: text alone, made to be printed too."""

    slug: str
    title: str
    summary: str
    text: Text
    references: Mapping[str, Reference]
    as_of: date
    links: tuple[FurtherReading, ...]
    path: str
    figures: Mapping[str, Figure] = field(default_factory=dict, repr=False)
    terms: tuple[Term, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Module:
    """A stretch of a course: lessons, and the labs that go with them."""

    title: str
    summary: str
    lessons: tuple[Lesson, ...]
    labs: tuple[str, ...]  # slugs
    requires: Mapping[str, int] = field(default_factory=dict)  # percents of mastery by domain, before it opens


@dataclass(frozen=True)
class Course:
    """A course. `bank` holds the items of items/*.md, which stand in no lesson; those of `practice` are for drills."""

    slug: str
    title: str
    summary: str
    level: str
    objectives: tuple[str, ...]
    domains: Mapping[str, str]  # what items may name as their domain, with its title
    modules: tuple[Module, ...]
    bank: tuple[Item, ...]
    path: str
    exams: tuple[Exam, ...] = ()
    practice: tuple[str, ...] = ()  # banks for drills: no exam draws from them
    sheets: tuple[Sheet, ...] = ()
    order: int = 500
    prerequisites: tuple[str, ...] = ()  # slugs of courses
    drawings: Path = Path("images")  # the folder of its images

    @cached_property
    def lessons(self) -> tuple[Lesson, ...]:
        """Return all lessons in reading order."""
        return tuple(lesson for module in self.modules for lesson in module.lessons)

    @cached_property
    def items(self) -> dict[str, Item]:
        """Return the items of the lessons by id."""
        return {item.id: item for lesson in self.lessons for item in lesson.items}

    @cached_property
    def drill(self) -> dict[str, Item]:
        """Return the items for practice by id: those of lessons, and of the banks that are for it."""
        free = (item for item in self.bank if item.status == "live" and Path(item.path).stem in self.practice)
        return self.items | {item.id: item for item in free}

    @cached_property
    def labs(self) -> tuple[str, ...]:
        """Return the slugs of the labs of its modules and lessons, each once, in order."""
        named = [slug for m in self.modules for slug in (*(slug for one in m.lessons for slug in one.labs), *m.labs)]
        return tuple(dict.fromkeys(named))

    @property
    def minutes(self) -> int:
        """Return the minutes of reading."""
        return sum(lesson.minutes for lesson in self.lessons)
