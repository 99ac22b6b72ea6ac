"""What is read of practice: what is due, how well each domain is mastered, what is locked, and one drill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404
from django.utils.html import strip_tags

from courses.content import Course, Exam, Item, Lesson, Module
from courses.exams import mastery, recall
from courses.exams.mastery import Mastery, Missing, Standing
from courses.models import Attempt, Drill, LessonRead, PracticeResponse, ReviewCard
from courses.selectors.exams import exams
from courses.selectors.items import ItemState, answered, public
from courses.selectors.reading import Person, catalog, get_course
from labs.content import load_catalog as load_labs
from labs.markdown import render_inline


def _id(user: Person) -> Any:
    return user.pk


def item_card(course_slug: str, item_id: str) -> str:
    """Return the name of an item's card."""
    return f"item/{course_slug}/{item_id}"


def task_card(lab_slug: str, task_id: str) -> str:
    """Return the name of a lab task's card."""
    return f"task/{lab_slug}/{task_id}"


# --- How a person stands ----------------------------------------------------------------------------------------


def standings(user: Person, course: Course, *, now: datetime) -> list[Standing]:
    """Return how each practice item of a course stands with a person."""
    prefix = item_card(course.slug, "")
    rows = ReviewCard.objects.filter(user_id=_id(user), card__startswith=prefix)
    cards = {row.card.removeprefix(prefix): row for row in rows}
    return [_standing(item, cards.get(item.id), now) for item in course.drill.values()]


def _standing(item: Item, card: ReviewCard | None, now: datetime) -> Standing:
    if card is None:
        return Standing(item.id, item.domain)
    known = recall.retrievability(card.state, now) if card.right else 0.0
    return Standing(item.id, item.domain, card.right, known, card.due_at)


def course_mastery(user: Person, course: Course, *, now: datetime) -> tuple[Mastery, ...]:
    """Return the mastery of each domain of a course."""
    return mastery.masteries(course.domains, standings(user, course, now=now))


def missing(user: Person, course: Course, requires: Mapping[str, int], *, now: datetime) -> tuple[Missing, ...]:
    """Return what a person lacks of the mastery that something requires; nothing: it is open."""
    return mastery.missing(requires, course.domains, course_mastery(user, course, now=now)) if requires else ()


def exam_lock(user: Person, exam: Exam, *, now: datetime) -> tuple[Missing, ...]:
    """Return what keeps an exam locked for a person. Who has sat it once has it open: memory fades, doors do not shut."""
    if not exam.requires or Attempt.objects.filter(user_id=_id(user), exam_slug=exam.slug).exists():
        return ()
    return missing(user, get_course(exam.course), exam.requires, now=now)


def module_lock(user: Person, course: Course, module: Module, *, now: datetime) -> tuple[Missing, ...]:
    """Return what keeps a module locked for a person; one in which they have read a lesson stays open."""
    if not module.requires:
        return ()
    begun = LessonRead.objects.filter(
        user_id=_id(user), course_slug=course.slug, lesson_slug__in=[lesson.slug for lesson in module.lessons]
    )
    return () if begun.exists() else missing(user, course, module.requires, now=now)


def lesson_lock(user: Person, course: Course, lesson: Lesson, *, now: datetime) -> tuple[Missing, ...]:
    """Return what keeps a lesson locked: its module."""
    home = next(module for module in course.modules if lesson in module.lessons)
    return module_lock(user, course, home, now=now)


# --- The page -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DueTask:
    """A task of a lab that was not solved, and is to be tried again."""

    lab_slug: str
    lab: str
    task: str
    due_at: datetime
    is_due: bool


@dataclass(frozen=True)
class CoursePractice:
    """How practice stands in a course: items by kind (see mastery.MIX), and its domains."""

    course: Course
    again: int
    unseen: int
    mastered: int
    domains: tuple[Mastery, ...]
    next_due: datetime | None
    locked: tuple[tuple[Exam, tuple[Missing, ...]], ...] = field(default=())

    @property
    def items(self) -> int:
        """Return the number of items there are."""
        return self.again + self.unseen + self.mastered

    @property
    def tried(self) -> int:
        """Return how many were answered."""
        return self.again + self.mastered


@dataclass(frozen=True)
class Practice:
    """All that a person can practise. Courses that they have begun come first."""

    courses: tuple[CoursePractice, ...]
    tasks: tuple[DueTask, ...]

    @property
    def due(self) -> int:
        """Return how many things are to be seen again now."""
        return sum(one.again for one in self.courses) + sum(one.is_due for one in self.tasks)

    @property
    def tried(self) -> int:
        """Return how many items were answered."""
        return sum(one.tried for one in self.courses)


def practice(user: Person, *, now: datetime) -> Practice:
    """Return all that a person can practise."""
    courses = [_course(user, course, now) for course in catalog() if course.drill]
    courses.sort(key=lambda one: (one.tried == 0, one.course.slug))
    return Practice(tuple(courses), tuple(due_tasks(user, now=now)))


def _course(user: Person, course: Course, now: datetime) -> CoursePractice:
    found = standings(user, course, now=now)
    kinds = [one.kind(now) for one in found]
    coming = [one.due_at for one in found if one.due_at and one.due_at > now]
    locks = ((exam, exam_lock(user, exam, now=now)) for exam in course.exams)
    return CoursePractice(
        course=course,
        again=kinds.count("again"),
        unseen=kinds.count("unseen"),
        mastered=kinds.count("mastered"),
        domains=mastery.masteries(course.domains, found),
        next_due=min(coming, default=None),
        locked=tuple((exam, lacking) for exam, lacking in locks if lacking),
    )


def due_tasks(user: Person, *, now: datetime) -> Iterable[DueTask]:
    """Yield the tasks that were missed the last time, the longest due first; those of labs that are gone are left out."""
    labs = load_labs(settings.LAB_CATALOG)
    rows = ReviewCard.objects.filter(user_id=_id(user), card__startswith="task/").order_by("due_at", "card")
    for row in rows:
        slug, _, task_id = row.card.removeprefix("task/").partition("/")
        task = next((one for one in labs[slug].tasks if one.id == task_id), None) if slug in labs else None
        is_due = row.due_at <= now
        if task and (is_due or not row.right):
            yield DueTask(slug, labs[slug].title, task.title, row.due_at, is_due)


# --- One drill ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DrillPlace:
    """A place of a drill. `correct` None: not answered since it began; an item that is gone from its file is left out."""

    number: int
    item: Item
    correct: bool | None
    title: str  # the first line of what is asked, as plain text
    domain: str


@dataclass(frozen=True)
class DrillState:
    """A drill as it stands."""

    drill: Drill
    course: Course
    places: tuple[DrillPlace, ...]

    @property
    def done(self) -> int:
        """Return how many places are answered."""
        return sum(place.correct is not None for place in self.places)

    @property
    def right(self) -> int:
        """Return how many were right at the first try."""
        return sum(bool(place.correct) for place in self.places)

    @property
    def current(self) -> DrillPlace | None:
        """Return the first place without an answer."""
        return next((place for place in self.places if place.correct is None), None)


def get_drill_for(user: Any, drill_id: UUID) -> DrillState:
    """Return a person's drill. Raises Http404 to strangers, and where its course is gone."""
    row = Drill.objects.filter(pk=drill_id, user_id=user.pk).first()
    if row is None:
        raise Http404("There is no such drill.")
    course = get_course(row.course_slug)
    rows = PracticeResponse.objects.filter(
        user_id=_id(user), course_slug=course.slug, item_id__in=row.items, answered_at__gte=row.started_at
    )
    first: dict[str, bool] = {}
    for item_id, correct in rows.order_by("attempt").values_list("item_id", "correct"):
        first.setdefault(item_id, correct)
    there = [course.drill[item_id] for item_id in row.items if item_id in course.drill]
    places = (
        DrillPlace(number, item, first.get(item.id), _title(item), course.domains.get(item.domain, ""))
        for number, item in enumerate(there, start=1)
    )
    return DrillState(row, course, tuple(places))


def _title(item: Item) -> str:
    return unescape(strip_tags(render_inline(item.stem.split("\n")[0], prefix="")))


def drill_item(user: Any, state: DrillState, item: Item) -> ItemState:
    """Return an item of a drill: what is asked, and the answer given in this drill with its rationales, if there is one."""
    rows = PracticeResponse.objects.filter(user_id=_id(user), course_slug=state.course.slug, item_id=item.id)
    last = rows.order_by("-attempt").first()
    here = last if last and last.answered_at >= state.drill.started_at else None
    told = answered(item, here) if here and here.item_revision == item.revision else None
    return ItemState(public(item, seed=user.pk), told, last.attempt if last else 0)


def locked_exams(user: Person, *, now: datetime) -> dict[str, tuple[Missing, ...]]:
    """Return what keeps each exam locked, by slug; those that are open are not in it."""
    found = {exam.slug: exam_lock(user, exam, now=now) for exam in exams() if exam.requires}
    return {slug: lacking for slug, lacking in found.items() if lacking}
