"""What a closed attempt is worth: computed from what is frozen, written once, and never changed after.

A score is a function of the attempt's form, the versions of its items, the answers as they stand, the gradings of its labs
and what was ruled about its items since. Computed again it is the same; what changes it is a regrade, as the next version.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import transaction

from courses.exams import marking, scaling
from courses.exams.assembly import Form, Place
from courses.exams.marking import Asked, Mark, Outcome
from courses.exams.scaling import DomainScore, Unscorable
from courses.models import Attempt, Event, ExamVersion, ItemVersion, LabPlace, Regrade, Response, Score
from courses.services import credentials
from graders import items
from graders.items import Graded
from labs import outbox
from labs.refusals import Refusal

logger = logging.getLogger(__name__)

_DIGITS = Decimal("0.0001")


class StillOpen(Refusal):
    """The attempt is not over: nothing of it is scored."""


class Waiting(Exception):
    """A lab of the attempt is not graded yet. It waits; it is not scored as nothing."""

    def __init__(self, places: Sequence[int]) -> None:
        super().__init__(f"Labs are not graded yet: places {', '.join(map(str, places))}.")
        self.places = tuple(places)


@dataclass(frozen=True)
class Change:
    """Something ruled about an item of an exam: a Regrade's option, as it is or as it would be."""

    item_revision: str
    option: str
    change: Mapping[str, Any]


@dataclass(frozen=True)
class Assessed:
    """What an attempt is worth, not yet written."""

    raw: Fraction
    maximum: Fraction
    scaled: int
    passed: bool
    domains: Mapping[str, DomainScore]
    marks: tuple[Mark, ...]

    def columns(self) -> dict[str, Any]:
        """Return the columns of a Score."""
        return {
            "raw": _decimal(self.raw),
            "maximum": _decimal(self.maximum),
            "scaled": self.scaled,
            "passed": self.passed,
            "domains": {
                name: {
                    "earned": float(_decimal(one.earned)),
                    "maximum": float(_decimal(one.maximum)),
                    "opportunities": one.opportunities,
                    "low": round(one.low, 4),
                    "high": round(one.high, 4),
                    "standing": one.standing.value,
                }
                for name, one in self.domains.items()
            },
            "places": [
                {
                    "place": one.place,
                    "earned": float(_decimal(one.earned)),
                    "maximum": float(_decimal(one.maximum)),
                    "scored": one.scored and one.outcome is not Outcome.DROPPED,
                    "outcome": one.outcome.value,
                }
                for one in self.marks
            ],
        }


# --- Scoring ----------------------------------------------------------------------------------------------------


def score_attempt(*, attempt_id: UUID | str, now: datetime) -> Score | None:
    """Score an attempt that has ended and return its score; the newest there is, if it was scored before.

    None: it waits for the grading of a lab. Safe to run twice, and twice at once.

    :raises StillOpen: it has not ended.
    :raises Unscorable: nothing of its form is scored.
    """
    with transaction.atomic():
        attempt = Attempt.objects.select_related("exam").select_for_update(of=("self",), no_key=True).get(pk=attempt_id)
        if attempt.state == Attempt.State.OPEN:
            raise StillOpen("This attempt is still open. It is scored once it has been submitted or its time is over.")
        if found := attempt.scores.order_by("-version").first():
            return found
        hold([attempt.exam_id])  # a regrade is applied either before this looks, or after this has written
        try:
            assessed = assess(attempt)
        except Waiting as reason:
            logger.info("Attempt %s is not scored yet: %s", attempt.pk, reason)
            return None
        score = Score.objects.create(attempt=attempt, version=1, created_at=now, **assessed.columns())
        events = [_event(attempt, "scored", now, {"version": 1, "scaled": score.scaled, "passed": score.passed})]
        for one in assessed.marks:
            if one.outcome is Outcome.UNREADABLE:
                logger.warning(
                    "Attempt %s, place %d: the answer cannot be read: %s", attempt.pk, one.place, one.problem
                )
                events.append(_event(attempt, "unreadable", now, {"place": one.place, "problem": one.problem[:400]}))
        Event.objects.bulk_create(events)
        record_score("exam.score_released", score, now)
        if score.passed:
            credentials.issue(score=score, now=now)
    return score


def record_score(kind: str, score: Score, now: datetime) -> None:
    """Have it told what an attempt is worth now."""
    attempt = score.attempt
    told = {"exam": attempt.exam_slug, "version": score.version, "scaled": score.scaled, "passed": score.passed}
    outbox.record(kind=kind, user=attempt.user_id, subject=attempt.pk, data=told, at=now)


def hold(exam_revisions: Iterable[str]) -> None:
    """Keep everybody else who scores these versions of an exam waiting until the transaction ends.

    `no_key`: attempts that begin meanwhile refer to the same row, and need not wait.
    """
    rows = ExamVersion.objects.filter(pk__in=sorted(exam_revisions)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))


# --- Assessing --------------------------------------------------------------------------------------------------


def assess(attempt: Attempt, extra: Sequence[Change] = ()) -> Assessed:
    """Return what an attempt is worth by all that was ruled so far, and by `extra` on top. Writes nothing.

    :raises Waiting: a lab is not graded yet.
    :raises Unscorable: nothing is left that counts.
    """
    return Assessor(attempt.exam.slug, extra).assess(attempt)


class Assessor:
    """Assesses attempts of one exam: what they have in common is read once."""

    def __init__(self, exam_slug: str, extra: Sequence[Change] = ()) -> None:
        applied = Regrade.objects.filter(exam_slug=exam_slug).order_by("pk")
        self._changes: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
        for row in applied.values_list("item_revision", "option", "change"):
            self._changes.setdefault(row[0], []).append(row[1:])
        for one in extra:
            self._changes.setdefault(one.item_revision, []).append((one.option, one.change))
        self._rulings: dict[str, marking.Ruling] = {}

    def assess(self, attempt: Attempt) -> Assessed:
        """See the function of this name."""
        places = Form.from_json(attempt.form).places
        self._read(places)
        answers = dict(Response.objects.filter(attempt=attempt).values_list("place", "answer"))
        labs = _graded_labs(attempt, places)
        marks = tuple(
            marking.mark(
                Asked(at, one.type, one.domain, marking.points_of(one.points), one.scored),
                answers.get(at),
                self._rulings[one.item],
                graded=labs.get(at),
            )
            for at, one in enumerate(places)
        )
        counted = [one for mark in marks if mark.scored for one in mark.opportunities]
        raw, maximum = scaling.totals(counted)
        definition = attempt.exam.definition
        cut = Decimal(str(definition["cut"]))
        scaled = scaling.scale(raw, maximum, cut=cut, pass_mark=int(definition["pass_mark"]))
        domains = scaling.by_domain(counted, cut=cut)
        return Assessed(raw, maximum, scaled.scaled, scaled.passed, domains, marks)

    def _read(self, places: Iterable[Place]) -> None:
        new = {one.item for one in places} - self._rulings.keys()
        for version in ItemVersion.objects.filter(pk__in=new):
            spec = spec_of(version)
            self._rulings[version.pk] = marking.rule(version.type, spec, self._changes.get(version.pk, ()))


def spec_of(version: ItemVersion) -> Any:
    """Return the spec of an item as it was served, key and all."""
    return items.load(version.type, version.content["spec"])


def ruling_of(exam_slug: str, version: ItemVersion) -> marking.Ruling:
    """Return how an item is scored in an exam today."""
    rows = Regrade.objects.filter(exam_slug=exam_slug, item_revision=version.pk).order_by("pk")
    return marking.rule(version.type, spec_of(version), rows.values_list("option", "change"))


def _graded_labs(attempt: Attempt, places: Sequence[Place]) -> dict[int, tuple[Graded, ...]]:
    """Return the tasks of each lab of an attempt, by place; a lab that the candidate never came to has none.

    :raises Waiting: one was begun, and is not graded (or could not be, which is ours to settle).
    """
    asked = {at for at, one in enumerate(places) if one.type == "lab"}
    if not asked:
        return {}
    rows = {row.place: row for row in LabPlace.objects.filter(attempt=attempt, place__in=asked)}
    never = LabPlace.State.WAITING
    missing = [at for at in sorted(asked) if at not in rows or rows[at].state not in (LabPlace.State.GRADED, never)]
    if missing:
        raise Waiting(missing)
    return {at: lab_tasks(row) for at, row in rows.items() if row.state == LabPlace.State.GRADED}


def lab_tasks(row: LabPlace) -> tuple[Graded, ...]:
    """Return the tasks of a graded lab, each with its weight and the fraction of it that was earned."""
    return tuple(
        Graded(str(one["id"]), float(one["points"]), min(1.0, max(0.0, one["score"] / one["points"])))
        for one in row.results
        if one["points"] > 0
    )


def _event(attempt: Attempt, kind: str, now: datetime, data: dict[str, Any]) -> Event:
    return Event(attempt=attempt, kind=kind, at=now, actor=None, data=data)


def _decimal(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(_DIGITS)


__all__ = [
    "Assessed",
    "Assessor",
    "Change",
    "StillOpen",
    "Unscorable",
    "Waiting",
    "assess",
    "hold",
    "record_score",
    "ruling_of",
    "score_attempt",
    "spec_of",
]
