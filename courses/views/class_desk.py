"""A class as its instructors run it: made, who is in it, what it has to do, its settings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from courses.classes import assigned, due, services, who, zones
from courses.classes.forms import AssignmentForm, CohortForm, OverrideForm
from courses.classes.things import things_of
from courses.models import Assignment, AssignmentOverride, Cohort
from labs.web import act, page, person, signed_in

both = require_http_methods(["GET", "HEAD", "POST"])


@both
@signed_in
def class_new(request: HttpRequest) -> HttpResponse:
    """Make a class."""
    if not person(request).teaches:
        raise Http404
    zone = person(request).time_zone or timezone.get_current_timezone_name()
    initial = {"time_zone": zone, "stuck_minutes": 10}
    form = CohortForm(request.POST or None, zones=zones.choices(), initial=initial)
    if request.method == "POST" and form.is_valid():
        cohort = services.create_cohort(actor=person(request), now=timezone.now(), **form.cleaned_data)
        messages.success(request, f"{cohort} is made. Let learners in by a key or by invitations.")
        return redirect("class_people", cohort.pk)
    return render(request, "classes/new.html", {"form": form}, status=422 if form.errors else 200)


@both
@signed_in
def class_settings(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Change what a class is called and when it is; who teaches it; put it away."""
    cohort = who.get_cohort_for(person(request), cohort_id)
    initial = {name: getattr(cohort, name) for name in services.FIELDS}
    form = CohortForm(request.POST or None, zones=zones.choices(), initial=initial)
    if request.method == "POST" and form.is_valid():
        who.get_open_cohort_for(person(request), cohort_id)
        services.change_cohort(cohort=cohort, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("class_settings", cohort.pk)
    context = _about(cohort, "settings") | {"form": form, "instructors": cohort.instructors.order_by("username")}
    return render(request, "classes/settings.html", context, status=422 if form.errors else 200)


@act
def class_archive(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Put a class away, or take it up again."""
    cohort = who.get_cohort_for(person(request), cohort_id)
    if cohort.archived_at:
        services.bring_back_cohort(cohort=cohort)
    else:
        services.archive_cohort(cohort=cohort, now=timezone.now())
    return redirect("class_settings", cohort.pk)


@act
def class_instructors(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Have another one teach the class as well, or no more."""
    cohort = who.get_open_cohort_for(person(request), cohort_id)
    if gone := request.POST.get("remove", ""):
        services.remove_instructor(cohort=cohort, user_id=_number(gone))
    else:
        services.add_instructor(cohort=cohort, username=request.POST.get("username", ""))
    if not who.cohorts_for(person(request)).filter(pk=cohort.pk).exists():
        return redirect("classes")
    return redirect("class_settings", cohort.pk)


# --- Who is in it ---------------------------------------------------------------------------------------------------


@never_cache
@page
def class_people(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Show who is in a class, and the ways into it."""
    return _people(request, who.get_cohort_for(person(request), cohort_id))


def _people(request: HttpRequest, cohort: Cohort, **more: Any) -> HttpResponse:
    now = timezone.now()
    waiting = cohort.invitations.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)
    context = _about(cohort, "people") | {
        "members": list(who.members_of(cohort)),
        "waiting": waiting.order_by("-created_at"),
        "accepted": cohort.invitations.exclude(accepted_at=None)
        .select_related("accepted_by")
        .order_by("-accepted_at")[:20],
        "key": cohort.enrolment_keys.filter(revoked_at=None).order_by("-created_at").first(),
        "join_url": request.build_absolute_uri(reverse("class_join")),
        "now": now,
    }
    return render(request, "classes/people.html", context | more)


@never_cache
@act
def class_invite(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Invite people by e-mail, or make a link, which is shown this once."""
    cohort, now = who.get_open_cohort_for(person(request), cohort_id), timezone.now()
    if request.POST.get("by") == "link":
        _, token = services.invite_by_link(cohort=cohort, actor=person(request), now=now)
        link = request.build_absolute_uri(reverse("class_invitation", args=[token]))
        return _people(request, cohort, link=link)
    words = request.POST.get("addresses", "")[:20_000].replace(",", " ").replace(";", " ").split()
    made = services.invite_by_mail(cohort=cohort, addresses=words, actor=person(request), now=now)
    messages.success(request, f"{len(made)} invitation{'s' if len(made) != 1 else ''} on the way.")
    return redirect("class_people", cohort.pk)


@act
def class_invitation_revoke(request: HttpRequest, cohort_id: UUID, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    cohort = who.get_cohort_for(person(request), cohort_id)
    services.revoke_invitation(cohort=cohort, invitation_id=invitation_id, now=timezone.now())
    return redirect("class_people", cohort.pk)


@never_cache
@act
def class_key(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Draw a new enrolment key, which is shown this once, or take the present one back."""
    cohort, now = who.get_open_cohort_for(person(request), cohort_id), timezone.now()
    if request.POST.get("revoke"):
        services.revoke_key(cohort=cohort, now=now)
        return redirect("class_people", cohort.pk)
    days, uses = _number(request.POST.get("days", "")), _number(request.POST.get("max_uses", ""))
    _, key = services.set_key(
        cohort=cohort, actor=person(request), now=now, days=min(days, 366) or None, max_uses=min(uses, 10_000) or None
    )
    return _people(request, cohort, new_key=key)


@act
def class_remove(request: HttpRequest, cohort_id: UUID, user_id: int) -> HttpResponse:
    """Take a learner out of a class."""
    cohort = who.get_open_cohort_for(person(request), cohort_id)
    member = who.get_member(cohort, user_id)
    services.leave(cohort=cohort, user=member.user, now=timezone.now())
    messages.success(request, f"{member.user.username} is out of the class.")
    return redirect("class_people", cohort.pk)


# --- What it has to do ----------------------------------------------------------------------------------------------


@both
@signed_in
def class_assignments(request: HttpRequest, cohort_id: UUID) -> HttpResponse:
    """Show what a class has to do and how far it is, and assign more."""
    cohort, now = who.get_cohort_for(person(request), cohort_id), timezone.now()
    form = AssignmentForm(request.POST or None, zone=cohort.time_zone)
    if request.method == "POST" and form.is_valid():
        who.get_open_cohort_for(person(request), cohort_id)
        fields = dict(form.cleaned_data)
        kind, _, slug = fields.pop("thing").partition(":")
        try:
            assigned.assign(cohort=cohort, kind=kind, slug=slug, actor=person(request), now=now, **fields)
        except assigned.NotAssignable as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("class_assignments", cohort.pk)
    rows = due.assignments_of(cohort)
    ids = [one.user_id for one in who.members_of(cohort)]
    found = due.duties(rows, ids, now=now)
    things = things_of(rows)
    context = _about(cohort, "assignments") | {
        "rows": [
            (one, things[one.pk], sum(mine[at].state == "done" for mine in found.values()))
            for at, one in enumerate(rows)
        ],
        "learners": len(ids),
        "form": form,
    }
    return render(request, "classes/assignments.html", context, status=422 if form.errors else 200)


@both
@signed_in
def class_assignment(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> HttpResponse:
    """Show how far each learner is with an assignment; change its times, or take it away."""
    cohort, found = _assignment(request, cohort_id, assignment_id)
    initial = {name: getattr(found, name) for name in assigned.FIELDS}
    form = AssignmentForm(request.POST or None, zone=cohort.time_zone, fixed=True, initial=initial)
    if request.method == "POST" and form.is_valid():
        who.get_open_cohort_for(person(request), cohort_id)
        try:
            assigned.change_assignment(assignment=found, **form.cleaned_data)
        except assigned.NotAssignable as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved.")
            return redirect("class_assignment", cohort.pk, found.pk)
    return _assignment_page(request, cohort, found, form=form)


def _assignment_page(request: HttpRequest, cohort: Cohort, found: Assignment, **more: Any) -> HttpResponse:
    now, members = timezone.now(), list(who.members_of(cohort))
    mine = due.duties([found], [one.user_id for one in members], now=now)
    initial = {name: getattr(found, name) for name in assigned.FIELDS}
    context = _about(cohort, "assignments") | {
        "assignment": found,
        "thing": things_of([found])[found.pk],
        "rows": [(one.user, mine[one.user_id][0]) for one in members],
        "overrides": AssignmentOverride.objects.filter(assignment=found).select_related("user"),
        "form": AssignmentForm(zone=cohort.time_zone, fixed=True, initial=initial),
        "override_form": OverrideForm(cohort=cohort, members=members, auto_id="override_%s"),
    }
    context |= more
    wrong = any(context[name].errors for name in ("form", "override_form"))
    return render(request, "classes/assignment.html", context, status=422 if wrong else 200)


@act
def class_assignment_remove(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> HttpResponse:
    """Take an assignment away."""
    who.get_open_cohort_for(person(request), cohort_id)
    cohort, found = _assignment(request, cohort_id, assignment_id)
    assigned.remove_assignment(assignment=found, now=timezone.now())
    return redirect("class_assignments", cohort.pk)


@act
def class_override(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> HttpResponse:
    """Give one learner other times, or have it be for them as for everybody."""
    who.get_open_cohort_for(person(request), cohort_id)
    cohort, found = _assignment(request, cohort_id, assignment_id)
    if gone := request.POST.get("clear", ""):
        assigned.clear_override(assignment=found, user_id=_number(gone))
        return redirect("class_assignment", cohort.pk, found.pk)
    form = OverrideForm(request.POST, cohort=cohort, members=list(who.members_of(cohort)), auto_id="override_%s")
    if form.is_valid():
        fields = dict(form.cleaned_data)
        member = who.get_member(cohort, fields.pop("user"))
        fields["multiplier"] = Decimal(fields["multiplier"])
        try:
            assigned.set_override(
                assignment=found, user=member.user, actor=person(request), now=timezone.now(), **fields
            )
        except assigned.NotAssignable as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Kept for {member.user.username}.")
            return redirect("class_assignment", cohort.pk, found.pk)
    return _assignment_page(request, cohort, found, override_form=form)


def _assignment(request: HttpRequest, cohort_id: UUID, assignment_id: UUID) -> tuple[Cohort, Assignment]:
    cohort = who.get_cohort_for(person(request), cohort_id)
    found = Assignment.objects.filter(cohort=cohort, pk=assignment_id, removed_at=None).first()
    if found is None:
        raise Http404("There is no such assignment.")
    return cohort, found


def _about(cohort: Cohort, tab: str) -> dict[str, Any]:
    return {"cohort": cohort, "tab": tab}


def _number(text: str) -> int:
    """Return a number that was typed; 0 where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
