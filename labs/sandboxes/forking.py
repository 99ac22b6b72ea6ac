"""What our small warm servers have in common: a unix socket, a fork for each request, an end with their parent.

A server overrides `Forking.answer`, which runs in the forked child of one request; whoever wants one calls `ensure`.
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labs.sandboxes import Unavailable
from labs.sandboxes.jail import die_with_parent

__all__ = ["ENVIRONMENT", "Forking", "answers", "enlarge_pages", "ensure", "kill", "let_go", "settle"]

START_SECONDS = 60
LARGE = 2 << 20
_MADV_COLLAPSE = 25  # what the kernel does not know, it refuses
_libc = ctypes.CDLL(None, use_errno=True)
# All that a server gets of an environment: no secret, and no path of ours. It comes by exec: no memory holds another.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
}
MAX_WAITING = 64
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Active:
    """A request under way in a child."""

    slot: int
    until: float


class Forking:
    """Listens at `socket_path` until `parent` is no longer our parent, or until SIGTERM. Single-threaded.

    At most `most` requests are answered at a time, each in a `slot` of its own (0 … most - 1) and for `seconds` at
    most; more wait in the socket's queue.
    """

    def __init__(self, socket_path: Path, *, parent: int, most: int, seconds: float) -> None:
        self.socket_path, self.parent, self.most, self.seconds = socket_path, parent, most, seconds
        self.waiting: list[socket.socket] = []  # connections that have not said anything yet
        self.active: dict[int, _Active] = {}
        self.stopping = False

    def answer(self, connection: socket.socket, slot: int) -> None:
        """In the child: read the request and answer it."""
        raise NotImplementedError

    def listen(self) -> None:
        """Serve until told to stop."""
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
                if len(self.active) < self.most:
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
        for pid in self.active:
            kill(pid)
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
        if len(self.active) >= self.most:
            return
        self.waiting.remove(connection)
        try:
            silent = not connection.recv(1, socket.MSG_PEEK)
        except OSError:
            silent = True
        if silent:  # it only looked whether we are there
            connection.close()
            return
        slot = min(set(range(self.most)) - {one.slot for one in self.active.values()})
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            for other in (listener, *self.waiting):
                other.close()
            self._in_child(connection, slot)
        connection.close()
        self.active[child] = _Active(slot, time.monotonic() + self.seconds)

    def _in_child(self, connection: socket.socket, slot: int) -> None:
        try:
            die_with_parent()
            for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
                signal.signal(signum, signal.SIG_DFL)
            connection.setblocking(True)
            connection.settimeout(30)
            self.answer(connection, slot)
        except Exception:
            log.exception("a request broke")
        finally:
            os._exit(0)

    def _reap(self) -> None:
        for pid, one in list(self.active.items()):
            if time.monotonic() > one.until:
                kill(pid)
            ended, _ = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self.active[pid]


def settle() -> None:
    """Make the forks of this warm process cheap, once it holds what they share.

    What is warm stays on shared pages, for no collector looks at it again, and on large ones.
    """
    gc.collect()
    gc.freeze()
    enlarge_pages()


def enlarge_pages() -> None:
    """Have what this process holds lie on large pages, where the kernel has them (Linux 6.1).

    A fork copies a table of pages, and its end takes that apart: both are most of its cost. A fork that writes gets a
    small page, as ever.
    """
    for line in Path("/proc/self/maps").read_text().splitlines():
        place, rights, _, _, _, *name = line.split()
        begin, end = (int(one, 16) for one in place.split("-"))
        begin, end = -(-begin // LARGE) * LARGE, end // LARGE * LARGE
        if rights == "rw-p" and name in ([], ["[heap]"]) and begin < end:
            # Once, and no advice for what comes: in a fork, the kernel is not to make large pages of a few small ones.
            _libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), _MADV_COLLAPSE)


def let_go(*kept: int) -> None:
    """In a forked child: keep nothing open but these, as 3, 4, …; the standard streams lead nowhere."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    # Out of the way of the places that they go to, then down to these.
    moved = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, 100) for one in (nothing, nothing, nothing, *kept)]
    for place, one in enumerate(moved):
        os.dup2(one, place, inheritable=False)
    os.closerange(len(moved), 4096)
    os.chdir("/")
    signal.set_wakeup_fd(-1)


def ensure(socket_path: Path, module: str, *, what: str, arguments: Sequence[str]) -> bool:
    """Start `python -m module --socket … --parent …` as our child if nobody answers at the path; True if we did.

    It ends with this process. ENVIRONMENT is all that it gets of one. Raises Unavailable with what it said.
    """
    if answers(socket_path):
        return False
    socket_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Several workers find at the same time that there is none: one starts it, the others wait.
    with socket_path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if answers(socket_path):
            return False
        _start(socket_path, module, what, arguments)
    return True


def answers(socket_path: Path) -> bool:
    """Return whether somebody listens: it listens when it is warm."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(socket_path))
        except OSError:
            return False
    return True


def _start(socket_path: Path, module: str, what: str, arguments: Sequence[str]) -> None:
    log_path = socket_path.with_suffix(".log")
    command = [sys.executable, "-m", module, "--socket", str(socket_path), "--parent", str(os.getpid()), *arguments]
    with log_path.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not answers(socket_path):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            said = log_path.read_text(errors="replace").strip()[-2000:]
            raise Unavailable(f"{what} did not start (status {process.returncode}): {said}")
        time.sleep(0.02)  # polling a foreign process: there is nothing to wait on
    # It lives as long as we do, and is reaped by whoever inherits it.
    process.returncode = 0


def kill(pid: int) -> None:
    """End a process, if it is still there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
