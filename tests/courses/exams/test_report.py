"""The report of an attempt: what it shows to whom, within what its exam shows of itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from courses.models import Attempt, Credential, LabPlace
from courses.selectors.review import review
from courses.services import credentials, regrades, scoring
from graders import items

from .held import KEY, passed, signed_in
from .results import BOTH, CASE, LAB, NOW, NUMBER, ORDER, PAIRS, SCORED, SLUG, TEXT, exam, lab_place, sat

if TYPE_CHECKING:
    from skylab.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _key(settings: Any) -> None:
    settings.BADGE_KEY = KEY
    settings.BASE_URL = "https://skylab.example"


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

    @pytest.mark.usefixtures("bobs_class")
    def test_strangers_see_none_and_who_teaches_sees_the_audit(self, bob: User, eve: User, ada: User) -> None:
        attempt = passed(bob)
        assert self.page(eve, attempt).status_code == 404
        text = self.page(ada, attempt).content.decode()
        assert "For instructors" in text and "Revoke the certificate" in text and "Certificate (PDF)" not in text
        assert "For instructors" not in self.page(bob, attempt).content.decode()

    def test_an_exam_that_keeps_its_items_shows_no_item(self, bob: User) -> None:
        text = self.page(bob, passed(bob)).content.decode()
        assert "Is q0 so?" not in text and "Why not." not in text

    @pytest.mark.usefixtures("bobs_class")
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
        lab_place(attempt, 18, state=LabPlace.State.GRADED, results=tasks)
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
