"""An attempt's endpoints, JSON both ways. Every one of them first closes what has expired.

Times: `now` and `deadline` are milliseconds since 1970 (UTC), `now_at` and `deadline_at` the same as ISO 8601.
A refusal is {"error": word, "message": sentence, …}:

    401 signed_out     404 not_found      405 method       413 too_large      429 too_often (Retry-After)
    409 pen            another tab writes: epoch, holder, and all that a beat tells
    409 section        it cannot be left: section
    410 closed         receipt, finished_at, url, saved: what of these saves was kept before
    422 malformed      place: nothing of the request was kept; 422 section: place is of a section that was left
    503 busy           the database does not answer (Retry-After): send the same again, under the same keys
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from courses.api.throttling import buckets
from courses.exams import wire
from courses.models import Attempt
from courses.selectors.attempts import get_own_attempt, kept_of, standing
from courses.services import attempts, clock
from courses.services.attempts import Closed, Malformed, PenLost, SectionOver
from labs.refusals import Refusal
from labs.web import act, person

logger = logging.getLogger(__name__)

Endpoint = Callable[[HttpRequest, Attempt, bytes, datetime], dict[str, Any]]


@act
def exam_start(request: HttpRequest, slug: str) -> HttpResponse:
    """Begin an exam, or go on with the attempt that is open. A refusal is a page, as elsewhere on the site."""
    _throttle(request, 10.0)
    attempt = attempts.start(user=person(request), slug=slug, now=clock.now())
    return redirect("attempt", attempt.pk)


class TooOften(Refusal):
    """More requests than anybody sends who sits an exam."""

    status = 429

    def __init__(self, seconds: float) -> None:
        self.seconds = math.ceil(seconds)
        super().__init__(f"Too many requests. Wait {self.seconds} s; your answers are kept in the page.")


class TooLarge(Refusal):
    """A request of more bytes than all answers of an exam."""

    status = 413


def endpoint(view: Endpoint) -> Callable[..., HttpResponse]:
    """Make an endpoint of a function of (request, the person's own attempt, body, the database's time)."""

    @never_cache
    @wraps(view)
    def answer(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
        if request.method != "POST":
            return _said("method", "This address takes POST only.", 405)
        if not request.user.is_authenticated:
            return _said("signed_out", "You are signed out. Sign in again; your answers are kept in the page.", 401)
        attempt: Attempt | None = None
        try:
            now = clock.now()  # when it came: who waits for the lock meanwhile loses nothing by it
            body = _body(request)
            _throttle(request, 1.0 + len(body) / 1024)
            attempt = get_own_attempt(request.user, attempt_id)
            if attempts.close_if_due(attempt_id=attempt.pk, now=now):
                attempt.refresh_from_db()
            return JsonResponse(view(request, attempt, body, now))
        except Refusal as refusal:
            return _refused(refusal, attempt, now)
        except Http404:
            return _said("not_found", "There is no such attempt.", 404)
        except (DatabaseError, InterfaceError):
            logger.exception("An exam's request found no database")
            busy = _said("busy", "The site is busy. Nothing is lost: it is sent again by itself.", 503)
            busy["Retry-After"] = "2"
            return busy

    return answer


@endpoint
def pen(request: HttpRequest, attempt: Attempt, body: bytes, now: datetime) -> dict[str, Any]:
    """Take the pen: this tab writes from now on, and no other."""
    message = _read(body, epoch=False)
    return _standing(attempts.take_pen(attempt=attempt, tab=message.tab, now=now), now)


@endpoint
def save(request: HttpRequest, attempt: Attempt, body: bytes, now: datetime) -> dict[str, Any]:
    """Keep versions of answers, all or none. `saved` says what is kept at each place, durably."""
    message = _read(body)
    try:
        written, saved = attempts.save(
            attempt=attempt, tab=message.tab, epoch=message.epoch, saves=message.saves, now=now
        )
    except Closed as closed:
        keys, places = [one.key for one in message.saves], [one.place for one in message.saves]
        closed.saved = kept_of(closed.attempt, keys, places)
        raise
    return {"saved": saved, **_standing(written, now)}


@endpoint
def beat(request: HttpRequest, attempt: Attempt, body: bytes, now: datetime) -> dict[str, Any]:
    """Say how the attempt stands, with what was added to its time."""
    message = _read(body)
    if attempt.state != Attempt.State.OPEN:
        raise Closed(attempt)
    if attempt.pen != message.tab or attempt.pen_epoch != message.epoch:
        raise PenLost(attempt)
    return _standing(attempt, now)


@endpoint
def section(request: HttpRequest, attempt: Attempt, body: bytes, now: datetime) -> dict[str, Any]:
    """Leave the section `from` for good."""
    message = _read(body, section=True)
    left = attempts.leave_section(
        attempt=attempt, tab=message.tab, epoch=message.epoch, section=message.section, now=now
    )
    return _standing(left, now)


@endpoint
def submit(request: HttpRequest, attempt: Attempt, body: bytes, now: datetime) -> dict[str, Any]:
    """End the attempt. A repeat says the same again."""
    message = _read(body)
    ended, saved = attempts.submit(attempt=attempt, tab=message.tab, epoch=message.epoch, saves=message.saves, now=now)
    return {"saved": saved, **_ending(ended)}


# --- What they share ----------------------------------------------------------------------------------------------


def _read(body: bytes, **how: bool) -> wire.Message:
    try:
        return wire.read(body, **how)
    except wire.BadMessage as error:
        raise Malformed(str(error), error.place) from error


def _body(request: HttpRequest) -> bytes:
    """Return the body. One that does not say how long it is is read no further than the bound."""
    told = request.META.get("CONTENT_LENGTH") or "0"
    body = b"" if told.isdigit() and int(told) > wire.MOST_BYTES else request.read(wire.MOST_BYTES + 1)
    if (not body and told != "0") or len(body) > wire.MOST_BYTES:
        raise TooLarge(f"A request has at most {wire.MOST_BYTES // 1024} KiB. Send the answers in several.")
    return bytes(body)


def _throttle(request: HttpRequest, cost: float) -> None:
    if wait := buckets.take(request.user.pk, cost):
        raise TooOften(wait)


def _standing(attempt: Attempt, now: datetime) -> dict[str, Any]:
    told = standing(attempt, now)
    return {
        "now": _ms(told.now),
        "now_at": _iso(told.now),
        "deadline": _ms(told.deadline),
        "deadline_at": _iso(told.deadline),
        "state": told.state,
        "section": told.section,
        "epoch": told.epoch,
        "holder": told.holder,
        "notices": [{"id": number, "text": text} for number, text in told.notices],
    }


def _ending(attempt: Attempt) -> dict[str, Any]:
    return {
        "receipt": attempt.receipt,
        "finished_at": _iso(attempt.finished_at) if attempt.finished_at else None,
        "state": attempt.state,
        "url": reverse("attempt", args=[attempt.pk]),
    }


def _refused(refusal: Refusal, attempt: Attempt | None, now: datetime) -> HttpResponse:
    match refusal:
        case PenLost():
            return _said("pen", str(refusal), 409, **_standing(refusal.attempt, now))
        case Closed():
            return _said("closed", str(refusal), 410, saved=refusal.saved, **_ending(refusal.attempt))
        case SectionOver() if refusal.places:
            return _said("section", str(refusal), 422, place=refusal.places[0], section=refusal.section)
        case SectionOver():
            return _said("section", str(refusal), 409, section=refusal.section)
        case Malformed():
            return _said("malformed", str(refusal), 422, place=refusal.place)
        case TooLarge():
            return _said("too_large", str(refusal), 413)
        case TooOften():
            answer = _said("too_often", str(refusal), 429)
            answer["Retry-After"] = str(refusal.seconds)
            return answer
    return _said("refused", str(refusal), refusal.status)


def _said(word: str, sentence: str, status: int, **more: Any) -> HttpResponse:
    return JsonResponse({"error": word, "message": sentence, **more}, status=status)


def _ms(moment: datetime) -> int:
    return math.floor(moment.timestamp() * 1000)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
