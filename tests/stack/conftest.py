"""The real broker, worker and sandbox host, on this test run's own database: for what only processes can show."""

from __future__ import annotations

import os
import signal
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
from django.conf import settings
from django.db import connection

from labs import bell, providers
from skylab.processes import Running, spawn, start_broker, wait_for
from skylab.stack import free_port

CATALOG = Path(__file__).parents[1] / "labs" / "catalog"


def until(true: Callable[[], Any], *, seconds: float = 30) -> Any:
    """Return what `true` gives once it is truthy: these are other processes, and there is nothing to wait on."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"it did not come true within {seconds} s"
        time.sleep(0.01)
    return found


@dataclass
class Stack:
    """Processes of this test. What still runs at its end is killed."""

    endpoint: str
    environment: dict[str, str]
    host: Running
    workers: list[Running]
    broker: Running

    def start_worker(self) -> Running:
        """Start a worker and wait until it takes jobs."""
        ready = settings.RUN_DIR / "worker.ready"
        worker = spawn(
            f"worker-{len(self.workers)}", sys.executable, "-m", "skylab.worker",
            log_dir=settings.DATA_DIR / "log", environment=self.environment,
        )  # fmt: skip
        self.workers.append(worker)
        mine = str(worker.process.pid)
        wait_for(worker, lambda: ready.exists() and ready.read_text() == mine, seconds=60, cure="")
        return worker

    def kill_broker(self) -> None:
        self.broker.process.kill()
        self.broker.process.wait()

    def restart_broker(self) -> None:
        self.broker = start_broker(settings.RUN_DIR, log_dir=settings.DATA_DIR / "log")

    @contextmanager
    def frozen_host(self) -> Iterator[None]:
        """Let no sandbox answer: whoever asks waits."""
        os.killpg(self.host.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.host.process.pid, signal.SIGCONT)


@pytest.fixture(scope="session")
def _environment(django_db_setup: None) -> dict[str, str]:
    port = free_port()
    environment = {
        "DJANGO_SETTINGS_MODULE": "skylab.settings",
        "SKYLAB_LOCAL": "1",
        "SKYLAB_DATA": str(settings.DATA_DIR),
        "LAB_CATALOG": str(CATALOG),
        "SANDBOX_BIND": f"127.0.0.1:{port}",
        "SANDBOX_ENDPOINT": f"http://127.0.0.1:{port}",
    }
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        environment["DATABASE_URL"] = f"sqlite:///{database['NAME']}"
    else:
        login = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
        environment["DATABASE_URL"] = f"postgres://{login}/{database['NAME']}"
    return environment


@pytest.fixture(scope="session")
def _host(_environment: dict[str, str]) -> Iterator[Running]:
    log = settings.DATA_DIR / "log"
    host = spawn("sandbox-host", sys.executable, "-m", "labs.gateway", log_dir=log, environment=_environment)
    health = f"{_environment['SANDBOX_ENDPOINT']}/_skylab/health"

    def warm() -> bool:
        try:
            with urllib.request.urlopen(health, timeout=5) as answer:
                return b'"warm": true' in answer.read()
        except (URLError, OSError):
            return False

    providers.get_runner()  # one for all workers of these tests: each would warm up one of its own
    providers.get_judge()
    wait_for(host, warm, seconds=120, cure="")
    yield host
    host.stop()


@pytest.fixture
def stack(
    transactional_db: None, _host: Running, _environment: dict[str, str], settings: Any, monkeypatch: Any
) -> Iterator[Stack]:
    """A broker and a sandbox host; workers as a test asks for them."""
    settings.LAB_CATALOG = CATALOG
    settings.SANDBOX_ENDPOINT = settings.SANDBOX_INTERNAL_ENDPOINT = _environment["SANDBOX_ENDPOINT"]
    providers.get_provider.cache_clear()
    broker = start_broker(settings.RUN_DIR, log_dir=settings.DATA_DIR / "log")
    running = Stack(_environment["SANDBOX_ENDPOINT"], _environment, _host, [], broker)
    yield running
    for worker in running.workers:
        worker.stop(0)
    bell.flush(5)
    running.broker.stop()
    providers.get_provider.cache_clear()
