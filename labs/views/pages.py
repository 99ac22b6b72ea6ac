"""The pages of labs: read about one, start it, work in it."""

from __future__ import annotations

from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from labs import islands, present, selectors, services
from labs.connect import keys, snippets
from labs.shell import about_shell
from labs.views.common import (
    about_log,
    about_pause,
    about_return,
    about_session,
    about_tasks,
    about_undo,
    hold_practice,
)
from labs.web import act, page


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
# For the terminal's Python; what it may do is said with its script (skylab/static.py)
@csp_update({"worker-src": [SELF]})  # type: ignore[untyped-decorator]
def session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Show a session: waiting, at work, or over."""
    found = services.look_into(user=request.user, session_id=session_id, now=timezone.now())
    context = about_session(request, found)
    phase = context["phase"]
    if phase == "over":
        hold_practice(found)  # its solutions, too, are for practice
    if phase in ("waiting", "ending"):
        return render(request, "labs/session_wait.html", context)
    context |= about_tasks(found, context["lab"]) | about_log(found)
    if phase == "over":
        return render(request, "labs/session_over.html", context)
    if phase == "paused":
        return render(request, "labs/session_paused.html", context | about_pause(found))
    context |= about_undo(found) | about_return(found) | {"pause_days": services.PAUSE_DAYS}
    context["terminal_missing"] = islands.why_not()
    if context["may_act"]:  # whoever looks on could act as the learner with their keys
        credentials = selectors.credentials_for(found)
        context |= {"keys": keys(credentials), "snippets": snippets(credentials)}
    if context["may_act"] and not context["terminal_missing"]:
        context["shell"] = about_shell(
            session=found,
            lab=context["lab"],
            credentials=credentials,
            token=get_token(request),
            nonce=str(getattr(request, "csp_nonce", "")),
        )
    context["extensions_left"] = selectors.extensions_left(found)
    return render(request, "labs/session.html", context)
