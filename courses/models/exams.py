"""What candidates did in exams. Answers, events and credits are evidence: written once, never changed.

What an attempt began with is frozen: the exam's definition and each item by content hash, the form with its orders.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q


class ExamVersion(models.Model):
    """An exam's definition as its file was when somebody first sat it so."""

    revision = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of the definition, hex.")
    slug = models.CharField(max_length=100, db_index=True)
    definition: Any = models.JSONField()
    kept_at = models.DateTimeField()
    pools: Any = models.JSONField(
        default=list, help_text="Digests of the pools that it drew from: all their items are kept."
    )

    def __str__(self) -> str:
        return f"{self.slug} {self.revision[:8]}"


class ItemVersion(models.Model):
    """An item as it was when it was first put into a form. It holds the key: nothing of it goes to a live attempt as it is."""

    revision = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of the content, hex.")
    item_id = models.CharField(max_length=100, db_index=True)
    type = models.CharField(max_length=20)
    content: Any = models.JSONField(help_text="stem, spec, domain, points, difficulty.")
    kept_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.item_id} {self.revision[:8]}"


class Window(models.Model):
    """When an exam may be sat. Of several for an exam the newest counts; without one it may be sat at any time."""

    exam_slug = models.CharField(max_length=100, db_index=True)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField(help_text="Attempts end then, too. Extra time of a candidate extends it for them.")
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.exam_slug} from {self.opens_at} to {self.closes_at}"


class Accommodation(models.Model):
    """More time for a person, for one exam or for all. Several add up: the product of multipliers, then the sum of minutes."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="accommodations")
    exam_slug = models.CharField(max_length=100, blank=True, help_text="Empty: every exam.")
    labs = models.BooleanField(default=False, help_text="In every lab as well.")
    multiplier = models.DecimalField(max_digits=4, decimal_places=2, default=1)
    minutes = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=400)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "exam_slug"])]

    def __str__(self) -> str:
        return f"×{self.multiplier} +{self.minutes} min for {self.user_id}"


class Attempt(models.Model):
    """One sitting of an exam."""

    class State(models.TextChoices):
        OPEN = "open"
        SUBMITTED = "submitted", "submitted by the candidate"
        EXPIRED = "expired", "closed at its deadline"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="attempts")
    exam_slug = models.CharField(max_length=100)
    exam = models.ForeignKey(ExamVersion, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField(help_text="1 for the first.")
    seed = models.CharField(max_length=64, help_text="Hex. All draws of the form are derived from it (HMAC).")
    form: Any = models.JSONField(help_text="Sections with their places in order: see courses.exams.assembly.Form.")
    grader_version = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    started_at = models.DateTimeField()
    deadline_at = models.DateTimeField(help_text="Changed by credits only.")
    finished_at = models.DateTimeField(null=True, blank=True, help_text="Never after the deadline.")
    section = models.PositiveSmallIntegerField(default=0, help_text="Index of the section that is open: one-way.")
    pen = models.CharField(max_length=64, blank=True, help_text="The tab that may write.")
    pen_epoch = models.PositiveIntegerField(default=0, help_text="Grows each time the pen is taken.")
    receipt = models.CharField(max_length=64, blank=True, help_text="HMAC over attempt, answers and time, hex.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "exam_slug", "number"], name="one_attempt_a_number"),
            models.UniqueConstraint(fields=["user", "exam_slug"], condition=Q(state="open"), name="one_open_attempt"),
        ]
        indexes = [models.Index(fields=["state", "deadline_at"])]

    def __str__(self) -> str:
        return f"{self.exam_slug} by {self.user_id}, attempt {self.number}"


class Credit(models.Model):
    """Time given to an attempt: at its start by accommodations, later by hand, or back for an outage of ours."""

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="credits")
    key = models.CharField(max_length=100, help_text="What it is for: the same is credited once.")
    seconds = models.PositiveIntegerField()
    reason = models.CharField(max_length=400)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "key"], name="one_credit_a_cause")]

    def __str__(self) -> str:
        return f"{self.seconds} s for {self.attempt_id}"


class Response(models.Model):
    """A candidate's answer at a place of the form as it stands: the save with the highest sequence."""

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="responses")
    place = models.PositiveSmallIntegerField(help_text="Index over all sections of the form, from 0.")
    sequence = models.PositiveBigIntegerField(default=0)
    answer: Any = models.JSONField(null=True, help_text="The form's fields as sent; null: nothing answered.")
    flagged = models.BooleanField(default=False)
    saved_at = models.DateTimeField()
    seconds = models.PositiveIntegerField(default=0, help_text="Time spent on the place, as the client told.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "place"], name="one_response_a_place")]

    def __str__(self) -> str:
        return f"{self.place} of {self.attempt_id}"


class Save(models.Model):
    """Every version of every answer, as it came."""

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="saves")
    place = models.PositiveSmallIntegerField()
    sequence = models.PositiveBigIntegerField()
    key = models.CharField(max_length=64, help_text="The client's idempotency key.")
    tab = models.CharField(max_length=64)
    epoch = models.PositiveIntegerField()
    answer: Any = models.JSONField(null=True)
    flagged = models.BooleanField(default=False)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "key"], name="one_save_a_key")]

    def __str__(self) -> str:
        return f"{self.place}#{self.sequence} of {self.attempt_id}"


class Event(models.Model):
    """What happened to an attempt, for the audit: started, pen taken, credited, section left, submitted, closed, regraded."""

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=40)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    data: Any = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.kind} {self.attempt_id}"


class Pulse(models.Model):
    """The life of one of our processes, as it told the database every few seconds: what lies between lives was an outage."""

    kind = models.CharField(max_length=10, help_text="web | worker")
    begun_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["kind", "last_at"])]

    def __str__(self) -> str:
        return f"{self.kind} until {self.last_at}"


class LabPlace(models.Model):
    """A lab that is an item of an attempt: its sandbox, and the evidence by which it can be graded again years later."""

    class State(models.TextChoices):
        WAITING = "waiting", "its section has not begun"
        OPEN = "open", "the candidate works in it"
        FROZEN = "frozen", "held still, to be graded"
        GRADED = "graded"
        OWED = "owed", "could not be graded: ours to settle, and no zero"

    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="lab_places")
    place = models.PositiveSmallIntegerField(help_text="Index over all sections of the form, from 0.")
    section = models.PositiveSmallIntegerField()
    lab_slug = models.CharField(max_length=100)
    revision = models.ForeignKey(
        "labs.LabRevision", on_delete=models.PROTECT, related_name="+", help_text="As at the start."
    )
    session = models.OneToOneField("labs.LabSession", null=True, on_delete=models.PROTECT, related_name="lab_place")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    opened_at = models.DateTimeField(null=True)
    frozen_at = models.DateTimeField(null=True, help_text="Never after the deadline.")
    epoch = models.PositiveIntegerField(null=True, help_text="The life of the sandbox that counts.")
    journal_seq = models.PositiveIntegerField(null=True, help_text="N: calls 1 to N are replayed in a clean cell.")
    snapshot = models.ForeignKey("labs.Snapshot", null=True, on_delete=models.SET_NULL, related_name="+")
    graded_at = models.DateTimeField(null=True)
    results: Any = models.JSONField(default=list, help_text="By task: id, outcome, score, points, checks.")
    digest = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the results: graded again, it is the same."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "place"], name="one_lab_a_place")]
        indexes = [models.Index(fields=["state", "frozen_at"])]

    def __str__(self) -> str:
        return f"{self.lab_slug} at {self.place} of {self.attempt_id}"
