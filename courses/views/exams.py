"""The pages of exams: their list, the page before, the sitting, the receipt. What scripts ask for is in courses.api.

Every page of an attempt first closes what has expired. The sitting works without scripts, too: `attempt_place`,
`attempt_leave` and `attempt_finish` are for plain forms.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from courses import selectors
from courses.exams import wire
from courses.models import Attempt
from courses.selectors import attempts as read
from courses.selectors.papers import Paper, paper
from courses.selectors.scores import latest_scores
from courses.services import attempts, clock
from courses.services.attempts import plain
from courses.views.scores import report_context
from labs.markdown import render as markdown
from labs.refusals import Refusal
from labs.web import act, page, person

BEAT = 10  # seconds between two beats of a page that saves nothing


@require_safe
def exam_list(request: HttpRequest) -> HttpResponse:
    """List the exams: which can be sat, what the others lack, and the person's own attempts."""
    now = clock.now()
    rows = [_row(request.user, state, now) for state in selectors.exam_states(today=now.date())]
    rows.sort(key=lambda row: not row["state"].sittable)
    return render(request, "exams/list.html", {"rows": rows, "now": now})


@require_safe
def exam(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what an exam asks, on which terms the person may sit it, and how they fared."""
    now = clock.now()
    state = selectors.exam_state(slug, today=now.date())
    context = _row(request.user, state, now)
    context |= {"exam": state.exam, "now": now, "intro": markdown(state.exam.intro, top=3, prefix="intro")}
    if (told := context["admission"]) and not told.taken:
        attempts.stock.order(state.exam)  # who reads about it will press the button
    return render(request, "exams/exam.html", context)


# --- The sitting ----------------------------------------------------------------------------------------------------


@never_cache
@page
def attempt(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Show the open section of an attempt, a place at a time; the receipt where it is over."""
    return _sitting(request, attempt_id)


@never_cache
@page
def attempt_review(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Show what is answered and what is not, and the way out: without scripts this is a page of its own."""
    mine, now = _current(request, attempt_id)
    if mine.state != Attempt.State.OPEN:
        return redirect("attempt_receipt", mine.pk)
    shown = paper(mine)
    return render(request, "exams/review.html", _context(mine, shown, now, shown.first) | {"plain": True})


@act
def attempt_place(request: HttpRequest, attempt_id: UUID, place: int) -> HttpResponse:
    """Save a place's plain form, and go where its button says."""
    mine = read.get_own_attempt(person(request), attempt_id)
    try:
        plain.save_plainly(
            attempt=mine,
            place=place,
            made_from=_number(request.POST.get("sequence", "")),
            key=request.POST.get("key", "")[: wire.NAME_LENGTH] or str(uuid4()),
            answer=_answer(request),
            flagged=bool(request.POST.get("flagged")),
            now=clock.now(),
        )
    except attempts.Closed:
        return redirect("attempt_receipt", mine.pk)
    except (plain.Overtaken, attempts.Malformed, attempts.SectionOver) as problem:
        return _sitting(request, attempt_id, place=place, problem=problem)
    go = request.POST.get("go", "next")
    if go == "review":
        return redirect("attempt_review", mine.pk)
    step = {"previous": -1, "next": 1}.get(go, 0)
    return redirect(f"{reverse('attempt', args=[mine.pk])}?question={place + 1 + step}")


@act
def attempt_leave(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Leave the section for good, from a page without scripts."""
    mine = read.get_own_attempt(person(request), attempt_id)
    try:
        plain.leave_plainly(attempt=mine, section=_number(request.POST.get("from", "")), now=clock.now())
    except (attempts.Closed, attempts.SectionOver):
        pass  # it is left already: the page shows where one is
    return redirect("attempt", mine.pk)


@act
def attempt_finish(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Submit, from a page without scripts."""
    mine = read.get_own_attempt(person(request), attempt_id)
    try:
        plain.submit_plainly(attempt=mine, now=clock.now())
    except attempts.Closed:
        pass  # at its deadline: the receipt says so
    return redirect("attempt_receipt", mine.pk)


# --- Afterwards -----------------------------------------------------------------------------------------------------


@never_cache
@page
def attempt_receipt(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Show that an attempt is handed in: its receipt, its time, what happens next."""
    mine, now = _current(request, attempt_id)
    if mine.state == Attempt.State.OPEN:
        return redirect("attempt", mine.pk)
    rows = read.responses_of(mine)
    context = {
        "attempt": mine,
        "exam": read.exam_of(mine),
        "total": sum(place.type != "lab" for place in read.form_of(mine).places),
        "labs": sum(place.type == "lab" for place in read.form_of(mine).places),
        "answered": sum(row.answer is not None for row in rows.values()),
        # What the page itself hands in when the clock is down comes in the grace: its end is the deadline's, too.
        "in_time": mine.state == Attempt.State.SUBMITTED
        and bool(mine.finished_at and mine.finished_at < mine.deadline_at),
        "kept": {place: row.sequence for place, row in rows.items()},
        "now": now,
    }
    return render(request, "exams/receipt.html", context)


@never_cache
@page
def attempt_report(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Show what an attempt was worth, once it is over."""
    mine = read.get_attempt_for(request.user, attempt_id)
    if attempts.close_if_due(attempt_id=mine.pk, now=clock.now()):
        mine.refresh_from_db()
    if mine.state == Attempt.State.OPEN:
        return redirect("attempt", mine.pk) if mine.user_id == request.user.pk else redirect("exam", mine.exam_slug)
    context = {"attempt": mine, "exam": read.exam_of(mine), **report_context(request, mine)}
    return render(request, "exams/report.html", context)


# --- What they share ------------------------------------------------------------------------------------------------


def _row(user: Any, state: selectors.ExamState, now: datetime) -> dict[str, Any]:
    if isinstance(user, AnonymousUser):
        return {"state": state, "admission": None, "attempts": []}
    told = read.admission(user, state.exam, now)
    own = [one for one in read.attempts_of(user, state.exam.slug) if one.state != Attempt.State.OPEN]
    scored = latest_scores(own)
    rows = [{"attempt": one, "score": scored.get(one.pk)} for one in reversed(own)]
    return {"state": state, "admission": told, "attempts": rows, "may_start": told.may_start(now)}


def _current(request: HttpRequest, attempt_id: UUID) -> tuple[Attempt, datetime]:
    """Return the person's own attempt as it stands now."""
    now = clock.now()
    mine = read.get_own_attempt(person(request), attempt_id)
    attempts.close_if_due(attempt_id=mine.pk, now=now)
    mine.refresh_from_db()
    return mine, now


def _sitting(
    request: HttpRequest, attempt_id: UUID, *, place: int | None = None, problem: Refusal | None = None
) -> HttpResponse:
    mine, now = _current(request, attempt_id)
    if mine.state != Attempt.State.OPEN:
        return redirect("attempt_receipt", mine.pk)
    shown = paper(mine)
    asked = _number(request.GET.get("question", "")) - 1 if place is None else place
    context = _context(mine, shown, now, asked if asked in shown.numbers else shown.first)
    context["review"] = context["data"]["review"] = place is None and "review" in request.GET
    context["problem"] = str(problem) if problem else ""
    return render(request, "exams/player.html", context, status=problem.status if problem else 200)


def _context(mine: Attempt, shown: Paper, now: datetime, place: int) -> dict[str, Any]:
    names = {"save": "attempt_save", "pen": "attempt_pen", "beat": "attempt_beat", "section": "attempt_section"}
    names |= {"submit": "attempt_submit", "receipt": "attempt_receipt"}
    data = {
        "attempt": str(mine.pk),
        "code": read.exam_of(mine).code,
        "now": int(now.timestamp() * 1000),
        "deadline": int(mine.deadline_at.timestamp() * 1000),
        "beat": BEAT,
        "section": mine.section,
        "place": place,
        "review": False,
        "pen": mine.pen,
        "notices": max((number for number, _ in read.standing(mine, now).notices), default=0),
        "places": [one.known for one in shown.places],
        "urls": {key: reverse(name, args=[mine.pk]) for key, name in names.items()},
    }
    return {
        "attempt": mine,
        "exam": read.exam_of(mine),
        "now": now,
        "left": max(0, int((mine.deadline_at - now).total_seconds())),
        "place": place,
        "places": shown.places,
        "answered": sum(one.state == "answered" for one in shown.places),
        "answerable": shown.answerable,
        "groups": shown.groups,
        "total": shown.total,
        "sections": shown.sections,
        "section": shown.sections[mine.section],
        "section_number": mine.section + 1,
        "next_section": shown.sections[mine.section + 1] if mine.section + 1 < len(shown.sections) else None,
        "last_section": mine.section + 1 == len(shown.sections),
        "data": data,
    }


def _answer(request: HttpRequest) -> wire.Answer:
    """Return a plain form's answer as scripts send it: without what is blank, null where nothing is left."""
    found = {
        name: [value for value in values if value.strip() and not value.endswith("=")]
        for name, values in request.POST.lists()
        if name.startswith("answer")
    }
    return {name: values for name, values in found.items() if values} or None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
