"""What operators do with registrations; and how a platform registers itself (LTI Dynamic Registration 1.0)."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction

from labs.refusals import Refusal
from skylab.lti import jose, messages, web
from skylab.lti.models import Deployment, Nonce, Platform
from skylab.lti.refusals import PlatformProblem
from skylab.lti.services.login import LAUNCH_PATH, PICK_PATH

logger = logging.getLogger(__name__)

SALT: Final = "skylab.lti.registration"
HOURS: Final = timedelta(hours=1)
_TOOL: Final = "https://purl.imsglobal.org/spec/lti-tool-configuration"
_PLATFORM: Final = "https://purl.imsglobal.org/spec/lti-platform-configuration"


class BadRegistration(Refusal):
    """A platform could not be registered."""

    status = 422


def save(*, platform: Platform, deployments: Sequence[str], now: datetime) -> Platform:
    """Keep a registration as a form has it. Deployments that are not named any more go, with what came from them."""
    with transaction.atomic():
        if platform.pk is None:
            platform.created_at = now
        else:
            platform.jwks, platform.jwks_at = {}, None  # of the address that it had before, perhaps
        platform.save()
        platform.deployments.exclude(deployment_id__in=deployments).delete()
        for one in deployments:
            Deployment.objects.get_or_create(platform=platform, deployment_id=one)
    return platform


def invitation(*, now: datetime) -> str:
    """Return the address that an operator gives to a platform, for it to register itself. It is good once, for an hour."""
    token = signing.dumps(
        {"e": int((now + HOURS).timestamp()), "n": signing.b62_encode(int(now.timestamp() * 1e6))}, salt=SALT
    )
    return f"{settings.BASE_URL.rstrip('/')}/lti/register/{token}/"


def register(*, token: str, configuration_url: str, platform_token: str, now: datetime) -> Platform:
    """Register the platform that came with an operator's invitation, and us with it. It is not active before an operator
    has looked at it.

    :raises BadRegistration:
    """
    _spend(token, now)
    try:
        said = _configuration(configuration_url)
        platform = _platform(said, configuration_url, now)
        answer = _introduce(said, platform, platform_token)
    except (PlatformProblem, KeyError, TypeError, ValueError) as error:
        logger.warning("A platform could not be registered: %s", error)
        raise BadRegistration(f"The platform could not be registered: {error}") from error
    platform.client_id = str(answer["client_id"])[:255]
    deployment = (answer.get(_TOOL) or {}).get("deployment_id")
    try:
        return save(platform=platform, deployments=[str(deployment)[:255]] if deployment else [], now=now)
    except IntegrityError as error:
        raise BadRegistration("This platform is registered already.") from error


def _spend(token: str, now: datetime) -> None:
    gone = "This invitation is used up or too old. An operator can make another one."
    try:
        known = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise BadRegistration(gone) from error
    if now.timestamp() >= known["e"]:
        raise BadRegistration(gone)
    try:
        with transaction.atomic():
            Nonce.objects.create(value=f"registration {known['n']}", expires_at=now + HOURS)
    except IntegrityError as error:
        raise BadRegistration(gone) from error


def _configuration(url: str) -> dict[str, Any]:
    if not web.origin_of(url):
        raise ValueError("its configuration is at no https address.")
    said = web.fetch("GET", url, headers={"Accept": "application/json"}).json()
    if not isinstance(said, dict):
        raise ValueError("its configuration is none.")
    return said


def _platform(said: dict[str, Any], url: str, now: datetime) -> Platform:
    issuer = str(said["issuer"])
    if urlsplit(issuer).hostname != urlsplit(url).hostname:
        raise ValueError("its configuration is at another host than it says of itself (issuer).")
    found = Platform(
        title=str((said.get(_PLATFORM) or {}).get("product_family_code") or urlsplit(issuer).hostname)[:100],
        issuer=issuer[:255],
        auth_url=str(said["authorization_endpoint"])[:500],
        token_url=str(said["token_endpoint"])[:500],
        jwks_url=str(said["jwks_uri"])[:500],
        audience=str(said.get("authorization_server") or "")[:500],
        active=False,
        created_at=now,
    )
    if not all(web.origin_of(one) for one in (found.auth_url, found.token_url, found.jwks_url)):
        raise ValueError("one of its addresses is not https.")
    return found


def _introduce(said: dict[str, Any], platform: Platform, token: str) -> dict[str, Any]:
    endpoint = str(said["registration_endpoint"])
    if not web.is_of(platform, endpoint):
        raise ValueError("it registers tools at another host than its own.")
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token and token.isprintable():
        headers["Authorization"] = f"Bearer {token}"
    body = json.dumps(tool_configuration()).encode()
    answer = web.fetch("POST", endpoint, headers=headers, body=body).json()
    if not isinstance(answer, dict) or not answer.get("client_id"):
        raise ValueError("it gave no client ID.")
    return answer


def tool_configuration() -> dict[str, Any]:
    """Return how we describe ourselves to a platform (Dynamic Registration, §3.5.1)."""
    base = settings.BASE_URL.rstrip("/")
    scopes = [messages.SCOPE_LINEITEM, messages.SCOPE_SCORE, messages.SCOPE_ROSTER]
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{base}/lti/login/",
        "redirect_uris": [f"{base}{LAUNCH_PATH}"],
        "client_name": "Skylab",
        "jwks_uri": f"{base}/lti/keys.json",
        "token_endpoint_auth_method": "private_key_jwt",
        "id_token_signed_response_alg": jose.ALGORITHM,
        "scope": " ".join(scopes),
        _TOOL: {
            "domain": urlsplit(base).netloc,
            "target_link_uri": f"{base}{PICK_PATH}",
            "claims": ["iss", "sub", "name", "given_name", "family_name"],
            "messages": [{"type": messages.CHOOSING, "target_link_uri": f"{base}{PICK_PATH}", "label": "Skylab"}],
        },
    }
