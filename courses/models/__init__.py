"""The rows of courses: what people read, sat and earned, and with whom. The content itself is files: courses.content."""

from courses.models.classes import (
    Assignment,
    AssignmentOverride,
    ClassMessage,
    Cohort,
    EnrolmentKey,
    Invitation,
    Membership,
    RevisionPush,
    SandboxLook,
)
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
    "Assignment",
    "AssignmentOverride",
    "Attempt",
    "ClassMessage",
    "Cohort",
    "Credential",
    "Credit",
    "Drill",
    "Enrolment",
    "EnrolmentKey",
    "Event",
    "ExamAnalysis",
    "ExamVersion",
    "Invitation",
    "ItemVersion",
    "LabPlace",
    "LessonPlace",
    "LessonRead",
    "Membership",
    "Notice",
    "NoticePreference",
    "PracticeResponse",
    "Pulse",
    "Regrade",
    "Response",
    "ReviewCard",
    "RevisionPush",
    "SandboxLook",
    "Save",
    "Score",
    "SigningKey",
    "Window",
]
