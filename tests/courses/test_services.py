"""Enrolling, reading and answering: right, partly right, wrong, malformed; once, again, and twice at once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.http import Http404

from courses import selectors, services
from courses.models import Enrolment, LessonRead, PracticeResponse

from .conftest import NOW, Catalog

if TYPE_CHECKING:
    from skylab.accounts.models import User

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def option(item_id: str, text: str) -> str:
    """Return the id of an option by how its text begins."""
    item = selectors.get_course("buckets").items[item_id]
    return next(one.id for one in item.options if one.text.startswith(text))


def answer(user: User, item_id: str, *values: str, course: str = "buckets") -> selectors.ItemState:
    return services.answer_item(
        user=user, course_slug=course, item_id=item_id, raw={"answer": list(values), "other": ["x"]}, now=NOW
    )


def test_enrolling_twice_is_once(site: Catalog, bob: User) -> None:
    one = services.enrol(user=bob, course_slug="buckets", now=NOW)
    assert services.enrol(user=bob, course_slug="buckets", now=LATER) == one
    assert Enrolment.objects.get().enrolled_at == NOW


def test_reading_counts_the_first_time_and_enrols(site: Catalog, bob: User) -> None:
    for now in (NOW, LATER):
        services.mark_read(user=bob, course_slug="buckets", lesson_slug="first", now=now)
    assert LessonRead.objects.get().read_at == NOW
    assert Enrolment.objects.filter(user=bob).count() == 1


@pytest.mark.parametrize("act", ["enrol", "mark_read", "answer_item"])
def test_what_is_not_in_the_catalog_is_404_and_leaves_no_row(site: Catalog, bob: User, act: str) -> None:
    more: dict[str, dict[str, Any]] = {
        "enrol": {"course_slug": "nothing"},
        "mark_read": {"course_slug": "buckets", "lesson_slug": "nothing"},
        "answer_item": {"course_slug": "buckets", "item_id": "bank-one", "raw": {"answer": ["x"]}},
    }
    with pytest.raises(Http404):
        getattr(services, act)(user=bob, now=NOW, **more[act])
    assert not Enrolment.objects.exists()
    assert not PracticeResponse.objects.exists()


def test_a_right_choice_is_told_with_the_rationale_of_each_option(site: Catalog, bob: User) -> None:
    state = answer(bob, "private", option("private", "Block"))
    found = state.answered
    assert found
    assert (found.score, found.correct, found.attempt, state.attempts) == (1.0, True, 1, 1)
    told = {str(one.text): (one.picked, one.correct, str(one.rationale)) for one in found.options}
    assert told == {
        "Block Public Access": (True, True, "CANARY-WHY-RIGHT"),
        "A longer name": (False, False, "CANARY-WHY-WRONG"),
        "Encryption": (False, False, "CANARY-WHY-ALSO-WRONG"),
    }


def test_a_wrong_choice_is_told_too(site: Catalog, bob: User) -> None:
    found = answer(bob, "private", option("private", "Encryption")).answered
    assert found
    assert (found.score, found.correct) == (0.0, False)
    assert [str(one.text) for one in found.options if one.picked] == ["Encryption"]


def test_a_response_may_be_right_in_part(site: Catalog, bob: User) -> None:
    deny, silence = option("deny", "An explicit"), option("deny", "Silence")
    half = answer(bob, "deny", deny).answered
    full = answer(bob, "deny", silence, deny).answered
    assert half
    assert full
    assert (half.score, half.correct, full.score, full.correct) == (0.5, False, 1.0, True)
    assert PracticeResponse.objects.get(attempt=2).answer == sorted([deny, silence])


@pytest.mark.parametrize(("typed", "correct"), [("99.99", True), ("99.985 %", True), ("99.9", False)])
def test_a_number_is_told_with_its_key(site: Catalog, bob: User, typed: str, correct: bool) -> None:
    found = answer(bob, "nines", typed).answered
    assert found
    assert (found.correct, found.key, str(found.rationale)) == (correct, "99.99 ± 0.005 %", "CANARY-NINES")


@pytest.mark.parametrize(
    ("item", "values"),
    [
        ("private", []),
        ("private", [""]),
        ("private", ["a"]),
        ("private", ["\x00"]),
        ("private", ["\ud800"]),
        ("private", ["x" * 100_000]),
        ("private", ["a", "b"]),
        ("deny", []),
        ("deny", ["a", "b", "c"]),
        ("nines", ["many"]),
        ("nines", ["NaN"]),
        ("nines", ["1", "2"]),
        ("nines", ["9" * 100_000]),
    ],
)
def test_a_malformed_answer_is_refused_with_a_sentence_and_uses_no_attempt(
    site: Catalog, bob: User, item: str, values: list[str]
) -> None:
    with pytest.raises(services.Malformed) as refused:
        answer(bob, item, *values)
    assert str(refused.value).endswith(".")
    assert "CANARY" not in str(refused.value)
    assert refused.value.status == 422
    assert not PracticeResponse.objects.exists()
    assert answer(bob, "private", option("private", "Block")).attempts == 1


def test_answering_again_is_the_next_attempt(site: Catalog, bob: User, eve: User) -> None:
    answer(bob, "private", option("private", "Encryption"))
    state = answer(bob, "private", option("private", "Block"))
    assert (state.attempts, state.answered and state.answered.correct) == (2, True)
    assert answer(eve, "private", option("private", "Block")).attempts == 1
    rows = PracticeResponse.objects.filter(user=bob).order_by("attempt")
    assert [(row.attempt, row.correct) for row in rows] == [(1, False), (2, True)]
    assert rows[0].item_revision == selectors.get_course("buckets").items["private"].revision


def test_two_answers_at_once_are_two_attempts(site: Catalog, bob: User) -> None:
    """Another request writes its row just after this one has read which number is free."""
    services.enrol(user=bob, course_slug="buckets", now=NOW)
    rivals: list[PracticeResponse] = []

    def rival_comes_first(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        cursor = execute(sql, params, many, context)
        if "courses_practiceresponse" in sql and sql.startswith("SELECT") and not rivals:
            rivals.append(PracticeResponse(attempt=1))
            PracticeResponse.objects.create(
                user=bob,
                course_slug="buckets",
                item_id="private",
                item_revision="",
                attempt=1,
                answer="",
                score=0,
                correct=False,
                answered_at=NOW,
            )
        return cursor

    with connection.execute_wrapper(rival_comes_first):
        state = answer(bob, "private", option("private", "Block"))
    assert rivals
    assert state.attempts == 2
    assert sorted(PracticeResponse.objects.values_list("attempt", flat=True)) == [1, 2]
