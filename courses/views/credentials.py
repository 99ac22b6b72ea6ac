"""What the public may ask about certificates and badges, without an account: is this one valid, and by which key."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from courses.classes.who import may_read
from courses.exams import badge
from courses.models import Credential, ExamVersion
from courses.services import badge_keys, clock, credentials
from courses.services.credentials import Validity
from labs.web import act, person

MOST_CHARACTERS = 20_000  # of a badge that somebody pastes; ours have less than 3000
public = cache_control(public=True, max_age=300)


@never_cache
@require_safe
def verify(request: HttpRequest, credential_id: UUID) -> HttpResponse:
    """Say whether a credential is valid, revoked and why, or none of ours. Nothing about its holder but the name they chose."""
    verdict = credentials.look_up(credential_id)
    return _verdict(request, verdict, credential_id=credential_id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verify_any(request: HttpRequest) -> HttpResponse:
    """Take a badge's token, or a credential's number, and say what it is worth."""
    if request.method != "POST":
        return render(request, "exams/verify.html", {"verdict": None})
    try:
        given = request.POST.get("badge", "").strip()
    except RequestDataTooBig:
        given = ""
    if found := _number(given):
        return redirect("verify", found)
    if not given or len(given) > MOST_CHARACTERS:
        said = "Paste a badge (the content of its .jwt file), the address of a certificate, or its number."
        return render(request, "exams/verify.html", {"verdict": None, "problem": said}, status=422)
    return _verdict(request, credentials.check_token(given, now=clock.now()), signed=True)


@act
def revoke(request: HttpRequest, credential_id: UUID) -> HttpResponse:
    """Revoke a credential: for who teaches its holder, with a reason."""
    found = credentials.look_up(credential_id).credential
    if found is None or not may_read(person(request), found.attempt.user_id):
        raise Http404
    credentials.revoke(credential=found, reason=request.POST.get("reason", ""), actor=person(request), now=clock.now())
    return redirect("attempt_report", found.attempt_id)


# --- For machines -------------------------------------------------------------------------------------------------


@public
@require_safe
def issuer(request: HttpRequest) -> HttpResponse:
    """The Profile of who issues."""
    profile = badge.issuer_profile(credentials.addresses(), settings.BADGE_ISSUER)
    return _json({"@context": badge.CONTEXT, **profile})


@public
@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """All our public keys, a JWK set."""
    return _json({"keys": badge_keys.public_keys()}, "application/jwk-set+json")


@public
@require_safe
def key(request: HttpRequest, kid: str) -> HttpResponse:
    """A public key, a JWK: what the `kid` of a badge leads to."""
    found = badge_keys.public_key(kid)
    if found is None:
        raise Http404("There is no such key.")
    return _json({**found, "alg": badge.ALGORITHM, "use": "sig"}, "application/jwk+json")


@public
@require_safe
def achievement(request: HttpRequest, slug: str) -> HttpResponse:
    """What passing an exam is, as a badge says it."""
    known = _definition(slug)
    about = {"exam": slug, "title": known["title"], "code": known["code"], "pass_mark": int(known["pass_mark"])}
    return _json({"@context": badge.CONTEXT, **badge.achievement(credentials.addresses(), **about)})


@public
@require_safe
def picture(request: HttpRequest, slug: str) -> HttpResponse:
    """The picture of an exam's badge."""
    return _public(render(request, "exams/badge.svg", {"exam": _definition(slug)}, content_type="image/svg+xml"))


@require_safe
@cache_control(public=True, max_age=60)
def status(request: HttpRequest, number: int) -> HttpResponse:
    """Which badges of a list are revoked, signed. A list that was never begun does not exist."""
    first = number * badge.LIST_LENGTH
    if not Credential.objects.filter(status__gte=first, status__lt=first + badge.LIST_LENGTH).exists():
        raise Http404("There is no such list.")
    token = credentials.status_list(number, now=clock.now())
    return _public(HttpResponse(token, content_type="application/vc+jwt"))


def _verdict(request: HttpRequest, verdict: credentials.Verdict, **more: Any) -> HttpResponse:
    known = {Validity.VALID: 200, Validity.REVOKED: 200, Validity.UNKNOWN: 404, Validity.FORGED: 422}
    found = verdict.credential
    context = {
        "verdict": verdict,
        "credential": found,
        "exam": found.attempt.exam.definition if found else None,
        "issuer": settings.BADGE_ISSUER,
        **more,
    }
    return render(request, "exams/verify.html", context, status=known[verdict.validity])


def _number(text: str) -> UUID | None:
    """Return the credential that an address or a number names."""
    try:
        return UUID(text.rstrip("/").rsplit("/", 1)[-1])
    except ValueError:
        return None


def _definition(slug: str) -> Any:
    """Return the newest definition of an exam that somebody sat: a badge never speaks of another. Raises Http404."""
    found = ExamVersion.objects.filter(slug=slug).order_by("-kept_at").first()
    if found is None:
        raise Http404("There is no such achievement.")
    return found.definition


def _json(data: Any, kind: str = "application/ld+json") -> HttpResponse:
    return _public(JsonResponse(data, content_type=kind, json_dumps_params={"ensure_ascii": False}))


def _public(answer: HttpResponse) -> HttpResponse:
    """Let pages of others read it: verifiers run in browsers, too."""
    answer["Access-Control-Allow-Origin"] = "*"
    return answer
