"""The cast of every test: Ada teaches, Bob learns, Eve learns elsewhere and must see nothing of Bob's, Olga operates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from skylab.accounts.models import User


def _person(name: str, role: str) -> User:
    from skylab.accounts.models import User

    return User.objects.create_user(username=name, email=f"{name}@example.com", password="correct horse", role=role)


@pytest.fixture
def bob(db: None) -> User:
    """A learner."""
    return _person("bob", "learner")


@pytest.fixture
def eve(db: None) -> User:
    """Another learner, who must see nothing of Bob's."""
    return _person("eve", "learner")


@pytest.fixture
def ada(db: None) -> User:
    """An instructor."""
    return _person("ada", "instructor")


@pytest.fixture
def olga(db: None) -> User:
    """An operator."""
    return _person("olga", "operator")
