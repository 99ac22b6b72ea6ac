"""What attempts were worth. A score is never changed: a regrade adds the next version."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from courses.models.exams import Attempt


class Regrade(models.Model):
    """A change of how an item is scored, applied to the attempts that had it."""

    class Option(models.TextChoices):
        NEW_KEY = "new_key", "new key"
        ACCEPT_ALSO = "accept_also", "accept also"
        CREDIT_ALL = "credit_all", "credit all"
        DROP = "drop", "drop the item"

    exam_slug = models.CharField(max_length=100)
    item_id = models.CharField(max_length=100)
    item_revision = models.CharField(max_length=64, help_text="The version that was served.")
    option = models.CharField(max_length=12, choices=Option.choices)
    change: Any = models.JSONField(default=dict, help_text="new_key: the spec; accept_also: the answer.")
    reason = models.CharField(max_length=400)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField()
    digest = models.CharField(max_length=64, unique=True, help_text="Of all that it changes: twice is once.")
    moved: Any = models.JSONField(default=list, help_text="Attempts that crossed the pass mark, before and after.")

    def __str__(self) -> str:
        return f"{self.option} {self.item_id}"


class Score(models.Model):
    """A version of what an attempt is worth."""

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="scores")
    version = models.PositiveSmallIntegerField(help_text="1 for the first.")
    raw = models.DecimalField(max_digits=10, decimal_places=4, help_text="Scored points earned.")
    maximum = models.DecimalField(max_digits=10, decimal_places=4)
    scaled = models.PositiveSmallIntegerField(help_text="100 to 1000.")
    passed = models.BooleanField()
    domains: Any = models.JSONField(help_text="By domain: earned, maximum, low, high (95 %).")
    places: Any = models.JSONField(help_text="By place: earned, maximum, scored, outcome.")
    regrade = models.ForeignKey(Regrade, null=True, on_delete=models.PROTECT, related_name="scores")
    reason = models.CharField(max_length=400, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "version"], name="one_score_a_version")]

    def __str__(self) -> str:
        return f"{self.scaled} for {self.attempt_id}, version {self.version}"


class Credential(models.Model):
    """A certificate and its Open Badge. Revoked ones stay, with the reason."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="credentials")
    score = models.ForeignKey(Score, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    name = models.CharField(max_length=100, blank=True, help_text="As the holder chose to show it; empty: no name.")
    status = models.PositiveIntegerField(unique=True, help_text="Its place in the status lists.")
    badge = models.TextField(blank=True, help_text="The signed credential (VC-JWT).")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.CharField(max_length=400, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Nobody: the score fell below the pass mark.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["attempt"], condition=Q(revoked_at=None), name="one_valid_credential_an_attempt"
            )
        ]

    def __str__(self) -> str:
        return f"{self.id} for {self.attempt_id}"


class SigningKey(models.Model):
    """The public half of a key that badges were signed with. It stays when the key is changed: old badges need it."""

    kid = models.CharField(max_length=64, primary_key=True, help_text="Its thumbprint (RFC 7638).")
    jwk: Any = models.JSONField(help_text="Public: kty, n, e.")
    first_used_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.kid


class Notice(models.Model):
    """Something that a person has to know: behind the bell of every page until they read it, and once by e-mail."""

    class Kind(models.TextChoices):
        MESSAGE = "message", "Messages"
        GRADE = "grade", "Results of exams"
        REGRADE = "regrade", "Scores that change"
        CERTIFICATE = "certificate", "Certificates"
        EXAM = "exam", "Exams that open"
        LAB = "lab", "Labs that end soon"
        REVIEW = "review", "Practice that is due"

    # These stand on every page, not just behind the bell, until they are read; nobody turns them off.
    PRESSING = (Kind.MESSAGE, Kind.REGRADE)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.MESSAGE)
    key = models.CharField(max_length=150, help_text="What it is about: the same is told once.")
    subject = models.CharField(max_length=200)
    text = models.TextField()
    url = models.CharField(max_length=200, blank=True, help_text="A path of the site where it can be looked at.")
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_notice_a_cause")]
        indexes = [
            models.Index(fields=["user"], condition=Q(seen_at=None), name="notices_unseen"),
            models.Index(fields=["created_at"], condition=Q(mailed_at=None), name="notices_unmailed"),
        ]

    def __str__(self) -> str:
        return self.subject


class NoticePreference(models.Model):
    """Where a person wants to be told of a kind. Without a row: as `courses.services.notices.DEFAULTS` says."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_preferences")
    kind = models.CharField(max_length=12, choices=Notice.Kind)
    site = models.BooleanField()
    mail = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="one_preference_a_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"
