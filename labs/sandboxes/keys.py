"""Keys without look-ups: an access key id names its sandbox, and every secret is derived from the installation's.

    master --HMAC--> sandbox_secret(number)  the gateway's and that cell's: for the learner's keys and sessions
           --HMAC--> grader_secret(number)   the gateway's only: a cell, even a broken one, cannot mint the grader's

So the gateway verifies any key without asking anybody; whether a key (still) exists is the cell's to say.
An id is 80 bits in base 32: 36 of the sandbox's number, 32 of a serial, 12 of a checksum (typing errors, and keys of
a real AWS account that were pasted by mistake, are not taken for ours). Standard library only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache
from typing import Final, Literal

__all__ = [
    "FIRST_FORK",
    "FIRST_FREE_SERIAL",
    "GRADER_SERIAL",
    "LEARNER_SERIAL",
    "LONG_TERM",
    "PAST_LAST_FORK",
    "SESSION",
    "START_SERIAL",
    "Kind",
    "grader_secret",
    "is_fork",
    "is_grader_key",
    "mint_access_key",
    "sandbox_of",
    "sandbox_secret",
    "secret_for",
    "serial_of",
    "session_token_for",
]

Kind = Literal["AKIA", "ASIA"]
LONG_TERM: Final = "AKIA"
SESSION: Final = "ASIA"
LEARNER_SERIAL: Final = 0
GRADER_SERIAL: Final = 1
START_SERIAL: Final = 2  # what sets a lab up: the learner to the cell, "start" in the journal; grader_secret()
FIRST_FREE_SERIAL: Final = 16  # below are ours: what a learner creates inside has a random serial from here on

_NUMBER_BITS, _SERIAL_BITS, _CHECK_BITS = 36, 32, 12
# The upper half of the numbers is that of forks: a host draws them, no database counts so far, and each has 11 digits
# (so an account id, of 12, is never taken for one).
FIRST_FORK: Final = 1 << _NUMBER_BITS - 1
PAST_LAST_FORK: Final = 1 << _NUMBER_BITS
_PAYLOAD_BITS = _NUMBER_BITS + _SERIAL_BITS
_HALF = _PAYLOAD_BITS // 2
_MASK = (1 << _HALF) - 1
# AWS's own tokens begin so; some tools look at it.
_TOKEN_PREFIX = "IQoJb3JpZ2luX2VjE"  # noqa: S105


def sandbox_secret(master: bytes, number: int) -> bytes:
    """Return the 32 bytes that all the learner's keys of sandbox `number` are derived from."""
    return hmac.digest(master, b"sandbox:%d" % number, "sha256")


def grader_secret(master: bytes, number: int) -> bytes:
    """Return the 32 bytes that the grader's key of sandbox `number` is derived from; no cell ever holds them."""
    return hmac.digest(master, b"grader:%d" % number, "sha256")


def is_fork(number: int) -> bool:
    """Return whether `number` is that of a fork, and of no row."""
    return FIRST_FORK <= number < PAST_LAST_FORK


@lru_cache(maxsize=1024)
def mint_access_key(number: int, serial: int, kind: Kind = LONG_TERM) -> str:
    """Return an access key id: `kind` and 16 characters of A-Z2-7 that name sandbox `number` and `serial`.

    Raises ValueError where either does not fit (number < 2**36, serial < 2**32).
    """
    if not 0 <= number < 1 << _NUMBER_BITS or not 0 <= serial < 1 << _SERIAL_BITS:
        raise ValueError(f"cannot make a key of number {number} and serial {serial}")
    payload = _scramble(number << _SERIAL_BITS | serial)
    value = payload << _CHECK_BITS | _checksum(kind, payload)
    return kind + base64.b32encode(value.to_bytes(10, "big")).decode()


def sandbox_of(access_key_id: str) -> int | None:
    """Return the number of the sandbox that `access_key_id` belongs to, or None where it is not one of ours."""
    read = _read(access_key_id)
    return read[0] if read else None


def serial_of(access_key_id: str) -> int | None:
    """Return the serial in `access_key_id`, or None where it is not one of ours."""
    read = _read(access_key_id)
    return read[1] if read else None


def is_grader_key(access_key_id: str) -> bool:
    """Return whether `access_key_id` is the grader's: its secret comes of grader_secret()."""
    return access_key_id[:4] == LONG_TERM and serial_of(access_key_id) == GRADER_SERIAL


def secret_for(secret: bytes, access_key_id: str) -> str:
    """Return the secret access key (40 characters) of `access_key_id` under a sandbox's or a grader's `secret`."""
    return base64.b64encode(hmac.digest(secret, b"key:" + access_key_id.encode(), "sha256")[:30]).decode()


def session_token_for(secret: bytes, access_key_id: str) -> str:
    """Return the session token that goes with a temporary (ASIA) key; it says nothing, the cell knows the session."""
    stream = hmac.digest(secret, b"token:" + access_key_id.encode(), "sha512")
    stream += hmac.digest(secret, b"token 2:" + access_key_id.encode(), "sha512")
    return _TOKEN_PREFIX + base64.b64encode(stream[:126]).decode()


@lru_cache(maxsize=8192)  # each call asks some times
def _read(access_key_id: str) -> tuple[int, int] | None:
    kind, text = access_key_id[:4], access_key_id[4:]
    if kind not in (LONG_TERM, SESSION) or len(text) != 16:
        return None
    try:
        value = int.from_bytes(base64.b32decode(text), "big")
    except ValueError:
        return None
    payload, check = value >> _CHECK_BITS, value & ((1 << _CHECK_BITS) - 1)
    if check != _checksum(kind, payload):
        return None
    payload = _unscramble(payload)
    return payload >> _SERIAL_BITS, payload & ((1 << _SERIAL_BITS) - 1)


def _checksum(kind: str, payload: int) -> int:
    digest = hashlib.sha256(f"skylab key {kind} {payload}".encode()).digest()
    return int.from_bytes(digest[:2], "big") & ((1 << _CHECK_BITS) - 1)


def _turn(turn: int, half: int) -> int:
    digest = hashlib.sha256(b"skylab key %d %d" % (turn, half)).digest()
    return int.from_bytes(digest[:8], "big") & _MASK


def _scramble(payload: int) -> int:
    """Mix the bits (no secrecy: neighbours in number should not look like neighbours in a list of keys)."""
    left, right = payload >> _HALF, payload & _MASK
    for turn in range(4):
        left, right = right, left ^ _turn(turn, right)
    return left << _HALF | right


def _unscramble(payload: int) -> int:
    left, right = payload >> _HALF, payload & _MASK
    for turn in reversed(range(4)):
        left, right = right ^ _turn(turn, left), left
    return left << _HALF | right
