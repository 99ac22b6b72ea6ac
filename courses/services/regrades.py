"""A change of how an item is scored, for all who had it: looked at first, applied with a reason, told to whom it concerns.

    dry_run   who had the item, their score before and after, who crosses the pass mark; writes nothing
    apply     the rule, a new version of each score that changes, credentials issued and revoked, notices: all or nothing

Applied twice is once: the same change on top of the same state is one row, by its digest. A change that undoes an earlier
one is another state, and may be applied. Attempts that close later are scored by what was ruled until then.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import Http404
from django.urls import reverse

from courses.exams import marking
from courses.exams.marking import CannotRule, Option
from courses.exams.scaling import Unscorable
from courses.models import Attempt, Event, ExamVersion, ItemVersion, Notice, Regrade, Score
from courses.services import credentials, notices, scoring
from courses.services.scoring import Assessed, Assessor, Change
from labs import audit
from labs.refusals import Refusal


class BadChange(Refusal):
    """The change makes no sense for this item."""

    status = 422


class NoReason(Refusal):
    """A score is changed with a reason, or not at all."""

    status = 422


class Outdated(Refusal):
    """Somebody else changed the same item since one looked: what one saw is not what would happen."""


@dataclass(frozen=True)
class Served:
    """A version of an item that an exam served, and in how many attempts."""

    version: ItemVersion
    attempts: int
    regrades: tuple[Regrade, ...]

    @property
    def scored_by(self) -> str:
        """Return what was last ruled about it; "" : nothing."""
        return self.regrades[-1].get_option_display() if self.regrades else ""


@dataclass(frozen=True)
class Row:
    """What a change does to one attempt."""

    attempt: Attempt
    before: Score
    after: Assessed

    @property
    def changed(self) -> bool:
        columns = self.after.columns()
        return any(getattr(self.before, name) != value for name, value in columns.items())

    @property
    def felt(self) -> bool:
        """Return whether it is a change for the candidate: an item that does not count changes statistics only."""
        columns = self.after.columns()
        return any(getattr(self.before, name) != value for name, value in columns.items() if name != "places")

    @property
    def moves(self) -> bool:
        """Return whether it crosses the pass mark."""
        return self.before.passed != self.after.passed


@dataclass(frozen=True)
class Diff:
    """What a change would do. `digest` names it, together with the state that it was held against."""

    exam_slug: str
    version: ItemVersion
    option: str
    change: dict[str, Any]
    digest: str
    rows: tuple[Row, ...]
    repeats: Regrade | None  # the change that is in force already, which this would only repeat

    @property
    def changed(self) -> list[Row]:
        return [row for row in self.rows if row.changed]

    @property
    def told(self) -> int:
        """Return how many candidates will be told."""
        return sum(row.felt for row in self.rows)

    @property
    def moved(self) -> list[Row]:
        """Return who crosses the pass mark: those who then fail first."""
        return sorted((row for row in self.rows if row.moves), key=lambda row: row.after.passed)

    @property
    def now_pass(self) -> int:
        return sum(row.after.passed for row in self.moved)

    @property
    def now_fail(self) -> int:
        return len(self.moved) - self.now_pass


# --- Looking ----------------------------------------------------------------------------------------------------


def served(exam_slug: str) -> list[Served]:
    """Return the item versions that were in attempts at an exam, by item."""
    counts: Counter[str] = Counter()
    for form in Attempt.objects.filter(exam_slug=exam_slug).values_list("form", flat=True).iterator():
        counts.update({place["item"] for section in form["sections"] for place in section["places"]})
    regrades: dict[str, list[Regrade]] = {}
    for one in Regrade.objects.filter(exam_slug=exam_slug).order_by("pk"):
        regrades.setdefault(one.item_revision, []).append(one)
    versions = ItemVersion.objects.filter(pk__in=counts).order_by("item_id", "kept_at")
    return [Served(one, counts[one.pk], tuple(regrades.get(one.pk, ()))) for one in versions]


def get_served(exam_slug: str, item: str) -> Served:
    """Return an item version of an exam by its revision (or the beginning of it), or by an item's id where it is the only one.

    Raises Http404.
    """
    found = [
        one for one in served(exam_slug) if item and (one.version.pk.startswith(item) or one.version.item_id == item)
    ]
    if len(found) != 1:
        which = ", ".join(f"{one.version.item_id} {one.version.pk[:12]}" for one in found)
        raise Http404(f"{exam_slug} served {f'several: {which}' if found else f'no item {item}'}.")
    return found[0]


def dry_run(*, exam_slug: str, item_revision: str, option: str, change: Mapping[str, Any] | None = None) -> Diff:
    """Return what a change would do to every attempt that has a score. Nothing is written.

    change: for new_key {"spec": …} as graders.items.dump gives it; for accept_also {"answer": …}, a form's fields.

    :raises BadChange: it makes no sense for this item, or leaves nothing that counts.
    :raises Http404: the exam never served that item.
    """
    version = ItemVersion.objects.filter(pk=item_revision).first()
    if version is None:
        raise Http404("There is no such item version.")
    last = Regrade.objects.filter(exam_slug=exam_slug, item_revision=item_revision).order_by("-pk").first()
    wanted = dict(change or {})
    if last and last.option == option and _canonical_again(version, option, wanted) == last.change:
        same = tuple(_rows(exam_slug, item_revision, None))
        return Diff(exam_slug, version, option, dict(last.change), last.digest, same, last)
    ruling = scoring.ruling_of(exam_slug, version)
    try:
        clean = marking.canonical(version.type, ruling.spec, version.content["stem"], option, wanted)
        if option == Option.ACCEPT_ALSO and clean["answer"] in ruling.accepted:
            raise CannotRule("This answer is accepted already.")
        rows = list(_rows(exam_slug, item_revision, Change(item_revision, option, clean)))
    except (CannotRule, Unscorable) as problem:
        raise BadChange(str(problem)) from problem
    digest = _digest(exam_slug, item_revision, option, clean, last.digest if last else "")
    return Diff(exam_slug, version, option, clean, digest, tuple(rows), None)


def _canonical_again(version: ItemVersion, option: str, change: dict[str, Any]) -> dict[str, Any] | None:
    """Return the change as it would have been kept the first time, against the key that was served."""
    try:
        return marking.canonical(version.type, scoring.spec_of(version), version.content["stem"], option, change)
    except CannotRule:
        # Back to the key that was served: against that one, it changes nothing.
        return {"spec": change.get("spec")} if option == Option.NEW_KEY else None


def _rows(exam_slug: str, item_revision: str, change: Change | None) -> Iterator[Row]:
    assessor = Assessor(exam_slug, [change] if change else [])
    latest = {score.attempt_id: score for score in _scores(exam_slug)}
    attempts = Attempt.objects.filter(exam_slug=exam_slug, pk__in=latest).select_related("exam", "user")
    for attempt in attempts.order_by("user__username", "number"):
        if any(place["item"] == item_revision for section in attempt.form["sections"] for place in section["places"]):
            before = latest[attempt.pk]
            before.attempt = attempt
            yield Row(attempt, before, assessor.assess(attempt))


def _scores(exam_slug: str) -> Iterator[Score]:
    """Yield the scores of an exam, an attempt's versions in order: of a dict made of them, the newest stays."""
    yield from Score.objects.filter(attempt__exam_slug=exam_slug).order_by("attempt", "version")


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


# --- Applying ---------------------------------------------------------------------------------------------------


def apply(
    *,
    exam_slug: str,
    item_revision: str,
    option: str,
    change: Mapping[str, Any] | None = None,
    reason: str,
    actor: AbstractBaseUser,
    now: datetime,
    expected: str = "",
) -> Regrade:
    """Change how an item is scored, and every score that it changes; return the row. The second time is a no-op.

    expected: the digest of the dry run that was looked at.

    :raises Outdated: another change was applied since.
    :raises BadChange, NoReason, Http404: see dry_run.
    """
    said = " ".join(reason.split())[:400]
    if not said:
        raise NoReason("Give the reason: it is kept with every score that changes, and told to the candidates.")
    with transaction.atomic():
        scoring.hold(ExamVersion.objects.filter(slug=exam_slug).values_list("pk", flat=True))
        if expected and (done := Regrade.objects.filter(digest=expected).first()):
            return done
        diff = dry_run(exam_slug=exam_slug, item_revision=item_revision, option=option, change=change)
        if diff.repeats:
            return diff.repeats
        if expected and expected != diff.digest:
            raise Outdated("Somebody changed how this item is scored since you looked. Look at the effect once more.")
        regrade = Regrade.objects.create(
            exam_slug=exam_slug,
            item_id=diff.version.item_id,
            item_revision=item_revision,
            option=option,
            change=diff.change,
            reason=said,
            actor_id=actor.pk,
            applied_at=now,
            digest=diff.digest,
            moved=[_moved(row) for row in diff.moved],
        )
        for row in diff.changed:
            _write(row, regrade, actor, now)
        told = {"item": regrade.item_id, "option": option, "regrade": regrade.pk, "scores": len(diff.changed)}
        audit.write(actor=actor, act="exam.regraded", subject=f"exam {exam_slug}", reason=said, data=told, now=now)
    return regrade


def _write(row: Row, regrade: Regrade, actor: AbstractBaseUser, now: datetime) -> None:
    attempt, before = row.attempt, row.before
    score = Score.objects.create(
        attempt=attempt,
        version=before.version + 1,
        regrade=regrade,
        reason=regrade.reason,
        created_at=now,
        **row.after.columns(),
    )
    Event.objects.create(
        attempt=attempt,
        kind="regraded",
        at=now,
        actor_id=actor.pk,
        data={
            "regrade": regrade.pk,
            "reason": regrade.reason,
            "before": {"version": before.version, "scaled": before.scaled, "passed": before.passed},
            "after": {"version": score.version, "scaled": score.scaled, "passed": score.passed},
        },
    )
    if (before.scaled, before.passed) != (score.scaled, score.passed):
        scoring.record_score("exam.score_changed", score, now)
    if row.moves and score.passed:
        credentials.issue(score=score, now=now)
    elif row.moves:
        credentials.withdraw(attempt=attempt, reason=f"The exam was scored anew: {regrade.reason}", now=now)
    if not row.felt:
        return
    title = attempt.exam.definition["title"]
    notices.tell(
        user=attempt.user,
        kind=Notice.Kind.REGRADE,
        key=f"regrade:{regrade.pk}:{attempt.pk}",
        subject=f"Your score in {title} changed",
        text=_said(before, score, regrade, title),
        url=reverse("attempt_report", args=[attempt.pk]),
        now=now,
    )


def _said(before: Score, after: Score, regrade: Regrade, title: str) -> str:
    if before.scaled == after.scaled:
        change = f"Your scaled score stays at {after.scaled}, and the points of single domains changed."
    else:
        change = f"Your scaled score was {before.scaled} and is {after.scaled} now."
    moved = ""
    if after.passed and not before.passed:
        moved = " With that you pass, and your certificate is ready."
    elif before.passed and not after.passed:
        moved = " With that the pass mark is not reached any more, and the certificate was revoked."
    return f"An item of {title} is scored differently from now on. {change}{moved} The reason: {regrade.reason}"


def _moved(row: Row) -> dict[str, Any]:
    return {
        "attempt": str(row.attempt.pk),
        "before": {"scaled": row.before.scaled, "passed": row.before.passed},
        "after": {"scaled": row.after.scaled, "passed": row.after.passed},
    }
