"""What a sandbox's process costs: seconds to the first answer, memory of its own, milliseconds a call.

    python -m bench.cells [--cells 100] [--jail best]

Bars: first answer within 50 ms (p95), at most 25 MB of private memory after a worked lab.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labs.sandboxes import account_id_for, keys
from labs.sandboxes.emulated.fleet import Cell, Fleet
from labs.sandboxes.emulated.frames import CellRequest, CellResponse, CellSpec
from labs.sandboxes.emulated.lab import worked_lab
from labs.sandboxes.emulated.tool import Tool, botocore_model, request_for

MASTER = b"bench"


def spec_of(number: int) -> CellSpec:
    """Return a sandbox as the gateway would describe it."""
    secret = keys.sandbox_secret(MASTER, number)
    grader = keys.mint_access_key(number, keys.GRADER_SERIAL)
    return CellSpec(number, 1, account_id_for(number), "us-east-1", secret, grader)


def private_mb(pid: int) -> float:
    """Return the MB that only this process has (USS)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def percentile(values: list[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


def calls_of(made: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return ten calls that learners and their tools make all the time."""
    return [
        ("sts", "GetCallerIdentity", {}),
        ("s3", "ListBuckets", {}),
        ("s3", "GetObject", {"Bucket": made["bucket"], "Key": "reports/a.txt"}),
        ("s3", "PutObject", {"Bucket": made["bucket"], "Key": "b.txt", "Body": b"b"}),
        ("ec2", "DescribeInstances", {}),
        ("ec2", "DescribeSecurityGroups", {}),
        ("rds", "DescribeDBInstances", {}),
        ("sqs", "ReceiveMessage", {"QueueUrl": made["queue"]}),
        ("cloudwatch", "DescribeAlarms", {}),
        ("iam", "ListRoles", {}),
    ]


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=100)
    parser.add_argument("--jail", choices=("required", "best"), default="best")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fleet = Fleet(Path(folder), jail=options.jail)
        began = time.monotonic()
        await fleet.start()
        await fleet.warm.wait()
        report = fleet.report()
        print(f"zygote warm after {time.monotonic() - began:.1f} s, {private_mb(report['zygote']):.0f} MB private")
        await first_answers(fleet, options.cells)
        await lab(fleet)
        print("jail:", fleet.report()["jail"])
        await fleet.stop()


async def first_answers(fleet: Fleet, count: int) -> None:
    """Open cells one after the other, and ask each for its caller."""
    opened, answered, idle = [], [], []
    for number in range(1, count + 1):
        spec = spec_of(number)
        began = time.perf_counter()
        cell = await fleet.open(spec)
        opened.append((time.perf_counter() - began) * 1000)
        response = await cell.call(
            request_for(botocore_model("sts"), "GetCallerIdentity", {}, access_key=keys.mint_access_key(number, 0))
        )
        answered.append((time.perf_counter() - began) * 1000)
        assert response.status == 200, response
        idle.append(private_mb(cell.pid))
        await cell.close()
    for name, values in (("fork to open", opened), ("fork to first STS answer", answered)):
        print(f"{name}: p50 {percentile(values, 0.5):.1f} ms, p95 {percentile(values, 0.95):.1f} ms ({count} cells)")
    print(f"private memory, idle: {statistics.median(idle):.1f} MB")


async def lab(fleet: Fleet) -> None:
    """Work a lab in one cell; then measure its memory, and ten calls."""
    spec = spec_of(100_001)
    cell = await fleet.open(spec)
    loop = asyncio.get_running_loop()
    tool = Tool(_sender(cell, loop), keys.mint_access_key(spec.number, 0))
    began = time.perf_counter()
    made = await asyncio.to_thread(worked_lab, tool, spec.account_id)
    print(f"worked lab: {tool.seq} calls in {time.perf_counter() - began:.2f} s")
    print(f"private memory, after a worked lab: {private_mb(cell.pid):.1f} MB")
    for service, operation, parameters in calls_of(made):
        times = []
        for _ in range(30):
            request = request_for(
                botocore_model(service), operation, parameters, access_key=tool.access_key, seq=tool.seq
            )
            began = time.perf_counter()
            response = await cell.call(request)
            times.append((time.perf_counter() - began) * 1000)
            assert response.status == 200, response
        print(
            f"  {service:10} {operation:22} p50 {percentile(times, 0.5):5.2f} ms  p95 {percentile(times, 0.95):5.2f} ms"
        )
    print(f"private memory, after these calls: {private_mb(cell.pid):.1f} MB")
    await cell.close()


def _sender(cell: Cell, loop: asyncio.AbstractEventLoop) -> Callable[[CellRequest], CellResponse]:
    def send(request: CellRequest) -> CellResponse:
        return asyncio.run_coroutine_threadsafe(cell.call(request), loop).result()

    return send


if __name__ == "__main__":
    asyncio.run(main())
