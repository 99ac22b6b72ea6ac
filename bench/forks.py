"""Copies of a running sandbox: milliseconds from the order to the first answer, and what a copy costs in memory.

The sandbox has worked a whole lab. Through the host is as graders do it: the control socket, then a signed call on a new
connection; in the fleet is the copy alone.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from bench.cells import private_mb, spec_of
from bench.client import Keys
from bench.figures import Figure, spread
from bench.host import SandboxHost, new_host
from labs.sandboxes import Ref, keys
from labs.sandboxes.emulated.fleet import Cell, Fleet
from labs.sandboxes.emulated.forks import Copy, fork
from labs.sandboxes.emulated.frames import CellRequest, CellResponse, CellSpec
from labs.sandboxes.emulated.lab import worked_lab
from labs.sandboxes.emulated.tool import Tool, botocore_model, request_for

_FORKS: Final = 100


def measure() -> list[Figure]:
    """Copy one sandbox again and again, by both ways."""
    host = new_host()
    try:
        host.start()
        through = _through_the_host(host)
    finally:
        host.remove()
    return [*through, *asyncio.run(_in_the_fleet())]


def _through_the_host(host: SandboxHost) -> list[Figure]:
    import requests

    ref = host.make_sandbox()
    host.client(ref, "s3").create_bucket(Bucket="bench-bucket")
    ordered, answered, stopped = [], [], []
    for _ in range(_FORKS):
        began = time.perf_counter()
        copy = Ref(**host.control({"op": "fork", "ref": asdict(ref)})["ref"])
        ordered.append(time.perf_counter() - began)
        own = host.credentials(copy)
        url, headers, body = Keys(own.endpoint_url, own.access_key_id, own.secret_access_key, own.region).signed_sts()
        began_call = time.perf_counter()
        answer = requests.post(url, data=body, headers=headers, timeout=10)
        answered.append(ordered[-1] + time.perf_counter() - began_call)
        assert answer.status_code == 200, answer.text
        began = time.perf_counter()
        assert host.control({"op": "stop", "ref": asdict(copy)}) == {"ok": True}
        stopped.append(time.perf_counter() - began)
    return [
        *spread("order to a fork's name, through the host", ordered),
        *spread("order to its first answer, through the host", answered, bar="≤ 50 ms"),
        *spread("stop", stopped),
    ]


async def _in_the_fleet() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        fleet = Fleet(Path(folder), jail="best")
        await fleet.start()
        await fleet.warm.wait()
        try:
            return await _copies(await _worked(fleet))
        finally:
            await fleet.stop()


async def _worked(fleet: Fleet) -> Cell:
    cell, loop = await fleet.open(spec_of(1)), asyncio.get_running_loop()

    def send(request: CellRequest) -> CellResponse:
        return asyncio.run_coroutine_threadsafe(cell.call(request), loop).result()

    tool = Tool(send, keys.mint_access_key(1, keys.LEARNER_SERIAL))
    await asyncio.to_thread(worked_lab, tool, cell.spec.account_id)
    return cell


async def _copies(cell: Cell) -> list[Figure]:
    answered, first, read = [], [], []
    before = private_mb(cell.pid)
    for index in range(_FORKS):
        began = time.perf_counter()
        copy = await fork(cell, _spec(cell, index), at=time.time(), seconds=60)
        await _call(copy, "sts", "GetCallerIdentity")
        answered.append(time.perf_counter() - began)
        first.append(private_mb(copy.pid))
        for service, operation in (("ec2", "DescribeInstances"), ("s3", "ListBuckets"), ("iam", "ListRoles")):
            await _call(copy, service, operation)
        read.append(private_mb(copy.pid))
        await copy.close()
    return [
        *spread("order to first answer after a worked lab, in the fleet", answered),
        Figure("private memory of a fork after its first answer", statistics.median(first), "MB"),
        Figure("the same after three reads more", statistics.median(read), "MB"),
        Figure("what its original has grown by after that", private_mb(cell.pid) - before, "MB"),
    ]


def _spec(cell: Cell, index: int) -> CellSpec:
    number = keys.FIRST_FORK + index
    grader = keys.mint_access_key(number, keys.GRADER_SERIAL)
    return replace(cell.spec, number=number, grader_access_key=grader)


async def _call(copy: Copy, service: str, operation: str) -> None:
    key = keys.mint_access_key(copy.spec.number, keys.LEARNER_SERIAL)
    response = await copy.call(request_for(botocore_model(service), operation, {}, access_key=key))
    assert response.status == 200, response
