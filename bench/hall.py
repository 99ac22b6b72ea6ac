"""An examination hall: the site's web processes on a database of their own, and candidates who speak HTTP.

Everything is on this machine's loopback, in a folder of its own. The candidates share its processors with what they
measure: `Hall.spent` says how much each took.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.memory import cpu_seconds
from bench.papers import write_course
from bench.postgres import Cluster, cluster
from bench.provision import children
from skylab.processes import Running, spawn, start_broker, wait_for
from skylab.stack import ROOT, free_port


@dataclass
class Hall:
    """`url` of the site, `environment` of its processes, `server`: PostgreSQL, or None where it is SQLite."""

    folder: Path
    port: int
    environment: Mapping[str, str]
    server: Cluster | None
    webs: int
    web: Running | None = None
    others: list[Running] = field(default_factory=list)

    @property
    def log(self) -> str:
        """Return what the web processes said."""
        return (self.folder / "log" / "web.log").read_text(errors="replace")

    def start_web(self) -> None:
        """Start the web processes and wait until they answer."""
        command = (
            *(sys.executable, "-m", "uvicorn", "skylab.asgi:application", "--host", "127.0.0.1"),
            *("--port", str(self.port), "--workers", str(self.webs), "--backlog", "4096"),
            # A process that starts on a busy machine is no dead one: its supervisor would kill it after five seconds.
            *("--timeout-worker-healthcheck", "60"),
            *("--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "3"),
        )
        log = self.folder / "log"
        self.web = spawn("web", *command, log_dir=log, environment=self.environment, anew=self.web is None)
        wait_for(self.web, self.answers, seconds=60, cure="")

    def answers(self) -> bool:
        """Return whether the site answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def start_worker(self) -> None:
        """Start the broker and a worker, which closes and scores."""
        run = self.folder / "run"
        self.others.append(start_broker(run, data_dir=self.folder / "broker", log_dir=self.folder / "log"))
        ready = run / "worker.ready"
        worker = spawn(
            "worker", sys.executable, "-m", "skylab.worker", log_dir=self.folder / "log", environment=self.environment
        )
        self.others.append(worker)
        wait_for(worker, ready.exists, seconds=60, cure="")

    def web_pids(self) -> list[int]:
        """Return the processes that serve: not their supervisor."""
        assert self.web
        if self.webs == 1:
            return [self.web.process.pid]
        found = []
        for pid in children(self.web.process.pid):
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            if b"spawn_main" in words:
                found.append(pid)
        return found

    def run(self, *words: str) -> str:
        """Run a program of ours in this hall's environment; return what it printed."""
        environment = {**os.environ, **self.environment}
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{words} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
        return done.stdout

    def candidates(self, count: int, *, started: bool = False) -> list[tuple[str, str]]:
        """Make candidates who are signed in: (session key, id of their attempt or "")."""
        printed = self.run("-m", "bench.candidates", str(count), *(["start"] if started else []))
        return [(line.split(" ")[0], line.split(" ")[1]) for line in printed.splitlines() if " " in line]

    def rows(self, query: str) -> list[tuple[str, ...]]:
        """Ask the database; every value as text."""
        if self.server:
            return [tuple(line.split("|")) for line in self.server.ask(query).splitlines()]
        import sqlite3

        with sqlite3.connect(f"file:{self.folder / 'skylab.sqlite3'}?mode=ro", uri=True) as database:
            return [tuple(map(str, row)) for row in database.execute(query)]

    def spent(self) -> dict[str, float]:
        """Return the seconds of processor time so far: web, database, and the candidates (this very process)."""
        found = {"candidates": time.process_time(), "web": sum(cpu_seconds(pid) for pid in self.web_pids())}
        if self.server:
            head = int((self.server.folder / "data" / "postmaster.pid").read_text().split()[0])
            found["database"] = cpu_seconds(head, ended=True) + sum(map(_so_far, children(head)))
        return found


def _so_far(pid: int) -> float:
    try:
        return cpu_seconds(pid)
    except OSError:  # it ended just now
        return 0.0


@contextmanager
def open_hall(
    *,
    postgres: bool,
    webs: int = 2,
    worker: bool = False,
    catalog: Mapping[str, Any] | None = None,
    settings: Sequence[tuple[str, str]] = (),
) -> Iterator[Hall]:
    """Open a hall. Raises bench.postgres.NoPostgres, skylab.processes.CannotStart."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="skylab-hall-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = stack.enter_context(cluster()) if postgres else None
        write_course(folder / "catalog", **(catalog or {}))
        port = free_port()
        environment = {
            "SKYLAB_LOCAL": "1",
            "SKYLAB_DATA": str(folder),
            "BASE_URL": f"http://127.0.0.1:{port}",
            "DJANGO_SETTINGS_MODULE": "skylab.settings",
            "DATABASE_URL": server.make("skylab") if server else f"sqlite:///{folder / 'skylab.sqlite3'}",
            "REDIS_URL": f"unix://{folder / 'run' / 'valkey.sock'}",
            "COURSE_CATALOG": str(folder / "catalog"),
            "WORKER_CONCURRENCY": "1",
            **dict(settings),
        }
        hall = Hall(folder, port, environment, server, webs)
        hall.run("manage.py", "migrate", "--no-input", "--verbosity", "0", "--skip-checks")
        hall.run("manage.py", "collectstatic", "--no-input", "--verbosity", "0")
        stack.callback(lambda: [one.stop() for one in reversed([*([hall.web] if hall.web else []), *hall.others])])
        hall.start_web()
        if worker:
            hall.start_worker()
        yield hall
