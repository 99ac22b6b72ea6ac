"""The runner's one long process: warm, single-threaded, and forking. It reads no author's text itself."""

from __future__ import annotations

import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any

from labs.sandboxes import frames
from labs.sandboxes.jail import Mode
from labs.sandboxes.jailed import Jailed
from labs.sandboxes.runner.kept import KeptWorker
from labs.sandboxes.runner.run import Place, supervise
from labs.sandboxes.runner.warm import WarmCli

MOST = 8  # runs at a time; more wait in the socket's queue
MOST_KEPT = 6  # of them that are kept from run to run; the other places are nobody's for long
MAX_SECONDS = 300
FIRST_UID = 190_000  # of the runs, one a slot, where we are root


class Server(Jailed):
    """Listens on a unix socket and forks a child for each request. Ends when the parent ends, or at SIGTERM."""

    jail_name, work = "The jail of labs' blocks", "Labs' blocks"

    def __init__(self, socket_path: Path, *, mode: Mode, parent: int) -> None:
        seconds = MAX_SECONDS + 30
        super().__init__(socket_path, mode=mode, parent=parent, most=MOST, seconds=seconds, first_uid=FIRST_UID)
        self.base = Path(tempfile.mkdtemp(prefix="skylab-runner-"))
        self.base.chmod(0o711)  # a run's own uid passes through, and sees nothing

    def serve(self) -> None:
        try:
            super().serve()
        finally:
            shutil.rmtree(self.base, ignore_errors=True)

    def warm_up(self) -> None:
        self.cli = WarmCli(self.base / "config")

    def enter(self) -> list[str]:
        import awscli

        layers = self.place(0).enter()
        # A service that is not warm is read when it is first used.
        next(Path(awscli.__file__).parent.joinpath("botocore", "data").iterdir())
        Path("probe").write_bytes(b"")
        return layers

    def talk(self, connection: socket.socket, request: dict[str, Any], slot: int) -> None:
        if request.get("op") != "keep":
            super().talk(connection, request, slot)
            return
        frames.send(connection, {"kept": slot < MOST_KEPT})
        if slot >= MOST_KEPT:
            return
        place = self.place(slot)
        worker = KeptWorker(self.cli, place)
        try:
            while run := frames.receive_or_none(connection):
                run["timeout"] = min(float(run.get("timeout", 60)), MAX_SECONDS)
                frames.send(connection, worker.run(run))
        finally:
            worker.end()
            place.remove()

    def reply(self, request: dict[str, Any], slot: int) -> dict[str, Any]:
        if request.get("op") != "run":
            return {"error": f"unknown op {request.get('op')!r}"}
        request["timeout"] = min(float(request.get("timeout", 60)), MAX_SECONDS)
        place = self.place(slot)
        try:
            return supervise(self.cli, place, request)
        finally:
            place.remove()

    def place(self, slot: int) -> Place:
        """Return an empty place for the run in a slot."""
        return Place.make(self.base / str(slot), self.uid(slot), self.mode)
