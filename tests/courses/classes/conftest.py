"""A class with two assignments for each test."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def tries_are_counted(settings: Any) -> None:
    """Count tries in memory, from none: there is no broker here."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.fixture
def grace(db: None) -> Any:
    """An instructor of other classes, who must see nothing of Ada's."""
    from skylab.accounts.models import User

    return User.objects.create_user(username="grace", email="grace@example.com", password="x", role="instructor")
