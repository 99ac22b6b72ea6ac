"""From one section to the next: one-way."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from courses.models import Attempt, Event
from courses.selectors.attempts import section_count
from courses.services import lab_places
from courses.services.attempts.refusals import SectionOver
from courses.services.attempts.saving import hold_pen, open_and_locked


def leave_section(*, attempt: Attempt, tab: str, epoch: int, section: int, now: datetime) -> Attempt:
    """Leave a section for good and return the attempt in the next one; a repeat changes nothing.

    :raises Closed: the attempt is over.
    :raises PenLost: another tab writes.
    :raises SectionOver: another section is open, or there is none after it.
    """
    with transaction.atomic():
        mine = open_and_locked(attempt.pk)
        hold_pen(mine, tab, epoch)
        if mine.section == section + 1:
            return mine
        if mine.section != section:
            raise SectionOver(mine.section, sentence="You are in another section already.")
        if section + 1 >= section_count(mine):
            raise SectionOver(mine.section, sentence="This is the last section. Submit the exam to finish.")
        lab_places.freeze(mine, at=min(now, mine.deadline_at), now=now, section=section)
        mine.section = section + 1
        mine.save(update_fields=["section"])
        lab_places.open_section(mine, mine.section, now=now)
        Event.objects.create(
            attempt=mine, kind="section", at=now, actor_id=mine.user_id, data={"from": section, "to": mine.section}
        )
    return mine
