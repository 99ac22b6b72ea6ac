"""The runner's one long process: warm, single-threaded, and forking. It reads no author's text itself."""

from __future__ import annotations

import logging
import os
import select
import shutil
import signal
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labs.sandboxes.jail import ESSENTIAL, JailUnavailable, Mode, die_with_parent, missing_layers, refusal
from labs.sandboxes.runner import frames
from labs.sandboxes.runner.run import Message, Place, Send, in_child, supervise
from labs.sandboxes.runner.warm import WarmCli

MAX_RUNS = 8  # at a time; more wait in the socket's queue
MAX_WAITING = 64
MAX_SECONDS = 300
FIRST_UID = 190_000  # of the runs, one a slot, where we are root
log = logging.getLogger("labs.sandboxes.runner")


@dataclass(frozen=True)
class _Active:
    """A run under way."""

    slot: int
    place: Place
    until: float


class Server:
    """Listens on a unix socket and forks a child for each request. Ends when the parent ends, or at SIGTERM."""

    def __init__(self, socket_path: Path, *, jail: Mode, parent: int) -> None:
        self.socket_path = socket_path
        self.parent = parent
        self.mode = jail
        self.waiting: list[socket.socket] = []  # connections that have not said anything yet
        self.active: dict[int, _Active] = {}
        self.stopping = False
        self.base = Path(tempfile.mkdtemp(prefix="skylab-runner-"))
        self.base.chmod(0o711)  # a run's own uid passes through, and sees nothing
        self.uids = os.geteuid() == 0
        self.layers: list[str] = []
        self.warnings: list[str] = []

    def serve(self) -> None:
        """Serve until told to stop. Raises JailUnavailable when the jail is required and cannot be had."""
        try:
            began = time.monotonic()
            missing = missing_layers()
            if missing and self.mode == "required":
                raise refusal(missing)
            self.cli = WarmCli(self.base / "config")
            self.base.joinpath("config").chmod(0o644)
            self._try_jail(missing)
            log.info(
                "warm after %.0f ms; jail: %s", (time.monotonic() - began) * 1000, ", ".join(self.layers) or "none"
            )
            for warning in self.warnings:
                log.warning("%s", warning)
            self._listen()
        finally:
            for pid in self.active:
                _kill(pid)
            shutil.rmtree(self.base, ignore_errors=True)

    def _try_jail(self, missing: list[str]) -> None:
        """Enter the jail in a child, to know what it holds before the first author's text runs in it."""
        if missing:
            self.warnings.append(
                f"The jail of labs' blocks has no {' and no '.join(missing)} here: run only labs that you trust."
            )
        messages, reason = self._probe()
        if reason and self.uids:
            # The packages lie where only root may look, in /root say: the jail must do without a uid of its own.
            self.uids = False
            self.warnings.append("Labs' blocks run as our own user: another one cannot read Python's packages.")
            messages, reason = self._probe()
        if reason:
            raise JailUnavailable(f"the AWS CLI does not work in the jail: {reason}")
        self.layers = messages[0]["layers"]

    def _probe(self) -> tuple[list[Message], str]:
        place = self._place(0)

        jail = place.jail(1)

        def look(send: Send) -> None:
            import awscli

            # A service that is not warm is read when it is first used.
            next(Path(awscli.__file__).parent.joinpath("botocore", "data").iterdir())
            Path("probe").write_bytes(b"")
            send({"layers": jail.layers})

        try:
            return in_child(look, place, jail, deadline=time.monotonic() + 20)
        finally:
            place.remove()

    def _place(self, slot: int) -> Place:
        return Place.make(self.base, FIRST_UID + slot if self.uids else None, self.mode)

    def _listen(self) -> None:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Bound under another name first: whoever finds the socket finds it closed to others, and answering.
        draft = self.socket_path.with_suffix(f".{os.getpid()}")
        listener.bind(str(draft))
        draft.chmod(0o600)
        listener.listen(64)
        listener.setblocking(False)
        draft.rename(self.socket_path)
        ours = self.socket_path.stat().st_ino
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        with listener:
            while not self.stopping and os.getppid() == self.parent:
                watched: list[Any] = [wake_read]
                if len(self.active) < MAX_RUNS:
                    watched += [listener, *self.waiting]
                # The time-out is how soon we notice that our parent is gone.
                ready = select.select(watched, [], [], 1)[0]
                if wake_read in ready:
                    os.read(wake_read, 4096)
                self._reap()
                if listener in ready:
                    self._accept(listener)
                for connection in [one for one in self.waiting if one in ready]:
                    self._serve(connection, listener)
        if self.socket_path.exists() and self.socket_path.stat().st_ino == ours:
            self.socket_path.unlink()

    def _stop(self, *_: Any) -> None:
        self.stopping = True

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        self.waiting.append(connection)
        if len(self.waiting) > MAX_WAITING:
            self.waiting.pop(0).close()

    def _serve(self, connection: socket.socket, listener: socket.socket) -> None:
        """Fork for a connection that has something to say."""
        if len(self.active) >= MAX_RUNS:
            return
        self.waiting.remove(connection)
        try:
            silent = not connection.recv(1, socket.MSG_PEEK)
        except OSError:
            silent = True
        if silent:  # it only looked whether we are there
            connection.close()
            return
        slot = min(set(range(MAX_RUNS)) - {one.slot for one in self.active.values()})
        place = self._place(slot)
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            for other in (listener, *self.waiting):
                other.close()
            self._answer(connection, place)
        connection.close()
        self.active[child] = _Active(slot, place, time.monotonic() + MAX_SECONDS + 30)

    def _reap(self) -> None:
        for pid, run in list(self.active.items()):
            if time.monotonic() > run.until:
                _kill(pid)
            ended, _ = os.waitpid(pid, os.WNOHANG)
            if ended:
                run.place.remove()
                del self.active[pid]

    def _answer(self, connection: socket.socket, place: Place) -> None:
        """In the child: read the request, run it, answer, exit."""
        try:
            die_with_parent()
            for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
                signal.signal(signum, signal.SIG_DFL)
            connection.setblocking(True)
            connection.settimeout(30)
            request = frames.receive(connection)
            try:
                reply = self._reply(request, place)
            except Exception as error:
                log.exception("a run broke")
                reply = {"error": f"{type(error).__name__}: {error}"}
            frames.send(connection, reply)
        except (OSError, frames.BadFrame) as error:
            log.warning("a client went away: %s", error)
        finally:
            os._exit(0)

    def _reply(self, request: dict[str, Any], place: Place) -> dict[str, Any]:
        match request.get("op"):
            case "status":
                return {
                    "pid": os.getppid(),
                    "jail": {
                        "layers": self.layers,
                        "warnings": self.warnings,
                        "closed": all(any(layer.startswith(name) for layer in self.layers) for name in ESSENTIAL),
                    },
                }
            case "run":
                request["timeout"] = min(float(request.get("timeout", 60)), MAX_SECONDS)
                return supervise(self.cli, place, request)
        return {"error": f"unknown op {request.get('op')!r}"}


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
