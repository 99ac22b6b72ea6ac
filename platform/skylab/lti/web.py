"""Asking a platform for something: only at addresses of its own, with a limit to the time and the length of the answer.

What a platform signs may hold any address. A server that asks wherever it is told is a way into the network that it
stands in: so the host has to be one that an operator registered, and redirects are not followed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import urllib3
from django.conf import settings

from skylab.lti.models import Platform
from skylab.lti.refusals import PlatformProblem

LIMIT: Final = 2_000_000
TIMEOUT: Final = urllib3.Timeout(connect=5, read=10)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Answer:
    """What came back. `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON. Raises PlatformProblem."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise PlatformProblem("The platform's answer is no JSON.", lasting=True) from error


def origin_of(url: str) -> str:
    """Return scheme and host of an address that we may ask or name in a policy: "" where it is none.

    It has to be https; a platform on this very machine may do without where the site itself is a developer's own.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    plain = host in _LOOPBACK and settings.LOCAL and parts.scheme == "http"
    allowed = parts.scheme == "https" or plain
    wellformed = not parts.username and all(c.isalnum() or c in ".-:[]" for c in host) and host.isascii()
    if not (allowed and host and wellformed):
        return ""
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def origins(platform: Platform) -> list[str]:
    """Return where a platform's pages and services are: of its registration, nothing that it says of itself later."""
    told = [platform.auth_url, platform.token_url, platform.jwks_url, platform.issuer, *platform.origins.split()]
    return list(dict.fromkeys(found for one in told if (found := origin_of(one))))


def is_of(platform: Platform, url: str) -> bool:
    """Return whether an address is one of the platform's own."""
    found = origin_of(url)
    return bool(found) and found in origins(platform)


@lru_cache(maxsize=1)
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(num_pools=20, retries=False, timeout=TIMEOUT)


def ask(
    platform: Platform,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Return the answer to a request, whatever its status below 400 is.

    :raises PlatformProblem: it is no address of the platform's, it does not answer, or it answers that it will not.
    """
    if not is_of(platform, url):
        raise PlatformProblem(
            f"{origin_of(url) or 'The address'} is not registered as the platform's: an operator has to add it.",
            lasting=True,
        )
    return fetch(method, url, headers=headers, body=body)


def fetch(method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Answer:
    """Like `ask`, of an address that the caller holds to be one to ask."""
    try:
        response = _pool().request(
            method, url, headers=dict(headers or {}), body=body, redirect=False, preload_content=False
        )
        try:
            read = response.read(LIMIT + 1, decode_content=True)
        finally:
            response.release_conn()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise PlatformProblem(f"The platform does not answer ({type(error).__name__}).") from error
    if len(read) > LIMIT:
        raise PlatformProblem("The platform's answer is too long.", lasting=True)
    answer = Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, read)
    if answer.status >= 300:
        wait = answer.headers.get("retry-after", "")
        raise PlatformProblem(
            f"The platform answered {answer.status}.",
            lasting=300 <= answer.status < 500 and answer.status not in (401, 408, 409, 425, 429),
            status=answer.status,
            wait=min(float(wait), 86400.0) if wait.isdecimal() else 0,
        )
    return answer
