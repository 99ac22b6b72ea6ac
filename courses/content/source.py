"""A source file with its problems: read it, take its front matter apart, keep what is wrong with its line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from labs.content import Problem
from labs.content.schema import nearest
from labs.content.yamls import load

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400, pattern=r"^[^\n]*$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
Minutes = Annotated[int, Field(ge=1, le=600, strict=True)]
InventoryId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{1,3}-[0-9]{2,3}$")]
Place = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(/[a-z0-9-]+)?$", max_length=201)]
Level = Literal["foundational", "associate", "advanced"]
Percent = Annotated[int, Field(ge=1, le=100, strict=True)]
Url = Annotated[str, StringConstraints(pattern=r"^https://[^\s<>\"]+$")]


def day(value: Any) -> date:
    """Read YYYY-MM-DD, or YYYY-MM for the first of that month."""
    written = str(value)
    if not re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", written, re.ASCII):
        raise ValueError("must be a month or a day")
    return date.fromisoformat(written if len(written) == 10 else f"{written}-01")


class Strict(BaseModel):
    """Front matter: a key that is not named here is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LinkFront(Strict):
    """A page to read on."""

    title: Line
    url: Url


class LessonFront(Strict):
    """The front matter of a lesson."""

    title: Line
    minutes: Minutes
    objectives: Annotated[tuple[Line, ...], Field(min_length=1)]
    as_of: Annotated[date, BeforeValidator(day)]
    summary: str = ""
    level: Level | None = None
    lab: Slug | None = None
    labs: tuple[Slug, ...] = ()
    covers: tuple[InventoryId, ...] = ()
    prerequisites: tuple[Place, ...] = ()
    links: tuple[LinkFront, ...] = ()


class SheetFront(Strict):
    """The front matter of sheets/<slug>.md: a page to look things up on."""

    title: Line
    summary: Line
    as_of: Annotated[date, BeforeValidator(day)]
    links: tuple[LinkFront, ...] = ()


class ModuleFolderFront(Strict):
    """modules/<number>-<name>/module.yaml: its lessons are the other files of the folder."""

    title: Line
    summary: str = ""
    labs: tuple[Slug, ...] = ()
    requires: dict[Slug, Percent] = {}


class ModuleFront(Strict):
    """A module of course.yaml."""

    title: Line
    summary: str = ""
    lessons: Annotated[tuple[Slug, ...], Field(min_length=1)]
    labs: tuple[Slug, ...] = ()
    requires: dict[Slug, Percent] = {}  # of mastery, by domain


class CourseFront(Strict):
    """course.yaml."""

    title: Line
    summary: Line
    level: Line
    objectives: Annotated[tuple[Line, ...], Field(min_length=1)]
    domains: dict[Slug, Line] = {}
    modules: tuple[ModuleFront, ...] = ()  # none: those of modules/; else a course of exams alone
    order: Annotated[int, Field(ge=1, le=1000, strict=True)] = 500
    prerequisites: tuple[Slug, ...] = ()
    practice: tuple[Slug, ...] = ()


Front = TypeVar("Front", bound=Strict)
_INNER: dict[str, type[Strict]] = {"modules": ModuleFront, "links": LinkFront}
_REMEDIES = {
    "as_of": "as 2026-11 or 2026-11-20",
    "covers": "a list of ids of inventory.yaml, as [S3-01, S3-07]",
    "level": "foundational, associate or advanced",
    "order": "a whole number: courses stand in the order of theirs",
    "prerequisites": "a list of lessons, each by its name, or of another course as course/lesson",
    "lab": "the name of a folder of labs/catalog",
    "labs": "a list of names of folders of labs/catalog",
    "lessons": "a list of names of files of lessons/, without .md",
    "minutes": "a whole number, from 1 to 600",
    "requires": "percents of mastery by domain, as {secure: 80}",
    "practice": "a list of names of files of items/, without .md",
    "objectives": "a list, each objective on a line that begins with -",
    "url": "an address that begins with https://",
}


class Problems(list[Problem]):
    """The problems of one course, as they are found."""

    def add(self, path: str, line: int, number: int, message: str, hint: str = "") -> None:
        """Note a problem under its id, courses.E0xx."""
        self.append(Problem(path, line, f"courses.E{number:03}", message, hint))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean x?` for the nearest of the known words, else what they are."""
    words = sorted(known)
    return nearest(word, words) or (f"one of: {', '.join(words)}" if words else "")


def read(path: Path, shown: str, problems: Problems) -> str:
    """Return a file's text, its lines ending in a line feed; empty where it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        problems.add(shown, 1, 1, f"the file is not UTF-8 (byte {error.start})", "save it as UTF-8")
    except OSError as error:
        problems.add(shown, 1, 1, f"the file cannot be read: {error.strerror}")
    return ""


def split(source: str, shown: str, problems: Problems) -> tuple[str, str, int]:
    """Return the front matter, the text below it, and the line at which that text begins."""
    lines = source.split("\n")
    if lines[0].rstrip() != "---":
        problems.add(shown, 1, 2, "there is no front matter", "begin the file with --- and its keys, then --- again")
        return "", source, 1
    for number, line in enumerate(lines[1:], start=2):
        if line.rstrip() == "---":
            return "\n".join(lines[1 : number - 1]), "\n".join(lines[number:]), number + 1
    problems.add(shown, 1, 2, "the front matter is not closed", "end it with a line of ---")
    return "", "", len(lines) + 1


def parse(
    kind: type[Front],
    text: str,
    shown: str,
    problems: Problems,
    *,
    first_line: int = 1,
    inner: Mapping[str, type[Strict]] = _INNER,
    remedies: Mapping[str, str] = _REMEDIES,
) -> Front | None:
    """Return the YAML as `kind`, or None with all that is wrong with it noted.

    inner: what stands within a key, for who writes a key that is not known there. remedies: what a key wants.
    """
    try:
        document = load(text, first_line)
    except (AttributeError, IndexError, KeyError):  # how PyYAML tells that a tag does not suit its value
        problems.add(shown, first_line, 3, "a value is not of the type that its tag (!!…) says", "leave the tag out")
        return None
    for line, message, hint in document.mistakes:
        problems.add(shown, line, 3, message, hint)
    if document.mistakes:
        return None
    if not isinstance(document.value, dict):
        needed = [name for name, field in kind.model_fields.items() if field.is_required()]
        problems.add(shown, first_line, 3, "no keys stand here", f"needed are {', '.join(needed)}")
        return None
    try:
        return kind.model_validate(document.value)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            name = ".".join(str(step) for step in one["loc"])
            key = next((str(step) for step in reversed(one["loc"]) if isinstance(step, str)), "")
            line = document.line(one["loc"])
            if one["type"] == "extra_forbidden":
                hint = did_you_mean(key, _keys(kind, one["loc"][:-1], inner))
                problems.add(shown, line, 4, f"the key {name} is not known", hint)
            elif one["type"] == "missing":
                problems.add(shown, line, 5, f"the key {name} is missing", remedies.get(key, ""))
            else:
                problems.add(shown, line, 6, f"{name}: {one['msg'][:1].lower()}{one['msg'][1:]}", remedies.get(key, ""))
        return None


def _keys(kind: type[Strict], where: tuple[int | str, ...], inner: Mapping[str, type[Strict]]) -> list[str]:
    """Return the keys that are known at a place within a front matter."""
    for step in where:
        kind = inner.get(str(step), kind)
    return list(kind.model_fields)
