"""What is read of exams: the definitions of the catalog, and which of them can be sat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import Http404

from courses.content import Course, Exam
from courses.selectors.reading import catalog

STALE_AFTER = timedelta(days=90)  # since `verified_on`


@dataclass(frozen=True)
class ExamState:
    """An exam of the catalog as it stands today, for its list and for its author."""

    exam: Exam
    course: Course
    expired: bool
    early: bool  # `valid_from` lies ahead
    stale: bool  # not held against its source for longer than STALE_AFTER
    age: int  # days since it was

    @property
    def sittable(self) -> bool:
        """Return whether its pool suffices. One that has expired can still be sat, and the page says so."""
        return not self.exam.shortages

    @property
    def warnings(self) -> tuple[tuple[str, str], ...]:
        """Return (id, sentence) of what its author should look at: courses.W001 expired, courses.W002 not verified."""
        found = []
        if self.expired:
            found.append(("courses.W001", f"{self.exam.code} was withdrawn on {self.exam.valid_to}"))
        if self.stale:
            told = f"{self.exam.code} was last held against its source {self.age} days ago, on {self.exam.verified_on}"
            found.append(("courses.W002", told))
        return tuple(found)


def exams() -> list[Exam]:
    """Return the exams of all courses: by course, then by slug."""
    return [exam for course in catalog() for exam in course.exams]


def get_exam(slug: str) -> Exam:
    """Return an exam, with its pool. Raises Http404."""
    for exam in exams():
        if exam.slug == slug:
            return exam
    raise Http404(f"There is no exam {slug}.")


def exam_states(*, today: date) -> list[ExamState]:
    """Return the exams of all courses as they stand on a day."""
    return [_state(exam, course, today) for course in catalog() for exam in course.exams]


def exam_state(slug: str, *, today: date) -> ExamState:
    """Return an exam as it stands on a day. Raises Http404."""
    exam = get_exam(slug)
    return _state(exam, next(course for course in catalog() if course.slug == exam.course), today)


def _state(exam: Exam, course: Course, today: date) -> ExamState:
    return ExamState(
        exam=exam,
        course=course,
        expired=bool(exam.valid_to and exam.valid_to < today),
        early=today < exam.valid_from,
        stale=today - exam.verified_on > STALE_AFTER,
        age=(today - exam.verified_on).days,
    )
