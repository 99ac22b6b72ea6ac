"""A platform that runs, is registered here, and has people: Lin learns, Tea teaches there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from skylab.lti import keys, models
from skylab.lti.services import calls
from tests.skylab.lti.learning_platform import MEMBERSHIP, KeyPair, Person, Platform, running

LAB = "private-bucket-one-reader"
LIN = Person("lin-1", "Lin", "Loh")
TEA = Person("tea-1", "Tea", "Tran", (f"{MEMBERSHIP}Instructor",))
Launch = Callable[..., HttpResponse]


@pytest.fixture(scope="session")
def campus_key() -> KeyPair:
    """Made once: a key takes its time."""
    return KeyPair("k1")


@pytest.fixture
def campus(db: None, campus_key: KeyPair) -> Iterator[Platform]:
    """A platform that knows us, and the registration here."""
    calls.forget_tokens()
    with running(keys=[campus_key], people={one.sub: one for one in (LIN, TEA)}) as platform:
        public = keys.public_keys(now=timezone.now())
        platform.tool_jwks = lambda: public
        register(platform)
        yield platform


def register(platform: Platform) -> models.Platform:
    """Register a platform here, as an operator does."""
    made = models.Platform.objects.create(
        title="Campus",
        issuer=platform.url,
        client_id=platform.client_id,
        auth_url=f"{platform.url}/auth",
        token_url=f"{platform.url}/token",
        jwks_url=f"{platform.url}/jwks",
        created_at=timezone.now(),
    )
    made.deployments.create(deployment_id=platform.deployment_id)
    return made


def target(path: str = f"/labs/{LAB}/") -> str:
    return settings.BASE_URL + path


def begin(
    client: Client, platform: Platform, who: Person = LIN, path: str = f"/labs/{LAB}/", link: str = "link-1"
) -> dict[str, str]:
    """Let a browser begin a launch; return what it is sent to the platform with."""
    url = urlsplit(platform.begin("/lti/login/", who, target(path), link=link))
    sent = client.get(f"{url.path}?{url.query}")
    assert sent.status_code == 302, sent.content.decode()
    assert sent["Location"].startswith(f"{platform.url}/auth?")
    return dict(parse_qsl(urlsplit(sent["Location"]).query))


def land(client: Client, token: str, state: str) -> HttpResponse:
    """Let a browser bring a platform's answer."""
    return client.post("/lti/launch/", {"state": state, "id_token": token})  # type: ignore[return-value]


def arrive(
    client: Client,
    platform: Platform,
    who: Person = LIN,
    *,
    path: str = f"/labs/{LAB}/",
    link: str = "link-1",
    **changes: Any,
) -> HttpResponse:
    """Launch; return the answer to the platform's token, which may be changed before it is signed."""
    asked = begin(client, platform, who, path, link)
    return land(client, platform.id_token(asked, **changes), asked["state"])
