"""`make run`: the whole of Skylab on this machine, until Ctrl-C.

Broker, sandbox host, worker and web are the same programs that a team's installation runs; here they listen on
loopback and unix sockets only, keep their data in var/, and are started in an order that shows the site first.
"""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from skylab.processes import CannotStart, Running, broker_answers, spawn, start_broker, wait_for

os.environ.setdefault("SKYLAB_LOCAL", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "skylab.settings")

WEB_HOST = "127.0.0.1"
MOST_FALLS, FALLS_WITHIN = 5, 60.0  # processes that end by themselves, within so many seconds


def say(text: str) -> None:
    print(text, flush=True)


def port_is_free(host: str, port: int) -> bool:
    """Return whether we could listen there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def fetch(url: str) -> bytes | None:
    """Return the body of an address that answers 200, or None."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own http:// address
            return bytes(answer.read())
    except (urllib.error.URLError, OSError, ValueError):
        return None


class Up:
    """The supervisor: starts all, waits until all answer, stops all."""

    def __init__(self) -> None:
        from django.conf import settings

        self.settings: Any = settings
        self.data: Path = settings.DATA_DIR
        self.logs = self.data / "log"
        self.web_port = int(os.environ.get("PORT", "8000"))
        self.sandbox_host, _, port = settings.SANDBOX_BIND.rpartition(":")
        self.sandbox_port = int(port)
        self.running: list[Running] = []
        self.stopping = threading.Event()

    def spawn(self, name: str, *command: str) -> Running:
        process = spawn(name, *command, log_dir=self.logs)
        self.running.append(process)
        return process

    def check_ports(self) -> None:
        """Refuse before anything is started where a port is taken."""
        for what, host, port, variable in (
            ("The site", WEB_HOST, self.web_port, f"PORT={self.web_port + 1}"),
            (
                "The sandbox endpoint",
                self.sandbox_host,
                self.sandbox_port,
                f"SANDBOX_BIND=127.0.0.1:{self.sandbox_port + 1} "
                f"SANDBOX_ENDPOINT=http://127.0.0.1:{self.sandbox_port + 1}",
            ),
        ):
            if not port_is_free(host, port):
                raise CannotStart(
                    f"{what} wants port {port} of {host}, and something listens there already (another `make run`?).\n"
                    f"Stop that, or choose another port:  make run {variable}"
                )

    def prepare(self) -> None:
        """Bring the database, the demo users, the static files and the catalog into shape; quick the second time."""
        import django

        django.setup()
        from django.core.management import call_command
        from django.utils import timezone

        from skylab.accounts.demo import ensure_demo_users
        from skylab.search.services import refresh as refresh_search

        call_command("migrate", interactive=False, verbosity=0)
        ensure_demo_users(now=timezone.now())
        self.collect_static()
        self.read_catalog()
        refresh_search(now=timezone.now())

    def read_catalog(self) -> None:
        """Say what is wrong with the content. It stops nothing: a broken lab is left out of the catalog."""
        from courses.selectors import catalog_problems as problems_of_courses
        from labs.content import catalog_problems as problems_of_labs

        for problem in [*problems_of_courses(), *problems_of_labs(self.settings.LAB_CATALOG)]:
            say(f"  {problem}")

    def collect_static(self) -> None:
        """Copy, hash and compress the static files when any has changed since the last time."""
        from django.core.management import call_command

        digest = hashlib.sha256(sys.version.encode())
        for path in sorted((self.settings.BASE_DIR / "static").rglob("*")):
            if path.is_file():
                status = path.stat()
                digest.update(f"{path}:{status.st_mtime_ns}:{status.st_size}".encode())
        digest.update((self.settings.BASE_DIR / "requirements" / "base.txt").read_bytes())
        stamp = self.data / "static.sha256"
        if not stamp.exists() or stamp.read_text() != digest.hexdigest():
            call_command("collectstatic", interactive=False, verbosity=0, clear=True)
            stamp.write_text(digest.hexdigest())

    def start(self) -> None:
        """Start all; the site first, since that is what a person waits for."""
        begun = time.monotonic()
        self.check_ports()
        self.data.mkdir(parents=True, exist_ok=True)
        self.settings.RUN_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
        python = sys.executable
        if "REDIS_URL" not in os.environ:
            self.running.append(start_broker(self.settings.RUN_DIR, data_dir=self.data / "broker", log_dir=self.logs))
        elif not broker_answers(os.environ["REDIS_URL"]):
            raise CannotStart("REDIS_URL is set, and nothing answers there. Start it, or unset REDIS_URL to use ours.")
        self.prepare()
        web = self.spawn(
            "web",
            *(python, "-m", "uvicorn", "skylab.asgi:application", "--host", WEB_HOST, "--port", str(self.web_port)),
            *("--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "3"),
        )
        site = f"http://{WEB_HOST}:{self.web_port}"
        wait_for(web, lambda: fetch(f"{site}/healthz") is not None, seconds=60, cure=f"All of it is in {web.log}.")
        say(f"\n  Skylab is up: {site}   ({time.monotonic() - begun:.1f} s)\n")
        self.say_logins()
        host = self.spawn("sandbox-host", python, "-m", "labs.gateway")
        worker = self.spawn("worker", python, "-m", "skylab.worker")
        say("  The sandbox host is warming up …")
        health = f"http://{self.sandbox_host}:{self.sandbox_port}/_skylab/health"
        wait_for(
            host, lambda: b'"warm": true' in (fetch(health) or b""), seconds=120, cure=f"All of it is in {host.log}."
        )
        wait_for(worker, self.worker_answers, seconds=60, cure=f"All of it is in {worker.log}.")
        say(f"  Sandboxes are ready at {self.settings.SANDBOX_ENDPOINT}   ({time.monotonic() - begun:.1f} s)")
        self.say_jail(health)
        say(f"  Logs: {self.logs}   Stop: Ctrl-C\n")

    def say_logins(self) -> None:
        from skylab.accounts.demo import DEMO_PASSWORD, DEMO_USERS

        say("  Sign in as")
        for name, role in DEMO_USERS:
            say(f"    {name:<12} {DEMO_PASSWORD:<14} {role}")
        say("")

    def say_jail(self, health: str) -> None:
        """Say which walls the sandboxes have, and warn where the kernel lacks one."""
        import json

        jail = json.loads(fetch(health) or b"{}").get("jail", {})
        say(f"  Jail of each sandbox: {', '.join(jail.get('layers', [])) or 'none'}")
        for warning in jail.get("warnings", []):
            say(f"  Warning: {warning}")

    def worker_answers(self) -> bool:
        """Return whether a Celery worker takes jobs: it says so in a file of the run directory when it is ready."""
        return Path(self.settings.RUN_DIR / "worker.ready").exists()

    def watch(self) -> int:
        """Wait for Ctrl-C, and start again what ends by itself; return the exit status.

        Nothing is lost by such an end (docs/operator.md). What cannot stay up ends all, with its last words.
        """
        falls: list[float] = []
        while not self.stopping.wait(0.5):
            for place, process in enumerate(self.running):
                if process.alive:
                    continue
                now = time.monotonic()
                falls = [*(then for then in falls if now - then < FALLS_WITHIN), now]
                say(f"\n{process.name} ended with status {process.process.returncode}:\n{process.last_words()}")
                if len(falls) > MOST_FALLS:
                    return 1
                say(f"{process.name} is started again.")
                self.running[place] = process.start_again()
        return 0

    def stop(self) -> None:
        """Stop all, the newest first; a worker gets the time to finish what it does."""
        for process in reversed(self.running):
            process.stop()


def main() -> int:
    """Run until Ctrl-C. Return the exit status: 0 stopped, 1 something broke."""
    up = Up()

    def interrupt(*_: object) -> None:
        up.stopping.set()
        raise KeyboardInterrupt

    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, interrupt)
    try:
        up.start()
        return up.watch()
    except CannotStart as error:
        say(f"\nmake run: {error}")
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        say("\nStopping …")
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
        up.stop()


if __name__ == "__main__":
    sys.exit(main())
