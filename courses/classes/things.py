"""What can be assigned: a lab, a module of a course, an exam, a course. Where it is, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404
from django.urls import reverse

from courses.content import Course, Module
from courses.models import Assignment
from courses.selectors.exams import exams, get_exam
from courses.selectors.reading import catalog, get_course
from labs import selectors as labs


@dataclass(frozen=True)
class Thing:
    """Something that can be assigned. `lessons` are its slugs, within `course`; an exam and a lab have none."""

    kind: str
    slug: str
    title: str
    url: str
    course: str = ""
    lessons: tuple[str, ...] = ()


def thing_of(kind: str, slug: str) -> Thing:
    """Return what is assigned. Raises Http404."""
    if kind == Assignment.Kind.LAB:
        return Thing(kind, slug, labs.get_lab(slug).title, reverse("lab", args=[slug]))
    if kind == Assignment.Kind.EXAM:
        return Thing(kind, slug, get_exam(slug).title, reverse("exam", args=[slug]))
    if kind == Assignment.Kind.COURSE:
        return _course(get_course(slug))
    if kind == Assignment.Kind.MODULE:
        name, _, first = slug.partition("/")
        course = get_course(name)
        for module in course.modules:
            if first in [lesson.slug for lesson in module.lessons]:
                return _module(course, module)
    raise Http404(f"There is no {kind} {slug}.")


def things_of(assignments: Any) -> dict[Any, Thing]:
    """Return what each of some assignments is of, by its key; one that is gone from the catalog goes by its slug."""
    found = {}
    for one in assignments:
        try:
            thing = thing_of(one.kind, one.slug)
        except Http404:
            thing = Thing(one.kind, one.slug, one.slug, "")
        found[one.pk] = thing
    return found


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return all that can be assigned, by kind, for a form: ("Labs", [("lab:slug", "Title"), …])."""
    groups: dict[str, list[Thing]] = {
        "Labs": [thing_of("lab", one.slug) for one in labs.catalog()],
        "Lesson modules": [_module(one, module) for one in catalog() for module in one.modules if module.lessons],
        "Exams": [Thing("exam", one.slug, one.title, "") for one in exams()],
        "Whole courses": [_course(one) for one in catalog() if one.modules],
    }
    return [(name, [(f"{one.kind}:{one.slug}", one.title) for one in group]) for name, group in groups.items() if group]


def _module(course: Course, module: Module) -> Thing:
    # A module has no name of its own: it goes by its first lesson's.
    lessons = tuple(lesson.slug for lesson in module.lessons)
    url = reverse("lesson", args=[course.slug, lessons[0]])
    slug = f"{course.slug}/{lessons[0]}"
    return Thing("module", slug, f"{course.title}: {module.title}", url, course.slug, lessons)


def _course(course: Course) -> Thing:
    lessons = tuple(lesson.slug for lesson in course.lessons)
    return Thing("course", course.slug, course.title, reverse("course", args=[course.slug]), course.slug, lessons)
