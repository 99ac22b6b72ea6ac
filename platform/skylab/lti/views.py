"""Pages of a launch. Those that a platform may show in a frame say so themselves (`_framed`); no other page of the site does.

A frame of another site gets no cookie of ours in most browsers, and our session cookie never: so what is worked in opens in
a window of its own, and only the page to choose something (which has to answer the frame that it is in) stays in it.
"""

from __future__ import annotations

from http.cookies import Morsel
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages as told
from django.contrib.auth import login as sign_in
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labs.web import act, page, person
from skylab.lti import keys, messages, resources, selectors, web
from skylab.lti.models import Launch, Platform
from skylab.lti.refusals import BadLaunch, CookiesBlocked
from skylab.lti.services import choosing, linking, registering, roster
from skylab.lti.services import login as logins

COOKIE: Final = "__Host-lti" if settings.HTTPS else "skylab-lti"
_LASTS: Final = 30 * 60
_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


class _Partitioned(Morsel):  # type: ignore[type-arg]
    """A cookie that is kept for each site that frames us by itself (CHIPS): the library knows the word from 3.14 on."""

    _reserved = {**Morsel._reserved, "partitioned": "Partitioned"}  # type: ignore[attr-defined]
    _flags = {*Morsel._flags, "partitioned"}  # type: ignore[attr-defined]


@never_cache
@csrf_exempt
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Begin a launch: the platform sent somebody's browser here."""
    given = request.POST if request.method == "POST" else request.GET
    asked = {name: given.get(name, "")[:4000] for name in logins.PARAMETERS}
    begun = logins.begin(asked=asked, browser=request.COOKIES.get(COOKIE, ""), now=timezone.now())
    if _in_frame(request) and not logins.is_pick(asked["target_link_uri"]):
        platform = logins.platform_of(asked["iss"], asked["client_id"])
        target = resources.at(asked["target_link_uri"])
        return _framed(render(request, "lti/window.html", {"again": _again(asked), "resource": target}), platform)
    response = redirect(begun.url)
    _keep(response, begun.browser)
    return response


@never_cache
@csrf_exempt
@require_POST
def launch(request: HttpRequest) -> HttpResponse:
    """Take a launch: the platform's answer, by way of the browser."""
    if request.POST.get("error"):
        raise BadLaunch(
            "The platform did not let you in. Sign in there once more, and open the link again. "
            f"It said: {request.POST['error'][:200]}"
        )
    browser = request.COOKIES.get(COOKIE, "")
    state, token = request.POST.get("state", ""), request.POST.get("id_token", "")
    try:
        made, message = logins.take(state=state, token=token, browser=browser, now=timezone.now())
    except CookiesBlocked as blocked:
        platform = logins.platform_of(blocked.again.get("iss", ""), blocked.again.get("client_id", ""))
        context = {"again": _again(blocked.again), "framed": _in_frame(request)}
        return _framed(render(request, "lti/cookies.html", context, status=blocked.status), platform)
    except BadLaunch as refusal:
        if refusal.platform is None:
            raise
        page_ = render(request, "lti/refused.html", {"refusal": refusal}, status=refusal.status)
        return _framed(page_, refusal.platform)
    if message.kind == messages.CHOOSING:
        return _chooser(request, made)
    if message.teaches and made.link and made.link.context.memberships_url:
        roster.ask(context=made.link.context, now=timezone.now())
    return redirect("lti_enter", launch_id=made.pk)


# --- Whose account --------------------------------------------------------------------------------------------------


@never_cache
@require_safe
def enter(request: HttpRequest, launch_id: UUID) -> HttpResponse:
    """Go on to the page that a launch asked for, signed in as who came."""
    now = timezone.now()
    made = linking.get_launch_for(launch_id, browser=request.COOKIES.get(COOKIE, ""), now=now)
    if made.used_at:
        return redirect(made.target)
    identity = linking.identity_of(made)
    user = person(request)
    if identity and user.is_authenticated and user.pk == identity.user_id:
        linking.enter(launch=made, identity=identity, now=now)
        return redirect(made.target)
    if identity and not user.is_authenticated and linking.opens_by_itself(identity.user):
        if linking.enter(launch=made, identity=identity, now=now):
            sign_in(request, identity.user, backend=_BACKEND)
        return redirect(made.target)
    if identity and not user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    opens = identity is not None and linking.opens_by_itself(identity.user)
    context = {"launch": made, "identity": identity, "platform": made.deployment.platform, "opens": opens}
    return render(request, "lti/enter.html", context)


@never_cache
@require_POST
def enter_new(request: HttpRequest, launch_id: UUID) -> HttpResponse:
    """Go in with a new account, or with the one that is linked where another one is signed in."""
    now = timezone.now()
    made = linking.get_launch_for(launch_id, browser=request.COOKIES.get(COOKIE, ""), now=now)
    identity = linking.make_account(launch=made, now=now)
    if not linking.opens_by_itself(identity.user):
        return redirect_to_login(reverse("lti_enter", args=[launch_id]))
    if linking.enter(launch=made, identity=identity, now=now):
        sign_in(request, identity.user, backend=_BACKEND)
    return redirect(made.target)


@never_cache
@act
def enter_link(request: HttpRequest, launch_id: UUID) -> HttpResponse:
    """Link who came to the account that is signed in."""
    now = timezone.now()
    made = linking.get_launch_for(launch_id, browser=request.COOKIES.get(COOKIE, ""), now=now)
    identity = linking.link(launch=made, user=person(request), now=now)
    linking.enter(launch=made, identity=identity, now=now)
    told.success(request, f"Your account is linked to {made.deployment.platform.title}.")
    return redirect(made.target)


@act
def unlink(request: HttpRequest, identity_id: int) -> HttpResponse:
    """Forget a link of one's own."""
    if linking.unlink(user=person(request), identity_id=identity_id):
        told.success(request, "The link is gone. Scores are not sent there any more.")
    return redirect("/settings/#account")


# --- Choosing -------------------------------------------------------------------------------------------------------


def _chooser(request: HttpRequest, made: Launch, problem: str = "") -> HttpResponse:
    platform = made.deployment.platform
    if "ltiResourceLink" not in made.choosing["accepts"]:
        raise BadLaunch(f"{platform.title} asks for something else than a link to a lab, a lesson or an exam.")
    context = {"launch": made, "groups": resources.every(), "problem": problem, "many": made.choosing["many"]}
    return _framed(render(request, "lti/choose.html", context, status=422 if problem else 200), platform)


@never_cache
@csrf_exempt  # a frame has no cookie of ours but the launch's: the launch is of this browser, and answers once
@require_POST
def choose(request: HttpRequest, launch_id: UUID) -> HttpResponse:
    """Send what was chosen to the platform, signed."""
    now = timezone.now()
    made = linking.get_launch_for(launch_id, browser=request.COOKIES.get(COOKIE, ""), now=now)
    if not made.choosing:
        raise BadLaunch("This launch did not ask to choose anything.")
    try:
        chosen = choosing.chosen(request.POST.getlist("pick"), many=made.choosing["many"])
    except choosing.BadChoice as problem:
        return _chooser(request, made, str(problem))
    if not Launch.objects.filter(pk=made.pk, used_at=None).update(used_at=now):
        raise BadLaunch("This was answered already. Open the page once more from the platform.")
    token = choosing.answer(launch=made, chosen=chosen, now=now)
    context = {"url": made.choosing["return_url"], "token": token, "platform": made.deployment.platform}
    return _framed(render(request, "lti/chosen.html", context), made.deployment.platform, posts=True)


@require_safe
def lost(request: HttpRequest) -> HttpResponse:
    """Say what this address is for, to who opens it by hand."""
    return render(request, "lti/lost.html")


# --- For platforms --------------------------------------------------------------------------------------------------


@require_safe
def keys_json(request: HttpRequest) -> HttpResponse:
    """Show the public keys that our answers are signed with (JWK set)."""
    response = JsonResponse({"keys": keys.public_keys(now=timezone.now())})
    response["Cache-Control"] = "public, max-age=3600"
    return response


@never_cache
@require_safe
def register(request: HttpRequest, token: str) -> HttpResponse:
    """Let a platform register itself that came with an operator's invitation (Dynamic Registration)."""
    platform = registering.register(
        token=token,
        configuration_url=request.GET.get("openid_configuration", "")[:2000],
        platform_token=request.GET.get("registration_token", "")[:8000],
        now=timezone.now(),
    )
    return _framed(render(request, "lti/registered.html", {"platform": platform}), platform)


# --- A platform's course --------------------------------------------------------------------------------------------


@never_cache
@page
def context(request: HttpRequest, context_id: int) -> HttpResponse:
    """Show who is in a platform's course, and what of theirs the platform was told."""
    found = selectors.get_context_for(person(request), context_id)
    links, rows = selectors.roster(found)
    return render(request, "lti/context.html", {"context": found, "links": links, "rows": rows})


@act
def context_read(request: HttpRequest, context_id: int) -> HttpResponse:
    """Have the roster read again."""
    found = selectors.get_context_for(person(request), context_id)
    roster.ask(context=found, now=timezone.now())
    told.success(request, "The roster is being read. Load this page again in a moment.")
    return redirect("lti_context", context_id=found.pk)


# --- Frames and cookies ---------------------------------------------------------------------------------------------


def _in_frame(request: HttpRequest) -> bool:
    return request.headers.get("Sec-Fetch-Dest", "") in ("iframe", "frame")


def _again(asked: dict[str, str]) -> str:
    return f"{reverse('lti_login')}?{urlencode({name: value for name, value in asked.items() if value})}"


def _framed(response: HttpResponse, platform: Platform, *, posts: bool = False) -> HttpResponse:
    """Let a platform show a page in a frame of its own; and, with `posts`, let the page send a form there."""
    theirs = web.origins(platform)
    extra: Any = response
    extra.xframe_options_exempt = True
    extra._csp_replace = {"frame-ancestors": theirs} | ({"form-action": ["'self'", *theirs]} if posts else {})
    return response


def _keep(response: HttpResponse, browser: str) -> None:
    morsel: Any = _Partitioned() if settings.HTTPS else Morsel()
    morsel.set(COOKIE, browser, browser)
    morsel["path"], morsel["httponly"], morsel["max-age"] = "/", True, _LASTS
    if settings.HTTPS:  # it comes back in the platform's own POST, and in its frame
        morsel["secure"], morsel["samesite"], morsel["partitioned"] = True, "None", True
    else:
        morsel["samesite"] = "Lax"
    response.cookies[COOKIE] = morsel
