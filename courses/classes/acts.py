"""What an instructor does to those who learn: a word to one or to all, more time in a lab to one or to all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F
from django.http import Http404

from courses.classes import limits
from courses.classes.who import members_of
from courses.models import ClassMessage, Cohort
from labs import events
from labs.models import LabSession
from labs.refusals import Refusal

MOST_LETTERS: Final = 2000
MOST_MINUTES: Final = 240


class NothingToSay(Refusal):
    """An empty message, or one that is too long, or to nobody."""

    status = 422


class NoTime(Refusal):
    """No minutes, too many, or no lab that is going on."""

    status = 422


def send_message(
    *, cohort: Cohort, text: str, actor: Any, now: datetime, user_id: Any | None = None
) -> list[ClassMessage]:
    """Say something to one learner of a class, or to all: it comes up in the labs they have open, and stays readable.

    Plain text, as it was typed. Raises NothingToSay, TooOften; Http404 where the learner is not in the class.
    """
    words = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not words:
        raise NothingToSay("Write something first.")
    if len(words) > MOST_LETTERS:
        raise NothingToSay(f"A message has {MOST_LETTERS} letters at most; this one has {len(words)}.")
    learners = _learners(cohort, user_id)
    if not learners:
        raise NothingToSay("Nobody is in this class yet.")
    limits.hold(what="message", who=actor.pk, most=60, seconds=600)
    batch, to_all = uuid4(), user_id is None
    rows = [
        ClassMessage(
            batch=batch, cohort=cohort, recipient_id=one, to_all=to_all, text=words, sent_by=actor, sent_at=now
        )
        for one in learners
    ]
    with transaction.atomic():
        ClassMessage.objects.bulk_create(rows)
        at_work = LabSession.objects.filter(user__in=learners, state__in=LabSession.OPEN, exam=False)
        _tell(list(at_work.values_list("pk", flat=True)), "message")
    return rows


def read_messages(*, user: Any, now: datetime) -> int:
    """Note that a person has read their messages; return how many were new."""
    return ClassMessage.objects.filter(recipient_id=user.pk, seen_at=None).update(seen_at=now)


def extend(*, cohort: Cohort, minutes: int, now: datetime, user_id: Any | None = None, slug: str = "") -> int:
    """Give one learner of a class, or all, more time in the labs they have open (or in one lab); return how many labs.

    It is on top of what learners may take by themselves. A lab that is paused gets it, too; one of an exam never does.
    Raises NoTime; Http404 where the learner is not in the class.
    """
    if not 1 <= minutes <= MOST_MINUTES:
        raise NoTime(f"Give from 1 to {MOST_MINUTES} minutes.")
    learners = _learners(cohort, user_id)
    more = timedelta(minutes=minutes)
    mine = LabSession.objects.filter(user__in=learners, exam=False)
    if slug:
        mine = mine.filter(lab_slug=slug)
    ready = mine.filter(state=LabSession.State.READY, expires_at__gt=now)
    paused = mine.filter(state=LabSession.State.PAUSED).exclude(paused_left=None)
    with transaction.atomic():
        found = [*ready.values_list("pk", flat=True), *paused.values_list("pk", flat=True)]
        given = ready.update(expires_at=F("expires_at") + more) + paused.update(paused_left=F("paused_left") + more)
        if not given:
            raise NoTime("No lab is going on that could get more time.")
        _tell(found, "clock")
    return given


def _learners(cohort: Cohort, user_id: Any | None) -> list[Any]:
    found = list(members_of(cohort).values_list("user_id", flat=True))
    if user_id is None:
        return found
    if user_id not in found:
        raise Http404("There is no such learner in this class.")
    return [user_id]


def _tell(sessions: Sequence[UUID], kind: str) -> None:
    """Tell the pages of some labs, once it is written."""

    def say() -> None:
        for one in sessions:
            events.publish(one, {"type": kind})

    transaction.on_commit(say)
