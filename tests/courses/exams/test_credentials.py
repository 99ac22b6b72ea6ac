"""Certificates and badges: what they say, who may have them, what anybody may check, and what no forger gets through."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
import re
import stat
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from courses.exams import badge, certificate
from courses.models import Attempt, Credential, Event, LabPlace, Notice, SigningKey
from courses.selectors.review import review
from courses.services import badge_keys, credentials, regrades, scoring
from courses.services.credentials import Validity
from graders import items

from .results import LATER, NOW, SCORED, SLUG, exam, sat
from .test_regrades import TestTypes
from .test_scoring import BOTH, CASE, LAB, ORDER, PAIRS

if TYPE_CHECKING:
    from skylab.accounts.models import User

pytestmark = pytest.mark.django_db
KEY = badge.new_key()  # once: making one takes a moment
NUMBER, TEXT = TestTypes.NUMBER, TestTypes.TEXT


@pytest.fixture(autouse=True)
def _key(settings: Any) -> None:
    settings.BADGE_KEY = KEY
    settings.BASE_URL = "https://skylab.example"


def passed(user: Any, right: int = 8) -> Attempt:
    attempt = sat(user, right)
    scoring.score_attempt(attempt_id=attempt.pk, now=NOW)
    return attempt


def held(user: Any, name: str = "") -> Credential:
    found = credentials.valid_credential(passed(user))
    if name:
        credentials.rename(credential=found, name=name, now=NOW)
    return found


def token_of(user: Any, name: str = "Bob Builder") -> tuple[Credential, str]:
    found = held(user, name)
    return found, credentials.badge_of(found, now=LATER)


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


class TestIssuing:
    def test_with_a_pass_and_only_then(self, bob: User, eve: User) -> None:
        passed(bob, 6)
        passed(eve, 5)
        made = Credential.objects.get()
        assert (made.attempt.user, made.issued_at, made.name, made.revoked_at) == (bob, NOW, "", None)
        with pytest.raises(ValueError, match="did not pass"):
            credentials.issue(score=eve.attempts.get().scores.get(), now=NOW)

    def test_twice_is_once(self, bob: User) -> None:
        score = passed(bob).scores.get()
        assert credentials.issue(score=score, now=LATER) == credentials.issue(score=score, now=NOW)
        assert Credential.objects.count() == 1

    def test_the_database_holds_one_valid_one(self, bob: User) -> None:
        found = held(bob)
        with pytest.raises(IntegrityError), transaction.atomic():
            Credential.objects.create(attempt=found.attempt, score=found.score, issued_at=NOW, status=1)

    def test_a_name_that_was_chosen_once_is_kept_for_the_next(self, bob: User) -> None:
        held(bob, "Bob Builder")
        assert credentials.valid_credential(passed(bob)).name == "Bob Builder"

    def test_a_place_of_the_list_that_is_taken_is_left(self, bob: User, eve: User, monkeypatch: Any) -> None:
        draws = iter([5, 5, 5, 9])
        monkeypatch.setattr(credentials.secrets, "randbelow", lambda _: next(draws))
        passed(bob)
        passed(eve)
        assert sorted(Credential.objects.values_list("status", flat=True)) == [5, 9]


class TestNames:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("  Zoë   Müller ", "Zoë Müller"),
            ("王小明", "王小明"),
            ("Zoe\u0308", "Zoë"),
            ("", ""),
            ("می\u200cخواهم", "می\u200cخواهم"),
        ],
    )
    def test_a_name_is_kept_as_it_is_written(self, bob: User, typed: str, kept: str) -> None:
        assert held(bob, typed or " ").name == kept

    @pytest.mark.parametrize("typed", ["x" * 101, "Bob\x00", "Bob\u202eecila", "\ud800"])
    def test_what_is_no_name_is_refused(self, bob: User, typed: str) -> None:
        found = held(bob)
        with pytest.raises(credentials.NotAName):
            credentials.rename(credential=found, name=typed, now=NOW)
        assert Credential.objects.get().name == ""

    def test_a_new_name_makes_a_new_badge(self, bob: User) -> None:
        found, old = token_of(bob, "Bob")
        credentials.rename(credential=found, name="Robert", now=NOW)
        new = credentials.badge_of(found, now=LATER)
        names = [claims_of(one)["credentialSubject"]["identifier"][0]["identityHash"] for one in (old, new)]
        assert names == ["Bob", "Robert"]
        assert credentials.check_token(old, now=LATER).validity == Validity.VALID

    def test_a_revoked_one_has_no_name_to_change(self, bob: User, ada: User) -> None:
        found = held(bob)
        credentials.revoke(credential=found, reason="Because.", actor=ada, now=NOW)
        with pytest.raises(credentials.NoCredential):
            credentials.rename(credential=found, name="Bob", now=NOW)


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


class TestCertificate:
    def letters(self, pdf: bytes) -> set[str]:
        """The letters that the embedded fonts say they draw: what can be searched and copied."""
        found: set[str] = set()
        for one in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.S):
            try:
                text = zlib.decompress(one)
            except zlib.error:
                continue
            found |= {chr(int(code, 16)) for code in re.findall(rb"<\w\w> <(\w{4})>", text)}
        return found

    def facts(self, name: str = "Zoë Müller") -> certificate.Facts:
        address = "https://skylab.example/verify/9f6b2c1e-7d2a-4c7f-9a58-0d8c5d6f4a11/"
        return certificate.Facts(name, "Title of it", "ABC-1", "Skylab", NOW.date(), "9f6b2c1e", address)

    def test_one_page_with_its_font_and_the_address(self) -> None:
        pdf = certificate.draw(self.facts())
        assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
        assert pdf.count(b"/Type /Page\n") == 1
        assert b"/FontFile2" in pdf and b"DejaVuSans" in pdf
        assert b"https://skylab.example/verify/9f6b2c1e-7d2a-4c7f-9a58-0d8c5d6f4a11/" in pdf
        assert pdf == certificate.draw(self.facts())  # the same facts, the same bytes

    @pytest.mark.parametrize(
        "name",
        [
            "Zoë Müller-Nguyễn",
            "Сергей Иванов",
            "Ελένη Παπαδοπούλου",
            "שרה כהן",
            "Հայկ Գրիգորյան",
            "ნინო",
            "Ødegård Þór",
            "O’Neil",
        ],
    )
    def test_these_are_drawn(self, name: str) -> None:
        assert certificate.undrawable(name) == ()
        assert set(name) <= self.letters(certificate.draw(self.facts(name)))

    @pytest.mark.parametrize(
        "name", ["王小明", "محمد", "नमस्ते", "สมชาย", "김민준", "Bob 王", "שרה Cohen", "A\u0301\u0302\u0303"]
    )
    def test_these_are_told_instead_of_dropped_or_drawn_wrongly(self, name: str) -> None:
        missing = certificate.undrawable(name)
        assert missing and set(missing) <= set(name) | {"Á"}
        assert f"U+{ord(missing[0]):04X}" in certificate.describe(missing)
        shown, nameless = certificate.draw(self.facts(name)), certificate.draw(self.facts(""))
        assert not {one for one in missing if ord(one) > 127} & self.letters(shown)
        assert len(shown) > len(nameless)  # the sentence about it

    def test_what_an_operator_adds_is_used(self, tmp_path: Path) -> None:
        extra = tmp_path / "More.ttf"
        extra.write_bytes(certificate.FONT.read_bytes())
        assert certificate.undrawable("Bob", (extra,)) == ()
        bad = tmp_path / "bad.ttf"
        bad.write_bytes(b"no font")
        with pytest.raises(ValueError, match="no font that can be embedded"):
            certificate.undrawable("Bob", (bad,))

    def test_the_longest_names_and_titles_stay_on_the_page(self) -> None:
        for name in ("W" * 100, "Maria " * 16, "A B"):
            facts = certificate.Facts(
                name, "T " * 90, "C" * 60, "Issuer " * 10, NOW.date(), "9f6b2c1e", "https://skylab.example/verify/x/"
            )
            assert certificate.draw(facts).startswith(b"%PDF-")


class TestPages:
    def test_the_holder_takes_both_away(self, bob: User) -> None:
        attempt = passed(bob)
        client = signed_in(bob)
        pdf = client.get(reverse("attempt_certificate", args=[attempt.pk]))
        assert pdf["Content-Type"] == "application/pdf" and pdf.content.startswith(b"%PDF-")
        assert 'filename="certificate-counted-' in pdf["Content-Disposition"]
        token = client.get(reverse("attempt_badge", args=[attempt.pk]))
        assert token["Content-Type"] == "application/vc+jwt"
        assert credentials.check_token(token.content.decode(), now=LATER).validity == Validity.VALID

    @pytest.mark.parametrize("name", ["attempt_certificate", "attempt_badge"])
    def test_nobody_else_does(self, bob: User, eve: User, ada: User, name: str) -> None:
        attempt, failed = passed(bob), passed(bob, 3)
        url = reverse(name, args=[attempt.pk])
        assert [signed_in(one).get(url).status_code for one in (eve, ada)] == [404, 404]
        assert Client().get(url).status_code == 302
        assert signed_in(bob).post(url).status_code == 405
        assert signed_in(bob).get(reverse(name, args=[failed.pk])).status_code == 404

    def test_a_revoked_one_is_not_to_be_had_any_more(self, bob: User, ada: User) -> None:
        attempt = passed(bob)
        credentials.revoke(credential=Credential.objects.get(), reason="Because.", actor=ada, now=NOW)
        for name in ("attempt_certificate", "attempt_badge"):
            answer = signed_in(bob).get(reverse(name, args=[attempt.pk]))
            assert answer.status_code == 404 and "revoked" in answer.content.decode()

    def test_the_holder_sets_the_name(self, bob: User, eve: User) -> None:
        attempt = passed(bob)
        url = reverse("credential_name", args=[attempt.pk])
        assert signed_in(eve).post(url, {"name": "Eve"}).status_code == 404
        assert signed_in(bob).post(url, {"name": "Bob B."}).status_code == 302
        assert Credential.objects.get().name == "Bob B."
        refused = signed_in(bob).post(url, {"name": "B\u202eob"})
        assert refused.status_code == 422 and "invisible" in refused.content.decode()

    def test_anybody_checks_it_and_learns_no_more_than_the_name(self, bob: User) -> None:
        found = held(bob)
        url = reverse("verify", args=[found.pk])
        page = Client().get(url)
        text = page.content.decode()
        assert page.status_code == 200 and "Valid" in text and "Counted on fingers" in text
        for secret in ("bob", "example.com", str(found.score.scaled), str(found.attempt_id)):
            assert secret not in text.replace("skylab.example", ""), secret
        credentials.rename(credential=found, name="Bob <Builder>", now=NOW)
        assert "Bob &lt;Builder&gt;" in Client().get(url).content.decode()

    def test_revoked_and_unknown(self, bob: User, ada: User) -> None:
        found = held(bob, "Bob Builder")
        credentials.revoke(credential=found, reason="Somebody else sat it.", actor=ada, now=NOW)
        text = Client().get(reverse("verify", args=[found.pk])).content.decode()
        assert "Revoked" in text and "Somebody else sat it." in text and "Bob Builder" not in text
        unknown = Client().get("/verify/00000000-0000-4000-8000-000000000000/")
        assert unknown.status_code == 404 and "was ever issued here" in unknown.content.decode()
        assert Client().get("/verify/nonsense/").status_code == 404

    def test_a_token_or_an_address_can_be_given(self, bob: User) -> None:
        found, token = token_of(bob)
        client = Client()
        page = client.post("/verify/", {"badge": token})
        assert page.status_code == 200 and "was signed here" in page.content.decode()
        for given in (str(found.pk), f"https://skylab.example/verify/{found.pk}/", found.pk.hex):
            assert client.post("/verify/", {"badge": given})["Location"] == reverse("verify", args=[found.pk])
        forged = client.post("/verify/", {"badge": token[:-8] + "AAAAAAAA"})
        assert forged.status_code == 422 and "Not ours" in forged.content.decode()
        for given in ("", "x" * 30_000):
            assert client.post("/verify/", {"badge": given}).status_code == 422
        assert client.get("/verify/").status_code == 200

    def test_who_teaches_revokes_with_a_reason(self, bob: User, eve: User, ada: User) -> None:
        found = held(bob)
        url = reverse("credential_revoke", args=[found.pk])
        assert signed_in(bob).post(url, {"reason": "x"}).status_code == 404
        assert signed_in(eve).post(url, {"reason": "x"}).status_code == 404
        assert Client().post(url, {"reason": "x"}).status_code == 302
        assert signed_in(ada).post(url, {"reason": " "}).status_code == 422
        assert Credential.objects.filter(revoked_at=None).exists()
        assert signed_in(ada).post(url, {"reason": "Somebody else sat it."}).status_code == 302
        row = Credential.objects.get()
        assert (row.revoked_reason, row.revoked_by) == ("Somebody else sat it.", ada)
        assert Event.objects.get(kind="credential revoked").actor == ada
        assert "Somebody else sat it." in Notice.objects.get(user=bob).text
        signed_in(ada).post(url, {"reason": "Another one."})
        assert Credential.objects.get().revoked_reason == "Somebody else sat it."


class TestReport:
    def page(self, user: Any, attempt: Attempt) -> Any:
        return signed_in(user).get(reverse("attempt_report", args=[attempt.pk]))

    def test_score_scale_domains_attempts_and_certificate(self, bob: User) -> None:
        passed(bob, 5)
        attempt = passed(bob, 8)
        text = self.page(bob, attempt).content.decode()
        for told in (
            "Passed",
            "860",
            "pass mark 720",
            "Security",
            "Resilience",
            "Too few to say",
            "The best one counts",
        ):
            assert told in text, told
        assert re.search(r"<b>Counts</b>", text) and "Certificate (PDF)" in text
        assert f"/verify/{Credential.objects.get().pk}/" in text

    def test_who_did_not_pass_has_no_certificate(self, bob: User) -> None:
        text = self.page(bob, passed(bob, 3)).content.decode()
        assert "Not passed" in text and "Needs improvement" in text and "Certificate (PDF)" not in text

    def test_it_waits_for_the_score(self, bob: User) -> None:
        text = self.page(bob, sat(bob, 6)).content.decode()
        assert "being worked out" in text and "every 3s" in text

    def test_strangers_see_none_and_who_teaches_sees_the_audit(self, bob: User, eve: User, ada: User) -> None:
        attempt = passed(bob)
        assert self.page(eve, attempt).status_code == 404
        text = self.page(ada, attempt).content.decode()
        assert "For instructors" in text and "Revoke the certificate" in text and "Certificate (PDF)" not in text
        assert "For instructors" not in self.page(bob, attempt).content.decode()

    def test_an_exam_that_keeps_its_items_shows_no_item(self, bob: User) -> None:
        text = self.page(bob, passed(bob)).content.decode()
        assert "Is q0 so?" not in text and "Why not." not in text

    def test_an_exam_that_shows_only_the_result_shows_no_number(self, bob: User, ada: User) -> None:
        attempt = sat(bob, 8, paper=exam(review="none"))
        scoring.score_attempt(attempt_id=attempt.pk, now=NOW)
        text = self.page(bob, attempt).content.decode()
        assert "Passed" in text and "860" not in text and "Security" not in text
        assert "Certificate (PDF)" in text
        assert "860" in self.page(ada, attempt).content.decode()

    def test_an_exam_that_shows_its_items_says_why(self, bob: User) -> None:
        attempt = sat(bob, 8, paper=exam(review="items"))
        scoring.score_attempt(attempt_id=attempt.pk, now=NOW)
        text = self.page(bob, attempt).content.decode()
        assert "Is q0 so?" in text and "Is q9 so?" in text and "Why not." in text
        assert text.count('class="card answer"') == 12  # pilots too, and nothing tells them apart
        assert "pilot" not in text and "unscored" not in text

    def test_every_type_can_be_looked_back_at(self, bob: User, ada: User) -> None:
        more = [
            (BOTH, {"answer": ["a", "c"]}),
            (ORDER, {"answer": ["s1", "s4"]}),
            (PAIRS, {"answer": ["l1=r1", "l2=r1"]}),
            (CASE, {"answer-a": ["a-y"]}),
            (NUMBER, {"answer": ["3"]}),
            (TEXT, None),
            (LAB, None),
        ]
        attempt = sat(bob, 8, answers={0: ["broken"], 1: None}, more=more, paper=exam(review="items"))
        tasks = [{"id": "make-it", "outcome": "passed", "score": 3, "points": 6, "checks": []}]
        LabPlace.objects.create(
            attempt=attempt, place=18, section=0, lab_slug="x", state=LabPlace.State.GRADED, results=tasks
        )
        scoring.score_attempt(attempt_id=attempt.pk, now=NOW)
        key = items.dump("choice", SCORED[2].spec)
        for one in key["options"]:
            one["correct"] = one["id"] == "o"
        change = {"exam_slug": SLUG, "item_revision": SCORED[2].revision, "option": "new_key", "change": {"spec": key}}
        regrades.apply(**change, reason="The key was wrong.", actor=ada, now=NOW)
        found = review(attempt, attempt.scores.get(version=2))
        assert [one.said for one in found[:3]] == ["Could not be read", "Not answered", "Not right"]
        right = [one.text for one in found[2].told.options if one.correct]  # type: ignore[union-attr]
        assert right == ["Other"]  # by the key that is in force
        text = self.page(bob, attempt).content.decode()
        for told in ("make-it", "Partly right", "Right place", "Your choice, and right", "Could not be read"):
            assert told in text, told

    def test_a_name_that_the_pdf_cannot_draw_is_told(self, bob: User) -> None:
        attempt = passed(bob)
        credentials.rename(credential=Credential.objects.get(), name="王小明", now=NOW)
        text = self.page(bob, attempt).content.decode()
        assert "The PDF cannot draw 王 (U+738B" in text
        assert SLUG in text
