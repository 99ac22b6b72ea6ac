"""Certificates and Open Badges: issued with a passing score, withdrawn with a reason, checked by anybody.

The row is the truth. The signed badge is made from it when it is first wanted, and says where to ask whether it still holds.
"""

from __future__ import annotations

import logging
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.urls import Resolver404, resolve, reverse

from courses.exams import badge, certificate
from courses.exams.badge import Addresses, Award, Forged
from courses.models import Attempt, Credential, Event, Notice, Score
from courses.services import badge_keys, notices
from labs import outbox
from labs.refusals import Refusal

logger = logging.getLogger(__name__)

NAME_LENGTH = 100
_TRIES = 20


class NoCredential(Refusal):
    """The attempt has no valid credential: it did not pass, or it was revoked."""

    status = 404


class NotAName(Refusal):
    """What cannot stand on a certificate as a name."""

    status = 422


class NoReason(Refusal):
    """A credential is revoked with a reason, or not at all."""

    status = 422


class Validity(StrEnum):
    """What a check of a credential finds."""

    VALID = "valid"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    FORGED = "forged"


@dataclass(frozen=True)
class Verdict:
    """The outcome of a check, with the credential where there is one, and a sentence where it is forged."""

    validity: Validity
    credential: Credential | None = None
    problem: str = ""


# --- Issuing and revoking ---------------------------------------------------------------------------------------


def issue(*, score: Score, now: datetime) -> Credential | None:
    """Issue the credential of an attempt that passed; the one there is, if it has one.

    None where a person revoked it before: a score that rises again does not undo that.
    """
    attempt = score.attempt
    if not score.passed:
        raise ValueError(f"Attempt {attempt.pk} did not pass: it has no credential.")
    mine = Credential.objects.filter(attempt=attempt)
    if found := mine.filter(revoked_at=None).first():
        return found
    earlier = mine.order_by("-issued_at").first()
    if mine.exclude(revoked_by=None).exists():
        return None
    # The name that the holder chose once, for this exam or another, is still their choice.
    chosen = earlier or Credential.objects.filter(attempt__user=attempt.user_id).order_by("-issued_at").first()
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                made = Credential.objects.create(
                    attempt=attempt, score=score, issued_at=now, status=_place(), name=chosen.name if chosen else ""
                )
        except IntegrityError:  # the place in the list was taken, or the credential issued meanwhile
            if found := mine.filter(revoked_at=None).first():
                return found
            continue
        _event(attempt, "credential issued", now, {"credential": str(made.pk)})
        told = {"exam": attempt.exam_slug, "attempt": str(attempt.pk)}
        outbox.record(kind="credential.awarded", user=attempt.user_id, subject=made.pk, data=told, at=now)
        return made
    raise RuntimeError("No free place in the status lists was found.")


def _place() -> int:
    """Return a place in the status lists at random: its number tells nothing of who else has one, or since when.

    A list is used up to its half, so that a free place is soon found.
    """
    number = Credential.objects.count() // (badge.LIST_LENGTH // 2)
    return number * badge.LIST_LENGTH + secrets.randbelow(badge.LIST_LENGTH)


def revoke(*, credential: Credential, reason: str, actor: AbstractBaseUser, now: datetime) -> bool:
    """Revoke a credential by a person's decision, and tell its holder; return whether it was valid until now.

    :raises NoReason: without one.
    """
    said = " ".join(reason.split())[:400]
    if not said:
        raise NoReason("Give the reason: the holder and everybody who checks the credential will read it.")
    return _revoke(credential, said, now, actor)


def withdraw(*, attempt: Attempt, reason: str, now: datetime) -> bool:
    """Revoke the credential of an attempt whose score fell below the pass mark; return whether there was one."""
    found = Credential.objects.filter(attempt=attempt, revoked_at=None).first()
    return found is not None and _revoke(found, reason[:400], now, None, tell=False)


def _revoke(
    credential: Credential, reason: str, now: datetime, actor: AbstractBaseUser | None, *, tell: bool = True
) -> bool:
    with transaction.atomic():
        changed = Credential.objects.filter(pk=credential.pk, revoked_at=None).update(
            revoked_at=now, revoked_reason=reason, revoked_by_id=actor.pk if actor else None
        )
        if not changed:
            return False
        attempt = credential.attempt
        _event(attempt, "credential revoked", now, {"credential": str(credential.pk), "reason": reason}, actor)
        if tell:
            title = attempt.exam.definition["title"]
            notices.tell(
                user=attempt.user,
                kind=Notice.Kind.REGRADE,
                key=f"revoked:{credential.pk}",
                subject=f"Your certificate of {title} was revoked",
                text=f"The certificate and the badge of {title} are no longer valid. The reason: {reason}",
                url=reverse("verify", args=[credential.pk]),
                now=now,
            )
    return True


def rename(*, credential: Credential, name: str, now: datetime) -> None:
    """Show this name on the certificate, the badge and where they are checked; "" shows none. The badge is signed anew.

    :raises NotAName: too long, or with characters that are none of a name's.
    """
    clean = " ".join(unicodedata.normalize("NFC", name).split())
    if len(clean) > NAME_LENGTH:
        raise NotAName(f"A name on a certificate has {NAME_LENGTH} characters at most.")
    if odd := [
        one for one in clean if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co", "Cn") and one not in _JOINERS
    ]:
        raise NotAName(f"A name cannot hold the invisible character U+{ord(odd[0]):04X}. Type it anew.")
    with transaction.atomic():
        changed = Credential.objects.filter(pk=credential.pk, revoked_at=None).update(name=clean, badge="")
        if not changed:
            raise NoCredential("This certificate was revoked: there is nothing to put a name on.")
        _event(credential.attempt, "credential renamed", now, {"credential": str(credential.pk)})
    credential.name, credential.badge = clean, ""


_JOINERS = "\u200c\u200d"  # Persian and Indic names are spelt with them


# --- What can be taken away -------------------------------------------------------------------------------------


def valid_credential(attempt: Attempt) -> Credential:
    """Return the credential of an attempt that holds today. Raises NoCredential."""
    found = (
        Credential.objects.filter(attempt=attempt, revoked_at=None)
        .select_related("attempt__exam", "attempt__user")
        .first()
    )
    if found is None:
        raise NoCredential("This attempt has no certificate: it did not pass, or the certificate was revoked.")
    return found


def certificate_of(credential: Credential) -> bytes:
    """Return the certificate, a PDF."""
    definition = credential.attempt.exam.definition
    facts = certificate.Facts(
        name=credential.name,
        title=definition["title"],
        code=definition["code"],
        issuer=settings.BADGE_ISSUER,
        issued_on=credential.issued_at.date(),
        credential=str(credential.pk),
        verify=addresses().verify(str(credential.pk)),
    )
    return certificate.draw(facts, fonts())


def undrawable(name: str) -> str:
    """Return the characters of a name that a certificate cannot draw, for a sentence; "" where it draws all."""
    return certificate.describe(certificate.undrawable(name, fonts()))


def badge_of(credential: Credential, *, now: datetime) -> str:
    """Return the Open Badge, a signed token; it is signed when it is first asked for.

    :raises BadKey: the key of this installation cannot be used.
    """
    if credential.badge:
        return credential.badge
    definition = credential.attempt.exam.definition
    award = Award(
        credential=str(credential.pk),
        exam=credential.attempt.exam_slug,
        title=definition["title"],
        code=definition["code"],
        pass_mark=int(definition["pass_mark"]),
        name=credential.name,
        issued_at=credential.issued_at,
        status=credential.status,
    )
    document = badge.credential(addresses(), award, issuer=settings.BADGE_ISSUER)
    token = badge.sign(document, key=badge_keys.signing_key(now=now), addresses=addresses())
    # Somebody who asks at the same time may have signed it, or the holder changed the name: the row decides.
    Credential.objects.filter(pk=credential.pk, badge="", name=credential.name).update(badge=token)
    credential.refresh_from_db(fields=["badge", "name"])
    return credential.badge or badge_of(credential, now=now)


def status_list(number: int, *, now: datetime) -> str:
    """Return list `number` of what is revoked, signed."""
    first = number * badge.LIST_LENGTH
    revoked = Credential.objects.exclude(revoked_at=None).filter(
        status__gte=first, status__lt=first + badge.LIST_LENGTH
    )
    indexes = [status - first for status in revoked.values_list("status", flat=True)]
    document = badge.status_list(addresses(), number=number, revoked=indexes, issuer=settings.BADGE_ISSUER, now=now)
    return badge.sign(document, key=badge_keys.signing_key(now=now), addresses=addresses())


def addresses() -> Addresses:
    """Return the public addresses of this installation."""
    return Addresses(settings.BASE_URL.rstrip("/"))


def fonts() -> tuple[Path, ...]:
    """Return the fonts that the operator gave besides our own."""
    return tuple(Path(one) for one in settings.CERTIFICATE_FONTS)


# --- Checking ---------------------------------------------------------------------------------------------------


def look_up(credential_id: UUID | str) -> Verdict:
    """Return what is known of a credential by its number."""
    found = Credential.objects.filter(pk=credential_id).select_related("attempt__exam").first()
    if found is None:
        return Verdict(Validity.UNKNOWN)
    return Verdict(Validity.REVOKED if found.revoked_at else Validity.VALID, found)


def check_token(token: str, *, now: datetime) -> Verdict:
    """Return what a badge that somebody shows us is worth: its signature first, then whether it still holds."""
    try:
        claims = badge.read(token.strip(), key=badge_keys.public_key, addresses=addresses(), now=now)
        return look_up(_number(claims))
    except Forged as problem:
        return Verdict(Validity.FORGED, problem=str(problem))


def _number(claims: Mapping[str, Any]) -> UUID:
    try:
        match = resolve(urlsplit(claims["id"]).path)
        if match.url_name == "verify":
            return UUID(str(match.kwargs["credential_id"]))
    except (Resolver404, ValueError):
        pass
    raise Forged("This badge names no credential of ours.")


def _event(
    attempt: Attempt, kind: str, now: datetime, data: dict[str, Any], actor: AbstractBaseUser | None = None
) -> None:
    Event.objects.create(attempt=attempt, kind=kind, at=now, actor_id=actor.pk if actor else None, data=data)
