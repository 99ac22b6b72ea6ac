"""The pages that belong to no app: home, progress, skills, certificates, help, the components."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from courses import selectors as courses
from courses.classes.due import my_duties
from courses.classes.who import my_cohorts
from courses.content import Course, Exam
from courses.models import Attempt, Window
from courses.selectors import scores
from courses.selectors.practice import due_tasks, standings
from labs.web import page, person
from skylab.pages import help_pages
from skylab.pages import skills as skill_pages
from skylab.pages.specimens import specimens
from skylab.pages.tiles import lab_tiles, open_labs

# What a class's learner is reminded of where they begin.
PRESSING = ("late", "soon", "open")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what this is, or where one was."""
    if not request.user.is_authenticated:
        readable = [course for course in courses.catalog() if course.modules]
        return render(
            request, "pages/welcome.html", {"courses": readable, "local": settings.LOCAL, **_sample(readable)}
        )
    now = timezone.now()
    progress = courses.progress(request.user)
    step = courses.next_step(request.user)
    tiles = lab_tiles(request.user)
    running = open_labs(request.user)
    taken = {one.course.slug: one for one in progress}
    context = {
        "current": running[0] if running else None,
        "step": step,
        "fresh": step is not None and not taken[step.course.slug].done,
        "courses": progress,
        "labs": [one for one in tiles if not (one["state"] and one["state"].completed)][:6] or tiles[:6],
        "open_labs": running[1:],
        **_practised(request.user, now),
        "exam": next_exam(request.user, taken=[one for one in taken if taken[one].enrolled], now=now),
        "totals": _totals(progress, tiles),
        "duties": [one for one in my_duties(request.user, my_cohorts(request.user), now=now) if one.state in PRESSING][
            :4
        ],
    }
    return render(request, "pages/home.html", context)


def _sample(readable: list[Course]) -> dict[str, Any]:
    """Return a lesson that leads to a lab, with that lab: the first there is."""
    tiles = {tile["lab"].slug: tile["lab"] for tile in lab_tiles(AnonymousUser())}
    for course in readable:
        for lesson in course.lessons:
            if lesson.lab in tiles:
                return {"lab": tiles[lesson.lab], "lesson": lesson, "lesson_course": course}
    return {"lab": next(iter(tiles.values()), None)}


def _practised(user: Any, now: datetime) -> dict[str, Any]:
    """Return how practice stands: as its own page says, without what that has to know of locks."""
    found = [one for course in courses.catalog() if course.drill for one in standings(user, course, now=now)]
    ahead = [one.due_at for one in found if one.due_at and one.due_at > now]
    again = sum(one.kind(now) == "again" for one in found)
    tasks = sum(one.is_due for one in due_tasks(user, now=now))
    tried = sum(one.right is not None for one in found)
    return {"due": again + tasks, "practised": tried, "next_due": min(ahead, default=None)}


def next_exam(user: Any, *, taken: Collection[str], now: datetime) -> dict[str, Any] | None:
    """Return the exam to think of: the one that is being sat, else the next whose window is open or comes, else one
    that can be sat at any time and was not passed; the courses that the person takes come first."""
    open_attempt = Attempt.objects.filter(user_id=user.pk, state=Attempt.State.OPEN).select_related("exam").first()
    if open_attempt:
        return {"attempt": open_attempt, "title": open_attempt.exam.definition["title"]}
    windows = {one.exam_slug: one for one in Window.objects.filter(closes_at__gt=now).order_by("set_at", "pk")}
    passed = set(
        Attempt.objects.filter(user_id=user.pk, scores__passed=True).values_list("exam_slug", flat=True).distinct()
    )
    found = [
        one.exam
        for one in courses.exam_states(today=now.date())
        if one.sittable and not one.expired and one.exam.slug not in passed
    ]

    def turn(exam: Exam) -> tuple[bool, datetime, bool, str]:
        window = windows.get(exam.slug)
        return (window is None, window.opens_at if window else now, exam.course not in taken, exam.slug)

    first = min(found, key=turn, default=None)
    if first is None:
        return None
    window = windows.get(first.slug)
    return {"exam": first, "window": window, "ahead": bool(window and window.opens_at > now)}


@page
def progress(request: HttpRequest) -> HttpResponse:
    """Show all that the person has done."""
    mine = courses.progress(request.user)
    tiles = lab_tiles(request.user)
    return render(request, "pages/progress.html", {"courses": mine, "labs": tiles, "totals": _totals(mine, tiles)})


def _totals(mine: list[courses.CourseProgress], tiles: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "read": sum(len(one.read) for one in mine),
        "lessons": sum(len(one.course.lessons) for one in mine),
        "correct": sum(len(one.correct) for one in mine),
        "items": sum(len(one.course.items) for one in mine),
        "labs": len(tiles),
        "labs_done": sum(bool(tile["state"] and tile["state"].completed) for tile in tiles),
        "score": sum(tile["state"].score for tile in tiles if tile["state"]),
        "points": sum(tile["lab"].points for tile in tiles),
    }


@page
def skills(request: HttpRequest) -> HttpResponse:
    """Show what the person can do, domain by domain, and what says so."""
    found = skill_pages.skills(person(request), now=timezone.now())
    return render(request, "pages/skills.html", {"skills": found, "weights": skill_pages.WEIGHTS})


@page
def certificates(request: HttpRequest) -> HttpResponse:
    """Show the person's certificates and badges."""
    rows = scores.credentials_of(person(request))
    sittable = [one.exam for one in courses.exam_states(today=timezone.localdate()) if one.sittable and not one.expired]
    context = {
        "valid": [one for one in rows if not one.revoked_at],
        "revoked": [one for one in rows if one.revoked_at],
        "exams": sittable[:3],
    }
    return render(request, "pages/certificates.html", context)


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Show how Skylab is used."""
    return render(request, "pages/help.html", {"sections": help_pages.sections()})


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component: for those who build pages."""
    if not (settings.DEBUG or settings.LOCAL or request.user.is_staff):
        raise Http404
    now = timezone.now()
    return render(request, "pages/styleguide.html", {"now": now, "soon": now + timedelta(minutes=30)})


@require_safe
def item_specimens(request: HttpRequest) -> HttpResponse:
    """Show an item of each type: for those who build pages."""
    if not (settings.DEBUG or settings.LOCAL or request.user.is_staff):
        raise Http404
    return render(request, "pages/specimens.html", {"specimens": specimens()})
