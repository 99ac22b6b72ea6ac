"""Regrading, for who teaches: choose the item, choose the change, look at what it does, give the reason, apply.

A change is for all who sat the exam, and its effect is shown whole; by name only those whose work one may read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from courses.classes.who import readable
from courses.exams.marking import Option
from courses.models import Regrade
from courses.selectors import scores
from courses.selectors.exams import get_exam
from courses.services import clock, regrades, scoring
from courses.views import regrade_forms
from labs.refusals import Refusal
from labs.web import act, page, person

View = Callable[..., HttpResponse]


def _teachers(view: View) -> Callable[..., HttpResponseBase]:
    """Let only those through who teach: for others there is no such page."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not person(request).teaches:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapper


@never_cache
@page
@_teachers
def regrade(request: HttpRequest, slug: str) -> HttpResponse:
    """List the items that an exam served, and what was ruled about them."""
    rows = regrades.served(slug)
    if not rows:
        get_exam(slug)  # or there is no such exam
    context = {"slug": slug, "rows": rows, "applied": scores.applied_regrades(slug)}
    return render(request, "exams/regrade_list.html", context)


@never_cache
@page
@_teachers
def regrade_item(request: HttpRequest, slug: str, revision: str) -> HttpResponse:
    """Show an item with its key, and ask how it shall be scored."""
    return _item(request, slug, revision)


@act
@_teachers
def regrade_preview(request: HttpRequest, slug: str, revision: str) -> HttpResponse:
    """Show what a change would do; nothing is written."""
    found = regrades.get_served(slug, revision)
    option = request.POST.get("option", "")
    try:
        change = regrade_forms.change(found.version, scoring.ruling_of(slug, found.version), option, request.POST)
        diff = regrades.dry_run(exam_slug=slug, item_revision=found.version.pk, option=option, change=change)
    except Refusal as problem:
        return _item(request, slug, revision, problem=str(problem), status=problem.status)
    return _preview(request, slug, found, diff)


@act
@_teachers
def regrade_apply(request: HttpRequest, slug: str, revision: str) -> HttpResponse:
    """Apply a change that was looked at, and show what it did."""
    found = regrades.get_served(slug, revision)
    option, reason = request.POST.get("option", ""), request.POST.get("reason", "")
    change = regrade_forms.unpack(request.POST.get("change", ""))
    expected = request.POST.get("expected", "")
    chosen: dict[str, Any] = {"exam_slug": slug, "item_revision": found.version.pk, "option": option, "change": change}
    try:
        done = regrades.apply(**chosen, reason=reason, actor=person(request), now=clock.now(), expected=expected)
    except (regrades.NoReason, regrades.Outdated) as problem:
        diff = regrades.dry_run(**chosen)
        return _preview(request, slug, found, diff, problem=str(problem), reason=reason, status=problem.status)
    return redirect("regrade_done", slug, done.pk)


@never_cache
@page
@_teachers
def regrade_done(request: HttpRequest, slug: str, regrade_id: int) -> HttpResponse:
    """Show an applied change: who, when, why, and each score before and after."""
    row = get_object_or_404(Regrade.objects.select_related("actor"), pk=regrade_id, exam_slug=slug)
    changed = row.scores.select_related("attempt__user").order_by("attempt__user__username", "attempt__number")
    before = scores.before(row)
    rows = [{"after": one, "before": before[one.attempt_id]} for one in changed]
    found = regrades.get_served(slug, row.item_revision)
    context = {"slug": slug, "regrade": row, "rows": rows, "item": regrade_forms.shown(found.version)}
    context["named"] = readable(person(request), {one.attempt.user_id for one in changed})
    return render(request, "exams/regrade_done.html", context)


def _item(request: HttpRequest, slug: str, revision: str, *, problem: str = "", status: int = 200) -> HttpResponse:
    found = regrades.get_served(slug, revision)
    ruling = scoring.ruling_of(slug, found.version)
    context = {
        "slug": slug,
        "served": found,
        "item": regrade_forms.shown(found.version),
        "ruling": ruling,
        "fields": regrade_forms.fields(found.version, ruling, request.POST),
        "option": request.POST.get("option", ""),
        "options": [one for one in Option if found.version.type != "lab" or one in (Option.CREDIT_ALL, Option.DROP)],
        "problem": problem,
    }
    return render(request, "exams/regrade_item.html", context, status=status)


def _preview(
    request: HttpRequest,
    slug: str,
    found: regrades.Served,
    diff: regrades.Diff,
    *,
    problem: str = "",
    reason: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "slug": slug,
        "served": found,
        "diff": diff,
        "named": readable(person(request), {one.attempt.user_id for one in diff.rows}),
        "label": Regrade.Option(diff.option).label,
        "packed": json.dumps(diff.change),
        "problem": problem,
        "reason": reason,
    }
    return render(request, "exams/regrade_preview.html", context, status=status)
