"""The rows of courses: what people read and answered, sat and earned. The content itself is files: courses.content."""

from courses.models.exams import Accommodation, Attempt, Credit, Event, ExamVersion, ItemVersion, Response, Save
from courses.models.reading import Enrolment, LessonRead, PracticeResponse
from courses.models.scores import Credential, Regrade, Score

__all__ = [
    "Accommodation",
    "Attempt",
    "Credential",
    "Credit",
    "Enrolment",
    "Event",
    "ExamVersion",
    "ItemVersion",
    "LessonRead",
    "PracticeResponse",
    "Regrade",
    "Response",
    "Save",
    "Score",
]
