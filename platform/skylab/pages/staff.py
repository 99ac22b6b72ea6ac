"""What those see who teach or run the installation: the class, one session as it went, what is not simulated."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from courses import selectors as courses
from courses.classes import who
from labs import classroom, present, services
from labs import selectors as labs
from labs.unplayed import unplayed
from labs.web import page, person


@page
def instructor(request: HttpRequest) -> HttpResponse:
    """Show who operates who did what on the whole installation: learners by labs. Who teaches has classes for that."""
    _must_teach(request)
    if not person(request).operates:
        return redirect("classes")
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
    session = services.look_into(user=request.user, session_id=session_id, now=timezone.now())
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
        "cohort": who.shared_cohort(person(request), session.user_id),
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
