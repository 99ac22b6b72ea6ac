"""The schema is what the code says, and docs/openapi.yaml is the schema."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from skylab.api import reference

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.django_db
def test_the_kept_schema_is_current(client: Client) -> None:
    told = client.get("/api/v1/schema/").content
    kept = (ROOT / "docs" / "openapi.yaml").read_bytes()
    assert told == kept, "run: python manage.py spectacular --file docs/openapi.yaml"


def test_the_schema_is_valid_and_its_making_warns_of_nothing() -> None:
    with GENERATOR_STATS.silence():
        GENERATOR_STATS.reset()
        found = SchemaGenerator().get_schema(request=None, public=True)
        assert not GENERATOR_STATS, dict(GENERATOR_STATS._warn_cache) | dict(GENERATOR_STATS._error_cache)
    validate_schema(found)


@pytest.mark.django_db
def test_every_operation_stands_on_the_page_which_fetches_nothing(client: Client) -> None:
    page = client.get("/api/").content.decode()
    operations = [one["operationId"] for verbs in reference.schema()["paths"].values() for one in verbs.values()]
    assert len(operations) > 30
    assert [one for one in operations if f'id="{one}"' not in page] == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', page) == []
    assert " style=" not in page


@pytest.mark.django_db
def test_an_address_that_is_none_is_answered_as_a_problem(client: Client) -> None:
    answer = client.get("/api/v1/no/such/thing/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
