"""A whole Skylab of its own on free ports, for the end-to-end tests, the benchmarks and the drills.

It runs `make run`'s own program in a folder of its own, so that what is tested is what people start.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from skylab.processes import CannotStart

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Stack:
    """A running Skylab: `url` of the site, `endpoint` of the sandboxes, `data` its folder, `pid` of its supervisor."""

    url: str
    endpoint: str
    data: Path
    pid: int
    environment: Mapping[str, str]


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings_for(data: Path) -> dict[str, str]:
    """Return the environment of a Skylab that lives in the folder and on free ports."""
    web, sandbox = free_port(), free_port()
    return {
        "SKYLAB_LOCAL": "1",
        "SKYLAB_DATA": str(data),
        "PORT": str(web),
        "BASE_URL": f"http://127.0.0.1:{web}",
        "SANDBOX_BIND": f"127.0.0.1:{sandbox}",
        "SANDBOX_ENDPOINT": f"http://127.0.0.1:{sandbox}",
        "DJANGO_SETTINGS_MODULE": "skylab.settings",
    }


@contextmanager
def running_stack(*, seconds: float = 300, until: str = "Sandboxes are ready", **extra: str) -> Iterator[Stack]:
    """Start all processes and wait until sandboxes are ready; stop them by Ctrl-C's own signal at the end.

    :param until: what `make run` prints when enough of it runs.
    :param extra: further environment variables.
    :raises CannotStart: with everything that `make run` printed.
    """
    data = Path(tempfile.mkdtemp(prefix="skylab-stack-"))
    settings = settings_for(data) | extra
    environment = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "DATABASE_URL")}
    output = data / "up.txt"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "skylab.up"],
            cwd=ROOT,
            env=environment | settings,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + seconds
        while until not in (printed := output.read_text(errors="replace")):
            if process.poll() is not None or time.monotonic() > deadline:
                raise CannotStart(f"make run did not come up:\n{printed}")
            time.sleep(0.05)  # polling a foreign process: there is nothing to wait on
        yield Stack(settings["BASE_URL"], settings["SANDBOX_ENDPOINT"], data, process.pid, settings)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(data, ignore_errors=True)
