"""What a person can do, domain by domain: from practice, labs and exams, each with where it is to be seen.

The bar of a domain is the mean of what there is to show for it, by WEIGHTS: mastery from practice (see
courses.exams.mastery: what was never tried counts 0 there), the points of its labs (one that was not taken counts 0),
and, once an exam was sat, the share of its points in the newest. A domain without labs is not worse for it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from courses import selectors as courses
from courses.content import Course
from courses.exams.mastery import Mastery, Standing, masteries
from courses.models import Attempt
from courses.selectors import practice
from courses.selectors.scores import latest_scores
from labs import selectors as labs

WEIGHTS: Final = {"practice": 50, "labs": 25, "exams": 25}


@dataclass(frozen=True)
class LabEvidence:
    """A lab of a domain, and how a person did in it; `share` in percents."""

    slug: str
    title: str
    share: int
    taken: bool


@dataclass(frozen=True)
class ExamEvidence:
    """The newest attempt at an exam that has a score for a domain."""

    attempt_id: Any
    title: str
    number: int
    share: int


@dataclass(frozen=True)
class Skill:
    """A skill of an exam guide, by its number, as the practice items of a domain name it."""

    number: str
    items: int
    answered: int
    right: int


@dataclass(frozen=True)
class DomainSkill:
    """A domain with all that speaks for it."""

    id: str
    title: str
    percent: int
    practice: Mastery | None
    labs: tuple[LabEvidence, ...]
    exams: tuple[ExamEvidence, ...]
    skills: tuple[Skill, ...]

    @property
    def lab_share(self) -> int | None:
        return sum(one.share for one in self.labs) // len(self.labs) if self.labs else None

    @property
    def exam_share(self) -> int | None:
        return sum(one.share for one in self.exams) // len(self.exams) if self.exams else None

    @property
    def begun(self) -> bool:
        """Return whether there is anything to show yet."""
        tried = self.practice is not None and self.practice.answered > 0
        return tried or bool(self.exams) or any(one.taken for one in self.labs)


@dataclass(frozen=True)
class CourseSkills:
    """The domains of a course."""

    course: Course
    domains: tuple[DomainSkill, ...]

    @property
    def begun(self) -> bool:
        return any(one.begun for one in self.domains)

    @property
    def weakest(self) -> DomainSkill | None:
        """Return the domain that gains most by a drill: the lowest of those that have something to practise."""
        drillable = [one for one in self.domains if one.practice]
        return min(drillable, key=lambda one: one.percent, default=None) if self.begun else None


def skills(user: Any, *, now: datetime) -> list[CourseSkills]:
    """Return the skills of a person, course by course; those that were begun first."""
    states = labs.lab_progress(user)
    titles = {lab.slug: lab.title for lab in labs.catalog()}
    by_course = _exams(user)
    found = []
    for course in courses.catalog():
        standings = practice.standings(user, course, now=now) if course.drill else []
        mastered = {one.domain: one for one in masteries(course.domains, standings)}
        homes = _homes(course)
        domains = []
        for name, title in course.domains.items():
            lab_rows = tuple(
                _lab(slug, titles[slug], states.get(slug)) for slug in homes.get(name, ()) if slug in titles
            )
            exam_rows = tuple(by_course[course.slug].get(name, ()))
            if name in mastered or lab_rows or exam_rows:
                share = _percent(mastered.get(name), lab_rows, exam_rows)
                mine = tuple(_skills(course, name, standings))
                domains.append(DomainSkill(name, title, share, mastered.get(name), lab_rows, exam_rows, mine))
        if domains:
            found.append(CourseSkills(course, tuple(domains)))
    return sorted(found, key=lambda one: (not one.begun, one.course.slug))


def _percent(mastered: Mastery | None, lab_rows: Iterable[LabEvidence], exam_rows: Iterable[ExamEvidence]) -> int:
    shares: dict[str, list[int]] = {
        "practice": [mastered.percent] if mastered else [],
        "labs": [one.share for one in lab_rows],
        "exams": [one.share for one in exam_rows],
    }
    there = {name: sum(found) / len(found) for name, found in shares.items() if found}
    return int(sum(WEIGHTS[name] * share for name, share in there.items()) / sum(WEIGHTS[name] for name in there))


def _homes(course: Course) -> Mapping[str, list[str]]:
    """Return the labs of each domain: the one that most items of its lesson are of; and where an exam puts it."""
    homes: dict[str, list[str]] = defaultdict(list)
    for lesson in course.lessons:
        if lesson.lab and (named := Counter(item.domain for item in lesson.items if item.domain)):
            homes[named.most_common(1)[0][0]].append(lesson.lab)
    for exam in course.exams:
        for section in exam.sections:
            for one in section.labs:
                homes[one.domain].append(one.lab)
    return {domain: list(dict.fromkeys(slugs)) for domain, slugs in homes.items()}


def _lab(slug: str, title: str, state: Any) -> LabEvidence:
    share = int(100 * state.score / state.points) if state and state.points else 0
    return LabEvidence(slug, title, share, bool(state and state.sessions))


def _exams(user: Any) -> Mapping[str, Mapping[str, list[ExamEvidence]]]:
    """Return, by course and domain, the newest scored attempt at each exam that tells of its domains."""
    rows = Attempt.objects.filter(user_id=user.pk).exclude(scores=None).select_related("exam").defer("form")
    attempts = list(rows.order_by("number"))
    scores = latest_scores(attempts) if attempts else {}
    newest = {one.exam_slug: one for one in attempts}
    found: dict[str, dict[str, list[ExamEvidence]]] = defaultdict(lambda: defaultdict(list))
    for attempt in newest.values():
        definition = attempt.exam.definition
        if definition.get("review", "score") == "none":
            continue
        for domain, told in scores[attempt.pk].domains.items():
            if told["maximum"]:
                share = int(100 * told["earned"] / told["maximum"])
                row = ExamEvidence(attempt.pk, definition["title"], attempt.number, share)
                found[definition["course"]][domain].append(row)
    return found


def _skills(course: Course, domain: str, standings: Iterable[Standing]) -> Iterable[Skill]:
    by_number: dict[str, list[Standing]] = defaultdict(list)
    for one in standings:
        if one.domain == domain and (number := course.drill[one.item_id].skill):
            by_number[number].append(one)
    for number in sorted(by_number):
        mine = by_number[number]
        tried = sum(one.right is not None for one in mine)
        yield Skill(number, len(mine), tried, sum(bool(one.right) for one in mine))
