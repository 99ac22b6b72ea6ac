"""Tokens: made, looked up, revoked. Shown once, at birth; after that only their hash is known."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404

from labs import audit
from labs.refusals import Refusal
from skylab.api.models import Token

PREFIX: Final = "skylab_"
SCOPES: Final = {
    "read": "Read what is yours: courses, labs, exams, scores",
    "learn": "Act for you: mark lessons as read, work in labs, manage tokens",
    "teach": "See learners' work and item statistics, manage webhooks",
    "operate": "Manage people, read the audit log",
}
MOST_DAYS: Final = 366
MOST_TOKENS: Final = 25  # that hold at a time
# How exactly the last use is known: not every request is worth a write.
USED_EVERY: Final = timedelta(minutes=1)


class BadToken(Refusal):
    """What was asked for is no token."""

    status = 422


class TooMuch(Refusal):
    """More than whoever asks has themselves."""

    status = 403


def scopes_of(user: Any) -> list[str]:
    """Return the scopes that a person may give to a token."""
    return ["read", "learn", *(["teach"] if user.teaches else []), *(["operate"] if user.operates else [])]


def make(
    *, user: Any, name: str, scopes: Sequence[str], days: int, by: Token | None = None, now: datetime
) -> tuple[Token, str]:
    """Make a token; return it, and the text that is shown once.

    by: the token that asks. What it makes has no more scopes, lives no longer, and is revoked with it.

    :raises BadToken: no name, no scope, or a life that is none.
    :raises TooMuch: a scope that the person, or the token that asks, does not have.
    """
    name = " ".join(name.split())
    wanted = [one for one in SCOPES if one in scopes]
    if not name or len(name) > 100 or "\0" in name:
        raise BadToken("Give the token a name of 100 letters at most, to know it by.")
    if not wanted or len(wanted) != len(set(scopes)):
        raise BadToken(f"Choose scopes: one or more of {', '.join(SCOPES)}.")
    if not 1 <= days <= MOST_DAYS:
        raise BadToken(f"A token lives for 1 to {MOST_DAYS} days.")
    allowed = scopes_of(user) if by is None else [one for one in scopes_of(user) if one in by.scopes]
    if lacking := [one for one in wanted if one not in allowed]:
        raise TooMuch(f"You cannot give what you do not have: {', '.join(lacking)}.")
    expires = now + timedelta(days=days)
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        if tokens_of(user).filter(revoked_at=None, expires_at__gt=now).count() >= MOST_TOKENS:
            raise BadToken(f"You have {MOST_TOKENS} tokens. Revoke one that you do not need.")
        token = Token.objects.create(
            user_id=user.pk,
            name=name,
            start=text[: len(PREFIX) + 4],
            digest=digest(text),
            scopes=wanted,
            made_by=by,
            created_at=now,
            expires_at=min(expires, by.expires_at) if by else expires,
        )
        told = {"name": name, "scopes": wanted, "by": by.pk if by else None}
        audit.write(actor=user, act="token.made", subject=f"token {token.pk}", data=told, now=now)
    return token, text


def revoke(*, user: Any, token_id: int, now: datetime) -> None:
    """End a token of the person's own, and those that were made with it. Once is enough. Raises Http404."""
    with transaction.atomic():
        _revoke(get_token(user, token_id), user, now)


def _revoke(token: Token, actor: Any, now: datetime) -> None:
    if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        audit.write(actor=actor, act="token.revoked", subject=f"token {token.pk}", now=now)
    for made in token.made.filter(revoked_at=None):
        _revoke(made, actor, now)


def find(text: str, *, now: datetime) -> Token | None:
    """Return the token that somebody shows, where it holds and its person may sign in; note that it was used."""
    found = Token.objects.select_related("user").filter(digest=digest(text), user__is_active=True).first()
    if found is None or not found.holds(now):
        return None
    if found.last_used_at is None or now - found.last_used_at >= USED_EVERY:
        Token.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def tokens_of(user: Any) -> QuerySet[Token]:
    """Return a person's tokens, the revoked among them."""
    return Token.objects.filter(user_id=user.pk)


def get_token(user: Any, token_id: int) -> Token:
    """Return a token of the person's own. Raises Http404."""
    found = tokens_of(user).filter(pk=token_id).first()
    if found is None:
        raise Http404("There is no such token.")
    return found


def digest(text: str) -> str:
    """Return a token's hash. It is 256 random bits: nothing slower is needed to keep it."""
    return hashlib.sha256(text.encode()).hexdigest()
