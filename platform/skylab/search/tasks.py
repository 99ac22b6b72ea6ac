"""The worker looks now and then whether the content has changed, and brings the index up to it."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.db import connections
from django.utils import timezone

from labs import jobs
from skylab.search.services import refresh

logger = logging.getLogger(__name__)
EVERY = timedelta(seconds=30)
_stopping = threading.Event()


@shared_task(name="search.refresh")  # type: ignore[untyped-decorator]
def refresh_index() -> None:
    """Bring the index up to the content: for who has just published something."""
    refresh(now=timezone.now())


@worker_ready.connect  # type: ignore[untyped-decorator]
def _begin(**_: object) -> None:
    _stopping.clear()
    threading.Thread(target=_tick, name="search", daemon=True).start()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _end(**_: object) -> None:
    _stopping.set()


def _tick() -> None:
    while not _stopping.wait(EVERY.total_seconds()):
        try:
            if jobs.take_turn("search-index", every=EVERY, now=timezone.now()):
                refresh(now=timezone.now())
        except Exception:
            logger.exception("The search index was not brought up to date; the next look is due in a moment")
        finally:
            connections.close_all()  # Celery forks children from this process: they must inherit no connection
