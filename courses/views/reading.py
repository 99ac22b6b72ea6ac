"""The pages of courses. Reading is open to everybody; answering and keeping one's place want an account."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.views.decorators.http import require_http_methods, require_safe

from courses import selectors, services
from courses.content import Course, Item, Lesson
from courses.selectors.practice import lesson_lock
from courses.views.course_map import needs
from labs import selectors as labs
from labs.views.playground import run_place
from labs.web import act, fragment_wanted, person, signed_in

_HEADING = re.compile(r'<h([23]) id="([^"]+)">(.*?)</h\1>', re.DOTALL)


@dataclass(frozen=True)
class Heading:
    """A line of "On this page"."""

    depth: int
    id: str
    text: str


@require_safe
# For commands that run in the page (skylab/static.py)
@csp_update({"worker-src": [SELF]})  # type: ignore[untyped-decorator]
def lesson(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Show a lesson with its items."""
    found, page = _lesson(course, lesson)
    if lacking := lesson_lock(request.user, found, page, now=timezone.now()):
        return render(request, "courses/locked.html", {"course": found, "lesson": page, "lacking": lacking}, status=403)
    parts = selectors.body(request.user, found, page)
    progress = selectors.course_progress(request.user, found)
    before, after = selectors.neighbours(found, page)
    catalog = {lab.slug: lab for lab in labs.catalog()}
    place = selectors.places(request.user, found).get(page.slug)
    outline = _outline(part for part in parts if isinstance(part, str))
    read = page.slug in progress.read
    context = {
        "course": found,
        "lesson": page,
        "module": next((one for one in found.modules if page in one.lessons), None),
        "number": found.lessons.index(page) + 1,
        "parts": parts,
        "definitions": selectors.definitions(page.terms),
        "outline": outline,
        "progress": progress,
        "before": before,
        "after": after,
        "labs": [(catalog[slug], slug in progress.labs) for slug in page.labs if slug in catalog],
        "needs": needs(found, page, progress),
        "again": request.GET.get("again", ""),
        "place": place,
        "resume": next((one for one in outline if place and one.id == place.anchor and not read), None),
        "run": run_place(request) if page.runnable.blocks else None,
    }
    return render(request, "courses/lesson.html", context)


@act
def keep_place(request: HttpRequest, course: str, lesson: str) -> HttpResponse:
    """Keep where the person is in a lesson; the page says so as they read."""
    try:
        percent = int(request.POST.get("percent", ""))
    except ValueError:
        raise services.Malformed("This is no place in a lesson.") from None
    services.keep_place(
        user=person(request),
        course_slug=course,
        lesson_slug=lesson,
        anchor=request.POST.get("anchor", ""),
        percent=percent,
        now=timezone.now(),
    )
    return HttpResponse(status=204)


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


def _outline(texts: Iterable[str]) -> list[Heading]:
    """Return the headings of a lesson, for "On this page"."""
    return [
        Heading(int(depth), anchor, unescape(strip_tags(title)))
        for text in texts
        for depth, anchor, title in _HEADING.findall(text)
    ]
