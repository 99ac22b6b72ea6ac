"""How long the proof of the whole catalog takes, mutants and all: `make lab-test`, without a host that is warm already."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Figure
from skylab.stack import ROOT

SLOW = True
_ACCOUNTING = Path("/sys/fs/cgroup/cpuacct")  # of control groups 1; of 2, each group has a cpu.stat
_UNIFIED = Path("/sys/fs/cgroup")


def measure() -> list[Figure]:
    """Prove all labs, or those that BENCH_LABS names, and tell time and processor time."""
    names = os.environ.get("BENCH_LABS", "").split()
    load = os.getloadavg()[0]
    with _group() as (join, used), tempfile.TemporaryDirectory(prefix="skylab-bench-") as run_dir:
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "manage.py", "test_labs", "--json", *names],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "skylab.settings", "SKYLAB_DATA": run_dir},
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=join,
        )
        wall, processor = time.monotonic() - began, used()
    labs = json.loads(done.stdout)["labs"]
    mutants = sum(len(lab["mutants"]["played"]) for lab in labs)
    scenarios = sum(lab["scenarios"] for lab in labs)
    note = f"{len(labs)} labs, {scenarios} scenarios, of them {mutants} mutants; load average {load:.1f} before"
    whole = not names
    return [
        Figure("the proof of the catalog", wall / 60, "min", "≤ 10 min" if whole else "", note),
        *([Figure("its processor time", processor / 60, "min")] if processor else []),
        *([Figure("the same, a scenario", processor / scenarios * 1000, "ms")] if processor and scenarios else []),
        Figure("labs that do not keep their promises", float(sum(not lab["ok"] for lab in labs)), "", "0"),
    ]


@contextmanager
def _group() -> Iterator[tuple[Callable[[], None], Callable[[], float]]]:
    """Give what puts a process into a control group of its own, and what its processes used of the processors.

    Copies of sandboxes are reaped by nobody, so that no parent knows what they took. Where we may make no group: 0.
    """
    base = _ACCOUNTING if _ACCOUNTING.is_dir() else _UNIFIED
    group = base / f"skylab-bench-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:
        yield lambda: None, lambda: 0.0
        return

    def join() -> None:
        (group / "cgroup.procs").write_text(str(os.getpid()))

    def used() -> float:
        if base == _ACCOUNTING:
            return int((group / "cpuacct.usage").read_text()) / 1e9
        return int((group / "cpu.stat").read_text().split("usage_usec")[1].split()[0]) / 1e6

    try:
        yield join, used
    finally:
        # What outlives its parent by a moment keeps the group.
        for _ in range(50):
            try:
                group.rmdir()
                break
            except OSError:
                time.sleep(0.1)  # waiting for the kernel: there is nothing to wait on
