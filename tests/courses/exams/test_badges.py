"""Open Badges: what they say, how anybody checks them, and what no forger gets through."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from django.test import Client
from django.urls import reverse

from courses.exams import badge
from courses.models import SigningKey
from courses.services import badge_keys, credentials
from courses.services.credentials import Validity

from .held import KEY, claims_of, held, signed_in, token_of
from .results import LATER, NOW

if TYPE_CHECKING:
    from skylab.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _key(settings: Any) -> None:
    settings.BADGE_KEY = KEY
    settings.BASE_URL = "https://skylab.example"


class TestBadge:
    """Open Badges 3.0: what its schema and its section on JWT proofs require."""

    def test_it_has_every_field_that_is_required(self, bob: User) -> None:
        found, token = token_of(bob)
        data = claims_of(token)
        assert data["@context"] == [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ]
        assert data["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
        assert data["id"] == f"https://skylab.example/verify/{found.pk}/"
        assert data["issuer"]["type"] == ["Profile"] and data["issuer"]["name"] == "Skylab"
        assert data["validFrom"] == "2026-11-20T09:00:00Z"
        subject = data["credentialSubject"]
        assert subject["type"] == ["AchievementSubject"]
        achieved = subject["achievement"]
        assert achieved["type"] == ["Achievement"]
        assert {"id", "type", "name", "description", "criteria"} <= achieved.keys()
        assert "720" in achieved["criteria"]["narrative"] and "not a certification" in achieved["criteria"]["narrative"]
        assert subject["identifier"] == [
            {"type": "IdentityObject", "hashed": False, "identityHash": "Bob Builder", "identityType": "name"}
        ]
        status = data["credentialStatus"]
        assert status["type"] == "BitstringStatusListEntry" and status["statusPurpose"] == "revocation"
        assert status["statusListIndex"] == str(found.status % badge.LIST_LENGTH)
        assert status["id"] != status["statusListCredential"]
        for address in (
            data["id"],
            data["issuer"]["id"],
            achieved["id"],
            subject["id"],
            status["statusListCredential"],
        ):
            assert urlsplit(address).scheme == "https" and urlsplit(address).netloc == "skylab.example"

    def test_the_proof_is_a_native_vc_jwt(self, bob: User) -> None:
        _, token = token_of(bob)
        data, header = claims_of(token), jwt.get_unverified_header(token)
        assert header.keys() == {"alg", "kid", "typ"} and (header["alg"], header["typ"]) == ("RS256", "JWT")
        assert "vc" not in data  # the payload is the credential itself
        assert data["iss"] == data["issuer"]["id"] and data["jti"] == data["id"]
        assert data["sub"] == data["credentialSubject"]["id"]
        assert data["nbf"] == int(datetime(2026, 11, 20, 9, tzinfo=UTC).timestamp())

    def test_whoever_follows_its_addresses_can_check_it(self, bob: User) -> None:
        _, token = token_of(bob)
        data, header = claims_of(token), jwt.get_unverified_header(token)
        public = Client()

        def get(address: str) -> Any:
            answer = public.get(urlsplit(address).path)
            assert answer.status_code == 200 and answer["Access-Control-Allow-Origin"] == "*"
            return answer

        key = get(header["kid"]).json()
        assert jwt.decode(token, jwt.PyJWK.from_dict(key), algorithms=["RS256"], options={"verify_nbf": False}) == data
        assert not {"d", "p", "q", "dp", "dq", "qi"} & key.keys()
        jwks = get("/badges/keys/").json()["keys"]
        assert [one["kid"] for one in jwks] == [badge.thumbprint(key)] and "d" not in jwks[0]
        assert get(data["issuer"]["id"]).json()["id"] == data["issuer"]["id"]
        achieved = get(data["credentialSubject"]["achievement"]["id"]).json()
        assert achieved["id"] == data["credentialSubject"]["achievement"]["id"] and achieved["@context"]
        picture = get(data["credentialSubject"]["achievement"]["image"]["id"])
        assert picture["Content-Type"] == "image/svg+xml" and b"CNT-1" in picture.content
        assert self._bits(get(data["credentialStatus"]["statusListCredential"]).content.decode(), key) == set()

    def _bits(self, token: str, key: dict[str, Any]) -> set[int]:
        """The indexes that are set, read as the W3C says: the first is the leftmost bit of the first byte."""
        data = jwt.decode(token, jwt.PyJWK.from_dict(key), algorithms=["RS256"], options={"verify_nbf": False})
        assert data["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
        encoded = data["credentialSubject"]["encodedList"]
        assert encoded[0] == "u"
        bits = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4)))
        assert len(bits) * 8 == 131_072
        return {at for at in range(len(bits) * 8) if bits[at // 8] >> (7 - at % 8) & 1}

    def test_a_revoked_one_is_in_the_list_and_others_are_not(self, bob: User, eve: User, ada: User) -> None:
        gone, stays = held(bob), held(eve)
        credentials.revoke(credential=gone, reason="Because.", actor=ada, now=LATER)
        number, index = divmod(gone.status, badge.LIST_LENGTH)
        token = credentials.status_list(number, now=LATER)
        found = self._bits(token, badge_keys.public_keys()[0])
        assert found == {index} and stays.status not in found

    def test_a_list_that_was_never_begun_is_404(self) -> None:
        assert Client().get("/badges/status/0/").status_code == 404
        assert Client().get("/badges/achievements/nothing/").status_code == 404
        assert Client().get("/badges/keys/nothing/").status_code == 404

    def test_nothing_of_the_person_is_in_it_but_the_name_they_chose(self, bob: User) -> None:
        found = held(bob)
        text = json.dumps(claims_of(credentials.badge_of(found, now=LATER)))
        score = str(found.score.scaled)
        for secret in ("bob", "example.com", "@", score, str(found.attempt_id), "identifier"):
            assert secret not in text.replace("skylab.example", "").replace('"@context"', ""), secret


class TestForgeries:
    def refused(self, token: str) -> str:
        verdict = credentials.check_token(token, now=LATER)
        assert verdict.validity == Validity.FORGED and verdict.credential is None
        assert verdict.problem
        return verdict.problem

    def parts(self, token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
        header, payload, signature = token.split(".")
        return *(json.loads(base64.urlsafe_b64decode(one + "==")) for one in (header, payload)), signature  # type: ignore[return-value]

    def pack(self, header: Any, payload: Any, signature: str) -> str:
        def encode(data: Any) -> str:
            return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()

        return f"{encode(header)}.{encode(payload)}.{signature}"

    def test_the_true_one_is_valid(self, bob: User) -> None:
        found, token = token_of(bob)
        verdict = credentials.check_token(f" {token}\n", now=LATER)
        assert (verdict.validity, verdict.credential) == (Validity.VALID, found)

    def test_another_name(self, bob: User) -> None:
        header, payload, signature = self.parts(token_of(bob)[1])
        payload["credentialSubject"]["identifier"][0]["identityHash"] = "Eve"
        assert "changed after it was issued" in self.refused(self.pack(header, payload, signature))

    def test_every_letter_of_the_signature_counts(self, bob: User) -> None:
        _, token = token_of(bob)
        body, _, signature = token.rpartition(".")
        for at in (0, 100, 300):
            other = "A" if signature[at] != "A" else "B"
            self.refused(f"{body}.{signature[:at]}{other}{signature[at + 1 :]}")
        self.refused(body + ".")
        self.refused(body)

    @pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
    def test_no_signature(self, bob: User, alg: str) -> None:
        header, payload, signature = self.parts(token_of(bob)[1])
        for ending in ("", signature):
            self.refused(self.pack({**header, "alg": alg}, payload, ending))

    def test_our_public_key_as_the_secret_of_an_hmac(self, bob: User) -> None:
        header, payload, _ = self.parts(token_of(bob)[1])
        public = serialization.load_pem_private_key(KEY.encode(), None).public_key()
        for form in (serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.PKCS1):
            secret = public.public_bytes(serialization.Encoding.PEM, form)  # type: ignore[call-overload]
            body = self.pack({**header, "alg": "HS256"}, payload, "").rstrip(".")
            signature = hmac.digest(secret, body.encode(), hashlib.sha256)
            self.refused(f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}")

    def test_a_key_of_the_forgers_own(self, bob: User) -> None:
        header, payload, _ = self.parts(token_of(bob)[1])
        own = badge.new_key()
        jwk = badge.public_jwk(own)
        for extra in (
            {},
            {"jwk": jwk},
            {"kid": f"https://skylab.example/badges/keys/{badge.thumbprint(jwk)}/"},
            {"kid": "https://evil.example/badges/keys/x/", "jwk": jwk},
            {"kid": f"{header['kid']}../x/"},
            {"kid": ""},
            {"jku": "https://evil.example/keys", "x5u": "https://evil.example/cert"},
        ):
            headers = {"kid": header["kid"], "typ": "JWT", **extra}
            self.refused(jwt.encode(payload, own, algorithm="RS256", headers=headers))
        other = ed25519.Ed25519PrivateKey.generate()
        self.refused(jwt.encode(payload, other, algorithm="EdDSA", headers={"kid": header["kid"]}))

    def test_another_of_the_rsa_algorithms(self, bob: User) -> None:
        header, payload, _ = self.parts(token_of(bob)[1])
        self.refused(jwt.encode(payload, KEY, algorithm="PS256", headers={"kid": header["kid"]}))

    def test_signed_by_us_but_no_badge(self, bob: User) -> None:
        """A status list is signed with the same key: it must not pass for a credential. Nor one that contradicts itself."""
        _, payload, _ = self.parts(token_of(bob)[1])
        self.refused(credentials.status_list(0, now=NOW))
        kid = {"kid": credentials.addresses().key(badge.thumbprint(badge.public_jwk(KEY)))}
        for change in (
            {"jti": "https://skylab.example/verify/00000000-0000-0000-0000-000000000000/"},
            {"sub": "somebody"},
            {"iss": "https://evil.example/"},
            {"nbf": 0},
            {"nbf": payload["nbf"] + 10**6, "validFrom": "2026-12-01T22:46:40Z"},
            {"type": ["VerifiableCredential"]},
            {"credentialSubject": None},
            {"issuer": "x"},
            {"id": "https://skylab.example/admin/", "jti": "https://skylab.example/admin/"},
            {"validFrom": "soon"},
        ):
            self.refused(jwt.encode({**payload, **change}, KEY, algorithm="RS256", headers=kid))

    @pytest.mark.parametrize("text", ["", "x", "a.b.c", "..", "é" * 50, "e30.e30.e30", "{}", "\x00.\x00.\x00"])
    def test_what_is_no_token_at_all(self, text: str) -> None:
        self.refused(text)

    def test_one_that_was_revoked_says_so_although_its_signature_is_right(self, bob: User, ada: User) -> None:
        found, token = token_of(bob)
        credentials.revoke(credential=found, reason="Because.", actor=ada, now=LATER)
        assert credentials.check_token(token, now=LATER).validity == Validity.REVOKED

    def test_one_whose_row_is_gone_is_unknown(self, bob: User) -> None:
        found, token = token_of(bob)
        found.delete()
        assert credentials.check_token(token, now=LATER).validity == Validity.UNKNOWN


class TestKeys:
    def test_the_key_is_made_once_for_its_owner_only(self, bob: User, settings: Any, tmp_path: Path) -> None:
        settings.BADGE_KEY, settings.DATA_DIR = "", tmp_path / "var"
        one, again = (badge_keys.signing_key(now=NOW) for _ in range(2))
        path = tmp_path / "var" / "badge_key.pem"
        assert one == again == path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [one.name for one in path.parent.iterdir()] == ["badge_key.pem"]
        assert "PRIVATE" not in str(list(SigningKey.objects.values_list()))

    def test_a_badge_of_the_old_key_is_still_valid(self, bob: User, settings: Any) -> None:
        _, old = token_of(bob)
        settings.BADGE_KEY = badge.new_key()
        _, new = token_of(bob)
        assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
        assert [credentials.check_token(one, now=LATER).validity for one in (old, new)] == [Validity.VALID] * 2
        assert len(badge_keys.public_keys()) == 2

    @pytest.mark.parametrize("kind", ["nonsense", "short", "ed25519", "public"])
    def test_a_key_that_cannot_be_used_is_told_and_costs_nobody_their_score(
        self, bob: User, settings: Any, kind: str
    ) -> None:
        private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        settings.BADGE_KEY = {
            "nonsense": lambda: "nonsense",
            "short": lambda: rsa.generate_private_key(65537, 1024).private_bytes(*private).decode(),
            "ed25519": lambda: ed25519.Ed25519PrivateKey.generate().private_bytes(*private).decode(),
            "public": lambda: (
                serialization.load_pem_private_key(KEY.encode(), None)
                .public_key()
                .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
                .decode()
            ),
        }[kind]()
        found = held(bob)
        with pytest.raises(badge_keys.BadKey, match="BADGE_KEY is not"):
            credentials.badge_of(found, now=LATER)
        answer = signed_in(bob).get(reverse("attempt_badge", args=[found.attempt_id]))
        assert answer.status_code == 503
