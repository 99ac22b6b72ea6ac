"""Services of a platform (LTI Advantage): a token for the scopes that are needed, and a request with it."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from skylab.lti import jose, keys, web
from skylab.lti.models import Platform
from skylab.lti.refusals import PlatformProblem

ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_EARLY: Final = timedelta(seconds=60)
_lock = threading.Lock()
_tokens: dict[tuple[int, str], tuple[str, datetime]] = {}


def call(
    platform: Platform,
    method: str,
    url: str,
    *,
    scopes: Iterable[str],
    now: datetime,
    accept: str = "",
    body: Any = None,
    kind: str = "",
) -> web.Answer:
    """Return a service's answer. A token that is not taken any more is got anew, once. Raises PlatformProblem."""
    headers = {name: value for name, value in (("Accept", accept), ("Content-Type", kind)) if value}
    data = json.dumps(body).encode() if body is not None else None
    for fresh in (False, True):
        headers["Authorization"] = f"Bearer {_token(platform, scopes, now, fresh=fresh)}"
        try:
            return web.ask(platform, method, url, headers=headers, body=data)
        except PlatformProblem as problem:
            if problem.status != 401 or fresh:
                raise
    raise AssertionError("unreachable")


def forget_tokens() -> None:
    """Forget all tokens: they are got anew when they are needed."""
    with _lock:
        _tokens.clear()


def _token(platform: Platform, scopes: Iterable[str], now: datetime, *, fresh: bool) -> str:
    scope = " ".join(sorted(scopes))
    with _lock:
        kept = _tokens.get((platform.pk, scope))
    if kept and kept[1] > now and not fresh:
        return kept[0]
    seconds = int(now.timestamp())
    claims = {
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": platform.audience or platform.token_url,
        "iat": seconds - 5,
        "exp": seconds + 300,
        "jti": secrets.token_urlsafe(24),
    }
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": jose.sign(claims, pem=keys.signing_key(now=now)),
        "scope": scope,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    said = web.ask(platform, "POST", platform.token_url, headers=headers, body=urlencode(form).encode()).json()
    token = said.get("access_token") if isinstance(said, dict) else None
    if not isinstance(token, str) or not token.isprintable() or not token:
        raise PlatformProblem("The platform gave no token.", lasting=True)
    lasts = said.get("expires_in", 0)
    lasts = min(lasts, 3600) if isinstance(lasts, int | float) else 0
    with _lock:
        _tokens[platform.pk, scope] = (token, now + timedelta(seconds=lasts) - _EARLY)
    return token
