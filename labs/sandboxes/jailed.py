"""A warm server that does what strangers wrote in jailed children: what the runner and the judge have in common."""

from __future__ import annotations

import argparse
import json
import logging
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labs.sandboxes import frames, jail
from labs.sandboxes.forking import Forking, settle
from labs.sandboxes.jail import ESSENTIAL, JailUnavailable, Mode, missing_layers, refusal
from labs.sandboxes.links import resolve

__all__ = ["Jailed", "main"]

log = logging.getLogger(__name__)


class Jailed(Forking):
    """Answers messages: `status` by itself, others by `reply`, in a fork for each. `first_uid` is that of slot 0.

    `jail_name` and `work` begin what it says of its jail to whoever runs the site.
    """

    jail_name = "The jail"
    work = "What strangers wrote"

    def __init__(
        self, socket_path: Path, *, mode: Mode, parent: int, most: int, seconds: float, first_uid: int
    ) -> None:
        super().__init__(socket_path, parent=parent, most=most, seconds=seconds)
        self.mode, self.first_uid = mode, first_uid
        self.uids = os.geteuid() == 0
        self.layers: list[str] = []
        self.warnings: list[str] = []

    def warm_up(self) -> None:
        """Make what all children share."""
        raise NotImplementedError

    def enter(self) -> list[str]:
        """In a child: enter the jail of slot 0, and try what work in it will need. Return the layers; raises OSError."""
        raise NotImplementedError

    def reply(self, request: dict[str, Any], slot: int) -> dict[str, Any]:
        """In the child of a request: do it."""
        raise NotImplementedError

    def uid(self, slot: int) -> int | None:
        """Return whom the work of a slot runs as; None is ourselves."""
        return self.first_uid + slot if self.uids else None

    def serve(self) -> None:
        """Serve until told to stop. Raises JailUnavailable when the jail is required and cannot be had."""
        began = time.monotonic()
        missing = missing_layers()
        if missing and self.mode == "required":
            raise refusal(missing)
        jail.warm_up()
        resolve(
            "http://localhost:1"
        )  # Python reads the codec of names, and libc its own configuration, at the first one
        self.warm_up()
        self._try_jail(missing)
        settle()
        log.info("warm after %.0f ms; jail: %s", (time.monotonic() - began) * 1000, ", ".join(self.layers) or "none")
        for warning in self.warnings:
            log.warning("%s", warning)
        self.listen()

    def answer(self, connection: socket.socket, slot: int) -> None:
        try:
            self.talk(connection, frames.receive(connection), slot)
        except (OSError, frames.BadFrame) as error:
            log.warning("a client went away: %s", error)

    def talk(self, connection: socket.socket, request: dict[str, Any], slot: int) -> None:
        """Answer the first message of a client, after which it is gone. Raises OSError, BadFrame."""
        frames.send(connection, self.answered(request, slot))

    def answered(self, request: dict[str, Any], slot: int) -> dict[str, Any]:
        """Return the answer to a message, or {"error"} where it broke."""
        try:
            if request.get("op") == "status":
                closed = all(any(layer.startswith(name) for layer in self.layers) for name in ESSENTIAL)
                walls = {"layers": self.layers, "warnings": self.warnings, "closed": closed}
                return {"pid": os.getppid(), "jail": walls}
            return self.reply(request, slot)
        except Exception as error:
            log.exception("a request broke")
            return {"error": f"{type(error).__name__}: {error}"}

    def _try_jail(self, missing: list[str]) -> None:
        """Enter the jail in a child, to know what it holds before the first stranger's work is done in it."""
        if missing:
            self.warnings.append(
                f"{self.jail_name} has no {' and no '.join(missing)} here: use only labs that you trust."
            )
        reason = self._probe()
        if reason and self.uids:
            # The packages lie where only root may look, in /root say: the jail must do without a uid of its own.
            self.uids = False
            self.warnings.append(f"{self.work} run as our own user: another one cannot read Python's packages.")
            reason = self._probe()
        if reason:
            raise JailUnavailable(f"{self.work} cannot be run in the jail: {reason}")

    def _probe(self) -> str:
        """Return why nothing could be done in the jail, or "" (and what it holds, in `layers`)."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            said: list[str] | str = "it ended without a word"
            try:
                said = self.enter()
                Path(os.__file__).read_bytes()  # Python's own library: what is not imported yet comes from there
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
            finally:
                os.write(writer, json.dumps(said).encode())
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            answer = json.loads(pipe.read() or b'"it ended without a word"')
        os.waitpid(child, 0)
        if isinstance(answer, str):
            return answer
        self.layers = answer
        return ""


def main(name: str, make: Callable[..., Jailed]) -> int:
    """Serve as `python -m name --socket PATH [--jail MODE] [--parent PID]` until the parent ends.

    Return the exit status: 0 ended in order, 3 no jail where one is required.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {name}")
    parser.add_argument("--socket", type=Path, required=True, help="where to listen (a unix socket, mode 600)")
    parser.add_argument("--jail", choices=["required", "best"], default="required")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="end when this process is no longer ours")
    arguments = parser.parse_args()
    # Our own loggers only: what the AWS CLI logs belongs to a command's stderr, if anywhere.
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("labs")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        make(arguments.socket, mode=arguments.jail, parent=arguments.parent).serve()
    except JailUnavailable as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 3
    return 0
