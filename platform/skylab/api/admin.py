"""Tokens and webhooks for operators, to read: never what opens or signs."""

from __future__ import annotations

from django.contrib import admin

from labs.admin import ReadOnly
from skylab.api.models import Delivery, Token, Webhook


@admin.register(Token)
class TokenAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "user", "start", "scopes", "expires_at", "last_used_at", "revoked_at")
    search_fields = ("name", "user__username", "start")
    list_select_related = ("user",)
    exclude = ("digest",)


@admin.register(Webhook)
class WebhookAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("url", "user", "created_at", "failing_since", "disabled_at", "disabled_why")
    search_fields = ("url", "user__username")
    list_select_related = ("user",)
    exclude = ("secret", "secret_before")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("created_at", "webhook", "event", "state", "attempts", "status", "problem")
    list_filter = ("state",)
    list_select_related = ("webhook", "event")
    show_full_result_count = False
