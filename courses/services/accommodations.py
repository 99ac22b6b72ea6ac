"""More time for a person: granted before an exam or in the middle of one, where it counts from the next beat on."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from courses.exams import timing
from courses.models import Accommodation, Attempt, Credit
from courses.selectors.attempts import accommodations_of, extra, window_of
from courses.services.credits import credit
from labs.refusals import Refusal

MOST_MULTIPLIER = Decimal(10)
MOST_MINUTES = 24 * 60


class CannotGrant(Refusal):
    """What was asked for gives no time, or more than a day."""

    status = 422


def grant(
    *,
    user: Any,
    exam_slug: str = "",
    multiplier: Decimal = Decimal(1),
    minutes: int = 0,
    labs: bool = False,
    reason: str,
    actor: Any,
    now: datetime,
) -> Accommodation:
    """Grant a person more time, for one exam or (exam_slug empty) for all, and give it to what they sit at this moment.

    `labs`: in every lab as well, from the next one on that is begun.

    Several add up: the product of all multipliers, then the sum of all minutes. Raises CannotGrant.
    """
    hold_sense(multiplier, minutes, reason)
    with transaction.atomic():
        # A start takes the same lock: it sees this grant, or this sees its attempt.
        get_user_model().objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
        row = Accommodation.objects.create(
            user_id=user.pk,
            exam_slug=exam_slug,
            labs=labs,
            multiplier=multiplier,
            minutes=minutes,
            reason=reason.strip()[:400],
            granted_by=actor,
            granted_at=now,
        )
        going_on = Attempt.objects.filter(user_id=user.pk, state=Attempt.State.OPEN)
        if exam_slug:
            going_on = going_on.filter(exam_slug=exam_slug)
        for attempt in going_on.select_related("exam").defer("form"):
            _give(attempt, row, now)
    return row


def hold_sense(multiplier: Decimal, minutes: int, reason: str) -> None:
    """Let only grants through that give time, within a day, and say why. Raises CannotGrant."""
    if not (1 <= multiplier <= MOST_MULTIPLIER and 0 <= minutes <= MOST_MINUTES) or (multiplier == 1 and not minutes):
        raise CannotGrant(
            f"Give a factor from 1 to {MOST_MULTIPLIER}, minutes from 0 to {MOST_MINUTES}, and not neither."
        )
    if not reason.strip():
        raise CannotGrant("Say why: the reason is kept with the attempt.")


def _give(attempt: Attempt, row: Accommodation, now: datetime) -> None:
    """Give an attempt what the grant adds to those before it."""
    minutes = int(attempt.exam.definition["minutes"])
    # One that was withdrawn since the start gave its time: it counts as before.
    given = Credit.objects.filter(attempt=attempt, key__startswith="accommodation:").values_list("key", flat=True)
    known = [int(key.partition(":")[2]) for key in given]
    before = list(Accommodation.objects.filter(pk__in=known).order_by("granted_at", "pk"))
    before += [one for one in accommodations_of(attempt.user_id, attempt.exam_slug) if one.pk not in (*known, row.pk)]
    extras = [extra(one) for one in (*before, row)]
    added = timing.shares(minutes, extras, window_of(attempt.exam_slug), attempt.started_at)[-1]
    seconds = int(added / timedelta(seconds=1))
    credit(
        attempt=attempt,
        seconds=seconds,
        key=f"accommodation:{row.pk}",
        reason=row.reason,
        actor=row.granted_by,
        now=now,
    )


def withdraw(*, accommodation: Accommodation, now: datetime) -> None:
    """Take a grant back for what is to come. Time that was given stays given."""
    Accommodation.objects.filter(pk=accommodation.pk, withdrawn_at=None).update(withdrawn_at=now)
