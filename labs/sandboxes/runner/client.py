"""What the worker and the proof hold of a runner: a socket's path, and one call."""

from __future__ import annotations

import base64
import logging
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from labs.sandboxes import Credentials, Unavailable, frames
from labs.sandboxes.forking import ensure
from labs.sandboxes.jail import Mode

# The runner ends a client's place after MAX_SECONDS and some more (server.py), and one that is silent for half a minute.
KEEP_SECONDS, IDLE_SECONDS = 180.0, 15.0
ANSWER_SECONDS = 60.0
MOST_LINES = 3  # of one client: others want to be kept, too
log = logging.getLogger(__name__)


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
        go_on: bool = False,
    ) -> RunReport:
        """Run blocks one after the other, as one script, with these keys.

        `files` (plain names) lie in the working directory. `timeout` is for the whole run, seconds. A block that fails
        or cannot be understood is in the report.
        `go_on`: a block that fails does not end the run. Raises Unavailable when there is no runner, or it broke.
        """
        message = {
            "op": "run",
            **_order(blocks, credentials, timeout),
            "files": {name: base64.b64encode(data).decode() for name, data in (files or {}).items()},
            "go_on": go_on,
        }
        return _report(self._ask(message, timeout + 15))

    @contextmanager
    def kept(self) -> Iterator[KeptRunner]:
        """Give a runner for many short runs of one author's, whose workers stay from one to the next."""
        kept = KeptRunner(self)
        try:
            yield kept
        finally:
            kept.close()

    def status(self) -> dict[str, Any]:
        """Return {"jail": {"layers": […], "warnings": […]}, "pid": …}. Raises Unavailable."""
        return self._ask({"op": "status"}, 10)

    def _ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(seconds)
                connection.connect(str(self.socket_path))
                frames.send(connection, message)
                return self.understood(frames.receive(connection))
        except (OSError, frames.BadFrame) as error:
            raise self.silent(error) from error

    def silent(self, error: Exception) -> Unavailable:
        """Return the error of a runner that does not answer."""
        return Unavailable(f"the AWS CLI runner at {self.socket_path} does not answer: {error}")

    @staticmethod
    def understood(reply: dict[str, Any]) -> dict[str, Any]:
        """Return a reply that says no error. Raises Unavailable."""
        if "error" in reply:
            raise Unavailable(f"the AWS CLI runner broke: {reply['error']}")
        return reply


@dataclass
class _Line:
    """A connection to one worker. `begun` and `used` are on the monotonic clock."""

    connection: socket.socket
    begun: float = field(default_factory=time.monotonic)
    used: float = field(default_factory=time.monotonic)

    @property
    def is_fresh(self) -> bool:
        """Return whether the runner has not ended it, and will not during the next run."""
        now = time.monotonic()
        return now - self.begun < KEEP_SECONDS and now - self.used < IDLE_SECONDS


class KeptRunner:
    """Runs blocks as Runner does, in workers that are used again. For threads, and for blocks of one author.

    Where the runner keeps as many as it may, for others, a run has a worker of its own.
    """

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self._lock = threading.Lock()
        self._idle: list[_Line] = []
        self._lines = 0

    def run(self, blocks: Sequence[Commands], credentials: Credentials, *, timeout: float = 60) -> RunReport:
        """Run blocks one after the other, as one script. Raises Unavailable."""
        line = self._take()
        if line is None:
            return self.runner.run(blocks, credentials, timeout=timeout)
        try:
            line.connection.settimeout(timeout + 15)
            frames.send(line.connection, _order(blocks, credentials, timeout))
            reply = frames.receive(line.connection)
        except (OSError, frames.BadFrame) as error:
            self._end(line.connection)
            raise self.runner.silent(error) from error
        line.used = time.monotonic()
        with self._lock:
            self._idle.append(line)
        return _report(self.runner.understood(reply))

    def close(self) -> None:
        """Let the workers go."""
        with self._lock:
            for line in self._idle:
                line.connection.close()
            self._lines -= len(self._idle)
            self._idle.clear()

    def _take(self) -> _Line | None:
        """Return a line that nobody uses, or a new one; None where there is none to be had. Raises Unavailable."""
        with self._lock:
            while self._idle:
                line = self._idle.pop()
                if line.is_fresh:
                    return line
                line.connection.close()
                self._lines -= 1
            if self._lines >= MOST_LINES:
                return None
            self._lines += 1
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(str(self.runner.socket_path))
            frames.send(connection, {"op": "keep"})
            if self.runner.understood(frames.receive(connection))["kept"]:
                return _Line(connection)
        except (OSError, frames.BadFrame) as error:
            self._end(connection)
            raise self.runner.silent(error) from error
        self._end(connection)
        return None

    def _end(self, connection: socket.socket) -> None:
        connection.close()
        with self._lock:
            self._lines -= 1


def _order(blocks: Sequence[Commands], credentials: Credentials, timeout: float) -> dict[str, Any]:
    return {
        "blocks": [{"text": block.text, "line": block.line} for block in blocks],
        "credentials": asdict(credentials),
        "timeout": timeout,
    }


def _report(reply: dict[str, Any]) -> RunReport:
    return RunReport(ok=reply["ok"], steps=tuple(Step(**step) for step in reply["steps"]))


def ensure_runner(socket_path: Path, *, jail: Mode = "required") -> Runner:
    """Return the runner at a path, started as a child of this process if none answers there.

    It ends with this process. Raises Unavailable when it cannot start, with what it said.
    """
    runner = Runner(socket_path)
    if ensure(socket_path, "labs.sandboxes.runner", what="the AWS CLI runner", arguments=["--jail", jail]):
        for warning in runner.status()["jail"]["warnings"]:
            log.warning("%s", warning)
    return runner
