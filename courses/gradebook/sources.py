"""What learners did for assignments: each thing that was reached, with its time and a word about where it came from.

A lab's gradings are each a piece of work, less what hints had cost until then; an exam's scored attempts, those that may
count by the exam's own rule; of lessons each one more that was read. A handful of queries, however many learners.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from courses.classes.things import Thing
from courses.exams import scaling
from courses.gradebook.arithmetic import Work
from courses.models import Assignment, Attempt, LessonRead
from courses.selectors.scores import latest_scores
from labs.models import Grading, HintReveal, LabSession

_SAME: Final = 0.005  # labs round to hundredths of a point


@dataclass(frozen=True)
class Piece:
    """A piece of work, and where it came from. `session` or `attempt` is its key, for who may look at it."""

    work: Work
    told: str
    session: Any = None
    attempt: Any = None


@dataclass(frozen=True)
class Done:
    """All that a learner did for an assignment. `waits`: something was handed in and has no score yet."""

    pieces: tuple[Piece, ...] = ()
    begun: bool = False
    waits: bool = False


Found = dict[tuple[Any, Any], Done]  # by assignment and user


def done(assignments: Sequence[Assignment], users: Sequence[Any], things: Mapping[Any, Thing]) -> Found:
    """Return what each of the users did for each of the assignments; what nobody began has no entry."""
    by_kind: dict[str, list[Assignment]] = defaultdict(list)
    for one in assignments:
        by_kind[one.kind].append(one)
    lessons = [*by_kind[Assignment.Kind.MODULE], *by_kind[Assignment.Kind.COURSE]]
    return {
        **_labs(by_kind[Assignment.Kind.LAB], users),
        **_exams(by_kind[Assignment.Kind.EXAM], users),
        **_lessons(lessons, users, things),
    }


def _labs(assignments: Sequence[Assignment], users: Sequence[Any]) -> Found:
    by_slug = {one.slug: one.pk for one in assignments}
    sessions: dict[tuple[Any, str], list[LabSession]] = defaultdict(list)
    rows = LabSession.objects.filter(user__in=users, lab_slug__in=by_slug, exam=False)
    for one in rows.exclude(state=LabSession.State.FAILED).order_by("queued_at"):
        sessions[one.user_id, one.lab_slug].append(one)
    ids = [one.pk for several in sessions.values() for one in several]
    gradings: dict[Any, list[tuple[datetime, float, float]]] = defaultdict(list)
    judged = Grading.objects.filter(session__in=ids, state=Grading.State.DONE).exclude(finished_at=None)
    told = judged.order_by("finished_at").values_list("session", "finished_at", "score", "points")
    for pk, at, score, points in told:
        if at:
            gradings[pk].append((at, score or 0.0, points or 0.0))
    hints: dict[Any, list[tuple[datetime, float]]] = defaultdict(list)
    for pk, at, cost in HintReveal.objects.filter(session__in=ids, cost__gt=0).values_list(
        "session", "revealed_at", "cost"
    ):
        hints[pk].append((at, cost))
    return {
        (by_slug[slug], user): Done(
            tuple(
                piece
                for number, one in enumerate(mine, start=1)
                for piece in _session(one, gradings[one.pk], hints[one.pk], number, len(mine))
            ),
            begun=True,
        )
        for (user, slug), mine in sessions.items()
    }


def _session(
    session: LabSession,
    gradings: Sequence[tuple[datetime, float, float]],
    hints: Iterable[tuple[datetime, float]],
    number: int,
    count: int,
) -> list[Piece]:
    which = f"session {number} of {count}" if count > 1 else "the one session"
    hints, pieces, highest, points = list(hints), [], 0.0, session.points
    for at, score, out_of in gradings:
        points = session.points or out_of
        spent = sum(cost for since, cost in hints if since <= at)
        reached = min(session.score, max(0.0, score - spent))
        if points and reached > highest:
            highest = reached
            pieces.append((at, reached))
    last = gradings[-1][0] if gradings else session.completed_at or session.ended_at
    if points and last and session.score > highest + _SAME:  # what a session is worth is what it says
        pieces.append((session.completed_at or last, session.score))
    return [
        Piece(
            Work(_share(reached, points), at),
            f"{which.capitalize()}: {reached:g} of {points:g} points in the lab.",
            session=session.pk,
        )
        for at, reached in pieces
    ]


def _exams(assignments: Sequence[Assignment], users: Sequence[Any]) -> Found:
    by_slug = {one.slug: one.pk for one in assignments}
    attempts: dict[tuple[Any, str], list[Attempt]] = defaultdict(list)
    rows = Attempt.objects.filter(user__in=users, exam_slug__in=by_slug).select_related("exam").order_by("number")
    for one in rows.defer("form"):
        attempts[one.user_id, one.exam_slug].append(one)
    scores = latest_scores(one for several in attempts.values() for one in several)
    found: Found = {}
    for (user, slug), mine in attempts.items():
        scored = [one for one in mine if one.pk in scores]
        policy = scored[-1].exam.definition["attempts"]["counts"] if scored else "best"
        at = scaling.counting([{"scaled": scores[one.pk].scaled} for one in scored], policy)
        counting = scored if policy == "best" or at is None else [scored[at]]
        pieces = tuple(
            Piece(
                Work(_share(scores[one.pk].raw, scores[one.pk].maximum), one.finished_at or one.started_at),
                f"Attempt {one.number} of {len(mine)}"
                + (f", the {policy} counts: " if policy != "best" and len(mine) > 1 else ": ")
                + f"{scores[one.pk].raw.normalize():f} of {scores[one.pk].maximum.normalize():f} points in the exam.",
                attempt=one.pk,
            )
            for one in counting
        )
        waits = any(one.state != Attempt.State.OPEN and one.pk not in scores for one in mine)
        found[by_slug[slug], user] = Done(pieces, begun=True, waits=waits)
    return found


def _lessons(assignments: Sequence[Assignment], users: Sequence[Any], things: Mapping[Any, Thing]) -> Found:
    read: dict[tuple[Any, str], list[tuple[datetime, str]]] = defaultdict(list)
    rows = LessonRead.objects.filter(user__in=users, course_slug__in={things[one.pk].course for one in assignments})
    for user, course, lesson, at in rows.order_by("read_at").values_list(
        "user", "course_slug", "lesson_slug", "read_at"
    ):
        read[user, course].append((at, lesson))
    found: Found = {}
    for one in assignments:
        thing = things[one.pk]
        for user in users:
            mine = [at for at, lesson in read[user, thing.course] if lesson in thing.lessons]
            if mine:
                pieces = tuple(
                    Piece(
                        Work(Decimal(number) / len(thing.lessons), at),
                        f"{number} of {len(thing.lessons)} lessons read.",
                    )
                    for number, at in enumerate(mine, start=1)
                )
                found[one.pk, user] = Done(pieces, begun=True)
    return found


def _share(reached: float | Decimal, points: float | Decimal) -> Decimal:
    whole = Decimal(str(points))
    return min(max(Decimal(str(reached)) / whole, Decimal(0)), Decimal(1)) if whole else Decimal(0)
