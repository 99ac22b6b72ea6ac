"""The price table, read once: prices.yaml, by block and name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

__all__ = ["PATH", "Block", "Prices", "prices"]

PATH: Final = Path(__file__).with_name("prices.yaml")


@dataclass(frozen=True, slots=True)
class Block:
    """Prices of one page of AWS's: each so much `per` something."""

    page: str
    as_of: date
    per: str
    of: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Prices:
    """The table, and the day that its numbers are of."""

    as_of: date
    region: str
    currency: str
    hours: float
    blocks: Mapping[str, Block]

    def get(self, block: str, name: str) -> float | None:
        """Return a price, or None where the table has none."""
        found = self.blocks.get(block)
        return found.of.get(name) if found else None

    def of(self, block: str, name: str) -> float:
        """Return a price that the table must have. Raises KeyError."""
        return self.blocks[block].of[name]


@cache
def prices() -> Prices:
    """Return the table. Raises KeyError or TypeError where a block lacks a page, a day or a unit."""
    said: dict[str, Any] = yaml.safe_load(PATH.read_text())
    blocks = {
        name: Block(each["page"], each["as_of"], each["per"], {key: float(value) for key, value in each["of"].items()})
        for name, each in said["prices"].items()
    }
    return Prices(said["as_of"], said["region"], said["currency"], float(said["hours_a_month"]), blocks)
