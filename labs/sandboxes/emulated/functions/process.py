"""The child that runs a function once: how it is made, heard and ended.

    cell ── keeper ── child

A cell may signal nobody (seccomp), so the child hangs on a keeper: a fork of the cell that does nothing but wait, and
whose end ends the child (PR_SET_PDEATHSIG, which the child may not take back: SIGKILL, also where it has stopped
itself). The keeper ends when the cell closes its line, dies, or after its time. The child has less than the cell: no
fork, no thread, no file but its own folder's, its own memory and CPU limits; see door.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from labs.sandboxes.emulated.functions.wire import Garbage, Inbox, frame
from labs.sandboxes.jail import die_with_parent

__all__ = ["Ending", "Job", "NoChild", "mapped", "run"]

OUTPUT_BYTES: Final = 256 << 10  # what is kept of a function's output; more is read and dropped
DISK_BYTES: Final = 32 << 20
DISK_FILES: Final = 2_000
_TICK: Final = 0.05
_LAST_WORDS: Final = 0.25  # how long a child that has closed its line may take to be gone
_CELL_GROWS: Final = 768 << 20  # as in cell.py
_SPARE: Final = 2  # seconds that a keeper lives longer than its cell wants
_now: Final = time.monotonic
Serve = Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]


def mapped() -> int:
    """Return the bytes of address space that this cell maps; a copy, which may not look, knows what its limit began at."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    return hard - _CELL_GROWS // 2 if hard > 0 else 1 << 40


class NoChild(Exception):
    """No process could be made: too many run, or this is a copy that may not fork."""


@dataclass(frozen=True, slots=True)
class Job:
    """One invocation, as the child is told it. `seconds` is the time by the machine's clock, `timeout` the function's."""

    code: bytes
    layers: tuple[bytes, ...]
    handler: str
    event: bytes
    environment: dict[str, str]
    context: dict[str, Any]
    memory: int  # bytes that the child may map, beside what the cell has mapped
    mapped: int
    timeout: float
    seconds: float
    at: float
    seed: str


@dataclass(slots=True)
class Ending:
    """How it ended. `kind`: done | timeout | exit | killed | garbage | disk; `head` and `body` are what it said last."""

    kind: str
    head: dict[str, Any] = field(default_factory=dict)
    body: bytes = b""
    output: bytes = b""
    dropped: int = 0
    status: int | None = None  # as of wait(), where the child ended by itself
    real_seconds: float = 0.0


def run(job: Job, serve: Serve, main: Callable[[socket.socket, Job, Path], None]) -> Ending:
    """Fork a child that runs main(talk, job, folder), answer its calls by `serve`, return how it ended. Raises NoChild."""
    folder = Path(tempfile.mkdtemp(prefix="function-"))
    talk, their_talk = socket.socketpair()
    line, their_line = socket.socketpair()
    output, their_output = os.pipe()
    begun = _now()
    try:
        try:
            pid = os.fork()
        except OSError as error:
            raise NoChild(str(error)) from error
        if pid == 0:
            _keep(job, their_talk, their_line, their_output, main, folder)
        their_talk.close()
        their_line.close()
        os.close(their_output)
        their_output = -1
        talk.setblocking(True)
        ending = _Hearing(job, serve, talk, line, output, folder, begun + job.seconds).hear()
        ending.real_seconds = _now() - begun
        if ending.kind != "done":
            _wait_for_the_end(line)
        return ending
    finally:
        for end in (talk, their_talk, line, their_line):  # the line closed, the keeper ends, and with it the child
            end.close()
        for handle in (output, their_output):
            if handle >= 0:
                os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for_the_end(line: socket.socket) -> None:
    """Let the keeper go, and with it a child that may still be writing files."""
    with contextlib.suppress(OSError):
        line.shutdown(socket.SHUT_WR)
        line.settimeout(_LAST_WORDS)
        while line.recv(256):
            pass
        select.select([], [], [], 0.002)


class _Hearing:
    """The cell's side of one invocation."""

    def __init__(
        self, job: Job, serve: Serve, talk: socket.socket, line: socket.socket, output: int, folder: Path, until: float
    ) -> None:
        self._job, self._serve, self._folder, self._until = job, serve, folder, until
        self._talk, self._line, self._output = talk, line, output
        self._inbox = Inbox()
        self._kept = bytearray()
        self._dropped = 0
        self._heard: Ending | None = None
        self._looked = 0.0

    def hear(self) -> Ending:
        """Return how it ended, with its output."""
        ending = self._loop()
        self._drain()
        ending.output, ending.dropped = bytes(self._kept), self._dropped
        return ending

    def _loop(self) -> Ending:
        watched: list[Any] = [self._talk, self._line, self._output]
        while True:
            left = self._until - _now()
            if left <= 0:
                return Ending("timeout")
            ready, _, _ = select.select(watched, [], [], min(left, _TICK))
            if _now() - self._looked > _TICK and _too_much(self._folder):
                return Ending("disk")
            self._looked = _now() if _now() - self._looked > _TICK else self._looked
            if self._output in ready and not self._read_output():
                watched.remove(self._output)
            if self._talk in ready:
                try:
                    if not self._listen():
                        watched.remove(self._talk)
                except (Garbage, OSError):
                    return Ending("garbage")
                if self._heard:
                    return self._heard
            elif self._line in ready:
                return self._after_its_end()

    def _listen(self) -> bool:
        """Read what the child says and answer its calls; return False at the end of its line."""
        data = self._talk.recv(1 << 18)
        if not data:
            return False
        self._inbox.feed(data)
        while (said := self._inbox.take()) is not None:
            head, body = said
            if head["op"] == "call":
                answer, content = self._serve(head, body)
                left = self._until - _now()
                if left <= 0:
                    self._heard = Ending("timeout")
                    return True
                self._talk.settimeout(left)
                try:
                    self._talk.sendall(frame("answer", content, **answer))
                except TimeoutError:
                    self._heard = Ending("timeout")
                    return True
                self._talk.setblocking(True)
            elif head["op"] in ("done", "timeout"):
                self._heard = Ending(head["op"], head, body)
                return True
            else:
                raise Garbage(str(head["op"])[:40])
        return True

    def _after_its_end(self) -> Ending:
        """The child has gone without a word, or with words that are still to be read."""
        try:
            told = json.loads(self._line.recv(256) or b"{}")
        except (OSError, ValueError):
            told = {}
        with contextlib.suppress(Garbage, OSError):
            self._talk.setblocking(False)
            while self._heard is None and self._listen():
                self._talk.setblocking(False)
        if self._heard is not None:
            return self._heard
        status = told.get("status")
        kind = "killed" if isinstance(status, int) and os.WIFSIGNALED(status) else "exit"
        return Ending(kind, status=status if isinstance(status, int) else None)

    def _read_output(self) -> bool:
        data = os.read(self._output, 1 << 16)
        room = max(0, OUTPUT_BYTES - len(self._kept))
        self._kept += data[:room]
        self._dropped += len(data) - min(room, len(data))
        return bool(data)

    def _drain(self) -> None:
        """Read what waits in the pipe; never more than it holds, since the child may still be writing."""
        for _ in range(17):
            ready, _, _ = select.select([self._output], [], [], 0)
            if not ready or not self._read_output():
                return


def _keep(
    job: Job,
    talk: socket.socket,
    line: socket.socket,
    output: int,
    main: Callable[[socket.socket, Job, Path], None],
    folder: Path,
) -> None:
    """Be the keeper: fork the child, wait for its end or the cell's, tell the cell. Does not return."""
    try:
        die_with_parent()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(int(job.seconds) + 1 + _SPARE)
        alive, theirs = os.pipe()
        keeper = os.getpid()
        child = os.fork()
        if child == 0:
            _be_child(job, talk, output, theirs, keeper, main, folder)
        _close_but(line.fileno(), alive)
        waited: list[Any] = [line, alive]
        select.select(waited, [], [])
        until = _now() + _LAST_WORDS
        while _now() < until:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                line.send(json.dumps({"status": status}).encode())
                break
            select.select([line], [], [], 0.001)
    finally:
        os._exit(0)


def _be_child(
    job: Job,
    talk: socket.socket,
    output: int,
    alive: int,
    keeper: int,
    main: Callable[[socket.socket, Job, Path], None],
    folder: Path,
) -> None:
    try:
        die_with_parent()
        if os.getppid() != keeper:
            os._exit(1)
        signal.alarm(0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        _close_but(0, 1, 2, talk.fileno(), alive)
        main(talk, job, folder)
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        os.write(2, f"[the runtime failed: {error!r:.300} at {Path(last.filename).name}:{last.lineno}]\n".encode())
    finally:
        os._exit(70)


def _close_but(*kept: int) -> None:
    """Close every descriptor but these: the cell's line to the host is one of them."""
    low = 0
    for handle in sorted(kept):
        if low < handle:  # an empty range would be all of them
            os.closerange(low, handle)
        low = handle + 1
    os.closerange(low, 1 << 12)


def _too_much(folder: Path) -> bool:
    """Return whether the child's folder holds more than it may."""
    size = files = 0
    waiting = [str(folder)]
    try:
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    files += 1
                    if files > DISK_FILES:
                        return True
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_size
    except OSError:
        return False
    return size > DISK_BYTES
