"""The row is the queue. Celery is the bell: it is told a job's id on commit, and may lose it.

    enqueue   in the transaction that wants the work; the same key twice is one row
    claim     one conditional update, the same on PostgreSQL and SQLite; gives a lease of 20 s, kept up by a heartbeat
    finish    the lease's token is checked in the transaction that writes the results: a zombie's late write is refused
    fail      try again a little later; the third time DEAD, and whoever waits for it is told
    sweep     leases that ran out, bells that were lost

A job that is asked for again while it runs is run once more. While leased, `not_before` says so: it is NEVER, or the
time of the new request.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from celery import current_app
from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from labs import bell
from labs.models import Job
from labs.sandboxes import Unavailable

logger = logging.getLogger(__name__)

TASK = "labs.run_job"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
LEASE = timedelta(seconds=20)
HEARTBEAT = 5.0  # seconds
ATTEMPTS = 3
BACKOFF = (timedelta(seconds=1), timedelta(seconds=4))
# A sandbox host that restarts is no failed attempt: the job waits for it, this long.
PATIENCE = timedelta(seconds=90)
PAUSE = timedelta(seconds=1)
# A bell that rings early (two machines' clocks) counts as on time.
EARLY = timedelta(milliseconds=100)
# A job that is due and unclaimed for so long has lost its bell, or waits in a long queue: ring again, a few at a time.
LOST = timedelta(seconds=3)
AT_A_TIME = 50
KEEP = timedelta(days=1)


class LeaseLost(Exception):
    """Somebody else has this job now: whatever was found must not be written."""


@dataclass(frozen=True)
class Lease:
    """The right to do a job and to write its results.

    `attempt` counts from 1; `created_at` is when it was asked for; `now()` is the worker's clock.
    """

    job_id: UUID
    token: UUID
    kind: str
    key: str
    payload: dict[str, Any]
    attempt: int
    created_at: datetime
    now: Callable[[], datetime] = timezone.now


@dataclass(frozen=True)
class Handler:
    """How a kind of job is done, and what is to be said where it cannot be (in the transaction that gives it up).

    `seconds` is how long it may take, where that is longer than a task of Celery's may here.
    """

    run: Callable[[Lease], None]
    dead: Callable[[dict[str, Any], datetime], None] | None
    seconds: float | None = None


@dataclass(frozen=True)
class Swept:
    """What a sweep found: leases that ran out, jobs given up, bells rung again."""

    expired: int
    dead: int
    rung: int


_handlers: dict[str, Handler] = {}


def handles(
    kind: str, *, dead: Callable[[dict[str, Any], datetime], None] | None = None, seconds: float | None = None
) -> Callable[[Callable[[Lease], None]], Callable[[Lease], None]]:
    """Register the function that does jobs of a kind. It writes its results within `with finish(lease):`.

    :param dead: called with the payload and the time when the job is given up.
    :param seconds: how long one may take, where that is longer than CELERY_TASK_TIME_LIMIT.
    """

    def register(run: Callable[[Lease], None]) -> Callable[[Lease], None]:
        _handlers[kind] = Handler(run, dead, seconds)
        return run

    return register


# --- Asking -------------------------------------------------------------------------------------------------------


def enqueue(*, kind: str, key: str, payload: dict[str, Any], now: datetime, delay: timedelta = timedelta(0)) -> None:
    """Have a job done once its transaction commits, `delay` later at the earliest.

    A job of that key that waits already is left as it is. One that runs is run again after that, since it may have
    looked at the world before our change. One that is done or was given up begins anew.
    """
    # First a look without a lock: most calls of a busy learner find that the job waits.
    found = Job.objects.filter(key=key).values_list("pk", "state").first()
    if found and found[1] == Job.State.READY:
        return
    when = now + delay
    fresh = {"not_before": when, "payload": payload, "created_at": now}
    if found:
        leased = When(state=Job.State.LEASED, then=F("state"))
        attempts = Case(When(state=Job.State.LEASED, then=F("attempts")), default=Value(0))
        changed = (
            Job.objects.filter(pk=found[0])
            .exclude(state=Job.State.READY)
            .update(state=Case(leased, default=Value(Job.State.READY)), attempts=attempts, **fresh)
        )
        if not changed:
            return
        pk = found[0]
    else:
        job, made = Job.objects.get_or_create(key=key, defaults={"kind": kind, **fresh})
        if not made:  # somebody else was as quick
            return enqueue(kind=kind, key=key, payload=payload, now=now, delay=delay)
        pk = job.pk
    _ring_on_commit(pk, kind, delay)
    return None


def _ring_on_commit(pk: UUID, kind: str, delay: timedelta = timedelta(0)) -> None:
    transaction.on_commit(lambda: bell.tell(lambda: _ring(pk, kind, delay.total_seconds())), robust=True)


_publishing = threading.local()


def ring_on_commit(task: str) -> None:
    """Have a worker look at rows of its own, once the transaction commits. It may be lost: a sweep must look, too."""
    transaction.on_commit(lambda: bell.tell(lambda: _send(task, [], 0)), robust=True)


def _ring(pk: UUID, kind: str, seconds: float) -> None:
    handler = _handlers.get(kind)
    longer = (
        {"time_limit": handler.seconds, "soft_time_limit": handler.seconds - 10} if handler and handler.seconds else {}
    )
    _send(TASK, [str(pk)], seconds, **longer)


def _send(task: str, args: list[str], seconds: float, **limits: float) -> None:
    """Tell Celery. Runs in the bell's thread; raises whatever the broker does."""
    link = getattr(_publishing, "link", None)
    if link is None:
        # Not the worker's own patience: whoever listens is there within milliseconds, or the sweep will find the job.
        quick = {"socket_timeout": 1, "socket_connect_timeout": 0.5, "retry_on_timeout": False}
        once = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
        link = _publishing.link = current_app.connection_for_write(transport_options={**quick, **once})
    try:
        current_app.send_task(
            task,
            args=args,
            countdown=seconds or None,
            retry=False,
            ignore_result=True,
            connection=link,
            **limits,
        )
    except Exception:
        _publishing.link = None
        link.release()
        raise


# --- Doing --------------------------------------------------------------------------------------------------------


def run(job_id: UUID, *, clock: Callable[[], datetime] = timezone.now) -> bool:
    """Do a job if it is due and nobody else does it; return whether we did. Never raises for what the job raised."""
    lease = claim(job_id, now=clock())
    if lease is None:
        return False
    lease = replace(lease, now=clock)
    try:
        with _heartbeat(lease):
            _handlers[lease.kind].run(lease)
    except LeaseLost:
        logger.warning("%s: the lease was lost, and the results with it", lease.key)
    except Unavailable as error:
        now = clock()
        if now - lease.created_at < PATIENCE:
            defer(lease, reason=str(error), now=now)
        else:
            fail(lease, error, now=now)
    except Exception as error:
        logger.exception("%s: attempt %d of %d failed", lease.key, lease.attempt, ATTEMPTS)
        fail(lease, error, now=clock())
    return True


def claim(job_id: UUID, *, now: datetime) -> Lease | None:
    """Take a job that is ready and due, or return None. Of several who try at the same time, one gets it."""
    token = uuid4()
    taken = Job.objects.filter(pk=job_id, state=Job.State.READY, not_before__lte=now + EARLY).update(
        state=Job.State.LEASED,
        lease_token=token,
        lease_until=now + LEASE,
        attempts=F("attempts") + 1,
        not_before=NEVER,
    )
    if not taken:
        return None
    job = Job.objects.filter(pk=job_id, lease_token=token).first()
    if job is None:
        return None
    return Lease(job.pk, token, job.kind, job.key, job.payload, job.attempts, job.created_at)


@contextmanager
def finish(lease: Lease, *, now: datetime, rest: timedelta = timedelta(0)) -> Iterator[None]:
    """Mark the job as done, in one transaction with what the body writes.

    :param rest: one that was asked for again meanwhile begins so much later.
    :raises LeaseLost: the lease ran out and the job is another's; nothing is written.
    """
    with transaction.atomic():
        # The row is locked first: nobody can take the job while the results are written.
        done = _held(lease).filter(not_before=NEVER)
        if not done.update(state=Job.State.DONE, lease_token=None, lease_until=None, finished_at=now, error=""):
            again = _held(lease).values_list("not_before", flat=True).first()
            when = max(again, now + rest) if again else now
            if again is None or not _give_back(lease, attempts=0, not_before=when):
                raise LeaseLost(lease.key)
            _ring_on_commit(lease.job_id, lease.kind, max(timedelta(0), when - now))
        yield


def amend(lease: Lease, payload: dict[str, Any]) -> Lease:
    """Change what the job knows, for this attempt and those after it.

    :raises LeaseLost: the job is another's.
    """
    if not _held(lease).update(payload=payload):
        raise LeaseLost(lease.key)
    return replace(lease, payload=payload)


def defer(lease: Lease, *, reason: str, now: datetime) -> None:
    """Give the job back for a moment: what it needs is not there yet, which counts as no attempt."""
    with transaction.atomic():
        if _give_back(lease, attempts=lease.attempt - 1, not_before=now + PAUSE, error=reason[:2000]):
            _ring_on_commit(lease.job_id, lease.kind, PAUSE)


def fail(lease: Lease, error: BaseException, *, now: datetime) -> None:
    """Give the job back to be tried again a little later; the third time give it up."""
    text = f"{type(error).__name__}: {error}"[:2000]
    with transaction.atomic():
        if lease.attempt < ATTEMPTS:
            wait = BACKOFF[lease.attempt - 1]
            if _give_back(lease, not_before=now + wait, error=text):
                _ring_on_commit(lease.job_id, lease.kind, wait)
        elif _held(lease).update(state=Job.State.DEAD, lease_token=None, lease_until=None, finished_at=now, error=text):
            _mourn(lease.kind, lease.key, lease.payload, now)


def _held(lease: Lease) -> Any:
    return Job.objects.filter(pk=lease.job_id, state=Job.State.LEASED, lease_token=lease.token)


def _give_back(lease: Lease, **changes: Any) -> int:
    changed: int = _held(lease).update(state=Job.State.READY, lease_token=None, lease_until=None, **changes)
    return changed


def _mourn(kind: str, key: str, payload: dict[str, Any], now: datetime) -> None:
    """Tell whoever waits that a job was given up: the learner by the handler's own word, the staff by an error."""
    logger.error("%s was given up after %d attempts", key, ATTEMPTS)
    handler = _handlers.get(kind)
    if handler and handler.dead:
        handler.dead(payload, now)


@contextmanager
def _heartbeat(lease: Lease) -> Iterator[None]:
    """Keep the lease up while the body runs. A process that is killed or frozen loses it within 20 s."""
    over = threading.Event()

    def beat() -> None:
        try:
            while not over.wait(HEARTBEAT):
                try:
                    _held(lease).update(lease_until=lease.now() + LEASE)
                except Exception:
                    logger.exception("%s: no heartbeat", lease.key)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat of {lease.key}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


# --- Sweeping -----------------------------------------------------------------------------------------------------


def sweep(*, now: datetime) -> Swept:
    """Bring back jobs whose worker is gone, and ring for those whose bell was lost. Safe to run twice at a time."""
    expired = dead = 0
    for job in Job.objects.filter(state=Job.State.LEASED, lease_until__lt=now):
        with transaction.atomic():
            mine = Job.objects.filter(pk=job.pk, lease_token=job.lease_token, lease_until__lt=now)
            if job.attempts >= ATTEMPTS:
                text = "The worker was lost each time."
                if mine.update(state=Job.State.DEAD, lease_token=None, finished_at=now, error=text):
                    dead += 1
                    _mourn(job.kind, job.key, job.payload, now)
            elif mine.update(state=Job.State.READY, lease_token=None, lease_until=None, not_before=now):
                expired += 1
                logger.warning("%s: the worker was lost, another one tries", job.key)
                _ring_on_commit(job.pk, job.kind)
    lost = Job.objects.filter(state=Job.State.READY, not_before__lt=now - LOST).order_by("not_before")
    rung = list(lost.values_list("pk", "kind")[:AT_A_TIME])
    for pk, kind in rung:
        _ring_on_commit(pk, kind)
    old = Job.objects.filter(state=Job.State.DONE, finished_at__lt=now - KEEP).values_list("pk", flat=True)[:500]
    if batch := list(old):
        Job.objects.filter(pk__in=batch).delete()
    return Swept(expired, dead, len(rung))


def take_turn(name: str, *, every: timedelta, now: datetime) -> bool:
    """Return whether it is our turn to do what is done once every so often, whoever else asks.

    The turn is a row: a second scheduler, or one on another machine, finds that it has been taken.
    """
    due = Job.objects.filter(key=name, kind="turn")
    if due.filter(not_before__lte=now).update(not_before=now + every):
        return True
    if due.exists():
        return False
    fresh = {"kind": "turn", "state": Job.State.DONE, "not_before": now + every, "created_at": now}
    return Job.objects.get_or_create(key=name, defaults=fresh)[1]


def end_turn(name: str, *, until: datetime) -> None:
    """Give up a turn that was taken until then; one that somebody else has taken since is left alone."""
    Job.objects.filter(key=name, kind="turn", not_before=until).delete()
