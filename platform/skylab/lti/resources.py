"""What a platform may link to, a lab, a lesson or an exam, and how a person stands with it, in words and points."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.http import Http404
from django.urls import Resolver404, resolve, reverse

from courses import selectors as courses
from courses.exams import scaling
from courses.models import Attempt, LessonRead
from courses.selectors import get_course, get_exam, get_lesson
from courses.selectors.scores import latest_scores
from graders import Outcome
from labs import selectors as labs
from labs.models import Grading, LabSession, TaskResult

LAB: Final = "lab"
LESSON: Final = "lesson"
EXAM: Final = "exam"
COMMENT: Final = 2000
_DIGITS: Final = Decimal("0.0001")


@dataclass(frozen=True)
class Resource:
    """Something that can be linked to. `points` is what its column in a gradebook is of."""

    kind: str
    slug: str
    title: str
    summary: str
    points: Decimal

    @property
    def path(self) -> str:
        return path_of(self.kind, self.slug)

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.slug}"


@dataclass(frozen=True)
class Reached:
    """How a person stands with a resource, as AGS says it. `score` None: there is no number to tell yet."""

    activity: str  # Initialized | InProgress | Submitted | Completed
    grading: str  # NotReady | Pending | FullyGraded
    score: Decimal | None = None
    maximum: Decimal | None = None
    comment: str = ""

    @property
    def digest(self) -> str:
        told = [self.activity, self.grading, str(self.score), str(self.maximum), self.comment]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def path_of(kind: str, slug: str) -> str:
    """Return the page of a resource."""
    return reverse(kind, args=slug.split("/"))


def at(url: str) -> Resource | None:
    """Return the resource whose page an address of our own site is, or None: it is another's, or no such page."""
    parts, own = urlsplit(url), urlsplit(settings.BASE_URL)
    if (parts.scheme, parts.netloc) != (own.scheme, own.netloc) or "\\" in url:
        return None
    try:
        found = resolve(parts.path)
    except Resolver404:
        return None
    if found.url_name not in (LAB, LESSON, EXAM):
        return None
    return get(found.url_name, "/".join(str(one) for one in found.kwargs.values()))


def get(kind: str, slug: str) -> Resource | None:
    """Return a resource by its kind and slug, or None."""
    try:
        match kind:
            case "lab":
                lab = labs.get_lab(slug)
                return Resource(kind, slug, lab.title, lab.summary, _decimal(lab.points)) if lab.tasks else None
            case "lesson":
                course = get_course(slug.partition("/")[0])
                lesson = get_lesson(course, slug.partition("/")[2])
                return Resource(kind, slug, lesson.title, f"{course.title}: {lesson.summary}", Decimal(1))
            case "exam":
                exam = get_exam(slug)
                return Resource(kind, slug, exam.title, exam.summary, Decimal(100))
    except Http404:
        pass
    return None


def every() -> list[tuple[str, list[Resource]]]:
    """Return all that can be linked to, by heading."""
    found: list[tuple[str, list[Resource]]] = []
    for heading, keys in (
        ("Labs", [(LAB, lab.slug) for lab in labs.catalog()]),
        ("Exams", [(EXAM, exam.slug) for exam in courses.exams()]),
        *(
            (f"Lessons of {course.title}", [(LESSON, f"{course.slug}/{one.slug}") for one in course.lessons])
            for course in courses.catalog()
        ),
    ):
        listed = [one for key in keys if (one := get(*key))]
        if listed:
            found.append((heading, listed))
    return found


# --- How somebody stands with it ------------------------------------------------------------------------------------


def reached(user_id: Any, kind: str, slug: str) -> Reached | None:
    """Return how a person stands with a resource, or None where they did not begin."""
    match kind:
        case "lab":
            return _lab(user_id, slug)
        case "exam":
            return _exam(user_id, slug)
        case "lesson":
            course, _, lesson = slug.partition("/")
            if LessonRead.objects.filter(user_id=user_id, course_slug=course, lesson_slug=lesson).exists():
                return Reached("Completed", "FullyGraded", Decimal(1), Decimal(1), "Marked as read.")
    return None


def _lab(user_id: Any, slug: str) -> Reached | None:
    sessions = list(
        LabSession.objects.filter(user_id=user_id, lab_slug=slug, exam=False)
        .exclude(state=LabSession.State.FAILED)
        .select_related("lab_revision", "sandbox")
        .order_by("queued_at")
    )
    if not sessions:
        return None
    # By share: a later revision of the lab may give other points. What a session is worth never goes down.
    best = max(sessions, key=lambda one: one.score / one.points if one.points else 0)
    settled = any(one.completed_at or not one.is_open for one in sessions)
    lab = labs.lab_of(best)
    points = _decimal(best.points or lab.points)
    return Reached(
        activity="Completed" if settled else "InProgress",
        grading="FullyGraded" if settled else "Pending",
        score=min(_decimal(best.score), points),
        maximum=points,
        comment=_tasks(best, [(task.id, task.title) for task in lab.tasks]),
    )


def _tasks(session: LabSession, tasks: Sequence[tuple[str, str]]) -> str:
    rows = TaskResult.objects.filter(grading__session=session, grading__state=Grading.State.DONE)
    passed = set(rows.filter(outcome=Outcome.PASSED).values_list("task_id", flat=True))
    lines = [f"{'Passed' if name in passed else 'Not yet'}: {title}" for name, title in tasks]
    solved = sum(name in passed for name, _ in tasks)
    return "\n".join([f"{solved} of {len(tasks)} tasks passed.", *lines])[:COMMENT]


def _exam(user_id: Any, slug: str) -> Reached | None:
    attempts = list(Attempt.objects.filter(user_id=user_id, exam_slug=slug).select_related("exam").order_by("number"))
    if not attempts:
        return None
    scores = latest_scores(attempts)
    scored = [one for one in attempts if one.pk in scores]
    if not scored:
        if attempts[-1].state == Attempt.State.OPEN:
            return Reached("InProgress", "NotReady")
        return Reached("Submitted", "Pending", comment="Handed in; it is being scored.")
    definition = scored[-1].exam.definition
    policy = definition["attempts"]["counts"]
    counts = scaling.counting([{"scaled": scores[one.pk].scaled} for one in scored], policy) or 0
    score = scores[scored[counts].pk]
    verdict = "Passed" if score.passed else "Not passed"
    which = f"Attempt {scored[counts].number}, the {policy} of {len(scored)}." if len(scored) > 1 else ""
    if definition.get("review", "score") == "none":  # an exam that shows nothing of itself does not do so there either
        told = f"{verdict}. This exam tells no points. {which}".strip()
        return Reached("Completed", "FullyGraded", Decimal(int(score.passed)), Decimal(1), told)
    told = f"{verdict}: {score.scaled} on the scale of 100 to 1000, {definition['pass_mark']} passes. {which}".strip()
    return Reached("Completed", "FullyGraded", max(score.raw, Decimal(0)), score.maximum, told)


def _decimal(value: float) -> Decimal:
    return Decimal(str(value)).quantize(_DIGITS)


def changed_since(since: Any) -> Q:
    """Return which people did something since then that may have changed how they stand with anything."""
    users = set(
        Grading.objects.filter(state=Grading.State.DONE, finished_at__gte=since).values_list("session__user", flat=True)
    )
    for model, fields in (
        (LabSession, ("queued_at", "ended_at", "completed_at")),
        (Attempt, ("started_at", "finished_at", "scores__created_at")),
        (LessonRead, ("read_at",)),
    ):
        touched = Q()
        for name in fields:
            touched |= Q(**{f"{name}__gte": since})
        users |= set(model._default_manager.filter(touched).values_list("user", flat=True))
    return Q(identity__user__in=users)
