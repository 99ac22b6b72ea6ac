"""More time for an attempt that goes on: the one way in which a deadline changes. Each cause is credited once, and audited."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from courses.models import Attempt, Credit, Event
from labs import audit


def credit(*, attempt: Attempt, seconds: int, key: str, reason: str, actor: Any, now: datetime) -> Credit | None:
    """Give an open attempt more time; return the credit, or None where it is over or the cause was credited before.

    actor: who gives it; None: a rule of ours. The candidate's screen shows it within one beat.
    """
    if seconds <= 0:
        return None
    with transaction.atomic():
        mine = Attempt.objects.select_for_update(no_key=True).defer("form").get(pk=attempt.pk)
        if mine.state != Attempt.State.OPEN or Credit.objects.filter(attempt=mine, key=key).exists():
            return None
        given = Credit.objects.create(attempt=mine, key=key, seconds=seconds, reason=reason, actor=actor, given_at=now)
        before, mine.deadline_at = mine.deadline_at, mine.deadline_at + timedelta(seconds=seconds)
        mine.save(update_fields=["deadline_at"])
        Event.objects.create(
            attempt=mine,
            kind="credited",
            at=now,
            actor=actor,
            data={
                "key": key,
                "seconds": seconds,
                "reason": reason,
                "before": before.isoformat(),
                "deadline": mine.deadline_at.isoformat(),
            },
        )
        if actor is not None:
            told = {"seconds": seconds, "key": key, "candidate": mine.user_id}
            audit.write(
                actor=actor, act="exam.credited", subject=f"attempt {mine.pk}", reason=reason, data=told, now=now
            )
    return given
