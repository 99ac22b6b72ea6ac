"""Programs that call the API: `call(user)` signs in by a session, `bearer(user, *scopes)` by a token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from skylab.api import tokens
from skylab.api.access import Throttle


@pytest.fixture(autouse=True)
def fresh_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is throttled for what another test did."""
    for bucket in Throttle.buckets.values():
        monkeypatch.setattr(bucket, "_kept", type(bucket._kept)())


@pytest.fixture
def call() -> Callable[[Any], Client]:
    def signed_in(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def bearer() -> Callable[..., Client]:
    def with_token(user: Any, *scopes: str, days: int = 9) -> Client:
        token, text = tokens.make(user=user, name="a test", scopes=scopes, days=days, now=timezone.now())
        client = Client(headers={"Authorization": f"Bearer {text}"})
        client.token, client.text = token, text  # type: ignore[attr-defined]
        return client

    return with_token
