"""Whose account somebody of a platform has here.

A platform says who came (iss, sub); it does not say whose account that is. An account is linked by who is signed in to it,
or made new: never found by an e-mail address, which a platform may claim of anybody. A link opens accounts of learners
only: who teaches or operates here, or has a second factor, signs in at our own door first. A role at the platform gives no
right here.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.http import Http404

from labs.refusals import Refusal
from skylab.accounts.models import User
from skylab.lti.models import Identity, Launch, Member
from skylab.lti.services import grades
from skylab.lti.services.login import digest_of

MINUTES: Final = timedelta(minutes=20)  # to sign in, or up, on the way


class Spoken(Refusal):
    """Somebody of the platform has an account here already, and it is another one."""


def get_launch_for(launch_id: UUID, *, browser: str, now: datetime) -> Launch:
    """Return a launch that this browser came with a moment ago. Raises Http404."""
    found = (
        Launch.objects.select_related("deployment__platform", "link__context")
        .filter(pk=launch_id, created_at__gt=now - MINUTES)
        .first()
    )
    if found is None or not browser or not hmac.compare_digest(found.browser, digest_of(browser)):
        raise Http404("There is no such launch.")
    return found


def identity_of(launch: Launch) -> Identity | None:
    """Return who came, where their account is known and can be used."""
    rows = Identity.objects.select_related("user")
    return rows.filter(issuer=launch.deployment.platform.issuer, sub=launch.sub, user__is_active=True).first()


def opens_by_itself(user: Any) -> bool:
    """Return whether a launch signs a person in: not where the account could do harm, or has a second factor."""
    if user.teaches or user.is_staff or user.is_superuser or user.deletion_due_at:
        return False
    return not Authenticator.objects.filter(user_id=user.pk).exists()


def link(*, launch: Launch, user: Any, now: datetime) -> Identity:
    """Note that who came is the person who is signed in. Raises Spoken: they have another account already."""
    with transaction.atomic():
        found, _ = Identity.objects.get_or_create(
            issuer=launch.deployment.platform.issuer, sub=launch.sub, defaults={"user": user, "linked_at": now}
        )
    if found.user_id != user.pk:
        raise Spoken("Who you are there has another account here already. Sign in to that one, or ask an operator.")
    return found


def make_account(*, launch: Launch, now: datetime) -> Identity:
    """Return who came with an account of their own: a new one, a learner's, that has no password and no e-mail address."""
    if known := identity_of(launch):
        return known
    try:
        with transaction.atomic():
            user = User(
                username=_free_name(launch.name.get("given", "") or launch.name.get("full", "")),
                first_name=launch.name.get("given", "")[:150],
                last_name=launch.name.get("family", "")[:150],
                role=User.Role.LEARNER,
            )
            user.set_unusable_password()
            user.save()
            issuer = launch.deployment.platform.issuer
            return Identity.objects.create(issuer=issuer, sub=launch.sub, user=user, linked_at=now)
    except IntegrityError:  # a second tab was as quick
        known = identity_of(launch)
        if known is None:
            raise
        return known


def unlink(*, user: Any, identity_id: int) -> bool:
    """Forget that somebody of a platform is this person; return whether there was such a link."""
    return bool(Identity.objects.filter(pk=identity_id, user_id=user.pk).delete()[0])


def enter(*, launch: Launch, identity: Identity, now: datetime) -> bool:
    """Note that somebody went in by a launch; return whether they are the first: it opens once."""
    with transaction.atomic():
        if not Launch.objects.filter(pk=launch.pk, used_at=None).update(used_at=now):
            return False
        if launch.link and launch.learns:
            grades.owe(link=launch.link, identity=identity, now=now)
    return True


def teaches_in(user: Any, context_id: int) -> bool:
    """Return whether a person teaches in a platform's course, as that platform says. It gives a look at that course alone."""
    mine = Identity.objects.filter(user_id=user.pk)
    rows = Member.objects.filter(context_id=context_id, teaches=True, active=True)
    return any(rows.filter(sub=one.sub, context__deployment__platform__issuer=one.issuer).exists() for one in mine)


def _free_name(given: str) -> str:
    plain = unicodedata.normalize("NFKD", given).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30] or "learner"
    return f"{stem}-{secrets.token_hex(4)}"
