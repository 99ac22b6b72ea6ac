"""Beside its peers, in one run: a sandbox of ours, a moto_server and a ministack; start, memory, ten common calls.

Ours is the whole way: gateway, signature, authorization, journal. The peers are as they come (no signature is checked, no
policy asked, nothing written). They are installed from PyPI into folders of their own below the temporary folder; one that
cannot be had is skipped, and said to be. Calls go round: each call to each of the three, so that the machine's other work
hits all alike.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bench.calls import Bare, Line, bare, signed
from bench.cells import calls_of
from bench.figures import Figure, percentile
from bench.host import SandboxHost, new_host
from bench.memory import Memory, cells, children_of, cpu_seconds, memory
from labs.sandboxes.emulated.lab import worked_lab
from labs.sandboxes.emulated.provider import EmulatedProvider
from skylab.processes import Running, spawn
from skylab.stack import free_port

SLOW: Final = True
_STARTS: Final = 5
_ROUNDS: Final = 120
_ROUND_SECONDS: Final = 0.22  # ten calls a round: below the 50 calls a second that a sandbox may make
_HOME: Final = Path(tempfile.gettempdir()) / "skylab-peers"
_MOTO: Final = f"moto[server]=={importlib.metadata.version('moto')}"
_PEERS: Final = {"moto_server": _MOTO, "ministack": "ministack"}


class CannotBeHad(Exception):
    """A peer could not be installed, or does not start."""


class _Missing(str):
    """Stands for what a peer did not answer: a text, with itself in all its places."""

    def __getitem__(self, _: Any) -> _Missing:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter([self])


@dataclass
class Target:
    """An emulator that runs. `pids` names its processes (of ours: the cell), `account_id` is the caller's.

    `shared` is the process that it shares with all other sandboxes, the gateway.
    """

    name: str
    url: str
    account_id: str
    client: Callable[[str], Any]
    pids: Callable[[], set[int]]
    shared: set[int] = field(default_factory=set)
    skipped: list[str] = field(default_factory=list)

    def cpu(self) -> float:
        """Return the processor time that it has had so far, in seconds."""
        return sum(map(cpu_seconds, self.pids() | self.shared))

    def call(self, service: str, operation: str, **parameters: Any) -> Any:
        """Make a call; one that a peer lacks is skipped, and noted."""
        try:
            answer = getattr(self.client(service), xform_name(operation))(**parameters)
        except (ClientError, BotoCoreError) as error:
            if self.name == "ours":
                raise
            self.skipped.append(f"{service} {operation} ({str(error)[:80]})")
            return _Missing("missing")
        if operation == "DescribeImages" and not answer["Images"]:  # their catalogues are others
            return {"Images": [{"ImageId": "ami-12c6146b"}]}
        return answer


def measure() -> list[Figure]:
    """Start them, weigh them, work a lab in each, and call them in turn."""
    figures: list[Figure] = []
    with ExitStack() as stack:
        host = new_host()
        stack.callback(host.remove)
        host.start()
        homes = {name: home for name in _PEERS if (home := _home(name))}
        figures += _first_answers(host, homes)
        targets = [_ours(host), *(stack.enter_context(_peer(name, home)) for name, home in homes.items())]
        figures += _memory(targets)
        figures += _calls(targets)
    return figures


# --- The three ----------------------------------------------------------------------------------------------------


def _home(name: str) -> Path | None:
    """Return the folder of a peer's program, installed if need be; None where it cannot be had."""
    wanted = _PEERS[name]
    home = _HOME / wanted.translate(str.maketrans("[]=", "---"))
    if (home / "bin" / name).exists():
        return home
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    try:
        for words in (["venv", "-q", "--clear", str(home)], ["pip", "install", "-q", "--python", str(home), wanted]):
            subprocess.run([uv, *words], check=True, capture_output=True, text=True, timeout=600)
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip()[-300:]
        print(f"  SKIPPED: {name} cannot be had: {said}", flush=True)
        shutil.rmtree(home, ignore_errors=True)
        return None
    return home


def _version(name: str, home: Path) -> str:
    found = next(home.glob(f"lib/*/site-packages/{_PEERS[name].split('[')[0]}-*.dist-info"), None)
    return f"{name} {found.name.split('-')[1].removesuffix('.dist')}" if found else name


def _launched(name: str, home: Path) -> tuple[str, Running, Path]:
    """Return address, process and folder of a peer that was told to start."""
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix=f"skylab-{name}-"))
    words = {
        "moto_server": ["-H", "127.0.0.1", "-p", str(port)],
        "ministack": [],
    }
    environment = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "LOG_LEVEL": "ERROR",
        "TMPDIR": str(folder),
        "PYTHONWARNINGS": "ignore",
    }
    running = spawn(name, str(home / "bin" / name), *words[name], log_dir=folder, environment=environment)
    return f"http://127.0.0.1:{port}", running, folder


@contextmanager
def _peer(name: str, home: Path) -> Iterator[Target]:
    url, running, folder = _launched(name, home)
    pid = running.process.pid
    try:
        _until_answered(url, _sts(lambda service: _peer_client(url, service)), running)
        client = cache(lambda service: _peer_client(url, service))
        account_id = client("sts").get_caller_identity()["Account"]
        yield Target(name, url, account_id, client, lambda: {pid, *children_of(pid)})
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _peer_client(url: str, service: str) -> Any:
    plain = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=30)
    session = boto3.session.Session("test", "test", region_name="us-east-1")
    return session.client(service, endpoint_url=url, config=plain)


def _ours(host: SandboxHost) -> Target:
    ref = host.make_sandbox()
    before = cells(host)
    _provider(host).start(ref)
    own = cells(host) - before
    assert host.process
    gateway, client = host.process.process.pid, cache(lambda service: host.client(ref, service))
    return Target("ours", host.base_url, ref.account_id, client, lambda: own, {gateway})


def _provider(host: SandboxHost) -> EmulatedProvider:
    return EmulatedProvider(control=host.control_path, master=host.master, endpoint=host.base_url)


# --- From start to the first answer -------------------------------------------------------------------------------


def _sts(client: Callable[[str], Any]) -> Bare:
    return bare(signed(client("sts"), "get_caller_identity", {}))


def _until_answered(url: str, request: Bare, running: Running | None = None, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        line = Line(url)
        try:
            if line.ask(request)[0] == 200:
                return
        except (OSError, HTTPException):
            time.sleep(0.002)  # polling a foreign process: there is nothing to wait on
        finally:
            line.close()
        if time.monotonic() > deadline or (running and not running.alive):
            raise CannotBeHad(f"{running and running.name} does not answer: {running and running.last_words()}")


def _first_answers(host: SandboxHost, homes: dict[str, Path]) -> list[Figure]:
    """Start each in turn, some times; our host is warm, as it is when a learner comes."""
    provider = _provider(host)
    seconds: dict[str, list[float]] = {name: [] for name in ("ours", *homes)}
    for turn in range(_STARTS + 1):
        ref = host.make_sandbox()
        request = _sts(lambda service, ref=ref: host.client(ref, service))  # type: ignore[misc]
        begun = time.perf_counter()
        provider.start(ref)
        _until_answered(host.base_url, request)
        taken = {"ours": time.perf_counter() - begun}
        provider.stop(ref)
        for name, home in homes.items():
            request = _sts(lambda service: _peer_client("http://127.0.0.1:1", service))
            begun = time.perf_counter()
            url, running, folder = _launched(name, home)
            try:
                _until_answered(url, request, running)
                taken[name] = time.perf_counter() - begun
            finally:
                running.stop()
                shutil.rmtree(folder, ignore_errors=True)
        for name in taken if turn else ():  # the first turn reads their files from the disk
            seconds[name].append(taken[name])
    ours = statistics.median(seconds["ours"])
    figures = [Figure("start to the first STS answer, ours, p50", ours * 1000, "ms", "", f"n = {_STARTS}")]
    for name, home in homes.items():
        median = statistics.median(seconds[name])
        figures.append(Figure(f"the same, {_version(name, home)}, p50", median * 1000, "ms"))
        figures.append(Figure(f"{name}'s is so many times ours", median / ours, "×", "≥ 20 ×"))
    return figures


# --- Memory -------------------------------------------------------------------------------------------------------


def _memory(targets: list[Target]) -> list[Figure]:
    figures: list[Figure] = []
    seen: dict[str, tuple[Memory, Memory]] = {}
    for target in targets:
        target.client("sts").get_caller_identity()
        idle = memory(*target.pids())
        _made[target.name] = worked_lab(target.call, target.account_id)
        seen[target.name] = idle, memory(*target.pids())
        _open_bucket(target)
        for skipped in target.skipped:
            print(f"  SKIPPED in {target.name}: {skipped}", flush=True)
    for name, (idle, worked) in seen.items():
        figures += [
            Figure(f"{name}: memory of its own, idle", idle.own, "MiB", "", f"PSS {idle.share:.0f} MiB"),
            Figure(f"{name}: the same after a worked lab", worked.own, "MiB", "", f"PSS {worked.share:.0f} MiB"),
        ]
    own = seen["ours"][1].own
    for name in list(seen)[1:]:
        figures.append(Figure(f"after a lab ours is so much of {name}'s", own / seen[name][1].own, "", "≤ 1/3"))
    return figures


_made: dict[str, dict[str, Any]] = {}


def _open_bucket(target: Target) -> None:
    """Take the bucket's policy away where a peer takes each of its conditions as met, and so refuses all calls."""
    bucket = _made[target.name]["bucket"]
    try:
        target.client("s3").get_object(Bucket=bucket, Key="reports/a.txt")
    except ClientError as error:
        if target.name == "ours":
            raise
        target.skipped.append(f"the bucket's policy, taken away again for the calls ({error})")
        target.client("s3").delete_bucket_policy(Bucket=bucket)


# --- Ten calls ----------------------------------------------------------------------------------------------------


def _calls(targets: list[Target]) -> list[Figure]:
    lines = {target.name: Line(target.url) for target in targets}
    names = [f"{service} {operation}" for service, operation, _ in calls_of(_made["ours"])]
    requests: dict[str, list[Bare]] = {}
    for target in targets:
        requests[target.name] = [
            bare(signed(target.client(service), xform_name(operation), parameters))
            for service, operation, parameters in calls_of(_made[target.name])
        ]
    seconds: dict[tuple[str, str], list[float]] = {(call, one.name): [] for call in names for one in targets}
    failed: set[tuple[str, str]] = set()
    spent = {target.name: -target.cpu() for target in targets}
    for turn in range(_ROUNDS + 3):
        began = time.perf_counter()
        for index, call in enumerate(names):
            for offset in range(len(targets)):
                name = targets[(turn + offset) % len(targets)].name
                begun = time.perf_counter()
                status, said = lines[name].ask(requests[name][index])
                taken = time.perf_counter() - begun
                if status >= 300:
                    assert name != "ours", f"{call}: {status} {said[:300]!r}"
                    failed.add((call, name))
                if turn >= 3:
                    seconds[call, name].append(taken)
        time.sleep(max(0.0, _ROUND_SECONDS - (time.perf_counter() - began)))
    for call, name in sorted(failed):
        print(f"  SKIPPED: {name} does not answer {call}", flush=True)
    made = (_ROUNDS + 3) * len(names)
    note = "user and system, mean of the ten; ours: gateway, journal and cell"
    return _compared(names, [target.name for target in targets], seconds, failed) + [
        Figure(f"processor time a call, {one.name}", (spent[one.name] + one.cpu()) / made * 1000, "ms", "", note)
        for one in targets
    ]


def _compared(
    names: list[str], targets: list[str], seconds: dict[tuple[str, str], list[float]], failed: set[tuple[str, str]]
) -> list[Figure]:
    figures = []
    medians = {key: statistics.median(values) * 1000 for key, values in seconds.items()}
    calm = {key: percentile(values, 10) * 1000 for key, values in seconds.items()}
    for call in names:
        told = [
            f"{name} {calm[call, name]:.1f} / {medians[call, name]:.1f} / {percentile(seconds[call, name], 95) * 1000:.1f}"
            for name in targets
        ]
        note = f"p10 / p50 / p95: {'; '.join(told)}; n = {_ROUNDS}"
        figures.append(Figure(f"{call}, ours, p50", medians[call, "ours"], "ms", "", note))
    for name, bar in (("moto_server", "10"), ("ministack", "≥ 8")):
        asked = [call for call in names if name in targets and (call, name) not in failed]
        for of, seen, held in (("p50", medians, bar), ("p10 (the machine's other work least)", calm, "")):
            won = [call for call in asked if seen[call, "ours"] <= seen[call, name]]
            note = f"not: {lost}" if (lost := ", ".join(call for call in asked if call not in won)) else ""
            if asked:
                figures.append(
                    Figure(f"calls whose {of} is at most {name}'s", len(won), f"of {len(asked)}", held, note)
                )
    figures.append(Figure("load average over the last minute", os.getloadavg()[0], "", "", f"{os.cpu_count()} cores"))
    return figures
