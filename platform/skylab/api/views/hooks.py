"""Webhooks, for who teaches; the audit log, for operators."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labs import audit
from skylab.api import shapes, webhooks
from skylab.api.views.base import endpoint, numbered, read_body, rows


class Webhooks(APIView):
    @endpoint("list_webhooks", shapes.WebhookRow, many=True, scope="teach", tag="webhooks")
    def get(self, request: Request) -> Response:
        """Your webhooks."""
        return rows(request, webhooks.webhooks_of(request.user), "created_at", shapes.WebhookRow)

    @endpoint("make_webhook", shapes.NewWebhook, status=201, body=shapes.WebhookWish, scope="teach", tag="webhooks")
    def post(self, request: Request) -> Response:
        """Make a webhook. What it is signed with is in this answer, and never again."""
        wish = read_body(shapes.WebhookWish, request)
        made = webhooks.make(user=request.user, now=timezone.now(), **wish)
        return Response(shapes.NewWebhook(made).data, status=201)


class Webhook(APIView):
    @endpoint("get_webhook", shapes.WebhookRow, scope="teach", tag="webhooks")
    def get(self, request: Request, webhook_id: int) -> Response:
        """A webhook."""
        return Response(shapes.WebhookRow(webhooks.get_webhook(request.user, webhook_id)).data)

    @endpoint("change_webhook", shapes.WebhookRow, body=shapes.WebhookChange, scope="teach", tag="webhooks")
    def put(self, request: Request, webhook_id: int) -> Response:
        """Say where a webhook sends what; switch it on or off."""
        wish = read_body(shapes.WebhookChange, request)
        found = webhooks.change(user=request.user, webhook_id=webhook_id, now=timezone.now(), **wish)
        return Response(shapes.WebhookRow(found).data)

    @endpoint("delete_webhook", None, status=204, scope="teach", tag="webhooks")
    def delete(self, request: Request, webhook_id: int) -> Response:
        """Delete a webhook, with its log."""
        webhooks.delete(user=request.user, webhook_id=webhook_id, now=timezone.now())
        return Response(status=204)


class Secret(APIView):
    @endpoint("change_webhook_secret", shapes.NewWebhook, scope="teach", tag="webhooks")
    def post(self, request: Request, webhook_id: int) -> Response:
        """Give a webhook another secret. For a day what is sent is signed with both."""
        found = webhooks.change_secret(user=request.user, webhook_id=webhook_id, now=timezone.now())
        return Response(shapes.NewWebhook(found).data)


class Deliveries(APIView):
    @endpoint("list_deliveries", shapes.DeliveryRow, many=True, scope="teach", tag="webhooks")
    def get(self, request: Request, webhook_id: int) -> Response:
        """What was sent to a webhook, and what came of it; the newest first."""
        return rows(request, webhooks.deliveries_of(request.user, webhook_id), "created_at", shapes.DeliveryRow)


class Replay(APIView):
    @endpoint("replay_delivery", shapes.DeliveryRow, status=202, scope="teach", tag="webhooks")
    def post(self, request: Request, webhook_id: int, delivery_id: UUID) -> Response:
        """Send it once more, under the same webhook-id."""
        found = webhooks.replay(user=request.user, webhook_id=webhook_id, delivery_id=delivery_id, now=timezone.now())
        return Response(shapes.DeliveryRow(found).data, status=202)


class Audit(APIView):
    @endpoint("list_audit", shapes.AuditRow, many=True, scope="operate", tag="people")
    def get(self, request: Request) -> Response:
        """The audit log, the newest first."""
        return numbered(request, audit.entries(), shapes.AuditRow)
