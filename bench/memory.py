"""What processes take of the memory (https://docs.kernel.org/filesystems/proc.html)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from bench.host import SandboxHost


@dataclass(frozen=True)
class Memory:
    """MiB: `own` that nobody else has (USS), `share` with its part of what is shared (PSS)."""

    own: float
    share: float

    def __add__(self, other: Memory) -> Memory:
        return Memory(self.own + other.own, self.share + other.share)


def memory(*pids: int) -> Memory:
    """Return what processes take together; one that has ended takes nothing."""
    whole = Memory(0, 0)
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        sizes = {name: int(rest.split()[0]) / 1024 for name, _, rest in (line.partition(":") for line in lines[1:])}
        whole += Memory(sum(size for name, size in sizes.items() if name.startswith("Private_")), sizes["Pss"])
    return whole


def available_mib() -> float:
    """Return what the kernel could still give."""
    return int(Path("/proc/meminfo").read_text().split("MemAvailable:")[1].split()[0]) / 1024


def children_of(pid: int) -> set[int]:
    """Return the processes whose parent is `pid`."""
    found: set[int] = set()
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found |= set(map(int, listed.read_text().split()))
        except OSError:
            continue
    return found


def cells(host: SandboxHost) -> set[int]:
    """Return the cells of a host: the children of its zygote."""
    zygote = host.control({"op": "report"})["report"]["zygote"]
    return children_of(zygote) if zygote else set()


def page_tables_mib(pid: int) -> float:
    """Return what the kernel needs to know where the pages of a process are."""
    return int(Path(f"/proc/{pid}/status").read_text().split("VmPTE:")[1].split()[0]) / 1024


def cpu_seconds(pid: int, *, ended: bool = False) -> float:
    """Return the processor time that a process has had; with `ended`, that of its children that have ended as well."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if ended else 13])) / os.sysconf("SC_CLK_TCK")
