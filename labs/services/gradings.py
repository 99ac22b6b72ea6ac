"""Judge what a learner reached: the request, the job "grade", and what results do to points."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from graders import Outcome
from labs import events, jobs
from labs.models import Grading, LabSession, TaskResult
from labs.scoring import TaskGrade, grade_lab
from labs.selectors import account_of, lab_of, last_seq, provider_for, ref_of
from labs.services.refusals import NotReady, hold_practice

ROUNDING = 0.005  # points are kept to two digits


def request_grading(*, session: LabSession, trigger: str, now: datetime) -> Grading:
    """Ask for a judgement of the session as it stands, and return it (queued).

    One that waits already, or that looks at the very same state, is returned instead of a second one.

    :raises NotReady: the sandbox is being built, or the session is over.
    :raises InExam: it is part of an exam.
    """
    hold_practice(session)
    with transaction.atomic():
        session = locked(session.pk)
        if not session.is_ready:
            raise NotReady(session)
        queued = session.gradings.filter(state=Grading.State.QUEUED, epoch=session.sandbox.epoch)
        seq = last_seq(session.sandbox)
        for waiting in queued.exclude(trigger=Grading.Trigger.END).order_by("requested_at"):
            if waiting.journal_seq in (None, seq):
                return waiting
        grading = make_grading(session, trigger=trigger, now=now)
        jobs.enqueue(kind="grade", key=f"grade:{grading.pk}", payload={"grading": str(grading.pk)}, now=now)
    return grading


def locked(pk: UUID) -> LabSession:
    """Return a session that nobody else changes until the transaction ends."""
    return LabSession.objects.select_related("sandbox", "lab_revision").select_for_update(of=("self",)).get(pk=pk)


def make_grading(session: LabSession, *, trigger: str, now: datetime) -> Grading:
    """Write a queued grading."""
    return Grading.objects.create(session=session, trigger=trigger, epoch=session.sandbox.epoch, requested_at=now)


def outdate(session: LabSession) -> None:
    """Say of all judgements so far that they did not see the present state: an undo changes it without a call."""
    last = last_seq(session.sandbox, mutating=True)
    seen = session.gradings.filter(epoch=session.sandbox.epoch, journal_seq__gte=last)
    if last:
        seen.update(journal_seq=last - 1)


def grade(*, grading_id: UUID | str, lease: jobs.Lease) -> None:
    """Judge a session and write what was found, if the lease still holds then.

    :raises Unavailable: the sandbox host does not answer.
    """
    judged = look(grading_id, states=(LabSession.State.READY, LabSession.State.EXPIRING))
    now = lease.now()
    with jobs.finish(lease, now=now):
        if judged is None:
            # Reset or ended since: there is nothing to judge, and nothing that was asked for is owed.
            _queued(grading_id).delete()
        else:
            write(judged, now=now)


class Judged:
    """What was found in a session: `grades` in the lab's order, within `milliseconds`."""

    def __init__(self, grading: Grading, grades: Sequence[TaskGrade], milliseconds: int) -> None:
        self.grading, self.grades, self.milliseconds = grading, grades, milliseconds


def look(grading_id: UUID | str, *, states: Sequence[str]) -> Judged | None:
    """Look at the sandbox and judge it; None where the session is in another state, or in another epoch."""
    with transaction.atomic():
        # Under the session's lock the call that this look is sure to see is noted: a later request knows by it
        # whether it needs a look of its own.
        grading = Grading.objects.filter(pk=grading_id).first()
        if grading is None:
            return None
        session = locked(grading.session_id)
        if session.state not in states or session.sandbox.epoch != grading.epoch:
            return None
        grading.journal_seq = last_seq(session.sandbox)
        if not _queued(grading_id).update(journal_seq=grading.journal_seq):
            return None
        grading.session = session
    provider_for(session).is_running(ref_of(session.sandbox))  # raises where nobody could answer any check
    begun = time.perf_counter()
    grades = grade_lab(lab_of(session), account_of(session))
    return Judged(grading, grades, round((time.perf_counter() - begun) * 1000))


def write(judged: Judged, *, now: datetime) -> None:
    """Write a judgement and what it does to the session's points, which never go down."""
    grading, session = judged.grading, judged.grading.session
    grades = _keeping_earlier(grading, judged.grades)
    score = round(sum(grade.score for grade in grades), 2)
    points = round(sum(grade.points for grade in grades), 2)
    changed = _queued(grading.pk).update(
        state=Grading.State.DONE,
        finished_at=now,
        milliseconds=judged.milliseconds,
        score=score,
        points=points,
    )
    if not changed:
        return
    TaskResult.objects.bulk_create(
        TaskResult(
            grading=grading,
            task_id=grade.task_id,
            outcome=grade.outcome,
            score=grade.score,
            points=grade.points,
            results=[result.to_dict() for result in grade.results],
        )
        for grade in grades
    )
    LabSession.objects.filter(pk=session.pk, score__lt=score).update(score=score)
    if score >= points - ROUNDING:
        LabSession.objects.filter(pk=session.pk, completed_at=None).update(completed_at=now)
    _keep_first_passes(grading, grades, now=now)
    transaction.on_commit(lambda: events.publish(session.pk, {"type": "grading", "grading": str(grading.pk)}))


def _keep_first_passes(grading: Grading, grades: Sequence[TaskGrade], *, now: datetime) -> None:
    """Have the state kept in which a task was passed for the first time, so that one can go back to there."""
    passed = [grade.task_id for grade in grades if grade.outcome == Outcome.PASSED]
    earlier = TaskResult.objects.filter(
        grading__session=grading.session_id, grading__epoch=grading.epoch, outcome=Outcome.PASSED
    ).exclude(grading=grading)
    known = set(earlier.values_list("task_id", flat=True))
    if grading.trigger == Grading.Trigger.END:
        return
    for task_id in passed:
        if task_id not in known:
            payload = {"session": str(grading.session_id), "epoch": grading.epoch, "task": task_id}
            key = f"checkpoint:{grading.session_id}:{grading.epoch}:{task_id}"[:120]
            jobs.enqueue(kind="checkpoint", key=key, payload=payload, now=now)


def _keeping_earlier(grading: Grading, grades: Sequence[TaskGrade]) -> list[TaskGrade]:
    """Where a check broke, the task keeps the best that it had in this epoch: our fault costs no points."""
    broken = [grade.task_id for grade in grades if grade.outcome == Outcome.ERROR]
    if not broken:
        return list(grades)
    earlier = TaskResult.objects.filter(
        grading__session=grading.session_id, grading__epoch=grading.epoch, task_id__in=broken
    )
    best = dict(earlier.values_list("task_id").annotate(best=Max("score")))
    return [
        replace(grade, score=max(grade.score, best.get(grade.task_id, 0.0))) if grade.task_id in broken else grade
        for grade in grades
    ]


def give_up(grading_id: UUID | str, *, now: datetime) -> None:
    """Mark a grading as one that could not be made: ours, and no zero."""
    if _queued(grading_id).update(state=Grading.State.DEAD, finished_at=now):
        session = Grading.objects.get(pk=grading_id).session_id
        event = {"type": "grading", "grading": str(grading_id)}
        transaction.on_commit(lambda: events.publish(session, event))


def _queued(grading_id: UUID | str) -> Any:
    return Grading.objects.filter(pk=grading_id, state=Grading.State.QUEUED)


def _dead(payload: dict[str, Any], now: datetime) -> None:
    give_up(payload["grading"], now=now)


@jobs.handles("grade", dead=_dead)
def _grade(lease: jobs.Lease) -> None:
    grade(grading_id=lease.payload["grading"], lease=lease)
