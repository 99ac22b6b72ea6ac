"""Links and keys that let somebody into a class. Both are drawn from enough chance that guessing is hopeless, so what is
kept of them is a plain SHA-256: a copy of the database lets nobody in."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

# Crockford's base 32: no I, L, O, U, so that a key can be read out in a room.
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KEY_LENGTH: Final = 12  # 60 bits
ALIKE: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_token() -> str:
    """Return the secret part of an invitation's link: 256 bits."""
    return secrets.token_urlsafe(32)


def new_key() -> str:
    """Return an enrolment key as it is read out: XXXX-XXXX-XXXX."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(KEY_LENGTH))
    return "-".join(drawn[at : at + 4] for at in range(0, KEY_LENGTH, 4))


def token_hash(token: str) -> str:
    """Return what is kept of an invitation's token."""
    return _hashed("invitation", token)


def key_hash(key: str) -> str:
    """Return what is kept of an enrolment key, however it was typed: small letters, blanks, O for 0."""
    return _hashed("key", re.sub(r"[^0-9A-Z]", "", key.upper()).translate(ALIKE))


def _hashed(kind: str, text: str) -> str:
    return hashlib.sha256(f"skylab:{kind}:{text}".encode()).hexdigest()
