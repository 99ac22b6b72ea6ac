"""Messages of a class and more time in labs, from its instructors; and the messages as their readers have them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from courses.classes import acts, who
from courses.models import ClassMessage
from labs.web import act, page, person


@page
def class_messages(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Show an instructor what was said in a class, and by how many it was read."""
    cohort = who.get_cohort_for(person(request), cohort_id)
    said: dict[UUID, dict[str, object]] = {}
    rows = ClassMessage.objects.filter(cohort=cohort).select_related("recipient", "sent_by").order_by("-sent_at")[:2000]
    for row in rows:
        one = said.setdefault(row.batch, {"row": row, "sent": 0, "seen": 0})
        one["sent"] = int(str(one["sent"])) + 1
        one["seen"] = int(str(one["seen"])) + (row.seen_at is not None)
    context = {
        "cohort": cohort,
        "tab": "messages",
        "said": list(said.values())[:100],
        "members": list(who.members_of(cohort)),
        "most": acts.MOST_LETTERS,
    }
    return render(request, "classes/messages.html", context)


@act
def class_send(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Say something to one learner, or to all."""
    cohort = who.get_open_cohort_for(person(request), cohort_id)
    sent = acts.send_message(
        cohort=cohort,
        text=request.POST.get("text", ""),
        actor=person(request),
        now=timezone.now(),
        user_id=_learner(request),
    )
    messages.success(request, f"Sent to {len(sent)} learner{'s' if len(sent) != 1 else ''}.")
    return redirect(_back(request, cohort_id))


@act
def class_extend(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Give one learner, or all, more time in the labs they have open."""
    cohort = who.get_open_cohort_for(person(request), cohort_id)
    text = request.POST.get("minutes", "")
    minutes = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    given = acts.extend(
        cohort=cohort,
        minutes=minutes,
        now=timezone.now(),
        user_id=_learner(request),
        slug=request.POST.get("lab", "")[:100],
    )
    messages.success(request, f"{minutes} minutes more in {given} lab{'s' if given != 1 else ''}.")
    return redirect(_back(request, cohort_id))


@never_cache
@page
def my_messages(request: HttpRequest) -> HttpResponse:
    """Show a learner what their instructors wrote, the newest first; it is read by that."""
    rows = ClassMessage.objects.filter(recipient_id=person(request).pk).select_related("sent_by", "cohort")
    context = {"rows": list(rows.order_by("-sent_at")[:200])}
    acts.read_messages(user=person(request), now=timezone.now())
    return render(request, "classes/my_messages.html", context)


@never_cache
@page
def new_messages(request: HttpRequest) -> HttpResponse:
    """Return what is new to a learner, as the toasts of a workspace. It is read when they say so, or on its page."""
    rows = ClassMessage.objects.filter(recipient_id=person(request).pk, seen_at=None).select_related("sent_by")
    return render(request, "classes/_toasts.html", {"rows": list(rows.order_by("sent_at")[:5])})


@act
def messages_read(request: HttpRequest) -> HttpResponse:
    """Note that a learner has read what was new."""
    acts.read_messages(user=person(request), now=timezone.now())
    if getattr(request, "htmx", False):
        return HttpResponse("")
    return redirect("my_messages")


def _learner(request: HttpRequest) -> int | None:
    """Return the one learner that is meant; None for all. What is no number is nobody's: -1."""
    text = request.POST.get("user", "")
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _back(request: HttpRequest, cohort_id: UUID) -> str:
    after = request.POST.get("next", "")
    if after and url_has_allowed_host_and_scheme(after, allowed_hosts=None) and after.startswith("/"):
        return after
    return reverse("class_live", args=[cohort_id])
