"""Pages of operators: which platforms send people here."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from labs.web import act, page, person, signed_in
from skylab.lti import keys, selectors
from skylab.lti.forms import PlatformForm
from skylab.lti.models import Platform
from skylab.lti.services import grades, registering


@never_cache
@page
def platforms(request: HttpRequest) -> HttpResponse:
    """Show all registrations, and the addresses that a platform's administrator asks for."""
    _must_operate(request)
    return _list(request)


@never_cache
@act
def invite(request: HttpRequest) -> HttpResponse:
    """Show an address by which one platform can register itself."""
    _must_operate(request)
    return _list(request, invitation=registering.invitation(now=timezone.now()))


@act
def new_key(request: HttpRequest) -> HttpResponse:
    """Make the key that we sign with from tomorrow on."""
    _must_operate(request)
    if settings.LTI_KEY:
        messages.error(
            request, "The key is set by LTI_KEY: change it there, after LTI_KEY_NEXT was published for a day."
        )
    else:
        keys.prepare(now=timezone.now())
        messages.success(
            request, "The new key is published. It takes over in a day; the old one stays published for a week."
        )
    return redirect("lti_platforms")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def platform_new(request: HttpRequest) -> HttpResponse:
    """Register a platform."""
    _must_operate(request)
    return _form(request, Platform())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def platform(request: HttpRequest, platform_id: int) -> HttpResponse:
    """Show and change a registration, with what failed."""
    _must_operate(request)
    return _form(request, selectors.get_platform(platform_id))


@act
def send_again(request: HttpRequest, platform_id: int) -> HttpResponse:
    """Try at once what a platform has not got."""
    _must_operate(request)
    found = selectors.get_platform(platform_id)
    count = grades.send_again(platform_id=found.pk, now=timezone.now())
    messages.success(request, f"{count} {'score is' if count == 1 else 'scores are'} being sent.")
    return redirect("lti_platform", platform_id=found.pk)


def _list(request: HttpRequest, invitation: str = "") -> HttpResponse:
    base = settings.BASE_URL.rstrip("/")
    addresses = [
        ("OpenID Connect login URL", f"{base}/lti/login/"),
        ("Redirect URI", f"{base}/lti/launch/"),
        ("Content selection (deep linking) URL", f"{base}/lti/choose/"),
        ("Public keyset URL", f"{base}/lti/keys.json"),
    ]
    context = {
        "platforms": selectors.platforms(),
        "addresses": addresses,
        "invitation": invitation,
        "next_key_at": keys.next_at(),
        "https": settings.HTTPS,
    }
    return render(request, "lti/platforms.html", context)


def _form(request: HttpRequest, found: Platform) -> HttpResponse:
    form = PlatformForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        kept = registering.save(
            platform=form.instance, deployments=form.cleaned_data["deployments"], now=timezone.now()
        )
        messages.success(request, f"{kept.title} is registered.")
        return redirect("lti_platform", platform_id=kept.pk)
    known = found.pk is not None
    context = {
        "form": form,
        "platform": found if known else None,
        "contexts": selectors.contexts(found) if known else [],
        "failing": selectors.failing(found) if known else [],
    }
    return render(request, "lti/platform.html", context, status=422 if request.method == "POST" else 200)


def _must_operate(request: HttpRequest) -> None:
    if not person(request).operates:
        raise Http404("There is no such page.")
