"""Sign-in, with the demo logins beside it where this is somebody's own machine; settings, one's data, and leaving."""

from __future__ import annotations

import json
from typing import Any

from allauth.account.views import LoginView
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from courses.models import Accommodation, Notice
from courses.selectors import exams
from courses.services import notices
from labs.web import act, page, person, signed_in
from skylab.accounts import services
from skylab.accounts.demo import DEMO_PASSWORD, DEMO_USERS
from skylab.accounts.export import everything
from skylab.accounts.forms import SettingsForm, chosen_ways
from skylab.accounts.models import User
from skylab.lti.selectors import identities_of


class SignIn(LoginView):  # type: ignore[misc]
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        if settings.LOCAL:
            context |= {"demo_logins": DEMO_USERS, "demo_password": DEMO_PASSWORD}
        return context


sign_in = SignIn.as_view()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def preferences(request: HttpRequest) -> HttpResponse:
    """Show and keep how the site is for a person."""
    user = person(request)
    form = SettingsForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        services.choose(user=user, choices=form.cleaned_data)
        messages.success(request, "Your settings are saved.")
        return redirect("settings")
    return _settings(request, form, 422 if request.method == "POST" else 200)


@act
def notice_preferences(request: HttpRequest) -> HttpResponse:
    """Keep how a person wants to be told of what."""
    notices.prefer(user=person(request), ways=chosen_ways(request.POST))
    messages.success(request, "Your notices are set.")
    return redirect("/settings/#notices")


@act
def theme(request: HttpRequest) -> HttpResponse:
    """Keep a theme that was chosen in the header's menu."""
    chosen = request.POST.get("theme", "")
    if chosen in User.Theme.values:
        services.choose(user=person(request), choices={"theme": chosen})
    return HttpResponse(status=204)


@never_cache
@page
def export(request: HttpRequest) -> HttpResponse:
    """Download all that is kept of a person."""
    user = person(request)
    now = timezone.now()
    text = json.dumps(everything(user, now=now), indent=1, ensure_ascii=False, default=str)
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="skylab-{user.pk}-{now:%Y-%m-%d}.json"'
    return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def delete_account(request: HttpRequest) -> HttpResponse:
    """Ask whether an account is to go, and what goes with it."""
    user = person(request)
    problem = ""
    if request.method == "POST":
        try:
            services.ask_deletion(user=user, typed=request.POST.get("name", ""), now=timezone.now())
            return redirect("delete_account")
        except (services.NotTheName, services.LastOperator) as refusal:
            problem = str(refusal)
    user.refresh_from_db()
    context = {"due": user.deletion_due_at, "problem": problem, "days": services.GRACE.days}
    return render(request, "account/delete.html", context, status=422 if problem else 200)


@act
def keep_account(request: HttpRequest) -> HttpResponse:
    """Take the wish to be deleted back."""
    if services.keep_account(user=person(request)):
        messages.success(request, "Your account stays. Nothing of it was changed.")
    return redirect("settings")


def _settings(request: HttpRequest, form: SettingsForm, status: int) -> HttpResponse:
    user = person(request)
    titles = {exam.slug: exam.title for exam in exams()}
    granted = Accommodation.objects.filter(user_id=user.pk, withdrawn_at=None).order_by("granted_at")
    ways = notices.ways(user)
    context = {
        "form": form,
        "accommodations": [{"row": one, "exam": titles.get(one.exam_slug, one.exam_slug)} for one in granted],
        "kinds": [
            {"kind": kind, "label": kind.label, "way": ways[kind], "fixed": kind in Notice.PRESSING}
            for kind in Notice.Kind
        ],
        "second_factor": Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists(),
        "identities": identities_of(user),
        "now": timezone.now(),
    }
    return render(request, "account/settings.html", context, status=status)
