"""The pages of one's tokens, and of the webhooks of who teaches."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from labs.outbox import KINDS
from labs.web import act, page, person, signed_in
from skylab.api import tokens, webhooks

MOST_SENT = 100


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def tokens_page(request: HttpRequest) -> HttpResponse:
    """Show one's tokens; make one, and show it this once."""
    user, now = person(request), timezone.now()
    if request.method != "POST":
        return _shown(request, {})
    days = request.POST.get("days", "")
    wish: dict[str, Any] = {"name": request.POST.get("name", ""), "scopes": request.POST.getlist("scopes")}
    try:
        number = int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0
        made, text = tokens.make(user=user, days=number, now=now, **wish)
    except (tokens.BadToken, tokens.TooMuch) as refusal:
        return _shown(request, {"problem": str(refusal), "given": wish | {"days": days}}, refusal.status)
    return _shown(request, {"made": made, "text": text})


@act
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """End a token."""
    tokens.revoke(user=person(request), token_id=token_id, now=timezone.now())
    messages.success(request, "The token is revoked: it opens nothing any more.")
    return redirect("api_tokens_page")


def _shown(request: HttpRequest, more: dict[str, Any], status: int = 200) -> HttpResponse:
    user = person(request)
    chosen = more.get("given", {}).get("scopes", ["read"])
    context = {
        "tokens": tokens.tokens_of(user).order_by("-created_at", "-pk"),
        "scopes": [
            {"name": one, "about": tokens.SCOPES[one], "chosen": one in chosen} for one in tokens.scopes_of(user)
        ],
        "most_days": tokens.MOST_DAYS,
        "now": timezone.now(),
        "given": {},
        **more,
    }
    return render(request, "api/tokens.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def webhooks_page(request: HttpRequest) -> HttpResponse:
    """Show one's webhooks; make one, and show its secret this once."""
    user = _teacher(request)
    if request.method != "POST":
        return _hooks(request, {})
    wish: dict[str, Any] = {"url": request.POST.get("url", ""), "kinds": request.POST.getlist("kinds")}
    try:
        made = webhooks.make(user=user, now=timezone.now(), **wish)
    except webhooks.BadWebhook as refusal:
        return _hooks(request, {"problem": str(refusal), "given": wish}, refusal.status)
    return _hooks(request, {"made": made})


@never_cache
@page
def webhook_page(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Show what was sent to a webhook, and what came of it."""
    user = _teacher(request)
    found = webhooks.get_webhook(user, webhook_id)
    sent = webhooks.deliveries_of(user, webhook_id).order_by("-created_at")[:MOST_SENT]
    return render(request, "api/webhook.html", {"webhook": found, "deliveries": sent, "most": MOST_SENT})


@act
def webhook_act(request: HttpRequest, webhook_id: int, what: str) -> HttpResponse:
    """Switch a webhook on or off, change its secret, delete it, send something once more."""
    user, now = _teacher(request), timezone.now()
    found = webhooks.get_webhook(user, webhook_id)
    same = {"user": user, "webhook_id": webhook_id, "now": now}
    match what:
        case "on" | "off":
            webhooks.change(url=found.url, kinds=found.kinds, enabled=what == "on", **same)
        case "secret":
            return _hooks(request, {"made": webhooks.change_secret(**same)})
        case "delete":
            webhooks.delete(**same)
            messages.success(request, "The webhook is deleted.")
            return redirect("api_webhooks_page")
        case "replay":
            webhooks.replay(delivery_id=_uuid(request.POST.get("delivery", "")), **same)
            messages.success(request, "It is sent once more.")
        case _:
            raise Http404
    return redirect("api_webhook_page", webhook_id)


def _teacher(request: HttpRequest) -> Any:
    """Return who asks; 404 for who does not teach."""
    if not person(request).teaches:
        raise Http404("There is nothing at this address.")
    return person(request)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404("There is no such delivery.") from None


def _hooks(request: HttpRequest, more: dict[str, Any], status: int = 200) -> HttpResponse:
    chosen = more.get("given", {}).get("kinds", [])
    context = {
        "webhooks": webhooks.webhooks_of(person(request)).order_by("-created_at"),
        "kinds": [{"name": name, "about": about, "chosen": name in chosen} for name, about in KINDS.items()],
        "given": {},
        **more,
    }
    return render(request, "api/webhooks.html", context, status=status)
