"""Go back: undo the last change, keep a checkpoint, return to one; and hold a sandbox still."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Final

from labs import events, jobs
from labs.acting import boto_account
from labs.compare import Comparison, compare
from labs.explorer.reading import inventory
from labs.models import LabSession, Sandbox
from labs.sandboxes import CannotFork, Moment, Unavailable
from labs.selectors import account_of, lab_of, last_change, provider_for, ref_of, services_in_use
from labs.services.gradings import outdate
from labs.services.live import judge_soon
from labs.services.provisioning import START_LABEL
from labs.services.refusals import (
    Away,
    ChangedMeanwhile,
    Frozen,
    NothingToUndo,
    NotReady,
    OneAtATime,
    TooManyCheckpoints,
    UnknownMoment,
)

logger = logging.getLogger(__name__)

MOST_CHECKPOINTS: Final = 20  # a session, those that are kept by themselves too: each holds a whole state
MOST_LETTERS: Final = 60
# The longest that going back may take; whoever takes longer has been lost.
LONGEST: Final = timedelta(seconds=35)
TASK_PREFIX: Final = "Task: "


def undo_last(*, session: LabSession, now: datetime, seq: int | None = None) -> Moment:
    """Take back the learner's last change; return the moment that leads here again.

    `seq` is the call that the learner was shown as the last change: a second click takes back nothing else.

    :raises NotReady: it is being built, or is over.
    :raises Frozen: its sandbox is frozen.
    :raises NothingToUndo: nothing was changed, or all of it was taken back.
    :raises ChangedMeanwhile: the last change is not call `seq`.
    :raises OneAtATime: the session is on its way to another state already.
    :raises Away: the sandbox host does not answer.
    """
    with alone(session, now):
        last = last_change(session)
        if last is None:
            raise NothingToUndo
        if seq not in (None, last.seq):
            raise ChangedMeanwhile
        try:
            moment = provider_for(session).undo(ref_of(session.sandbox), last.seq)
        except Unavailable as error:
            found = last_change(session)
            if found is None or found.seq != last.seq:
                raise ChangedMeanwhile from error
            logger.warning("%s: no undo: %s", session, error)
            raise Away from error
        has_changed(session, now)
    return moment


def go_back(*, session: LabSession, moment: int, now: datetime) -> Moment:
    """Be as at a checkpoint, or as before the last way back; return the moment that leads here again.

    Raises as undo_last() does, and UnknownMoment where there is none of that id in this life of the sandbox.
    """
    with alone(session, now):
        return swap(session, moment, now)


def swap(session: LabSession, moment: int, now: datetime) -> Moment:
    """Be as at a moment, for whoever is `alone` with the session; return the moment that leads here again."""
    _moment(session, moment)
    try:
        here = provider_for(session).go_back(ref_of(session.sandbox), moment)
    except Unavailable as error:
        logger.warning("%s: no way back: %s", session, error)
        raise Away from error
    has_changed(session, now)
    return here


def keep_checkpoint(*, session: LabSession, label: str, now: datetime) -> Moment:
    """Keep the state as it is now, under a label ("Checkpoint 3" where it is empty).

    Raises as undo_last() does, and TooManyCheckpoints.
    """
    with alone(session, now):
        kept = _checkpoints(session)
        own = sum(not one.label.startswith(TASK_PREFIX) for one in kept)
        made = _keep(session, _clean(label) or f"Checkpoint {own + 1}", kept)
        events.publish(session.pk, {"type": "history"})
    return made


def moments(session: LabSession) -> list[Moment]:
    """Return what one can go back to, the oldest first: checkpoints, and before the last way back. Raises Away."""
    try:
        return provider_for(session).checkpoints(ref_of(session.sandbox))
    except Unavailable as error:
        raise Away from error


def changes_since(*, session: LabSession, moment: int) -> tuple[Moment, Comparison]:
    """Return a moment, and what has changed since then.

    :raises NotReady: the session has no sandbox to look at.
    :raises UnknownMoment: there is no such moment in this life of the sandbox.
    :raises Away: the sandbox host does not answer.
    """
    if not session.is_ready:
        raise NotReady(session)
    then, provider, wanted = _moment(session, moment), provider_for(session), services_in_use(session)
    try:
        past = provider.past(ref_of(session.sandbox), moment)
    except (Unavailable, CannotFork) as error:
        logger.warning("%s: no look at the past: %s", session, error)
        raise Away from error
    try:
        before = inventory(boto_account(provider.grader_credentials(past)), wanted)
    finally:
        with suppress(Unavailable):  # it ends by itself
            provider.stop(past)
    return then, compare(before, inventory(account_of(session), wanted))


# --- Holding still ------------------------------------------------------------------------------------------------


def freeze(*, session: LabSession, now: datetime) -> None:
    """Hold the sandbox of a session still: graders read it, and nobody else gets an answer. Idempotent.

    :raises NotReady: it is being built, or is over.
    """
    _turn_into(session, Sandbox.State.LIVE, Sandbox.State.FROZEN)


def thaw(*, session: LabSession, now: datetime) -> None:
    """Let a frozen sandbox go on where it was. Idempotent.

    :raises NotReady: it is being built, or is over.
    """
    _turn_into(session, Sandbox.State.FROZEN, Sandbox.State.LIVE)


def _turn_into(session: LabSession, before: str, after: str) -> None:
    mine = Sandbox.objects.filter(pk=session.sandbox_id, session__state=LabSession.State.READY)
    changed = mine.filter(state=before).update(state=after)
    session.refresh_from_db()
    if not session.is_ready:
        raise NotReady(session)
    if changed:
        events.publish(session.pk, {"type": "state"})


# --- What they share ----------------------------------------------------------------------------------------------


@contextmanager
def alone(session: LabSession, now: datetime) -> Iterator[None]:
    """Let one act at a time through, and only where the sandbox may be changed.

    The turn is a row, and no lock of a transaction: the sandbox host writes to the same database meanwhile.
    """
    name = f"history:{session.sandbox_id}"
    if not jobs.take_turn(name, every=LONGEST, now=now):
        raise OneAtATime
    try:
        session.refresh_from_db()
        if not session.is_ready:
            raise NotReady(session)
        if session.sandbox.state == Sandbox.State.FROZEN:
            raise Frozen
        yield
    finally:
        jobs.end_turn(name, until=now + LONGEST)


def has_changed(session: LabSession, now: datetime) -> None:
    """Have the state judged and shown anew."""
    outdate(session)
    number, epoch = session.sandbox_id, session.sandbox.epoch
    judge_soon(session=str(session.pk), sandbox_number=number, epoch=epoch, now=now)
    Sandbox.objects.filter(pk=number).update(last_call_at=now)  # whoever goes back is not idle
    events.publish(session.pk, {"type": "state"})


def _moment(session: LabSession, moment: int) -> Moment:
    found = next((one for one in moments(session) if one.id == moment), None)
    if found is None:
        raise UnknownMoment
    return found


def _checkpoints(session: LabSession) -> list[Moment]:
    # The start of the lab is no choice of the learner's, and takes no room of theirs.
    return [one for one in moments(session) if one.kind == "checkpoint" and one.label != START_LABEL]


def _keep(session: LabSession, label: str, kept: list[Moment]) -> Moment:
    if len(kept) >= MOST_CHECKPOINTS:
        raise TooManyCheckpoints(MOST_CHECKPOINTS)
    try:
        return provider_for(session).checkpoint(ref_of(session.sandbox), label)
    except Unavailable as error:
        logger.warning("%s: no checkpoint: %s", session, error)
        raise Away from error


def _clean(label: str) -> str:
    """Return a label as one line that shows all it holds: no control characters, none that turn the direction."""
    return " ".join("".join(each if each.isprintable() else " " for each in label).split())[:MOST_LETTERS].strip()


@jobs.handles("checkpoint")
def _keep_task(lease: jobs.Lease) -> None:
    """Keep the state in which a task was passed. Nobody waits for it: where it cannot be kept, there is none."""
    pk, epoch, task_id = (lease.payload[name] for name in ("session", "epoch", "task"))
    now = lease.now()
    ready = LabSession.objects.select_related("sandbox", "lab_revision").filter(sandbox__epoch=epoch)
    session = ready.filter(pk=pk, state=LabSession.State.READY).first()
    try:
        if session is not None:
            with alone(session, now):
                label = TASK_PREFIX + _clean(lab_of(session).task(task_id).title)
                _keep(session, label, _checkpoints(session))
                events.publish(session.pk, {"type": "history"})
    except OneAtATime as error:
        raise Unavailable("the learner is going back at this moment") from error
    except (NotReady, Frozen, TooManyCheckpoints, Away) as error:
        logger.warning("%s: no checkpoint of task %s: %s", session, task_id, error)
    with jobs.finish(lease, now=lease.now()):
        pass
