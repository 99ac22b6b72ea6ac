"""Skip a task: its solution runs in the learner's sandbox, as the learner, so that the next task can begin.

It is a job: a solution takes seconds. What it does stands in the journal like any call of the learner's, so it can be
read, undone and replayed. The task has an icon of its own then and gives no points. A solution that does not run to its
end leaves nothing behind: the sandbox is as it was before.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from labs import events, jobs
from labs.models import LabSession, TaskSkip
from labs.providers import get_runner
from labs.sandboxes import Unavailable
from labs.selectors import lab_of, last_seq, provider_for, ref_of, task_states
from labs.services.gradings import locked
from labs.services.histories import alone, has_changed, moments, swap
from labs.services.refusals import (
    Away,
    Frozen,
    NothingToSkip,
    NotReady,
    OneAtATime,
    UnknownTask,
    WrongOrder,
    hold_practice,
)

logger = logging.getLogger(__name__)

SECONDS = 25.0  # for a whole solution
BEFORE = "Before skipping: "
OURS = "The solution could not be run. That is our fault, and your sandbox is as it was: try again in a moment."


def skip_task(*, session: LabSession, task_id: str, now: datetime) -> TaskSkip:
    """Have a task done for the learner, by a worker. One that is under way is returned as it is.

    :raises UnknownTask: the lab has no such task.
    :raises NothingToSkip: it is passed, or was skipped.
    :raises WrongOrder: it waits for a task that is neither passed nor skipped.
    :raises NotReady: the session is being built, paused, or over.
    :raises InExam: it is part of an exam.
    """
    hold_practice(session)
    with transaction.atomic():
        session = locked(session.pk)
        if not session.is_ready:
            raise NotReady(session)
        states = {state.task.id: state for state in task_states(session)}
        if task_id not in states:
            raise UnknownTask(task_id)
        state = states[task_id]
        if state.skip and state.skip.state in (TaskSkip.State.QUEUED, TaskSkip.State.RUNNING):
            return state.skip
        if state.outcome == "passed" or (state.skip and state.skip.state == TaskSkip.State.DONE):
            raise NothingToSkip
        for name in state.task.after:
            if not states[name].met:
                raise WrongOrder(states[name].task.title)
        epoch = session.sandbox.epoch
        fresh = {"state": TaskSkip.State.QUEUED, "asked_at": now, "finished_at": None, "problem": "", "seq": 0}
        skip, _ = TaskSkip.objects.update_or_create(session=session, epoch=epoch, task_id=task_id, defaults=fresh)
        payload = {"skip": skip.pk, "session": str(session.pk)}
        jobs.enqueue(kind="skip", key=f"skip:{skip.pk}", payload=payload, now=now)
        transaction.on_commit(lambda: events.publish(session.pk, {"type": "grading"}))
    return skip


def calls_of(skip: TaskSkip) -> int:
    """Return how many calls a solution has made so far: its progress."""
    return max(0, last_seq(skip.session.sandbox) - skip.seq) if skip.state == TaskSkip.State.RUNNING else 0


def run_skip(*, lease: jobs.Lease) -> None:
    """Run the solution of a task. Raises Unavailable, before anything was done."""
    found = TaskSkip.objects.select_related("session__sandbox", "session__lab_revision").filter(
        pk=lease.payload["skip"]
    )
    skip = found.exclude(state=TaskSkip.State.DONE).first()
    if skip is None or not skip.session.is_ready or skip.session.sandbox.epoch != skip.epoch:
        found.update(state=TaskSkip.State.FAILED, finished_at=lease.now())
        with jobs.finish(lease, now=lease.now()):
            return
    now = lease.now()
    try:
        with alone(skip.session, now):
            problem = _run(skip, now)
    except (OneAtATime, Away) as error:
        raise Unavailable(str(error)) from error
    except (NotReady, Frozen) as error:
        problem = str(error)
    _end(lease, skip, problem)


def _run(skip: TaskSkip, now: datetime) -> str:
    """Run it; return why it did not come to its end, or "". In that case the sandbox is as before."""
    session = skip.session
    task, provider, ref = lab_of(session).task(skip.task_id), provider_for(session), ref_of(session.sandbox)
    label = f"{BEFORE}{task.title}"[:100]
    kept = [one for one in moments(session) if one.label == label] if skip.state == TaskSkip.State.RUNNING else []
    if kept:  # a worker that was lost ran a part of it: begin anew
        swap(session, kept[-1].id, now)
    before = kept[-1] if kept else provider.checkpoint(ref, label)
    started = TaskSkip.objects.filter(pk=skip.pk)
    started.update(state=TaskSkip.State.RUNNING, seq=last_seq(session.sandbox))
    events.publish(session.pk, {"type": "grading"})
    # Where our own processes reach the sandbox host, which may not be where the learner does.
    key = provider.learner_credentials(ref)
    key = replace(key, endpoint_url=settings.SANDBOX_INTERNAL_ENDPOINT) if key.endpoint_url else key
    report = get_runner().run(task.solutions, key, timeout=SECONDS)
    if report.ok:
        return ""
    swap(session, before.id, now)
    step = report.failure
    if step is None:
        return OURS
    logger.warning("%s: the solution of %s failed in line %s: %s", session, skip.task_id, step.line, step.stderr)
    said = " ".join((step.stderr or step.stdout).split())[:300]
    return (
        f"The solution did not run to its end in your sandbox as it is, so nothing was changed: "
        f"`{step.command[:120]}` said: {said} Begin this task anew, and skip it then."
    )


def _end(lease: jobs.Lease, skip: TaskSkip, problem: str) -> None:
    now = lease.now()
    with jobs.finish(lease, now=now):
        state = TaskSkip.State.FAILED if problem else TaskSkip.State.DONE
        TaskSkip.objects.filter(pk=skip.pk).update(state=state, problem=problem, finished_at=now)
        has_changed(skip.session, now)
        transaction.on_commit(lambda: events.publish(skip.session_id, {"type": "grading"}))


def _dead(payload: dict[str, Any], now: datetime) -> None:
    waits = TaskSkip.objects.filter(pk=payload["skip"]).exclude(state=TaskSkip.State.DONE)
    if waits.update(state=TaskSkip.State.FAILED, problem=OURS, finished_at=now):
        transaction.on_commit(lambda: events.publish(payload["session"], {"type": "grading"}))


@jobs.handles("skip", dead=_dead)
def _skip(lease: jobs.Lease) -> None:
    run_skip(lease=lease)
