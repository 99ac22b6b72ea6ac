"""The bill on the lab's page and as JSON: who may see it, and what it says while the sandbox does not answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labs import selectors
from labs.billing import Bill, Line
from labs.sandboxes import Unavailable
from tests.e2e.scenes import make_session


@pytest.fixture
def address(bob: Any) -> str:
    return reverse("session_bill", args=[make_session(bob).pk])


def _answers(monkeypatch: pytest.MonkeyPatch, made: Bill | Exception) -> None:
    def bill_of(session: Any) -> Bill:
        if isinstance(made, Exception):
            raise made
        return made

    monkeypatch.setattr(selectors, "bill_of", bill_of)


def test_the_page_says_what_it_would_cost(
    client: Client, bob: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (Line("rds", "<orders>", "db.t3.micro of mysql", 0.13), Line("sqs", "q", "queue", 0.0, "$0.4 per million"))
    _answers(monkeypatch, Bill(lines, unknown=("braket",)))
    client.force_login(bob)
    page = client.get(address).content.decode()
    assert "This would cost about $0.13 an hour, $94.90 a month on AWS, list prices of " in page
    assert "&lt;orders&gt;" in page and "by use" in page and "Not priced: braket." in page


def test_json_is_for_whoever_accepts_only_that(
    client: Client, bob: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answers(monkeypatch, Bill((Line("rds", "orders", "db.t3.micro of mysql", 0.13),)))
    client.force_login(bob)
    said = client.get(address, headers={"accept": "application/json"}).json()
    assert (said["hourly"], said["monthly"], said["currency"]) == (0.13, 94.9, "USD")
    assert said["lines"][0]["resource"] == "orders"
    assert client.get(address, headers={"accept": "*/*"})["Content-Type"].startswith("text/html")


def test_a_sandbox_that_does_not_answer_shows_no_bill(
    client: Client, bob: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answers(monkeypatch, Unavailable("no host"))
    client.force_login(bob)
    assert "would cost" not in client.get(address).content.decode()
    assert client.get(address, headers={"accept": "application/json"}).status_code == 503


def test_the_bill_is_the_owners(client: Client, eve: Any, address: str) -> None:
    assert client.get(address).status_code == 302
    client.force_login(eve)
    assert client.get(address).status_code == 404
    assert client.post(address).status_code == 405
