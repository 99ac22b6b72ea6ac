"""What an instructor says about grades. What learners did is elsewhere: a grade is reckoned whenever it is looked at."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from courses.models import Assignment, Cohort


class GradeRules(models.Model):
    """How a class is graded, beyond what each assignment says. Without a row: no grace, nothing dropped."""

    cohort = models.OneToOneField(Cohort, on_delete=models.CASCADE, related_name="grade_rules")
    grace_minutes = models.PositiveIntegerField(default=0, help_text="So long after it was due it is not late.")
    drop_lowest = models.PositiveSmallIntegerField(default=0, help_text="So many of the lowest grades do not count.")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"rules of {self.cohort_id}"


class GradeRuling(models.Model):
    """A grade by hand, an excuse, or that either is taken back. The newest counts; none is ever changed or removed."""

    class Kind(models.TextChoices):
        POINTS = "points", "Graded by hand"
        EXCUSED = "excused", "Excused"
        RECKONED = "reckoned", "As reckoned"

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="rulings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grade_rulings")
    kind = models.CharField(max_length=8, choices=Kind)
    points = models.DecimalField(max_digits=9, decimal_places=2, null=True)
    before = models.CharField(max_length=40, help_text="What the grade was until then, as it was shown.")
    reason = models.CharField(max_length=400)
    ruled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ruled_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["assignment", "user", "-id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.points} for {self.user_id}"
