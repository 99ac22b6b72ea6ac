"""A real fleet in a thread of its own, and sandboxes in it to call: no gateway, no HTTP, no double of our own code."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from labs.sandboxes import account_id_for, keys
from labs.sandboxes.emulated.fleet import Cell, Fleet
from labs.sandboxes.emulated.frames import CellRequest, CellResponse, CellSpec
from labs.sandboxes.emulated.tool import Tool, botocore_model, request_for

T = TypeVar("T")
MASTER = b"the master key of these tests"
NOON = 1_760_000_000.0
_numbers = itertools.count(1001)


class Yard:
    """Starts the fleet, waits until it is warm, and opens cells."""

    def __init__(self, run_dir: Path, *, seconds: float = 180.0, command: Sequence[str] = Fleet.command) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fleet", daemon=True)
        self._thread.start()
        self.fleet: Fleet = self.run(self._make(run_dir, command))
        self.run(asyncio.wait_for(self.fleet.warm.wait(), seconds), seconds=seconds + 5)

    async def _make(self, run_dir: Path, command: Sequence[str]) -> Fleet:
        fleet = Fleet(run_dir, jail="best")
        fleet.command = command
        await fleet.start()
        return fleet

    def run(self, work: Coroutine[Any, Any, T], *, seconds: float = 60.0) -> T:
        """Return what `work` returns in the fleet's thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def open(self, number: int | None = None, *, epoch: int = 1, at: float | None = NOON) -> Box:
        """Return a new sandbox with its learner's tool; the clock of its calls begins at `at`."""
        return Box(self, spec_of(number if number is not None else next(_numbers), epoch=epoch), at=at)

    def stop(self) -> None:
        """Stop the fleet and its thread."""
        self.run(self.fleet.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class Box:
    """One sandbox: `box("s3", "CreateBucket", Bucket="b")` is a call of its learner."""

    def __init__(self, yard: Yard, spec: CellSpec, *, at: float | None) -> None:
        self.yard = yard
        self.spec = spec
        self.cell: Cell = yard.run(yard.fleet.open(spec))
        self.learner = self.tool(keys.mint_access_key(spec.number, keys.LEARNER_SERIAL), at=at)

    def __call__(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        """Call as the learner."""
        return self.learner(service, operation, **parameters)

    def tool(self, access_key: str | None, *, at: float | None = NOON) -> Tool:
        """Return a tool that signs with `access_key` (None: anonymous), in the same journal of this sandbox."""
        made = Tool(self.send, access_key, at=at)
        learner = getattr(self, "learner", None)
        made.seq = learner.seq + 1000 if learner else 0
        return made

    def send(self, request: CellRequest) -> CellResponse:
        """Send one request as it is."""
        return self.yard.run(self.cell.call(request))

    def raw(self, of: str, operation: str, *, access_key: str | None = "", **changes: Any) -> CellResponse:
        """Send an operation without parameters, changed by field (`body=`, `headers=`, `path=` …)."""
        request = request_for(
            botocore_model(of), operation, {}, access_key=self.learner.access_key, at=NOON, seq=10_000
        )
        if access_key != "":
            changes["access_key"] = access_key
        return self.send(replace(request, **changes))

    def inbox(self) -> list[dict[str, Any]]:
        """Return what was sent out."""
        return self.yard.run(self.cell.inbox())

    def close(self) -> None:
        """Let it go."""
        self.yard.run(self.cell.close())


def spec_of(number: int, *, epoch: int = 1) -> CellSpec:
    """Return sandbox `number` as the gateway describes it."""
    return CellSpec(
        number=number,
        epoch=epoch,
        account_id=account_id_for(number),
        region="us-east-1",
        secret=keys.sandbox_secret(MASTER, number),
        grader_access_key=keys.mint_access_key(number, keys.GRADER_SERIAL),
        created_at=NOON - 60,
    )
