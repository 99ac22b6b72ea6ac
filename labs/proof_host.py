"""A sandbox host of its own for a proof or a test: a real one, with a database that nobody else sees.

    with proof_host() as host:
        prove(lab, provider=host.provider, runner=host.runner, make_ref=host.make_ref, judge=host.judge)

It listens on loopback, on a free port, and is gone at the end with all that it held. To get warm takes it longer than to
prove a small lab: `manage.py lab_host` keeps one, which every proof on this machine uses as long as it runs.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from labs.judge import Judge, ensure_judge
from labs.sandboxes import Provider, Ref, Unavailable, account_id_for
from labs.sandboxes.emulated.provider import EmulatedProvider
from labs.sandboxes.jail import Mode, die_with_parent
from labs.sandboxes.runner import Runner, ensure_runner

SANDBOXES = 5_000  # rows that are made beforehand: a host lends no more
SANDBOXES_KEPT = 50_000
WARM_SECONDS = 120
DEFAULT_REGION = "us-east-1"  # of the rows that are made beforehand
CODE = [Path(__file__).with_name(part) for part in ("gateway", "sandboxes")]


@dataclass(frozen=True)
class Host:
    """A running sandbox host. `make_ref(region)` names a sandbox that nobody had before; nothing is started by it."""

    endpoint: str
    folder: Path
    provider: Provider
    runner: Runner
    judge: Judge
    make_ref: Callable[[str], Ref]


@contextmanager
def proof_host() -> Iterator[Host]:
    """Give the host that is kept warm here; else start one and a runner, and stop them at the end.

    Raises Unavailable with what they said.
    """
    if kept := _kept():
        yield kept
        return
    with new_host() as host:
        yield host


@contextmanager
def kept_host() -> Iterator[Host]:
    """Start a host that all proofs of this machine use until it ends. Raises Unavailable; also where there is one."""
    if kept := _kept():
        raise Unavailable(f"one is kept warm already, in {kept.folder}")
    with new_host(SANDBOXES_KEPT) as host:
        note = _note()
        note.parent.mkdir(parents=True, exist_ok=True)
        said = json.dumps({"folder": str(host.folder), "endpoint": host.endpoint, "sandboxes": SANDBOXES_KEPT})
        note.write_text(said)
        try:
            yield host
        finally:
            if note.exists() and note.read_text() == said:  # it may be that of one that came after
                note.unlink()


def _note() -> Path:
    return Path(settings.RUN_DIR) / "proof-host.json"


def _kept() -> Host | None:
    """Return the host that is kept warm, if it answers, and the sandbox's code has not changed since it began."""
    try:
        began = _note().stat().st_mtime
        said = json.loads(_note().read_text())
        folder, endpoint, sandboxes = Path(said["folder"]), str(said["endpoint"]), int(said["sandboxes"])
    except (OSError, ValueError, KeyError):
        return None
    if any(file.stat().st_mtime > began for part in CODE for file in part.rglob("*.py")):
        return None
    return _host(folder, endpoint, sandboxes) if _is_warm(endpoint) else None


@contextmanager
def new_host(sandboxes: int = SANDBOXES) -> Iterator[Host]:
    """Start a sandbox host and a runner, and stop them at the end. Raises Unavailable with what they said."""
    with tempfile.TemporaryDirectory(prefix="skylab-proof-") as name:
        folder = Path(name)
        port = _free_port()
        endpoint = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "SKYLAB_DATA": name,
            "DATABASE_URL": f"sqlite:///{folder / 'proof.sqlite3'}",
            "SECRET_KEY": settings.SECRET_KEY,  # the keys of the sandboxes follow from it, there and here
            "SANDBOX_BIND": f"127.0.0.1:{port}",
            "SANDBOX_ENDPOINT": endpoint,
            "SANDBOX_INTERNAL_ENDPOINT": endpoint,
            "SANDBOX_CONTROL": str(folder / "control.sock"),
            "SANDBOX_JAIL": settings.SANDBOX_JAIL,
            "DJANGO_SETTINGS_MODULE": "skylab.settings",
            "SKYLAB_LOCAL": "1",
        }
        prepared = subprocess.run(
            [sys.executable, "-m", "labs.proof_host", str(sandboxes)], env=environment, capture_output=True, text=True
        )
        if prepared.returncode:
            raise Unavailable(f"the database of the sandbox host could not be made:\n{prepared.stderr[-2000:]}")
        with _gateway(folder / "host.log", environment, endpoint):
            yield _host(folder, endpoint, sandboxes)


def _host(folder: Path, endpoint: str, sandboxes: int) -> Host:
    """Return what a proof holds of the host whose data is in `folder`."""

    def make_ref(region: str) -> Ref:
        number = _next_number(folder / "lent")
        if number > sandboxes:
            raise Unavailable(f"this host has lent its {sandboxes} sandboxes: start it again")
        if region != DEFAULT_REGION:
            _move(folder / "proof.sqlite3", number, region)
        return Ref(number=number, epoch=1, account_id=account_id_for(number), region=region)

    jail: Mode = "required" if settings.SANDBOX_JAIL == "required" else "best"
    return Host(
        endpoint=endpoint,
        folder=folder,
        provider=EmulatedProvider(
            control=folder / "control.sock",
            master=settings.SANDBOX_KEY,
            endpoint=endpoint,
            internal_endpoint=endpoint,
        ),
        runner=ensure_runner(folder / "runner.sock", jail=jail),
        judge=ensure_judge(folder / "judge.sock", jail=jail),
        make_ref=make_ref,
    )


def _move(database: Path, number: int, region: str) -> None:
    """Have a sandbox that nobody had yet play in another region than the one that the rows were made with."""
    with closing(sqlite3.connect(database, timeout=20)) as connection, connection:
        connection.execute("UPDATE labs_sandbox SET region = ? WHERE number = ?", (region, number))


def _next_number(path: Path) -> int:
    """Count on, over all processes that share the host."""
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        number = int(file.read() or 0) + 1
        file.truncate(0)
        file.write(str(number))
    return number


@contextmanager
def _gateway(log: Path, environment: Mapping[str, str], endpoint: str) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "labs.gateway"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    try:
        deadline = time.monotonic() + WARM_SECONDS
        while not _is_warm(endpoint):
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace")[-3000:]
                raise Unavailable(f"the sandbox host did not start (status {process.poll()}):\n{said}")
            time.sleep(0.05)  # polling a foreign process: there is nothing to wait on
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_warm(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint}/_skylab/health", timeout=2) as answer:  # noqa: S310 - our own http://
            return bool(json.load(answer)["warm"])
    except (OSError, ValueError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _prepare(count: int) -> None:
    """In a process with the host's own settings: make its database, and the rows of its sandboxes."""
    import django

    django.setup()
    from django.core.management import call_command

    from labs.models import Sandbox

    call_command("migrate", interactive=False, verbosity=0)
    Sandbox.objects.bulk_create(
        Sandbox(number=number, account_id=account_id_for(number)) for number in range(1, count + 1)
    )


if __name__ == "__main__":
    _prepare(int(sys.argv[1]))
