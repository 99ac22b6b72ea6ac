"""What programs hold of people: tokens; and where events go (webhook_models.py)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models

from skylab.api.webhook_models import Delivery, Webhook

__all__ = ["Delivery", "Token", "Webhook"]


class Token(models.Model):
    """The right of a program to act for a person, within scopes. What the program shows is kept as its hash alone."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    start = models.CharField(max_length=16, help_text="The first letters, to know it by.")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the whole, hex.")
    scopes: Any = models.JSONField(default=list)
    made_by = models.ForeignKey(
        "self", null=True, on_delete=models.CASCADE, related_name="made", help_text="The token that asked for it."
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.start}… of {self.user_id}"

    def holds(self, now: datetime) -> bool:
        """Return whether it opens anything."""
        return self.revoked_at is None and now < self.expires_at
