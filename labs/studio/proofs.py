"""The Test button: begin a proof, see how far it is, stop it, read what it found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from labs import events
from labs.models import Draft, ProofRun
from labs.studio.common import about_draft, act, page
from labs.web import person, to_login
from labs.workspaces import proving, selectors

WORDS = {
    "untouched": "Untouched",
    "start": "Start",
    "solution": "Solution",
    "alternative": "Alternative",
    "near miss": "Near miss",
    "mutant": "Mutant",
}


@page
def proof(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the latest proof of a draft."""
    found = selectors.get_draft_for(person(request), slug)
    context = about_draft(found, "test")
    return render(request, "studio/proof.html", context | about_proof(context["proof"], context["revision"]))


def about_proof(run: ProofRun | None, revision: str) -> dict[str, Any]:
    """Return what the report of a proof says; `revision` is the draft's text as it is now."""
    if run is None:
        return {"run": None}
    found = run.report.get("findings", [])
    return {
        "run": run,
        "outdated": run.revision != revision,
        "seconds": round((timezone.now() - run.started_at).total_seconds()) if run.started_at else 0,
        "theirs": [one | {"word": WORDS.get(one["promise"], one["promise"])} for one in found if not one["ours"]],
        "ours": [one for one in found if one["ours"]],
    }


@act
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    """Have a draft proven."""
    return begin_proof(request, selectors.get_draft_for(person(request), slug))


def begin_proof(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Ask for a proof, and go where it is told."""
    proving.request_proof(draft=draft, by=person(request), now=timezone.now())
    return redirect("studio_proof", draft.slug)


@page
def state(request: HttpRequest, slug: str, proof_id: UUID) -> HttpResponse:
    """Return how far a proof is; the whole page anew once it is over."""
    run = selectors.get_proof_for(person(request), slug, proof_id)
    response = render(request, "studio/_proof_state.html", {"draft": run.draft, **about_proof(run, run.revision)})
    if not run.is_open:
        response["HX-Refresh"] = "true"
    return response


@act
def stop(request: HttpRequest, slug: str, proof_id: UUID) -> HttpResponse:
    """Have a proof stop."""
    run = selectors.get_proof_for(person(request), slug, proof_id)
    proving.cancel_proof(run=run, now=timezone.now())
    return redirect("studio_proof", slug)


async def proof_events(request: HttpRequest, slug: str, proof_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """Stream that a proof went on, as server-sent events: the page fetches how far it is."""
    if request.method != "GET":
        return HttpResponse(status=405, headers={"Allow": "GET"})
    user = await request.auser()
    if not user.is_authenticated:
        return to_login(request)
    run = await sync_to_async(selectors.get_proof_for)(user, slug, proof_id)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(_stream(run.pk), content_type="text/event-stream", headers=headers)


async def _stream(proof_id: UUID) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    async with aclosing(events.listen(proof_id)) as messages:
        async for message in messages:
            yield f"data: {message}\n\n" if message else ": ping\n\n"
