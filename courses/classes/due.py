"""How far each learner is with what a class has to do, and what that means today. One query a kind, however many learners.

The states: `ahead` (not open yet), `open`, `soon` (due within two days), `late` (past its due date, and still counts),
`missed` (past its cut-off, or late where that does not count), `done`, `excused`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Max, Min

from courses.classes.things import Thing, things_of
from courses.models import Assignment, AssignmentOverride, Attempt, Cohort, LessonRead
from labs.models import LabSession

SOON: Final = timedelta(days=2)
WORDS: Final[Mapping[str, str]] = {
    "ahead": "Not open yet",
    "open": "Open",
    "soon": "Due soon",
    "late": "Late",
    "missed": "Missed",
    "done": "Done",
    "excused": "Excused",
}
TONES: Final[Mapping[str, str]] = {"soon": "accent", "late": "notyet", "missed": "notyet", "done": "pass"}


@dataclass(frozen=True)
class Times:
    """When an assignment opens, is due and is cut off, for one learner."""

    opens_at: datetime | None = None
    due_at: datetime | None = None
    cutoff_at: datetime | None = None
    excused: bool = False


@dataclass(frozen=True)
class Reached:
    """How far a learner is: the share of what there is to reach (0 to 1), and when it was done."""

    share: float = 0.0
    done_at: datetime | None = None
    begun: bool = False


@dataclass(frozen=True)
class Duty:
    """One assignment as it is for one learner today."""

    assignment: Assignment
    thing: Thing
    times: Times
    reached: Reached
    state: str
    cohort: Cohort = field(repr=False)

    @property
    def title(self) -> str:
        """Return what it is called."""
        return self.assignment.title or self.thing.title

    @property
    def word(self) -> str:
        """Return the state in words."""
        return "Done late" if self.state == "done" and self.late else WORDS[self.state]

    @property
    def tone(self) -> str:
        """Return the badge's colour."""
        return TONES.get(self.state, "")

    @property
    def late(self) -> bool:
        """Return whether it was done after it was due."""
        done, due = self.reached.done_at, self.times.due_at
        return bool(done and due and done > due)

    @property
    def percent(self) -> int:
        """Return the whole percents reached."""
        return int(100 * self.reached.share)


def times_of(assignment: Assignment, override: AssignmentOverride | None) -> Times:
    """Return the times that hold for a learner: their own where they have some, else everybody's.

    Who got a later due date than the cut-off is has until then.
    """
    opens, due, cutoff = assignment.opens_at, assignment.due_at, assignment.cutoff_at
    if override is None:
        return Times(opens, due, cutoff)
    opens, due = override.opens_at or opens, override.due_at or due
    cutoff = override.cutoff_at or (max(cutoff, due) if cutoff and due else cutoff)
    return Times(opens, due, cutoff, override.excused)


def state_of(times: Times, reached: Reached, now: datetime, *, late_counts: bool = True) -> str:
    """Return what an assignment is for a learner at a time: one of WORDS."""
    if reached.done_at:
        return "done"
    if times.excused:
        return "excused"
    if times.opens_at and now < times.opens_at:
        return "ahead"
    if times.cutoff_at and now >= times.cutoff_at:
        return "missed"
    if times.due_at and now >= times.due_at:
        return "late" if late_counts else "missed"
    return "soon" if times.due_at and times.due_at - now <= SOON else "open"


def assignments_of(cohort: Cohort) -> list[Assignment]:
    """Return what a class has to do, in its order."""
    rows = Assignment.objects.filter(cohort=cohort, removed_at=None).select_related("cohort")
    return list(rows.order_by("position", "created_at"))


def duties(
    assignments: Sequence[Assignment],
    user_ids: Iterable[Any],
    *,
    now: datetime,
    things: Mapping[Any, Thing] | None = None,
) -> dict[Any, list[Duty]]:
    """Return each learner's duties, in the order of the assignments."""
    ids = list(user_ids)
    things = things or things_of(assignments)
    found = reached(assignments, ids, things)
    own = {
        (one.assignment_id, one.user_id): one
        for one in AssignmentOverride.objects.filter(assignment__in=assignments, user_id__in=ids)
    }
    result: dict[Any, list[Duty]] = {}
    for user in ids:
        result[user] = []
        for one in assignments:
            times = times_of(one, own.get((one.pk, user)))
            got = found.get((one.pk, user), Reached())
            state = state_of(times, got, now, late_counts=one.late_rule != Assignment.LateRule.NONE)
            result[user].append(Duty(one, things[one.pk], times, got, state, one.cohort))
    return result


def my_duties(user: Any, cohorts: Iterable[Cohort], *, now: datetime) -> list[Duty]:
    """Return what a person has to do in some classes: what is due first comes first, what is done last."""
    rows = Assignment.objects.filter(cohort__in=list(cohorts), removed_at=None).select_related("cohort")
    mine = duties(list(rows.order_by("position")), [user.pk], now=now)[user.pk]
    order = {"late": 0, "soon": 1, "open": 2, "ahead": 3, "missed": 4, "done": 5, "excused": 6}
    far = now + timedelta(days=36500)
    return sorted(mine, key=lambda one: (order[one.state], one.times.due_at or far, one.assignment.position))


def reached(
    assignments: Sequence[Assignment], user_ids: Sequence[Any], things: Mapping[Any, Thing]
) -> dict[tuple[Any, Any], Reached]:
    """Return how far each learner is with each assignment, by (assignment's key, user's key)."""
    by_kind: dict[str, list[Assignment]] = defaultdict(list)
    for one in assignments:
        by_kind[one.kind].append(one)
    found: dict[tuple[Any, Any], Reached] = {}
    if mine := by_kind[Assignment.Kind.LAB]:
        found |= _labs(mine, user_ids)
    if mine := by_kind[Assignment.Kind.EXAM]:
        found |= _exams(mine, user_ids)
    if mine := [*by_kind[Assignment.Kind.MODULE], *by_kind[Assignment.Kind.COURSE]]:
        found |= _lessons(mine, user_ids, things)
    return found


def _labs(assignments: Sequence[Assignment], user_ids: Sequence[Any]) -> dict[tuple[Any, Any], Reached]:
    rows = LabSession.objects.filter(
        user_id__in=user_ids, lab_slug__in=[one.slug for one in assignments], exam=False
    ).exclude(state=LabSession.State.FAILED)
    best: dict[tuple[Any, str], float] = defaultdict(float)
    done: dict[tuple[Any, str], datetime] = {}
    for user, slug, score, points, completed in rows.values_list(
        "user_id", "lab_slug", "score", "points", "completed_at"
    ):
        key = (user, slug)
        best[key] = max(best[key], score / points if points else 0.0)
        if completed and (key not in done or completed < done[key]):
            done[key] = completed
    by_slug = {one.slug: one.pk for one in assignments}
    return {
        (by_slug[slug], user): Reached(1.0 if (user, slug) in done else share, done.get((user, slug)), True)
        for (user, slug), share in best.items()
    }


def _exams(assignments: Sequence[Assignment], user_ids: Sequence[Any]) -> dict[tuple[Any, Any], Reached]:
    rows = Attempt.objects.filter(user_id__in=user_ids, exam_slug__in=[one.slug for one in assignments])
    groups = rows.values_list("user_id", "exam_slug").annotate(done=Min("finished_at"))
    by_slug = {one.slug: one.pk for one in assignments}
    return {(by_slug[slug], user): Reached(1.0 if done else 0.0, done, True) for user, slug, done in groups}


def _lessons(
    assignments: Sequence[Assignment], user_ids: Sequence[Any], things: Mapping[Any, Thing]
) -> dict[tuple[Any, Any], Reached]:
    found: dict[tuple[Any, Any], Reached] = {}
    courses = {things[one.pk].course for one in assignments}
    read: dict[tuple[Any, str], dict[str, datetime]] = defaultdict(dict)
    rows = LessonRead.objects.filter(user_id__in=user_ids, course_slug__in=courses)
    for user, course, lesson, at in rows.values_list("user_id", "course_slug", "lesson_slug").annotate(
        at=Max("read_at")
    ):
        read[user, course][lesson] = at
    for one in assignments:
        thing = things[one.pk]
        for user in user_ids:
            mine = [read[user, thing.course][slug] for slug in thing.lessons if slug in read[user, thing.course]]
            if mine:
                whole = len(mine) == len(thing.lessons)
                found[one.pk, user] = Reached(len(mine) / len(thing.lessons), max(mine) if whole else None, True)
    return found
