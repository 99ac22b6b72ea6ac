"""Chance from a seed, the same on any machine and any Python; and the fair rounding of shares."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TypeVar

T = TypeVar("T")


class Stream:
    """Numbers that a seed and a purpose give: HMAC-SHA256 of a counter. Streams of other purposes tell nothing of it."""

    def __init__(self, seed: str, *purpose: str) -> None:
        label = json.dumps(["skylab.assembly.1", *purpose])
        self._key = hmac.digest(seed.encode(), label.encode(), "sha256")
        self._counter = 0
        self._words: list[int] = []

    def word(self) -> int:
        """Return the next 64 bits."""
        if not self._words:
            block = hmac.digest(self._key, self._counter.to_bytes(8, "big"), "sha256")
            self._counter += 1
            self._words = [int.from_bytes(block[at : at + 8], "big") for at in (24, 16, 8, 0)]
        return self._words.pop()

    def below(self, bound: int) -> int:
        """Return a number from 0 to bound - 1, each as likely: words of the last, incomplete stretch are thrown away."""
        limit = 2**64 - 2**64 % bound
        while (word := self.word()) >= limit:
            pass
        return word % bound

    def shuffled(self, values: Iterable[T]) -> list[T]:
        """Return the values in an order of which each is as likely (Fisher-Yates)."""
        order = list(values)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order


def largest_remainder(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Share a total by weights: each gets its whole part, what is left goes to the largest remainders (Hare, Niemeyer).

    Equal remainders: the greater weight first, then the name; the order of the mapping does not matter.
    """
    whole = sum(weights.values())
    exact = {name: Fraction(total * weight, whole) for name, weight in weights.items()}
    shares = {name: int(share) for name, share in exact.items()}
    left = total - sum(shares.values())
    for name in sorted(weights, key=lambda one: (shares[one] - exact[one], -weights[one], one))[:left]:
        shares[name] += 1
    return shares
