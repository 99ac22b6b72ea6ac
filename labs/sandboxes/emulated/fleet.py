"""The fleet of cells, as the gateway process holds it: one zygote, and a forked, jailed process for each open sandbox.

    fleet = Fleet(run_dir, jail="required")
    await fleet.start()                       # the zygote begins to import; fleet.warm is set when it can fork
    cell = await fleet.open(CellSpec(...))
    response = await cell.call(CellRequest(...))

asyncio, standard library only. A cell that dies takes nothing with it: its state is in the journal, and the next open()
makes another one. A zygote that dies takes its cells along (the kernel sees to that) and is started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import itertools
import json
import os
import shutil
import socket
import stat
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Final

from labs.sandboxes import Unavailable
from labs.sandboxes.emulated.frames import CellRequest, CellResponse, CellSpec, Malformed, pack
from labs.sandboxes.emulated.lines import Line
from labs.sandboxes.jail import JailUnavailable, Mode, missing_layers, refusal

__all__ = ["CALL_SECONDS", "Cell", "CellGone", "CellRequest", "CellResponse", "CellSpec", "CellTimeout", "Fleet"]

CALL_SECONDS: Final = 10.0
_OPEN_SECONDS: Final = 10.0
_STOP_SECONDS: Final = 5.0


class CellGone(Unavailable):
    """The cell's process has ended. Its state is in the journal: open another cell and replay."""


class CellTimeout(CellGone):
    """The cell did not answer within its time and was killed."""


class Cell:
    """The process of one sandbox. Calls are answered one after the other."""

    def __init__(self, fleet: Fleet, spec: CellSpec, line: Line) -> None:
        self.spec = spec
        self.pid = 0
        self.directory: Path | None = None
        self.layers: list[str] = []
        self._fleet = fleet
        self._line = line
        self._turn = asyncio.Lock()
        self._alive = True

    @property
    def alive(self) -> bool:
        """Return whether it can be called; a cell that died unseen shows at the next call."""
        return self._alive and not self._line.ended

    async def call(self, request: CellRequest, *, seconds: float = CALL_SECONDS) -> CellResponse:
        """Answer one AWS call. Raises CellGone, or CellTimeout after `seconds` of its turn (the process is then killed)."""
        head, body = await self.ask(request.to_frame(), seconds)
        return CellResponse.from_head(head, body)

    async def inbox(self) -> list[dict[str, Any]]:
        """Return what services would have sent out (SNS e-mail and http, Firehose, EventBridge), oldest first."""
        head, _ = await self.ask(pack({"op": "inbox"}))
        return list(head["deliveries"])

    async def dump(self) -> bytes:
        """Return its whole state. Raises CellGone, ValueError."""
        told, data = await self.ask(pack({"op": "dump"}))
        if "error" in told:
            raise ValueError(f"the state of sandbox {self.spec.number} cannot be written: {told['error']}")
        return data

    async def dump_aside(self) -> Coroutine[Any, Any, bytes]:
        """Have a copy of it write its state of this moment; return what waits for the bytes. Raises CellGone.

        The cell answers calls meanwhile.
        """
        line, theirs = await Line.pair()
        try:
            with theirs:
                await self.ask(pack({"op": "dump"}), passing=[theirs.fileno()])
        except BaseException:
            line.close()
            raise
        return self._dumped(line)

    async def _dumped(self, line: Line) -> bytes:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return (await line.read())[1]
        except (OSError, EOFError, Malformed, TimeoutError) as error:
            raise CellGone(f"the state of sandbox {self.spec.number} could not be written ({error!r})") from error
        finally:
            line.close()

    async def load(self, data: bytes) -> None:
        """Have it be what dump() wrote; for a cell that has answered nothing yet. Raises CellGone, ValueError."""
        told, _ = await self.ask(pack({"op": "load"}, data))
        if "error" in told:
            raise ValueError(f"the snapshot of sandbox {self.spec.number} cannot be read: {told['error']}")

    async def close(self) -> None:
        """Let the process go, with all its state. Idempotent."""
        await self._fleet.forget(self)
        self.drop()
        await self._line.wait_closed()

    def drop(self) -> None:
        """Close our end of the socket; the process ends when it sees that."""
        self._alive = False
        self._line.close()

    async def ask(
        self, frame: bytes, seconds: float = CALL_SECONDS, *, passing: Sequence[int] = ()
    ) -> tuple[dict[str, Any], bytes]:
        """Send one frame, with descriptors if need be, and return the next one's head and body. Raises as call() does."""
        async with self._turn:
            if not self.alive:
                raise CellGone(f"the cell of sandbox {self.spec.number} has ended")
            try:
                async with asyncio.timeout(seconds):
                    self._line.write(frame, passing)
                    return await self._line.read()
            except TimeoutError as error:
                await self.close()
                raise CellTimeout(
                    f"sandbox {self.spec.number} gave no answer within {seconds:g} s and was stopped"
                ) from error
            except (OSError, EOFError, Malformed) as error:
                await self.close()
                raise CellGone(f"the cell of sandbox {self.spec.number} ended during a call ({error})") from error
            except asyncio.CancelledError:
                # The answer would be read as that of the next call.
                await asyncio.shield(self.close())
                raise

    async def read(self) -> tuple[dict[str, Any], bytes]:
        """Return the next frame's head and body. Raises EOFError, Malformed."""
        return await self._line.read()


class Fleet:
    """The zygote and its cells. One for a gateway process."""

    command: Sequence[str] = ("-m", "labs.sandboxes.emulated.zygote")

    def __init__(self, run_dir: Path, jail: Mode = "required") -> None:
        self.warm = asyncio.Event()
        self.mode: Mode = jail
        self.layers: list[str] = []
        self.cells: set[Cell] = set()
        self.forks: set[Cell] = set()
        self._run_dir = run_dir
        self._cells_dir = Path()
        self._claimed = -1
        self._opened = itertools.count(1)
        self._zygote: Process | None = None
        self._control: socket.socket | None = None
        self._turn = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None
        self._restarts = 0

    async def start(self) -> None:
        """Start the zygote and return at once; `warm` is set some seconds later.

        Raises JailUnavailable in mode "required" where this kernel cannot close the jail: no jail, no labs.
        """
        missing = missing_layers()
        if missing and self.mode == "required":
            raise refusal(missing)
        self._cells_dir, self._claimed = _cells_dir(self._run_dir)
        self._watch = asyncio.create_task(self._keep_zygote(), name="zygote")

    async def stop(self) -> None:
        """Stop the zygote and all cells, and remove their directories."""
        if self._watch:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        self._drop_all()
        await self._end_zygote()
        if self._cells_dir.name:
            shutil.rmtree(self._cells_dir, ignore_errors=True)
            os.close(self._claimed)
            self._cells_dir = Path()

    def report(self) -> dict[str, Any]:
        """Return what an operator asks: the layers of the jail in force, warnings, how many cells are open."""
        missing = missing_layers()
        warnings = [f"cells run without {name}: use this only where nobody else can reach it" for name in missing]
        if os.geteuid() != 0:
            warnings.append("not started as root, so cells share this process's uid (Landlock still separates them)")
        return {
            "warm": self.warm.is_set(),
            "jail": {"mode": self.mode, "layers": self.layers, "warnings": warnings},
            "cells": len(self.cells),
            "forks": len(self.forks),
            "zygote": self._zygote.pid if self._zygote else None,
            "zygote_restarts": self._restarts,
        }

    async def open(self, spec: CellSpec) -> Cell:
        """Fork a cell for `spec` and return it when it answers calls. Raises Unavailable (zygote cold or gone)."""
        if not self.warm.is_set() or self._control is None:
            raise Unavailable("the sandbox host is still warming up; try again in a few seconds")
        line, theirs = await Line.pair()
        cell = Cell(self, spec, line)
        cell.directory = self._new_directory(spec)
        try:
            with theirs:
                order = {"op": "open", "spec": spec.to_head(), "directory": str(cell.directory)}
                reply = await self._order(order, theirs)
            if "error" in reply:
                raise OSError(reply["error"])
            cell.pid = int(reply["pid"])
            async with asyncio.timeout(_OPEN_SECONDS):
                head, _ = await cell.read()
            if "refused" in head:
                raise JailUnavailable(str(head["refused"]))
        except JailUnavailable:
            cell.drop()
            raise
        except (OSError, EOFError, TimeoutError, Malformed) as error:
            cell.drop()
            raise Unavailable(f"no cell could be made for sandbox {spec.number}: {error!r}") from error
        cell.layers = self.layers = list(head["layers"])
        self.cells.add(cell)
        return cell

    async def forget(self, cell: Cell) -> None:
        """Kill the process of `cell` and remove its directory. For Cell.close()."""
        self.cells.discard(cell)
        if cell.pid:
            with contextlib.suppress(Unavailable):
                await self._order({"op": "kill", "pid": cell.pid})
            cell.pid = 0
            if cell.directory is not None:
                shutil.rmtree(cell.directory, ignore_errors=True)

    def _drop_all(self) -> None:
        for cell in (*self.forks, *self.cells):
            cell.drop()
        self.forks.clear()
        self.cells.clear()

    def _new_directory(self, spec: CellSpec) -> Path:
        """Return a place for one process: while a sandbox goes back, it has two, and the first must not clear up the second."""
        return self._cells_dir / f"{spec.number}-{spec.epoch}-{next(self._opened)}"

    async def _order(self, order: dict[str, Any], *fds: socket.socket) -> dict[str, Any]:
        """Send the zygote one order and return its reply. Raises Unavailable."""
        async with self._turn:
            control = self._control
            if control is None:
                raise Unavailable("the sandbox host is starting again; try again in a few seconds")
            try:
                message = json.dumps(order).encode()
                socket.send_fds(control, [message], [each.fileno() for each in fds])
                async with asyncio.timeout(_OPEN_SECONDS):
                    reply = await asyncio.get_running_loop().sock_recv(control, 1 << 16)
            except (OSError, TimeoutError) as error:
                reply = b""
                cause: BaseException | None = error
            else:
                cause = None
            if not reply:
                # Its answers would be out of step from here on: start afresh.
                if self._zygote and self._zygote.returncode is None:
                    self._zygote.kill()
                raise Unavailable("the sandbox host is starting again; try again in a few seconds") from cause
            return dict(json.loads(reply))

    async def _keep_zygote(self) -> None:
        """Have a zygote, whatever happens to it."""
        pause = 0.5
        while True:
            try:
                await self._start_zygote()
                pause = 0.5
                assert self._zygote is not None
                await self._zygote.wait()
            except Unavailable as error:
                print(f"sandboxes: {error}", file=sys.stderr)
            self._restarts += 1
            await self._end_zygote()
            self._drop_all()
            await asyncio.sleep(pause)  # a zygote that cannot start must not eat the machine
            pause = min(pause * 2, 30.0)

    async def _start_zygote(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with theirs:
            self._zygote = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-s", "-P", *self.command),
                *("--fd", str(theirs.fileno()), "--jail", self.mode),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                cwd="/",
                # Nothing of ours: no secret, no setting, no AWS profile. A fixed hash seed: sets keep their order in a replay.
                env={
                    "PATH": "/usr/bin:/bin",
                    "LANG": "C.UTF-8",
                    "TZ": "UTC",
                    "PYTHONHASHSEED": "0",
                    "MALLOC_ARENA_MAX": "1",
                },
            )
        try:
            greeting = await asyncio.get_running_loop().sock_recv(ours, 1 << 16)
        except BaseException:
            ours.close()
            raise
        if not greeting:
            ours.close()
            raise Unavailable("the zygote ended before it was warm; its last words are above")
        self._control = ours
        self.warm.set()

    async def _end_zygote(self) -> None:
        self.warm.clear()
        if self._control:
            self._control.close()
            self._control = None
        if self._zygote and self._zygote.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._zygote.kill()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._zygote.wait(), _STOP_SECONDS)


def _cells_dir(run_dir: Path) -> tuple[Path, int]:
    """Return a new directory for the cells' own ones, and the descriptor that says it is in use.

    Under `run_dir` if another uid can get there, else under /tmp. What a killed host left behind is removed.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    home = run_dir.resolve()
    open_to_all = all(stat.S_IMODE(each.stat().st_mode) & stat.S_IXOTH for each in (home, *home.parents))
    root = home if open_to_all or os.geteuid() != 0 else Path(tempfile.gettempdir())
    for left in root.glob("skylab-cells-*"):
        with contextlib.suppress(OSError):
            os.close(_claim(left))
            shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix="skylab-cells-", dir=root))
    made.chmod(0o711)
    return made, _claim(made)


def _claim(folder: Path) -> int:
    """Lock `folder` for as long as the descriptor is open. Raises OSError where somebody else holds it, or it is not ours."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if os.fstat(handle).st_uid != os.geteuid():
            raise PermissionError(f"{folder} is not ours")
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle
