"""One job: its calls in jailed children, watched, fed and put an end to by this process.

A function of an author's has a child of its own. All that it can reach is that child: no other's pipe, no socket, not
the client. So it can lie about itself, which its author may do anyway, and about nothing else.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graders import CheckCall
from labs.judge import verdict
from labs.judge.child import OWN, Task, judge
from labs.judge.limits import Limits
from labs.judge.verdict import Verdict
from labs.judge.warm import WarmAccount
from labs.sandboxes.forking import kill
from labs.sandboxes.jail import Jail, Mode
from labs.sandboxes.links import Exits, resolve

Message = dict[str, Any]
WORTH_A_CHILD = 6  # so many `expect` take longer, one after the other, than another child is to make


@dataclass
class _Running:
    """A child at work on the first of `places` (in the request) since `began`; a reason says why it is to be stopped."""

    places: list[int]
    pid: int
    pipe: int
    exits: Exits
    began: float
    data: bytearray = field(default_factory=bytearray)
    ended: bool = False
    reason: str = ""


class Job:
    """Judges the calls of one request; `jail` is made anew for each child, in its `mode`."""

    def __init__(self, request: Message, *, warm: WarmAccount, jail: Callable[[Limits], Jail], mode: Mode) -> None:
        self.limits = Limits.of(request.get("limits", {}))
        self.mode, self.jail, self.warm = mode, jail, warm
        self.account, self.checks = request["account"], str(request.get("checks", ""))
        self.calls = [CheckCall(name=str(one["name"]), parameters=dict(one["parameters"])) for one in request["calls"]]
        self.verdicts: list[Verdict | None] = [None] * len(self.calls)
        self.running: list[_Running] = []
        self.waiting = self._shared(range(min(len(self.calls), self.limits.calls)))
        self.address = resolve(str(self.account["endpoint_url"]))

    def _shared(self, places: Sequence[int]) -> list[list[int]]:
        """Return which calls share a child: none with an author's function; the `expect` are dealt out, and go first."""
        own = [[place] for place in places if self.calls[place].name.startswith(OWN)]
        others = [place for place in places if not self.calls[place].name.startswith(OWN)]
        hands = min(self.limits.at_a_time, -(-len(others) // WORTH_A_CHILD))
        return [*(others[start::hands] for start in range(hands)), *own]

    def judge(self) -> Sequence[Verdict]:
        """Return a verdict for each call, in order. What the job's time or number does not reach is an error."""
        deadline = time.monotonic() + self.limits.seconds
        with selectors.DefaultSelector() as self.selector:
            while self.waiting or self.running:
                if time.monotonic() >= deadline:
                    self.waiting.clear()
                while self.waiting and len(self.running) < self.limits.at_a_time:
                    self._start(self.waiting.pop(0))
                self._watch(deadline)
        return [one or verdict.broke("the checks before it took all the time there is") for one in self.verdicts]

    def _start(self, places: list[int]) -> None:
        task = Task([self.calls[place] for place in places], self.checks, self.account, self.warm)
        reader, writer = os.pipe()
        ours, theirs = socket.socketpair()
        child = os.fork()
        if child == 0:
            judge(task, self.jail(self.limits), self.mode, out=writer, control=theirs.fileno())
        os.close(writer)
        theirs.close()
        os.set_blocking(reader, False)
        exits = Exits(self.selector, ours, self.address, self.limits.streams)
        one = _Running(places, child, reader, exits, time.monotonic())
        self.selector.register(reader, selectors.EVENT_READ, lambda _: self._read(one))
        self.running.append(one)

    def _read(self, one: _Running) -> None:
        """Take what a child says, a line a verdict; no more lines than it has calls."""
        data = os.read(one.pipe, 1 << 16)
        one.data += data
        while one.places and b"\n" in one.data:
            line, _, one.data = one.data.partition(b"\n")
            self._note(one, bytes(line))
        one.ended = not data or not one.places
        if len(one.data) > self.limits.output:
            one.reason = f"it answered more than {self.limits.output} bytes"

    def _note(self, one: _Running, said: bytes = b"", reason: str = "") -> None:
        now = time.monotonic()
        taken, one.began = round((now - one.began) * 1000), now
        self.verdicts[one.places.pop(0)] = verdict.broke(reason, taken) if reason else verdict.read(said, taken)

    def _watch(self, deadline: float) -> None:
        """Wait for what comes next, and end who has ended, or must."""
        ends = [min(one.began + self.limits.check_seconds, deadline) for one in self.running]
        if ends:
            for key, mask in self.selector.select(max(0.0, min(ends) - time.monotonic())):
                key.data(mask)
        now = time.monotonic()
        for one in list(self.running):
            if not one.ended and now >= min(one.began + self.limits.check_seconds, deadline):
                one.reason = one.reason or f"it took more than {now - one.began:.1f} s and was stopped"
            if one.ended or one.reason:
                self._end(one)

    def _end(self, one: _Running) -> None:
        """Put an end to a child. The call that it was at is an error; those after that are another child's."""
        self.running.remove(one)
        self.selector.unregister(one.pipe)
        os.close(one.pipe)
        one.exits.close()
        if not one.places or one.reason or not _has_ended(one.pid):
            kill(one.pid)  # who has said all, and who closes its pipe and goes on
        status = os.waitstatus_to_exitcode(os.waitpid(one.pid, 0)[1])
        if not one.places:
            return
        if not one.reason and not one.data and status < 0:
            one.reason = f"it was ended by {signal.Signals(-status).name}"
        self._note(one, bytes(one.data), one.reason)
        if one.places:
            self.waiting.insert(0, one.places)


def _has_ended(pid: int) -> bool:
    """Return whether a child that closed its pipe has ended, or does within a moment."""
    for _ in range(20):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return True
        time.sleep(0.0005)  # between its last write and its end
    return False
