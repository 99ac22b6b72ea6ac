"""What is read of scores: the report of an attempt, within what its exam shows of itself afterwards.

Exams keep their items to themselves unless they say `review: items`; with `review: none` a candidate learns whether they
passed, and no more. Who teaches sees it all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from courses.exams import scaling
from courses.models import Attempt, Credential, Event, Notice, Regrade, Score
from courses.selectors.attempts import get_attempt_for
from labs.refusals import Refusal


@dataclass(frozen=True)
class DomainLine:
    """A domain of a report. Shares and interval are percents; `weight` is its part of the exam, in percents too."""

    id: str
    title: str
    weight: int | None
    earned: float
    maximum: float
    opportunities: int
    share: float
    low: float
    high: float
    standing: str

    @property
    def band(self) -> float:
        """Return how wide the interval is."""
        return self.high - self.low

    @property
    def meets(self) -> bool:
        return self.standing == scaling.Standing.MEETS

    @property
    def few(self) -> bool:
        return self.standing == scaling.Standing.TOO_FEW


@dataclass(frozen=True)
class Sitting:
    """An attempt among those of the same person at the same exam."""

    attempt: Attempt
    score: Score
    counts: bool


@dataclass(frozen=True)
class Version:
    """A version of a score, and the regrade that made it; None for the first."""

    score: Score
    regrade: Regrade | None


@dataclass(frozen=True)
class Report:
    """What an attempt came to. `score` None: it is not scored yet, or the exam shows none of it (`hidden`)."""

    attempt: Attempt
    title: str
    code: str
    pass_mark: int
    cut: float  # percents
    review: str
    hidden: bool
    score: Score | None
    passed: bool | None
    domains: tuple[DomainLine, ...]
    versions: tuple[Version, ...]
    sittings: tuple[Sitting, ...]
    counts: str  # best | last | first
    credential: Credential | None
    waits_for_lab: bool

    @property
    def shows_items(self) -> bool:
        return self.score is not None and self.review == "items"

    @property
    def changed(self) -> bool:
        return len(self.versions) > 1

    @property
    def outcomes(self) -> dict[str, int]:
        """Return how many scored places came out how: of an attempt, not which."""
        found: dict[str, int] = {}
        for one in self.score.places if self.score else ():
            if one["scored"]:
                found[one["outcome"]] = found.get(one["outcome"], 0) + 1
        return found


class StillOpen(Refusal):
    """The attempt is not over: there is nothing to report."""


def report_for(user: Any, attempt_id: UUID) -> Report:
    """Return the report of an attempt that the person may read. Raises Http404, and StillOpen."""
    attempt = get_attempt_for(user, attempt_id)
    if attempt.state == Attempt.State.OPEN:
        raise StillOpen("This attempt is still open. It is scored once it has been submitted or its time is over.")
    return report(attempt, staff=bool(getattr(user, "teaches", False)))


def report(attempt: Attempt, *, staff: bool = False) -> Report:
    """Return the report of an attempt that has ended, as its candidate may see it, or as who teaches."""
    definition = attempt.exam.definition
    review = definition.get("review", "score")
    versions = list(attempt.scores.select_related("regrade").order_by("version"))
    latest = versions[-1] if versions else None
    hidden = review == "none" and not staff
    policy = definition["attempts"]["counts"]
    credentials = Credential.objects.filter(attempt=attempt).order_by("-issued_at")
    return Report(
        attempt=attempt,
        title=definition["title"],
        code=definition["code"],
        pass_mark=int(definition["pass_mark"]),
        cut=100 * float(definition["cut"]),
        review="items" if staff else review,
        hidden=hidden,
        score=None if hidden else latest,
        passed=latest.passed if latest else None,
        domains=() if hidden or latest is None else domain_lines(latest.domains, definition["domains"]),
        versions=() if hidden else tuple(Version(one, one.regrade) for one in _told(versions)),
        sittings=() if hidden else tuple(sittings(attempt.user_id, attempt.exam_slug, policy)),
        counts=policy,
        credential=credentials.first(),
        waits_for_lab=latest is None and any(_is_lab(place) for place in _places(attempt)),
    )


def _told(versions: Sequence[Score]) -> list[Score]:
    """Return the first version and those that changed something for the candidate: a pilot's key is none of their business."""
    told: list[Score] = []
    for one in versions:
        if not told or any(
            getattr(one, name) != getattr(told[-1], name) for name in ("raw", "maximum", "scaled", "domains")
        ):
            told.append(one)
    return told


def domain_lines(found: dict[str, Any], declared: Sequence[dict[str, Any]]) -> tuple[DomainLine, ...]:
    """Return a score's domains in the exam's order, those that the exam does not name last."""
    known = {one["id"]: one for one in declared}
    order = [name for name in known if name in found] + sorted(name for name in found if name not in known)
    return tuple(
        DomainLine(
            id=name,
            title=known.get(name, {}).get("title") or name or "Other",
            weight=known.get(name, {}).get("weight"),
            earned=found[name]["earned"],
            maximum=found[name]["maximum"],
            opportunities=found[name]["opportunities"],
            share=100 * found[name]["earned"] / found[name]["maximum"],
            low=100 * found[name]["low"],
            high=100 * found[name]["high"],
            standing=found[name]["standing"],
        )
        for name in order
    )


def sittings(user_id: Any, exam_slug: str, policy: str) -> list[Sitting]:
    """Return a person's scored attempts at an exam in order, with the newest version of each score."""
    attempts = list(
        Attempt.objects.filter(user_id=user_id, exam_slug=exam_slug)
        .exclude(scores=None)
        .order_by("number")
        .defer("form")
    )
    scores = latest_scores(attempts)
    at = scaling.counting([{"scaled": scores[one.pk].scaled} for one in attempts], policy)
    return [Sitting(one, scores[one.pk], number == at) for number, one in enumerate(attempts)]


def latest_scores(attempts: Iterable[Attempt]) -> dict[Any, Score]:
    """Return the newest version of the score of each attempt that has one, by attempt."""
    rows = Score.objects.filter(attempt__in=list(attempts)).order_by("attempt", "version")
    return {row.attempt_id: row for row in rows}


@dataclass(frozen=True)
class Unread:
    """What a person has not read: how many notices, and those that stand on every page, the newest first."""

    count: int
    pressing: tuple[Notice, ...]


MOST_PRESSING = 3
MOST_NOTICES = 100


def unread(user: Any) -> Unread:
    """Return what a person has not read yet."""
    found = list(Notice.objects.filter(user_id=user.pk, seen_at=None).order_by("-created_at", "-pk")[:MOST_NOTICES])
    return Unread(len(found), tuple(one for one in found if one.kind in Notice.PRESSING)[:MOST_PRESSING])


def notices_of(user: Any) -> list[Notice]:
    """Return what a person was told, the newest first."""
    return list(Notice.objects.filter(user_id=user.pk).order_by("-created_at", "-pk")[:MOST_NOTICES])


def credentials_of(user: Any) -> list[Credential]:
    """Return the certificates of a person, the newest first; those that were revoked stay among them."""
    rows = Credential.objects.filter(attempt__user_id=user.pk).select_related("attempt", "attempt__exam", "score")
    return list(rows.defer("attempt__form", "badge").order_by("-issued_at"))


def applied_regrades(exam_slug: str) -> list[Regrade]:
    """Return what was ruled about the items of an exam, the newest first."""
    return list(Regrade.objects.filter(exam_slug=exam_slug).select_related("actor").order_by("-pk"))


def scored_events(attempt: Attempt) -> list[Event]:
    """Return what happened to an attempt's score, in order."""
    kinds = ("scored", "unreadable", "regraded", "credential issued", "credential revoked", "credential renamed")
    return list(Event.objects.filter(attempt=attempt, kind__in=kinds).select_related("actor").order_by("pk"))


def _places(attempt: Attempt) -> Iterable[dict[str, Any]]:
    return (place for section in attempt.form["sections"] for place in section["places"])


def _is_lab(place: dict[str, Any]) -> bool:
    return bool(place["type"] == "lab")


def before(regrade: Regrade) -> dict[Any, Score]:
    """Return, for each score that a regrade made, the version before it, by attempt."""
    made = dict(regrade.scores.values_list("attempt_id", "version"))
    rows = Score.objects.filter(attempt__in=made)
    return {row.attempt_id: row for row in rows if row.version == made[row.attempt_id] - 1}
