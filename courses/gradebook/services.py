"""What an instructor changes about grades. Each ruling is a row that stays, with who, when, why, and what was before."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from courses.gradebook import selectors
from courses.gradebook.models import GradeRules, GradeRuling
from courses.models import Assignment, Cohort
from labs.refusals import Refusal

MOST_GRACE: Final = 7 * 24 * 60
MOST_DROPPED: Final = 50


class BadGrade(Refusal):
    """A grade or a rule that cannot be."""

    status = 422


def set_rules(*, cohort: Cohort, grace_minutes: int, drop_lowest: int, actor: Any, now: datetime) -> GradeRules:
    """Say how a class is graded. Raises BadGrade."""
    if not 0 <= grace_minutes <= MOST_GRACE or not 0 <= drop_lowest <= MOST_DROPPED:
        raise BadGrade(f"Give a grace of 0 to {MOST_GRACE} minutes, and 0 to {MOST_DROPPED} grades to drop.")
    told = {"grace_minutes": grace_minutes, "drop_lowest": drop_lowest, "set_by": actor, "set_at": now}
    return GradeRules.objects.update_or_create(cohort=cohort, defaults=told)[0]


def rule(
    *, assignment: Assignment, user: Any, kind: str, points: Decimal | None, reason: str, actor: Any, now: datetime
) -> GradeRuling:
    """Grade by hand, excuse, or go back to what is reckoned. Raises BadGrade."""
    if kind not in GradeRuling.Kind.values:
        raise BadGrade("Say whether you grade it by hand, excuse it, or take either back.")
    if kind == GradeRuling.Kind.POINTS:
        if points is None or not points.is_finite() or not 0 <= points <= 2 * assignment.points:
            raise BadGrade(
                f"Give points from 0 to {2 * assignment.points:f}: twice what full marks are worth, at most."
            )
        if points != points.quantize(Decimal("0.01")):
            raise BadGrade("Give points with two decimals at most.")
    if not reason.strip():
        raise BadGrade("Say why: the reason is kept, and the learner sees it.")
    book = selectors.book(assignment.cohort, now=now, users=[user])
    before = next(cell for cell in book.rows[0].cells if cell.column.assignment.pk == assignment.pk)
    return GradeRuling.objects.create(
        assignment=assignment,
        user=user,
        kind=kind,
        points=points if kind == GradeRuling.Kind.POINTS else None,
        before=f"{before.shown} ({before.word})"[:40],
        reason=reason.strip()[:400],
        ruled_by=actor,
        ruled_at=now,
    )
