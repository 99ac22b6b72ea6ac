"""Labs inside attempts: each is built when its section begins, held still when that ends, and graded from its journal.

WAITING   its section has not begun
OPEN      the candidate works in it; at the deadline its sandbox is held still, whether or not the attempt is closed
FROZEN    its section was left, or the attempt is over: N is noted, and calls 1 to N are judged in a clean cell
GRADED    the results stand; OWED: they could not be had, which is ours to settle and never a zero
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction

from courses.exams import timing
from courses.models import Attempt, Event, LabPlace
from courses.services.credits import credit
from graders import Outcome
from labs import jobs
from labs.models import LabSession, Sandbox
from labs.sandboxes import Unavailable
from labs.scoring import TaskGrade
from labs.services import examined

logger = logging.getLogger(__name__)

GRADE: Final = "exam-lab"
SCORE: Final = "score"
PATIENCE: Final = timedelta(seconds=10)  # a sandbox that is built within it has cost nobody anything


class Broken(Exception):
    """A check broke: judged again, it may not."""


# --- Its way through an attempt -------------------------------------------------------------------------------------


def make_places(attempt: Attempt, *, now: datetime) -> None:
    """Pin the labs of an attempt's form, and begin those of its first section. Within the start's transaction."""
    rows = [
        LabPlace(attempt=attempt, place=place, section=section, lab_slug=slug, revision_id=examined.pin_lab(slug))
        for place, section, slug in _labs(attempt)
    ]
    if rows:
        LabPlace.objects.bulk_create(rows)
    if any(row.section == 0 for row in rows):
        open_section(attempt, 0, now=now)


def _labs(attempt: Attempt) -> list[tuple[int, int, str]]:
    """Return (place, section, slug) of each lab of a form."""
    numbered = [(section, place) for section, one in enumerate(attempt.form["sections"]) for place in one["places"]]
    return [
        (number, section, place["item_id"].removeprefix("lab-"))
        for number, (section, place) in enumerate(numbered)
        if place["type"] == "lab"
    ]


def open_section(attempt: Attempt, section: int, *, now: datetime) -> None:
    """Begin the labs of a section: a worker builds their sandboxes."""
    waiting = LabPlace.objects.filter(attempt=attempt, section=section, state=LabPlace.State.WAITING)
    for row in waiting.select_related("revision"):
        row.session = examined.begin(
            user=attempt.user, revision=row.revision, provider=settings.SANDBOX_PROVIDER, now=now
        )
        row.state, row.opened_at = LabPlace.State.OPEN, now
        row.save(update_fields=["session", "state", "opened_at"])
        _note(attempt, "lab opened", now, row, {"session": str(row.session_id)})


def freeze(attempt: Attempt, *, at: datetime, now: datetime, section: int | None = None) -> None:
    """End the labs of an attempt (or of the section that is left): nobody works in them any more. In its transaction."""
    found = LabPlace.objects.filter(attempt=attempt, state=LabPlace.State.OPEN).select_related("session")
    for row in found if section is None else found.filter(section=section):
        assert row.session
        examined.hold(row.session)
        row.state, row.frozen_at = LabPlace.State.FROZEN, at
        row.save(update_fields=["state", "frozen_at"])
        _note(attempt, "lab frozen", now, row, {"frozen_at": at.isoformat()})
        _enqueue(row, now)


def hold_at_deadlines(*, now: datetime) -> int:
    """Hold the labs of attempts whose time is over, and release those that got more; return how many changed."""
    changed = 0
    mine = LabPlace.objects.filter(state=LabPlace.State.OPEN, attempt__state=Attempt.State.OPEN).select_related(
        "session"
    )
    late = mine.filter(attempt__deadline_at__lte=now, session__sandbox__state=Sandbox.State.LIVE)
    early = mine.filter(attempt__deadline_at__gt=now, session__sandbox__state=Sandbox.State.FROZEN)
    for rows, turn in ((late, examined.hold), (early, examined.release)):
        for row in rows:
            assert row.session
            turn(row.session)
            changed += 1
    return changed


def credit_waiting(*, now: datetime) -> int:
    """Give candidates the time back that they waited for a sandbox; return how many credits that were."""
    given = 0
    ready = LabPlace.objects.filter(
        state=LabPlace.State.OPEN, attempt__state=Attempt.State.OPEN, session__ready_at__isnull=False
    )
    for row in ready.select_related("session", "attempt").defer("attempt__form"):
        assert row.session and row.session.ready_at and row.opened_at
        waited = row.session.ready_at - row.opened_at
        if waited > PATIENCE:
            why = f"The sandbox of {row.lab_slug} was ready after {waited.total_seconds():.0f} s."
            key = f"lab:{row.session_id}:ready"
            seconds = round(waited.total_seconds())
            given += credit(attempt=row.attempt, seconds=seconds, key=key, reason=why, actor=None, now=now) is not None
    return given


# --- Grading --------------------------------------------------------------------------------------------------------


def _enqueue(row: LabPlace, now: datetime) -> None:
    jobs.enqueue(kind=GRADE, key=f"{GRADE}:{row.pk}", payload={"place": row.pk}, now=now)


@jobs.handles(GRADE, dead=lambda payload, now: _owe(payload["place"], now))
def _grade(lease: jobs.Lease) -> None:
    grade_place(lease=lease)


def grade_place(*, lease: jobs.Lease) -> None:
    """Note N, keep the evidence, judge it in a clean cell, and let the sandbox go.

    :raises Unavailable: the sandbox host does not answer. :raises Broken: a check did.
    """
    row = LabPlace.objects.select_related("session__sandbox", "session__lab_revision", "attempt").get(
        pk=lease.payload["place"]
    )
    session, grades = row.session, None
    if row.state == LabPlace.State.FROZEN and session is not None:
        if session.state == LabSession.State.STARTING:
            raise Unavailable("its sandbox is being built still")
        if session.is_ready:
            _note_evidence(row, session)
            grades = judge(row)
    now = lease.now()
    with jobs.finish(lease, now=now):
        if row.state != LabPlace.State.FROZEN:
            return
        if grades is None:  # it was never built: the candidate had no lab
            _owe(row.pk, now)
        else:
            _write(row, grades, now)
        if session is not None:
            examined.end(session=session, now=now)


def _note_evidence(row: LabPlace, session: LabSession) -> None:
    """Write down what is judged, before it is: a second attempt at grading judges the same."""
    if row.journal_seq is not None:
        return
    assert row.frozen_at
    row.epoch, row.journal_seq = examined.stand_still(session=session, upto=row.frozen_at + timing.GRACE)
    row.snapshot_id = examined.keep_evidence(session)
    row.save(update_fields=["epoch", "journal_seq", "snapshot"])


def judge(row: LabPlace) -> list[TaskGrade]:
    """Judge the evidence of a place, now or years later. Raises Unavailable; Broken where a check broke."""
    assert row.session and row.epoch is not None and row.journal_seq is not None
    grades = examined.grade_journal(session=row.session, epoch=row.epoch, seq=row.journal_seq)
    broken = [one.task_id for one in grades if one.outcome == Outcome.ERROR]
    if broken:
        raise Broken(f"{row.lab_slug}: the checks of {', '.join(broken)} broke")
    return grades


def _write(row: LabPlace, grades: Sequence[TaskGrade], now: datetime) -> None:
    results = as_results(grades)
    LabPlace.objects.filter(pk=row.pk, state__in=(LabPlace.State.FROZEN, LabPlace.State.OWED)).update(
        state=LabPlace.State.GRADED, results=results, digest=digest(results), graded_at=now
    )
    earned = sum(one["score"] for one in results)
    _note(row.attempt, "lab graded", now, row, {"seq": row.journal_seq, "digest": digest(results), "score": earned})
    _score(row.attempt, now)


def _owe(pk: int, now: datetime) -> None:
    """Say that a lab could not be graded: ours to settle, and the attempt waits for it."""
    if LabPlace.objects.filter(pk=pk, state=LabPlace.State.FROZEN).update(state=LabPlace.State.OWED):
        row = LabPlace.objects.select_related("attempt").get(pk=pk)
        _note(row.attempt, "lab owed", now, row, {})
        logger.error("%s could not be graded: `manage.py exam_lab grade %s %d`", row, row.attempt_id, row.place)


def grade_again(*, row: LabPlace, now: datetime) -> bool:
    """Judge the evidence once more; return whether it comes to the same. One that is owed is settled by it.

    Raises Unavailable, Broken.
    """
    results = as_results(judge(row))
    if row.state == LabPlace.State.OWED:
        with transaction.atomic():
            _write(row, judge(row), now)
        return True
    return digest(results) == row.digest


def as_results(grades: Sequence[TaskGrade]) -> list[dict[str, Any]]:
    """Return grades as LabPlace.results holds them."""
    return [
        {
            "id": one.task_id,
            "outcome": str(one.outcome),
            "score": one.score,
            "points": one.points,
            "checks": [result.to_dict() for result in one.results],
        }
        for one in grades
    ]


def digest(results: Sequence[dict[str, Any]]) -> str:
    """Return the SHA-256 (hex) of what results are worth: how long a check took, and its wording, do not matter."""
    worth = [
        [one["id"], one["outcome"], one["score"], one["points"], [check["outcome"] for check in one["checks"]]]
        for one in results
    ]
    return hashlib.sha256(json.dumps(worth).encode()).hexdigest()


def _score(attempt: Attempt, now: datetime) -> None:
    """Have the attempt scored, if it is over: it waited for this."""
    if Attempt.objects.filter(pk=attempt.pk).exclude(state=Attempt.State.OPEN).exists():
        jobs.enqueue(kind=SCORE, key=f"{SCORE}:{attempt.pk}", payload={"attempt": str(attempt.pk)}, now=now)


def _note(attempt: Attempt, kind: str, now: datetime, row: LabPlace, data: dict[str, Any]) -> None:
    Event.objects.create(attempt=attempt, kind=kind, at=now, data={"place": row.place, "lab": row.lab_slug, **data})
