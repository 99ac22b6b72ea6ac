"""Saves: durable, in order, by who has the pen, within the bounds."""

from __future__ import annotations

from typing import Any

import pytest

from courses.models import Attempt, Event, Response
from tests.courses.exams.attempts.conftest import Sitting, Time, one_save

pytestmark = pytest.mark.django_db


def test_an_answer_is_kept_and_said_to_be(sitting: Sitting) -> None:
    told = sitting.save(one_save(0, 7, ["a"], flagged=True, seconds=12), one_save(1, 3)).json()
    assert told["saved"] == {"0": 7, "1": 3}
    row = Response.objects.get(attempt=sitting.attempt, place=0)
    assert (row.answer, row.flagged, row.sequence, row.seconds) == ({"answer": ["a"]}, True, 7, 12)
    assert Response.objects.get(attempt=sitting.attempt, place=1).answer is None
    assert (told["state"], told["section"], told["epoch"]) == ("open", 0, 1)
    assert told["deadline"] == int(sitting.attempt.deadline_at.timestamp() * 1000)


def test_the_highest_sequence_wins_and_every_version_is_kept(sitting: Sitting) -> None:
    assert sitting.save(one_save(0, 5, ["five"])).json()["saved"] == {"0": 5}
    assert sitting.save(one_save(0, 3, ["three"])).json()["saved"] == {"0": 5}
    assert sitting.save(one_save(0, 6, ["six"])).json()["saved"] == {"0": 6}
    assert sitting.kept() == {0: {"answer": ["six"]}}
    assert sitting.versions() == 3


def test_a_repeat_is_no_op_even_where_its_content_is_another(sitting: Sitting) -> None:
    first = one_save(0, 5, ["five"])
    sitting.save(first)
    assert sitting.save(first).status_code == 200
    assert sitting.save({**first, "sequence": 9, "answer": {"answer": ["nine"]}}).json()["saved"] == {"0": 5}
    assert sitting.kept() == {0: {"answer": ["five"]}}
    assert sitting.versions() == 1


def test_one_key_twice_in_a_batch_counts_once(sitting: Sitting) -> None:
    first = one_save(0, 5, ["five"])
    assert sitting.save(first, {**first, "sequence": 6}).json()["saved"] == {"0": 5}
    assert sitting.versions() == 1


def test_a_batch_is_all_or_nothing(sitting: Sitting) -> None:
    answer = sitting.save(one_save(0, 1, ["a"]), one_save(99, 1, ["a"]))
    assert (answer.status_code, answer.json()["error"], answer.json()["place"]) == (422, "malformed", 99)
    assert sitting.kept() == {}
    assert sitting.versions() == 0


def test_time_spent_never_shrinks(sitting: Sitting) -> None:
    sitting.save(one_save(0, 1, seconds=50))
    sitting.save(one_save(0, 2, seconds=20))
    assert Response.objects.get(attempt=sitting.attempt).seconds == 50


BAD: dict[str, Any] = {
    "not an object": 5,
    "no place": {"sequence": 1, "key": "k"},
    "a negative place": one_save(-1, 1),
    "a place that is true": one_save(True, 1),
    "no sequence": {"place": 0, "key": "k"},
    "sequence 0": one_save(0, 0),
    "a sequence that JavaScript cannot count": one_save(0, 2**53 + 1),
    "a key of 65 characters": one_save(0, 1, key="k" * 65),
    "no key": one_save(0, 1, key=""),
    "a key that is not ASCII": one_save(0, 1, key="ключ"),
    "an answer that is a text": one_save(0, 1) | {"answer": "a"},
    "a field that is a text": one_save(0, 1, {"answer": "a"}),
    "a value that is a number": one_save(0, 1, {"answer": [1]}),
    "a text without end": one_save(0, 1, ["a" * 4001]),
    "values without end": one_save(0, 1, ["a"] * 61),
    "an answer without end": one_save(0, 1, {f"f{n}": ["a" * 4000] for n in range(5)}),
    "a NUL": one_save(0, 1, ["a\0b"]),
    "half a surrogate pair": one_save(0, 1, ["\ud800"]),
    "a flag that is a number": one_save(0, 1, flagged=1),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_what_cannot_be_read_is_refused_whole_with_a_sentence(sitting: Sitting, bad: Any) -> None:
    answer = sitting.save(one_save(1, 1, ["good"]), bad)
    assert answer.status_code == 422
    assert answer.json()["error"] == "malformed"
    assert answer.json()["message"].endswith(".")
    assert sitting.kept() == {}


@pytest.mark.parametrize("seconds", [-5, 10**9, "x", None, True, [1], 1e308])
def test_time_that_cannot_be_costs_nobody_an_answer(sitting: Sitting, seconds: Any) -> None:
    assert sitting.save(one_save(0, 1, ["a"], seconds=seconds)).status_code == 200
    assert 0 <= Response.objects.get(attempt=sitting.attempt).seconds <= 24 * 3600


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000, b'{"tab": "t"}', b"NaN"])
def test_a_body_that_is_no_message_is_refused(sitting: Sitting, body: bytes) -> None:
    url = f"/exams/attempts/{sitting.attempt.pk}/save/"
    answer = sitting.client.post(url, body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["error"] == "malformed"


def test_a_body_beyond_the_bound_is_refused_unread(sitting: Sitting) -> None:
    url = f"/exams/attempts/{sitting.attempt.pk}/save/"
    answer = sitting.client.post(url, b" " * (256 * 1024 + 1), content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


def test_201_saves_at_once_are_refused(sitting: Sitting) -> None:
    assert sitting.save(*(one_save(0, n, key=f"many{n}") for n in range(1, 202))).status_code == 422


# --- The pen ------------------------------------------------------------------------------------------------------


def test_who_loses_the_pen_is_told_and_cannot_overwrite(sitting: Sitting) -> None:
    sitting.save(one_save(0, 1, ["old"]))
    other = Sitting(sitting.client, sitting.attempt, tab="tab-2")
    assert other.take_pen().json()["epoch"] == 2
    for lost in (sitting.save(one_save(0, 99, ["stale"])), sitting.post("beat"), sitting.post("submit")):
        told = lost.json()
        assert (lost.status_code, told["error"], told["epoch"], told["holder"]) == (409, "pen", 2, "tab-2")
        assert "another tab" in told["message"]
        assert told["deadline"] > told["now"]
    assert other.save(one_save(0, 2, ["new"])).status_code == 200
    assert sitting.kept() == {0: {"answer": ["new"]}}


def test_a_copy_of_the_tab_with_the_same_name_loses_the_pen_too(sitting: Sitting) -> None:
    copy = Sitting(sitting.client, sitting.attempt, tab=sitting.tab)
    copy.take_pen()
    assert sitting.save(one_save(0, 1, ["stale"])).status_code == 409


@pytest.mark.parametrize(("tab", "epoch"), [("", 1), ("tab-1", 0), ("tab-1", 2), ("tab-2", 1)])
def test_nobody_writes_without_the_pen(sitting: Sitting, tab: str, epoch: int) -> None:
    thief = Sitting(sitting.client, sitting.attempt, tab=tab, epoch=epoch)
    assert thief.save(one_save(0, 1, ["x"])).status_code in (409, 422)
    assert sitting.kept() == {}


def test_every_taking_of_the_pen_is_in_the_audit(sitting: Sitting) -> None:
    Sitting(sitting.client, sitting.attempt, tab="tab-2").take_pen()
    pens = Event.objects.filter(attempt=sitting.attempt, kind="pen").order_by("pk")
    assert [(one.data["tab"], one.data["before"], one.data["epoch"]) for one in pens] == [
        ("tab-1", "", 1),
        ("tab-2", "tab-1", 2),
    ]


# --- Sections -----------------------------------------------------------------------------------------------------


def test_sections_are_left_for_good(sitting: Sitting) -> None:
    sitting.save(one_save(0, 1, ["kept"]))
    assert sitting.post("section", **{"from": 0}).json()["section"] == 1
    late = sitting.save(one_save(0, 2, ["late"]))
    assert (late.status_code, late.json()["error"], late.json()["place"]) == (422, "section", 0)
    assert sitting.save(one_save(10, 1, ["next"])).status_code == 200
    assert sitting.kept() == {0: {"answer": ["kept"]}, 10: {"answer": ["next"]}}


def test_places_of_later_sections_are_not_open_either(sitting: Sitting) -> None:
    assert sitting.save(one_save(10, 1, ["early"])).status_code == 422


def test_a_repeat_of_an_old_save_after_the_section_is_no_fault(sitting: Sitting) -> None:
    first = one_save(0, 1, ["kept"])
    sitting.save(first)
    sitting.post("section", **{"from": 0})
    assert sitting.save(first, one_save(10, 1, ["next"])).json()["saved"] == {"0": 1, "10": 1}


def test_leaving_twice_leaves_once(sitting: Sitting) -> None:
    assert [sitting.post("section", **{"from": 0}).json()["section"] for _ in range(2)] == [1, 1]
    last = sitting.post("section", **{"from": 1})
    assert (last.status_code, last.json()["error"]) == (409, "section")
    assert sitting.reload().section == 1
    assert Event.objects.filter(attempt=sitting.attempt, kind="section").count() == 1


# --- After the end ------------------------------------------------------------------------------------------------


def test_after_the_end_nothing_is_written_and_the_client_learns_what_was_kept(sitting: Sitting) -> None:
    lost = one_save(0, 1, ["its answer was lost on the way"])
    sitting.save(lost)
    receipt = sitting.post("submit").json()["receipt"]
    again = sitting.save(lost, one_save(1, 1, ["too late"]))
    told = again.json()
    assert (again.status_code, told["error"], told["receipt"], told["saved"]) == (410, "closed", receipt, {"0": 1})
    assert sitting.kept() == {0: {"answer": ["its answer was lost on the way"]}}
    for name in ("pen", "beat", "section"):
        assert sitting.post(name, **{"from": 0}).status_code == 410


def test_a_save_within_the_grace_counts_and_one_after_it_does_not(sitting: Sitting, time: Time) -> None:
    time.still = sitting.attempt.deadline_at
    time.go(seconds=5)
    assert sitting.save(one_save(0, 1, ["in time"])).status_code == 200
    time.go(milliseconds=1)
    late = sitting.save(one_save(0, 2, ["late"]))
    assert (late.status_code, late.json()["state"]) == (410, "expired")
    attempt = sitting.reload()
    assert (attempt.state, attempt.finished_at) == (Attempt.State.EXPIRED, attempt.deadline_at)
    assert sitting.kept() == {0: {"answer": ["in time"]}}
