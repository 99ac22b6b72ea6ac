"""Build a sandbox and let it go: the jobs "provision" and "stop"."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils.module_loading import import_string

from labs import events, jobs
from labs.content import Lab
from labs.models import LabSession, Sandbox
from labs.providers import get_runner
from labs.sandboxes import Provider, Ref
from labs.selectors import lab_of, provider_for, ref_of

logger = logging.getLogger(__name__)

START_LABEL = "Start of the lab"  # of the checkpoint that every reset leads to
SHORTEST = timedelta(minutes=60)
START_SECONDS = 40.0  # for all start blocks of a lab; less than a task may take
SORRY = (
    "Your sandbox could not be built. That is our fault, and it counts as nothing: please start the lab again. "
    "Whoever runs this site has been told."
)


class StartBlockFailed(Exception):
    """A lab's own commands failed in a fresh sandbox: the lab is broken, or the sandbox is."""


def time_for(lab: Lab) -> timedelta:
    """Return how long a session of a lab lives: twice the time that its author thinks it takes, an hour at least."""
    return max(SHORTEST, timedelta(minutes=2 * lab.minutes))


def time_of(session: LabSession) -> timedelta:
    """Return how long a session lives: its lab's time, and what settings.LAB_MORE_TIME knows of its owner."""
    rule: Callable[[Any, str, timedelta], timedelta] = import_string(settings.LAB_MORE_TIME)
    return rule(session.user_id, session.lab_slug, time_for(lab_of(session)))


def provision(*, lease: jobs.Lease) -> None:
    """Build the sandbox of a queued session, run the lab's start blocks in it, and start its clock.

    Run again after a failure it begins with a fresh epoch: nobody knows how far the last attempt came.

    :raises Unavailable: the sandbox host or the runner does not answer.
    :raises StartBlockFailed: a command of the lab failed.
    """
    session = _claim(lease)
    if session is None:
        with jobs.finish(lease, now=lease.now()):
            return
    if lease.attempt > 1:
        lease = _fresh_epoch(lease, session)
    ref = ref_of(session.sandbox)
    provider = provider_for(session)
    if ref.epoch > 1:
        provider.stop(replace(ref, epoch=ref.epoch - 1))
    provider.start(ref)
    _run_start_blocks(session, provider, ref)
    if not session.exam:  # a candidate does not go back, and a thousand begin at once
        provider.checkpoint(ref, START_LABEL)
    _hand_over(lease, session, ref)


def _claim(lease: jobs.Lease) -> LabSession | None:
    """Mark the session as starting and return it, or None where it was ended or reset meanwhile."""
    pk, epoch = lease.payload["session"], lease.payload["epoch"]
    found = LabSession.objects.select_related("sandbox", "lab_revision").filter(pk=pk, sandbox__epoch=epoch)
    queued = LabSession.objects.filter(pk=pk, state=LabSession.State.QUEUED, sandbox__epoch=epoch)
    if queued.update(state=LabSession.State.STARTING):
        events.publish(pk, {"type": "state"})
    return found.filter(state=LabSession.State.STARTING).first()


def _fresh_epoch(lease: jobs.Lease, session: LabSession) -> jobs.Lease:
    with transaction.atomic():
        epoch = session.sandbox.epoch + 1
        lease = jobs.amend(lease, {**lease.payload, "epoch": epoch})
        Sandbox.objects.filter(pk=session.sandbox_id).update(epoch=epoch)
    session.sandbox.epoch = epoch
    return lease


def _run_start_blocks(session: LabSession, provider: Provider, ref: Ref) -> None:
    lab = lab_of(session)
    if not lab.setup:
        return
    credentials = provider.start_credentials(ref)
    report = get_runner().run(lab.setup, credentials, timeout=START_SECONDS)
    if not report.ok:
        step = report.failure
        where = f"{lab.slug} line {step.line}: {step.command!r} gave {step.exit_code}: {step.stderr}" if step else ""
        raise StartBlockFailed(where or f"{lab.slug}: the start blocks did not run")


def _hand_over(lease: jobs.Lease, session: LabSession, ref: Ref) -> None:
    now = lease.now()
    life = time_of(session)
    with jobs.finish(lease, now=now):
        starting = LabSession.objects.filter(pk=session.pk, state=LabSession.State.STARTING, sandbox__epoch=ref.epoch)
        # After a reset both clocks go on.
        ready = starting.update(
            state=LabSession.State.READY,
            ready_at=Coalesce(F("ready_at"), Value(now)),
            expires_at=Coalesce(F("expires_at"), Value(now + life)),
        )
        if not ready:  # ended while we built it
            enqueue_stop(session.sandbox, now=now)
        transaction.on_commit(lambda: events.publish(session.pk, {"type": "state"}))


def could_not_start(payload: dict[str, Any], now: datetime) -> None:
    """Tell the learner that it is our fault, and let the sandbox go."""
    pk = payload["session"]
    waiting = LabSession.objects.filter(pk=pk, state__in=(LabSession.State.QUEUED, LabSession.State.STARTING))
    if waiting.update(state=LabSession.State.FAILED, failure=SORRY, ended_at=now):
        sandbox = Sandbox.objects.get(session=pk)
        let_go(sandbox, now=now)
        transaction.on_commit(lambda: events.publish(pk, {"type": "state"}))


# --- Letting go ---------------------------------------------------------------------------------------------------


def let_go(sandbox: Sandbox, *, now: datetime) -> None:
    """End a sandbox: no call is answered any more, and a worker has its provider drop it."""
    Sandbox.objects.filter(pk=sandbox.pk).update(state=Sandbox.State.ENDED, ended_at=now)
    enqueue_stop(sandbox, now=now)


def enqueue_stop(sandbox: Sandbox, *, now: datetime) -> None:
    """Have the provider drop a sandbox's present epoch."""
    payload = {"sandbox": sandbox.pk, "epoch": sandbox.epoch}
    jobs.enqueue(kind="stop", key=f"stop:{sandbox.pk}:{sandbox.epoch}", payload=payload, now=now)


def stop(*, lease: jobs.Lease) -> None:
    """Have the provider drop a sandbox. Raises Unavailable."""
    sandbox = Sandbox.objects.get(pk=lease.payload["sandbox"])
    provider_for(sandbox).stop(replace(ref_of(sandbox), epoch=lease.payload["epoch"]))
    with jobs.finish(lease, now=lease.now()):
        pass


@jobs.handles("provision", dead=could_not_start)
def _provision(lease: jobs.Lease) -> None:
    provision(lease=lease)


@jobs.handles("stop")
def _stop(lease: jobs.Lease) -> None:
    stop(lease=lease)
