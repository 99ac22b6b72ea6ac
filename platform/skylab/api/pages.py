"""The page of one's tokens."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from labs.web import act, person, signed_in
from skylab.api import tokens


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def tokens_page(request: HttpRequest) -> HttpResponse:
    """Show one's tokens; make one, and show it this once."""
    user, now = person(request), timezone.now()
    if request.method != "POST":
        return _shown(request, {})
    days = request.POST.get("days", "")
    wish = {"name": request.POST.get("name", ""), "scopes": request.POST.getlist("scopes")}
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
