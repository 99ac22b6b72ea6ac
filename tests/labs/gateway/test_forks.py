"""Forks in the gateway: how many, how long, what ends them; and that nothing done in one is kept."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labs.gateway import room as room_module
from labs.gateway.forks import MOST_IN_ALL, MOST_OF_ONE, Forks
from labs.gateway.history import Recovered
from labs.gateway.journal import Journal, Life
from labs.gateway.room import Asked, CallStopped, Room
from labs.gateway.rooms import Rooms
from labs.sandboxes import FORK_IDLE_SECONDS, FORK_SECONDS, Ref, Unavailable, account_id_for, keys
from labs.sandboxes.emulated.fleet import Fleet
from labs.sandboxes.emulated.tool import botocore_model, request_for
from tests.labs.conftest import SandboxHost, wait_until

MASTER = b"the master key of these tests"
Go = Callable[[Coroutine[Any, Any, None]], None]


class Clock:
    """A clock that is told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """Rooms over a real fleet, without a database: nothing here writes a row, and no journal has one."""

    def __init__(self, fleet: Fleet) -> None:
        self.clock = Clock()
        self.rooms = Rooms(fleet, Journal(), master=MASTER)
        self.rooms.forks = Forks(self.rooms.spec_of, self.clock)
        self.forks = self.rooms.forks

    def ref(self, number: int) -> Ref:
        """Return a sandbox that is live."""
        life = Life(number, 1, account_id_for(number), "us-east-1", True, 0.0)
        room = self.rooms._rooms[number] = Room(self.rooms, life)
        room.checked = float("inf")
        return Ref(number, 1, life.account_id, life.region)

    async def ask(
        self, number: int, service: str = "sts", operation: str = "GetCallerIdentity", **parameters: Any
    ) -> int:
        """Call as the learner; return the status."""
        room = await self.rooms.room(number)
        assert room is not None
        key = keys.mint_access_key(number, keys.LEARNER_SERIAL)
        made = request_for(botocore_model(service), operation, parameters, access_key=key)
        fields = ("method", "service", "region", "path", "query", "headers", "body", "access_key", "host")
        call = Asked(**{name: getattr(made, name) for name in fields}, source="grader", tool="", hint="")
        return (await room.call(call)).status


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture(scope="module")
def fleet(loop: asyncio.AbstractEventLoop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A fleet in the tests' own loop."""
    made = Fleet(tmp_path_factory.mktemp("run"), jail="best")

    async def begin() -> None:
        await made.start()
        await asyncio.wait_for(made.warm.wait(), 180)

    loop.run_until_complete(begin())
    yield made
    loop.run_until_complete(made.stop())


@pytest.fixture
def desk(fleet: Fleet, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Rooms of this test's own."""
    monkeypatch.setattr(room_module, "recover", lambda *_, **__: Recovered(0, None, []))
    made = Desk(fleet)
    yield made

    async def end() -> None:
        for room in list(made.rooms._rooms.values()):
            await room.close(for_good=True)

    loop.run_until_complete(end())
    assert made.forks._forks == {}
    assert fleet.forks == set()


@pytest.fixture
def go(loop: asyncio.AbstractEventLoop) -> Go:
    return loop.run_until_complete


def test_a_fork_of_a_sandbox_that_sleeps_wakes_it(desk: Desk, go: Go) -> None:
    async def scene() -> None:
        ref = desk.ref(1)
        assert not desk.rooms._rooms[1].running
        copy = await desk.rooms.fork(ref)
        assert desk.rooms._rooms[1].running
        assert (copy.account_id, copy.region, copy.epoch) == (ref.account_id, ref.region, ref.epoch)
        assert await desk.ask(copy.number) == 200

    go(scene())


def test_a_fork_that_nobody_calls_ends_and_so_does_one_that_is_called_all_the_time(desk: Desk, go: Go) -> None:
    async def scene() -> None:
        ref = desk.ref(1)
        idle, busy = await desk.rooms.fork(ref), await desk.rooms.fork(ref)
        for _ in range(3):
            desk.clock.now += FORK_IDLE_SECONDS - 20
            if desk.clock.now - 1000 < FORK_IDLE_SECONDS:
                assert await desk.rooms.is_running(idle)
            assert await desk.ask(busy.number) == 200
        assert not await desk.rooms.is_running(idle)
        await desk.forks.tidy()
        assert list(desk.forks._forks) == [busy.number]
        desk.clock.now = 1000 + FORK_SECONDS + 1
        assert not await desk.rooms.is_running(busy)
        assert await desk.rooms.room(busy.number) is None
        await desk.forks.tidy()
        assert desk.forks._forks == {}
        assert await desk.ask(ref.number) == 200

    go(scene())


def test_a_sandbox_and_the_host_have_so_many_forks_and_no_more(desk: Desk, go: Go) -> None:
    async def scene() -> None:
        refs = [desk.ref(number) for number in range(1, MOST_IN_ALL // MOST_OF_ONE + 2)]
        first = [await desk.rooms.fork(refs[0]) for _ in range(MOST_OF_ONE)]
        with pytest.raises(Unavailable, match="this sandbox has 4 copies already"):
            await desk.rooms.fork(refs[0])
        for ref in refs[1:-1]:
            await asyncio.gather(*(desk.rooms.fork(ref) for _ in range(MOST_OF_ONE)))
        with pytest.raises(Unavailable, match="this host has 32 copies"):
            await desk.rooms.fork(refs[-1])
        await desk.rooms.stop(first[0])
        assert await desk.rooms.is_running(await desk.rooms.fork(refs[-1]))

    go(scene())


def test_many_at_once_are_counted_before_they_are_made(desk: Desk, go: Go) -> None:
    async def scene() -> None:
        ref = desk.ref(1)
        made = await asyncio.gather(*(desk.rooms.fork(ref) for _ in range(10)), return_exceptions=True)
        assert sum(isinstance(each, Ref) for each in made) == MOST_OF_ONE
        assert sum(isinstance(each, Unavailable) for each in made) == 10 - MOST_OF_ONE
        assert desk.forks._making == []

    go(scene())


def test_a_fork_that_died_makes_room_for_another(desk: Desk, go: Go) -> None:
    async def scene() -> None:
        ref = desk.ref(1)
        copies = [await desk.rooms.fork(ref) for _ in range(MOST_OF_ONE)]
        dead = desk.forks._forks[copies[0].number]
        assert dead.cell is not None
        os.kill(dead.cell.pid, signal.SIGKILL)
        with pytest.raises(CallStopped):
            await desk.ask(copies[0].number)
        assert not await desk.rooms.is_running(copies[0])
        assert await desk.rooms.is_running(await desk.rooms.fork(ref))
        assert await desk.ask(ref.number) == 200

    go(scene())


def test_forks_end_when_the_cell_of_their_original_does(desk: Desk, go: Go) -> None:
    async def scene() -> None:
        ref = desk.ref(1)
        copy = await desk.rooms.fork(ref)
        room = desk.rooms._rooms[1]
        assert room.cell is not None
        os.kill(room.cell.pid, signal.SIGKILL)
        assert await desk.ask(ref.number) == 200  # made again
        assert not await desk.rooms.is_running(copy)
        again = await desk.rooms.fork(ref)
        assert room.cell is not None
        os.kill(room.cell.pid, signal.SIGKILL)
        third = await desk.rooms.fork(ref)  # the dead cell is noticed, and made again
        assert not await desk.rooms.is_running(again)
        assert await desk.ask(third.number) == 200
        await desk.rooms.stop(ref)
        assert not await desk.rooms.is_running(third)

    go(scene())


def test_the_fork_of_one_that_is_not_live_is_refused(desk: Desk, go: Go) -> None:
    async def scene() -> None:
        ref = desk.ref(1)
        copy = await desk.rooms.fork(ref)
        second = await desk.rooms.fork(copy)
        with pytest.raises(Unavailable, match="the copy of a copy"):
            await desk.rooms.fork(second)
        await desk.rooms.stop(copy)
        assert not await desk.rooms.is_running(second)
        with pytest.raises(Unavailable, match="no live sandbox"):
            await desk.rooms.fork(copy)
        with pytest.raises(Unavailable, match="no live sandbox 1 in epoch 2"):
            await desk.rooms.fork(Ref(1, 2, ref.account_id, ref.region))
        await desk.rooms.stop(ref)
        with pytest.raises(Unavailable, match="no live sandbox 1"):
            await desk.rooms.fork(ref)

    go(scene())


@pytest.mark.stack
class TestThroughTheHost:
    """With the real host, its database and boto3."""

    @pytest.fixture
    def ref(self, sandbox_host: SandboxHost) -> Ref:
        ref = sandbox_host.make_sandbox()
        sandbox_host.client(ref, "s3").create_bucket(Bucket="shared")
        return ref

    def fork(self, host: SandboxHost, ref: Ref) -> Ref:
        said = host.control({"op": "fork", "ref": asdict(ref)})
        assert "error" not in said, said
        return Ref(**said["ref"])

    def test_nothing_of_a_fork_is_written_down(self, sandbox_host: SandboxHost, ref: Ref) -> None:
        before = (
            sandbox_host.sql("SELECT * FROM labs_apicall ORDER BY id"),
            sandbox_host.sql("SELECT * FROM labs_sandbox"),
        )
        copy = self.fork(sandbox_host, ref)
        for serial in (keys.LEARNER_SERIAL, keys.START_SERIAL, keys.GRADER_SERIAL):
            sandbox_host.client(copy, "s3", serial=serial).create_bucket(Bucket=f"by-{serial}")
        after = (
            sandbox_host.sql("SELECT * FROM labs_apicall ORDER BY id"),
            sandbox_host.sql("SELECT * FROM labs_sandbox"),
        )
        assert before == after
        sandbox_host.client(ref, "s3").create_bucket(Bucket="next")
        assert [row["seq"] for row in sandbox_host.journal(ref)] == [1, 2]

    def test_a_replay_of_the_journal_gives_the_same_ids_with_and_without_forks(
        self, sandbox_host: SandboxHost, ref: Ref
    ) -> None:
        ec2 = sandbox_host.client(ref, "ec2")
        for block in ("10.1.0.0/16", "10.2.0.0/16"):
            copy = self.fork(sandbox_host, ref)
            sandbox_host.client(copy, "ec2").create_vpc(CidrBlock="10.7.0.0/16")
            ec2.create_vpc(CidrBlock=block)
            sandbox_host.client(copy, "ec2").create_vpc(CidrBlock="10.8.0.0/16")
        before = ec2.describe_vpcs()["Vpcs"]
        zygote = sandbox_host.control({"op": "report"})["report"]["zygote"]
        for pid in Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split():
            os.kill(int(pid), signal.SIGKILL)
        assert ec2.describe_vpcs()["Vpcs"] == before

    def test_the_rate_of_a_fork_is_not_the_learners(self, sandbox_host: SandboxHost, ref: Ref) -> None:
        copy = self.fork(sandbox_host, ref)
        busy = sandbox_host.client(copy, "kms")
        with pytest.raises(ClientError, match="Throttling"):
            for _ in range(2000):
                busy.list_keys()
        learners = sandbox_host.client(ref, "kms")
        for _ in range(100):
            learners.list_keys()

    def test_a_fork_needs_no_row_and_an_old_key_opens_nothing(self, sandbox_host: SandboxHost, ref: Ref) -> None:
        forks = sandbox_host.control({"op": "report"})["report"]["forks"]
        copy = self.fork(sandbox_host, ref)
        sts = sandbox_host.client(copy, "sts")
        assert sts.get_caller_identity()["Account"] == ref.account_id
        assert sandbox_host.control({"op": "stop", "ref": asdict(copy)}) == {"ok": True}
        assert sandbox_host.control({"op": "status", "ref": asdict(copy)}) == {"ok": True, "running": False}
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            sts.get_caller_identity()
        assert sandbox_host.control({"op": "report"})["report"]["forks"] == forks

    def test_an_ended_sandbox_takes_its_forks_along(self, sandbox_host: SandboxHost, ref: Ref) -> None:
        copy = self.fork(sandbox_host, ref)
        sandbox_host.end(ref)

        def ended() -> bool:
            sandbox_host.control({"op": "status", "ref": asdict(ref)})
            return sandbox_host.control({"op": "status", "ref": asdict(copy)})["running"] is False

        wait_until(ended)
