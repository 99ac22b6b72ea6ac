"""All sandboxes that this host has seen: which are live, which are stopped, and where each one's room is."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from django.db import DatabaseError

from labs.gateway import history
from labs.gateway.forks import Forks
from labs.gateway.journal import Journal, Life, read_life
from labs.gateway.room import Room
from labs.models import Snapshot
from labs.sandboxes import Moment, Ref, Unavailable, keys
from labs.sandboxes.emulated.fleet import CellSpec, Fleet

__all__ = ["Rooms"]

log: Final = logging.getLogger(__name__)
T = TypeVar("T")

FRESH_SECONDS: Final = 2.0  # how long a row of the database is believed
IDLE_SECONDS: Final = 900.0  # a cell that nobody calls for so long sleeps: on disk, until the next call


class Rooms:
    """All sandboxes that this host has seen, by number."""

    def __init__(self, fleet: Fleet, journal: Journal, *, master: bytes) -> None:
        self.fleet = fleet
        self.journal = journal
        self.forks = Forks(self.spec_of)
        self._master = master
        self.signing_key = hmac.digest(master, b"snapshots", "sha256")
        self._tasks: set[asyncio.Future[Any]] = set()
        self._rooms: dict[int, Room] = {}
        self._numbers: dict[str, int] = {}
        self._absent: dict[int | str, float] = {}
        self._stopped: dict[int, int] = {}  # the newest epoch that was stopped, of sandboxes that may still be live
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="database")

    async def in_thread(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Run what asks the database for the past: all calls so far are in it. Raises Unavailable where it does not answer."""
        await self.journal.flush()
        return await self._ask(function, *args, **kwargs)

    async def _ask(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, lambda: function(*args, **kwargs))
        except DatabaseError as error:
            log.exception("the database does not answer")
            raise Unavailable("the database does not answer; please try again") from error

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something beside the calls; that it failed is logged, and costs nobody anything."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("a state could not be kept: %r", error)

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
        if keys.is_fork(number):
            return self.forks.get(number)
        now = time.monotonic()
        room = self._rooms.get(number)
        if room and now - room.checked < FRESH_SECONDS:
            return room
        if room is None and now - self._absent.get(number, -FRESH_SECONDS) < FRESH_SECONDS:
            return None
        return await self._enter(number, await self._ask(read_life, number=number))

    async def room_of_account(self, account_id: str) -> Room | None:
        """Return the room of the live sandbox with that account id (or that number, for a fork), or None."""
        if len(account_id) < 12:
            return self.forks.get(int(account_id))
        number = self._numbers.get(account_id)
        if number is None:
            if time.monotonic() - self._absent.get(account_id, -FRESH_SECONDS) < FRESH_SECONDS:
                return None
            life = await self._ask(read_life, account_id=account_id)
            if life is None:
                self._miss(account_id)
                return None
            number = self._numbers[account_id] = life.number
        return await self.room(number)

    async def start(self, ref: Ref) -> None:
        """Have the sandbox answer calls. Raises Unavailable."""
        if keys.is_fork(ref.number):
            if self.forks.get(ref.number) is None:
                raise Unavailable("this copy of a sandbox has ended")
            return
        life = await self._ask(read_life, number=ref.number)
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
        """Let the sandbox go in this epoch and those before, and its forks. Idempotent."""
        if keys.is_fork(ref.number):
            await self.forks.stop(ref.number)
            return
        self._stopped[ref.number] = max(ref.epoch, self._stopped.get(ref.number, 0))
        room = self._rooms.get(ref.number)
        if room and room.life.epoch <= ref.epoch:
            await room.close(for_good=True)

    async def is_running(self, ref: Ref) -> bool:
        """Return whether `ref` was started and not stopped: it answers calls, if need be from its journal."""
        return await self._room_of(ref) is not None

    async def fork(self, ref: Ref) -> Ref:
        """Copy the sandbox as it is now; brings it back first, as a call would. Raises Unavailable."""
        room = await self._room_of(ref)
        if room is None:
            raise Unavailable(f"there is no live sandbox {ref.number} in epoch {ref.epoch} to be copied")
        made = await self.forks.make(room)
        await self.journal.flush()  # whoever judges the copy may look at the journal, too
        return made

    async def hibernate(self, ref: Ref) -> None:
        """Let it sleep until its next call. Raises Unavailable."""
        await (await self._needed(ref)).hibernate()

    async def checkpoint(self, ref: Ref, label: str) -> Moment:
        """Keep the state as it is now. Raises Unavailable."""
        return await (await self._needed(ref)).keep(Snapshot.Kind.CHECKPOINT, label)

    async def checkpoints(self, ref: Ref) -> list[Moment]:
        """Return what was kept. Raises Unavailable."""
        return await self.in_thread(history.checkpoints, (await self._needed(ref)).life)

    async def undo(self, ref: Ref, seq: int | None = None) -> Moment:
        """Take back the learner's last change, if it is call `seq`. Raises Unavailable."""
        return await (await self._needed(ref)).undo(seq)

    async def go_back(self, ref: Ref, moment: int) -> Moment:
        """Be as at a moment. Raises Unavailable."""
        return await (await self._needed(ref)).go_back(moment)

    async def fast_forward(self, ref: Ref, seconds: float) -> dict[str, float]:
        """Move the time of a sandbox, or of a fork, forward. Raises Unavailable."""
        room = await self._room_of(ref)
        if room is None:
            raise Unavailable(f"there is no live sandbox {ref.number} in epoch {ref.epoch}")
        return await room.fast_forward(seconds)

    async def past(self, ref: Ref, moment: int) -> Ref:
        """Return a fork of the sandbox as it was at a moment. Raises Unavailable."""
        room = await self._needed(ref)
        kept = await self.in_thread(history.find, room.life, self.signing_key, moment)
        return await self._as_fork(room, history.Recovered(kept.seq, kept, []))

    async def replayed(self, ref: Ref, upto: int | None = None) -> Ref:
        """Return a fork of a clean cell that every call (up to that one) was made in anew. Raises Unavailable."""
        room = await self._needed(ref)
        how = {"upto": upto, "from_the_first_call": True}
        told = await self.in_thread(history.recover, room.life, self.signing_key, **how)
        return await self._as_fork(room, told)

    async def inbox(self, ref: Ref) -> list[dict[str, Any]]:
        """Return what the sandbox, or a fork, has sent out. Raises Unavailable."""
        room = await self._room_of(ref)
        if room is None:
            raise Unavailable(f"there is no live sandbox {ref.number} in epoch {ref.epoch}")
        return await room.inbox()

    async def _as_fork(self, room: Room, told: history.Recovered) -> Ref:
        past = Room(self, room.life, passing=True)
        try:
            await past.be(told)
            return await self.forks.make(past)
        except BaseException:
            await past.close(for_good=True)
            raise

    async def _needed(self, ref: Ref) -> Room:
        room = await self._room_of(ref)
        if room is None or keys.is_fork(ref.number):
            raise Unavailable(f"there is no live sandbox {ref.number} in epoch {ref.epoch}")
        return room

    async def _room_of(self, ref: Ref) -> Room | None:
        if self._stopped.get(ref.number, 0) >= ref.epoch:
            return None
        room = await self.room(ref.number)
        return room if room is not None and room.life.epoch == ref.epoch else None

    async def tidy(self) -> None:
        """Let cells go that nobody called for long, and those of sandboxes that are not live any more."""
        now = time.monotonic()
        for number, room in list(self._rooms.items()):
            if not room.running:
                continue
            if now - room.used > IDLE_SECONDS:
                await room.hibernate()
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
        elif room.life.epoch == life.epoch:
            room.life = life  # it may have been frozen, or thawed
        self._absent.pop(number, None)
        room.checked = time.monotonic()
        return room

    def _miss(self, what: int | str) -> None:
        if len(self._absent) > 10_000:
            self._absent.clear()
        self._absent[what] = time.monotonic()
