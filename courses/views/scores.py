"""Afterwards: what stands on a candidate's report, what they take away from it, and what they were told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from courses.exams import pictures
from courses.models import Attempt, Credential
from courses.selectors import attempts as read
from courses.selectors import scores
from courses.selectors.review import review
from courses.services import clock, credentials, notices
from labs.web import act, fragment_wanted, page, person


def report_context(request: HttpRequest, attempt: Attempt, **more: Any) -> dict[str, Any]:
    """Return what templates/exams/_score.html wants: for the report of an attempt that has ended."""
    own = attempt.user_id == person(request).pk
    report = scores.report(attempt, staff=person(request).teaches)
    score = report.score
    sat = [(one.attempt.number, one.score.scaled, one.score.passed, one.attempt == attempt) for one in report.sittings]
    held = report.credential if report.credential and not report.credential.revoked_at else None
    return {
        "report": report,
        "own": own,
        "scale": pictures.scale(score.scaled, report.pass_mark) if score else None,
        "trend": pictures.trend(sat, report.pass_mark),
        "answers": review(attempt, score) if score and report.shows_items else (),
        "credential": report.credential,
        "valid": held,
        "undrawable": credentials.undrawable(held.name) if held and own else "",
        "verify_address": credentials.addresses().verify(str(held.pk)) if held else "",
        "events": scores.scored_events(attempt) if person(request).teaches else (),
        **more,
    }


@never_cache
@page
def certificate(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Download the certificate, a PDF: its holder only."""
    held = _own_credential(request, attempt_id)
    answer = HttpResponse(credentials.certificate_of(held), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="certificate-{_file_name(held)}.pdf"'
    return answer


@never_cache
@page
def badge(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Download the Open Badge, a signed token: its holder only."""
    held = _own_credential(request, attempt_id)
    token = credentials.badge_of(held, now=clock.now())
    answer = HttpResponse(token, content_type="application/vc+jwt")
    answer["Content-Disposition"] = f'attachment; filename="badge-{_file_name(held)}.jwt"'
    return answer


@act
def credential_name(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Set the name on certificate and badge: its holder only."""
    held = _own_credential(request, attempt_id)
    name = request.POST.get("name", "")
    try:
        credentials.rename(credential=held, name=name, now=clock.now())
    except credentials.NotAName as problem:
        mine = held.attempt
        context = {"attempt": mine, "exam": read.exam_of(mine)}
        context |= report_context(request, mine, name_problem=str(problem), name_given=name)
        return render(request, "exams/report.html", context, status=problem.status)
    return redirect(f"{reverse('attempt_report', args=[attempt_id])}#certificate")


@act
def notice_seen(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Note that a notice was read, and go on where one was."""
    notices.mark_seen(user=person(request), notice_id=notice_id, now=clock.now())
    if fragment_wanted(request):
        return HttpResponse("")
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}) else "home")


def _own_credential(request: HttpRequest, attempt_id: UUID) -> Credential:
    attempt = read.get_attempt_for(request.user, attempt_id)
    if attempt.user_id != person(request).pk:
        raise Http404("There is no such attempt.")
    return credentials.valid_credential(attempt)


def _file_name(held: Credential) -> str:
    """Return a name for a file: of letters that every system takes."""
    return f"{held.attempt.exam_slug}-{str(held.pk)[:8]}"
