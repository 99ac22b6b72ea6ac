"""The pages of courses. Reading is open to everybody; answering and keeping one's place want an account."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.views.decorators.http import require_http_methods, require_safe

from courses import selectors, services
from courses.content import Course, Item, Lesson, Module
from courses.selectors.practice import lesson_lock, module_lock
from labs import selectors as labs
from labs.content import Lab
from labs.web import act, fragment_wanted, person, signed_in

_HEADING = re.compile(r'<h([23]) id="([^"]+)">(.*?)</h\1>', re.DOTALL)


@dataclass(frozen=True)
class Heading:
    """A line of "On this page"."""

    depth: int
    id: str
    text: str


@dataclass(frozen=True)
class Step:
    """A line of the course map."""

    kind: str  # "lesson" | "lab"
    title: str
    url: str
    about: str
    done: bool
    state: str


@require_safe
def course(request: HttpRequest, course: str) -> HttpResponse:
    """Show the map of a course and how far one is."""
    found = selectors.get_course(course)
    progress = selectors.course_progress(request.user, found)
    catalog = {lab.slug: lab for lab in labs.catalog()}
    steps = [_steps(found, one, progress, catalog) for one in found.modules]
    now = timezone.now()
    modules: list[dict[str, Any]] = [
        {
            "title": one.title,
            "summary": one.summary,
            "steps": mine,
            "lacking": module_lock(request.user, found, one, now=now),
        }
        for one, mine in zip(found.modules, steps, strict=True)
    ]
    opened = (step for one in modules if not one["lacking"] for step in one["steps"])
    next_url = next((step.url for step in opened if not step.done), "")
    context = {"course": found, "progress": progress, "modules": modules, "next_url": next_url}
    return render(request, "courses/course.html", context)


@require_safe
def lesson(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Show a lesson with its items."""
    found, page = _lesson(course, lesson)
    if lacking := lesson_lock(request.user, found, page, now=timezone.now()):
        return render(request, "courses/locked.html", {"course": found, "lesson": page, "lacking": lacking}, status=403)
    parts = selectors.body(request.user, found, page)
    progress = selectors.course_progress(request.user, found)
    before, after = selectors.neighbours(found, page)
    context = {
        "course": found,
        "lesson": page,
        "parts": parts,
        "outline": _outline(part for part in parts if isinstance(part, str)),
        "progress": progress,
        "before": before,
        "after": after,
        "lab": next((lab for lab in labs.catalog() if lab.slug == page.lab), None),
        "lab_done": page.lab in progress.labs,
        "again": request.GET.get("again", ""),
    }
    return render(request, "courses/lesson.html", context)


@act
def enrol(request: HttpRequest, course: str) -> HttpResponse:
    """Join a course, and go to its map."""
    services.enrol(user=person(request), course_slug=course, now=timezone.now())
    return redirect("course", course)


@act
def mark_read(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Note a lesson as read."""
    services.mark_read(user=person(request), course_slug=course, lesson_slug=lesson, now=timezone.now())
    if not fragment_wanted(request):
        return redirect("lesson", course, lesson)
    found, page = _lesson(course, lesson)
    context = {"course": found, "lesson": page, "progress": selectors.course_progress(request.user, found)}
    return render(request, "courses/_read_mark.html", context)


@require_http_methods(["GET", "POST"])
@signed_in
def answer_item(request: HttpRequest, course: str, item: str) -> HttpResponse:
    """POST: answer an item, and see why. GET: the item once more, to try again."""
    found = selectors.get_course(course)
    asked = selectors.get_item(found, item)
    home = next((one for one in found.lessons if asked in one.items), None)
    if home is None:  # it stands in no lesson: a drill asks it
        raise Http404(f"No lesson has the item {item}.")
    if request.method == "GET":
        if not fragment_wanted(request):
            return redirect(f"{reverse('lesson', args=[found.slug, home.slug])}?again={asked.id}#item-{asked.id}")
        return _item(request, found, home, asked, again=asked.id)
    try:
        raw = dict(request.POST.lists())
        state = services.answer_item(
            user=person(request), course_slug=course, item_id=item, raw=raw, now=timezone.now()
        )
    except services.Malformed as problem:
        if not fragment_wanted(request):
            raise
        return _item(request, found, home, asked, again=asked.id, given=raw, problem=str(problem), status=422)
    if not fragment_wanted(request):
        return redirect(f"{reverse('lesson', args=[found.slug, home.slug])}#item-{asked.id}")
    context = {"course": found, "state": state, "item": state.item, "answered": state.answered, "fresh": True}
    return render(request, "courses/_item.html", context)


def _item(
    request: HttpRequest,
    course: Course,
    lesson: Lesson,
    item: Item,
    *,
    again: str,
    given: Mapping[str, Sequence[str]] | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    state = selectors.item_states(request.user, course, lesson)[item.id]
    context: dict[str, Any] = {"course": course, "state": state, "item": state.item, "answered": state.answered}
    context |= {"again": again, "given": given or {}, "problem": problem}
    return render(request, "courses/_item.html", context, status=status)


def _lesson(course: str, lesson: str) -> tuple[Course, Lesson]:
    found = selectors.get_course(course)
    return found, selectors.get_lesson(found, lesson)


def _steps(course: Course, module: Module, progress: selectors.CourseProgress, catalog: dict[str, Lab]) -> list[Step]:
    """Return a module's lessons, each followed by its lab, and then the labs that belong to none of them."""
    steps: list[Step] = []
    listed: set[str] = set()

    def add_lab(slug: str) -> None:
        lab = catalog.get(slug)
        if lab is None or slug in listed:
            return
        listed.add(slug)
        done = slug in progress.labs
        about = f"{len(lab.tasks)} tasks, {lab.points:g} points, {lab.minutes} min"
        steps.append(Step("lab", lab.title, reverse("lab", args=[slug]), about, done, "Completed" if done else ""))

    for one in module.lessons:
        right = sum(item.id in progress.correct for item in one.items)
        state = f"{right} of {len(one.items)} right" if progress.enrolled and one.items else ""
        about = f"{one.minutes} min" + (f", {len(one.items)} questions" if one.items else "")
        url = reverse("lesson", args=[course.slug, one.slug])
        steps.append(Step("lesson", one.title, url, about, one.slug in progress.read, state))
        if one.lab:
            add_lab(one.lab)
    for slug in module.labs:
        add_lab(slug)
    return steps


def _outline(texts: Iterable[str]) -> list[Heading]:
    """Return the headings of a lesson, for "On this page"."""
    return [
        Heading(int(depth), anchor, unescape(strip_tags(title)))
        for text in texts
        for depth, anchor, title in _HEADING.findall(text)
    ]
