"""Launches that are not taken: each is right in all but one thing. What is right in all is taken, first of all."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.utils import timezone

from skylab.lti import models
from skylab.lti.services import login
from tests.skylab.lti.conftest import LAB, LIN, arrive, begin, land
from tests.skylab.lti.learning_platform import DL, LTI, KeyPair, Platform, b64, unb64


def refused(response: Any, why: str) -> bool:
    said = response.content.decode()
    assert response.status_code == 403, said
    assert models.Launch.objects.count() == models.Result.objects.count() == 0
    return why in said


def test_what_is_right_in_all_is_taken(client: Client, campus: Platform) -> None:
    response = arrive(client, campus)
    assert response.status_code == 302
    assert models.Launch.objects.get().target == f"/labs/{LAB}/"


class TestTwice:
    def test_the_same_launch_again(self, client: Client, campus: Platform) -> None:
        asked = begin(client, campus)
        token = campus.id_token(asked)
        assert land(client, token, asked["state"]).status_code == 302
        again = land(client, token, asked["state"])
        assert again.status_code == 403 and "used already" in again.content.decode()
        assert models.Launch.objects.count() == 1

    def test_another_token_with_a_nonce_that_was_spent(self, client: Client, campus: Platform) -> None:
        asked = begin(client, campus)
        assert land(client, campus.id_token(asked), asked["state"]).status_code == 302
        assert land(client, campus.id_token(asked, sub="tea-1"), asked["state"]).status_code == 403


class TestForged:
    def test_by_another_key_of_the_same_name(self, client: Client, campus: Platform) -> None:
        asked, real = begin(client, campus), campus.keys
        campus.keys = [KeyPair("k1")]
        token = campus.id_token(asked)
        campus.keys = real
        assert refused(land(client, token, asked["state"]), "signature")

    def test_by_a_key_that_the_platform_does_not_have(self, client: Client, campus: Platform) -> None:
        asked, real = begin(client, campus), campus.keys
        campus.keys = [KeyPair("mine")]
        token = campus.id_token(asked)
        campus.keys = real
        assert refused(land(client, token, asked["state"]), "no such key")

    def test_without_a_signature(self, client: Client, campus: Platform) -> None:
        asked = begin(client, campus)
        _, body, _ = campus.id_token(asked).split(".")
        for alg in ("none", "None", "NONE", ""):
            head = b64(json.dumps({"typ": "JWT", "alg": alg, "kid": "k1"}).encode())
            assert refused(land(client, f"{head}.{body}.", asked["state"]), "not signed with RS256")

    def test_with_the_public_key_as_the_secret_of_an_hmac(self, client: Client, campus: Platform) -> None:
        asked = begin(client, campus)
        public = campus.keys[0].private.public_key()
        for secret in (
            public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
            json.dumps(campus.keys[0].jwk).encode(),
        ):
            head = b64(json.dumps({"typ": "JWT", "alg": "HS256", "kid": "k1"}).encode())
            signed = f"{head}.{campus.id_token(asked).split('.')[1]}"
            token = f"{signed}.{b64(hmac.digest(secret, signed.encode(), hashlib.sha256))}"
            assert refused(land(client, token, asked["state"]), "not signed with RS256")

    @pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c", "crit"])
    def test_with_a_key_that_it_brings_along(self, client: Client, campus: Platform, name: str) -> None:
        asked = begin(client, campus)
        mine = KeyPair("k1") if name == "jwk" else campus.keys[0]
        brought = {
            "jku": f"{campus.url}/mine",
            "x5u": f"{campus.url}/mine",
            "jwk": mine.jwk,
            "x5c": ["MII="],
            "crit": ["exp"],
        }
        claims = json.loads(unb64(campus.id_token(asked).split(".")[1]))
        token = mine.sign(claims, **{name: brought[name]})
        assert refused(land(client, token, asked["state"]), "no signed token" if name == "crit" else name)
        assert "GET /mine" not in campus.asked

    def test_changed_after_it_was_signed(self, client: Client, campus: Platform) -> None:
        asked = begin(client, campus)
        head, body, signature = campus.id_token(asked).split(".")
        claims = json.loads(unb64(body)) | {"sub": "tea-1"}
        assert refused(
            land(client, f"{head}.{b64(json.dumps(claims).encode())}.{signature}", asked["state"]), "signature"
        )

    def test_no_token_at_all(self, client: Client, campus: Platform) -> None:
        for token in ("", "a", "a.b.c", "a.b.c.d", "é.é.é", "x" * 100_000):
            assert refused(land(client, token, begin(client, campus)["state"]), "cannot be taken")


NOW = int(time.time())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iat": NOW - 900, "exp": NOW - 600}, "expired"),
        ({"exp": NOW - 61}, "expired"),
        ({"iat": NOW - 9000}, "too old"),
        ({"iat": NOW + 900}, "future"),
        ({"nbf": NOW + 900}, "future"),
        ({"exp": True}, "exp"),
        ({"exp": None}, "exp"),
        ({"iat": "now"}, "iat"),
        ({"aud": "another-tool"}, "aud"),
        ({"aud": ["skylab-at-campus", "another-tool"]}, "azp"),
        ({"aud": ["skylab-at-campus", "another-tool"], "azp": "another-tool"}, "azp"),
        ({"azp": "another-tool"}, "azp"),
        ({"iss": "https://another.example"}, "issuer"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": 5}, "cannot be taken"),
        ({f"{LTI}deployment_id": "2"}, "deployment"),
        ({f"{LTI}deployment_id": None}, "deployment_id"),
        ({f"{LTI}message_type": "LtiSubmissionReviewRequest"}, "message type"),
        ({f"{LTI}message_type": None}, "message_type"),
        ({f"{LTI}version": "1.1"}, "1.3.0"),
        ({f"{LTI}target_link_uri": "https://evil.example/labs/x/"}, "no page of this site"),
        ({f"{LTI}target_link_uri": "http://127.0.0.1:8000@evil.example/"}, "no page of this site"),
        ({f"{LTI}target_link_uri": "http://127.0.0.1:8000/operate/admin/"}, "no page of this site"),
        ({f"{LTI}target_link_uri": "http://127.0.0.1:8000/lti/choose/"}, "no page of this site"),
        ({f"{LTI}resource_link": {}}, "id"),
        ({f"{LTI}roles": "Instructor"}, "roles"),
    ],
)
def test_a_claim_that_does_not_hold(client: Client, campus: Platform, changes: dict[str, Any], why: str) -> None:
    assert refused(arrive(client, campus, **changes), why)


class TestState:
    def test_of_another_browser(self, client: Client, campus: Platform) -> None:
        asked = begin(client, campus)
        other = Client()
        begin(other, campus)
        assert refused(land(other, campus.id_token(asked), asked["state"]), "another browser")

    def test_of_a_browser_that_keeps_no_cookie_is_begun_anew_in_a_window(
        self, client: Client, campus: Platform
    ) -> None:
        asked = begin(client, campus)
        response = land(Client(), campus.id_token(asked), asked["state"])
        assert refused(response, 'target="_blank"') and "/lti/login/?iss=" in response.content.decode()

    def test_that_we_did_not_sign(self, client: Client, campus: Platform) -> None:
        asked = begin(client, campus)
        for state in ("", "x", asked["state"][:-1], asked["state"].replace(":", ".")):
            assert refused(land(client, campus.id_token(asked), state), "not begun here")

    def test_of_another_launch(self, client: Client, campus: Platform) -> None:
        first, second = begin(client, campus), begin(client, campus)
        assert refused(land(client, campus.id_token(first), second["state"]), "nonce")

    def test_that_is_too_old(self, client: Client, campus: Platform) -> None:
        asked = begin(client, campus)
        with pytest.raises(login.BadLaunch, match="too long"):
            login.take(state=asked["state"], token="", browser="x", now=timezone.now() + login.MINUTES)


class TestBeginning:
    def test_of_a_platform_that_nobody_registered(self, client: Client, campus: Platform) -> None:
        for changes in ({"issuer": "https://another.example"}, {"client_id": "x"}, {"active": False}):
            kept = models.Platform.objects.values("issuer", "client_id", "active").get()
            models.Platform.objects.update(**changes)
            url = campus.begin("/lti/login/", LIN, f"http://127.0.0.1:8000/labs/{LAB}/")
            assert client.get(url).status_code == 403
            models.Platform.objects.update(**kept)

    @pytest.mark.parametrize(
        "to",
        [
            "",
            "https://evil.example/",
            "//evil.example/labs/x/",
            "http://127.0.0.1:8000/labs/no-such-lab/",
            "javascript:alert(1)",
        ],
    )
    def test_that_leads_elsewhere(self, client: Client, campus: Platform, to: str) -> None:
        assert refused(client.get(campus.begin("/lti/login/", LIN, to)), "no lab, lesson or exam")


class TestKeys:
    def test_a_new_key_of_the_platform_is_found(self, client: Client, campus: Platform) -> None:
        arrive(client, campus)
        campus.keys = [KeyPair("k2"), *campus.keys]
        assert (
            arrive(Client(), campus).status_code == 403
        )  # read a moment ago: who forges does not make us ask each time
        models.Platform.objects.update(jwks_at=timezone.now() - 2 * login.KEYS_REST)
        assert arrive(Client(), campus).status_code == 302

    def test_they_are_kept_where_the_platform_is_down(self, client: Client, campus: Platform) -> None:
        arrive(client, campus)
        models.Platform.objects.update(jwks_at=timezone.now() - 2 * login.KEYS_KEPT)
        campus.down = 503
        assert arrive(Client(), campus).status_code == 302

    def test_forged_launches_make_us_ask_once(self, client: Client, campus: Platform) -> None:
        arrive(client, campus)
        real = campus.keys
        campus.keys = [KeyPair("mine")]
        tokens = [(asked, campus.id_token(asked)) for asked in (begin(client, campus) for _ in range(3))]
        campus.keys = real
        assert all(land(client, token, asked["state"]).status_code == 403 for asked, token in tokens)
        assert campus.asked.count("GET /jwks") == 1

    def test_a_short_key_is_none(self, client: Client, campus: Platform) -> None:
        from cryptography.hazmat.primitives.asymmetric import rsa

        campus.keys = [KeyPair("weak", rsa.generate_private_key(65537, 1024))]
        assert refused(arrive(client, campus), "2048")


def test_choosing_answers_to_the_platform_alone(client: Client, campus: Platform) -> None:
    settings = {"deep_link_return_url": "https://evil.example/", "accept_types": ["ltiResourceLink"]}
    said = arrive(client, campus, path="/lti/choose/", link="choose", **{f"{DL}deep_linking_settings": settings})
    assert refused(said, "evil.example is not registered")
