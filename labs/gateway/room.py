"""One sandbox's room in this process: its cell, its place in the journal, and whose turn it is.

A room without a living cell makes one when somebody calls, and replays the journal into it: so a crash of a cell, of
the zygote or of this process costs the next caller some milliseconds, and nobody any state.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from labs.gateway.asked import Asked
from labs.gateway.history import Kept, Recovered, find, go_back, keep, last_change, recover
from labs.gateway.journal import Life, Row, instant, shown
from labs.gateway.limits import MAX_STORED, MAX_WAITING, Pace
from labs.models import Snapshot
from labs.sandboxes import Moment, Unavailable, keys
from labs.sandboxes.emulated.fleet import Cell, CellGone, CellRequest, CellResponse, CellSpec, CellTimeout
from labs.sandboxes.emulated.forks import Copy, fork
from labs.sandboxes.jail import JailUnavailable

if TYPE_CHECKING:
    from labs.gateway.rooms import Rooms

__all__ = ["SMALL", "Asked", "Busy", "CallStopped", "Frozen", "Full", "Room"]

log: Final = logging.getLogger(__name__)

OPEN_SECONDS: Final = 25.0
CHANGES_KEPT: Final = 20  # after so many changes the state is kept as soon as nobody calls for a moment …
CHANGES_AT_MOST: Final = 60  # … and after so many in any case: they must be made again after a crash, or for an undo
CALM_SECONDS: Final = 0.25
SMALL: Final = 4096  # what a full sandbox still takes, so that one can tidy up


class Busy(Exception):
    """Too many calls of this sandbox wait already."""


class Full(Exception):
    """The sandbox has taken all the bytes that it may."""


class Frozen(Exception):
    """The sandbox takes no calls but the graders'."""


class CallStopped(Exception):
    """The call took its cell down, or took too long; it was not made."""


class CannotBeRead(Unavailable):
    """A snapshot does not make a state."""


def _always(response: CellResponse) -> bool:
    return True


class Room:
    """One sandbox in one epoch."""

    def __init__(self, rooms: Rooms, life: Life, *, passing: bool = False) -> None:
        self.life = life
        self.passing = passing  # it is there for one fork, and ends with it
        self.cell: Cell | None = None
        self.checked = 0.0
        self.used = time.monotonic()
        self.pace = Pace()
        self.anonymous_pace = Pace()
        self.rooms = rooms
        self._turn = asyncio.Lock()
        self._present = 0
        self._seq = 0
        self._last = 0.0
        self.stored = 0
        self._changes = 0  # since the state was last kept
        self._keeping = False  # somebody waits for a calm moment, to keep the state
        self._closed = False

    @property
    def name(self) -> str:
        """What a request without a signature calls it by."""
        return self.life.account_id

    @property
    def running(self) -> bool:
        """Return whether its cell lives at the moment."""
        return self.cell is not None and self.cell.alive

    async def call(self, asked: Asked, *, counts: Callable[[CellResponse], bool] = _always) -> CellResponse:
        """Make one call in its turn, and return when its row is written.

        An answer that does not count (`counts`) leaves no row. Raises Busy, Frozen, Full, CallStopped, Unavailable.
        """
        learner = asked.source != "grader"
        if learner and self._present > MAX_WAITING:
            raise Busy
        self._present += 1
        try:
            async with self._turn:
                if learner and self.life.frozen:
                    raise Frozen
                if len(asked.body) > SMALL and self.stored + len(asked.body) > MAX_STORED:
                    raise Full
                response, request, begun = await self._ask(asked)
                if not learner or not counts(response):
                    return response
                self._seq = request.seq
                if response.mutating:
                    self.stored += len(asked.body)
                row = self._row(asked, request, response, time.monotonic() - begun)
                if response.mutating:
                    # Nobody may see what it did before the row is there.
                    await self._written(self.rooms.journal.write(row, request))
                    self._changes += 1
                elif (full := self.rooms.journal.write_soon(row)) is not None:
                    await self._written(full)
            if self._changes >= CHANGES_KEPT and not self._keeping:
                self._keeping = True
                self.rooms.later(self._keep_when_calm())
            return response
        finally:
            self._present -= 1
            self.used = time.monotonic()

    async def open(self) -> None:
        """Have a cell that answers. Raises Unavailable."""
        async with self._turn:
            await self._living_cell()

    async def fork(self, spec: CellSpec, *, seconds: float) -> tuple[Copy, int, float]:
        """Return a copy of its cell, and the place and time in the journal that it was made at. Raises Unavailable."""
        self.used = time.monotonic()
        async with self._turn:
            for last in (False, True):
                cell = await self._living_cell()
                try:
                    at = max(self._last, time.time())
                    copy = await fork(cell, spec, at=at, seconds=seconds)
                except CellGone:
                    await self._let_go()
                    if last:
                        raise
                else:
                    return copy, self._seq, at
        raise AssertionError("unreachable")

    async def inbox(self) -> list[dict[str, Any]]:
        """Return what it has sent out, oldest first. Raises Unavailable."""
        async with self._turn:
            return await (await self._living_cell()).inbox()

    async def keep(self, kind: str, label: str = "") -> Moment:
        """Write the present state down; the sandbox goes on meanwhile. Raises Unavailable."""
        async with self._turn:
            cell = await self._living_cell()
            seq, stored, self._changes = self._seq, self.stored, 0
            written = await cell.dump_aside()
        kept = Kept(seq, await written, stored)
        return await self._write(kept, kind, label)

    async def _keep_when_calm(self) -> None:
        """Keep the state when the tool has made its calls: the copy that writes it takes a processor from them."""
        try:
            while self._changes < CHANGES_AT_MOST and self.running:
                left = CALM_SECONDS - (time.monotonic() - self.used)
                if left <= 0 and not self._present:
                    break
                await asyncio.sleep(max(left, 0.02))
        finally:
            self._keeping = False
        if self._changes >= CHANGES_KEPT and self.running:  # nobody has gone back, or let it sleep, meanwhile
            await self.keep(Snapshot.Kind.AUTO)

    async def fast_forward(self, seconds: float) -> dict[str, float]:
        """Let so many seconds go by in the sandbox, in its turn and in the journal. Raises Unavailable."""
        asked = Asked(
            method="POST",
            service="skylab-time",
            region=self.life.region,
            path="/",
            query="",
            headers=[],
            body=json.dumps({"seconds": seconds}).encode(),
            access_key=keys.mint_access_key(self.life.number, keys.START_SERIAL),
            host="",
            source="start",
            tool="skylab",
            hint="FastForward",
        )
        try:
            response = await self.call(asked)
        except (Busy, Full, CallStopped) as error:
            raise Unavailable("the sandbox cannot be moved forward now; please try again") from error
        if response.status != 200:
            raise Unavailable(response.error_message)
        told: dict[str, float] = json.loads(response.body)
        return told

    async def hibernate(self) -> None:
        """Write the state down and let the cell go. Where that cannot be, the journal brings it back all the same."""
        async with self._turn:
            if self.cell is not None and self.cell.alive and self._seq:
                try:
                    await self._write(Kept(self._seq, await self.cell.dump(), self.stored), Snapshot.Kind.AUTO)
                    self._changes = 0
                except (Unavailable, ValueError) as error:
                    log.warning("sandbox %s sleeps without a snapshot: %s", self.life.number, error)
            await self._let_go()

    async def undo(self, seq: int | None = None) -> Moment:
        """Take back the learner's last change; return the moment that leads here again. Raises Unavailable.

        `seq` is the call that the learner means: in its turn nobody makes another one meanwhile.
        """
        async with self._turn:
            last = await self.rooms.in_thread(last_change, self.life)
            if seq not in (None, last):
                raise Unavailable("the last change is another one by now")
            told = await self.rooms.in_thread(recover, self.life, self.rooms.signing_key, upto=last - 1)
            return await self._go_back(told, since=last - 1, of=None, label="undo")

    async def go_back(self, moment: int) -> Moment:
        """Be as at a moment. Raises Unavailable."""
        async with self._turn:
            kept = await self.rooms.in_thread(find, self.life, self.rooms.signing_key, moment)
            return await self._go_back(Recovered(self._seq, kept, []), since=kept.seq, of=moment, label="go back")

    async def be(self, told: Recovered) -> None:
        """Be in a state, in a fresh cell; for a room that no call reaches yet. Raises Unavailable."""
        async with self._turn:
            await self.rooms.fleet.warm.wait()
            self.cell = await self._made(told)

    async def close(self, *, for_good: bool = False) -> None:
        """Let the cell go, after the call that it is at; with `for_good`, nobody may open another one."""
        self._closed = self._closed or for_good
        async with self._turn:
            await self._let_go()

    async def _ask(self, asked: Asked) -> tuple[CellResponse, CellRequest, float]:
        for last in (False, True):
            cell = await self._living_cell()
            self._last = max(self._last, time.time())
            request = asked.at(instant(self._last)[1], self._seq + 1)
            begun = time.monotonic()
            try:
                return await cell.call(request), request, begun
            except CellGone as error:
                await self._let_go()
                # One that died (somebody killed it, the zygote ended) has another go: what it did is gone with it.
                if last or isinstance(error, CellTimeout):
                    await self._note_stopped(asked, request, begun)
                    raise CallStopped from error
        raise AssertionError("unreachable")

    async def _note_stopped(self, asked: Asked, request: CellRequest, begun: float) -> None:
        if asked.source == "grader":
            return
        self._seq = request.seq
        message = "The call was stopped because the sandbox could not finish it."
        response = CellResponse(500, [], b"", asked.hint, error_code="InternalFailure", error_message=message)
        row = self._row(asked, request, response, time.monotonic() - begun)
        await self._written(self.rooms.journal.write(row))

    async def _written(self, written: asyncio.Future[None]) -> None:
        try:
            await written
        except Exception as error:
            # The cell may be ahead of the journal: make it anew from what is written.
            cell, self.cell = self.cell, None
            if cell:
                await cell.close()
            raise Unavailable("the call could not be written down; please try again") from error

    def _row(self, asked: Asked, request: CellRequest, response: CellResponse, seconds: float) -> Row:
        return Row(
            sandbox_id=self.life.number,
            epoch=self.life.epoch,
            seq=request.seq,
            at=instant(request.at)[0],
            source=asked.source,
            principal=shown(response.principal)[:200],
            tool=shown(asked.tool)[:60],
            service=(response.service or asked.service)[:40],
            action=shown(response.action or asked.hint)[:80],
            region=asked.region[:30],
            parameters=shown(response.parameters),
            status=response.status,
            error_code=shown(response.error_code)[:120],
            error_message=shown(response.error_message)[:2000],
            mutating=response.mutating,
            milliseconds=round(seconds * 1000, 3),
            request_id=response.request_id[:60],
        )

    async def _living_cell(self) -> Cell:
        if self._closed:
            raise Unavailable("this sandbox has been stopped; another life of it may be starting")
        if self.cell and self.cell.alive:
            return self.cell
        await self._let_go()
        deadline = time.monotonic() + OPEN_SECONDS
        while True:
            try:
                async with asyncio.timeout(max(0.0, deadline - time.monotonic())):
                    await self.rooms.fleet.warm.wait()
                return await self._restore()
            except TimeoutError as error:
                raise Unavailable("the sandbox host is still warming up; try again in a few seconds") from error
            except JailUnavailable as error:
                log.error("no sandbox can be opened: %s", error)
                raise Unavailable("sandboxes cannot be opened on this host") from error
            except Unavailable:
                # The zygote ended a moment ago and is being started again.
                if time.monotonic() + 1 > deadline:
                    raise
                await asyncio.sleep(0.1)

    async def _restore(self) -> Cell:
        begun = time.monotonic()
        key = self.rooms.signing_key
        told = await self.rooms.in_thread(recover, self.life, key)
        try:
            self.cell = cell = await self._made(told)
        except CannotBeRead:  # by another version of ours, say: the calls have it all, too
            told = await self.rooms.in_thread(recover, self.life, key, from_the_first_call=True)
            self.cell = cell = await self._made(told)
        if told.kept or told.calls:
            how = f"a snapshot and {len(told.calls)} calls" if told.kept else f"{len(told.calls)} calls"
            log.info("sandbox %s was made again from %s in %.2f s", self.life.number, how, time.monotonic() - begun)
        return cell

    async def _made(self, told: Recovered) -> Cell:
        """Return a fresh cell in that state. Raises Unavailable."""
        cell = await self.rooms.fleet.open(self.rooms.spec_of(self.life))
        try:
            if told.kept:
                await cell.load(told.kept.data)
            for request in told.calls:
                await cell.call(request)
        except ValueError as error:
            await cell.close()
            log.error("%s", error)
            raise CannotBeRead("this state of the sandbox cannot be read") from error
        except BaseException:
            await cell.close()
            raise
        self._seq = max(self._seq, told.newest)
        self.stored = (told.kept.stored if told.kept else 0) + sum(len(request.body) for request in told.calls)
        return cell

    async def _go_back(self, told: Recovered, *, since: int, of: int | None, label: str) -> Moment:
        """Swap the cell for one in another state; nothing has changed until the database says so."""
        present, stored = await self._living_cell(), self.stored
        seq = self._seq
        made, data = await asyncio.gather(self._made(told), present.dump())
        before = Kept(seq, data, stored)
        try:
            to = Kept(self._seq, await made.dump(), self.stored)
            key, now = self.rooms.signing_key, instant(time.time())[0]
            moment = await self.rooms.in_thread(
                go_back, self.life, key, before=before, to=to, since=since, of=of, label=label, now=now
            )
        except BaseException:
            self.stored = stored
            await made.close()
            raise
        await self._let_go()
        self.cell, self._changes = made, 0
        return moment

    async def _write(self, kept: Kept, kind: str, label: str = "") -> Moment:
        now = instant(time.time())[0]
        key = self.rooms.signing_key
        return await self.rooms.in_thread(keep, self.life, key, kept, kind=kind, label=label, now=now)

    async def _let_go(self) -> None:
        cell, self.cell = self.cell, None
        if cell:
            await self.rooms.forks.stop_of(self)
            await cell.close()
