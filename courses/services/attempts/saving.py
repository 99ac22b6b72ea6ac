"""Answers and the pen. An answer is called saved once its transaction is durable, and not before.

All that changes an attempt holds its row's lock: on SQLite the database's own (BEGIN IMMEDIATE, as settings have it).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from courses.exams.wire import OneSave
from courses.models import Attempt, Event, Response, Save
from courses.selectors.attempts import sections_of_places
from courses.services.attempts.refusals import Closed, Malformed, PenLost, SectionOver


def locked(pk: UUID) -> Attempt:
    """Return an attempt that nobody else changes until the transaction ends."""
    return Attempt.objects.select_for_update(no_key=True).get(pk=pk)


def save(
    *, attempt: Attempt, tab: str, epoch: int, saves: Sequence[OneSave], now: datetime
) -> tuple[Attempt, dict[int, int]]:
    """Keep versions of answers, all or none; return the attempt, and the sequence that is kept at each of the places.

    The highest sequence of a place wins. A version that came before (its key is known), or after a later one, changes
    nothing and is no fault.

    :raises Closed: the attempt is over. What was kept of these saves is in selectors.attempts.kept_of().
    :raises PenLost: another tab writes.
    :raises SectionOver: a version that is new is about a section that is not open.
    :raises Malformed: the form has no such place.
    """
    with transaction.atomic():
        mine = open_and_locked(attempt.pk)
        hold_pen(mine, tab, epoch)
        return mine, write(mine, saves, tab=tab, now=now)


def take_pen(*, attempt: Attempt, tab: str, now: datetime) -> Attempt:
    """Give the pen to a tab: whoever held it is refused from now on, the same tab of an earlier turn too.

    :raises Closed: the attempt is over.
    """
    with transaction.atomic():
        mine = open_and_locked(attempt.pk)
        before, mine.pen, mine.pen_epoch = mine.pen, tab, mine.pen_epoch + 1
        mine.save(update_fields=["pen", "pen_epoch"])
        data = {"tab": tab, "epoch": mine.pen_epoch, "before": before}
        Event.objects.create(attempt=mine, kind="pen", at=now, actor_id=mine.user_id, data=data)
    return mine


def open_and_locked(pk: UUID) -> Attempt:
    """Return an open attempt under its lock. Raises Closed."""
    mine = locked(pk)
    if mine.state != Attempt.State.OPEN:
        raise Closed(mine)
    return mine


def hold_pen(attempt: Attempt, tab: str, epoch: int) -> None:
    """Let only the tab through that has the pen, in the turn in which it took it. Raises PenLost."""
    if attempt.pen != tab or attempt.pen_epoch != epoch:
        raise PenLost(attempt)


def write(mine: Attempt, saves: Sequence[OneSave], *, tab: str, now: datetime) -> dict[int, int]:
    """Keep versions of answers of a locked attempt; return the sequence that is kept at each of their places."""
    if not saves:
        return {}
    places = sections_of_places(mine)
    for one in saves:
        if one.place >= len(places):
            raise Malformed(f"This form has no place {one.place}.", one.place)
    known = set(Save.objects.filter(attempt=mine, key__in=[one.key for one in saves]).values_list("key", flat=True))
    rows = {row.place: row for row in Response.objects.filter(attempt=mine, place__in={one.place for one in saves})}
    fresh: dict[str, OneSave] = {}
    for one in saves:
        if one.key not in known:
            fresh.setdefault(one.key, one)

    def stands(place: int) -> int:
        return rows[place].sequence if place in rows else 0

    past = {
        one.place for one in fresh.values() if places[one.place] != mine.section and one.sequence > stands(one.place)
    }
    if past:
        raise SectionOver(mine.section, sorted(past))
    Save.objects.bulk_create(
        Save(
            attempt=mine,
            place=one.place,
            sequence=one.sequence,
            key=one.key,
            tab=tab,
            epoch=mine.pen_epoch,
            answer=one.answer,
            flagged=one.flagged,
            received_at=now,
        )
        for one in fresh.values()
    )
    changed: dict[int, Response] = {}
    for one in fresh.values():
        if one.sequence > stands(one.place):
            row = rows.setdefault(one.place, Response(attempt=mine, place=one.place))
            row.sequence, row.answer, row.flagged = one.sequence, one.answer, one.flagged
            row.saved_at, row.seconds = now, max(row.seconds, one.seconds)
            changed[one.place] = row
    if changed:
        _upsert(list(changed.values()))
    return {place: stands(place) for place in sorted({one.place for one in saves})}


def _upsert(rows: list[Response]) -> None:
    for row in rows:
        row.pk = None  # the place is its name: a row that is there is changed, whichever id it has
    Response.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["attempt", "place"],
        update_fields=["sequence", "answer", "flagged", "saved_at", "seconds"],
    )
