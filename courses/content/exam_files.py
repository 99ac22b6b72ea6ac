"""An exam file, `exams/<slug>.md`: the definition as YAML front matter, and below it what candidates read first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from courses.content.exams import AttemptsPolicy, Domain, Exam, ExamLab, Section
from courses.content.lessons import Surroundings
from courses.content.model import Item
from courses.content.source import Line, Minutes, Percent, Problems, Slug, Strict, Url, day, did_you_mean, parse, split
from graders import items
from graders.items import LabSpec

Day = Annotated[date, BeforeValidator(day)]


class LabFront(Strict):
    """A lab of a section."""

    lab: Slug
    domain: Slug
    points: Annotated[float, Field(gt=0, le=1000)]
    minutes: Minutes


class SectionFront(Strict):
    """A section."""

    name: Slug
    title: Line
    minutes: Minutes | None = None
    count: Annotated[int, Field(ge=1, le=500, strict=True)] | None = None
    unscored: Annotated[int, Field(ge=0, le=200, strict=True)] = 0
    types: dict[str, Percent] = {}
    difficulty: dict[Literal["easy", "medium", "hard"], Percent] = {}
    labs: tuple[LabFront, ...] = ()


class AttemptsFront(Strict):
    """How often it may be sat."""

    maximum: Annotated[int, Field(ge=1, le=1000, strict=True)] | None = None
    cool_down_days: Annotated[int, Field(ge=0, le=366, strict=True)] = 0
    counts: Literal["best", "last", "first"] = "best"


class ExamFront(Strict):
    """The front matter of exams/<slug>.md."""

    title: Line
    code: Line
    summary: Line
    minutes: Minutes
    pass_mark: Annotated[int, Field(ge=101, le=1000, strict=True)]
    cut: Annotated[float, Field(gt=0, lt=1)]
    domains: Annotated[dict[Slug, Percent], Field(min_length=1)]
    sections: Annotated[tuple[SectionFront, ...], Field(min_length=1)]
    banks: tuple[Slug, ...] = ()
    attempts: AttemptsFront = AttemptsFront()
    requires: dict[Slug, Percent] = {}
    exposure: Percent = 25
    review: Literal["none", "score", "items"] = "score"
    valid_from: Day
    valid_to: Day | None = None
    verified_on: Day
    source_url: Url


INNER: dict[str, type[Strict]] = {"sections": SectionFront, "labs": LabFront, "attempts": AttemptsFront}
REMEDIES = {
    "banks": "a list of names of files of items/, without .md",
    "cut": "the share of the scored points that passes, as 0.66",
    "domains": "each domain of the course with its percents, as secure: 30",
    "pass_mark": "a scaled score from 101 to 1000, as 720",
    "sections": "a list, each with name, title and count, or name, title and labs",
    "source_url": "the page that says so, an address that begins with https://",
    "valid_from": "as 2026-11-20",
    "valid_to": "as 2026-11-20; leave it out while no end is known",
    "verified_on": "the day on which you last held it against source_url, as 2026-11-20",
}


def parse_exam(
    source: str,
    *,
    slug: str,
    path: str,
    around: Surroundings,
    bank: Iterable[Item],
    problems: Problems,
) -> Exam | None:
    """Return the exam, or None where it cannot stand; all that is wrong with it goes to `problems`.

    around: the course. bank: the items of its items/*.md.
    """
    before, domains, labs = len(problems), around.domains, around.labs
    text, intro, _ = split(source, path, problems)
    front = None
    if len(problems) == before:
        front = parse(ExamFront, text, path, problems, first_line=2, inner=INNER, remedies=REMEDIES)
    if front is None:
        return None
    usable = tuple(item for item in bank if item.status in ("live", "pilot"))
    files = {Path(item.path).stem for item in usable}
    lines = source.split("\n")

    def line_of(*words: str) -> int:
        """Return the line of the last word, searched from where the words before it stand."""
        at = 0
        for word in words:
            pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
            at = next((number for number in range(at, len(lines)) if pattern.search(lines[number])), at)
        return at + 1

    for name in front.domains:
        if name not in domains:
            hint = did_you_mean(name, domains) or "name it in course.yaml, under domains"
            problems.add(path, line_of("domains", name), 51, f"the domain {name} is not one of the course's", hint)
    if (whole := sum(front.domains.values())) != 100:
        hint = "change the weights so that they add up to 100"
        problems.add(path, line_of("domains"), 50, f"the domains' weights add up to {whole}", hint)
    for name in front.requires:
        if name not in domains:
            hint = did_you_mean(name, domains)
            problems.add(path, line_of("requires", name), 51, f"the domain {name} is not one of the course's", hint)
    for name in front.banks:
        if name not in files:
            hint = did_you_mean(name, files) or f"write items/{name}.md"
            problems.add(path, line_of("banks", name), 57, f"there are no items in items/{name}.md", hint)
    if front.valid_to and front.valid_to < front.valid_from:
        problems.add(path, line_of("valid_to"), 58, "valid_to is before valid_from", "exchange the two days")
    names: set[str] = set()
    for one in front.sections:
        here = line_of("sections", one.name)
        if one.name in names:
            problems.add(path, here, 54, f"two sections have the name {one.name}", "give each a name of its own")
        names.add(one.name)
        _hold_section(one, front, labs, path, here, lambda word: line_of("sections", word), problems)
    if len(problems) > before:
        return None
    sections = tuple(_section(one) for one in front.sections)
    named = frozenset(front.banks) or files
    pool = [item for item in usable if Path(item.path).stem in named and item.domain in front.domains]
    pool += [_lab_item(lab, path, line_of("labs", lab.lab)) for one in sections for lab in one.labs]
    return Exam(
        slug=slug,
        code=front.code,
        title=front.title,
        summary=front.summary,
        course=around.course,
        minutes=front.minutes,
        pass_mark=front.pass_mark,
        cut=Decimal(str(front.cut)),
        domains={name: Domain(domains[name], weight) for name, weight in front.domains.items()},
        sections=sections,
        attempts=AttemptsPolicy(**front.attempts.model_dump()),
        requires=front.requires,
        exposure=front.exposure,
        review=front.review,
        valid_from=front.valid_from,
        valid_to=front.valid_to,
        verified_on=front.verified_on,
        source_url=front.source_url,
        intro=intro.strip(),
        path=path,
        pool=tuple(pool),
        banks=tuple(sorted(named)),
    )


def _hold_section(
    one: SectionFront,
    front: ExamFront,
    labs: frozenset[str],
    path: str,
    here: int,
    line_of: Callable[[str], int],
    problems: Problems,
) -> None:
    """Hold a section against what there is to draw from."""
    for kind in one.types:
        if kind not in items.all():
            hint = did_you_mean(kind, items.all())
            problems.add(path, line_of(kind), 53, f"the item type {kind} is not known", hint)
    for name, weights in (("types", one.types), ("difficulty", one.difficulty)):
        if weights and sum(weights.values()) != 100:
            hint = "change them so that they add up to 100"
            problems.add(path, here, 50, f"{one.name}: the weights of {name} add up to {sum(weights.values())}", hint)
    if not one.labs:
        if one.count is None:
            problems.add(path, here, 55, f"the section {one.name} does not say how many items count", "count: 50")
        return
    if one.types or one.difficulty or one.unscored:
        hint = "make a section of its own for the labs"
        problems.add(path, here, 55, f"the section {one.name} has labs, and items too", hint)
    if one.count and one.count > len(one.labs):
        hint = f"list more labs, or write count: {len(one.labs)}"
        problems.add(path, here, 55, f"{one.name}: {one.count} labs are drawn from {len(one.labs)}", hint)
    seen: set[str] = set()
    for lab in one.labs:
        if lab.lab not in labs:
            problems.add(path, line_of(lab.lab), 52, f"there is no lab {lab.lab}", did_you_mean(lab.lab, labs))
        if lab.domain not in front.domains:
            hint = did_you_mean(lab.domain, front.domains)
            problems.add(path, line_of(lab.lab), 51, f"the domain {lab.domain} is not one of the exam's", hint)
        if lab.lab in seen:
            problems.add(path, line_of(lab.lab), 54, f"the lab {lab.lab} is listed twice", "list it once")
        seen.add(lab.lab)


def _section(one: SectionFront) -> Section:
    return Section(
        name=one.name,
        title=one.title,
        minutes=one.minutes,
        count=one.count or len(one.labs),
        unscored=one.unscored,
        types=one.types,
        difficulty={str(band): weight for band, weight in one.difficulty.items()},
        labs=tuple(ExamLab(**lab.model_dump()) for lab in one.labs),
    )


def _lab_item(lab: ExamLab, path: str, line: int) -> Item:
    """Return a lab as an item; what it asks stands in the lab itself."""
    return Item(lab.item_id, "lab", "", LabSpec(lab.lab, lab.minutes), lab.domain, lab.points, path, line)
