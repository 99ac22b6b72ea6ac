"""The worker process: `python -m skylab.worker`. A real Celery worker, and the scheduler of the sweeps within it."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skylab.settings")


def main() -> None:
    """Run a Celery worker over the queues of this installation until it is told to stop."""
    import django
    from celery.signals import worker_ready, worker_shutting_down
    from django.conf import settings

    django.setup()
    from skylab.celery import app

    ready = settings.RUN_DIR / "worker.ready"
    ready.unlink(missing_ok=True)

    @worker_ready.connect(weak=False)
    def _say_ready(**_: object) -> None:
        settings.RUN_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
        ready.write_text(str(os.getpid()))

    @worker_shutting_down.connect(weak=False)
    def _say_gone(**_: object) -> None:
        ready.unlink(missing_ok=True)

    app.worker_main(
        [
            *("worker", "--loglevel", os.environ.get("LOG_LEVEL", "INFO"), "--without-gossip", "--without-mingle"),
            *("--concurrency", os.environ.get("WORKER_CONCURRENCY", "2"), "--hostname", f"skylab-{os.getpid()}@%h"),
            *sys.argv[1:],
        ]
    )


if __name__ == "__main__":
    main()
