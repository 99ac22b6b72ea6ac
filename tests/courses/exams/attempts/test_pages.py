"""The pages of exams, and the way to sit one without scripts: plain forms, each saved by its button."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from courses.models import Accommodation, Attempt, Save
from courses.services import attempts, clock
from tests.courses.exams.attempts.conftest import SLUG, Sitting, Time

PAGES = ("attempt", "attempt_review", "attempt_receipt", "attempt_report")


def page(sitting: Sitting, name: str = "attempt", query: str = "", **more: Any) -> Any:
    return sitting.client.get(reverse(name, args=[sitting.attempt.pk]) + query, **more)


def form(sitting: Sitting, place: int = 0) -> dict[str, str]:
    """Return the hidden fields of a place's form, and its first option."""
    html = page(sitting).content.decode()
    one = html[html.index(f'id="place-{place}"') :]
    fields = {name: re.search(rf'name="{name}" value="([^"]*)"', one)[1] for name in ("sequence", "key")}  # type: ignore[index]
    option = re.search(r'type="(?:radio|checkbox)" name="answer" value="([^"]+)"', one)
    return {**fields, "answer": option[1] if option else "x"}


def send(sitting: Sitting, place: int, **fields: str) -> Any:
    return sitting.client.post(reverse("attempt_place", args=[sitting.attempt.pk, place]), fields)


# --- Who may see what -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_an_attempt_is_its_candidates_own(sitting: Sitting, eve: Any, name: str) -> None:
    address = reverse(name, args=[sitting.attempt.pk])
    stranger = Client()
    assert stranger.get(address).url.startswith("/accounts/login/")  # type: ignore[attr-defined]
    stranger.force_login(eve)
    assert stranger.get(address).status_code == 404
    assert sitting.client.post(address).status_code == 405


@pytest.mark.parametrize(("name", "rest"), [("attempt_place", [0]), ("attempt_leave", []), ("attempt_finish", [])])
def test_nobody_acts_in_the_attempt_of_another(sitting: Sitting, eve: Any, name: str, rest: list[int]) -> None:
    stranger = Client()
    stranger.force_login(eve)
    address = reverse(name, args=[sitting.attempt.pk, *rest])
    assert stranger.post(address, {"sequence": "0", "key": "k", "answer": "x", "from": "0"}).status_code == 404
    assert sitting.client.get(address).status_code == 405
    assert sitting.reload().state == Attempt.State.OPEN and sitting.kept() == {}


def test_a_live_page_holds_no_key_and_only_the_open_section(sitting: Sitting) -> None:
    html = page(sitting).content.decode()
    assert "CANARY" not in html and "canary" not in html.lower()
    data = json.loads(re.search(r'id="exam-data" type="application/json">(.*?)</script>', html)[1])  # type: ignore[index]
    assert set(data["places"][0]) == {"place", "sequence", "answer", "flagged", "seconds", "seen"}
    assert [one["place"] for one in data["places"]] == list(range(10))
    assert 'id="place-9"' in html and 'id="place-10"' not in html
    assert "no-store" in page(sitting)["Cache-Control"]


def test_the_page_goes_where_it_is_asked_to(sitting: Sitting) -> None:
    for query, shown in (("", 0), ("?question=3", 2), ("?question=99", 0), ("?question=x", 0), ("?question=-1", 0)):
        assert page(sitting, query=query).context["place"] == shown
    sitting.answer(0, "x")
    assert page(sitting).context["place"] == 1  # the first that was not seen


# --- Before and after -------------------------------------------------------------------------------------------------


def test_the_list_and_the_page_before_are_for_everybody(db: None, client: Client) -> None:
    assert "Sign in to start" in client.get(reverse("exam", args=[SLUG])).content.decode()
    assert "A driven exam" in client.get(reverse("exam_list")).content.decode()
    assert client.get(reverse("exam", args=["nothing"])).status_code == 404


def test_the_page_before_tells_the_persons_own_terms(time: Time, client: Client, bob: Any, ada: Any) -> None:
    client.force_login(bob)
    fresh = {"reason": "Reads slowly", "granted_by": ada, "granted_at": time(), "user": bob}
    Accommodation.objects.create(multiplier="1.50", minutes=5, **fresh)
    html = client.get(reverse("exam", args=[SLUG])).content.decode()
    assert "50 min" in html and "1.5 times the minutes, and 5 minutes more" in html
    assert (time() + timedelta(minutes=50)).isoformat(timespec="seconds")[:16] in html
    assert "Start the exam" in html


def test_an_exam_that_was_sat_says_so(hold_exam: Callable[..., None], sit: Callable[..., Sitting], bob: Any) -> None:
    hold_exam(attempts="{maximum: 1}")
    sitting = sit(bob)
    assert "Your attempt is open" in sitting.client.get(reverse("exam", args=[SLUG])).content.decode()
    attempts.submit(attempt=sitting.attempt, tab=sitting.tab, epoch=sitting.epoch, now=clock.now())
    html = sitting.client.get(reverse("exam", args=[SLUG])).content.decode()
    assert "You have used all your attempts" in html and "Start the exam" not in html
    assert "Submitted by you" in html
    assert "No attempt left" in sitting.client.get(reverse("exam_list")).content.decode()


def test_an_exam_without_enough_questions_says_what_it_lacks(
    hold_exam: Callable[..., None], db: None, client: Client
) -> None:
    hold_exam(pool=3)
    html = client.get(reverse("exam", args=[SLUG])).content.decode()
    assert "It lacks" in html and "Start the exam" not in html
    assert "Not open yet" in client.get(reverse("exam_list")).content.decode()


def test_what_has_expired_is_closed_by_whoever_looks(sitting: Sitting, time: Time) -> None:
    sitting.answer(0, "x")
    assert page(sitting, "attempt_receipt").url == reverse("attempt", args=[sitting.attempt.pk])
    time.go(hours=2)
    assert page(sitting).url == reverse("attempt_receipt", args=[sitting.attempt.pk])
    html = page(sitting, "attempt_receipt").content.decode()
    mine = sitting.reload()
    assert mine.state == Attempt.State.EXPIRED and mine.receipt in html
    assert "The time was over" in html and "1 of 14 questions have an answer" in html
    assert page(sitting, "attempt_review").status_code == 302
    assert "Your score is being worked out" in page(sitting, "attempt_report").content.decode()


# --- Without scripts --------------------------------------------------------------------------------------------------


def test_a_form_is_saved_once_and_goes_where_its_button_says(sitting: Sitting) -> None:
    fields = form(sitting)
    address = reverse("attempt", args=[sitting.attempt.pk])
    assert send(sitting, 0, **fields, flagged="yes", go="next").url == f"{address}?question=2"
    assert sitting.kept() == {0: {"answer": [fields["answer"]]}}
    assert page(sitting).context["places"][0].flagged
    send(sitting, 0, **fields, go="stay")  # the browser's reload of the answer
    assert sitting.versions() == 1
    assert send(sitting, 0, **form(sitting), go="review").url == reverse("attempt_review", args=[sitting.attempt.pk])
    # Who sends a form takes the pen: the other window is told at its next word.
    assert sitting.answer(1, "x").status_code == 409


def test_a_form_made_before_another_answer_does_not_overwrite_it(sitting: Sitting) -> None:
    fields = form(sitting)
    sitting.answer(0, "newer")
    answer = send(sitting, 0, **fields)
    assert answer.status_code == 409
    assert "answered in another window" in answer.content.decode() and answer.context["place"] == 0
    assert sitting.kept() == {0: {"answer": ["newer"]}}


def test_a_blank_form_is_no_answer(sitting: Sitting) -> None:
    fields = form(sitting) | {"answer": " "}
    send(sitting, 0, **fields)
    assert sitting.kept() == {0: None}
    assert send(sitting, 99, **fields | {"key": "other"}).status_code == 422
    assert send(sitting, 12, **fields | {"key": "third"}).status_code == 409  # of a section that is not open


def test_a_section_is_left_and_the_exam_is_handed_in_by_forms(sitting: Sitting) -> None:
    def post(name: str, **fields: str) -> Any:
        return sitting.client.post(reverse(name, args=[sitting.attempt.pk]), fields)

    send(sitting, 0, **form(sitting))
    assert "10 questions" not in page(sitting, "attempt_review").content.decode()
    assert post("attempt_leave", **{"from": "0"}).status_code == 302
    post("attempt_leave", **{"from": "0"})  # twice is once
    assert sitting.reload().section == 1
    assert post("attempt_finish").url == reverse("attempt_receipt", args=[sitting.attempt.pk])
    receipt = sitting.reload().receipt
    assert post("attempt_finish").status_code == 302 and sitting.reload().receipt == receipt
    assert send(sitting, 11, sequence="0", key="late", answer="x").url.endswith("/receipt/")
    assert Save.objects.filter(attempt=sitting.attempt).count() == 1
