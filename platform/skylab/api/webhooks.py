"""Webhooks: events to addresses of others, signed (Standard Webhooks), tried again, and switched off where nobody answers.

An event becomes a Delivery of each webhook that wants it, in the transaction that marks it as told; a job delivers it, and
asks for itself again after each failure, later and later. So nothing is lost that was written, and what arrives twice has
the same `webhook-id`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import random
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse

from courses.classes.who import may_read
from courses.services import notices
from labs import audit, jobs, outbox
from labs.models import OutboxEvent
from labs.refusals import Refusal
from skylab.api import posting
from skylab.api.models import Delivery, Webhook

logger = logging.getLogger(__name__)

JOB: Final = "webhook"
# After each failure: 5 s, 30 s, 2 min, 15 min, 1 h, 4 h, 12 h, with up to a fifth more, so that not all come at once.
BACKOFF: Final = tuple(timedelta(seconds=one) for one in (5, 30, 120, 900, 3600, 4 * 3600, 12 * 3600))
JITTER: Final = 0.2
# Nothing arrived for so long: switched off, and the owner is told.
PATIENCE: Final = timedelta(days=3)
OVERLAP: Final = timedelta(days=1)  # for which the secret before signs, too
MOST: Final = 10


class BadWebhook(Refusal):
    """What was asked for is no webhook."""

    status = 422


class Disabled(Refusal):
    """Nothing is sent to a webhook that is switched off."""


# --- Owning ---------------------------------------------------------------------------------------------------------


def webhooks_of(user: Any) -> QuerySet[Webhook]:
    """Return a person's webhooks."""
    return Webhook.objects.filter(user_id=user.pk)


def get_webhook(user: Any, webhook_id: int) -> Webhook:
    """Return a webhook of the person's own. Raises Http404."""
    found = webhooks_of(user).filter(pk=webhook_id).first()
    if found is None:
        raise Http404("There is no such webhook.")
    return found


def deliveries_of(user: Any, webhook_id: int) -> QuerySet[Delivery]:
    """Return what was sent to a webhook, and what is to be. Raises Http404."""
    return Delivery.objects.filter(webhook=get_webhook(user, webhook_id)).select_related("event")


def make(*, user: Any, url: str, kinds: Sequence[str] = (), now: datetime) -> Webhook:
    """Make a webhook; its secret is in what is returned. Raises BadWebhook."""
    _hold(url, kinds)
    with transaction.atomic():
        if webhooks_of(user).count() >= MOST:
            raise BadWebhook(f"You have {MOST} webhooks. Delete one that you do not need.")
        made = Webhook.objects.create(
            user_id=user.pk, url=url, kinds=sorted(set(kinds)), secret=_secret(), created_at=now
        )
        audit.write(actor=user, act="webhook.made", subject=f"webhook {made.pk}", data={"url": url}, now=now)
    return made


def change(*, user: Any, webhook_id: int, url: str, kinds: Sequence[str], enabled: bool, now: datetime) -> Webhook:
    """Change where a webhook sends what, or switch it on or off. Raises Http404, BadWebhook."""
    _hold(url, kinds)
    with transaction.atomic():
        found = get_webhook(user, webhook_id)
        found.url, found.kinds = url, sorted(set(kinds))
        if enabled:
            found.disabled_at, found.disabled_why, found.failing_since = None, "", None
        elif found.disabled_at is None:
            found.disabled_at, found.disabled_why = now, "Switched off by hand."
        found.save(update_fields=["url", "kinds", "disabled_at", "disabled_why", "failing_since"])
        told = {"url": url, "enabled": enabled}
        audit.write(actor=user, act="webhook.changed", subject=f"webhook {found.pk}", data=told, now=now)
    return found


def delete(*, user: Any, webhook_id: int, now: datetime) -> None:
    """Delete a webhook, with its log. Raises Http404."""
    with transaction.atomic():
        found = get_webhook(user, webhook_id)
        told = {"url": found.url}
        audit.write(actor=user, act="webhook.deleted", subject=f"webhook {found.pk}", data=told, now=now)
        found.delete()


def change_secret(*, user: Any, webhook_id: int, now: datetime) -> Webhook:
    """Give a webhook another secret. For OVERLAP the one before signs, too. Raises Http404."""
    with transaction.atomic():
        found = get_webhook(user, webhook_id)
        found.secret_before, found.secret, found.secret_until = found.secret, _secret(), now + OVERLAP
        found.save(update_fields=["secret_before", "secret", "secret_until"])
        audit.write(actor=user, act="webhook.secret_changed", subject=f"webhook {found.pk}", now=now)
    return found


def replay(*, user: Any, webhook_id: int, delivery_id: Any, now: datetime) -> Delivery:
    """Send a delivery once more, under the same id. Raises Http404, Disabled."""
    with transaction.atomic():
        webhook = get_webhook(user, webhook_id)
        found = webhook.deliveries.filter(pk=delivery_id).first()
        if found is None:
            raise Http404("There is no such delivery.")
        if webhook.disabled_at:
            raise Disabled("This webhook is switched off. Switch it on, and send it then.")
        Delivery.objects.filter(pk=found.pk).update(state=Delivery.State.WAITING, attempts=0)
        _enqueue(found, now=now)
    found.refresh_from_db()
    return found


def _hold(url: str, kinds: Sequence[str]) -> None:
    if unknown := [one for one in kinds if one not in outbox.KINDS]:
        raise BadWebhook(f"There is no kind of event {unknown[0]}. There are: {', '.join(outbox.KINDS)}.")
    if len(url) > 500:
        raise BadWebhook("This address is too long.")
    try:
        posting.hold_public(url)
    except posting.Refused as refused:
        raise BadWebhook(str(refused)) from refused


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


# --- Delivering -----------------------------------------------------------------------------------------------------


@outbox.listens
def _heard(event: OutboxEvent, now: datetime) -> None:
    """Write a delivery for each webhook that wants the event."""
    for webhook in Webhook.objects.filter(disabled_at=None, user__is_active=True).select_related("user"):
        if (not webhook.kinds or event.kind in webhook.kinds) and may_hear(webhook.user, event):
            made = Delivery.objects.create(webhook=webhook, event=event, body=body_of(event), created_at=now)
            _enqueue(made, now=now)


def may_hear(owner: Any, event: OutboxEvent) -> bool:
    """Return whether an event is for a webhook's owner: who teaches hears of their own learners, as the pages show them."""
    return bool(owner.teaches) and (event.user_id == owner.pk or may_read(owner, event.user_id))


def body_of(event: OutboxEvent) -> str:
    """Return what is sent."""
    told = {"user": event.user_id, "subject": event.subject, **event.data}
    return json.dumps({"type": event.kind, "timestamp": event.at.astimezone(UTC).isoformat(), "data": told})


def signature(secret: str, delivery_id: object, timestamp: int, body: str) -> str:
    """Return a signature as the header has it: v1,base64(HMAC-SHA256(id.timestamp.body))."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{delivery_id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _enqueue(delivery: Delivery, *, now: datetime, delay: timedelta = timedelta(0)) -> None:
    payload = {"delivery": str(delivery.pk)}
    jobs.enqueue(kind=JOB, key=f"{JOB}:{delivery.pk}", payload=payload, now=now, delay=delay)


def _dead(payload: dict[str, Any], now: datetime) -> None:
    """Something of ours broke three times: it stands in the log, and can be sent again."""
    Delivery.objects.filter(pk=payload["delivery"], state=Delivery.State.WAITING).update(
        state=Delivery.State.FAILED, problem="Our fault: it could not be sent.", last_at=now
    )


@jobs.handles(JOB, dead=_dead)
def _deliver(lease: jobs.Lease) -> None:
    found = Delivery.objects.select_related("webhook__user", "event").filter(pk=lease.payload["delivery"]).first()
    sends = found is not None and found.state == Delivery.State.WAITING and found.webhook.disabled_at is None
    allowed = sends and found is not None and found.webhook.user.is_active and may_hear(found.webhook.user, found.event)
    status, problem = (
        _send(found, lease.now()) if found is not None and allowed else (None, "Not for its owner any more.")
    )
    now = lease.now()
    with jobs.finish(lease, now=now):
        if found is not None and sends:
            _note(found, status, problem, final=not allowed, now=now)


def _send(delivery: Delivery, now: datetime) -> tuple[int | None, str]:
    """Send; return the status, and what went wrong, or ""."""
    webhook, stamp = delivery.webhook, int(now.timestamp())
    keys = [webhook.secret]
    if webhook.secret_before and webhook.secret_until and now < webhook.secret_until:
        keys.append(webhook.secret_before)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Skylab-Webhooks/1",
        "webhook-id": str(delivery.pk),
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(signature(key, delivery.pk, stamp, delivery.body) for key in keys),
    }
    try:
        answer = posting.post(webhook.url, delivery.body.encode(), headers)
    except posting.Refused as refused:
        return None, str(refused)
    except (OSError, ValueError) as error:
        return None, f"Nobody answered: {error or type(error).__name__}"
    if 200 <= answer.status < 300:
        return answer.status, ""
    if 300 <= answer.status < 400:
        return answer.status, "It answered with a redirect, which is not followed."
    return answer.status, f"It answered: {answer.text[:200]}"


def _note(delivery: Delivery, status: int | None, problem: str, *, final: bool, now: datetime) -> None:
    attempts = delivery.attempts + 1
    over = final or attempts > len(BACKOFF)
    state = Delivery.State.FAILED if problem and over else Delivery.State.WAITING if problem else Delivery.State.ARRIVED
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state, attempts=attempts, status=status, problem=problem.replace("\0", "")[:300], last_at=now
    )
    mine = Webhook.objects.filter(pk=delivery.webhook_id)
    if not problem:
        mine.update(failing_since=None)
        return
    if not over:
        wait = BACKOFF[attempts - 1] * (1 + random.random() * JITTER)  # noqa: S311 - spreads, and keeps no secret
        _enqueue(delivery, now=now, delay=wait)
    mine.filter(failing_since=None).update(failing_since=now)
    why = f"Nothing arrived for {PATIENCE.days} days."
    late = mine.filter(disabled_at=None, failing_since__lte=now - PATIENCE)
    if late.update(disabled_at=now, disabled_why=why):
        webhook = delivery.webhook
        audit.write(actor=None, act="webhook.disabled", subject=f"webhook {webhook.pk}", reason=why, now=now)
        notices.tell(
            user=webhook.user,
            key=f"webhook:{webhook.pk}:{now.date()}",
            subject="A webhook of yours was switched off",
            text=f"Nothing that we sent to {webhook.url} arrived for {PATIENCE.days} days. The last time: {problem}",
            url=reverse("api_webhooks_page"),
            now=now,
        )
