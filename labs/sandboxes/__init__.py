"""The sandboxes behind one protocol: what a lab session asks of whoever gives its learner an AWS.

No Django here, and no settings: a provider is told what it needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

__all__ = ["CannotFork", "Credentials", "Delivery", "Moment", "Provider", "Ref", "Unavailable", "account_id_for"]


@dataclass(frozen=True, slots=True)
class Ref:
    """Names one sandbox in one of its lives: a reset is the same number with the next epoch."""

    number: int
    epoch: int
    account_id: str
    region: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a tool needs to speak to a sandbox. `anonymous_url` is where a call without a signature goes, if it can."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    region: str
    endpoint_url: str
    account_id: str
    anonymous_url: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A state of a sandbox that one can go back to. `seq` is the call of its journal, `at` in unix seconds."""

    id: int
    seq: int
    label: str
    kind: str  # "checkpoint", or "before" going back
    at: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a sandbox sent out of its account: AWS would have sent it to a person or an endpoint. `at` in unix seconds.

    `number` counts what was sent, from 1. `protocol` is "email", "sms", "https" …, `endpoint` to whom; `more` is what
    else is known of it ("kind", "topic", "subject" …).
    """

    number: int
    at: float
    service: str
    protocol: str
    endpoint: str
    body: Any
    more: Mapping[str, Any]


class Unavailable(Exception):
    """The sandbox cannot be had at the moment: our fault, worth another try."""


class CannotFork(Exception):
    """This provider never has copies of its sandboxes (its AWS is a real one): no use in trying again."""


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

    def fork(self, ref: Ref) -> Ref:
        """Return a copy of `ref` as it is now, which answers calls and knows nothing of `ref` from here on, nor `ref` of it.

        It has the account id and region of `ref`, and keys of its own. Nothing done in it is kept or shown. It ends by
        stop(), with `ref`, and by itself: see FORK_SECONDS. Raises Unavailable, CannotFork.
        """

    def hibernate(self, ref: Ref) -> None:
        """Let the sandbox sleep: it costs disk only, and the next call wakes it as it was. Idempotent. Raises Unavailable."""

    def checkpoint(self, ref: Ref, label: str) -> Moment:
        """Keep the state as it is now. Raises Unavailable."""

    def checkpoints(self, ref: Ref) -> list[Moment]:
        """Return what was kept, the oldest first. Raises Unavailable."""

    def undo(self, ref: Ref, seq: int | None = None) -> Moment:
        """Take back the learner's last change; return the moment that leads here again.

        `seq`: only if it is that call's. Raises Unavailable, where the last change is another one, too.
        """

    def go_back(self, ref: Ref, moment: int) -> Moment:
        """Be as at a moment; return the one that leads here again. Raises Unavailable."""

    def past(self, ref: Ref, moment: int) -> Ref:
        """Return a fork of the sandbox as it was at a moment. Raises Unavailable."""

    def replayed(self, ref: Ref, upto: int | None = None) -> Ref:
        """Return a fork of a clean sandbox that got every call of the journal anew, from the first: nothing that was
        done to the living process is in it. Raises Unavailable."""

    def inbox(self, ref: Ref) -> list[Delivery]:
        """Return what the sandbox has sent to people and endpoints, the newest 500, oldest first. Raises Unavailable."""

    def learner_credentials(self, ref: Ref) -> Credentials:
        """Return the learner's own key: an administrator of the account, the same in every epoch."""

    def grader_credentials(self, ref: Ref) -> Credentials:
        """Return the key that graders read with: the learner never sees it, in lists neither."""

    def start_credentials(self, ref: Ref) -> Credentials:
        """Return the key that sets a lab up: it acts as the learner, and what it does is no learner's call."""


FORK_SECONDS = 120.0  # the longest that a fork lives
FORK_IDLE_SECONDS = 60.0  # and how long it waits for a call
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
