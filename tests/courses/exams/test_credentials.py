"""Certificates: who gets one, with which name, what it shows, who may have it, and what anybody may check."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from courses.exams import certificate
from courses.models import Cohort, Credential, Event, Notice
from courses.services import credentials
from courses.services.credentials import Validity

from .held import KEY, claims_of, held, passed, signed_in, token_of
from .results import LATER, NOW

if TYPE_CHECKING:
    from skylab.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _key(settings: Any) -> None:
    settings.BADGE_KEY = KEY
    settings.BASE_URL = "https://skylab.example"


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
            assert not re.search(rf"\b{secret}\b", text.replace("skylab.example", "")), secret
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

    def test_who_teaches_its_holder_revokes_with_a_reason(
        self, bob: User, eve: User, ada: User, bobs_class: Cohort
    ) -> None:
        found = held(bob)
        stranger = type(ada).objects.create_user("grace", "grace@example.com", "x", role="instructor")
        url = reverse("credential_revoke", args=[found.pk])
        assert signed_in(bob).post(url, {"reason": "x"}).status_code == 404
        assert signed_in(eve).post(url, {"reason": "x"}).status_code == 404
        assert signed_in(stranger).post(url, {"reason": "x"}).status_code == 404
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
