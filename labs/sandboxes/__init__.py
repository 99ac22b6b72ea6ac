"""The sandboxes behind one protocol: what a lab session asks of whoever gives its learner an AWS.

No Django here, and no settings: a provider is told what it needs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

__all__ = ["Credentials", "Provider", "Ref", "Unavailable", "account_id_for"]


@dataclass(frozen=True, slots=True)
class Ref:
    """Names one sandbox in one of its lives: a reset is the same number with the next epoch."""

    number: int
    epoch: int
    account_id: str
    region: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a tool needs to speak to a sandbox."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    region: str
    endpoint_url: str
    account_id: str


class Unavailable(Exception):
    """The sandbox cannot be had at the moment: our fault, worth another try."""


@runtime_checkable
class Provider(Protocol):
    """Whoever gives out AWS accounts. Every provider passes tests/labs/sandboxes/conformance.py."""

    name: str

    def start(self, ref: Ref) -> None:
        """Have `ref` answer calls before returning. Idempotent. Raises Unavailable."""

    def stop(self, ref: Ref) -> None:
        """Let `ref` and its state go. Idempotent. Raises Unavailable."""

    def is_running(self, ref: Ref) -> bool:
        """Return whether `ref` was started and not stopped. Raises Unavailable."""

    def learner_credentials(self, ref: Ref) -> Credentials:
        """Return the learner's own key: an administrator of the account, the same in every epoch."""

    def grader_credentials(self, ref: Ref) -> Credentials:
        """Return the key that graders read with: the learner never sees it, in lists neither."""

    def start_credentials(self, ref: Ref) -> Credentials:
        """Return the key that sets a lab up: it acts as the learner, and what it does is no learner's call."""


_FIRST = 100_000_000_000  # an AWS account id has 12 digits; ours never begin with a 0
_PAST_LAST = 1_000_000_000_000
_RESERVED = frozenset(
    {
        123_456_789_012,  # the example of every tutorial, and moto's default
        111_122_223_333,
        444_455_556_666,
        137_112_412_989,  # Amazon Linux
        801_119_661_308,  # Windows Server
        333_333_333_333,  # the phantom account of the zygote's warm-up
        999_999_999_999,
    }
)


def account_id_for(number: int) -> str:
    """Return the account id of sandbox `number`: 12 digits, distinct for distinct numbers, in no visible order.

    A four-round Feistel network over 40 bits that is walked until it lands on a usable id (so it is a bijection).
    Raises ValueError for a number below 0 or beyond 8 * 10**11.
    """
    if not 0 <= number < 800_000_000_000:
        raise ValueError(f"sandbox number {number} is outside 0 .. 8e11")
    value = number + _FIRST
    while True:
        left, right = value >> 20, value & 0xFFFFF
        for turn in range(4):
            digest = hashlib.sha256(b"skylab account %d %d" % (turn, right)).digest()
            left, right = right, left ^ (int.from_bytes(digest[:4], "big") & 0xFFFFF)
        value = left << 20 | right
        if _FIRST <= value < _PAST_LAST and value not in _RESERVED:
            return str(value)
