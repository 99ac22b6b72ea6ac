"""What people do in courses, a room each: reading (lessons and their items), attempts (exams), scoring, practice."""

from courses.services.reading import Malformed, TooBusy, answer_item, enrol, mark_read

__all__ = ["Malformed", "TooBusy", "answer_item", "enrol", "mark_read"]
