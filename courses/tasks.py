"""What the worker does for exams: scores attempts, and keeps, in its own process, the clock of deadlines."""

from __future__ import annotations

import logging
import threading
from uuid import UUID

from celery.signals import worker_ready, worker_shutting_down
from django.db import connections

from courses.services import clock, outages, reminders, scoring
from courses.services.attempts.closing import SCORE
from courses.services.host_watch import HostWatch
from courses.services.sweeping import EVERY, sweep_in_turn
from labs import jobs

logger = logging.getLogger(__name__)
_stopping = threading.Event()


@jobs.handles(SCORE)
def _score(lease: jobs.Lease) -> None:
    """Score an attempt. One that waits for a lab is asked for again by its grading."""
    score = scoring.score_attempt(attempt_id=UUID(lease.payload["attempt"]), now=clock.now())
    if score:
        reminders.tell_result(score=score, now=clock.now())
    with jobs.finish(lease, now=lease.now()):
        pass


@worker_ready.connect  # type: ignore[untyped-decorator]
def _begin(**_: object) -> None:
    """Start the clock. A thread, not a task: deadlines come while the broker is gone and every child is busy, too."""
    _stopping.clear()
    threading.Thread(target=_tick, name="exams", daemon=True).start()
    threading.Thread(target=_watch, name="sandboxes of exams", daemon=True).start()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _end(**_: object) -> None:
    _stopping.set()


def _tick() -> None:
    heart = outages.Heart(outages.WORKER)
    while not _stopping.is_set():
        try:
            now = clock.now()
            heart.beat(now=now)
            sweep_in_turn(now=now)
        except Exception:
            logger.exception("The sweep of exams failed; the next one is due in a moment")
        finally:
            connections.close_all()  # Celery forks children from this process: they must inherit no connection
        _stopping.wait(EVERY.total_seconds())


def _watch() -> None:
    """Look whether sandboxes answer: beside the clock, as one that does not answer takes its time to say so."""
    watch = HostWatch()
    while not _stopping.is_set():
        try:
            watch.look(now=clock.now())
        except Exception:
            logger.exception("Nobody looked whether sandboxes answer; the next look is due in a moment")
        finally:
            connections.close_all()
        _stopping.wait(EVERY.total_seconds())
