"""What time brings about that people want to hear of: a result, a lab that ends soon, an exam that opens, practice due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth import get_user_model
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from courses.models import Enrolment, Notice, PracticeResponse, ReviewCard, Score, Window
from courses.selectors.exams import exams
from courses.services import notices
from labs import jobs
from labs import selectors as labs
from labs.models import LabSession

LAB_SOON: Final = timedelta(minutes=10)
OPENED_WITHIN: Final = timedelta(hours=1)  # a worker that was away so long still tells
REVIEWS_EVERY: Final = timedelta(hours=1)
AWAY: Final = timedelta(days=60)  # who has not practised for so long is let alone
AT_A_TIME: Final = 500


def tell_result(*, score: Score, now: datetime) -> None:
    """Tell a candidate that their exam is scored; who passed, that the certificate is ready. Not how: see the report."""
    attempt = score.attempt
    title = attempt.exam.definition["title"]
    if score.passed:
        kind, subject = Notice.Kind.CERTIFICATE, f"Your certificate of {title} is ready"
        text = f"You passed {title}. The certificate and the badge are on the page of your report."
    else:
        kind, subject = Notice.Kind.GRADE, f"Your result in {title} is there"
        text = f"Attempt {attempt.number} at {title} is scored. The report says how each domain went."
    url = reverse("attempt_report", args=[attempt.pk])
    notices.tell(user=attempt.user, key=f"score:{attempt.pk}", kind=kind, subject=subject, text=text, url=url, now=now)


def sweep(*, now: datetime) -> int:
    """Tell what is due; return how many were told. Safe to run twice: what was told once is not told again."""
    told = labs_that_end(now=now) + exams_that_open(now=now)
    if jobs.take_turn("review-reminders", every=REVIEWS_EVERY, now=now):
        told += practice_that_is_due(now=now)
    return told


def labs_that_end(*, now: datetime) -> int:
    """Tell of labs that end within ten minutes; what was told of those that are over is not news any more."""
    titles = {lab.slug: lab.title for lab in labs.catalog()}
    soon = LabSession.objects.filter(
        state=LabSession.State.READY, exam=False, expires_at__gt=now, expires_at__lte=now + LAB_SOON
    )
    told = 0
    for session in soon.select_related("user")[:AT_A_TIME]:
        assert session.expires_at
        title = titles.get(session.lab_slug, session.lab_slug)
        minutes = max(1, round((session.expires_at - now) / timedelta(minutes=1)))
        told += bool(
            notices.tell(
                user=session.user,
                kind=Notice.Kind.LAB,
                key=f"lab:{session.pk}:{session.expires_at:%Y%m%d%H%M%S}",
                subject=f"Your lab ends in {minutes} minute{'s' if minutes > 1 else ''}",
                text=f"{title}: extend it on its page, or finish. Your work is graded once more at the end.",
                url=reverse("session", args=[session.pk]),
                now=now,
            )
        )
    stale = Notice.objects.filter(kind=Notice.Kind.LAB, seen_at=None, created_at__lt=now - LAB_SOON)
    stale.update(seen_at=now)
    return told


def exams_that_open(*, now: datetime) -> int:
    """Tell those who take an exam's course that it has opened."""
    known = {exam.slug: exam for exam in exams()}
    told = 0
    for window in Window.objects.filter(opens_at__lte=now, opens_at__gt=now - OPENED_WITHIN, closes_at__gt=now):
        exam = known.get(window.exam_slug)
        newest = Window.objects.filter(exam_slug=window.exam_slug).order_by("-set_at", "-pk").values_list("pk").first()
        if exam is None or newest != (window.pk,):
            continue
        takers = Q(pk__in=Enrolment.objects.filter(course_slug=exam.course).values("user_id"))
        takers |= Q(pk__in=PracticeResponse.objects.filter(course_slug=exam.course).values("user_id"))
        takers |= Q(accommodations__exam_slug=exam.slug, accommodations__withdrawn_at=None)
        closes = f"{timezone.localtime(window.closes_at, timezone.get_default_timezone()):%-d %B %Y, %H:%M} UTC"
        for user in get_user_model().objects.filter(takers, is_active=True).distinct():
            told += bool(
                notices.tell(
                    user=user,
                    kind=Notice.Kind.EXAM,
                    key=f"opens:{window.pk}",
                    subject=f"{exam.title} is open",
                    text=f"It can be sat until {closes}; its page shows that in your own time zone, and your terms.",
                    url=reverse("exam", args=[exam.slug]),
                    now=now,
                )
            )
    return told


def practice_that_is_due(*, now: datetime) -> int:
    """Tell those for whom something is to be seen again; one such notice at a time, and none within a day of the last."""
    lately = Notice.objects.filter(kind=Notice.Kind.REVIEW)
    lately = lately.filter(Q(seen_at=None) | Q(created_at__gt=now - timedelta(days=1)))
    due = ReviewCard.objects.filter(due_at__lte=now, user__is_active=True).exclude(user_id__in=lately.values("user_id"))
    active = ReviewCard.objects.filter(reviewed_at__gt=now - AWAY).values("user_id")
    counts = due.filter(user_id__in=active).values_list("user_id").annotate(count=Count("pk")).order_by("user_id")
    found = dict(counts[:AT_A_TIME])
    told = 0
    for user in get_user_model().objects.filter(pk__in=found):
        count = found[user.pk]
        told += bool(
            notices.tell(
                user=user,
                kind=Notice.Kind.REVIEW,
                key=f"review:{now:%Y-%m-%d}",
                subject=f"{count} thing{'s' if count > 1 else ''} to see again",
                text="A short drill now keeps what you learnt: each comes just before you would forget it.",
                url=reverse("practice"),
                now=now,
            )
        )
    return told
