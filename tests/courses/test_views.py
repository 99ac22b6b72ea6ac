"""The pages of courses: what is read, answered and kept. The six questions, to every address."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from courses.models import Enrolment, LessonRead, PracticeResponse
from courses.selectors import get_course

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/courses/buckets/first/"}
COURSE = ("course", ["buckets"])
LESSON = ("lesson", ["buckets", "first"])
ENROL = ("enrol", ["buckets"])
READ = ("mark_read", ["buckets", "first"])
ANSWER = ("answer_item", ["buckets", "private"])

pytestmark = pytest.mark.usefixtures("site", "db")


def url(address: tuple[str, list[str]]) -> str:
    return reverse(address[0], args=address[1])


def as_(client: Client, user: Any) -> Client:
    client.force_login(user)
    return client


def options(item: str, *, correct: bool) -> list[str]:
    return [option.id for option in get_course("buckets").items[item].options if option.correct is correct]


# --- Reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [COURSE, LESSON])
def test_reading_is_open_to_everybody(client: Client, bob: Any, address: tuple[str, list[str]]) -> None:
    assert client.get(url(address)).status_code == 200
    assert as_(client, bob).get(url(address)).status_code == 200


@pytest.mark.parametrize("address", [COURSE, LESSON])
def test_a_page_to_read_takes_no_post(client: Client, address: tuple[str, list[str]]) -> None:
    assert client.post(url(address)).status_code == 405


@pytest.mark.parametrize("path", ["nope/", "buckets/nope/", "buckets/items/nope/", "BUCKETS%00/", "buckets/../"])
def test_what_is_not_there_is_404(client: Client, bob: Any, path: str) -> None:
    assert as_(client, bob).get(f"/courses/{path}").status_code == 404


def test_the_course_map_lists_each_lesson_and_then_its_lab(client: Client) -> None:
    page = client.get(url(COURSE)).content.decode()
    places = [page.index(words) for words in ("The first lesson", "A private bucket", "The second lesson")]
    assert places == sorted(places)


def test_the_course_map_shows_what_is_done(client: Client, bob: Any) -> None:
    as_(client, bob).post(url(READ))
    page = client.get(url(COURSE)).content.decode()
    assert page.count('aria-label="Done"') == 1
    assert "Continue" in page


def test_a_lesson_says_how_old_it_is_what_it_is_for_and_where_to_go_on(client: Client) -> None:
    page = client.get(url(LESSON)).content.decode()
    assert "November 2026" in page
    assert "Say who reads a bucket" in page
    assert reverse("lesson", args=["buckets", "second"]) in page
    assert reverse("lab", args=["private-bucket-one-reader"]) in page


def test_a_lesson_lists_its_headings(client: Client) -> None:
    page = client.get(reverse("lesson", args=["buckets", "second"])).content.decode()
    assert re.search(r'<li class="depth-2"><a href="#text-end">End</a>', page)


def test_a_lesson_tells_no_key_before_an_answer(client: Client, bob: Any) -> None:
    for reader in (client, as_(Client(), bob)):
        assert "CANARY" not in reader.get(url(LESSON)).content.decode()


# --- Acts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [ENROL, READ, ANSWER])
def test_signed_out_one_is_sent_to_sign_in_and_nothing_is_kept(client: Client, address: tuple[str, list[str]]) -> None:
    assert client.post(url(address))["Location"].startswith("/accounts/login/")
    assert client.post(url(address), headers=HTMX)["HX-Redirect"] == "/accounts/login/?next=/courses/buckets/first/"
    assert not Enrolment.objects.exists()


@pytest.mark.parametrize("address", [ENROL, READ])
def test_an_act_takes_no_get(client: Client, bob: Any, address: tuple[str, list[str]]) -> None:
    assert as_(client, bob).get(url(address)).status_code == 405


@pytest.mark.parametrize("address", [ENROL, READ, ANSWER])
def test_an_act_wants_its_csrf_token(bob: Any, address: tuple[str, list[str]]) -> None:
    assert as_(Client(enforce_csrf_checks=True), bob).post(url(address)).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["nope/enrol/", "buckets/nope/read/", "buckets/items/nope/", "nope/items/private/", "buckets/items/bank-one/"],
)
def test_an_act_on_what_is_not_there_is_404(client: Client, bob: Any, path: str) -> None:
    assert as_(client, bob).post(f"/courses/{path}").status_code == 404


def test_joining_twice_is_joining_once(client: Client, bob: Any) -> None:
    as_(client, bob)
    for _ in range(2):
        assert client.post(url(ENROL))["Location"] == url(COURSE)
    assert Enrolment.objects.count() == 1


def test_marking_as_read_twice_is_once_and_htmx_gets_the_part(client: Client, bob: Any) -> None:
    as_(client, bob)
    for _ in range(2):
        page = client.post(url(READ), headers=HTMX).content.decode()
        assert "You have read this lesson" in page and "<html" not in page
    assert client.post(url(READ))["Location"] == url(LESSON)
    assert LessonRead.objects.count() == 1


# --- Answering -------------------------------------------------------------------------------------------------------


def test_a_right_answer_says_so_and_why(client: Client, bob: Any) -> None:
    page = (
        as_(client, bob).post(url(ANSWER), {"answer": options("private", correct=True)}, headers=HTMX).content.decode()
    )
    assert "Your choice, and right" in page
    for words in ("CANARY-WHY-RIGHT", "CANARY-WHY-WRONG", "CANARY-WHY-ALSO-WRONG"):
        assert words in page
    assert "CANARY-DENY" not in page


def test_a_wrong_answer_says_not_yet_and_lets_one_try_again(client: Client, bob: Any) -> None:
    as_(client, bob)
    page = client.post(url(ANSWER), {"answer": options("private", correct=False)[:1]}, headers=HTMX).content.decode()
    assert "Not yet" in page and "1 try" in page and "Try again" in page
    again = client.get(url(ANSWER) + "?again", headers=HTMX).content.decode()
    assert "Check answer" in again and "CANARY" not in again
    page = client.post(url(ANSWER), {"answer": options("private", correct=True)}, headers=HTMX).content.decode()
    assert "2 tries" in page
    assert PracticeResponse.objects.count() == 2


@pytest.mark.parametrize("raw", [{}, {"answer": ["a", "b"]}, {"answer": ["nope"]}, {"answer": [""]}, {"other": ["x"]}])
def test_a_malformed_answer_is_sent_back_with_a_sentence_and_uses_up_no_attempt(
    client: Client, bob: Any, raw: dict[str, list[str]]
) -> None:
    as_(client, bob)
    answer = client.post(url(ANSWER), raw, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This did not count as a try" in page and "CANARY" not in page
    assert not PracticeResponse.objects.exists()
    assert client.post(url(ANSWER), raw).status_code == 422  # without JavaScript: a page that says so


def test_a_malformed_answer_keeps_what_was_picked(client: Client, bob: Any) -> None:
    picked = options("private", correct=False)
    page = as_(client, bob).post(url(ANSWER), {"answer": picked}, headers=HTMX).content.decode()
    assert page.count(" checked>") == len(picked) == 2


def test_a_number_is_answered_and_explained(client: Client, bob: Any) -> None:
    where = reverse("answer_item", args=["buckets", "nines"])
    page = as_(client, bob).post(where, {"answer": "99.9"}, headers=HTMX).content.decode()
    assert "Not yet" in page and "99.99" in page and "CANARY-NINES" in page


def test_without_javascript_an_answer_leads_back_to_its_place_in_the_lesson(client: Client, bob: Any) -> None:
    as_(client, bob)
    answer = client.post(url(ANSWER), {"answer": options("private", correct=True)})
    assert answer["Location"] == url(LESSON) + "#item-private"
    assert "CANARY-WHY-RIGHT" in client.get(url(LESSON)).content.decode()
    assert client.get(url(ANSWER))["Location"] == url(LESSON) + "?again=private#item-private"
    assert "CANARY-WHY-RIGHT" not in client.get(url(LESSON) + "?again=private").content.decode()


def test_another_persons_answer_is_not_shown(client: Client, bob: Any, eve: Any) -> None:
    as_(Client(), bob).post(url(ANSWER), {"answer": options("private", correct=True)})
    assert "CANARY" not in as_(client, eve).get(url(LESSON)).content.decode()
