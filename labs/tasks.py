"""What Celery runs: a job by its id, and, in the worker's own process, the clock of the sweeps and the warm servers."""

from __future__ import annotations

import logging
import threading
from uuid import UUID

from celery import shared_task
from celery.signals import worker_init, worker_ready, worker_shutting_down
from django.conf import settings
from django.db import connections
from django.utils import timezone

from graders import BotoAccount
from labs import jobs, outbox
from labs.content import load_catalog
from labs.providers import get_judge, get_runner
from labs.services.sweeping import EVERY, sweep_in_turn
from labs.workspaces import proving  # noqa: F401 - it handles the jobs "proof"

logger = logging.getLogger(__name__)
_stopping = threading.Event()


@shared_task(name=jobs.TASK)  # type: ignore[untyped-decorator]
def run_job(job_id: str) -> None:
    """Do a job, if it is due and nobody else does it."""
    jobs.run(UUID(job_id))


@shared_task(name=outbox.TASK)  # type: ignore[untyped-decorator]
def tell_outbox() -> None:
    """Tell whoever listens what happened."""
    outbox.tell(now=timezone.now())


@worker_init.connect  # type: ignore[untyped-decorator]
def _read_models(**_: object) -> None:
    """Have labs parsed and AWS' models read before the children are forked: they share them, and the first grading of
    each is as quick as its second."""
    nobody = {"access_key_id": "none", "secret_access_key": "none"}
    account = BotoAccount(account_id="0" * 12, region="us-east-1", endpoint_url="http://127.0.0.1:1", **nobody)
    for service in sorted({service for lab in load_catalog(settings.LAB_CATALOG).values() for service in lab.services}):
        try:
            account.client(service)
        except Exception as error:  # an author's slip of the pen; `manage.py check` says so
            logger.warning("There is no AWS service %s: %s", service, error)


@worker_ready.connect  # type: ignore[untyped-decorator]
def _begin(**_: object) -> None:
    """Start the clock. A thread, not a task: it goes on while the broker is gone and every child is busy."""
    _stopping.clear()
    threading.Thread(target=_tick, name="sweep", daemon=True).start()
    threading.Thread(target=_warm_up, name="runner", daemon=True).start()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _end(**_: object) -> None:
    _stopping.set()


def _warm_up() -> None:
    """Have AWS CLI and judge warm before the first lab is started: children of this process, not of its children."""
    for get in (get_runner, get_judge):
        try:
            get()
        except Exception:
            logger.exception("A server of this worker does not start; the first lab that needs it tries again")


def _tick() -> None:
    while not _stopping.is_set():
        try:
            sweep_in_turn(now=timezone.now())
        except Exception:
            logger.exception("The sweep failed; the next one is due in a moment")
        finally:
            connections.close_all()  # Celery forks children from this process: they must inherit no connection
        _stopping.wait(EVERY.total_seconds())
