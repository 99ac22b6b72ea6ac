"""What authors write by hand, and what became of it. Rows are made and changed by the services beside this file."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q


class Workspace(models.Model):
    """A shelf of drafts that belongs to its members."""

    name = models.CharField(max_length=80)
    people: Any = models.ManyToManyField(settings.AUTH_USER_MODEL, through="WorkspaceMember", related_name="workspaces")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        app_label = "labs"

    def __str__(self) -> str:
        return self.name


class WorkspaceMember(models.Model):
    """Somebody who may write in a workspace, as long as they teach."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        app_label = "labs"
        constraints = [models.UniqueConstraint(fields=["workspace", "user"], name="one_row_a_member")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.workspace_id}"


class Draft(models.Model):
    """A piece of content as it is being written. Its slug is nobody else's, in no workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="drafts")
    kind = models.CharField(max_length=10, default="lab", help_text="labs.workspaces.kinds")
    slug = models.CharField(max_length=60)
    edits = models.PositiveIntegerField(default=1, help_text="Whoever saves says which one they knew.")
    published = models.ForeignKey("Version", on_delete=models.PROTECT, null=True, related_name="+")
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    edited_at = models.DateTimeField()
    created_at = models.DateTimeField()

    class Meta:
        app_label = "labs"
        constraints = [models.UniqueConstraint(fields=["kind", "slug"], name="one_draft_a_slug")]

    def __str__(self) -> str:
        return f"{self.kind} {self.slug}"


class DraftFile(models.Model):
    """A file of a draft: lab.md, checks.py."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=60)
    text = models.TextField(blank=True)

    class Meta:
        app_label = "labs"
        constraints = [models.UniqueConstraint(fields=["draft", "name"], name="one_row_a_draft_file")]

    def __str__(self) -> str:
        return f"{self.name} of {self.draft_id}"


class Version(models.Model):
    """What was published once. It never changes; going back is publishing an old one again, as a new version."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(help_text="1, 2, 3 …")
    revision = models.CharField(max_length=64, help_text="SHA-256 of the texts, hex.")
    files: Any = models.JSONField(help_text="Texts by the file's name.")
    note = models.CharField(max_length=200, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField()
    proof = models.ForeignKey("ProofRun", on_delete=models.PROTECT, null=True, related_name="+")
    unproven = models.TextField(blank=True, help_text="Why an operator published it without a proof.")
    again = models.PositiveIntegerField(null=True, help_text="The version that was published again.")

    class Meta:
        app_label = "labs"
        constraints = [models.UniqueConstraint(fields=["draft", "number"], name="one_row_a_version")]

    def __str__(self) -> str:
        return f"{self.draft_id} version {self.number}"


class ProofRun(models.Model):
    """A proof of a draft's text as it stood when it was asked for."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        PROVEN = "proven", "Proven"
        BROKEN = "broken", "Not proven"
        FAULT = "fault", "Our fault"
        CANCELLED = "cancelled", "Stopped"

    OPEN = (State.QUEUED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="proofs")
    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="proofs")
    revision = models.CharField(max_length=64)
    files: Any = models.JSONField(help_text="Texts by the file's name.")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    stopping = models.BooleanField(default=False, help_text="Somebody asked it to stop.")
    played = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    doing = models.CharField(max_length=120, blank=True, help_text="What is being played.")
    report: Any = models.JSONField(default=dict, help_text="labs.workspaces.reports")
    sandboxes: Any = models.JSONField(default=list, help_text="Numbers of the sandboxes that it had.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "labs"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace"], condition=Q(state__in=["queued", "running"]), name="one_open_proof_a_workspace"
            )
        ]
        indexes = [models.Index(fields=["draft", "-asked_at"])]

    def __str__(self) -> str:
        return f"proof of {self.draft_id} ({self.state})"

    @property
    def is_open(self) -> bool:
        """Return whether its end is still to come."""
        return self.state in self.OPEN
