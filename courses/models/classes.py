"""Classes: who learns together under whom, how they came in, what they have to do until when, and what was told to them.

The field's names: a cohort has members, assignments and their overrides. A secret that lets somebody in (a link, a key)
is kept as its hash. What an instructor did to a learner's work is a row: a look, a message, a push.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from labs.models import LabSession


class Cohort(models.Model):
    """People who learn together, for a term or for good, and those who teach them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    term = models.CharField(max_length=60, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True, help_text="The last day.")
    time_zone = models.CharField(
        max_length=64, default="UTC", help_text="A name of the IANA list: dates are meant in it."
    )
    stuck_minutes = models.PositiveSmallIntegerField(default=10, help_text="So long without progress is stuck.")
    instructors = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="cohorts_taught")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True, help_text="It can be read, and nothing in it changes.")

    def __str__(self) -> str:
        return f"{self.name} {self.term}".strip()


class Membership(models.Model):
    """A learner of a cohort. Who has left keeps the row, and may come in again."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cohort", "user"], name="one_membership_a_cohort")]
        indexes = [models.Index(fields=["user", "left_at"])]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.cohort_id}"


class Invitation(models.Model):
    """A link that lets one person in, once. With an address it was also sent there by mail."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(blank=True, help_text="Empty: the link was handed over by other means.")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the link's token, hex.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["cohort", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.email or 'a link'} to {self.cohort_id}"


class EnrolmentKey(models.Model):
    """A key that a whole class types in. The newest that is not revoked is the cohort's."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="enrolment_keys")
    key_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the key as it is compared, hex.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"key {self.pk} of {self.cohort_id}"


class Assignment(models.Model):
    """Something that a cohort has to do: one lab, one module of a course, one exam, or a whole course."""

    class Kind(models.TextChoices):
        LAB = "lab", "Lab"
        MODULE = "module", "Lesson module"
        EXAM = "exam", "Exam"
        COURSE = "course", "Course"

    class LateRule(models.TextChoices):
        FULL = "full", "Counts in full until the cut-off"
        PER_DAY = "per_day", "Loses a share for each day begun"
        NONE = "none", "Does not count"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="assignments")
    kind = models.CharField(max_length=8, choices=Kind)
    slug = models.CharField(max_length=201, help_text="Of the lab, exam or course; of a module: course/module.")
    title = models.CharField(max_length=200, blank=True, help_text="Empty: the title of what is assigned.")
    opens_at = models.DateTimeField(null=True, blank=True, help_text="Empty: from the start.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="Empty: at no particular time.")
    cutoff_at = models.DateTimeField(null=True, blank=True, help_text="What is done later does not count.")
    points = models.DecimalField(max_digits=7, decimal_places=2, default=100, help_text="What full marks are worth.")
    weight = models.DecimalField(max_digits=6, decimal_places=2, default=1, help_text="Against the other assignments.")
    late_rule = models.CharField(max_length=8, choices=LateRule, default=LateRule.FULL)
    late_percent = models.PositiveSmallIntegerField(default=10, help_text="Lost for each day begun, of the points.")
    position = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cohort", "kind", "slug"], condition=Q(removed_at=None), name="one_assignment_of_a_thing"
            )
        ]
        indexes = [models.Index(fields=["cohort", "position"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.slug} in {self.cohort_id}"


class AssignmentOverride(models.Model):
    """Other times for one learner. What is empty is as for everybody; more time is on top of what the learner has."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="overrides")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="assignment_overrides")
    opens_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    cutoff_at = models.DateTimeField(null=True, blank=True)
    multiplier = models.DecimalField(max_digits=4, decimal_places=2, default=1, help_text="Of the time in a lab.")
    minutes = models.PositiveSmallIntegerField(default=0, help_text="More time in a lab.")
    excused = models.BooleanField(default=False, help_text="It need not be done, and counts for nothing.")
    reason = models.CharField(max_length=400)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assignment", "user"], name="one_override_a_learner")]

    def __str__(self) -> str:
        return f"{self.assignment_id} for {self.user_id}"


class ClassMessage(models.Model):
    """What an instructor wrote to one learner; a word to all is a row for each, of one batch. Plain text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.UUIDField(default=uuid.uuid4, editable=False, db_index=True)
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="messages")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="class_messages")
    to_all = models.BooleanField(default=False)
    text = models.TextField()
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["recipient", "-sent_at"])]

    def __str__(self) -> str:
        return f"to {self.recipient_id} at {self.sent_at}"


class SandboxLook(models.Model):
    """An instructor's look into a copy of a learner's sandbox: who, whose, from when to when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="looks")
    session = models.ForeignKey(LabSession, on_delete=models.CASCADE, related_name="looks")
    looked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["session", "-began_at"])]

    def __str__(self) -> str:
        return f"{self.looked_by_id} into {self.session_id}"


class RevisionPush(models.Model):
    """A mended lab, given to a session that was running on an older revision."""

    batch = models.UUIDField(default=uuid.uuid4, editable=False, db_index=True)
    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="pushes")
    session = models.ForeignKey(LabSession, on_delete=models.CASCADE, related_name="pushes")
    before = models.CharField(max_length=64, help_text="The revision it ran on.")
    after = models.CharField(max_length=64)
    changes: Any = models.JSONField(default=dict, help_text="What changed for the learner: see courses.classes.pushes.")
    pushed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    pushed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.session_id} to {self.after[:8]}"
