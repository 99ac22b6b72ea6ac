"""The learner's free-play sandbox: its page, and what the Run button of a lesson asks for (JSON, the learner's own)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from labs import islands, selectors, services
from labs.connect import variables
from labs.models import LabSession
from labs.refusals import Refusal

_STARTING = (LabSession.State.QUEUED, LabSession.State.STARTING)


@require_safe
def playground(request: HttpRequest) -> HttpResponse:
    """Show what the sandbox is for, and whether it is open. Nothing is started."""
    open_ = selectors.open_session(request.user, selectors.PLAYGROUND) if request.user.is_authenticated else None
    lab = selectors.get_lab(selectors.PLAYGROUND)
    left = open_.seconds_left(timezone.now()) if open_ else None
    context = {"lab": lab, "open": open_, "left": left, "terminal": islands.built(), "why_not": islands.why_not()}
    return render(request, "labs/playground.html", context)


@csrf_protect
@require_http_methods(["POST"])
def playground_open(request: HttpRequest) -> HttpResponse:
    """Open the person's sandbox, or find it open: {"state", "workspace"} and, once it is ready, its keys as "env".

    Asked again until `state` is "ready": a second call finds the session that the first began.
    """
    if not request.user.is_authenticated:
        return JsonResponse({"refusal": "Sign in to run this: the sandbox is your own."}, status=401)
    try:
        session = services.start_session(user=request.user, slug=selectors.PLAYGROUND, now=timezone.now())
    except services.SessionAlreadyOpen as already:
        session = already.session
    except Refusal as refusal:
        return JsonResponse({"refusal": str(refusal)}, status=refusal.status)
    made: dict[str, Any] = {
        "state": session.state,
        "session": str(session.pk),
        "workspace": reverse("session", args=[session.pk]),
    }
    if session.is_ready:
        made["env"] = variables(selectors.credentials_for(session))
        made["ends_at"] = session.expires_at
    elif session.state not in _STARTING:
        made["refusal"] = "Your sandbox is paused or just ending. Open it, or try again in a moment."
    response = JsonResponse(made)
    response["Cache-Control"] = "no-store"
    response["Vary"] = "Cookie"
    return response


def run_place(request: HttpRequest) -> dict[str, object]:
    """Return what a page with runnable blocks tells its script: where the sandbox is and, if it was built, the engine."""
    place: dict[str, object] = {
        "open": reverse("playground_open"),
        "sandbox": reverse("playground"),
        "sign_in": f"{reverse('account_login')}?{urlencode({'next': request.path})}",
    }
    if islands.built():
        return place | {"engine": static("dist/engine.js"), "urls": {"sandbox": "/sandbox/"}}
    return place | {"why_not": islands.why_not()}
