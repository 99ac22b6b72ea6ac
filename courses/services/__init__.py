"""What people do in courses, a room each: reading (lessons and their items), attempts (exams), scoring, practice."""

from courses.services.practice import NothingToDrill, answer_drill, catch_up, start_drill
from courses.services.reading import (
    LessonLocked,
    Malformed,
    TooBusy,
    answer_item,
    enrol,
    keep_place,
    mark_read,
    open_lesson,
)

__all__ = [
    "LessonLocked",
    "Malformed",
    "NothingToDrill",
    "TooBusy",
    "answer_drill",
    "answer_item",
    "catch_up",
    "enrol",
    "keep_place",
    "mark_read",
    "open_lesson",
    "start_drill",
]
