"""An AWS account in memory, and the way the diagram looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws
from moto.moto_api._internal.models import moto_api_backend

from graders import BotoAccount
from labs.diagram import Sketch, sketch
from tests.labs.diagram.building import SERVICES, build_shop

ACCOUNT = "123456789012"  # moto's own


def account_of_moto() -> BotoAccount:
    """Return an account that has read nothing yet."""
    return BotoAccount(
        account_id=ACCOUNT,
        region="us-east-1",
        endpoint_url=None,
        access_key_id="AKIAGRADER",
        secret_access_key="secret",
    )


@pytest.fixture(scope="module")
def shop() -> Iterator[dict[str, str]]:
    """The shop in memory, once a module: its tests look and change nothing that others look at."""
    with mock_aws():
        moto_api_backend.reset()
        yield build_shop(account_of_moto().client, ACCOUNT)


@pytest.fixture
def account(shop: dict[str, str]) -> BotoAccount:
    """The account, read anew."""
    return account_of_moto()


@pytest.fixture(scope="module")
def seen(shop: dict[str, str]) -> Sketch:
    """The shop, sketched."""
    return sketch(account_of_moto(), SERVICES)


@pytest.fixture
def moto() -> Iterator[Any]:
    """An empty account of this test's own."""
    with mock_aws():
        moto_api_backend.reset()
        yield account_of_moto()
