"""What a class has to do: assigned, given other times, taken away; and other times for one learner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.http import Http404

from courses.classes.things import thing_of
from courses.models import Assignment, AssignmentOverride, Cohort
from labs.refusals import Refusal

FIELDS: Final = (
    *("title", "opens_at", "due_at", "cutoff_at", "points", "weight", "late_rule", "late_percent"),
)  # fmt: skip
TIMES: Final = ("opens_at", "due_at", "cutoff_at")


class NotAssignable(Refusal):
    """There is no such thing, it is assigned already, or its times make no sense."""

    status = 422


def assign(*, cohort: Cohort, kind: str, slug: str, actor: Any, now: datetime, **fields: Any) -> Assignment:
    """Have a class do something. Raises NotAssignable."""
    try:
        thing_of(kind, slug)
    except Http404:
        raise NotAssignable("There is nothing of that name in the catalog.") from None
    hold_times(fields)
    last = Assignment.objects.filter(cohort=cohort).aggregate(last=Max("position"))["last"] or 0
    known = {name: value for name, value in fields.items() if name in FIELDS}
    made = {"cohort": cohort, "kind": kind, "slug": slug, "position": last + 1, "created_by": actor, "created_at": now}
    try:
        with transaction.atomic():
            return Assignment.objects.create(**made, **known)
    except IntegrityError:
        raise NotAssignable("That is assigned to this class already. Change its times there.") from None


def change_assignment(*, assignment: Assignment, **fields: Any) -> None:
    """Give an assignment other times or another worth. Raises NotAssignable."""
    known = {name: value for name, value in fields.items() if name in FIELDS}
    hold_times({name: known.get(name, getattr(assignment, name)) for name in TIMES})
    Assignment.objects.filter(pk=assignment.pk, removed_at=None).update(**known)


def remove_assignment(*, assignment: Assignment, now: datetime) -> None:
    """Take an assignment away. What was done for it stays done."""
    Assignment.objects.filter(pk=assignment.pk, removed_at=None).update(removed_at=now)


def hold_times(times: Mapping[str, Any]) -> None:
    """Let only times through that are in order: opens, due, cut-off. Raises NotAssignable."""
    opens, due, cutoff = (times.get(name) for name in TIMES)
    if opens and due and opens >= due:
        raise NotAssignable("It would be due before it opens. Give a later due date, or an earlier opening.")
    if due and cutoff and due > cutoff:
        raise NotAssignable("It would be cut off before it is due. Give a later cut-off, or none.")
    if opens and cutoff and opens >= cutoff:
        raise NotAssignable("It would be cut off before it opens. Give a later cut-off, or an earlier opening.")


def set_override(
    *,
    assignment: Assignment,
    user: Any,
    actor: Any,
    reason: str,
    now: datetime,
    multiplier: Decimal = Decimal(1),
    minutes: int = 0,
    excused: bool = False,
    **times: datetime | None,
) -> AssignmentOverride:
    """Give one learner other times, more time in a lab, or excuse them; in place of what was given before.

    Raises NotAssignable.
    """
    given = {name: times.get(name) for name in TIMES}
    hold_times({name: given[name] or getattr(assignment, name) for name in TIMES})
    if not 1 <= multiplier <= 10 or not 0 <= minutes <= 24 * 60:
        raise NotAssignable("Give a factor from 1 to 10, and minutes from 0 to 1440.")
    if not (any(given.values()) or multiplier > 1 or minutes or excused):
        raise NotAssignable("Give another date, more time, or excuse them: nothing would be different.")
    if not reason.strip():
        raise NotAssignable(
            "Say why: the reason is kept. Instructors see it, and the learner does in the export of their data."
        )
    row, _ = AssignmentOverride.objects.update_or_create(
        assignment=assignment,
        user=user,
        defaults={
            **given,
            "multiplier": multiplier,
            "minutes": minutes,
            "excused": excused,
            "reason": reason.strip()[:400],
            "set_by": actor,
            "set_at": now,
        },
    )
    return row


def clear_override(*, assignment: Assignment, user_id: Any) -> None:
    """Have an assignment be for a learner as it is for everybody."""
    AssignmentOverride.objects.filter(assignment=assignment, user_id=user_id).delete()
