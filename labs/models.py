"""What people did by hand: sessions, the sandboxes they had, the calls they made, the gradings they got, and the work queue."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from labs.happenings import AuditEntry, OutboxEvent


class LabRevision(models.Model):
    """The texts of a lab as they stood when somebody began it: a session pins it, whatever the catalog becomes."""

    slug = models.CharField(max_length=100)
    revision = models.CharField(max_length=64, help_text="SHA-256 of the texts, hex.")
    source = models.TextField(help_text="lab.md")
    checks = models.TextField(blank=True, default="", help_text="checks.py; run in the judge only")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug", "revision"], name="one_row_a_revision")]

    def __str__(self) -> str:
        return f"{self.slug}@{self.revision[:8]}"


class Sandbox(models.Model):
    """An AWS of somebody's own. Its number is in every access key (labs/sandboxes/keys.py), so it is never used again."""

    class State(models.TextChoices):
        LIVE = "live", "Live"
        FROZEN = "frozen", "Frozen"  # graders read it; nobody else gets an answer
        ENDED = "ended", "Ended"

    number = models.BigAutoField(primary_key=True)
    account_id = models.CharField(max_length=12, unique=True, null=True)
    region = models.CharField(max_length=30, default="us-east-1")
    provider = models.CharField(max_length=20, default="emulated")
    state = models.CharField(max_length=10, choices=State, default=State.LIVE)
    # A reset begins a new epoch: the journal of the old one stays as evidence, and is not replayed.
    epoch = models.PositiveIntegerField(default=1)
    # The clock of replay and of idleness.
    last_call_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sandbox {self.number} ({self.account_id})"


class LabSession(models.Model):
    """One learner in one lab, from the click to the end."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        STARTING = "starting", "Starting"
        READY = "ready", "Ready"
        PAUSED = "paused", "Paused"  # the sandbox sleeps, and the clock stands still
        EXPIRING = "expiring", "Ending"
        ENDED = "ended", "Ended"
        FAILED = "failed", "Could not start"

    OPEN = (State.QUEUED, State.STARTING, State.READY, State.PAUSED, State.EXPIRING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lab_sessions")
    lab_slug = models.CharField(max_length=100, db_index=True)
    lab_revision = models.ForeignKey(LabRevision, on_delete=models.PROTECT, related_name="+")
    sandbox = models.OneToOneField(Sandbox, on_delete=models.PROTECT, related_name="session")
    seed = models.CharField(max_length=32)
    parameters = models.JSONField(default=dict, help_text="The lab's parameters as drawn from the seed.")
    exam = models.BooleanField(
        default=False, help_text="A part of an exam: it is judged when that ends, and not before."
    )
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    failure = models.TextField(blank=True, help_text="What went wrong at our side, for the learner.")
    queued_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True, help_text="The claim: idle and expiry clocks start here.")
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    extensions = models.PositiveSmallIntegerField(default=0)
    resets = models.PositiveSmallIntegerField(default=0)
    inbox_seen_at = models.DateTimeField(null=True, help_text="What was sent out until then, its owner has seen.")
    paused_at = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True, help_text="A pause that nobody ends is the session's end.")
    paused_left = models.DurationField(null=True, help_text="What the clock showed when it was stopped.")
    # A task that was begun anew: what was passed before {task id: unix time} is not held to be passed any more.
    restarts: Any = models.JSONField(default=dict)
    way_back: Any = models.JSONField(default=dict, help_text="Before the last reset: {moment, restarts, until, label}.")
    # The best that any grading of this session found: points never go down.
    score = models.FloatField(default=0)
    points = models.FloatField(default=0, help_text="The most that this lab gives.")
    completed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "lab_slug"],
                condition=Q(state__in=["queued", "starting", "ready", "paused", "expiring"], exam=False),
                name="one_open_session_a_lab",
            )
        ]
        indexes = [models.Index(fields=["state", "expires_at"])]

    def __str__(self) -> str:
        return f"{self.lab_slug} of {self.user_id} ({self.state})"

    @property
    def is_open(self) -> bool:
        """Return whether the learner still has it."""
        return self.state in self.OPEN

    @property
    def is_ready(self) -> bool:
        """Return whether tools may call its sandbox."""
        return self.state == self.State.READY

    def seconds_left(self, now: datetime) -> int | None:
        """Return the whole seconds until it expires, or None before it is ready. While it is paused they stay the same."""
        if self.state == self.State.PAUSED and self.paused_left is not None:
            return max(0, int(self.paused_left.total_seconds()))
        return max(0, int((self.expires_at - now).total_seconds())) if self.expires_at else None


class Grading(models.Model):
    """One judgement of a session's state: a row when asked for, results when a worker that holds the lease writes them."""

    class State(models.TextChoices):
        QUEUED = "queued", "Queued"
        DONE = "done", "Done"
        DEAD = "dead", "Could not be graded"

    class Trigger(models.TextChoices):
        ASKED = "asked", "Check my work"
        LIVE = "live", "After a call"
        END = "end", "At the end"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(LabSession, on_delete=models.CASCADE, related_name="gradings")
    trigger = models.CharField(max_length=8, choices=Trigger, default=Trigger.ASKED)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    epoch = models.PositiveIntegerField(default=1)
    journal_seq = models.PositiveIntegerField(null=True, help_text="The last call that this judgement could see.")
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)
    score = models.FloatField(null=True)
    points = models.FloatField(null=True)
    partial = models.BooleanField(
        default=False, help_text="Only the checks that a call could touch were run; the other results are earlier ones."
    )

    class Meta:
        indexes = [models.Index(fields=["session", "-requested_at"])]

    def __str__(self) -> str:
        return f"grading {self.id} ({self.state})"


class TaskResult(models.Model):
    """What one grading found of one task: the outcome, the points, and each check's line for the learner."""

    grading = models.ForeignKey(Grading, on_delete=models.CASCADE, related_name="tasks")
    task_id = models.CharField(max_length=100)
    outcome = models.CharField(max_length=8)  # graders.Outcome
    score = models.FloatField()
    points = models.FloatField()
    results: Any = models.JSONField(default=list, help_text="graders.Result.to_dict() of each check, in order.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grading", "task_id"], name="one_result_a_task")]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.outcome}"


class HintReveal(models.Model):
    """A hint that a learner opened. The text of later ones never leaves the server before."""

    session = models.ForeignKey(LabSession, on_delete=models.CASCADE, related_name="hints")
    task_id = models.CharField(max_length=100)
    index = models.PositiveSmallIntegerField(help_text="From 0; the one after the last hint is the solution.")
    cost = models.FloatField(default=0, help_text="Points that the task gives less since then.")
    revealed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "task_id", "index"], name="one_reveal_a_hint")]

    def __str__(self) -> str:
        return f"{self.task_id}#{self.index}"


class TaskSkip(models.Model):
    """A task that the learner had done for them: its solution runs in their sandbox, and it gives no points."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Skipped"
        FAILED = "failed", "Did not run"

    session = models.ForeignKey(LabSession, on_delete=models.CASCADE, related_name="skips")
    task_id = models.CharField(max_length=100)
    epoch = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    seq = models.PositiveIntegerField(default=0, help_text="The journal's last call before it ran.")
    problem = models.TextField(blank=True, help_text="Why it did not run, for the learner.")
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "epoch", "task_id"], name="one_skip_a_task")]

    def __str__(self) -> str:
        return f"{self.task_id} skipped ({self.state})"


class Body(models.Model):
    """A large body of calls, once, however often it was sent: the journal keeps its hash."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    data = models.BinaryField(help_text="zlib")

    def __str__(self) -> str:
        return self.sha256[:12]


class ApiCall(models.Model):
    """The journal: one row for each call of a learner, and of a start block. Written before the answer goes out.

    `request` is what a replay needs (the canonical request, zlib); it is kept for mutating calls only.
    """

    sandbox = models.ForeignKey(Sandbox, on_delete=models.CASCADE, related_name="calls")
    epoch = models.PositiveIntegerField()
    seq = models.PositiveIntegerField(help_text="1, 2, 3 … within an epoch; also the seed of the call's random ids.")
    at = models.DateTimeField()
    source = models.CharField(max_length=8, default="learner", help_text="learner | start")
    principal = models.CharField(max_length=200, blank=True, help_text="The caller's ARN, or 'anonymous'.")
    tool = models.CharField(max_length=60, blank=True, help_text="aws-cli, boto3, Terraform … from the user agent.")
    service = models.CharField(max_length=40)
    action = models.CharField(max_length=80)
    region = models.CharField(max_length=30, blank=True)
    parameters: Any = models.JSONField(default=dict)
    status = models.PositiveSmallIntegerField()
    error_code = models.CharField(max_length=120, blank=True)
    error_message = models.TextField(blank=True)
    mutating = models.BooleanField()
    milliseconds = models.FloatField()
    request_id = models.CharField(max_length=60, blank=True)
    request = models.BinaryField(null=True)
    body = models.ForeignKey(
        Body, on_delete=models.PROTECT, null=True, related_name="+", help_text="Where it is large."
    )
    undone_by = models.ForeignKey(
        "Snapshot",
        on_delete=models.SET_NULL,
        null=True,
        related_name="undone",
        help_text="The state that left it behind.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sandbox", "epoch", "seq"], name="one_row_a_call")]

    def __str__(self) -> str:
        return f"{self.service}:{self.action} {self.status}"


class Snapshot(models.Model):
    """A sandbox's whole state as it was after call `seq`, or as an undo made it then.

    The newest row and the calls after it are the present state. `data` is what a cell wrote, compressed; it is read
    back only where `signature` is this installation's own.
    """

    class Kind(models.TextChoices):
        AUTO = "auto", "Kept along the way"
        CHECKPOINT = "checkpoint", "Checkpoint"
        BEFORE = "before", "Before going back"
        BACK = "back", "Went back"

    sandbox = models.ForeignKey(Sandbox, on_delete=models.CASCADE, related_name="snapshots")
    epoch = models.PositiveIntegerField()
    seq = models.PositiveIntegerField(help_text="The last call of the journal when it was made.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.AUTO)
    label = models.CharField(max_length=100, blank=True)
    data = models.BinaryField()
    stored = models.PositiveBigIntegerField(default=0, help_text="Bytes of bodies that the state was made of.")
    signature = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["sandbox", "epoch", "-seq", "-id"])]

    def __str__(self) -> str:
        return f"{self.kind} of sandbox {self.sandbox_id} at {self.seq}"


class HomeFile(models.Model):
    """A file of the learner's home in the browser's shell, kept so that a reload or another device goes on with it.

    `version` names the content (labs/services/homes.py): whoever saves says which one they knew, so that two windows
    do not overwrite each other unseen. One that is removed has no row.
    """

    session = models.ForeignKey(LabSession, on_delete=models.CASCADE, related_name="files")
    path = models.CharField(max_length=200, help_text="Below the home: policies/role.json")
    data = models.BinaryField()
    size = models.PositiveIntegerField(help_text="Bytes.")
    version = models.CharField(max_length=32)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "path"], name="one_row_a_file")]

    def __str__(self) -> str:
        return f"{self.path} of {self.session_id}"


class ShellHistory(models.Model):
    """The lines that a person ran in the browser's shell, the oldest first: for each lab, and for each lab of an exam."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    place = models.CharField(max_length=100, help_text="The lab's slug; in an exam, the session.")
    lines: Any = models.JSONField(default=list)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "place"], name="one_history_a_place")]

    def __str__(self) -> str:
        return f"{self.place} of {self.user_id}"


class Job(models.Model):
    """Work to do: written in the transaction that wants it, run by whichever worker holds the lease (labs/jobs.py)."""

    class State(models.TextChoices):
        READY = "ready", "Ready"
        LEASED = "leased", "Leased"
        DONE = "done", "Done"
        DEAD = "dead", "Given up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120, unique=True, help_text="The same work twice is one row.")
    payload: Any = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.READY)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "not_before"]), models.Index(fields=["state", "lease_until"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} ({self.state})"


# What is written in the browser has a room of its own.
from labs.workspaces.models import (  # noqa: E402
    Draft,
    DraftFile,
    ProofRun,
    Version,
    Workspace,
    WorkspaceMember,
)

__all__ = [
    "ApiCall",
    "AuditEntry",
    "Body",
    "Draft",
    "DraftFile",
    "Grading",
    "HintReveal",
    "HomeFile",
    "Job",
    "LabRevision",
    "LabSession",
    "OutboxEvent",
    "ProofRun",
    "Sandbox",
    "ShellHistory",
    "Snapshot",
    "TaskResult",
    "TaskSkip",
    "Version",
    "Workspace",
    "WorkspaceMember",
]
