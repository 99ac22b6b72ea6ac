"""Sitting an exam without scripts: a form for each place, sent by its button.

Such a form knows no epoch: it holds the sequence that it was made from, and is refused where another answer has come
since. Who sends one takes the pen by it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from courses.exams.wire import Answer, OneSave
from courses.models import Attempt, Response, Save
from courses.services.attempts.closing import close_if_due
from courses.services.attempts.closing import submit as submit_attempt
from courses.services.attempts.saving import locked, open_and_locked, take_pen, write
from courses.services.attempts.sections import leave_section
from labs.refusals import Refusal

TAB: Final = "plain a page without scripts"  # after the blank: what the other window calls it


class Overtaken(Refusal):
    """The place was answered elsewhere since the form was made."""

    def __init__(self, place: int) -> None:
        super().__init__(
            f"Question {place + 1} was answered in another window since you opened it here, so this was not saved. "
            "Below is the answer that stands: change it, if it is not what you want, and save again."
        )


def save_plainly(
    *, attempt: Attempt, place: int, made_from: int, key: str, answer: Answer, flagged: bool, now: datetime
) -> None:
    """Keep the answer of a form. The same form sent twice is kept once.

    :param made_from: the sequence that stood at the place when the form was made.
    :raises Closed: the attempt is over.
    :raises Overtaken: another answer has come since.
    :raises SectionOver: the place is in a section that is not open.
    :raises Malformed: the form has no such place.
    """
    close_if_due(attempt_id=attempt.pk, now=now)
    with transaction.atomic():
        mine = open_and_locked(attempt.pk)
        if Save.objects.filter(attempt=mine, key=key).exists():
            return
        stands = Response.objects.filter(attempt=mine, place=place).values_list("sequence", flat=True).first() or 0
        if stands != made_from:
            raise Overtaken(place)
        _take(mine, now)
        # As scripts number them: milliseconds, one more where that is not enough.
        sequence = max(stands + 1, int(now.timestamp() * 1000))
        write(mine, [OneSave(place, sequence, key, answer, flagged, 0)], tab=TAB, now=now)


def leave_plainly(*, attempt: Attempt, section: int, now: datetime) -> None:
    """Leave a section for good, from a page without scripts. Raises Closed and SectionOver."""
    close_if_due(attempt_id=attempt.pk, now=now)
    with transaction.atomic():
        mine = open_and_locked(attempt.pk)
        epoch = _take(mine, now)
        leave_section(attempt=mine, tab=TAB, epoch=epoch, section=section, now=now)


def submit_plainly(*, attempt: Attempt, now: datetime) -> Attempt:
    """End an attempt from a page without scripts. Raises Closed where it ended at its deadline before."""
    close_if_due(attempt_id=attempt.pk, now=now)
    with transaction.atomic():
        mine = locked(attempt.pk)
        epoch = _take(mine, now) if mine.state == Attempt.State.OPEN else mine.pen_epoch
        return submit_attempt(attempt=mine, tab=TAB, epoch=epoch, now=now)[0]


def _take(mine: Attempt, now: datetime) -> int:
    if mine.pen == TAB:
        return mine.pen_epoch
    taken = take_pen(attempt=mine, tab=TAB, now=now)
    mine.pen, mine.pen_epoch = taken.pen, taken.pen_epoch
    return taken.pen_epoch
