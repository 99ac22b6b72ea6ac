"""A class's own life: made and changed, joined by link or key, left, archived.

An invitation is used once, and a key as often as it says: both are conditional updates, so two who come at the same
moment are two only where there is room for two. All that is wrong with a link or key gets the same sentence: who
guesses learns nothing by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse

from courses.classes import limits, secrets
from courses.models import Cohort, EnrolmentKey, Invitation, Membership
from labs import jobs
from labs.refusals import Refusal

MAIL: Final = "class-invitation"
INVITATION_DAYS: Final = 14
MOST_AT_A_TIME: Final = 100
FIELDS: Final = ("name", "term", "starts_on", "ends_on", "time_zone", "stuck_minutes")


class NoWayIn(Refusal):
    """The link or key is none, was used, is over or was taken back."""

    status = 422

    def __init__(self, what: str) -> None:
        super().__init__(f"This {what} lets nobody in any more, or never did. Ask your instructor for a new one.")


class AlreadyIn(Refusal):
    """Who wants to join is in the class, or teaches it; `cohort` is where."""

    def __init__(self, cohort: Cohort) -> None:
        super().__init__(f"You are in {cohort} already.")
        self.cohort = cohort


class Unreadable(Refusal):
    """What was typed is not what is asked for."""

    status = 422


class LastInstructor(Refusal):
    """Nobody would be left to teach the class."""


# --- The class ------------------------------------------------------------------------------------------------------


def create_cohort(*, actor: Any, now: datetime, **fields: Any) -> Cohort:
    """Make a class that the person teaches."""
    with transaction.atomic():
        cohort = Cohort.objects.create(created_by=actor, created_at=now, **_known(fields))
        cohort.instructors.add(actor)
    return cohort


def change_cohort(*, cohort: Cohort, **fields: Any) -> None:
    """Change what a class is called, and when it is."""
    Cohort.objects.filter(pk=cohort.pk, archived_at=None).update(**_known(fields))


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name in FIELDS}


def archive_cohort(*, cohort: Cohort, now: datetime) -> None:
    """Put a class away: nobody joins, nothing is due, and it can still be read. Links and keys are taken back."""
    with transaction.atomic():
        Cohort.objects.filter(pk=cohort.pk, archived_at=None).update(archived_at=now)
        Invitation.objects.filter(cohort=cohort, accepted_at=None, revoked_at=None).update(revoked_at=now)
        EnrolmentKey.objects.filter(cohort=cohort, revoked_at=None).update(revoked_at=now)


def bring_back_cohort(*, cohort: Cohort) -> None:
    """Take an archived class up again, without its old links and keys."""
    Cohort.objects.filter(pk=cohort.pk).update(archived_at=None)


def add_instructor(*, cohort: Cohort, username: str) -> None:
    """Have somebody who teaches teach the class as well. Raises Unreadable."""
    person = get_user_model().objects.filter(username__iexact=username.strip(), is_active=True).first()
    if person is None or not person.teaches:
        raise Unreadable(f"Nobody who teaches goes by the user name “{username.strip()[:60]}”.")
    cohort.instructors.add(person)


def remove_instructor(*, cohort: Cohort, user_id: Any) -> None:
    """Take a class from one who teaches it. Raises LastInstructor."""
    with transaction.atomic():
        Cohort.objects.select_for_update().get(pk=cohort.pk)
        if not cohort.instructors.exclude(pk=user_id).exists():
            raise LastInstructor("A class has at least one instructor. Add another one first.")
        cohort.instructors.remove(user_id)


# --- Invitations ----------------------------------------------------------------------------------------------------


def invite_by_link(*, cohort: Cohort, actor: Any, now: datetime, days: int = INVITATION_DAYS) -> tuple[Invitation, str]:
    """Make a link for one person; return it with its token, which is not to be had again. Raises TooOften."""
    _hold_invitations(actor, 1)
    token = secrets.new_token()
    return _invitation(cohort, actor, now, days, secrets.token_hash(token)), token


def invite_by_mail(
    *, cohort: Cohort, addresses: Iterable[str], actor: Any, now: datetime, days: int = INVITATION_DAYS
) -> list[Invitation]:
    """Invite people by e-mail: a worker draws each link and sends it, so that no row ever holds one.

    :raises Unreadable: with the address that is none; nobody is invited then. :raises TooOften: too many in an hour.
    """
    wanted = list(dict.fromkeys(one.strip().lower() for one in addresses if one.strip()))
    if not wanted:
        raise Unreadable("Give at least one e-mail address.")
    if len(wanted) > MOST_AT_A_TIME:
        raise Unreadable(f"Give {MOST_AT_A_TIME} addresses at a time at most; these are {len(wanted)}.")
    for address in wanted:
        try:
            validate_email(address)
        except ValidationError:
            raise Unreadable(f"“{address[:80]}” is no e-mail address. Nobody was invited yet.") from None
    _hold_invitations(actor, len(wanted))
    made = []
    with transaction.atomic():
        for address in wanted:
            row = _invitation(cohort, actor, now, days, secrets.token_hash(secrets.new_token()), email=address)
            jobs.enqueue(kind=MAIL, key=f"{MAIL}:{row.pk}", payload={"invitation": row.pk}, now=now)
            made.append(row)
    return made


def _hold_invitations(actor: Any, count: int) -> None:
    limits.hold(what="invite", who=actor.pk, most=300, seconds=3600, count=count)


def _invitation(cohort: Cohort, actor: Any, now: datetime, days: int, hashed: str, *, email: str = "") -> Invitation:
    expires = now + timedelta(days=max(1, min(days, 90)))
    return Invitation.objects.create(
        cohort=cohort, email=email, token_hash=hashed, created_by=actor, created_at=now, expires_at=expires
    )


@jobs.handles(MAIL)
def _mail(lease: jobs.Lease) -> None:
    """Draw an invitation's link and send it. Tried again, it is another link: the one before leads nowhere."""
    row = Invitation.objects.select_related("cohort", "created_by").filter(pk=lease.payload["invitation"]).first()
    now = lease.now()
    if row and _waiting(now).filter(pk=row.pk).exists():
        token = secrets.new_token()
        _waiting(now).filter(pk=row.pk).update(token_hash=secrets.token_hash(token))
        where = urljoin(settings.BASE_URL, reverse("class_invitation", args=[token]))
        text = (
            f"{row.created_by.username} invites you to the class {row.cohort} on Skylab.\n\n{where}\n\n"
            f"The link is for you alone and can be used once, until {row.expires_at:%d %B %Y, %H:%M} UTC. "
            "If you do not know what this is about, do nothing.\n"
        )
        send_mail(f"Your invitation to {row.cohort}".replace("\n", " "), text, None, [row.email])
    with jobs.finish(lease, now=lease.now()):
        pass


def _waiting(now: datetime) -> Any:
    """Return the invitations that still let somebody in."""
    return Invitation.objects.filter(accepted_at=None, revoked_at=None, expires_at__gt=now, cohort__archived_at=None)


def find_invitation(*, token: str, user: Any, now: datetime) -> Invitation:
    """Return the invitation of a link, before it is used. Raises NoWayIn, TooOften."""
    limits.hold(what="join", who=user.pk, most=20, seconds=600)
    found = _waiting(now).filter(token_hash=secrets.token_hash(token)).select_related("cohort", "created_by").first()
    if found is None:
        raise NoWayIn("invitation")
    return found  # type: ignore[no-any-return]


def accept_invitation(*, token: str, user: Any, now: datetime) -> Cohort:
    """Let a person into a class by their link, which is used up by it. Raises NoWayIn, AlreadyIn, TooOften."""
    found = find_invitation(token=token, user=user, now=now)
    with transaction.atomic():
        used = _waiting(now).filter(pk=found.pk).update(accepted_at=now, accepted_by=user)
        if not used:
            raise NoWayIn("invitation")
        _let_in(found.cohort, user, now)
    return found.cohort


def revoke_invitation(*, cohort: Cohort, invitation_id: int, now: datetime) -> bool:
    """Take an invitation back; return whether it still waited."""
    waiting = Invitation.objects.filter(cohort=cohort, pk=invitation_id, accepted_at=None, revoked_at=None)
    return bool(waiting.update(revoked_at=now))


# --- The key --------------------------------------------------------------------------------------------------------


def set_key(
    *, cohort: Cohort, actor: Any, now: datetime, days: int | None = None, max_uses: int | None = None
) -> tuple[EnrolmentKey, str]:
    """Draw a new enrolment key, in place of the one before; return it with its text, which is not to be had again."""
    key = secrets.new_key()
    with transaction.atomic():
        EnrolmentKey.objects.filter(cohort=cohort, revoked_at=None).update(revoked_at=now)
        row = EnrolmentKey.objects.create(
            cohort=cohort,
            key_hash=secrets.key_hash(key),
            created_by=actor,
            created_at=now,
            expires_at=now + timedelta(days=days) if days else None,
            max_uses=max_uses or None,
        )
    return row, key


def revoke_key(*, cohort: Cohort, now: datetime) -> None:
    """Take a class's key back."""
    EnrolmentKey.objects.filter(cohort=cohort, revoked_at=None).update(revoked_at=now)


def join_by_key(*, key: str, user: Any, now: datetime) -> Cohort:
    """Let a person into the class of a key. Raises NoWayIn, AlreadyIn, TooOften."""
    limits.hold(what="join", who=user.pk, most=20, seconds=600)
    good = EnrolmentKey.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now),
        Q(max_uses=None) | Q(uses__lt=F("max_uses")),
        key_hash=secrets.key_hash(key),
        revoked_at=None,
        cohort__archived_at=None,
    )
    found = good.select_related("cohort").first()
    if found is None:
        raise NoWayIn("key")
    with transaction.atomic():
        if not good.filter(pk=found.pk).update(uses=F("uses") + 1):
            raise NoWayIn("key")
        _let_in(found.cohort, user, now)
    return found.cohort


# --- In and out -----------------------------------------------------------------------------------------------------


def _let_in(cohort: Cohort, user: Any, now: datetime) -> None:
    """Make somebody a learner of a class, in the transaction that uses up what lets them in. Raises AlreadyIn."""
    if cohort.instructors.filter(pk=user.pk).exists():
        raise AlreadyIn(cohort)
    row, made = Membership.objects.get_or_create(cohort=cohort, user=user, defaults={"joined_at": now})
    if made:
        return
    if not Membership.objects.filter(pk=row.pk).exclude(left_at=None).update(left_at=None, joined_at=now):
        raise AlreadyIn(cohort)


def leave(*, cohort: Cohort, user: Any, now: datetime) -> bool:
    """Take a learner out of a class, whoever wished it; return whether they were in it. What they did stays theirs."""
    return bool(Membership.objects.filter(cohort=cohort, user_id=user.pk, left_at=None).update(left_at=now))
