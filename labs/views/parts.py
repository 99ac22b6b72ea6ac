"""The parts of the workspace, each an address of its own, and the stream that says which of them is out of date."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render

from labs import events, selectors
from labs.billing import words
from labs.billing.prices import prices
from labs.connect import keys, snippets
from labs.sandboxes import Unavailable
from labs.views.common import about_session, about_tasks, hold_practice
from labs.web import page, to_login


@page
def session_status(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return state, points and time left; the whole page anew once the session has come into another phase."""
    found = selectors.get_session_for(request.user, session_id)
    context = about_session(request, found)
    waits = context["phase"] in ("waiting", "ending")
    response = render(request, "labs/_wait.html" if waits else "labs/_status.html", context)
    if request.GET.get("phase") != context["phase"]:
        response["HX-Refresh"] = "true"
    return response


@page
def session_tasks(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return the tasks as they stand."""
    found = selectors.get_session_for(request.user, session_id)
    context = about_session(request, found)
    if context["phase"] == "over":
        hold_practice(found)
    return render(request, "labs/_tasks.html", context | about_tasks(found, context["lab"]) | {"fragment": True})


@page
def session_bill(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return what the sandbox would cost on AWS: a sentence and its lines, or JSON for whoever accepts only that."""
    found = selectors.get_session_for(request.user, session_id)
    as_json = request.accepts("application/json") and not request.accepts("text/html")
    try:
        made = selectors.bill_of(found) if found.is_ready else None
    except Unavailable:
        made = None
    if as_json:
        return JsonResponse(
            made.to_dict() if made else {"error": "The sandbox does not answer."}, status=200 if made else 503
        )
    context: dict[str, Any] = {"bill": made, "region": prices().region, "hours": f"{prices().hours:g}"}
    if made:
        context |= {"sentence": words.sentence(made), "rows": words.rows(made)}
    return render(request, "labs/_bill.html", context)


@page
def session_connect(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return what the learner's tools need: the keys are theirs alone, whoever else may read the session."""
    found = selectors.get_own_session(request.user, session_id)
    if not found.is_ready:
        raise Http404("This session has no sandbox to connect to.")
    credentials = selectors.credentials_for(found)
    return render(request, "labs/_connect.html", {"keys": keys(credentials), "snippets": snippets(credentials)})


async def session_events(request: HttpRequest, session_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """Stream what happens in a session, as server-sent events: types only, the page fetches what they are about."""
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    user = await request.auser()
    if not user.is_authenticated:
        return to_login(request)
    # Who may listen is settled before the stream: below this line there is no database on the loop.
    found = await sync_to_async(selectors.get_session_for)(user, session_id)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(_stream(found.pk), content_type="text/event-stream", headers=headers)


async def _stream(session_id: UUID) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    # A page that leaves ends its subscription now, not when the collector comes by.
    async with aclosing(events.listen(session_id)) as messages:
        async for message in messages:
            yield f"data: {message}\n\n" if message else ": ping\n\n"
