"""The pages that belong to no app: home, catalog, progress, the class, the components."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from courses import selectors as courses
from labs import classroom, present
from labs import selectors as labs
from labs.models import LabSession
from labs.unplayed import unplayed
from labs.web import page, person
from skylab.pages.specimens import specimens


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what this is, or where one was."""
    if not request.user.is_authenticated:
        readable = [course for course in courses.catalog() if course.modules]
        return render(request, "pages/welcome.html", {"courses": readable, "local": settings.LOCAL})
    progress = courses.progress(request.user)
    step = courses.next_step(request.user)
    tiles = _lab_tiles(request.user)
    open_labs = _open_labs(request.user)
    context = {
        "current": open_labs[0] if open_labs else None,
        "step": step,
        "fresh": step is not None and not courses.course_progress(request.user, step.course).done,
        "courses": progress,
        "labs": tiles[:6],
        "open_labs": open_labs[1:],
    }
    return render(request, "pages/home.html", context)


@require_safe
def catalog(request: HttpRequest) -> HttpResponse:
    """List courses and labs, with the person's own state of each."""
    context = {"courses": courses.progress(request.user), "labs": _lab_tiles(request.user)}
    return render(request, "pages/catalog.html", context)


@page
def progress(request: HttpRequest) -> HttpResponse:
    """Show all that the person has done."""
    mine = courses.progress(request.user)
    tiles = _lab_tiles(request.user)
    totals = {
        "read": sum(len(one.read) for one in mine),
        "lessons": sum(len(one.course.lessons) for one in mine),
        "correct": sum(len(one.correct) for one in mine),
        "items": sum(len(one.course.items) for one in mine),
        "labs": len(tiles),
        "labs_done": sum(bool(tile["state"] and tile["state"].completed) for tile in tiles),
        "score": sum(tile["state"].score for tile in tiles if tile["state"]),
        "points": sum(tile["lab"].points for tile in tiles),
    }
    return render(request, "pages/progress.html", {"courses": mine, "labs": tiles, "totals": totals})


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


def _lab_tiles(user: Any) -> list[dict[str, Any]]:
    """Return the labs of the catalog, each with the person's state in it or None."""
    states = labs.lab_progress(user) if user.is_authenticated else {}
    return [{"lab": present.sample(lab), "state": states.get(lab.slug)} for lab in labs.catalog()]


def _open_labs(user: Any) -> list[dict[str, Any]]:
    """Return the sessions that are open, the one that ends first in front."""
    now = timezone.now()
    titles = {lab.slug: lab.title for lab in labs.catalog()}
    return [
        {"session": one, "title": titles.get(one.lab_slug, one.lab_slug), "left": one.seconds_left(now)}
        for one in LabSession.objects.filter(user=user, state__in=LabSession.OPEN).order_by("expires_at", "queued_at")
    ]


@page
def instructor(request: HttpRequest) -> HttpResponse:
    """Show who did what: learners by labs."""
    _must_teach(request)
    catalog = labs.catalog()
    reading: dict[Any, list[courses.CourseProgress]] = {}
    readers: dict[Any, Any] = {}
    for one in courses.class_progress():
        reading.setdefault(one.user.pk, []).append(one.progress)
        readers[one.user.pk] = one.user
    working = {row.user.pk: row for row in classroom.rows([lab.slug for lab in catalog])}
    people = {**readers, **{pk: row.user for pk, row in working.items()}}
    rows = [
        {
            "user": user,
            "courses": reading.get(pk, []),
            "cells": working[pk].cells if pk in working else [None] * len(catalog),
            "latest": working[pk].latest if pk in working else None,
            "last_at": working[pk].last_at if pk in working else None,
        }
        for pk, user in sorted(people.items(), key=lambda pair: pair[1].get_username().lower())
    ]
    cells = [cell for row in rows for cell in row["cells"] if cell]
    totals = {
        "learners": len(rows),
        "open": sum(cell.session.is_open for cell in cells),
        "completed": sum(cell.completed for cell in cells),
        "stuck": sum(cell.session.is_open and bool(cell.reason) for cell in cells),
    }
    exams = courses.exam_states(today=timezone.localdate())
    context = {"labs": catalog, "rows": rows, "totals": totals, "exams": exams}
    return render(request, "pages/instructor.html", context)


@page
def instructor_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Show one session as it went."""
    _must_teach(request)
    session = labs.get_session_for(request.user, session_id)
    lab = labs.lab_of(session)
    calls = list(classroom.all_calls(session))
    context = {
        "session": session,
        "lab": lab,
        "tasks": present.cards(lab, labs.task_states(session)),
        "moments": classroom.timeline(session, lab),
        "hints": session.hints.count(),
        "calls": calls,
        "call_count": len(calls),
        "left": session.seconds_left(timezone.now()),
    }
    return render(request, "pages/instructor_session.html", context)


@page
def not_simulated(request: HttpRequest) -> HttpResponse:
    """Show what learners called and the sandbox does not play."""
    if not person(request).operates:
        raise Http404
    return render(request, "pages/not_simulated.html", {"rows": unplayed()})


def _must_teach(request: HttpRequest) -> None:
    """Raise 404 for whoever does not teach: a learner need not know that the page exists."""
    if not person(request).teaches:
        raise Http404
