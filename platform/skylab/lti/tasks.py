"""What the worker does for platforms: sends scores, reads rosters, and looks every few seconds whether any are owed."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from celery.signals import worker_ready, worker_shutting_down
from django.db import connections
from django.utils import timezone

from labs import jobs
from skylab.lti.models import Launch, Nonce, Platform
from skylab.lti.services import grades, roster
from skylab.lti.services.linking import MINUTES

logger = logging.getLogger(__name__)
EVERY = timedelta(seconds=5)
ALL = timedelta(hours=1)  # between looks at every result, whoever did something
_stopping = threading.Event()


@jobs.handles(grades.SEND)
def _send(lease: jobs.Lease) -> None:
    grades.send(lease.payload["result"], now=lease.now())
    with jobs.finish(lease, now=lease.now()):
        pass


@jobs.handles(roster.READ)
def _read(lease: jobs.Lease) -> None:
    roster.read(lease.payload["context"], now=lease.now())
    with jobs.finish(lease, now=lease.now()):
        pass


def sweep_in_turn(*, since: datetime | None, now: datetime) -> bool:
    """Look for what is owed, if nobody else does just now; return whether we did."""
    if not jobs.take_turn("lti", every=EVERY, now=now) or not Platform.objects.exists():
        return False
    grades.sweep(since=since, now=now)
    Nonce.objects.filter(expires_at__lt=now).delete()
    Launch.objects.filter(created_at__lt=now - 2 * MINUTES).delete()
    return True


@worker_ready.connect  # type: ignore[untyped-decorator]
def _begin(**_: object) -> None:
    _stopping.clear()
    threading.Thread(target=_tick, name="platforms", daemon=True).start()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _end(**_: object) -> None:
    _stopping.set()


def _tick() -> None:
    # The first look is at all: what happened while no worker ran was seen by nobody.
    since: datetime | None = None
    all_at = timezone.now()
    while not _stopping.is_set():
        try:
            now = timezone.now()
            if now - all_at > ALL:
                since, all_at = None, now
            if sweep_in_turn(since=since, now=now):
                since = now
        except Exception:
            logger.exception("Nobody looked what platforms are owed; the next look is due in a moment")
        finally:
            connections.close_all()  # Celery forks children from this process: they must inherit no connection
        _stopping.wait(EVERY.total_seconds())
