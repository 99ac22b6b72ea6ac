"""How much a job of the judge may take. A client may ask for less, never for more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`seconds` for a whole job and `check_seconds` for one check, by the wall; `memory` (all of its address space),
    `output` in bytes; `streams` to the gateway; so many checks `at_a_time`; so many `calls` in a job."""

    seconds: float = 10.0
    check_seconds: float = 5.0
    memory: int = 512 * 1024 * 1024
    output: int = 64 * 1024
    streams: int = 32
    at_a_time: int = 2
    calls: int = 500

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Limits:
        """Return what is asked for, where it is less. Raises ValueError, TypeError."""
        most = asdict(cls())
        return cls(**{name: min(limit, type(limit)(asked.get(name, limit))) for name, limit in most.items()})
