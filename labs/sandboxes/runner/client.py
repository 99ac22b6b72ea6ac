"""What the worker and the proof hold of a runner: a socket's path, and one call."""

from __future__ import annotations

import base64
import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from labs.sandboxes import Credentials, Unavailable
from labs.sandboxes.jail import Mode
from labs.sandboxes.runner import frames

START_SECONDS = 60


class Commands(Protocol):
    """A block: its text, and the line of its file where that begins."""

    @property
    def text(self) -> str: ...

    @property
    def line(self) -> int: ...


@dataclass(frozen=True)
class Step:
    """One command as it ran. `exit_code` is the AWS CLI's; 2 could not be understood, 124 took too long."""

    line: int
    command: str
    exit_code: int
    stdout: str
    stderr: str
    milliseconds: int


@dataclass(frozen=True)
class RunReport:
    """All that ran, in order. A run ends at the first step that fails; `ok` says that none did."""

    ok: bool
    steps: tuple[Step, ...]

    @property
    def failure(self) -> Step | None:
        """Return the step that failed, or None."""
        return None if self.ok or not self.steps else self.steps[-1]


@dataclass(frozen=True)
class Runner:
    """A running warm AWS CLI behind a unix socket. Every call is a connection of its own: share it freely."""

    socket_path: Path

    def run(
        self,
        blocks: Sequence[Commands],
        credentials: Credentials,
        *,
        files: Mapping[str, bytes] | None = None,
        timeout: float = 60,
    ) -> RunReport:
        """Run blocks one after the other, as one script, with these keys.

        `files` (plain names) lie in the working directory. `timeout` is for the whole run, seconds. A block that fails
        or cannot be understood is in the report. Raises Unavailable when there is no runner, or it broke.
        """
        reply = self._ask(
            {
                "op": "run",
                "blocks": [{"text": block.text, "line": block.line} for block in blocks],
                "credentials": asdict(credentials),
                "files": {name: base64.b64encode(data).decode() for name, data in (files or {}).items()},
                "timeout": timeout,
            },
            timeout + 15,
        )
        return RunReport(ok=reply["ok"], steps=tuple(Step(**step) for step in reply["steps"]))

    def status(self) -> dict[str, Any]:
        """Return {"jail": {"layers": […], "warnings": […]}, "pid": …}. Raises Unavailable."""
        return self._ask({"op": "status"}, 10)

    def _ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(seconds)
                connection.connect(str(self.socket_path))
                frames.send(connection, message)
                reply = frames.receive(connection)
        except (OSError, frames.BadFrame) as error:
            raise Unavailable(f"the AWS CLI runner at {self.socket_path} does not answer: {error}") from error
        if "error" in reply:
            raise Unavailable(f"the AWS CLI runner broke: {reply['error']}")
        return reply


def ensure_runner(socket_path: Path, *, jail: Mode = "required") -> Runner:
    """Return the runner at a path, started as a child of this process if none answers there.

    It ends with this process. Raises Unavailable when it cannot start, with what it said.
    """
    runner = Runner(socket_path)
    if _answers(runner):
        return runner
    socket_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Several workers find at the same time that there is none: one starts it, the others wait.
    with socket_path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _answers(runner):
            _start(runner, jail)
    return runner


def _answers(runner: Runner) -> bool:
    """Return whether somebody listens: it listens when it is warm."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(runner.socket_path))
        except OSError:
            return False
    return True


def _start(runner: Runner, jail: Mode) -> None:
    log = runner.socket_path.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "labs.sandboxes.runner", "--socket", str(runner.socket_path)),
                *("--jail", jail, "--parent", str(os.getpid())),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not _answers(runner):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            said = log.read_text(errors="replace").strip()[-2000:]
            raise Unavailable(f"the AWS CLI runner did not start (status {process.returncode}): {said}")
        time.sleep(0.02)  # polling a foreign process: there is nothing to wait on
    # It lives as long as we do, and is reaped by whoever inherits it.
    process.returncode = 0
