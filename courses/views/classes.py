"""Classes as learners meet them: mine, one of them, and the ways in and out."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from courses.classes import due, looks, services, who
from courses.models import Cohort, Membership
from courses.selectors.exams import exam_states
from labs.web import act, page, person, signed_in


@page
def classes(request: HttpRequest) -> HttpResponse:
    """Show the classes that one learns in, with what is due, and those that one teaches."""
    user, now = person(request), timezone.now()
    mine = list(who.my_cohorts(user))
    taught = list(who.cohorts_for(user).order_by("name", "created_at"))
    counts = dict(_counts(taught))
    context = {
        "mine": mine,
        "duties": due.my_duties(user, mine, now=now),
        "taught": [(one, counts.get(one.pk, 0)) for one in taught if not one.archived_at],
        "archived": [one for one in taught if one.archived_at],
        "exams": exam_states(today=timezone.localdate()) if user.teaches else (),
        "now": now,
    }
    return render(request, "classes/list.html", context)


def _counts(cohorts: list[Cohort]) -> list[tuple[UUID, int]]:
    pairs: dict[UUID, int] = {}
    for pk in Membership.objects.filter(cohort__in=cohorts, left_at=None).values_list("cohort", flat=True):
        pairs[pk] = pairs.get(pk, 0) + 1
    return list(pairs.items())


@page
def my_class(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Show a learner one of their classes; who teaches it is sent to its own pages."""
    user, now = person(request), timezone.now()
    if who.cohorts_for(user).filter(pk=cohort_id).exists():
        return redirect("class_live", cohort_id)
    cohort = who.get_my_cohort(user, cohort_id)
    context = {"cohort": cohort, "duties": due.my_duties(user, [cohort], now=now), "now": now}
    context["looks"] = looks.looks_into(user, cohort)
    return render(request, "classes/mine.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def class_join(request: HttpRequest) -> HttpResponse:
    """Ask for an enrolment key, and let whoever has one in."""
    error = ""
    if request.method == "POST":
        try:
            cohort = services.join_by_key(
                key=request.POST.get("key", "")[:100], user=person(request), now=timezone.now()
            )
        except services.AlreadyIn as already:
            return redirect("my_class", already.cohort.pk)
        except services.NoWayIn as refusal:
            error = str(refusal)
        else:
            messages.success(request, f"You are in {cohort} now.")
            return redirect("my_class", cohort.pk)
    return render(request, "classes/join.html", {"error": error}, status=422 if error else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def class_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show what an invitation is to, and let its holder in once they say so: a link that is merely looked at is not used."""
    user, now = person(request), timezone.now()
    try:
        if request.method == "POST":
            cohort = services.accept_invitation(token=token, user=user, now=now)
            messages.success(request, f"You are in {cohort} now.")
            return redirect("my_class", cohort.pk)
        found = services.find_invitation(token=token, user=user, now=now)
    except services.AlreadyIn as already:
        return redirect("my_class", already.cohort.pk)
    except services.NoWayIn as refusal:
        response = render(request, "classes/join.html", {"error": str(refusal)}, status=404)
    else:
        context = {
            "cohort": found.cohort,
            "inviter": found.created_by,
            "url": reverse("class_invitation", args=[token]),
        }
        response = render(request, "classes/invitation.html", context)
    response["Referrer-Policy"] = "no-referrer"
    return response


@act
def class_leave(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Leave a class that one learns in."""
    cohort = who.get_my_cohort(person(request), cohort_id)
    services.leave(cohort=cohort, user=person(request), now=timezone.now())
    messages.success(request, f"You have left {cohort}. What you did is still yours.")
    return redirect("classes")
