"""Pages of grades: an instructor's table, a learner of theirs, and one's own."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from courses.classes.who import cohorts_for, get_open_cohort_for
from courses.gradebook import exports, selectors, services
from courses.gradebook.models import GradeRuling
from courses.gradebook.selectors import Book
from labs.web import act, page, person

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@never_cache
@page
def classes(request: HttpRequest) -> HttpResponse:
    """Show the classes that a person has grades in, or gives them in."""
    user = person(request)
    now = timezone.now()
    mine = [selectors.book(one, now=now, users=[user]) for one in selectors.my_cohorts(user)]
    taught = cohorts_for(user).filter(archived_at=None).order_by("name", "created_at")
    return render(request, "gradebook/classes.html", {"mine": mine, "taught": taught})


@never_cache
@page
def table(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Show the grades of a class."""
    return _table(request, cohort_id)


def _table(request: HttpRequest, cohort_id: UUID, problem: str = "") -> HttpResponse:
    cohort = selectors.get_cohort_for(person(request), cohort_id)
    book = selectors.book(cohort, now=timezone.now())
    context = {"book": book, "cohort": cohort, "problem": problem}
    return render(request, "gradebook/table.html", context, status=422 if problem else 200)


@act
def rules(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Keep how a class is graded."""
    cohort = get_open_cohort_for(person(request), cohort_id)
    try:
        told = {name: _whole(request.POST.get(name, "")) for name in ("grace_minutes", "drop_lowest")}
        services.set_rules(cohort=cohort, actor=person(request), now=timezone.now(), **told)
    except services.BadGrade as problem:
        return _table(request, cohort_id, str(problem))
    messages.success(request, "The rules are kept, and all grades reckoned by them.")
    return redirect("gradebook", cohort_id=cohort_id)


@never_cache
@page
def learner(request: HttpRequest, cohort_id: UUID, user_id: int) -> HttpResponse:
    """Show a learner's grades, each with why it is what it is."""
    return _learner(request, cohort_id, user_id)


def _learner(request: HttpRequest, cohort_id: UUID, user_id: int, problem: str = "") -> HttpResponse:
    cohort = selectors.get_cohort_for(person(request), cohort_id)
    member = selectors.get_member(cohort, user_id)
    book = selectors.book(cohort, now=timezone.now(), users=[member.user])
    context = {
        "cohort": cohort,
        "book": book,
        "row": book.rows[0],
        "learner": member.user,
        "rulings": selectors.rulings_of(cohort, user_id),
        "kinds": GradeRuling.Kind,
        "problem": problem,
        "open": request.POST.get("assignment", ""),
    }
    return render(request, "gradebook/learner.html", context, status=422 if problem else 200)


@act
def rule(request: HttpRequest, cohort_id: UUID, user_id: int, assignment_id: UUID) -> HttpResponse:
    """Grade by hand, excuse, or take either back."""
    cohort = get_open_cohort_for(person(request), cohort_id)
    member = selectors.get_member(cohort, user_id)
    assignment = selectors.get_assignment(cohort, assignment_id)
    try:
        made = services.rule(
            assignment=assignment,
            user=member.user,
            kind=request.POST.get("kind", ""),
            points=_number(request.POST.get("points", "")),
            reason=request.POST.get("reason", ""),
            actor=person(request),
            now=timezone.now(),
        )
    except services.BadGrade as problem:
        return _learner(request, cohort_id, user_id, str(problem))
    messages.success(request, f"{made.get_kind_display()}. It was {made.before}.")
    return redirect(f"{reverse('gradebook_learner', args=[cohort_id, user_id])}#a-{assignment.pk}")


@never_cache
@page
def mine(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Show a person's own grades; with what-if numbers in the address, what they would come to."""
    book = selectors.my_book(person(request), cohort_id, now=timezone.now())
    supposed = _supposed(book, request.GET)
    shown = selectors.what_if(book, supposed) if supposed else book
    context = {
        "cohort": book.cohort,
        "book": shown,
        "row": shown.rows[0],
        "real": book.rows[0],
        "supposed": supposed,
        "cells": [{"cell": cell, "supposed": supposed.get(cell.column.assignment.pk)} for cell in shown.rows[0].cells],
    }
    return render(request, "gradebook/mine.html", context)


@never_cache
@page
def export_csv(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Download the table as CSV."""
    return _file(request, cohort_id, "csv", "text/csv; charset=utf-8")


@never_cache
@page
def export_xlsx(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Download the table as a workbook."""
    return _file(request, cohort_id, "xlsx", XLSX)


def _file(request: HttpRequest, cohort_id: UUID, ending: str, kind: str) -> HttpResponse:
    cohort = selectors.get_cohort_for(person(request), cohort_id)
    now = timezone.now()
    book = selectors.book(cohort, now=now)
    body = exports.as_csv(book) if ending == "csv" else exports.as_xlsx(book)
    name = re.sub(r"[^A-Za-z0-9]+", "-", str(cohort)).strip("-").lower() or "class"
    headers = {"Content-Disposition": f'attachment; filename="grades-{name}-{now:%Y-%m-%d}.{ending}"'}
    return HttpResponse(body, content_type=kind, headers=headers)


def _supposed(book: Book, given: QueryDict) -> dict[Any, Decimal]:
    found = {}
    for column in book.columns:
        value = _number(given.get(f"if-{column.assignment.pk}", ""))
        if value is not None and value >= 0:
            found[column.assignment.pk] = value
    return found


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < 10**6 and -found.as_tuple().exponent <= 20 else None  # type: ignore[operator]


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else -1
