"""The map: tracks, their modules, and of each lesson what it takes, what it wants before it, and how far one is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from courses import selectors
from courses.content import Course, Lesson, Module
from courses.models import LessonPlace
from courses.selectors.practice import module_lock
from labs import selectors as labs
from labs.content import Lab


@dataclass(frozen=True)
class Need:
    """A lesson that comes before another."""

    title: str
    url: str
    done: bool


@dataclass(frozen=True)
class LabStep:
    """A lab of the map."""

    title: str
    url: str
    about: str
    done: bool


@dataclass(frozen=True)
class LessonStep:
    """A lesson of the map, with its labs."""

    lesson: Lesson
    number: str
    url: str
    read: bool
    percent: int  # of its text, as far as it was scrolled
    right: int
    labs: tuple[LabStep, ...]
    needs: tuple[Need, ...]
    here: bool

    @property
    def done(self) -> bool:
        """Return whether nothing of it is left to do."""
        return self.read and self.right == len(self.lesson.items) and all(lab.done for lab in self.labs)


@dataclass(frozen=True)
class ModuleStep:
    """A module of the map."""

    module: Module
    number: int
    lessons: tuple[LessonStep, ...]
    labs: tuple[LabStep, ...]  # that belong to none of its lessons
    lacking: Any

    @property
    def read(self) -> int:
        """Return how many of its lessons are read."""
        return sum(one.read for one in self.lessons)

    @property
    def minutes(self) -> int:
        """Return the minutes of reading."""
        return sum(one.lesson.minutes for one in self.lessons)

    @property
    def here(self) -> bool:
        """Return whether one was in it last."""
        return any(one.here for one in self.lessons)


@dataclass(frozen=True)
class Track:
    """A course as the list of all shows it."""

    course: Course
    progress: selectors.CourseProgress
    needs: tuple[Need, ...]
    next_url: str


@require_safe
def courses(request: HttpRequest) -> HttpResponse:
    """Show all tracks with their modules, and where to go on."""
    readable = [course for course in selectors.catalog() if course.modules]
    found = {course.slug: selectors.course_progress(request.user, course) for course in readable}
    tracks = []
    for course in readable:
        before = [found[slug] for slug in course.prerequisites if slug in found]
        wanted = tuple(Need(one.course.title, _course_url(one.course), one.percent == 100) for one in before)
        tracks.append(Track(course, found[course.slug], wanted, _course_url(course)))
    step = selectors.next_step(request.user) if request.user.is_authenticated else None
    return render(request, "courses/map.html", {"tracks": tracks, "next": step})


@require_safe
def course(request: HttpRequest, course: str) -> HttpResponse:
    """Show the map of a course and how far one is."""
    found = selectors.get_course(course)
    progress = selectors.course_progress(request.user, found)
    catalog = {lab.slug: lab for lab in labs.catalog()}
    places = selectors.places(request.user, found)
    here = next((slug for slug in places if any(one.slug == slug for one in found.lessons)), "")
    now = timezone.now()
    listed: set[str] = set()
    modules: list[ModuleStep] = []
    for number, one in enumerate(found.modules, 1):
        steps = tuple(
            _lesson_step(found, lesson, f"{number}.{place}", progress, catalog, places, here, listed)
            for place, lesson in enumerate(one.lessons, 1)
        )
        loose = _lab_steps(one.labs, progress, catalog, listed)
        modules.append(ModuleStep(one, number, steps, loose, module_lock(request.user, found, one, now=now)))
    readable = [one for one in selectors.catalog() if one.modules]
    context = {
        "course": found,
        "progress": progress,
        "modules": modules,
        "next": _next(modules),
        "tracks": readable if len(readable) > 1 and found.modules else [],
        "before": [one for one in readable if one.slug in found.prerequisites],
        "lessons_left": sum(not one.read for m in modules for one in m.lessons),
    }
    return render(request, "courses/course.html", context)


def needs(course: Course, lesson: Lesson, progress: selectors.CourseProgress) -> tuple[Need, ...]:
    """Return the lessons that come before a lesson; those of other courses are not looked up as done."""
    found: list[Need] = []
    courses = {one.slug: one for one in selectors.catalog()}
    for named in lesson.prerequisites:
        slug, _, name = named.rpartition("/")
        home = courses.get(slug or course.slug)
        before = next((one for one in home.lessons if one.slug == name), None) if home else None
        if home and before:
            done = home.slug == course.slug and before.slug in progress.read
            found.append(Need(before.title, reverse("lesson", args=[home.slug, before.slug]), done))
    return tuple(found)


def _lesson_step(
    course: Course,
    lesson: Lesson,
    number: str,
    progress: selectors.CourseProgress,
    catalog: Mapping[str, Lab],
    places: Mapping[str, LessonPlace],
    here: str,
    listed: set[str],
) -> LessonStep:
    place = places.get(lesson.slug)
    return LessonStep(
        lesson=lesson,
        number=number,
        url=reverse("lesson", args=[course.slug, lesson.slug]),
        read=lesson.slug in progress.read,
        percent=place.percent if place else 0,
        right=sum(item.id in progress.correct for item in lesson.items),
        labs=_lab_steps(lesson.labs, progress, catalog, listed),
        needs=needs(course, lesson, progress),
        here=lesson.slug == here,
    )


def _lab_steps(
    slugs: tuple[str, ...], progress: selectors.CourseProgress, catalog: Mapping[str, Lab], listed: set[str]
) -> tuple[LabStep, ...]:
    """Return labs that the map does not show already: each stands once, at the first lesson that has it."""
    found: list[LabStep] = []
    for slug in slugs:
        lab = catalog.get(slug)
        if lab is None or slug in listed:
            continue
        listed.add(slug)
        about = f"{len(lab.tasks)} tasks, {lab.points:g} points, {lab.minutes} min"
        found.append(LabStep(lab.title, reverse("lab", args=[slug]), about, slug in progress.labs))
    return tuple(found)


def _next(modules: list[ModuleStep]) -> LessonStep | LabStep | None:
    """Return what comes next in the modules that are open: an unread lesson, or a lab behind one that is read."""
    for module in modules:
        if module.lacking:
            continue
        for one in module.lessons:
            if not one.read:
                return one
            for lab in one.labs:
                if not lab.done:
                    return lab
        for lab in module.labs:
            if not lab.done:
                return lab
    return None


def _course_url(course: Course) -> str:
    return reverse("course", args=[course.slug])
