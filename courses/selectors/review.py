"""An attempt's items afterwards, with answers, key and reasons: for exams that show them, and for who teaches.

They are shown by the key that is in force. Which of them did not count is not said: they are used again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from courses.exams import marking
from courses.exams.assembly import Place
from courses.exams.marking import Outcome
from courses.models import Attempt, LabPlace, Regrade, Score
from courses.selectors.attempts import form_of, items_of, responses_of
from courses.selectors.items import Feedback, PublicItem, feedback, shown
from graders import items

SAID = {
    Outcome.RIGHT: "Right",
    Outcome.PARTLY: "Partly right",
    Outcome.WRONG: "Not right",
    Outcome.BLANK: "Not answered",
    Outcome.UNREADABLE: "Could not be read",
    Outcome.CREDITED: "Credited to everybody",
    Outcome.DROPPED: "Dropped: it counts for nobody",
}


@dataclass(frozen=True)
class Task:
    """A task of a lab as it was graded."""

    id: str
    score: float
    points: float


@dataclass(frozen=True)
class Reviewed:
    """A place with what became of it. `told` None: a lab, whose `tasks` say it."""

    number: int  # from 1
    item: PublicItem
    told: Feedback | None
    outcome: str
    said: str
    tasks: tuple[Task, ...]

    @property
    def tone(self) -> str:
        return "pass" if self.outcome in (Outcome.RIGHT, Outcome.CREDITED) else "notyet"


def review(attempt: Attempt, score: Score) -> list[Reviewed]:
    """Return the places of an attempt in order."""
    changes: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    applied = Regrade.objects.filter(exam_slug=attempt.exam_slug).order_by("pk")
    for revision, option, change in applied.values_list("item_revision", "option", "change"):
        changes.setdefault(revision, []).append((option, change))
    known, answers = items_of(attempt), responses_of(attempt)
    labs = {row.place: row for row in LabPlace.objects.filter(attempt=attempt)}
    found = []
    for at, place in enumerate(form_of(attempt).places):
        item = known[place.item]
        spec = marking.rule(item.type, item.spec, changes.get(place.item, ())).spec
        outcome = score.places[at]["outcome"]
        row = answers.get(at)
        found.append(
            Reviewed(
                number=at + 1,
                item=_shown(at, place, spec, item.stem),
                told=_told(at, place, spec, row.answer if row else None),
                outcome=outcome,
                said=SAID[Outcome(outcome)],
                tasks=_tasks(labs.get(at)),
            )
        )
    return found


def _shown(at: int, place: Place, spec: Any, stem: str) -> PublicItem:
    return shown(id=_id(at), kind=place.type, stem=stem, blank=items.blank(place.type, spec, place.order))


def _told(at: int, place: Place, spec: Any, raw: Any) -> Feedback | None:
    if place.type == "lab":
        return None
    answer = None
    try:
        answer = items.all()[place.type].parse(raw, spec) if raw else None
    except (items.Malformed, TypeError, ValueError, AttributeError, KeyError):
        pass  # what stands there cannot be read, and the outcome says so
    return feedback(place.type, spec, answer, order=place.order, id=_id(at))


def _tasks(row: LabPlace | None) -> tuple[Task, ...]:
    return tuple(Task(one["id"], one["score"], one["points"]) for one in row.results) if row else ()


def _id(at: int) -> str:
    return f"place-{at + 1}"
