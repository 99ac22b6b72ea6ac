"""What a measurement gives back, and how it is printed and kept."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from os import cpu_count
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured figure: `value` in `unit`, and the bar that we hold it to (empty: told, not held)."""

    name: str
    value: float
    unit: str
    bar: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        return (
            f"{self.value:,.2f} {self.unit}"
            if self.value < 1
            else f"{self.value:,.1f} {self.unit}"
            if self.value < 100
            else f"{self.value:,.0f} {self.unit}"
        )


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the percentile by the nearest rank: a value that really was seen."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(percent / 100 * len(ordered) + 0.5) - 1))]


def spread(name: str, seconds: Sequence[float], *, bar: str = "") -> list[Figure]:
    """Return median and 95th percentile of a series of seconds, in milliseconds; the bar is on the latter."""
    note = f"n = {len(seconds)}"
    return [
        Figure(f"{name}, p50", statistics.median(seconds) * 1000, "ms", "", note),
        Figure(f"{name}, p95", percentile(seconds, 95) * 1000, "ms", bar, note),
    ]


def machine() -> str:
    """Return the machine in a line."""
    try:
        memory = Path("/proc/meminfo").read_text().split("MemTotal:")[1].split()[0]
        gib = f", {int(memory) / 2**20:.0f} GiB"
    except (OSError, IndexError):
        gib = ""
    return f"{cpu_count()} cores{gib}, {platform.system()} {platform.release()}, Python {platform.python_version()}"


_HEAD = """# Figures

Each section is a command, `python -m bench NAME --write`; those of `drills` are `python -m bench.drills NAME`.
Shared machines are noisy: read them as orders of magnitude, and ratios before times.
"""


def kept(page: str, sections: dict[str, list[Figure]]) -> str:
    """Return the page docs/figures.md with these sections measured anew; the others stay, each with its own day."""
    parts = {part.partition("\n")[0].strip(): part.rstrip() for part in page.split("\n## ")[1:]}
    for name, figures in sections.items():
        rows = [f"| {f.name}{f' ({f.note})' if f.note else ''} | {f.text} | {f.bar or '–'} |" for f in figures]
        head = [name, "", f"{date.today().isoformat()} · {machine()}", "", "| figure | seen | bar |", "|---|---|---|"]
        parts[name] = "\n".join([*head, *rows])
    return "\n".join([_HEAD, *(f"## {parts[name]}\n" for name in sorted(parts))])
