"""The judge's one long process: warm and forking. It runs no author's Python itself, and reads no request."""

from __future__ import annotations

import gc
import json
import logging
import os
import socket
import time
from pathlib import Path
from typing import Any

import botocore

from labs.judge.child import GRADERS, jail_of
from labs.judge.limits import Limits
from labs.judge.supervise import Job
from labs.judge.warm import WarmAccount
from labs.sandboxes import jail
from labs.sandboxes.forking import Forking
from labs.sandboxes.jail import ESSENTIAL, Jail, JailUnavailable, Mode, missing_layers, refusal
from labs.sandboxes.runner import frames

MOST = 4  # jobs at a time
FIRST_UID = 180_000  # of the jobs, one a slot, where we are root
log = logging.getLogger("labs.judge")


class Server(Forking):
    """Listens on a unix socket and forks a supervisor for each job. Ends when its parent ends, or at SIGTERM."""

    def __init__(self, socket_path: Path, *, mode: Mode, parent: int) -> None:
        super().__init__(socket_path, parent=parent, most=MOST, seconds=Limits().seconds + 30)
        self.mode = mode
        self.uids = os.geteuid() == 0
        self.layers: list[str] = []
        self.warnings: list[str] = []

    def serve(self) -> None:
        """Serve until told to stop. Raises JailUnavailable when the jail is required and cannot be had."""
        began = time.monotonic()
        missing = missing_layers()
        if missing and self.mode == "required":
            raise refusal(missing)
        jail.warm_up()
        self.warm = WarmAccount.made()
        self._try_jail(missing)
        gc.collect()
        gc.freeze()  # what is warm stays on shared pages in every child
        log.info("warm after %.0f ms; jail: %s", (time.monotonic() - began) * 1000, ", ".join(self.layers) or "none")
        for warning in self.warnings:
            log.warning("%s", warning)
        self.listen()

    def jail(self, slot: int, limits: Limits) -> Jail:
        """Return the jail of one check of the job in a slot."""
        return jail_of(FIRST_UID + slot if self.uids else None, limits)

    def answer(self, connection: socket.socket, slot: int) -> None:
        try:
            request = frames.receive(connection)
            frames.send(connection, self._reply(request, slot))
        except (OSError, frames.BadFrame) as error:
            log.warning("a client went away: %s", error)

    def _reply(self, request: dict[str, Any], slot: int) -> dict[str, Any]:
        try:
            match request.get("op"):
                case "status":
                    closed = all(any(layer.startswith(name) for layer in self.layers) for name in ESSENTIAL)
                    walls = {"layers": self.layers, "warnings": self.warnings, "closed": closed}
                    return {"pid": os.getppid(), "jail": walls}
                case "judge":
                    job = Job(request, warm=self.warm, jail=lambda limits: self.jail(slot, limits), mode=self.mode)
                    return {"verdicts": [one.to_dict() for one in job.judge()]}
        except Exception as error:
            log.exception("a job broke")
            return {"error": f"{type(error).__name__}: {error}"}
        return {"error": f"unknown op {request.get('op')!r}"}

    def _try_jail(self, missing: list[str]) -> None:
        """Enter the jail in a child, to know what it holds before the first author's check runs in it."""
        if missing:
            self.warnings.append(
                f"The judge's jail has no {' and no '.join(missing)} here: use only labs that you trust."
            )
        reason = self._probe()
        if reason and self.uids:
            # The packages lie where only root may look, in /root say: the jail must do without a uid of its own.
            self.uids = False
            self.warnings.append("Labs' own checks run as our own user: another one cannot read Python's packages.")
            reason = self._probe()
        if reason:
            raise JailUnavailable(f"no check can be judged in the jail: {reason}")

    def _probe(self) -> str:
        """Enter the jail in a child; return why no check could be judged there, or ""."""
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                layers = self.jail(0, Limits()).enter(self.mode)
                # A service that is not warm is read when it is first used, and an author imports what we did not.
                next(Path(botocore.__file__).parent.joinpath("data").iterdir())
                Path(os.__file__).read_bytes()
                GRADERS.joinpath("check.py").read_bytes()
                os.write(writer, json.dumps(layers).encode())
            except Exception as error:
                os.write(writer, json.dumps(f"{type(error).__name__}: {error}").encode())
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            said = json.loads(pipe.read() or b'"it ended without a word"')
        os.waitpid(child, 0)
        if isinstance(said, str):
            return said
        self.layers = said
        return ""
