"""Begin a task anew, or the whole lab; and bring back what was there before, within seconds or later by History.

Both are ways back (labs/services/histories.py): to the checkpoint of the last task before this one that was passed, or
to the start of the lab. Nothing is deleted by them. What they add is that the tasks are open again: a task that was
passed or skipped before its restart is not held to be so any more. Points, hints and the clock stay.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F

from labs import events
from labs.content import Task
from labs.models import LabSession
from labs.sandboxes import Moment
from labs.selectors import lab_of
from labs.services.histories import TASK_PREFIX, alone, moments, swap
from labs.services.provisioning import START_LABEL
from labs.services.refusals import Away, NoWayBack, UnknownMoment, UnknownTask, hold_practice
from labs.services.sessions import reset_session

WINDOW: Final = timedelta(seconds=10)  # the page offers the way back for so long …
ASKED_LATE: Final = timedelta(minutes=5)  # … and takes it for this long: a toast that somebody reads stays open


@dataclass(frozen=True)
class Return:
    """Where the reset of a task leads: a moment, or None for the start of a lab that no checkpoint was kept of."""

    task: Task
    moment: Moment | None
    after: str  # the title of the task that had been passed then; "": the start of the lab


def return_of(*, session: LabSession, task_id: str) -> Return:
    """Return where a reset of a task would lead. Raises UnknownTask, Away."""
    lab = lab_of(session)
    try:
        task = lab.task(task_id)
    except KeyError:
        raise UnknownTask(task_id) from None
    kept = moments(session)
    for earlier in reversed(lab.tasks[: lab.tasks.index(task)]):
        # The newest one of that name: the last time that it was passed.
        if found := [one for one in kept if one.label == _label(earlier)]:
            return Return(task, found[-1], earlier.title)
    return Return(task, _start(kept), "")


def reset_task(*, session: LabSession, task_id: str, now: datetime) -> LabSession:
    """Have the sandbox as it was when the task before this one was passed; this task and those after it are open again.

    Raises as go_back() does, and UnknownTask, InExam.
    """
    hold_practice(session)
    to = return_of(session=session, task_id=task_id)
    if to.moment is None:
        return reset_session(session=session, now=now)
    lab = lab_of(session)
    again = [task.id for task in lab.tasks[lab.tasks.index(to.task) :]]
    return _restart(session, to.moment, again, f"Task “{to.task.title}” begun anew", now)


def restart_session(*, session: LabSession, now: datetime) -> LabSession:
    """Have the sandbox as it was when the lab began, all tasks open.

    Where that was not kept, or the sandbox does not answer, it is built again, which cannot be taken back.
    Raises as go_back() does, and InExam.
    """
    hold_practice(session)
    start = None
    if session.is_ready:
        with suppress(Away):
            start = _start(moments(session))
    if start is None:
        return reset_session(session=session, now=now)
    every = [task.id for task in lab_of(session).tasks]
    session = _restart(session, start, every, "The lab begun anew", now)
    LabSession.objects.filter(pk=session.pk).update(resets=F("resets") + 1)
    session.refresh_from_db()
    return session


def bring_back(*, session: LabSession, moment: int, now: datetime) -> LabSession:
    """Take the last reset back: the sandbox and the tasks are as they were before it.

    What was changed since goes with it, and is in History.

    :raises NoWayBack: that is too long ago, or was taken back already.
    Raises as go_back() does, too.
    """
    hold_practice(session)
    with alone(session, now):
        told = session.way_back
        if told.get("moment") != moment or now.timestamp() > told["until"]:
            raise NoWayBack
        try:
            swap(session, moment, now)
        except UnknownMoment as error:
            raise NoWayBack from error
        session.restarts, session.way_back = told["restarts"], {}
        session.save(update_fields=["restarts", "way_back"])
        events.publish(session.pk, {"type": "grading"})
    return session


def _restart(session: LabSession, moment: Moment, tasks: list[str], label: str, now: datetime) -> LabSession:
    with alone(session, now):
        here = swap(session, moment.id, now)
        session.way_back = {
            "moment": here.id,
            "restarts": session.restarts,
            "until": (now + ASKED_LATE).timestamp(),
            "offered": (now + 3 * WINDOW).timestamp(),  # to a page that is slow to come, too
            "label": label,
        }
        session.restarts = {**session.restarts, **dict.fromkeys(tasks, now.timestamp())}
        session.save(update_fields=["restarts", "way_back"])
        events.publish(session.pk, {"type": "grading"})
    return session


def _label(task: Task) -> str:
    # As labs/services/histories.py writes it: a title is one line, and cut.
    return TASK_PREFIX + " ".join(task.title.split())[:60].strip()


def _start(kept: list[Moment]) -> Moment | None:
    return next((one for one in kept if one.label == START_LABEL), None)
