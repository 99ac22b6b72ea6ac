"""A jailed worker that is kept from run to run, for who has many short runs of one author's: the proof of a lab.

    KeptWorker (in the fork of one client)   -- a socket pair, requests -->  the worker (forked, jailed)
                                             <- pipe, JSON lines ----------

To fork the warm AWS CLI, to enter the jail and to touch for the first time what a command needs costs more than a usual
run of two commands. What commands of one run may leave for the next (nothing but files and variables), runs do not: each
begins in an empty directory. A worker that was stopped, has become old or has another gateway is followed by a new one.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labs.sandboxes import frames
from labs.sandboxes.forking import kill, let_go
from labs.sandboxes.links import Address, Exits, resolve
from labs.sandboxes.runner.run import STREAMS, Message, Place, Send, Worker, be_child, reported
from labs.sandboxes.runner.warm import WarmCli

RUNS = 60  # of one worker
CPU_SECONDS = 12  # of one worker, before the run after which it is old; the jail ends it at 30
REQUESTS = 5


class KeptWorker:
    """Runs requests one after the other, in a worker of its own in `place`."""

    def __init__(self, cli: WarmCli, place: Place) -> None:
        self.cli, self.place = cli, place
        self.worker: _Alive | None = None

    def run(self, request: Message) -> Message:
        """Do what run.supervise does."""
        deadline = time.monotonic() + float(request["timeout"])
        gateway = resolve(str(request["credentials"]["endpoint_url"]))
        if self.worker is None or self.worker.is_old or self.worker.gateway != gateway:
            self.end()
            self.worker = _Alive.forked(self.cli, self.place, gateway)
        messages, reason = self.worker.run(request, deadline)
        if reason:
            self.end()
        return reported(messages, reason, late=time.monotonic() >= deadline)

    def end(self) -> None:
        """End the worker, if there is one. Idempotent."""
        if self.worker is not None:
            self.worker.end()
            self.worker = None


@dataclass
class _Alive:
    """A worker that was forked, and our ends of all that leads to it."""

    pid: int
    gateway: Address
    requests: socket.socket
    pipe: int
    selector: selectors.BaseSelector
    exits: Exits
    runs: int = 0
    cpu_seconds: float = 0.0

    @classmethod
    def forked(cls, cli: WarmCli, place: Place, gateway: Address) -> _Alive:
        """Fork a worker, which waits for its first request."""
        reader, writer = os.pipe()
        ours, theirs = socket.socketpair()
        requests, asked = socket.socketpair()
        child = os.fork()
        if child == 0:
            let_go(writer, theirs.fileno(), asked.fileno())  # the client's connection above all
            be_child(lambda send: _work(cli, send), place)
        os.close(writer)
        theirs.close()
        asked.close()
        selector = selectors.DefaultSelector()
        selector.register(reader, selectors.EVENT_READ, None)
        return cls(child, gateway, requests, reader, selector, Exits(selector, ours, gateway, STREAMS))

    @property
    def is_old(self) -> bool:
        return self.runs >= RUNS or self.cpu_seconds > CPU_SECONDS

    def run(self, request: Message, deadline: float) -> tuple[list[Message], str]:
        """Return what the worker sends, and why it did not come to the end of a request ("" if it did)."""
        self.runs += 1
        self.exits.renew(STREAMS)
        messages: list[Message] = []
        data = b""
        try:
            frames.send(self.requests, request)
        except OSError:
            return messages, self._ended()
        while (left := deadline - time.monotonic()) > 0:
            for key, mask in self.selector.select(left):
                if key.data is not None:
                    key.data(mask)
                    continue
                piece = os.read(self.pipe, 1 << 16)
                if not piece:
                    broke = next((message["broke"] for message in messages if "broke" in message), "")
                    return messages, broke or self._ended()
                *lines, data = (data + piece).split(b"\n")
                messages += [json.loads(line) for line in lines if line.endswith(b"}")]
            if messages and "end" in messages[-1]:
                self.cpu_seconds = float(messages.pop()["end"])
                return messages, ""
        return messages, "skylab: the run took too long and was stopped"

    def _ended(self) -> str:
        how = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        if how is not None and how.si_code != os.CLD_EXITED:
            return f"skylab: ended by {signal.Signals(how.si_status).name}"
        return f"skylab: ended with status {how.si_status if how else '?'}"

    def end(self) -> None:
        """Kill it, and close what leads to it."""
        kill(self.pid)
        os.waitpid(self.pid, 0)
        self.exits.close()
        self.selector.close()
        self.requests.close()
        os.close(self.pipe)


def _work(cli: WarmCli, send: Send) -> None:
    """In the jail: run one request after the other."""
    requests = socket.socket(fileno=REQUESTS)
    while request := _next(requests):
        Worker(cli, request, send).work()
        for left in Path().iterdir():
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        send({"end": time.process_time()})


def _next(requests: socket.socket) -> dict[str, Any] | None:
    try:
        return frames.receive(requests)
    except frames.BadFrame:  # nobody wants more
        return None
