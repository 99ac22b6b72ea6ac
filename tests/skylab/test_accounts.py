"""Signing up and in: one spelling a name, Argon2id, and a lost broker that stops nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.core.cache import cache
from django.test import Client, override_settings

from skylab.accounts.models import User

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

GONE = {"default": {"BACKEND": "skylab.cache.ForgivingRedisCache", "LOCATION": "unix:///nowhere/valkey.sock"}}


@pytest.fixture
def no_broker(settings: SettingsWrapper) -> None:
    settings.CACHES = GONE


def test_signing_in_works_while_the_broker_is_gone(client: Client, bob: User, no_broker: None) -> None:
    answer = client.post("/accounts/login/", {"login": "bob", "password": "correct horse"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"


def test_a_lost_cache_is_a_miss(no_broker: None) -> None:
    cache.set("name", "value")
    assert cache.get("name", default="none") == "none"
    assert cache.get_many(["name"]) == {}
    assert not cache.has_key("name")


def test_a_wrong_password_does_not_sign_in(client: Client, bob: User, no_broker: None) -> None:
    answer = client.post("/accounts/login/", {"login": "bob", "password": "wrong horse"})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_names_that_look_alike_are_one_name(client: Client, bob: User, no_broker: None) -> None:
    form = {"email": "new@example.com", "password1": "correct horse 2", "password2": "correct horse 2"}
    for name in ("BOB", " bob ", "ｂｏｂ"):
        assert client.post("/accounts/signup/", {**form, "username": name}).status_code == 200
    assert client.post("/accounts/signup/", {**form, "username": "bоb"}).status_code == 200  # Cyrillic о
    assert User.objects.count() == 1


def test_a_new_person_is_a_learner_whatever_the_form_says(client: Client, db: None, no_broker: None) -> None:
    form = {"email": "new@example.com", "username": "newcomer", "password1": "correct horse 2"}
    client.post("/accounts/signup/", {**form, "password2": "correct horse 2", "role": "operator", "is_staff": "1"})
    person = User.objects.get(username="newcomer")
    assert (person.role, person.is_staff, person.teaches) == ("learner", False, False)


@override_settings(PASSWORD_HASHERS=["skylab.accounts.hashers.Argon2Hasher"])
def test_passwords_are_kept_by_argon2id_as_owasp_asks() -> None:
    kept = make_password("correct horse")
    assert identify_hasher(kept).algorithm == "argon2"
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in kept
