"""Begin an attempt: on whose terms, with which form. What it begins with is frozen."""

from __future__ import annotations

import functools
import hashlib
import json
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

import graders
from courses.content import Exam, Item
from courses.exams import assembly, timing
from courses.models import Attempt, Credit, Event, ExamVersion, ItemVersion
from courses.selectors.attempts import Admission, admission, extra, seen_by, used_in
from courses.selectors.exams import get_exam
from courses.services import lab_places
from courses.services.attempts.closing import close_if_due
from courses.services.attempts.refusals import CoolingDown, Locked, MayNotStart, NoMoreAttempts, NotYetOpen, WindowOver
from courses.services.attempts.stock import assemble, pool_digest, stock
from graders import items
from labs import outbox

logger = logging.getLogger(__name__)

TRIES = 3


class PoolEmpty(MayNotStart):
    """The exam lacks items: its author's to mend."""


def start(*, user: Any, slug: str, now: datetime) -> Attempt:
    """Begin an attempt at an exam, or return the one that is open.

    :raises Http404: there is no such exam.
    :raises MayNotStart: not at this time, not again, or not yet again; the subclass says which.
    """
    exam = get_exam(slug)
    for _ in range(TRIES):
        try:
            found = _begin_or_resume(user, exam, now)
        except IntegrityError:  # the constraints have the last word: somebody was as quick, from another tab
            continue
        # In a transaction of its own: what it closes stays closed, whatever becomes of the new attempt.
        if found.started_at == now or not close_if_due(attempt_id=found.pk, now=now):
            return found
    raise MayNotStart("This exam is being started from several places at once. Start it again.")


def _begin_or_resume(user: Any, exam: Exam, now: datetime) -> Attempt:
    with transaction.atomic():
        # A grant takes the same lock: it is seen here, or it sees this attempt.
        get_user_model().objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)
        told = admission(user, exam, now)
        if told.open:
            return told.open
        hold_admission(told, exam, now)
        seed, form = _form_for(user, exam, told, now)
        attempt = Attempt.objects.create(
            user_id=user.pk,
            exam_slug=exam.slug,
            exam_id=_keep(exam, now),
            number=told.taken + 1,
            seed=seed,
            form=form,
            grader_version=grader_version(),
            started_at=now,
            deadline_at=told.terms.deadline,
        )
        _note_extra_time(attempt, exam, told, now)
        lab_places.make_places(attempt, now=now)
        Event.objects.create(
            attempt=attempt,
            kind="started",
            at=now,
            actor_id=user.pk,
            data={"deadline": attempt.deadline_at.isoformat(), "form": _digest(form)},
        )
        begun = {"exam": exam.slug, "number": attempt.number}
        outbox.record(kind="exam.started", user=user, subject=attempt.pk, data=begun, at=now)
    return attempt


def hold_admission(told: Admission, exam: Exam, now: datetime) -> None:
    """Let only those through who may begin now. Raises MayNotStart."""
    if told.lacking:
        raise Locked(told.lacking)
    if told.left == 0:
        raise NoMoreAttempts(exam.attempts.maximum or 0)
    if told.next_at:
        raise CoolingDown(told.next_at)
    if told.terms.opens and now < told.terms.opens:
        raise NotYetOpen(told.terms.opens)
    if told.terms.closes and now >= told.terms.closes:
        raise WindowOver(told.terms.closes)


def _form_for(user: Any, exam: Exam, told: Admission, now: datetime) -> tuple[str, dict[str, Any]]:
    """Return a seed and its form: for who comes for the first time, one that was made while they read about the exam."""
    if not told.taken and (ready := stock.take(exam)):
        return ready
    try:
        seen = seen_by(user.pk, exam.slug) if told.taken else {}
        return assemble(exam, seen=seen, used=used_in(exam.slug, now))
    except assembly.PoolTooSmall as error:
        logger.error("%s cannot be started: %s", exam.slug, error)
        raise PoolEmpty("This exam cannot be taken yet: it lacks questions. Its author has been told.") from error


def _note_extra_time(attempt: Attempt, exam: Exam, told: Admission, now: datetime) -> None:
    """Note what each accommodation added to the deadline: start + time + credits is the deadline, then and later."""
    extras = [extra(row) for row in told.accommodations]
    span = timing.Span(told.window.opens, told.window.closes)
    Credit.objects.bulk_create(
        Credit(
            attempt=attempt,
            key=f"accommodation:{row.pk}",
            seconds=int(added / timedelta(seconds=1)),
            reason=row.reason,
            actor_id=row.granted_by_id,
            given_at=now,
        )
        for row, added in zip(told.accommodations, timing.shares(exam.minutes, extras, span, now), strict=True)
        if added
    )


def _keep(exam: Exam, now: datetime) -> str:
    """Keep the definition and all items of the pool as they are now; return the name of the version.

    The row says which pools were kept whole, so that a start asks for one row, not for each item.
    """
    pool = pool_digest(exam)
    kept = ExamVersion.objects.filter(pk=exam.revision).values_list("pools", flat=True).first()
    if kept is None or pool not in kept:
        fresh = {"slug": exam.slug, "definition": exam.as_json(), "kept_at": now}
        ExamVersion.objects.get_or_create(revision=exam.revision, defaults=fresh)
        row = ExamVersion.objects.select_for_update(no_key=True).get(pk=exam.revision)
        if pool not in row.pools:
            keep_items(exam.pool, now=now)
            row.pools = [*row.pools, pool]
            row.save(update_fields=["pools"])
    return exam.revision


def _digest(form: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(form, sort_keys=True).encode()).hexdigest()


def keep_items(found: Iterable[Item], *, now: datetime) -> None:
    """Keep items as they are now. Twice is once; in one order, so that two who do it never wait for each other."""
    rows = [
        ItemVersion(
            revision=item.revision,
            item_id=item.id,
            type=item.type,
            content={
                "stem": item.stem,
                "spec": items.dump(item.type, item.spec),
                "domain": item.domain,
                "points": item.points,
                "difficulty": item.difficulty,
            },
            kept_at=now,
        )
        for item in sorted(found, key=lambda one: one.revision)
    ]
    ItemVersion.objects.bulk_create(rows, ignore_conflicts=True)


@functools.cache
def grader_version() -> str:
    """Return the SHA-256 (hex) of all that grades: the package graders as it is here."""
    root = Path(graders.__path__[0])
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
