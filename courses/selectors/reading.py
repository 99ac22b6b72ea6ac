"""What is read of courses: the catalog, and one person's way through it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.urls import reverse

from courses import content
from courses.content import Course, Item, Lesson, Problem, Sheet, Term
from courses.models import Enrolment, LessonPlace, LessonRead, PracticeResponse
from courses.selectors.items import ItemState, answered, public
from labs.content import load_catalog as load_labs
from labs.models import LabSession

Person = AbstractBaseUser | AnonymousUser  # who is not signed in has read and answered nothing


# --- The catalog ------------------------------------------------------------------------------------------------


def catalog() -> list[Course]:
    """Return all courses that can be taken, by slug."""
    return list(_catalog().values())


def catalog_problems() -> list[Problem]:
    """Return all that is wrong with the catalog's files."""
    return content.catalog_problems(settings.COURSE_CATALOG, labs=settings.LAB_CATALOG, static=_static_root())


def catalog_warnings() -> list[Problem]:
    """Return what is worth a second look in the catalog's items."""
    return content.catalog_warnings(settings.COURSE_CATALOG, labs=settings.LAB_CATALOG, static=_static_root())


def get_course(slug: str) -> Course:
    """Return a course. Raises Http404."""
    try:
        return _catalog()[slug]
    except KeyError:
        raise Http404(f"There is no course {slug}.") from None


def get_lesson(course: Course, slug: str) -> Lesson:
    """Return a lesson of a course. Raises Http404."""
    for lesson in course.lessons:
        if lesson.slug == slug:
            return lesson
    raise Http404(f"{course.title} has no lesson {slug}.")


def get_sheet(course: Course, slug: str) -> Sheet:
    """Return a sheet of a course. Raises Http404."""
    for sheet in course.sheets:
        if sheet.slug == slug:
            return sheet
    raise Http404(f"{course.title} has no sheet {slug}.")


def glossary() -> list[Term]:
    """Return all terms, by name."""
    return list(_glossary().values())


def inventory() -> dict[str, str]:
    """Return what the catalog's lessons are to cover: names by id; empty where it keeps no list."""
    return _whole().inventory


def lessons_with_term() -> dict[str, list[tuple[Course, Lesson]]]:
    """Return the lessons that name each term, by its id."""
    found: dict[str, list[tuple[Course, Lesson]]] = {}
    for course in catalog():
        for lesson in course.lessons:
            for term in lesson.terms:
                found.setdefault(term.id, []).append((course, lesson))
    return found


def catalog_lint() -> list[Problem]:
    """Return what the house asks of lessons beyond that they can be read."""
    return content.catalog_lint(settings.COURSE_CATALOG, labs=settings.LAB_CATALOG, static=_static_root())


def get_item(course: Course, item_id: str) -> Item:
    """Return an item for practice; those that an exam draws from are kept for it. Raises Http404."""
    try:
        return course.drill[item_id]
    except KeyError:
        raise Http404(f"{course.title} has no item {item_id}.") from None


def neighbours(course: Course, lesson: Lesson) -> tuple[Lesson | None, Lesson | None]:
    """Return the lessons before and after a lesson."""
    lessons = course.lessons
    at = lessons.index(lesson)
    return (lessons[at - 1] if at else None, lessons[at + 1] if at + 1 < len(lessons) else None)


def _catalog() -> dict[str, Course]:
    return _whole().courses


def _glossary() -> dict[str, Term]:
    return _whole().glossary


def _whole() -> content.Catalog:
    return content.whole_catalog(settings.COURSE_CATALOG, labs=settings.LAB_CATALOG, static=_static_root())


def _id(user: Person) -> Any:
    return user.pk


def _static_root() -> Any:
    return settings.STATICFILES_DIRS[0]


# --- Items of a lesson -----------------------------------------------------------------------------------------------


def item_states(user: Person, course: Course, lesson: Lesson) -> dict[str, ItemState]:
    """Return the state of each item of a lesson by id. An answer to an earlier text of the item counts no more here."""
    rows = PracticeResponse.objects.filter(
        user_id=_id(user), course_slug=course.slug, item_id__in=[item.id for item in lesson.items]
    ).order_by("attempt")
    latest = {row.item_id: row for row in rows}
    states: dict[str, ItemState] = {}
    for item in lesson.items:
        row = latest.get(item.id)
        now = answered(item, row) if row and row.item_revision == item.revision else None
        states[item.id] = ItemState(public(item, seed=user.pk), now, row.attempt if row else 0)
    return states


# --- Progress ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CourseProgress:
    """How far a person has come in a course: what is done, as sets, against what the course has."""

    course: Course
    enrolled: bool
    read: frozenset[str] = field(repr=False)  # slugs of lessons
    answered: frozenset[str] = field(repr=False)  # ids of items with an answer
    correct: frozenset[str] = field(repr=False)  # ids of items answered right in full at least once
    labs: frozenset[str] = field(repr=False)  # slugs of labs completed

    @property
    def done(self) -> int:
        """Return the number of lessons read, items answered right and labs completed."""
        return len(self.read) + len(self.correct) + len(self.labs)

    @property
    def total(self) -> int:
        """Return the number of lessons, items and labs."""
        return len(self.course.lessons) + len(self.course.items) + len(self.course.labs)

    @property
    def percent(self) -> int:
        """Return the whole percents done: 100 only when all is done."""
        return 100 * self.done // self.total if self.total else 0


@dataclass(frozen=True)
class NextStep:
    """Where to go on: a lesson that is not read yet, or its lab."""

    course: Course
    kind: str  # "lesson" | "lab"
    slug: str
    title: str
    url: str


@dataclass(frozen=True)
class ClassRow:
    """A learner in a course, for the instructor."""

    user: AbstractBaseUser
    progress: CourseProgress
    enrolled_at: datetime


def progress(user: Person) -> list[CourseProgress]:
    """Return how far a person has come in each course of the catalog; one of exams alone is not walked through."""
    return [course_progress(user, course) for course in catalog() if course.modules]


def course_progress(user: Person, course: Course) -> CourseProgress:
    """Return how far a person has come in a course."""
    return _progress([user.pk], course)[user.pk]


def next_step(user: Person) -> NextStep | None:
    """Return where the person left off, in the course of their latest act; None where there is nothing left to do."""
    courses = {course.slug: course for course in catalog()}
    latest: dict[str, datetime] = {}
    acts = ((Enrolment, "enrolled_at"), (LessonRead, "read_at"), (LessonPlace, "seen_at"))
    for model, stamp in (*acts, (PracticeResponse, "answered_at")):
        rows = model._default_manager.filter(user_id=_id(user)).values_list("course_slug", stamp)
        for slug, at in rows:
            latest[slug] = max(at, latest.get(slug, at))
    for slug in sorted((slug for slug in latest if slug in courses), key=lambda one: latest[one], reverse=True):
        if step := _next_in(courses[slug], course_progress(user, courses[slug])):
            return step
    return None


def class_progress() -> list[ClassRow]:
    """Return each enrolled learner in each course, by course and then by name."""
    rows: list[ClassRow] = []
    for course in catalog():
        enrolments = list(Enrolment.objects.filter(course_slug=course.slug).select_related("user"))
        found = _progress([one.user_id for one in enrolments], course)
        mine = [ClassRow(one.user, found[one.user_id], one.enrolled_at) for one in enrolments]
        rows.extend(sorted(mine, key=lambda row: row.user.get_username().lower()))
    return rows


def _progress(user_ids: Iterable[Any], course: Course) -> dict[Any, CourseProgress]:
    """Return the progress of each of some people in a course, in four queries however many they are."""
    ids = list(user_ids)
    mine = {"user_id__in": ids, "course_slug": course.slug}
    enrolled = set(Enrolment.objects.filter(**mine).values_list("user_id", flat=True))
    read = LessonRead.objects.filter(**mine, lesson_slug__in=[lesson.slug for lesson in course.lessons])
    answered = PracticeResponse.objects.filter(**mine, item_id__in=course.items)
    labs = LabSession.objects.filter(user_id__in=ids, lab_slug__in=course.labs, completed_at__isnull=False)
    sets: dict[str, set[tuple[Any, str]]] = {
        "read": set(read.values_list("user_id", "lesson_slug")),
        "answered": set(answered.values_list("user_id", "item_id")),
        "correct": set(answered.filter(correct=True).values_list("user_id", "item_id")),
        "labs": set(labs.values_list("user_id", "lab_slug")),
    }
    return {
        one: CourseProgress(
            course=course,
            enrolled=one in enrolled,
            **{name: frozenset(slug for user, slug in pairs if user == one) for name, pairs in sets.items()},
        )
        for one in ids
    }


def places(user: Person, course: Course) -> dict[str, LessonPlace]:
    """Return how far the person has scrolled in lessons of a course, by slug; the latest look comes first."""
    rows = LessonPlace.objects.filter(user_id=_id(user), course_slug=course.slug).order_by("-seen_at")
    return {row.lesson_slug: row for row in rows}


def _next_in(course: Course, done: CourseProgress) -> NextStep | None:
    labs = {slug: lab.title for slug, lab in load_labs(settings.LAB_CATALOG).items()}
    for module in course.modules:
        for lesson in module.lessons:
            if lesson.slug not in done.read:
                url = reverse("lesson", args=[course.slug, lesson.slug])
                return NextStep(course, "lesson", lesson.slug, lesson.title, url)
            for slug in lesson.labs:
                if slug in labs and slug not in done.labs:
                    return NextStep(course, "lab", slug, labs[slug], reverse("lab", args=[slug]))
        for slug in module.labs:
            if slug in labs and slug not in done.labs:
                return NextStep(course, "lab", slug, labs[slug], reverse("lab", args=[slug]))
    return None
