"""What a proof found, for people and for machines."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, order=True)
class Finding:
    """Something that a lab does not keep: where, which promise, and what happened instead.

    `ours`: it could not be seen whether the lab keeps it, and that is our fault.
    """

    path: str
    line: int
    promise: str
    message: str
    ours: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.promise}: {self.message}"


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"  # a check failed: points lost
    REFUSED = "refused"  # AWS or its CLI refused a command, so it never came before a grader
    EQUIVALENT = "equivalent"  # no check failed, and the lab says why that is right
    SURVIVED = "survived"  # no check failed
    BROKE = "broke"  # a check broke, or it could not be played


@dataclass(frozen=True)
class PlayedMutant:
    """A mutant and its fate. `said` tells what showed it: the check that failed and its words, the refusal, the break."""

    id: str
    task: str
    line: int
    description: str
    fate: Fate
    said: str

    def __str__(self) -> str:
        return f"{self.task} {self.id}: {self.description}\n    {self.fate}: {self.said}"


@dataclass(frozen=True)
class ProofReport:
    """What a proof found. `scenarios` were played, mutants among them, with `commands` in all."""

    slug: str
    findings: tuple[Finding, ...]
    scenarios: int
    commands: int
    milliseconds: int
    mutants: tuple[PlayedMutant, ...] = ()

    @property
    def ok(self) -> bool:
        """Return whether the lab keeps all its promises."""
        return not self.findings

    def count(self, fate: Fate) -> int:
        """Return how many mutants met that fate."""
        return Counter(mutant.fate for mutant in self.mutants)[fate]

    @property
    def kill_rate(self) -> float:
        """Return the share of the mutants that lost points, of those that a grader saw and that are no equivalents."""
        judged = self.count(Fate.KILLED) + self.count(Fate.SURVIVED) + self.count(Fate.BROKE)
        return self.count(Fate.KILLED) / judged if judged else 1.0

    def text(self) -> str:
        """Return the report for a person."""
        verdict = "proved" if self.ok else f"{len(self.findings)} broken promise(s)"
        lines = [
            f"{self.slug}: {verdict} ({self.scenarios} scenarios, {self.commands} commands, "
            f"{self.milliseconds / 1000:.1f} s)"
        ]
        if self.mutants:
            counts = ", ".join(f"{number} {fate}" for fate in Fate if (number := self.count(fate)))
            lines.append(f"  {len(self.mutants)} mutants: {counts} ({100 * self.kill_rate:.0f} % of what a grader saw)")
        return "\n".join([*lines, *(f"  {finding}" for finding in self.findings)])

    def to_dict(self) -> dict[str, Any]:
        """Return the report for a machine."""
        whole = dataclasses.asdict(self)
        counts = {str(fate): self.count(fate) for fate in Fate}
        whole["mutants"] = {"kill_rate": round(self.kill_rate, 4), **counts, "played": whole.pop("mutants")}
        return {"ok": self.ok, **whole}


def short(text: str, length: int = 100) -> str:
    """Return a text on one line, cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
