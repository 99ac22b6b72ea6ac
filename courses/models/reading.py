"""What people read and answered. The content itself is files: courses/content.py."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class Enrolment(models.Model):
    """A person who takes a course."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enrolments")
    course_slug = models.CharField(max_length=100)
    enrolled_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "course_slug"], name="one_enrolment_a_course")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.course_slug}"


class LessonRead(models.Model):
    """A lesson that a person marked as read."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lessons_read")
    course_slug = models.CharField(max_length=100)
    lesson_slug = models.CharField(max_length=100)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "course_slug", "lesson_slug"], name="one_reading_a_lesson")
        ]

    def __str__(self) -> str:
        return f"{self.lesson_slug} by {self.user_id}"


class LessonPlace(models.Model):
    """How far a person has come in a lesson: where to go on reading."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lesson_places")
    course_slug = models.CharField(max_length=100)
    lesson_slug = models.CharField(max_length=100)
    anchor = models.CharField(max_length=200, blank=True, help_text="The heading that was read last.")
    percent = models.PositiveSmallIntegerField(default=0, help_text="Of the text, the furthest that was on screen.")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "course_slug", "lesson_slug"], name="one_place_a_lesson")
        ]

    def __str__(self) -> str:
        return f"{self.lesson_slug} by {self.user_id}: {self.percent} %"


class PracticeResponse(models.Model):
    """An answer to an inline item, in practice. A malformed answer is refused before it becomes a row."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="practice_responses")
    course_slug = models.CharField(max_length=100)
    item_id = models.CharField(max_length=100)
    item_revision = models.CharField(max_length=64, help_text="Content hash of the item that was answered.")
    attempt = models.PositiveSmallIntegerField(help_text="1 for the first try.")
    answer: Any = models.JSONField()
    score = models.FloatField(help_text="0 to 1.")
    correct = models.BooleanField()
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "course_slug", "item_id", "attempt"], name="one_row_an_attempt")
        ]

    def __str__(self) -> str:
        return f"{self.item_id} by {self.user_id}: {self.score}"
