"""Judge what a learner reached: the request, the job "grade", and what results do to points."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from graders import Outcome
from labs import events, jobs, outbox
from labs.content import Lab
from labs.models import Grading, LabSession, TaskResult
from labs.scoring import TaskGrade, grade_lab
from labs.selectors import account_of, lab_of, last_seq, provider_for, ref_of
from labs.services.refusals import NotReady, hold_practice
from labs.standing import Standing, standing_of

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
        waits = session.gradings.filter(state=Grading.State.QUEUED, epoch=session.sandbox.epoch)
        seq = last_seq(session.sandbox)
        for waiting in waits.exclude(trigger=Grading.Trigger.END).exclude(partial=True).order_by("requested_at"):
            if waiting.journal_seq in (None, seq):
                return waiting
        grading = make_grading(session, trigger=trigger, now=now)
        jobs.enqueue(kind="grade", key=f"grade:{grading.pk}", payload={"grading": str(grading.pk)}, now=now)
    return grading


def locked(pk: UUID) -> LabSession:
    """Return a session that nobody else changes until the transaction ends."""
    return LabSession.objects.select_related("sandbox", "lab_revision").select_for_update(of=("self",)).get(pk=pk)


def make_grading(session: LabSession, *, trigger: str, now: datetime, **more: Any) -> Grading:
    """Write a queued grading."""
    known = {"trigger": trigger, "epoch": session.sandbox.epoch, "requested_at": now, **more}
    return Grading.objects.create(session=session, **known)


def outdate(session: LabSession) -> None:
    """Say of all judgements so far that they did not see the present state: an undo changes it without a call."""
    session.gradings.filter(epoch=session.sandbox.epoch).update(journal_seq=0)


def grade(*, grading_id: UUID | str, lease: jobs.Lease) -> None:
    """Judge a session and write what was found, if the lease still holds then.

    :raises Unavailable: the sandbox host does not answer.
    """
    judged = look(grading_id, states=(LabSession.State.READY, LabSession.State.EXPIRING))
    now = lease.now()
    with jobs.finish(lease, now=now):
        if judged is None:
            # Reset or ended since: there is nothing to judge, and nothing that was asked for is owed.
            queued(grading_id).delete()
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
        if not queued(grading_id).update(journal_seq=grading.journal_seq):
            return None
        grading.session = session
    provider_for(session).is_running(ref_of(session.sandbox))  # raises where nobody could answer any check
    lab = lab_of(session)
    begun = time.perf_counter()
    grades = grade_lab(lab, account_of(session), met=standing_of(session).met(lab))
    return Judged(grading, grades, round((time.perf_counter() - begun) * 1000))


def write(judged: Judged, *, now: datetime, standing: Standing | None = None) -> None:
    """Write a judgement and what it does to the session's points, which never go down.

    `standing` is what stood when it began; it is looked up where it is not told.
    """
    grading, session = judged.grading, judged.grading.session
    standing = standing or standing_of(session, epoch=grading.epoch)
    grades = _what_counts(judged.grades, standing)
    score = round(sum(grade.score for grade in grades), 2)
    points = round(sum(grade.points for grade in grades), 2)
    changed = queued(grading.pk).update(
        state=Grading.State.DONE,
        finished_at=now,
        milliseconds=judged.milliseconds,
        score=score,
        points=points,
        partial=grading.partial,
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
    earned = earned_by(lab_of(session), grades, standing)
    LabSession.objects.filter(pk=session.pk, score__lt=earned).update(score=earned)
    all_done = points and earned >= points - ROUNDING  # a playground has nothing to complete
    if all_done and LabSession.objects.filter(pk=session.pk, completed_at=None).update(completed_at=now):
        _record("lab.completed", session, now, score=earned, points=points)
    for grade in grades:
        if grade.outcome == Outcome.PASSED and grade.task_id not in standing.ever_passed | standing.skipped:
            _record("lab.task_passed", session, now, task=grade.task_id)
    _keep_first_passes(grading, grades, standing, now=now)
    transaction.on_commit(lambda: events.publish(session.pk, {"type": "grading", "grading": str(grading.pk)}))


def _record(kind: str, session: LabSession, now: datetime, **told: Any) -> None:
    if not session.exam:
        data = {"lab": session.lab_slug, **told}
        outbox.record(kind=kind, user=session.user_id, subject=session.pk, data=data, at=now)


def earned_by(lab: Lab, grades: Sequence[TaskGrade], standing: Standing) -> float:
    """Return the points of a session: of each task the best that it ever had, less what its hints cost.

    A task that must stay as it is has what it has now.
    """
    stays = {task.id for task in lab.tasks if task.stays}
    total = 0.0
    for grade in grades:
        best = grade.score if grade.task_id in stays else max(grade.score, standing.best.get(grade.task_id, 0.0))
        total += max(0.0, best - standing.costs.get(grade.task_id, 0.0))
    return round(total, 2)


def _what_counts(grades: Sequence[TaskGrade], standing: Standing) -> list[TaskGrade]:
    """Give no points for what was done for the learner, and where a check broke the best that the task had: our fault
    costs nothing."""
    counted = []
    for grade in grades:
        if grade.task_id in standing.skipped:
            grade = replace(grade, score=0.0)
        elif grade.outcome == Outcome.ERROR:
            grade = replace(grade, score=max(grade.score, standing.best.get(grade.task_id, 0.0)))
        counted.append(grade)
    return counted


def _keep_first_passes(grading: Grading, grades: Sequence[TaskGrade], standing: Standing, *, now: datetime) -> None:
    """Have the state kept in which a task was passed for the first time, so that one can go back to there."""
    if grading.trigger == Grading.Trigger.END:
        return
    for grade in grades:
        if grade.outcome == Outcome.PASSED and grade.task_id not in standing.ever_passed:
            payload = {"session": str(grading.session_id), "epoch": grading.epoch, "task": grade.task_id}
            key = f"checkpoint:{grading.session_id}:{grading.epoch}:{grade.task_id}"[:120]
            jobs.enqueue(kind="checkpoint", key=key, payload=payload, now=now)


def give_up(grading_id: UUID | str, *, now: datetime) -> None:
    """Mark a grading as one that could not be made: ours, and no zero."""
    if queued(grading_id).update(state=Grading.State.DEAD, finished_at=now):
        session = Grading.objects.get(pk=grading_id).session_id
        event = {"type": "grading", "grading": str(grading_id)}
        transaction.on_commit(lambda: events.publish(session, event))


def queued(grading_id: UUID | str) -> Any:
    """Return the rows of a grading that nobody has written yet: one, or none."""
    return Grading.objects.filter(pk=grading_id, state=Grading.State.QUEUED)


def _dead(payload: dict[str, Any], now: datetime) -> None:
    give_up(payload["grading"], now=now)


@jobs.handles("grade", dead=_dead)
def _grade(lease: jobs.Lease) -> None:
    grade(grading_id=lease.payload["grading"], lease=lease)
