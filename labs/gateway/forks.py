"""Copies of sandboxes, for checks that act: each has a room of its own, and nothing of it is kept.

They are no rows and no lives: this process names them, counts them, and ends them. One whose cell has ended is gone.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from labs.gateway.journal import Life, instant
from labs.gateway.limits import MAX_STORED, MAX_WAITING
from labs.gateway.room import SMALL, Asked, Busy, CallStopped, Full, Room
from labs.sandboxes import FORK_IDLE_SECONDS, FORK_SECONDS, Ref, Unavailable, keys
from labs.sandboxes.emulated.fleet import Cell, CellGone, CellResponse, CellSpec

if TYPE_CHECKING:
    from labs.sandboxes.emulated.forks import Copy

__all__ = ["MOST_IN_ALL", "MOST_OF_ONE", "Fork", "Forks"]

MOST_OF_ONE: Final = 4
MOST_IN_ALL: Final = 32
_GRACE_SECONDS: Final = 15.0  # how long after its time a copy ends itself, should nobody have ended it


class Fork(Room):
    """The room of one copy. Its calls leave no row; it is never brought back."""

    def __init__(
        self, original: Room, life: Life, copy: Copy, *, seq: int, at: float, clock: Callable[[], float]
    ) -> None:
        super().__init__(original.rooms, life)
        self.original = original
        self.cell = copy
        self.born = self.used = clock()
        self._clock = clock
        self._seq, self._last, self.stored = seq, at, original.stored

    @property
    def name(self) -> str:
        """What a request without a signature calls it by: the account id is its original's too."""
        return str(self.life.number)

    @property
    def over(self) -> bool:
        """Return whether its time is up, or its process gone."""
        now = self._clock()
        idle = not self._present and now - self.used > FORK_IDLE_SECONDS
        return idle or now - self.born > FORK_SECONDS or not self.running

    async def call(self, asked: Asked, *, counts: Callable[[CellResponse], bool] | None = None) -> CellResponse:
        """Make one call in its turn. Raises Busy, Full, CallStopped, Unavailable."""
        if self._present > MAX_WAITING:
            raise Busy
        self._present += 1
        try:
            async with self._turn:
                if len(asked.body) > SMALL and self.stored + len(asked.body) > MAX_STORED:
                    raise Full
                self._seq += 1
                self._last = max(self._last, time.time())
                try:
                    cell = await self._living_cell()
                    response = await cell.call(asked.at(instant(self._last)[1], self._seq))
                except CellGone as error:
                    raise CallStopped from error
                if response.mutating:
                    self.stored += len(asked.body)
                return response
        finally:
            self._present -= 1
            self.used = self._clock()

    async def fork(self, spec: CellSpec, *, seconds: float) -> tuple[Copy, int, float]:
        """Copy the copy: once, for a check that acts in what was copied. Raises Unavailable."""
        if isinstance(self.original, Fork):
            raise Unavailable("the copy of a copy of a sandbox cannot be copied")
        try:
            return await super().fork(spec, seconds=seconds)
        finally:
            self.used = self._clock()

    async def close(self, *, for_good: bool = True) -> None:
        """End it now; a call that it is at is not finished."""
        await self._let_go()

    async def _living_cell(self) -> Cell:
        if self.cell is None or not self.cell.alive:
            raise Unavailable("this copy of a sandbox has ended")
        return self.cell


class Forks:
    """All copies of this host's sandboxes, by number. `clock` is monotonic, in seconds."""

    def __init__(self, spec_of: Callable[[Life], CellSpec], clock: Callable[[], float] = time.monotonic) -> None:
        self._spec_of = spec_of
        self._clock = clock
        self._forks: dict[int, Fork] = {}
        self._making: list[Room] = []

    async def make(self, original: Room) -> Ref:
        """Copy a sandbox as it is between two calls; brings it back first, where it sleeps. Raises Unavailable."""
        await self.tidy()
        made = [fork.original for fork in self._forks.values()] + self._making
        if made.count(original) >= MOST_OF_ONE:
            raise Unavailable(f"this sandbox has {MOST_OF_ONE} copies already, as many as it may; stop one first")
        if len(made) >= MOST_IN_ALL:
            raise Unavailable(f"this host has {MOST_IN_ALL} copies of sandboxes, as many as it may; try again soon")
        life = replace(original.life, number=self._draw_number())
        self._making.append(original)
        try:
            copy, seq, at = await original.fork(self._spec_of(life), seconds=FORK_SECONDS + _GRACE_SECONDS)
        finally:
            self._making.remove(original)
        self._forks[life.number] = Fork(original, life, copy, seq=seq, at=at, clock=self._clock)
        return Ref(life.number, life.epoch, life.account_id, life.region)

    def get(self, number: int) -> Fork | None:
        """Return the copy of that number, or None where it has ended."""
        fork = self._forks.get(number)
        return None if fork is None or fork.over else fork

    async def stop(self, number: int) -> None:
        """End a copy. Idempotent."""
        if fork := self._forks.pop(number, None):
            await fork.close()
            if fork.original.passing:
                await fork.original.close(for_good=True)

    async def stop_of(self, original: Room) -> None:
        """End all copies of a sandbox."""
        for number in [number for number, fork in self._forks.items() if fork.original is original]:
            await self.stop(number)

    async def tidy(self) -> None:
        """End what nobody calls, what has lived long enough, and what has ended by itself."""
        for number in [number for number, fork in self._forks.items() if fork.over]:
            await self.stop(number)

    def _draw_number(self) -> int:
        # At random: the key of a copy that a host before this one made must not open another's.
        while True:
            number = keys.FIRST_FORK + secrets.randbelow(keys.PAST_LAST_FORK - keys.FIRST_FORK)
            if number not in self._forks:
                return number
