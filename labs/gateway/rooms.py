"""Each sandbox's room in this process: its cell, its place in the journal, and whose turn it is.

A room without a living cell makes one when somebody calls, and replays the journal into it: so a crash of a cell, of
the zygote or of this process costs the next caller some milliseconds, and nobody any state.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.db import DatabaseError

from labs.gateway.journal import Journal, Life, instant, read_life, replay, shown
from labs.gateway.limits import MAX_STORED, MAX_WAITING, Bucket
from labs.models import ApiCall
from labs.sandboxes import Ref, Unavailable, keys
from labs.sandboxes.emulated.fleet import Cell, CellGone, CellRequest, CellResponse, CellSpec, CellTimeout, Fleet
from labs.sandboxes.jail import JailUnavailable

__all__ = ["Asked", "Busy", "CallStopped", "Full", "Room", "Rooms"]

log: Final = logging.getLogger(__name__)
T = TypeVar("T")

FRESH_SECONDS: Final = 2.0  # how long a row of the database is believed
IDLE_SECONDS: Final = 900.0  # a cell that nobody calls for so long is let go; the next call brings it back
OPEN_SECONDS: Final = 25.0
_SMALL: Final = 4096  # what a full sandbox still takes, so that one can tidy up


class Busy(Exception):
    """Too many calls of this sandbox wait already."""


class Full(Exception):
    """The sandbox has taken all the bytes that it may."""


class CallStopped(Exception):
    """The call took its cell down, or took too long; it was not made."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A verified call on its way to the cell, and what the journal says of where it came from."""

    method: str
    service: str
    region: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    access_key: str | None
    host: str
    source: str  # learner | start | grader: the last is not in the journal
    tool: str
    hint: str  # the likely name of the action, for a call that no cell could name

    def at(self, seconds: float, seq: int) -> CellRequest:
        """Return the call as a cell takes it."""
        return CellRequest(
            method=self.method,
            service=self.service,
            region=self.region,
            path=self.path,
            query=self.query,
            headers=self.headers,
            body=self.body,
            access_key=self.access_key,
            host=self.host,
            at=seconds,
            seq=seq,
        )


def _always(response: CellResponse) -> bool:
    return True


class Room:
    """One sandbox in one epoch."""

    def __init__(self, rooms: Rooms, life: Life) -> None:
        self.life = life
        self.cell: Cell | None = None
        self.checked = 0.0
        self.used = time.monotonic()
        self.bucket = Bucket()
        self.anonymous_bucket = Bucket()
        self._rooms = rooms
        self._turn = asyncio.Lock()
        self._present = 0
        self._seq = 0
        self._last = 0.0
        self._stored = 0
        self._closed = False

    @property
    def running(self) -> bool:
        """Return whether its cell lives at the moment."""
        return self.cell is not None and self.cell.alive

    async def call(self, asked: Asked, *, counts: Callable[[CellResponse], bool] = _always) -> CellResponse:
        """Make one call in its turn, and return when its row is written.

        An answer that does not count (`counts`) leaves no row. Raises Busy, Full, CallStopped, Unavailable.
        """
        learner = asked.source != "grader"
        if learner and self._present > MAX_WAITING:
            raise Busy
        self._present += 1
        try:
            async with self._turn:
                if len(asked.body) > _SMALL and self._stored + len(asked.body) > MAX_STORED:
                    raise Full
                response, request, begun = await self._ask(asked)
                if not learner or not counts(response):
                    return response
                self._seq = request.seq
                if response.mutating:
                    self._stored += len(asked.body)
                row = self._row(asked, request, response, time.monotonic() - begun)
                written = self._rooms.journal.write(row, request if response.mutating else None)
                if response.mutating:
                    # Nobody may see what it did before the row is there.
                    await self._written(written)
            if not response.mutating:
                await self._written(written)
            return response
        finally:
            self._present -= 1
            self.used = time.monotonic()

    async def open(self) -> None:
        """Have a cell that answers. Raises Unavailable."""
        async with self._turn:
            await self._living_cell()

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
        await self._written(self._rooms.journal.write(row))

    async def _written(self, written: asyncio.Future[None]) -> None:
        try:
            await written
        except Exception as error:
            # The cell may be ahead of the journal: make it anew from what is written.
            cell, self.cell = self.cell, None
            if cell:
                await cell.close()
            raise Unavailable("the call could not be written down; please try again") from error

    def _row(self, asked: Asked, request: CellRequest, response: CellResponse, seconds: float) -> ApiCall:
        return ApiCall(
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
                    await self._rooms.fleet.warm.wait()
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
        newest, calls = await self._rooms.in_thread(replay, self.life.number, self.life.epoch)
        cell = await self._rooms.fleet.open(self._rooms.spec_of(self.life))
        try:
            for request in calls:
                await cell.call(request)
        except BaseException:
            await cell.close()
            raise
        self._seq = max(self._seq, newest)
        self._stored = sum(len(request.body) for request in calls)
        self.cell = cell
        if calls:
            seconds = time.monotonic() - begun
            log.info("sandbox %s was made again from %s calls in %.2f s", self.life.number, len(calls), seconds)
        return cell

    async def _let_go(self) -> None:
        cell, self.cell = self.cell, None
        if cell:
            await cell.close()


class Rooms:
    """All sandboxes that this host has seen, by number."""

    def __init__(self, fleet: Fleet, journal: Journal, *, master: bytes) -> None:
        self.fleet = fleet
        self.journal = journal
        self._master = master
        self._rooms: dict[int, Room] = {}
        self._numbers: dict[str, int] = {}
        self._absent: dict[int | str, float] = {}
        self._stopped: dict[int, int] = {}  # the newest epoch that was stopped, of sandboxes that may still be live
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="database")

    async def in_thread(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run what asks the database. Raises Unavailable where the database does not answer."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, lambda: function(*args, **kwargs))
        except DatabaseError as error:
            log.exception("the database does not answer")
            raise Unavailable("the database does not answer; please try again") from error

    def spec_of(self, life: Life) -> CellSpec:
        """Return what the cell of `life` is told."""
        return CellSpec(
            number=life.number,
            epoch=life.epoch,
            account_id=life.account_id,
            region=life.region,
            secret=keys.sandbox_secret(self._master, life.number),
            grader_access_key=keys.mint_access_key(life.number, keys.GRADER_SERIAL),
            created_at=life.created_at,
        )

    async def room(self, number: int) -> Room | None:
        """Return the room of a live sandbox, or None. Asks the database where it was not asked for two seconds."""
        now = time.monotonic()
        room = self._rooms.get(number)
        if room and now - room.checked < FRESH_SECONDS:
            return room
        if room is None and now - self._absent.get(number, -FRESH_SECONDS) < FRESH_SECONDS:
            return None
        return await self._enter(number, await self.in_thread(read_life, number=number))

    async def room_of_account(self, account_id: str) -> Room | None:
        """Return the room of the live sandbox with that account id, or None."""
        number = self._numbers.get(account_id)
        if number is None:
            if time.monotonic() - self._absent.get(account_id, -FRESH_SECONDS) < FRESH_SECONDS:
                return None
            life = await self.in_thread(read_life, account_id=account_id)
            if life is None:
                self._miss(account_id)
                return None
            number = self._numbers[account_id] = life.number
        return await self.room(number)

    async def start(self, ref: Ref) -> None:
        """Have the sandbox answer calls. Raises Unavailable."""
        life = await self.in_thread(read_life, number=ref.number)
        if life is None or not life.live:
            raise Unavailable(f"there is no live sandbox {ref.number} in the database")
        if life.epoch != ref.epoch:
            raise Unavailable(f"sandbox {ref.number} is in epoch {life.epoch}, not {ref.epoch}")
        if self._stopped.get(ref.number) == ref.epoch:
            del self._stopped[ref.number]
            self._rooms.pop(ref.number, None)
        room = await self._enter(ref.number, life)
        assert room is not None
        await room.open()

    async def stop(self, ref: Ref) -> None:
        """Let the sandbox go in this epoch and those before. Idempotent."""
        self._stopped[ref.number] = max(ref.epoch, self._stopped.get(ref.number, 0))
        room = self._rooms.get(ref.number)
        if room and room.life.epoch <= ref.epoch:
            await room.close(for_good=True)

    async def is_running(self, ref: Ref) -> bool:
        """Return whether `ref` was started and not stopped: it answers calls, if need be from its journal."""
        if self._stopped.get(ref.number, 0) >= ref.epoch:
            return False
        room = await self.room(ref.number)
        return room is not None and room.life.epoch == ref.epoch

    async def tidy(self) -> None:
        """Let cells go that nobody called for long, and those of sandboxes that are not live any more."""
        now = time.monotonic()
        for number, room in list(self._rooms.items()):
            if not room.running:
                continue
            if now - room.used > IDLE_SECONDS:
                await room.close()
            else:
                await self.room(number)

    async def _enter(self, number: int, life: Life | None) -> Room | None:
        room = self._rooms.get(number)
        if life is None or not life.live:
            self._miss(number)
            if room:
                del self._rooms[number]
                self._stopped.pop(number, None)
                await room.close(for_good=True)
            return None
        if room is None or room.life.epoch < life.epoch:
            before, room = room, Room(self, life)
            self._rooms[number] = room
            if self._stopped.get(number, 0) >= life.epoch:
                await room.close(for_good=True)
            if before:
                await before.close(for_good=True)
        self._absent.pop(number, None)
        room.checked = time.monotonic()
        return room

    def _miss(self, what: int | str) -> None:
        if len(self._absent) > 10_000:
            self._absent.clear()
        self._absent[what] = time.monotonic()
