"""The endpoints: who may, how often, and what no payload of a live attempt holds."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import get_resolver, reverse

from bench.papers import SLUG
from courses.api import throttling
from courses.models import Attempt
from courses.selectors import attempts as selectors
from courses.services import attempts
from tests.courses.exams.attempts.conftest import Sitting, one_save

pytestmark = pytest.mark.django_db
NAMES = ["pen", "save", "beat", "section", "submit"]


@pytest.mark.parametrize("name", NAMES)
def test_strangers_get_404_and_nobody_401(sitting: Sitting, eve: Any, ada: Any, olga: Any, name: str) -> None:
    url = reverse(f"attempt_{name}", args=[sitting.attempt.pk])
    body = json.dumps({"tab": "t", "epoch": 1, "from": 0})
    for other in (eve, ada, olga):  # who teaches may look, and never write
        stranger = Client()
        stranger.force_login(other)
        answer = stranger.post(url, body, content_type="application/json")
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    answer = Client().post(url, body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (401, "signed_out")
    assert (sitting.reload().pen_epoch, sitting.attempt.state) == (1, "open")


@pytest.mark.parametrize("name", NAMES)
def test_wrong_methods_and_ids(sitting: Sitting, name: str) -> None:
    url = reverse(f"attempt_{name}", args=[sitting.attempt.pk])
    assert sitting.client.get(url).status_code == 405
    missing = reverse(f"attempt_{name}", args=[uuid4()])
    assert sitting.client.post(missing, "{}", content_type="application/json").status_code == 404
    assert sitting.client.post(f"/exams/attempts/1/{name}/").status_code == 404


def test_a_post_without_its_token_is_refused(sitting: Sitting) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(sitting.attempt.user)
    url = reverse("attempt_save", args=[sitting.attempt.pk])
    assert strict.post(url, "{}", content_type="application/json").status_code == 403


def test_answers_are_never_cached(sitting: Sitting) -> None:
    answer = sitting.post("beat")
    assert "no-store" in answer["Cache-Control"]
    assert "ETag" not in answer


def test_a_database_that_is_away_is_said_to_be_and_the_same_save_counts_later(
    sitting: Sitting, monkeypatch: Any
) -> None:
    def away(**_: Any) -> None:
        raise OperationalError("database is locked")

    one = one_save(0, 1, ["a"])
    with monkeypatch.context() as patch:
        patch.setattr(attempts, "save", away)
        answer = sitting.save(one)
    assert (answer.status_code, answer.json()["error"], answer["Retry-After"]) == (503, "busy", "2")
    assert sitting.save(one).json()["saved"] == {"0": 1}


# --- Throttling ---------------------------------------------------------------------------------------------------


def test_a_script_is_slowed_down(sitting: Sitting, monkeypatch: Any) -> None:
    monkeypatch.setattr(throttling.time, "monotonic", lambda: 1000.0)
    monkeypatch.setattr("courses.api.attempts.buckets", throttling.Buckets(burst=20.0))
    codes = [sitting.post("beat").status_code for _ in range(21)]
    assert codes.index(429) > 15
    slow = sitting.post("beat")
    assert (slow.json()["error"], slow["Retry-After"]) == ("too_often", "1")
    monkeypatch.setattr(throttling.time, "monotonic", lambda: 1002.0)
    assert sitting.post("beat").status_code == 200


def test_a_busy_candidate_never_meets_the_limit() -> None:
    """A save of 2 KB every 0.6 s for three hours, a beat every 10 s, and all 65 answers anew every ten minutes."""
    buckets, now = throttling.Buckets(), 0.0
    throttled = throttling.time.monotonic
    throttling.time.monotonic = lambda: now  # type: ignore[assignment]
    try:
        for step in range(3 * 3600 * 10 // 6):
            now = step * 0.6
            assert buckets.take("candidate", 3.0) == 0
            if step % 16 == 0:
                assert buckets.take("candidate", 1.1) == 0
            if step % 1000 == 0:
                assert buckets.take("candidate", 65.0) == 0
    finally:
        throttling.time.monotonic = throttled


def test_the_memory_of_the_limit_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr(throttling, "MOST_PEOPLE", 10)
    buckets = throttling.Buckets()
    for person in range(50):
        buckets.take(person, 1)
    assert len(buckets._kept) == 10


# --- What leaks nothing -------------------------------------------------------------------------------------------


def test_no_page_and_no_endpoint_of_a_live_attempt_holds_a_key(sitting: Sitting) -> None:
    """Every address of exams, as the candidate, in every section: no canary, no word of our own data about an item."""
    exposed: list[tuple[str, str]] = []
    ids = {place.item_id for place in selectors.form_of(sitting.attempt).places}
    revisions = {place.item for place in selectors.form_of(sitting.attempt).places}
    forbidden = re.compile(
        "|".join(
            [
                "CANARY",
                *(f'"{word}":' for word in ("correct", "rationale", "scored", "points", "status", "fixed")),
                "pilot",
                *ids,
                *revisions,
            ]
        ),
        re.I,
    )

    def look(name: str, answer: Any) -> None:
        text = b"".join(answer) if answer.streaming else answer.content
        whole = text.decode() + repr(sorted(answer.headers.items()))
        exposed.extend((name, found) for found in forbidden.findall(whole))

    for _ in range(2):
        for name in _exam_names():
            url = _address(name, sitting.attempt)
            if name in ("attempt_section", "attempt_leave", "attempt_submit", "attempt_finish", "exam_start"):
                continue
            look(name, sitting.client.get(url))
            look(name, sitting.client.post(url, '{"tab": "tab-1"}', content_type="application/json"))
            look(name, sitting.client.post(url, {"answer": "a", "sequence": "1"}))
        sitting.take_pen()
        for saves in (
            [one_save(n, 10**6, ["a"]) for n in range(14)],
            [one_save(0, 1, {"answer": "bad"})],
            [one_save(99, 1)],
        ):
            look("save", sitting.save(*saves))
            for one in saves:
                look("save", sitting.save(one))
        look("section", sitting.post("section", **{"from": 0}))
    assert not exposed
    assert sitting.reload().state == Attempt.State.OPEN


def test_the_pages_were_looked_at_with_something_on_them(sitting: Sitting) -> None:
    shown = selectors.paper_of(sitting.attempt)
    page = sitting.client.get(reverse("attempt", args=[sitting.attempt.pk])).content.decode()
    for one in shown:
        assert one.stem.split(":")[0] in page


def test_the_paper_shows_the_open_section_only(sitting: Sitting) -> None:
    assert [one.number for one in selectors.paper_of(sitting.attempt)] == list(range(10))
    sitting.post("section", **{"from": 0})
    assert [one.number for one in selectors.paper_of(sitting.reload())] == [10, 11, 12, 13]


def test_pilots_cannot_be_told_from_others(sitting: Sitting) -> None:
    form = selectors.form_of(sitting.attempt)
    shown = {one.number: one for one in selectors.paper_of(sitting.attempt)}
    fields = {scored: set() for scored in (True, False)}
    for number, place in enumerate(form.places):
        if number in shown:
            fields[place.scored].add(tuple(sorted(vars(shown[number]))))
    assert fields[True] == fields[False]


def _exam_names() -> list[str]:
    found = get_resolver().reverse_dict
    return sorted(
        name for name in dict(found.lists()) if isinstance(name, str) and name.startswith(("attempt", "exam"))
    )


def _address(name: str, attempt: Attempt) -> str:
    words = {"slug": SLUG, "attempt_id": attempt.pk, "place": 0, "attempt": attempt.pk, "shape": "wide"}
    _, parameters = get_resolver().reverse_dict.getlist(name)[0][0][0]
    return reverse(name, kwargs={one: words.get(one, "none") for one in parameters})
