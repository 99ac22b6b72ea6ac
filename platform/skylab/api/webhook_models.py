"""Where events go: the address that somebody gave, and each delivery to it, with what came of it."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models

from labs.models import OutboxEvent


class Webhook(models.Model):
    """An address that is told what happens, on behalf of whoever teaches."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=500)
    kinds: Any = models.JSONField(default=list, help_text="Kinds of events (labs.outbox.KINDS); none: all.")
    secret = models.CharField(max_length=80, help_text="whsec_…: signs, and so is kept as it is.")
    secret_before = models.CharField(max_length=80, blank=True, help_text="Signs too, until secret_until.")
    secret_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)
    disabled_why = models.CharField(max_length=200, blank=True)
    failing_since = models.DateTimeField(null=True, help_text="Since the last delivery that arrived.")

    def __str__(self) -> str:
        return f"{self.url} of {self.user_id}"


class Delivery(models.Model):
    """One event to one address: the queue and the log in one."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        ARRIVED = "arrived", "Arrived"
        FAILED = "failed", "Given up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="+")
    body = models.TextField(help_text="As it is signed and sent, each time the same.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP; null: nobody answered.")
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["webhook", "event"], name="one_delivery_an_event")]
        indexes = [models.Index(fields=["webhook", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.webhook_id} ({self.state})"
