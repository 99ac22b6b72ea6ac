"""What the house asks of a lesson beyond that it can be read: warnings, courses.W05x, told by `manage.py catalog lint`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from courses.content.model import Course, Item, Lesson, Text
from labs.content import Problem

WORDS: Final = (600, 1400)
ITEMS: Final = (4, 8)
_CHANGED = re.compile(r"^[ \t]*(?:>[ \t]*\[!CHANGED\]|!!! changed)(?P<rest>.*)$", re.IGNORECASE)
_SINCE = re.compile(r"since \d{4}-\d{2}(-\d{2})?")
_HEADING = re.compile(r"^#{1,6}[ \t]+(?P<text>.+?)[ \t]*#*$", re.MULTILINE)
_ANCHOR = re.compile(r"\]\(#(?P<id>[^()\s]+)\)")
_MARKS = re.compile(r"\[([^\]]*)\]\([^)]*\)|[`*_]|\{[^{}]*\}")


def lint_lessons(courses: Iterable[Course]) -> list[Problem]:
    """Return what is worth a second look in the lessons of some courses, by file and line."""
    return sorted(problem for course in courses for lesson in course.lessons for problem in _of(lesson))


def _of(lesson: Lesson) -> Iterator[Problem]:
    def warn(number: int, told: str, hint: str, line: int = 1) -> Problem:
        return Problem(lesson.path, line, f"courses.W{number:03}", told, hint)

    least, most = WORDS
    if not least <= lesson.words <= most:
        hint = "say more" if lesson.words < least else "make two lessons of it, or say less"
        yield warn(50, f"{lesson.words} words to read; a lesson has {least} to {most}", hint)
    pictures = {one.kind for one in lesson.references.values()} & {"figure", "picture", "image"}
    if not pictures:
        yield warn(51, "the lesson shows nothing", "draw one: ![what it says](name.svg), and images/name.svg")
    asked = len(lesson.items)
    if not ITEMS[0] <= asked <= ITEMS[1]:
        yield warn(52, f"{asked} items; a lesson asks {ITEMS[0]} to {ITEMS[1]}", "add some, or move some to items/")
    for figure in lesson.figures.values():
        for line, colour in figure.colours[:1]:
            told = f"{figure.name}:{line}: the colour {colour} does not follow the theme"
            yield warn(53, told, f'write "var(--fig-ink, {colour})", or another of docs/author.md')
    for segment in lesson.segments:
        if isinstance(segment, Text):
            yield from _of_text(lesson, segment)


def _of_text(lesson: Lesson, text: Text) -> Iterator[Problem]:
    fence = ""
    for number, line in enumerate(text.markdown.split("\n"), text.line):
        mark = re.match(r"^[ \t>]*(`{3,}|~{3,})", line)
        if mark:
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        if mark or fence:
            continue
        changed = _CHANGED.match(line)
        if changed and not _SINCE.search(changed["rest"]):
            hint = "write > [!CHANGED] since 2023-04"
            yield Problem(lesson.path, number, "courses.W054", "it is not said since when this has changed", hint)
        for anchor in _ANCHOR.finditer(line):
            if anchor["id"] not in _headings(lesson):
                hint = f"headings are {', '.join(sorted(_headings(lesson)))}"
                told = f"there is no heading #{anchor['id']} on this page"
                yield Problem(lesson.path, number, "courses.W055", told, hint)


def _headings(lesson: Lesson) -> set[str]:
    """Return the ids that the page gives its headings (Python-Markdown's slugs)."""
    texts = (segment.markdown for segment in lesson.segments if not isinstance(segment, Item))
    found = (heading["text"] for text in texts for heading in _HEADING.finditer(text))
    return {_slug(_MARKS.sub(lambda mark: mark[1] or "", one)) for one in found}


def _slug(text: str) -> str:
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text).strip().lower())
