"""A lesson file: front matter, text, items, what is run, and the links that must lead somewhere."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from courses.content.blocks import read_blocks
from courses.content.items import SourceLine, parse_text, source_lines
from courses.content.links import Leads, Surroundings, read_links
from courses.content.model import Fact, FurtherReading, Item, Lesson, Sheet, Text
from courses.content.source import LessonFront, Problems, SheetFront, did_you_mean, parse, split

__all__ = ["Surroundings", "parse_bank", "parse_lesson", "parse_sheet"]

MAX_BYTES = 200_000
_FACT = re.compile(r"\(as of (?P<day>\d{4}-\d{2}(?:-\d{2})?)\)", re.ASCII)
_SINCE = re.compile(
    r"^[ \t]*(?:>[ \t]*\[!CHANGED\][ \t]*since|!!! changed .*since) (?P<day>\d{4}-\d{2}(?:-\d{2})?)", re.I
)
_WORD = re.compile(r"[^\W_][\w'’./:-]*")
_ADDRESS = re.compile(r"\]\([^()\n]*\)|^\s*\[[^\]\n]+\]:\s.*$", re.MULTILINE)


def parse_lesson(source: str, *, slug: str, path: str, around: Surroundings, problems: Problems) -> Lesson | None:
    """Return the lesson, or None where it cannot stand; all that is wrong with it goes to `problems`."""
    before = len(problems)
    if len(source.encode(errors="replace")) > MAX_BYTES:
        problems.add(path, 1, 1, f"the file is larger than {MAX_BYTES // 1000} kB", "make two lessons of it")
        return None
    front_text, body, first_line = split(source, path, problems)
    front = None
    if len(problems) == before:
        front = parse(LessonFront, front_text, path, problems, first_line=2)
    lines = source_lines(body, path=path, first_line=first_line, problems=problems)
    segments = parse_text(lines, path=path, domains=around.domains, labs=around.labs, problems=problems)
    leads = read_links(lines, path, around, problems)
    runnable = read_blocks(lines, path, problems)
    if front:
        _hold_front(front, source, slug, path, around, problems)
    if front is None or len(problems) > before:
        return None
    labs = tuple(dict.fromkeys([*([front.lab] if front.lab else []), *front.labs]))
    return Lesson(
        slug=slug,
        title=front.title,
        minutes=front.minutes,
        objectives=front.objectives,
        segments=segments,
        references=leads.references,
        lab=labs[0] if labs else None,
        as_of=front.as_of,
        links=tuple(FurtherReading(one.title, one.url) for one in front.links),
        revision=hashlib.sha256(source.encode()).hexdigest(),
        path=path,
        summary=front.summary,
        level=front.level or "",
        labs=labs,
        covers=front.covers,
        prerequisites=front.prerequisites,
        runnable=runnable,
        figures=leads.figures,
        terms=leads.terms,
        facts=_facts(lines),
        words=_words(segments),
    )


def _hold_front(
    front: LessonFront, source: str, slug: str, path: str, around: Surroundings, problems: Problems
) -> None:
    """Hold what the front matter names: labs, ids of the inventory, lessons that come before."""
    lines = source.split("\n")

    def line_of(word: str, key: str) -> int:
        first = next((number for number, text in enumerate(lines, 1) if text.startswith(f"{key}:")), 1)
        whole = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
        return next((number for number, text in enumerate(lines[first - 1 :], first) if whole.search(text)), first)

    for key, slugs in (("lab", [front.lab] if front.lab else []), ("labs", front.labs)):
        for one in slugs:
            if one not in around.labs:
                problems.add(path, line_of(one, key), 12, f"there is no lab {one}", did_you_mean(one, around.labs))
    inventory = around.inventory
    for one in front.covers if inventory is not None else ():
        if inventory is not None and one not in inventory:
            hint = did_you_mean(one, inventory) if len(inventory) < 30 else "see inventory.yaml"
            problems.add(path, line_of(one, "covers"), 65, f"the inventory has no {one}", hint)
    for one in front.prerequisites:
        course, _, lesson = one.rpartition("/")
        known = around.lessons if course in ("", around.course) else around.others.get(course, frozenset())
        if lesson not in known or (lesson == slug and course in ("", around.course)):
            hint = did_you_mean(lesson, known - {slug}) or "another course's is written course/lesson"
            problems.add(path, line_of(one, "prerequisites"), 66, f"there is no lesson {one} to come before", hint)


def parse_sheet(source: str, *, slug: str, path: str, around: Surroundings, problems: Problems) -> Sheet | None:
    """Return a sheet to look things up on, or None; all that is wrong with it goes to `problems`."""
    before = len(problems)
    front_text, body, first_line = split(source, path, problems)
    front = parse(SheetFront, front_text, path, problems, first_line=2) if len(problems) == before else None
    lines = source_lines(body, path=path, first_line=first_line, problems=problems)
    leads: Leads = read_links(lines, path, around, problems)
    if front is None or len(problems) > before:
        return None
    return Sheet(
        slug=slug,
        title=front.title,
        summary=front.summary,
        text=Text(body, first_line),
        references=leads.references,
        as_of=front.as_of,
        links=tuple(FurtherReading(one.title, one.url) for one in front.links),
        path=path,
        figures=leads.figures,
        terms=leads.terms,
    )


def parse_bank(source: str, *, path: str, around: Surroundings, problems: Problems) -> tuple[Item, ...]:
    """Return the items of a file of items/. It may have text between them, for those who read the file."""
    lines = source_lines(source, path=path, first_line=1, problems=problems)
    segments = parse_text(lines, path=path, domains=around.domains, labs=around.labs, problems=problems)
    return tuple(segment for segment in segments if isinstance(segment, Item))


def _facts(lines: Sequence[SourceLine]) -> tuple[Fact, ...]:
    """Return what the text says was so on a day, or has changed since."""
    found: list[Fact] = []
    for at, line in enumerate(lines):
        if line.fenced:
            continue
        found += [Fact(one["day"], line.text.strip(), line.number) for one in _FACT.finditer(line.text)]
        if since := _SINCE.match(line.text):
            said = next((one.text for one in lines[at + 1 : at + 3] if one.text.strip(" >")), line.text)
            found.append(Fact(since["day"], said.strip(" >"), line.number, "since"))
    return tuple(found)


def _words(segments: Sequence[Text | Item]) -> int:
    """Return how many words there are to read: code, addresses and items apart."""
    count = 0
    for segment in segments:
        if isinstance(segment, Item):
            continue
        plain, fence = list[str](), ""
        for line in segment.markdown.split("\n"):
            mark = re.match(r"^[ \t>]*(`{3,}|~{3,})", line)
            if mark:
                fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
            elif not fence:
                plain.append(line)
        count += len(_WORD.findall(_ADDRESS.sub("]", "\n".join(plain))))
    return count
