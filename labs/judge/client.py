"""What whoever grades holds of a judge: a socket's path, and one call in two halves."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from graders import Account, BotoAccount, Check, CheckCall, Outcome, Result
from graders.messages import FIELDS
from graders.run import OURS
from labs.judge.limits import Limits
from labs.judge.verdict import Verdict, from_dict
from labs.sandboxes import Unavailable, frames
from labs.sandboxes.forking import ensure
from labs.sandboxes.jail import Mode

PREFIX = "lab."  # of the names of a lab's own checks
# Below the graders' own: whoever hears why checks of the catalogue broke hears it of an author's, too.
log = logging.getLogger("graders.judge")


class Pending(Protocol):
    """A job under way. One of the two is called, once."""

    def results(self) -> list[Result]:
        """Wait, and return a result for each call, in order. Never raises: what could not be judged is an error."""

    def drop(self) -> None:
        """Do without."""


class Judging(Protocol):
    """Whoever judges what authors wrote."""

    def begin(self, calls: Sequence[CheckCall], account: Account, *, checks: str, own: Mapping[str, Check]) -> Pending:
        """Have calls judged, while the caller does something else. Never raises.

        `checks` is the text of the lab's checks.py, `own` what was read of it (for the titles).
        """


def is_authors(call: CheckCall) -> bool:
    """Return whether a call is judged by an author's words: a check of the lab's own, or an `expect`."""
    return call.name == "expect" or call.name.startswith(PREFIX)


@dataclass(frozen=True)
class Judge:
    """A running judge behind a unix socket. Every call is a connection of its own: share it freely."""

    socket_path: Path
    limits: Limits = field(default_factory=Limits)

    def begin(self, calls: Sequence[CheckCall], account: Account, *, checks: str, own: Mapping[str, Check]) -> Pending:
        """Send the job. See `Judging`."""
        try:
            connection = self._send(
                {
                    "op": "judge",
                    "checks": checks if any(call.name.startswith(PREFIX) for call in calls) else "",
                    "calls": [{"name": call.name, "parameters": call.parameters} for call in calls],
                    "account": _description(account),
                    "limits": asdict(self.limits),
                }
            )
        except Unavailable as error:
            return Unjudged(calls, own, error)
        return _Asked(self, connection, calls, own)

    def status(self) -> dict[str, Any]:
        """Return {"jail": {"layers": […], "warnings": […], "closed": …}, "pid": …}. Raises Unavailable."""
        return self.receive(self._send({"op": "status"}))

    def _send(self, message: dict[str, Any]) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self.limits.seconds + 10)
        try:
            connection.connect(str(self.socket_path))
            frames.send(connection, message)
        except (OSError, TypeError, ValueError) as error:
            connection.close()
            raise Unavailable(f"the judge at {self.socket_path} cannot be asked: {error}") from error
        return connection

    def receive(self, connection: socket.socket) -> dict[str, Any]:
        """Return what comes on a connection, and close it. Raises Unavailable."""
        with connection:
            try:
                reply = frames.receive(connection)
            except (OSError, frames.BadFrame) as error:
                raise Unavailable(f"the judge at {self.socket_path} does not answer: {error}") from error
        if "error" in reply:
            raise Unavailable(f"the judge broke: {reply['error']}")
        return reply


@dataclass(frozen=True)
class _Asked:
    """A job that the judge was sent."""

    judge: Judge
    connection: socket.socket
    calls: Sequence[CheckCall]
    own: Mapping[str, Check]

    def results(self) -> list[Result]:
        try:
            said = self.judge.receive(self.connection).get("verdicts")
            if not isinstance(said, list) or len(said) != len(self.calls):
                raise Unavailable("the judge's verdicts are not those of the calls")
        except Unavailable as error:
            return Unjudged(self.calls, self.own, error).results()
        verdicts = [from_dict(one, _milliseconds(one)) for one in said]
        return [_result(call, self.own, one) for call, one in zip(self.calls, verdicts, strict=True)]

    def drop(self) -> None:
        self.connection.close()


@dataclass(frozen=True)
class Unjudged:
    """A job that cannot be done: our fault, and every call is an error."""

    calls: Sequence[CheckCall]
    own: Mapping[str, Check]
    error: Exception

    def results(self) -> list[Result]:
        log.error("%d checks could not be judged: %s", len(self.calls), self.error)
        return [
            Result(check=call.name, title=_title(call, self.own), outcome=Outcome.ERROR, found=OURS)
            for call in self.calls
        ]

    def drop(self) -> None:
        pass


def ensure_judge(socket_path: Path, *, jail: Mode = "required", limits: Limits | None = None) -> Judge:
    """Return the judge at a path, started as a child of this process if none answers there.

    It ends with this process. Raises Unavailable when it cannot start, with what it said.
    """
    judge = Judge(socket_path, limits or Limits())
    if ensure(socket_path, "labs.judge", what="the judge", arguments=["--jail", jail]):
        for warning in judge.status()["jail"]["warnings"]:
            log.warning("%s", warning)
    return judge


def _description(account: Account) -> dict[str, str | None]:
    if not isinstance(account, BotoAccount) or not account.description()["endpoint_url"]:
        raise Unavailable("the judge can look only at accounts behind an endpoint of ours")
    return account.description()


def _title(call: CheckCall, own: Mapping[str, Check]) -> str:
    """Return the learner's line: by what was read of checks.py, never by what it says when it runs."""
    return call.title or (own[call.name].title(call.parameters) if call.name in own else call.name)


def _milliseconds(said: Any) -> int:
    taken = said.get("milliseconds") if isinstance(said, dict) else 0
    return taken if isinstance(taken, int) else 0


def _result(call: CheckCall, own: Mapping[str, Check], said: Verdict) -> Result:
    if said.outcome is Outcome.ERROR:
        log.error("check %s broke: %s", call.name, " ".join(said.reason.split()))
    texts = {name: getattr(said, name) for name in FIELDS}
    return Result(call.name, _title(call, own), said.outcome, **texts, milliseconds=said.milliseconds)
