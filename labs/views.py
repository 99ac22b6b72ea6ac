"""The pages of labs: read about one, start it, work in it. Each part of the workspace is an address of its own.

Whoever may see a session is decided in one place, `selectors.get_session_for`; only its owner may act in it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from labs import events, present, selectors, services
from labs.billing import words
from labs.billing.prices import prices
from labs.connect import keys, snippets
from labs.inventory import inventory
from labs.models import ApiCall, Grading, LabSession
from labs.sandboxes import Unavailable
from labs.web import act, fragment_wanted, page, to_login

# What the page shows in each state: another phase is another page.
PHASES = {
    LabSession.State.QUEUED: "waiting",
    LabSession.State.STARTING: "waiting",
    LabSession.State.READY: "working",
    LabSession.State.EXPIRING: "ending",
    LabSession.State.ENDED: "over",
    LabSession.State.FAILED: "over",
}
LOG_ROWS = 200


# --- Before ------------------------------------------------------------------------------------------------------


@require_safe
def lab(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a lab to read: story, tasks, time. Nothing is started."""
    found = present.sample(selectors.get_lab(slug))
    open_ = selectors.open_session(request.user, slug) if request.user.is_authenticated else None
    state = selectors.lab_progress(request.user).get(slug) if request.user.is_authenticated else None
    context = {
        "lab": found,
        "intro": present.intro(found),
        "open": open_,
        "left": open_.seconds_left(timezone.now()) if open_ else None,
        "best": state,
    }
    return render(request, "labs/lab.html", context)


@act
def lab_start(request: HttpRequest, slug: str) -> HttpResponse:
    """Start a lab, or go to the one that is open."""
    try:
        session = services.start_session(user=request.user, slug=slug, now=timezone.now())
    except services.SessionAlreadyOpen as already:
        session = already.session
    return redirect("session", session.pk)


# --- The workspace -------------------------------------------------------------------------------------------------


@page
def session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Show a session: waiting, at work, or over."""
    found = selectors.get_session_for(request.user, session_id)
    context = _context(request, found)
    phase = context["phase"]
    if phase == "over":
        _hold_practice(found)  # its solutions, too, are for practice
    if phase in ("waiting", "ending"):
        return render(request, "labs/session_wait.html", context)
    context |= _tasks(found, context["lab"]) | _log(found)
    if phase == "over":
        return render(request, "labs/session_over.html", context)
    credentials = selectors.credentials_for(found)
    context |= {"keys": keys(credentials), "snippets": snippets(credentials)}
    context["extensions_left"] = selectors.extensions_left(found)
    return render(request, "labs/session.html", context)


@page
def session_status(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return state, points and time left; the whole page anew once the session has come into another phase."""
    found = selectors.get_session_for(request.user, session_id)
    context = _context(request, found)
    waits = context["phase"] in ("waiting", "ending")
    response = render(request, "labs/_wait.html" if waits else "labs/_status.html", context)
    if request.GET.get("phase") != context["phase"]:
        response["HX-Refresh"] = "true"
    return response


@page
def session_tasks(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return the tasks as they stand."""
    found = selectors.get_session_for(request.user, session_id)
    context = _context(request, found)
    if context["phase"] == "over":
        _hold_practice(found)
    return render(request, "labs/_tasks.html", context | _tasks(found, context["lab"]) | {"fragment": True})


@page
def session_resources(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return what exists in the sandbox."""
    found = selectors.get_session_for(request.user, session_id)
    about = selectors.lab_of(found)
    wanted = selectors.services_in_use(found)
    context: dict[str, Any] = {"empty": present.empty(about.services)}
    try:
        context["groups"] = inventory(selectors.account_of(found), wanted) if found.is_ready else []
    except Unavailable:
        context["empty"] = present.Empty(
            "The sandbox does not answer just now", "That is our fault. This list fills as soon as it is back.", ""
        )
    return render(request, "labs/_resources.html", context)


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
def session_log(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return the calls, newest first."""
    found = selectors.get_session_for(request.user, session_id)
    part = "labs/_call_count.html" if request.GET.get("part") == "count" else "labs/_log.html"
    return render(request, part, _log(found) | {"fragment": True})


@page
def session_connect(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Return what the learner's tools need."""
    found = selectors.get_session_for(request.user, session_id)
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


# --- Acts ------------------------------------------------------------------------------------------------------------


@act
def session_check(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Ask for a grading."""
    found = _own(request, session_id)
    services.request_grading(session=found, trigger=Grading.Trigger.ASKED, now=timezone.now())
    if not fragment_wanted(request):
        return redirect("session", found.pk)
    context = _context(request, found)
    return render(request, "labs/_verdict.html", context | _tasks(found, context["lab"]))


@act
def session_hint(request: HttpRequest, session_id: UUID, task_id: str) -> HttpResponse:
    """Reveal the next hint of a task."""
    found = _own(request, session_id)
    services.reveal_hint(session=found, task_id=task_id, now=timezone.now())
    if not fragment_wanted(request):
        return redirect("session", found.pk)
    context = _context(request, found)
    return render(request, "labs/_tasks.html", context | _tasks(found, context["lab"]) | {"fragment": True})


@act
def session_extend(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Give more time."""
    found = _own(request, session_id)
    services.extend_session(session=found, now=timezone.now())
    if not fragment_wanted(request):
        return redirect("session", found.pk)
    return render(request, "labs/_status.html", _context(request, selectors.get_session_for(request.user, found.pk)))


@act
def session_reset(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Begin again with an empty sandbox."""
    found = _own(request, session_id)
    services.reset_session(session=found, now=timezone.now())
    return redirect("session", found.pk)


@act
def session_end(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """End the session."""
    found = _own(request, session_id)
    _hold_practice(found)
    services.end_session(session=found, now=timezone.now())
    return redirect("session", found.pk)


# --- What they share ---------------------------------------------------------------------------------------------


def _hold_practice(session: LabSession) -> None:
    if session.exam:
        raise services.InExam


def _own(request: HttpRequest, session_id: UUID) -> LabSession:
    return selectors.get_own_session(request.user, session_id)


def _context(request: HttpRequest, session: LabSession) -> dict[str, Any]:
    now = timezone.now()
    about = selectors.lab_of(session)
    return {
        "session": session,
        "lab": about,
        "intro": present.intro(about),
        "phase": PHASES[LabSession.State(session.state)],
        "now": now,
        "left": session.seconds_left(now),
        "may_act": session.user_id == request.user.pk,
    }


def _tasks(session: LabSession, about: Any) -> dict[str, Any]:
    found = present.cards(about, selectors.task_states(session))
    latest = session.gradings.filter(epoch=session.sandbox.epoch).order_by("-requested_at").first()
    verdict = present.verdict(found, latest.state if latest else "", score=session.score, points=session.points)
    return {"tasks": found, "verdict": verdict, "session": session}


def _log(session: LabSession) -> dict[str, Any]:
    calls = selectors.calls(session, limit=LOG_ROWS)
    mine = ApiCall.objects.filter(sandbox=session.sandbox, epoch=session.sandbox.epoch, source="learner")
    return {"session": session, "calls": calls, "call_count": mine.count()}
