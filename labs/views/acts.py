"""What a learner does in a session: check, take a hint, extend, reset, end."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from labs import selectors, services
from labs.models import Grading, LabSession
from labs.views.common import about_session, about_tasks, hold_practice, number_of, own
from labs.web import act, fragment_wanted


@act
def session_check(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Ask for a grading."""
    found = own(request, session_id)
    services.request_grading(session=found, trigger=Grading.Trigger.ASKED, now=timezone.now())
    return _shown(request, found, "labs/_verdict.html")


@act
def session_hint(request: HttpRequest, session_id: UUID, task_id: str) -> HttpResponse:
    """Reveal the next hint of a task."""
    found = own(request, session_id)
    services.reveal_hint(session=found, task_id=task_id, now=timezone.now())
    return _shown(request, found, "labs/_tasks.html")


@act
def session_extend(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Give more time."""
    found = own(request, session_id)
    services.extend_session(session=found, now=timezone.now())
    if not fragment_wanted(request):
        return redirect("session", found.pk)
    return render(
        request, "labs/_status.html", about_session(request, selectors.get_session_for(request.user, found.pk))
    )


@act
def session_skip(request: HttpRequest, session_id: UUID, task_id: str) -> HttpResponse:
    """Have a task done for the learner."""
    found = own(request, session_id)
    services.skip_task(session=found, task_id=task_id, now=timezone.now())
    return _shown(request, found, "labs/_tasks.html")


@act
def session_reset(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Begin again with a fresh sandbox; for a while that can be taken back."""
    found = own(request, session_id)
    services.restart_session(session=found, now=timezone.now())
    return redirect("session", found.pk)


@act
def session_bring_back(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Take a reset back."""
    found = own(request, session_id)
    services.bring_back(session=found, moment=number_of(request, "moment"), now=timezone.now())
    messages.success(request, "Your sandbox is as it was before the reset.")
    return redirect("session", found.pk)


@act
def session_pause(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Put the lab aside."""
    found = own(request, session_id)
    services.pause_session(session=found, now=timezone.now())
    return redirect("session", found.pk)


@act
def session_resume(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Go on where it was left."""
    found = own(request, session_id)
    services.resume_session(session=found, now=timezone.now())
    return redirect("session", found.pk)


@act
def session_keep_paused(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Have the pause last longer."""
    found = own(request, session_id)
    services.keep_paused(session=found, now=timezone.now())
    return redirect("session", found.pk)


@act
def session_end(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """End the session."""
    found = own(request, session_id)
    hold_practice(found)
    services.end_session(session=found, now=timezone.now())
    return redirect("session", found.pk)


def _shown(request: HttpRequest, found: LabSession, part: str) -> HttpResponse:
    """Answer with the part of the page that has changed; without htmx, with the page."""
    if not fragment_wanted(request):
        return redirect("session", found.pk)
    context = about_session(request, found)
    return render(request, part, context | about_tasks(found, context["lab"]) | {"fragment": True})
