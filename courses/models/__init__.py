"""The rows of courses: what people read and answered, sat and earned. The content itself is files: courses.content."""

from courses.models.exams import (
    Accommodation,
    Attempt,
    Credit,
    Event,
    ExamVersion,
    ItemVersion,
    LabPlace,
    Pulse,
    Response,
    Save,
    Window,
)
from courses.models.practice import Drill, ReviewCard
from courses.models.reading import Enrolment, LessonPlace, LessonRead, PracticeResponse
from courses.models.scores import Credential, Notice, NoticePreference, Regrade, Score, SigningKey
from courses.models.statistics import ExamAnalysis

__all__ = [
    "Accommodation",
    "Attempt",
    "Credential",
    "Credit",
    "Drill",
    "Enrolment",
    "Event",
    "ExamAnalysis",
    "ExamVersion",
    "ItemVersion",
    "LabPlace",
    "LessonPlace",
    "LessonRead",
    "Notice",
    "NoticePreference",
    "PracticeResponse",
    "Pulse",
    "Regrade",
    "Response",
    "ReviewCard",
    "Save",
    "Score",
    "SigningKey",
    "Window",
]
