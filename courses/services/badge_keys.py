"""The key that badges are signed with: the operator's, or one that is made in var/ when it is first needed.

The private half is never in the database. Its public half is, and stays there when the key is changed: a badge that was
signed years ago is checked with the key of its day.
"""

from __future__ import annotations

import os
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from courses.exams import badge
from courses.models import SigningKey
from labs.refusals import Refusal


class BadKey(Refusal):
    """The key of this installation cannot be used; an operator has to see to it."""

    status = 503


def signing_key(*, now: datetime) -> str:
    """Return the private key, PEM; its public half is known from then on. Raises BadKey."""
    pem = settings.BADGE_KEY or own_key(settings.DATA_DIR / "badge_key.pem")
    try:
        jwk = _public(pem)
    except ValueError as error:
        raise BadKey(f"Badges cannot be signed: BADGE_KEY is {error}. An operator has to set another.") from error
    SigningKey.objects.get_or_create(kid=badge.thumbprint(jwk), defaults={"jwk": jwk, "first_used_at": now})
    return pem


def public_key(kid: str) -> dict[str, str] | None:
    """Return a public key of ours by its thumbprint, as a JWK; None: it is none of ours."""
    return SigningKey.objects.filter(pk=kid).values_list("jwk", flat=True).first()


def public_keys() -> list[dict[str, Any]]:
    """Return all our public keys as a JWK set has them, the newest first."""
    rows = SigningKey.objects.order_by("-first_used_at").values_list("kid", "jwk")
    return [{**jwk, "kid": kid, "alg": badge.ALGORITHM, "use": "sig"} for kid, jwk in rows]


@cache
def _public(pem: str) -> dict[str, str]:
    return badge.public_jwk(pem)


def own_key(path: Path) -> str:
    """Return the private key (PEM) that a file holds, made where there is none yet: nobody but us may read it."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written under another name first: two processes that need it at once must agree on one key.
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(badge.new_key())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        draft.unlink()
    return path.read_text()
