"""A running cell's copy, as the gateway process holds it: `copy = await fork(cell, spec, at=…, seconds=…)`.

The copy is a child of the cell, not of the zygote: whoever would kill it has no wait() to keep its number from going to
somebody else. So it is held by a descriptor (pidfd), and only where it really is the cell's child: its number was told
by a process that runs a learner's AWS.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import Final

from labs.sandboxes import Unavailable
from labs.sandboxes.emulated.fleet import Cell, CellGone
from labs.sandboxes.emulated.frames import CellSpec, Malformed, pack
from labs.sandboxes.emulated.lines import Line

__all__ = ["Copy", "fork"]

_ANSWER_SECONDS: Final = 5.0
_END_SECONDS: Final = 2.0


class Copy(Cell):
    """A cell that was forked from another one, and ends with it."""

    _handle: int = -1

    def hold(self, pid: int, parent: int) -> None:
        """Take hold of the process. Raises Unavailable where it is no child of `parent`."""
        try:
            handle = os.pidfd_open(pid)
            try:
                if _parent_of(pid) != parent:
                    raise ProcessLookupError(f"process {pid} is no child of {parent}")
            except OSError:
                os.close(handle)
                raise
        except OSError as error:
            raise Unavailable(f"the copy of a sandbox is not there: {error}") from error
        self.pid, self._handle = pid, handle

    async def close(self) -> None:
        """Kill the process, with all its state. Idempotent."""
        self._fleet.forks.discard(self)
        handle, self._handle = self._handle, -1
        self.drop()
        if handle < 0:
            return
        try:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            await _ended(handle)
        finally:
            os.close(handle)

    def drop(self) -> None:
        """Close our end of the socket; the process ends when it sees that."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)
        super().drop()


async def fork(cell: Cell, spec: CellSpec, *, at: float, seconds: float) -> Copy:
    """Return a copy of `cell` as it is between two calls, which is the sandbox `spec` and lives `seconds` at most.

    `at` is the time of the call that it would answer next. Of a copy there may be copies, of these none.
    Raises CellGone (the cell has ended), Unavailable.
    """
    line, theirs = await Line.pair()
    copy = Copy(cell._fleet, spec, line)
    try:
        with theirs:
            order = {"op": "fork", "spec": spec.to_head(), "at": at, "seconds": seconds}
            order["forks"] = not isinstance(cell, Copy)
            reply, _ = await cell.ask(pack(order), passing=[theirs.fileno()])
        if "pid" not in reply:
            raise Unavailable(f"sandbox {cell.spec.number} could not be copied: {reply.get('error')}")
        copy.hold(int(reply["pid"]), cell.pid)
        async with asyncio.timeout(_ANSWER_SECONDS):
            await copy.read()
    except CellGone:
        copy.drop()
        raise
    except (Unavailable, OSError, EOFError, TimeoutError, ValueError, TypeError, Malformed) as error:
        await copy.close()
        if isinstance(error, Unavailable):
            raise
        raise Unavailable(f"sandbox {cell.spec.number} could not be copied: {error!r}") from error
    copy.layers = cell.layers
    cell._fleet.forks.add(copy)
    return copy


def _parent_of(pid: int) -> int:
    """Return the parent's process id. Raises OSError where there is no such process."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


async def _ended(handle: int) -> None:
    """Wait until the process of a pidfd has ended; not for long: it was killed."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(handle, ended.set)
    try:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), _END_SECONDS)
    finally:
        loop.remove_reader(handle)
