"""What it costs to keep a sandbox's states: checkpoint, undo, sleep and waking, with a worked lab in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.figures import Figure, percentile
from bench.host import SandboxHost, new_host
from labs.sandboxes import Ref
from labs.sandboxes.emulated.lab import worked_lab
from labs.sandboxes.emulated.provider import EmulatedProvider

ROUNDS = 40


def measure() -> list[Figure]:
    """Measure on a host of its own."""
    host = new_host()
    try:
        host.start()
        return _measure(host)
    finally:
        host.remove()


def _measure(host: SandboxHost) -> list[Figure]:
    provider = EmulatedProvider(control=host.control_path, master=host.master, endpoint=host.base_url)
    ref = host.make_sandbox()
    provider.start(ref)
    worked_lab(_caller(host, ref), ref.account_id)
    ec2, sts = host.client(ref, "ec2"), host.client(ref, "sts")
    checkpoints, undos, wakes, sleeps = [], [], [], []
    for number in range(ROUNDS):
        checkpoints.append(_spent(lambda number=number: provider.checkpoint(ref, str(number))))  # type: ignore[misc]
        ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")
        undos.append(_spent(lambda: provider.undo(ref)))
        sleeps.append(_spent(lambda: provider.hibernate(ref)))
        wakes.append(_spent(sts.get_caller_identity))
    sizes = [len(row["data"]) for row in host.sql("SELECT data FROM labs_snapshot")]
    calls = len(host.journal(ref))
    return [
        Figure("checkpoint, p50", percentile(checkpoints, 50), "ms"),
        Figure("checkpoint, p95", percentile(checkpoints, 95), "ms", bar="≤ 150"),
        Figure("undo of the last change, p50", percentile(undos, 50), "ms"),
        Figure("undo of the last change, p95", percentile(undos, 95), "ms", bar="≤ 150"),
        Figure("to sleep, p95", percentile(sleeps, 95), "ms"),
        Figure("wake by a call, p50", percentile(wakes, 50), "ms"),
        Figure("wake by a call, p95", percentile(wakes, 95), "ms", bar="≤ 500", note=f"after {calls} calls"),
        Figure("a state on disk, largest", max(sizes) / 1024, "KiB", bar="≤ 100", note="10,000 asleep in 1 GB"),
    ]


def _caller(host: SandboxHost, ref: Ref) -> Callable[..., dict[str, Any]]:
    from botocore import xform_name

    def call(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(host.client(ref, service), xform_name(operation))(**parameters)
        return answer

    return call


def _spent(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
