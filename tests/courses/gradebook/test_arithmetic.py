"""What holds of grades whatever the numbers are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.gradebook import arithmetic
from courses.gradebook.arithmetic import Late, Part, Terms, Work

CALM = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])  # the machine is shared
DUE = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHARES = st.decimals(0, 1, places=6)
POINTS = st.decimals(Decimal("0.01"), 99999, places=2)
WHEN = st.timedeltas(-5 * DAY, 30 * DAY).map(lambda by: DUE + by)
TERMS = st.builds(
    Terms,
    points=POINTS,
    due_at=st.one_of(st.none(), st.just(DUE)),
    cutoff_at=st.one_of(st.none(), WHEN.filter(lambda at: at >= DUE)),
    rule=st.sampled_from(Late),
    percent_a_day=st.integers(0, 100).map(Decimal),
    grace=st.timedeltas(timedelta(0), 3 * DAY),
)
PARTS = st.lists(
    st.builds(
        Part,
        points=st.one_of(st.none(), st.decimals(0, 200, places=2)),
        out_of=POINTS,
        weight=st.decimals(0, 9999, places=2),
        excused=st.booleans(),
    ),
    max_size=12,
)


def terms(**told: Any) -> Terms:
    return Terms(**{"points": Decimal(100), "due_at": DUE, "rule": Late.PER_DAY, "percent_a_day": Decimal(10)} | told)


@pytest.mark.parametrize(
    ("after", "told", "points"),
    [
        (timedelta(0), {}, "80"),
        (timedelta(seconds=1), {}, "70"),  # a day that was begun
        (DAY, {}, "70"),
        (DAY + timedelta(microseconds=1), {}, "60"),
        (9 * DAY, {}, "0"),  # never below nothing
        (HOUR, {"grace": HOUR}, "80"),
        (HOUR + timedelta(seconds=1), {"grace": HOUR}, "70"),
        (25 * HOUR, {"grace": 25 * HOUR}, "80"),
        (26 * HOUR, {"grace": 25 * HOUR}, "60"),  # the grace is over: late since the due date
        (3 * DAY, {"rule": Late.FULL}, "80"),
        (HOUR, {"rule": Late.NONE}, "0"),
        (HOUR, {"rule": Late.NONE, "grace": HOUR}, "80"),
        (2 * DAY, {"cutoff_at": DUE + DAY}, "0"),
        (DAY, {"cutoff_at": DUE + DAY}, "70"),
        (9 * DAY, {"due_at": None}, "80"),
    ],
)
def test_what_late_work_is_worth(after: timedelta, told: dict[str, Any], points: str) -> None:
    assert arithmetic.worth(Work(Decimal("0.8"), DUE + after), terms(**told)).points == Decimal(points)


def test_halves_go_up() -> None:
    assert arithmetic.rounded(Decimal("2.675")) == Decimal("2.68") and arithmetic.rounded(Decimal("0.005")) == Decimal(
        "0.01"
    )
    thirds = [Part(Decimal(1), Decimal(3)), Part(Decimal(2), Decimal(3))]
    assert arithmetic.total(thirds).percent == 50 and arithmetic.total(thirds[:1]).percent == Decimal("33.33")


@CALM
@given(SHARES, WHEN, TERMS)
def test_a_grade_lies_between_nothing_and_what_was_earned(share: Decimal, at: datetime, terms: Terms) -> None:
    found = arithmetic.worth(Work(share, at), terms)
    assert 0 <= found.points <= found.earned <= terms.points
    assert found.earned - found.taken == found.points == found.points.quantize(Decimal("0.01"))
    assert abs(Fraction(found.earned) - Fraction(terms.points) * Fraction(share)) <= Fraction(1, 200)


@CALM
@given(SHARES, WHEN, st.timedeltas(timedelta(0), 9 * DAY), TERMS)
def test_later_is_never_worth_more(share: Decimal, at: datetime, by: timedelta, terms: Terms) -> None:
    assert arithmetic.worth(Work(share, at + by), terms).points <= arithmetic.worth(Work(share, at), terms).points


@CALM
@given(
    st.lists(st.builds(Work, share=SHARES, at=WHEN), min_size=1, max_size=6),
    st.builds(Work, share=SHARES, at=WHEN),
    TERMS,
)
def test_going_on_never_costs_anything(works: list[Work], more: Work, terms: Terms) -> None:
    before, after = arithmetic.best(works, terms), arithmetic.best([*works, more], terms)
    assert before and after and before[1].points <= after[1].points
    assert before[1].points == max(arithmetic.worth(one, terms).points for one in works)


@CALM
@given(PARTS, st.integers(0, 12))
def test_a_total_is_the_mean_by_weight_and_dropping_never_costs(parts: list[Part], lowest: int) -> None:
    found, whole = arithmetic.total(parts, drop_lowest=lowest), arithmetic.total(parts)
    counting = [at for at, one in enumerate(parts) if one.counts]
    assert found.dropped | found.counted == set(counting) and not found.dropped & found.counted
    if not counting:
        assert found.percent is None
        return
    assert found.counted and len(found.dropped) == min(lowest, len(counting) - 1)
    kept = [parts[at] for at in found.counted]
    exact = sum(Fraction(one.weight) * Fraction(one.points or 0) / Fraction(one.out_of) for one in kept)
    exact = 100 * exact / sum(Fraction(one.weight) for one in kept)
    assert found.percent is not None and whole.percent is not None
    assert abs(Fraction(found.percent) - exact) <= Fraction(1, 200) + Fraction(1, 10**30)
    assert found.percent >= whole.percent
    assert all(parts[low].share <= parts[high].share for low in found.dropped for high in found.counted)


@CALM
@given(PARTS, st.decimals(Decimal("0.01"), 99, places=2))
def test_only_how_weights_compare_counts(parts: list[Part], by: Decimal) -> None:
    heavier = [Part(one.points, one.out_of, one.weight * by, one.excused) for one in parts]
    assert arithmetic.total(heavier) == arithmetic.total(parts)
