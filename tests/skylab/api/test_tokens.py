"""Tokens: what they open, what they never open, and that nobody can read them back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from courses.api.throttling import Buckets
from skylab.api import access, tokens
from skylab.api.models import Token

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


def test_a_token_is_kept_as_its_hash_alone(bob: Any) -> None:
    token, text = tokens.make(user=bob, name="CI", scopes=["read"], days=1, now=timezone.now())
    row = Token.objects.filter(pk=token.pk).values()[0]
    assert text.startswith("skylab_")
    assert text not in str(row)
    assert len(text) > len(row["start"]) + 30


def test_a_token_says_who_calls_and_what_it_may(bob: Any, bearer: Callable[..., Client]) -> None:
    client = bearer(bob, "read")
    assert client.get("/api/v1/me/").json() == {
        "id": bob.pk,
        "username": "bob",
        "email": "bob@example.com",
        "role": "learner",
        "scopes": ["read"],
    }
    assert Token.objects.get().last_used_at is not None


def test_what_is_no_token_any_more_opens_nothing(bob: Any, bearer: Callable[..., Client]) -> None:
    client = bearer(bob, "read")
    for change in (
        {"revoked_at": timezone.now()},
        {"revoked_at": None, "expires_at": timezone.now() - timedelta(seconds=1)},
    ):
        Token.objects.update(**change)
        answer = client.get("/api/v1/me/")
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
        assert answer["WWW-Authenticate"].startswith("Bearer")
    Token.objects.update(expires_at=timezone.now() + timedelta(days=1))
    assert client.get("/api/v1/me/").status_code == 200
    bob.is_active = False
    bob.save()
    assert client.get("/api/v1/me/").status_code == 401


def test_a_scope_that_the_token_lacks_is_403_and_a_role_that_the_person_lacks_404(
    bob: Any, olga: Any, bearer: Callable[..., Client]
) -> None:
    assert bearer(bob, "read").post("/api/v1/labs/queues/start/").status_code == 403
    assert bearer(bob, "read", "learn").get("/api/v1/users/").status_code == 404
    assert bearer(olga, "read").get("/api/v1/users/").status_code == 403
    client = bearer(olga, "operate")
    assert client.get("/api/v1/users/").status_code == 200
    olga.role = "learner"
    olga.save()
    assert client.get("/api/v1/users/").status_code == 404, "who lost the role lost what tokens had of it"


def test_nobody_gives_what_they_do_not_have(bob: Any, ada: Any, call: Callable[[Any], Client]) -> None:
    for user, scopes in ((bob, ["teach"]), (bob, ["operate"]), (ada, ["operate"])):
        answer = call(user).post("/api/v1/tokens/", {"name": "x", "scopes": scopes, "days": 1}, **JSON)
        assert (answer.status_code, answer.json()["code"]) == (403, "too_much")
    assert not Token.objects.exists()


def test_a_token_makes_no_more_than_itself_and_takes_it_along(bob: Any, bearer: Callable[..., Client]) -> None:
    client = bearer(bob, "learn", days=3)
    more = client.post("/api/v1/tokens/", {"name": "x", "scopes": ["read"], "days": 1}, **JSON)
    assert more.status_code == 403
    made = client.post("/api/v1/tokens/", {"name": "x", "scopes": ["learn"], "days": 300}, **JSON).json()
    child = Token.objects.get(pk=made["id"])
    assert child.expires_at == client.token.expires_at  # type: ignore[attr-defined]
    tokens.revoke(user=bob, token_id=client.token.pk, now=timezone.now())  # type: ignore[attr-defined]
    assert tokens.find(made["token"], now=timezone.now()) is None


def test_a_token_of_somebody_else_is_not_there(bob: Any, eve: Any, bearer: Callable[..., Client]) -> None:
    theirs = bearer(eve, "read").token  # type: ignore[attr-defined]
    client = bearer(bob, "read", "learn")
    assert client.delete(f"/api/v1/tokens/{theirs.pk}/").status_code == 404
    assert [one["id"] for one in client.get("/api/v1/tokens/").json()["results"]] == [client.token.pk]  # type: ignore[attr-defined]
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_a_session_needs_its_csrf_token_and_a_token_none(bob: Any, bearer: Callable[..., Client]) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(bob)
    body = {"name": "x", "scopes": ["read"], "days": 1}
    assert strict.post("/api/v1/tokens/", body, **JSON).status_code == 403
    page = strict.get("/settings/tokens/").content.decode()
    csrf = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    assert strict.post("/api/v1/tokens/", body, headers={"X-CSRFToken": csrf}, **JSON).status_code == 201
    _, text = tokens.make(user=bob, name="y", scopes=["learn"], days=1, now=timezone.now())
    bare = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {text}"})
    assert bare.post("/api/v1/tokens/", body | {"scopes": ["learn"]}, **JSON).status_code == 201


def test_the_page_shows_a_token_once(bob: Any, call: Callable[[Any], Client]) -> None:
    client = call(bob)
    page = client.post("/settings/tokens/", {"name": "My laptop", "scopes": ["read"], "days": "30"}).content.decode()
    text = page.split('id="new-token">')[1].split("<")[0]
    assert tokens.find(text, now=timezone.now())
    again = client.get("/settings/tokens/").content.decode()
    assert "My laptop" in again
    assert text not in again
    client.post(f"/settings/tokens/{Token.objects.get().pk}/revoke/")
    assert tokens.find(text, now=timezone.now()) is None


@pytest.mark.parametrize("days", ["0", "9999", "-1", "x", "٣", "1" * 5000])
def test_the_page_refuses_a_life_that_is_none(bob: Any, call: Callable[[Any], Client], days: str) -> None:
    answer = call(bob).post("/settings/tokens/", {"name": "x", "scopes": ["read"], "days": days})
    assert answer.status_code == 422
    assert not Token.objects.exists()


def test_one_program_that_runs_wild_stops_nobody_else_behind_its_address(
    bob: Any,
    eve: Any,
    bearer: Callable[..., Client],
    call: Callable[[Any], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(access.Throttle.buckets, "read", Buckets(burst=3, each_second=0.001))
    wild = bearer(bob, "read")
    assert [wild.get("/api/v1/me/").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = wild.get("/api/v1/me/")
    assert refused.json()["code"] == "throttled"
    assert int(refused["Retry-After"]) > 60
    assert call(eve).get("/api/v1/me/").status_code == 200
    assert call(bob).get("/api/v1/me/").status_code == 200, "their own page goes on, too"
