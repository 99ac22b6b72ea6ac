"""Statistics are computed nightly where scores have come, and when somebody who teaches asks. The row is the queue."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction

from courses.exams.statistics import analyse
from courses.models import ExamAnalysis
from courses.selectors import statistics as selectors
from labs import jobs

logger = logging.getLogger(__name__)

KIND = "statistics"
NIGHT = 3  # o'clock, UTC: what was sat until then is in the figures in the morning
LOOK_EVERY = timedelta(minutes=10)


def compute(*, slug: str, now: datetime) -> ExamAnalysis:
    """Compute the figures of an exam of all that is scored, and keep them in place of the older ones.

    Readers see the old figures or the new ones. Of two who compute at a time, the one who read more scores is kept.
    """
    reading = selectors.read(slug)
    analysis = analyse(reading.sheet)
    fresh = {
        "computed_at": now,
        "n": reading.sheet.candidates,
        "scores": reading.scores,
        "data": analysis.as_json(),
    }
    with transaction.atomic():
        older = ExamAnalysis.objects.filter(pk=slug, scores__lte=reading.scores, computed_at__lte=now)
        if not older.update(**fresh):
            ExamAnalysis.objects.get_or_create(exam_slug=slug, defaults=fresh)
    return ExamAnalysis.objects.get(pk=slug)


def request(*, slug: str, now: datetime) -> None:
    """Have the figures of an exam computed soon. Asked twice before it is done, it is done once."""
    jobs.enqueue(kind=KIND, key=f"{KIND}:{slug}", payload={"exam": slug}, now=now)


@jobs.handles(KIND)
def run(lease: jobs.Lease) -> None:
    """Do the job. A second worker that does the same does no harm, so the figures are written before it is marked done."""
    compute(slug=lease.payload["exam"], now=lease.now())
    with jobs.finish(lease, now=lease.now()):
        pass


def request_due(*, now: datetime) -> list[str]:
    """Request what is due: exams that were never computed, and those with new scores whose figures are of before the night.

    Safe to run twice at a time, and as often as one likes: a request that waits is not made twice.
    """
    night = now.replace(hour=NIGHT, minute=0, second=0, microsecond=0)
    if night > now:
        night -= timedelta(days=1)
    counts = selectors.score_counts()
    known = {row.pk: row for row in ExamAnalysis.objects.filter(pk__in=counts).defer("data")}
    due = [
        slug
        for slug, count in sorted(counts.items())
        if slug not in known or (known[slug].scores != count and known[slug].computed_at < night)
    ]
    for slug in due:
        request(slug=slug, now=now)
    return due


def sweep_in_turn(*, now: datetime) -> bool:
    """Request what is due, if nobody else has looked for some minutes; return whether we did."""
    if not jobs.take_turn("sweep of statistics", every=LOOK_EVERY, now=now):
        return False
    if due := request_due(now=now):
        logger.info("Statistics are computed of %s", ", ".join(due))
    return True
