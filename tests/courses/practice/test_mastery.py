"""The pure rules of practice: when a card comes again, what a domain's mastery is, what a drill takes, what is locked."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from courses.exams import mastery, recall
from courses.exams.mastery import Mastery, Missing, Standing
from courses.exams.recall import Grade

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


# --- Recall -----------------------------------------------------------------------------------------------------------


def test_what_was_missed_comes_again_in_ten_minutes_and_what_was_right_in_days() -> None:
    assert recall.due(recall.review(None, Grade.AGAIN, NOW)) == NOW + timedelta(minutes=10)
    assert recall.due(recall.review(None, Grade.GOOD, NOW)) == NOW + 2 * DAY
    assert recall.due(recall.review(None, Grade.HARD, NOW)) < recall.due(recall.review(None, Grade.GOOD, NOW))


def test_intervals_grow_while_it_is_right_and_shrink_after_a_miss() -> None:
    state, at, gaps = recall.review(None, Grade.GOOD, NOW), NOW, []
    for _ in range(4):
        due = recall.due(state)
        gaps.append(due - at)
        at = due
        state = recall.review(state, Grade.GOOD, at)
    assert gaps == sorted(gaps)
    assert gaps[-1] > 10 * gaps[0]
    missed = recall.review(state, Grade.AGAIN, recall.due(state))
    again = recall.review(missed, Grade.GOOD, recall.due(missed))
    assert recall.due(again) - recall.due(missed) < gaps[-1]


def test_the_same_reviews_give_the_same_state() -> None:
    def states() -> list[object]:
        state, found = None, []
        for number, grade in enumerate((Grade.GOOD, Grade.GOOD, Grade.AGAIN, Grade.GOOD, Grade.HARD)):
            state = recall.review(state, grade, NOW + number * 9 * DAY)
            found.append(state)
        return found

    assert states() == states()


def test_what_is_right_before_it_is_due_says_nothing_and_a_miss_always_counts() -> None:
    state = recall.review(None, Grade.GOOD, NOW)
    assert recall.counts(None, Grade.GOOD, NOW)
    assert not recall.counts(state, Grade.GOOD, NOW + timedelta(minutes=1))
    assert recall.counts(state, Grade.AGAIN, NOW + timedelta(minutes=1))
    assert recall.counts(state, Grade.GOOD, recall.due(state))


def test_memory_fades_and_is_nine_in_ten_when_its_stability_has_passed() -> None:
    state = recall.review(None, Grade.GOOD, NOW)
    values = [recall.retrievability(state, NOW + days * DAY) for days in range(60)]
    assert values[0] == 1
    assert values == sorted(values, reverse=True)
    assert values[2] == pytest.approx(0.9, abs=0.02)  # stability 2.3 days: the meaning of the word in FSRS
    assert values[-1] > 0.5


def test_another_zone_of_time_is_the_same_moment() -> None:
    from datetime import timezone

    there = NOW.astimezone(timezone(timedelta(hours=5)))
    assert recall.review(None, Grade.GOOD, there) == recall.review(None, Grade.GOOD, NOW)


# --- Mastery ----------------------------------------------------------------------------------------------------------


def test_mastery_is_the_share_of_all_items_that_would_be_right_today() -> None:
    found = mastery.masteries(
        {"secure": "Security", "empty": "Empty", "operate": "Operations"},
        [
            Standing("1", "secure", True, 1.0, NOW),
            Standing("2", "secure", True, 0.5, NOW),
            Standing("3", "secure", False, 0.0, NOW),
            Standing("4", "secure"),
            Standing("5", "operate"),
            Standing("6", "", True, 1.0, NOW),
        ],
    )
    assert found == (Mastery("secure", "Security", 4, 3, 2, 37), Mastery("operate", "Operations", 1, 0, 0, 0))


def test_percents_are_rounded_down_so_that_what_is_required_is_reached() -> None:
    (one,) = mastery.masteries({"a": "A"}, [Standing(str(n), "a", True, 0.799, NOW) for n in range(10)])
    assert one.percent == 79
    (one,) = mastery.masteries({"a": "A"}, [Standing(str(n), "a", True, 0.8, NOW) for n in range(3)])
    assert one.percent == 80


def test_what_is_locked_says_what_is_lacking() -> None:
    found = [Mastery("a", "A", 4, 4, 4, 79), Mastery("b", "B", 4, 4, 4, 80)]
    assert mastery.missing({"a": 80, "b": 80}, {"a": "A", "b": "B"}, found) == (Missing("a", "A", 80, 79),)
    assert mastery.missing({}, {}, found) == ()
    # Nothing to practise, nothing to ask for: else it could never be opened.
    assert mastery.missing({"c": 80}, {"c": "C"}, found) == ()


# --- Drills -----------------------------------------------------------------------------------------------------------


def pool(again: int, unseen: int, mastered: int) -> list[Standing]:
    return [
        *(Standing(f"again{n}", "a", bool(n % 2), 0.5, NOW - timedelta(hours=n + 1)) for n in range(again)),
        *(Standing(f"unseen{n}", "a") for n in range(unseen)),
        *(Standing(f"mastered{n}", "a", True, 0.9 - n / 100, NOW + DAY) for n in range(mastered)),
    ]


def kinds(chosen: tuple[str, ...]) -> Counter[str]:
    return Counter(one.rstrip("0123456789") for one in chosen)


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        ((20, 20, 20), {"again": 5, "unseen": 4, "mastered": 1}),
        ((2, 20, 20), {"again": 2, "unseen": 7, "mastered": 1}),
        ((0, 3, 20), {"unseen": 3, "mastered": 7}),
        ((20, 0, 0), {"again": 10}),
        ((1, 1, 1), {"again": 1, "unseen": 1, "mastered": 1}),
        ((0, 0, 0), {}),
    ],
)
def test_a_drill_keeps_the_stated_shares_and_fills_up_in_their_order(
    there: tuple[int, int, int], taken: dict[str, int]
) -> None:
    chosen = mastery.drill(pool(*there), now=NOW, seed="s")
    assert kinds(chosen) == taken
    assert len(set(chosen)) == len(chosen)


def test_missed_items_come_before_due_ones_and_the_longest_due_first() -> None:
    chosen = set(mastery.drill(pool(12, 0, 0), now=NOW, seed="s", count=5))
    assert chosen == {"again10", "again8", "again6", "again4", "again2"}  # the even ones were missed


def test_of_what_is_known_the_nearest_to_being_forgotten_is_asked() -> None:
    assert "mastered9" in mastery.drill(pool(20, 20, 10), now=NOW, seed="s")


@given(some.integers(0, 15), some.integers(0, 15), some.integers(0, 15), some.text(max_size=5))
def test_a_drill_is_as_long_as_it_can_be_and_the_same_for_a_seed(a: int, b: int, c: int, seed: str) -> None:
    standings = pool(a, b, c)
    chosen = mastery.drill(standings, now=NOW, seed=seed)
    assert len(chosen) == len(set(chosen)) == min(10, a + b + c)
    assert chosen == mastery.drill(standings[::-1], now=NOW, seed=seed)


def test_another_seed_asks_in_another_order() -> None:
    assert len({mastery.drill(pool(5, 4, 1), now=NOW, seed=str(n)) for n in range(10)}) > 5
