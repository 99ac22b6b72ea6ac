"""What people do in courses. Each act is safe to repeat, and to do twice at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

from courses.content import Course, Lesson
from courses.models import Enrolment, LessonPlace, LessonRead, PracticeResponse
from courses.selectors import ItemState, answered, body, get_course, get_item, get_lesson, kept_of, public
from courses.selectors.practice import lesson_lock
from courses.services.reviews import note_answer
from graders import items
from labs import outbox
from labs.refusals import Refusal


class Malformed(Refusal):
    """The answer cannot be read. No attempt is used up."""

    status = 422


class TooBusy(Refusal):
    """The same person answers the same item from many places at once."""

    status = 409


class LessonLocked(Refusal):
    """The lesson's module requires a mastery that the person has not reached."""

    status = 403


def enrol(*, user: AbstractBaseUser, course_slug: str, now: datetime) -> Enrolment:
    """Enrol a person in a course; once is enough. Raises Http404."""
    course = get_course(course_slug)
    return _enrol(user, course.slug, now)


def mark_read(*, user: AbstractBaseUser, course_slug: str, lesson_slug: str, now: datetime) -> LessonRead:
    """Note that a person has read a lesson, which enrols them too; the first time counts.

    Raises Http404, and LessonLocked: to have read a lesson opens its module for good.
    """
    course = get_course(course_slug)
    lesson = get_lesson(course, lesson_slug)
    if lesson_lock(user, course, lesson, now=now):
        raise LessonLocked("This lesson is not open yet. Its page says what opens it.")
    _enrol(user, course.slug, now)
    with transaction.atomic():
        row, made = LessonRead.objects.get_or_create(
            user_id=user.pk, course_slug=course.slug, lesson_slug=lesson.slug, defaults={"read_at": now}
        )
        if made:
            told = {"course": course.slug, "lesson": lesson.slug}
            outbox.record(kind="lesson.read", user=user, subject=f"{course.slug}/{lesson.slug}", data=told, at=now)
    return row


@dataclass(frozen=True)
class Part:
    """What stands in a lesson: text as HTML, or an item by its id."""

    html: str | None = None
    item: str | None = None


@dataclass(frozen=True)
class OpenLesson:
    """A lesson that a person may read."""

    course: Course
    lesson: Lesson
    read: bool
    parts: tuple[Part, ...]


def open_lesson(*, user: AbstractBaseUser, course_slug: str, lesson_slug: str, now: datetime) -> OpenLesson:
    """Return a lesson for reading elsewhere than on its page. Raises Http404 and LessonLocked."""
    course = get_course(course_slug)
    lesson = get_lesson(course, lesson_slug)
    if lesson_lock(user, course, lesson, now=now):
        raise LessonLocked("This lesson is not open yet. Its page says what opens it.")
    shown = body(user, course, lesson)
    parts = tuple(Part(html=str(one)) if isinstance(one, str) else Part(item=one.item.id) for one in shown)
    read = LessonRead.objects.filter(user_id=user.pk, course_slug=course.slug, lesson_slug=lesson.slug)
    return OpenLesson(course, lesson, read.exists(), parts)


def keep_place(
    *, user: AbstractBaseUser, course_slug: str, lesson_slug: str, anchor: str, percent: int, now: datetime
) -> LessonPlace:
    """Keep how far a person has come in a lesson: the heading they are at, and the furthest they came, in percents.

    Raises Http404, and Malformed.
    """
    course = get_course(course_slug)
    lesson = get_lesson(course, lesson_slug)
    if not 0 <= percent <= 100 or len(anchor) > 200:
        raise Malformed("This is no place in a lesson.")
    mine = {"user_id": user.pk, "course_slug": course.slug, "lesson_slug": lesson.slug}
    row, made = LessonPlace.objects.get_or_create(
        **mine, defaults={"anchor": anchor, "percent": percent, "seen_at": now}
    )
    if not made:
        LessonPlace.objects.filter(pk=row.pk).update(
            anchor=anchor, percent=Greatest(F("percent"), Value(percent)), seen_at=now
        )
    return row


def answer_item(
    *, user: AbstractBaseUser, course_slug: str, item_id: str, raw: Mapping[str, Sequence[str]], now: datetime
) -> ItemState:
    """Keep and score a person's answer to an item for practice, as their next attempt; it enrols them too.

    raw: the form's fields, as `dict(request.POST.lists())`; answers are under "answer".
    The state returned holds the key and the rationales. Raises Malformed (no attempt is used up) and Http404.
    """
    course = get_course(course_slug)
    item = get_item(course, item_id)
    kind = items.all()[item.type]
    try:
        answer = kind.parse(raw, item.spec)
    except items.Malformed as error:
        raise Malformed(str(error)) from error
    _enrol(user, course.slug, now)
    score = kind.score(answer, item.spec)
    row = _next_attempt(
        user_id=user.pk,
        course_slug=course.slug,
        item_id=item.id,
        item_revision=item.revision,
        answer=kept_of(item.type, item.spec, answer),
        score=score,
        correct=items.correct(item.type, answer, item.spec),
        answered_at=now,
    )
    note_answer(row)
    return ItemState(public(item, seed=user.pk), answered(item, row), row.attempt)


def _enrol(user: AbstractBaseUser, course_slug: str, now: datetime) -> Enrolment:
    row, _ = Enrolment.objects.get_or_create(user_id=user.pk, course_slug=course_slug, defaults={"enrolled_at": now})
    return row


def _next_attempt(**fields: Any) -> PracticeResponse:
    """Write the row under the next free number: of two that find the same one, the constraint lets one through."""
    mine = {name: fields[name] for name in ("user_id", "course_slug", "item_id")}
    for _ in range(5):
        last = PracticeResponse.objects.filter(**mine).order_by("-attempt").values_list("attempt", flat=True).first()
        try:
            with transaction.atomic():
                return PracticeResponse.objects.create(attempt=(last or 0) + 1, **fields)
        except IntegrityError:
            continue
    raise TooBusy("This item was answered from several places at once. Answer it again.")
