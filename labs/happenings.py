"""The rows of what happened: events for others to hear of, and the audit log, which nobody changes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models


class OutboxEvent(models.Model):
    """Something happened: written in the transaction that made it so, told to others after that (labs/outbox.py)."""

    kind = models.CharField(max_length=40)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Whom it is about."
    )
    subject = models.CharField(max_length=200, help_text="What it is about: the id of a session, an attempt …")
    data: Any = models.JSONField(default=dict)
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, help_text="When whoever listens had it written down.")

    class Meta:
        indexes = [models.Index(fields=["told_at", "id"]), models.Index(fields=["at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class AuditEntry(models.Model):
    """Who did what on what, from where, when and why. The database refuses to change or delete a row (labs/audit.py).

    `digest` is over this row and the digest of the one before: a row that was changed all the same breaks the chain.
    """

    number = models.PositiveBigIntegerField(primary_key=True, help_text="1, 2, 3 …")
    at = models.CharField(max_length=40, help_text="ISO 8601, UTC: text, as the digest is over it.")
    actor_id = models.BigIntegerField(null=True, help_text="No key: people go, and what they did stays.")
    actor = models.CharField(max_length=150, help_text="Their name then; a command; or the system.")
    act = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    origin = models.CharField(max_length=64, blank=True, help_text="The address that it came from.")
    reason = models.CharField(max_length=400, blank=True)
    data: Any = models.JSONField(default=dict)
    before = models.CharField(max_length=64, help_text="The digest of the entry before.")
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.number} {self.act} {self.subject}"
