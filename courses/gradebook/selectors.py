"""The gradebook of a class: a grade in each cell, and why it is what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.http import Http404

from courses.classes.due import times_of
from courses.classes.things import Thing, things_of
from courses.classes.who import get_cohort_for, get_member, members_of, my_cohorts
from courses.gradebook import arithmetic
from courses.gradebook.arithmetic import Late, Part, Terms, Total, Worth
from courses.gradebook.models import GradeRules, GradeRuling
from courses.gradebook.sources import Done, Piece, done
from courses.models import Assignment, AssignmentOverride, Cohort

__all__ = [
    "Book",
    "Cell",
    "Column",
    "Row",
    "State",
    "book",
    "get_assignment",
    "get_cohort_for",
    "get_member",
    "my_book",
    "my_cohorts",
    "rulings_of",
    "what_if",
]


class State(StrEnum):
    """How a grade came about."""

    GRADED = "graded"
    LATE = "late"
    RULED = "ruled"
    EXCUSED = "excused"
    MISSING = "missing"
    WAITING = "waiting"
    OPEN = "open"
    SUPPOSED = "supposed"  # a learner's what-if


TONES = {State.GRADED: "pass", State.LATE: "notyet", State.RULED: "accent", State.MISSING: "notyet"}
WORDS = {
    State.GRADED: "Graded",
    State.LATE: "Late",
    State.RULED: "By hand",
    State.EXCUSED: "Excused",
    State.MISSING: "Missing",
    State.WAITING: "Being scored",
    State.OPEN: "Open",
    State.SUPPOSED: "What if",
}


@dataclass(frozen=True)
class Column:
    """An assignment of the book."""

    assignment: Assignment
    thing: Thing

    @property
    def title(self) -> str:
        return self.assignment.title or self.thing.title

    @property
    def points(self) -> Decimal:
        return self.assignment.points


@dataclass(frozen=True)
class Cell:
    """A learner's grade for an assignment: `points` of the column's, None where there is none yet; `why` in sentences."""

    column: Column
    state: State
    points: Decimal | None
    why: tuple[str, ...]
    piece: Piece | None = None
    ruling: GradeRuling | None = None
    dropped: bool = False

    @property
    def part(self) -> Part:
        one = self.column.assignment
        return Part(self.points, one.points, one.weight, excused=self.state == State.EXCUSED)

    @property
    def word(self) -> str:
        return WORDS[self.state]

    @property
    def tone(self) -> str:
        return TONES.get(self.state, "")

    @property
    def shown(self) -> str:
        """Return the grade as a page shows it."""
        return f"{self.points:.2f}".rstrip("0").rstrip(".") if self.points is not None else self.word


@dataclass(frozen=True)
class Row:
    """A learner and their grades, in the order of the columns."""

    user: Any
    cells: tuple[Cell, ...]
    total: Total


@dataclass(frozen=True)
class Book:
    """A class' grades."""

    cohort: Cohort
    rules: GradeRules | None
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def drop_lowest(self) -> int:
        return self.rules.drop_lowest if self.rules else 0

    @property
    def grace_minutes(self) -> int:
        return self.rules.grace_minutes if self.rules else 0


def book(cohort: Cohort, *, now: datetime, users: Sequence[Any] | None = None) -> Book:
    """Return the grades of a class, or of some of its learners: the same number of queries for each."""
    people = [one.user for one in members_of(cohort)] if users is None else list(users)
    ids = [one.pk for one in people]
    rules = GradeRules.objects.filter(cohort=cohort).first()
    assignments = list(Assignment.objects.filter(cohort=cohort, removed_at=None).order_by("position", "created_at"))
    things = things_of(assignments)
    columns = tuple(Column(one, things[one.pk]) for one in assignments)
    found = done(assignments, ids, things)
    own = {
        (one.assignment_id, one.user_id): one
        for one in AssignmentOverride.objects.filter(assignment__in=assignments, user_id__in=ids)
    }
    ruled = {
        (one.assignment_id, one.user_id): one
        for one in GradeRuling.objects.filter(assignment__in=assignments, user_id__in=ids).order_by("pk")
    }
    rows = []
    for user in people:
        cells = [
            _cell(one, found.get((one.assignment.pk, user.pk)), own.get((one.assignment.pk, user.pk)),
                  ruled.get((one.assignment.pk, user.pk)), rules, now)
            for one in columns
        ]  # fmt: skip
        rows.append(_row(user, cells, rules))
    return Book(cohort, rules, columns, tuple(rows))


def my_book(user: Any, cohort_id: UUID, *, now: datetime) -> Book:
    """Return a person's own grades in a class that they learn in. Raises Http404."""
    cohort = my_cohorts(user).filter(pk=cohort_id).first()
    if cohort is None:
        raise Http404("There is no such class.")
    return book(cohort, now=now, users=[user])


def what_if(found: Book, supposed: Mapping[Any, Decimal]) -> Book:
    """Return a book as it would be with other points, by assignment. Nothing of it is kept."""
    rows = []
    for row in found.rows:
        cells = [
            replace(
                cell,
                state=State.SUPPOSED,
                points=arithmetic.rounded(
                    min(max(supposed[cell.column.assignment.pk], Decimal(0)), cell.column.points)
                ),
                why=("What if: nothing of it is kept.",),
            )
            if cell.column.assignment.pk in supposed
            else replace(cell, dropped=False)
            for cell in row.cells
        ]
        rows.append(_row(row.user, cells, found.rules))
    return replace(found, rows=tuple(rows))


def get_assignment(cohort: Cohort, assignment_id: UUID) -> Assignment:
    """Return an assignment of a class. Raises Http404."""
    found = Assignment.objects.filter(cohort=cohort, pk=assignment_id, removed_at=None).first()
    if found is None:
        raise Http404("There is no such assignment.")
    return found


def rulings_of(cohort: Cohort, user_id: Any) -> list[GradeRuling]:
    """Return all that was ruled about a learner's grades in a class, the newest first."""
    rows = GradeRuling.objects.filter(assignment__cohort=cohort, user_id=user_id)
    return list(rows.select_related("assignment", "ruled_by").order_by("-pk"))


def _row(user: Any, cells: Sequence[Cell], rules: GradeRules | None) -> Row:
    found = arithmetic.total([one.part for one in cells], drop_lowest=rules.drop_lowest if rules else 0)
    marked = tuple(replace(one, dropped=at in found.dropped) for at, one in enumerate(cells))
    return Row(user, marked, found)


def _cell(
    column: Column,
    did: Done | None,
    override: AssignmentOverride | None,
    ruling: GradeRuling | None,
    rules: GradeRules | None,
    now: datetime,
) -> Cell:
    one, times = column.assignment, times_of(column.assignment, override)
    terms = Terms(
        points=one.points,
        weight=one.weight,
        due_at=times.due_at,
        cutoff_at=times.cutoff_at,
        rule=Late(one.late_rule),
        percent_a_day=Decimal(one.late_percent),
        grace=timedelta(minutes=rules.grace_minutes if rules else 0),
    )
    reckoned = _reckoned(column, did or Done(), terms, now)
    if ruling and ruling.kind == GradeRuling.Kind.POINTS:
        instead = f"Without it: {reckoned.shown}."
        return Cell(column, State.RULED, ruling.points, ("Graded by an instructor.", instead), reckoned.piece, ruling)
    if times.excused or (ruling and ruling.kind == GradeRuling.Kind.EXCUSED):
        return Cell(column, State.EXCUSED, None, ("Excused: it counts for nothing.",), reckoned.piece, ruling)
    return replace(reckoned, ruling=ruling)


def _reckoned(column: Column, did: Done, terms: Terms, now: datetime) -> Cell:
    found = arithmetic.best([one.work for one in did.pieces], terms)
    if found is None or not found[1].counts:
        return _without(column, did, terms, found[1] if found else None, now)
    at, value = found
    piece = did.pieces[at]
    why = [piece.told, f"{100 * piece.work.share:.2f} % of {terms.points.normalize():f} points: {value.earned}."]
    if value.days_late:
        days = f"{value.days_late} day{'s' if value.days_late > 1 else ''} late"
        off = f"{value.taken} points off" if value.taken else "nothing is taken off"
        why.append(f"{days.capitalize()}: {off}.")
    return Cell(column, State.LATE if value.days_late else State.GRADED, value.points, tuple(why), piece)


def _without(column: Column, did: Done, terms: Terms, lost: Worth | None, now: datetime) -> Cell:
    over = terms.cutoff_at or (terms.due_at if terms.rule == Late.NONE else None)
    missed = (terms.due_at and now > terms.due_at + terms.grace) or (over and now > over)
    if did.waits:
        return Cell(column, State.WAITING, None, ("Handed in; it is being scored.",))
    if lost:
        told = f"What was done is not counted: {lost.why}."
        return Cell(column, State.MISSING, arithmetic.ZERO, (told,))
    if missed:
        return Cell(column, State.MISSING, arithmetic.ZERO, ("Nothing was reached in time: no points, so far.",))
    return Cell(column, State.OPEN, None, ("Begun, and nothing reached yet." if did.begun else "Not begun yet.",))
