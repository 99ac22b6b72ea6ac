"""A crowd: a thousand starts at twenty a second, how many live sandboxes a machine holds, ten thousand asleep.

BENCH_CELLS (60) sandboxes work a whole lab and stay open; 400 are the bar, and need some 12 GiB. BENCH_STARTS (1000).
A start is counted from when it is due, not from when a thread had time for it: a host that falls behind shows it.
"""

from __future__ import annotations

import itertools
import os
import queue
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from botocore import xform_name
from botocore.credentials import Credentials as Keys

from bench.calls import Bare, Line, bare, signed
from bench.figures import Figure, percentile
from bench.host import SandboxHost, new_host
from bench.memory import available_mib, cells, cpu_seconds, memory, page_tables_mib
from labs.sandboxes import Ref
from labs.sandboxes.emulated.lab import worked_lab
from labs.sandboxes.emulated.provider import EmulatedProvider

SLOW: Final = True
_STARTS: Final = int(os.environ.get("BENCH_STARTS", "1000"))
_CELLS: Final = int(os.environ.get("BENCH_CELLS", "60"))
_A_SECOND: Final = 20
_OPEN_AT_ONCE: Final = 100  # of the thousand; those before are stopped
_THREADS: Final = 16
_WAKES: Final = 50
_LEAST_MIB: Final = 3072  # of memory that must stay free: others work on this machine
_MACHINE_MIB: Final = 24 * 1024
_OTHERS_MIB: Final = 2048  # site, worker, database, broker, the system


def measure() -> list[Figure]:
    """Measure each on a host of its own."""
    figures = [*(_on_a_host(_starts) if _STARTS else []), *_on_a_host(_crowd)]
    load = Figure("load average over the last minute", os.getloadavg()[0], "", "", f"{os.cpu_count()} cores")
    return [*figures, load]


def _on_a_host(work: Callable[[SandboxHost, EmulatedProvider], list[Figure]]) -> list[Figure]:
    host = new_host()
    try:
        host.start()
        provider = EmulatedProvider(control=host.control_path, master=host.master, endpoint=host.base_url)
        return work(host, provider)
    finally:
        host.remove()


class _Signer:
    """Clients of many sandboxes: made once, and given the keys of the one that is asked for."""

    def __init__(self, host: SandboxHost) -> None:
        self._host = host
        self._clients: dict[str, Any] = {}

    def client(self, ref: Ref, service: str) -> Any:
        """Return a client of the sandbox, good until the next one is asked for."""
        client = self._clients.get(service)
        if client is None:
            client = self._clients[service] = self._host.client(ref, service)
        own = self._host.credentials(ref)
        # boto3 has no other way to change the keys of a client that is made; to make one costs 20 ms.
        client._request_signer._credentials = Keys(own.access_key_id, own.secret_access_key)
        return client

    def sts(self, ref: Ref) -> Bare:
        """Return the request that a tool sends first."""
        return bare(signed(self.client(ref, "sts"), "get_caller_identity", {}))


def _answered(host: SandboxHost, request: Bare) -> None:
    line = Line(host.base_url)
    status, said = line.ask(request)
    line.close()
    assert status == 200, said[:300]


# --- A thousand starts --------------------------------------------------------------------------------------------


def _starts(host: SandboxHost, provider: EmulatedProvider) -> list[Figure]:
    signer = _Signer(host)
    waiting = [(ref, signer.sts(ref)) for ref in (host.make_sandbox() for _ in range(_STARTS + 1))]
    first, request = waiting.pop()
    provider.start(first)  # the first of all warms the way, as the first learner of a day does
    _answered(host, request)
    taken, late, failed = [], [], []
    opened: queue.SimpleQueue[Ref] = queue.SimpleQueue()

    def start(ref: Ref, request: Bare, due: float) -> None:
        begun = time.perf_counter()
        try:
            provider.start(ref)
            _answered(host, request)
        except Exception as error:
            failed.append(repr(error))
            return
        taken.append(time.perf_counter() - due)
        late.append(begun - due)
        opened.put(ref)
        if opened.qsize() > _OPEN_AT_ONCE:
            provider.stop(opened.get())

    assert host.process
    pids = {"gateway": host.process.process.pid, "zygote and cells that ended": _fixed(host)[0]}
    spent = {name: cpu_seconds(pid, ended=True) for name, pid in pids.items()}
    began = time.perf_counter() + 0.1
    with ThreadPoolExecutor(_THREADS) as pool:
        for index, (ref, request) in enumerate(waiting):
            due = began + index / _A_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            pool.submit(start, ref, request, due)
    seconds = time.perf_counter() - began
    for error in sorted(set(failed))[:3]:
        print(f"  FAILED: {error}", flush=True)
    while not opened.empty():
        provider.stop(opened.get())
    cost = {name: (cpu_seconds(pid, ended=True) - spent[name]) / _STARTS * 1000 for name, pid in pids.items()}
    note = f"n = {len(taken)}, {len(taken) / seconds:.1f} a second; provider.start and a signed call"
    return [
        Figure("a start when due to its first answer, p50", statistics.median(taken) * 1000, "ms", "", note),
        Figure("the same, p95", percentile(taken, 95) * 1000, "ms", "≤ 300 ms"),
        Figure("the same, p99", percentile(taken, 99) * 1000, "ms", "≤ 500 ms"),
        Figure("of that, waiting for one of our own threads, p99", percentile(late, 99) * 1000, "ms"),
        *(Figure(f"processor time a start and its stop take: {name}", each, "ms") for name, each in cost.items()),
        Figure("starts that failed", len(failed), "", "0"),
    ]


# --- Many at once -------------------------------------------------------------------------------------------------


def _crowd(host: SandboxHost, provider: EmulatedProvider) -> list[Figure]:
    began = time.perf_counter()
    refs = _worked(host, provider)
    seconds = time.perf_counter() - began
    time.sleep(2)  # the last snapshots are written
    pids = cells(host)
    sizes = [memory(pid) for pid in pids]
    own = statistics.fmean(each.own for each in sizes)
    tables = statistics.fmean(map(page_tables_mib, pids))
    fixed = sum((memory(pid) for pid in _fixed(host)), memory()).own
    room = _MACHINE_MIB - _OTHERS_MIB - fixed
    figures = [
        Figure("live sandboxes with a worked lab", len(pids), "", "≥ 400" if _CELLS >= 400 else "", f"{seconds:.0f} s"),
        Figure("memory of its own, mean", own, "MiB", "≤ 25 MiB"),
        Figure("the same, p95", percentile([each.own for each in sizes], 95), "MiB"),
        Figure("PSS, mean", statistics.fmean(each.share for each in sizes), "MiB"),
        Figure("the kernel's page tables for it, mean", tables, "MiB"),
        Figure("gateway and zygote", fixed, "MiB"),
        Figure("so many fit in 24 GiB, 2 GiB left for others", room / (own + tables), "", "≥ 400", "extrapolated"),
    ]
    return [*figures, *_answers(host, refs), *_asleep(host, provider, refs)]


def _worked(host: SandboxHost, provider: EmulatedProvider) -> list[Ref]:
    """Open sandboxes and work the lab in each, two at a time; fewer where the machine would run out of memory."""
    refs: list[Ref] = []
    local = threading.local()

    def work(ref: Ref) -> None:
        if available_mib() < _LEAST_MIB:
            return
        signer = local.signer = getattr(local, "signer", None) or _Signer(host)

        def call(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
            answer: dict[str, Any] = getattr(signer.client(ref, service), xform_name(operation))(**parameters)
            return answer

        provider.start(ref)
        worked_lab(call, ref.account_id)
        refs.append(ref)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work, host.make_sandbox()) for _ in range(_CELLS)]:
            done.result()
    if len(refs) < _CELLS:
        print(f"  STOPPED after {len(refs)} of {_CELLS}: less than {_LEAST_MIB} MiB were free", flush=True)
    return refs


def _fixed(host: SandboxHost) -> list[int]:
    zygote = host.control({"op": "report"})["report"]["zygote"]
    return [zygote, host.process.process.pid] if host.process else [zygote]


def _answers(host: SandboxHost, refs: list[Ref]) -> list[Figure]:
    """Call each of them once, with all the others there."""
    signer = _Signer(host)
    seconds = []
    for request in [signer.sts(ref) for ref in refs]:
        begun = time.perf_counter()
        _answered(host, request)
        seconds.append(time.perf_counter() - begun)
    return [Figure("a call of each in turn, with all there, p95", percentile(seconds, 95) * 1000, "ms")]


# --- Asleep -------------------------------------------------------------------------------------------------------


def _asleep(host: SandboxHost, provider: EmulatedProvider, refs: list[Ref]) -> list[Figure]:
    begun = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(provider.hibernate, refs))
    sleeping = (time.perf_counter() - begun) / len(refs)
    rows = host.sql("SELECT sandbox_id AS number, length(data) AS size FROM labs_snapshot ORDER BY id")
    newest = {row["number"]: row["size"] for row in rows}
    kept = sum(row["size"] for row in rows) / len(newest)
    host.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    disk = sum(path.stat().st_size for path in host.data.glob("skylab.sqlite3*")) / len(refs)
    signer, wakes = _Signer(host), []
    for request in [signer.sts(ref) for ref in itertools.islice(refs, _WAKES)]:
        begun = time.perf_counter()
        _answered(host, request)
        wakes.append(time.perf_counter() - begun)
    figures = [
        Figure("to sleep, each (two at a time)", sleeping * 1000, "ms"),
        Figure("a sleeping sandbox's state, mean", statistics.fmean(newest.values()) / 1024, "KiB"),
        Figure("the same, largest", max(newest.values()) / 1024, "KiB", "≤ 100 KiB"),
        Figure("all states kept of it, mean", kept / 1024, "KiB", "", f"{len(rows)} of {len(newest)} sandboxes"),
        Figure("its part of the whole database, API log included", disk / 1024, "KiB"),
        Figure("so 10,000 asleep take, states", 10_000 * kept / 2**30, "GiB", "", "extrapolated"),
        Figure("the same, API log included", 10_000 * disk / 2**30, "GiB", "", "extrapolated"),
        Figure("wake by a call, p50", statistics.median(wakes) * 1000, "ms", "", f"n = {len(wakes)}"),
        Figure("wake by a call, p95", percentile(wakes, 95) * 1000, "ms", "≤ 500 ms"),
    ]
    return [*figures, Figure("cells that live after that", len(cells(host)), "", str(len(wakes)))]
