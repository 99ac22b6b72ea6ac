"""What people practise: when each thing is to be seen again, and the drills they took."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models


class ReviewCard(models.Model):
    """A person's memory of an item or a lab task, as FSRS sees it. It follows from the reviews; the item is a file."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_cards")
    card = models.CharField(max_length=220, help_text="item/<course>/<item id> or task/<lab>/<task id>.")
    state: Any = models.JSONField(help_text="See courses.exams.recall.")
    right = models.BooleanField(help_text="Whether the last review was right.")
    due_at = models.DateTimeField(help_text="When it is to be seen again.")
    reviewed_at = models.DateTimeField(help_text="When it was last looked at, whether that counted or not.")
    reviews = models.PositiveIntegerField(default=1, help_text="Those that counted.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "card"], name="one_card_a_thing")]
        indexes = [models.Index(fields=["user", "due_at"])]

    def __str__(self) -> str:
        return f"{self.card} of {self.user_id}"


class Drill(models.Model):
    """A handful of items, one after the other. What was answered since its start is its result."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drills")
    course_slug = models.CharField(max_length=100)
    domain = models.CharField(max_length=100, blank=True, help_text="Empty: all.")
    items: Any = models.JSONField(help_text="Ids in the order in which they are asked.")
    started_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["user", "-started_at"])]

    def __str__(self) -> str:
        return f"drill of {self.user_id} in {self.course_slug}"
