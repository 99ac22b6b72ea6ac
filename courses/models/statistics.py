"""What the answers of all candidates say about an exam. Computed of other rows: thrown away and computed anew at will."""

from __future__ import annotations

from typing import Any

from django.db import models


class ExamAnalysis(models.Model):
    """The figures of an exam as they were last computed: one row an exam, replaced as a whole."""

    exam_slug = models.CharField(max_length=100, primary_key=True)
    computed_at = models.DateTimeField()
    n = models.PositiveIntegerField(help_text="Candidates: first attempts that are scored.")
    scores = models.PositiveIntegerField(
        help_text="How many scores there were before it was begun: one more makes it old."
    )
    data: Any = models.JSONField(help_text="courses.exams.statistics.Analysis.as_json(); its schema is in it.")

    def __str__(self) -> str:
        return f"{self.exam_slug}, n = {self.n}"
