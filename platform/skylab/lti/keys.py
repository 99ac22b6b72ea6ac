"""The key that we sign with towards platforms: the operator's, or one that is made in var/ when it is first needed.

The private half is never in the database (as with courses.services.badge_keys); its public half is. A new key is published
a day before anything is signed with it, and the old one stays published for a week after: platforms keep what they read.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db.models import Q

from courses.exams import badge
from courses.services.badge_keys import BadKey, own_key
from skylab.lti import jose
from skylab.lti.models import Key

BEFORE: Final = timedelta(days=1)
AFTER: Final = timedelta(days=7)


def signing_key(*, now: datetime) -> str:
    """Return the private key, PEM. Its successor takes over once it was published for long enough. Raises BadKey."""
    return _keys(now)[0]


def _keys(now: datetime) -> list[str]:
    """Return the key that we sign with, and the next one where there is one. What is neither any more is retired."""
    if settings.LTI_KEY:
        found = [one for one in (settings.LTI_KEY, settings.LTI_KEY_NEXT) if one]
    else:
        current, following = _place("lti_key.pem"), _place("lti_key_next.pem")
        try:
            if _publish(following.read_text(), now).published_at <= now - BEFORE:
                following.replace(current)
        except FileNotFoundError:  # there is none; or another process was as quick
            pass
        found = [own_key(current), *([following.read_text()] if following.exists() else [])]
    rows = [_publish(one, now) for one in found]
    Key.objects.filter(retired_at=None).exclude(pk__in=[one.pk for one in rows]).update(retired_at=now)
    return found


def prepare(*, now: datetime) -> None:
    """Make the next key, and publish it: from tomorrow on it is the one that we sign with. Twice is once."""
    signing_key(now=now)
    _publish(own_key(_place("lti_key_next.pem")), now)


def next_at() -> datetime | None:
    """Return when the next key takes over, or None where there is none."""
    path = _place("lti_key_next.pem")
    if settings.LTI_KEY or not path.exists():
        return None
    row = Key.objects.filter(pk=_kid(path.read_text())).first()
    return row.published_at + BEFORE if row else None


def public_keys(*, now: datetime) -> list[dict[str, Any]]:
    """Return the public keys as a JWK set has them, the newest first."""
    _keys(now)
    rows = Key.objects.filter(Q(retired_at=None) | Q(retired_at__gt=now - AFTER)).order_by("-published_at")
    return [{**row.jwk, "kid": row.kid, "alg": jose.ALGORITHM, "use": "sig"} for row in rows]


def _publish(pem: str, now: datetime) -> Key:
    try:
        kid = _kid(pem)
    except ValueError as error:
        raise BadKey(
            f"Nothing can be signed for platforms: LTI_KEY is {error}. An operator has to set another."
        ) from error
    row, made = Key.objects.get_or_create(kid=kid, defaults={"jwk": _public(pem), "published_at": now})
    if not made and row.retired_at:  # an operator took it back into use
        Key.objects.filter(pk=kid).update(retired_at=None)
    return row


def _place(name: str) -> Path:
    return Path(settings.DATA_DIR) / name


@lru_cache(maxsize=8)
def _public(pem: str) -> dict[str, str]:
    return badge.public_jwk(pem)


def _kid(pem: str) -> str:
    return badge.thumbprint(_public(pem))
