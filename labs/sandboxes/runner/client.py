"""What the worker and the proof hold of a runner: a socket's path, and one call."""

from __future__ import annotations

import base64
import logging
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from labs.sandboxes import Credentials, Unavailable, frames
from labs.sandboxes.forking import ensure
from labs.sandboxes.jail import Mode

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
        reply = self._ask(
            {
                "op": "run",
                "blocks": [{"text": block.text, "line": block.line} for block in blocks],
                "credentials": asdict(credentials),
                "files": {name: base64.b64encode(data).decode() for name, data in (files or {}).items()},
                "timeout": timeout,
                "go_on": go_on,
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
    if ensure(socket_path, "labs.sandboxes.runner", what="the AWS CLI runner", arguments=["--jail", jail]):
        for warning in runner.status()["jail"]["warnings"]:
            log.warning("%s", warning)
    return runner
