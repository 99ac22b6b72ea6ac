"""Receipts: our word over an attempt, its answers and its time: nobody else can make one, and anybody can have it checked."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings
from django.utils.encoding import force_bytes

from courses.models import Attempt, Response

# The label keeps this key apart from all else that is derived from the same secret.
LABEL: Final = b"skylab exam receipts 1"


def receipt_of(attempt: Attempt) -> str:
    """Return the receipt of an attempt that has ended; "" before."""
    return attempt.receipt


def receipt_for(attempt: Attempt, finished_at: datetime) -> str:
    """Return the receipt over the answers as they are kept now, hex."""
    return _sign(settings.SECRET_KEY, _statement(attempt, finished_at))


def verify(attempt: Attempt, receipt: str) -> bool:
    """Return whether this is our receipt for the attempt, and answers and time are still what it was given for."""
    if attempt.finished_at is None:
        return False
    statement = _statement(attempt, attempt.finished_at)
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    given = receipt.strip().lower().encode()
    found = False
    for secret in secrets:
        found |= hmac.compare_digest(_sign(secret, statement).encode(), given)
    return found


def _sign(secret: str | bytes, statement: bytes) -> str:
    key = hmac.digest(force_bytes(secret), LABEL, "sha256")
    return hmac.digest(key, statement, "sha256").hex()


def _statement(attempt: Attempt, finished_at: datetime) -> bytes:
    rows = Response.objects.filter(attempt=attempt).order_by("place")
    answers = [
        [place, sequence, hashlib.sha256(_canonical(answer)).hexdigest()]
        for place, sequence, answer in rows.values_list("place", "sequence", "answer")
    ]
    return _canonical(
        {
            "attempt": str(attempt.pk),
            "exam": attempt.exam_id,
            "started_at": attempt.started_at.astimezone(UTC).isoformat(),
            "finished_at": finished_at.astimezone(UTC).isoformat(),
            "answers": answers,
        }
    )


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
