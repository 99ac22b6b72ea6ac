"""The Inbox tab: what the sandbox has sent to people and endpoints, and the yes that a subscription waits for."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.contrib import messages as toasts
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from labs import selectors, services
from labs.inbox import messages, unread
from labs.models import LabSession
from labs.sandboxes import Unavailable
from labs.web import act, fragment_wanted, page


@page
def session_inbox(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return what was sent, newest first; or only how much of it is unread."""
    found = selectors.get_session_for(request.user, session_id)
    if not found.is_ready:
        if fragment_wanted(request):
            raise Http404("This session has no sandbox.")
        return redirect("session", found.pk)
    if request.GET.get("part") == "count":
        return render(request, "labs/_inbox_count.html", _count(found))
    return _show(request, found)


@act
def session_inbox_seen(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Note that the owner has looked."""
    found = selectors.get_own_session(request.user, session_id)
    until = request.POST.get("until", "")
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", until):
        services.note_inbox_seen(session=found, until=float(until))
        found.refresh_from_db()
    return render(request, "labs/_inbox_count.html", _count(found)) if found.is_ready else HttpResponse(status=204)


@act
def session_confirm(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Confirm a subscription as the learner."""
    found = selectors.get_own_session(request.user, session_id)
    topic, token = request.POST.get("topic", "")[:300], request.POST.get("token", "")[:500]
    saved = services.confirm_subscription(session=found, topic=topic, token=token)
    said = (
        f"AWS refused it: {saved.fault.message}"
        if saved.fault
        else "Confirmed: messages of this topic come from now on"
    )
    if not fragment_wanted(request):
        toasts.success(request, f"{said}.")
        return redirect("session_inbox", found.pk)
    response = _show(request, found)
    response["HX-Trigger"] = json.dumps({"announce": said})
    return response


def _show(request: HttpRequest, session: LabSession) -> HttpResponse:
    seen = session.inbox_seen_at.timestamp() if session.inbox_seen_at else 0.0
    context: dict[str, Any] = {"session": session, "may_act": session.user_id == request.user.pk}
    try:
        sent = selectors.inbox_of(session)
        confirmed = _confirmed(session) if any(one.more.get("kind") == "confirmation" for one in sent) else []
        context["found"] = messages(sent, seen=seen, confirmed=confirmed)
    except (Unavailable, BotoCoreError, ClientError):
        context["away"] = True
    if not fragment_wanted(request):
        return render(request, "labs/inbox.html", context | {"lab": selectors.lab_of(session)})
    return render(request, "labs/_inbox.html", context)


def _confirmed(session: LabSession) -> list[tuple[str, str]]:
    """Return (topic, endpoint) of what waits no more."""
    listed = selectors.account_of(session).read("sns", "list_subscriptions").get("Subscriptions", [])
    return [(one["TopicArn"], one.get("Endpoint", "")) for one in listed if one["SubscriptionArn"].startswith("arn:")]


def _count(session: LabSession) -> dict[str, Any]:
    seen = session.inbox_seen_at.timestamp() if session.inbox_seen_at else 0.0
    try:
        return {"session": session, "unread": unread(selectors.inbox_of(session), seen)}
    except Unavailable:
        return {"session": session, "unread": 0}
