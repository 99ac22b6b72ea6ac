"""Raw points and scaled scores: the worked values, the promises for every exam, and what a domain leaves open."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from courses.exams.scaling import (
    FEW,
    Opportunity,
    Standing,
    Unscorable,
    by_domain,
    counting,
    effective,
    interval,
    scale,
    standing,
    totals,
)

cuts = some.decimals(min_value="0.01", max_value="1", places=4)
marks = some.integers(101, 1000)
exams = some.tuples(some.integers(1, 130), cuts, marks)


@pytest.mark.parametrize(
    ("raw", "scaled"), [(0, 100), (20, 476), (32, 701), (33, 720), (34, 736), (40, 835), (50, 1000)]
)
def test_the_worked_values(raw: int, scaled: int) -> None:
    found = scale(raw, 50, cut=0.66, pass_mark=720)
    assert (found.scaled, found.passed) == (scaled, scaled >= 720)


def test_a_hair_below_the_cut_never_shows_the_pass_mark() -> None:
    # Exactly 719.93: to the nearest it would be 720.
    found = scale(Fraction("32.9962"), 50, cut=0.66, pass_mark=720)
    assert (found.scaled, found.passed) == (719, False)


def test_a_cut_written_with_decimals_is_those_decimals() -> None:
    # In floats 0.58 of 50 is 28.999999999999996, and 0.57 of 100 is 56.99999999999999.
    for cut, maximum, at in ((0.58, 50, 29), (0.57, 100, 57), (0.29, 100, 29)):
        assert scale(at, maximum, cut=cut, pass_mark=700).scaled == 700
        assert not scale(at - 1, maximum, cut=cut, pass_mark=700).passed


@given(exams)
def test_passing_is_reaching_the_cut_and_reaching_the_mark(exam: tuple[int, Fraction, int]) -> None:
    maximum, cut, mark = exam
    before = 0
    for raw in range(maximum + 1):
        found = scale(raw, maximum, cut=cut, pass_mark=mark)
        assert 100 <= found.scaled <= 1000
        assert before <= found.scaled
        assert found.passed == (found.scaled >= mark) == (Fraction(raw) >= Fraction(cut) * maximum)
        before = found.scaled


@given(exams, some.fractions(0, 1, max_denominator=10_000), some.fractions(0, 1, max_denominator=10_000))
def test_more_points_never_give_less_whatever_the_fraction(
    exam: tuple[int, Fraction, int], one: Fraction, other: Fraction
) -> None:
    maximum, cut, mark = exam
    low, high = (scale(share * maximum, maximum, cut=cut, pass_mark=mark) for share in sorted((one, other)))
    assert low.scaled <= high.scaled
    assert low.passed <= high.passed
    assert low.passed == (low.scaled >= mark)


@given(exams)
def test_the_ends_are_100_and_1000_and_the_cut_is_the_mark(exam: tuple[int, Fraction, int]) -> None:
    maximum, cut, mark = exam
    assert scale(0, maximum, cut=cut, pass_mark=mark).scaled == 100
    assert scale(maximum, maximum, cut=cut, pass_mark=mark).scaled == 1000
    if cut < 1:
        assert scale(Fraction(cut) * maximum, maximum, cut=cut, pass_mark=mark).scaled == mark


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(Unscorable, match="nothing to scale"):
        scale(0, 0, cut=0.6, pass_mark=700)
    for raw, maximum, cut, mark in ((-1, 50, 0.6, 700), (51, 50, 0.6, 700), (1, 50, 1.2, 700), (1, 50, 0.6, 100)):
        with pytest.raises(ValueError, match="cannot be"):
            scale(raw, maximum, cut=cut, pass_mark=mark)


@pytest.mark.parametrize(
    ("share", "n", "low", "high"),
    [
        # Worked by hand from Wilson's formula with z = 1.959964.
        (0.5, 10, 0.2366, 0.7634),
        (1.0, 10, 0.7225, 1.0),
        (0.0, 10, 0.0, 0.2775),
        (0.7, 20, 0.4810, 0.8545),
    ],
)
def test_wilsons_interval(share: float, n: int, low: float, high: float) -> None:
    assert interval(share, n) == pytest.approx((low, high), abs=5e-5)


@given(some.integers(1, 500), some.floats(0, 1))
def test_an_interval_holds_its_share_and_stays_a_share(n: int, share: float) -> None:
    low, high = interval(share, n)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1


def test_more_trials_say_more_and_none_says_nothing() -> None:
    widths = [high - low for low, high in (interval(0.6, n) for n in (5, 20, 80))]
    assert widths == sorted(widths, reverse=True)
    assert interval(0.0, 0) == (0.0, 1.0)


def test_one_heavy_opportunity_counts_as_little_more_than_one() -> None:
    assert effective([1] * 12) == 12
    assert effective([20, 1, 1]) == pytest.approx(484 / 402)
    assert effective([]) == 0


def opportunities(domain: str, earned: int, of: int) -> list[Opportunity]:
    return [Opportunity(domain, Fraction(at < earned), Fraction(1)) for at in range(of)]


def test_domains_are_classified_and_too_few_are_not() -> None:
    all_of_them = [*opportunities("a", 8, 10), *opportunities("b", 5, 10), *opportunities("c", 4, FEW - 1)]
    found = by_domain(all_of_them, cut=0.66)
    assert list(found) == ["a", "b", "c"]
    assert [one.standing for one in found.values()] == [Standing.MEETS, Standing.NEEDS_IMPROVEMENT, Standing.TOO_FEW]
    assert (found["a"].earned, found["a"].maximum, found["a"].opportunities) == (8, 10, 10)
    assert found["a"].low < 0.66 < found["a"].high  # meets, and yet ten items leave it open
    assert totals(all_of_them) == (17, 24)


def test_what_is_worth_nothing_is_in_no_domain() -> None:
    assert by_domain([Opportunity("a", Fraction(0), Fraction(0))], cut=0.5) == {}


def test_at_the_cut_a_domain_meets() -> None:
    assert standing(Fraction(33, 50), 50, 0.66) == Standing.MEETS
    assert standing(Fraction(32, 50), 50, 0.66) == Standing.NEEDS_IMPROVEMENT


def test_which_attempt_counts() -> None:
    scores = [{"scaled": 700}, {"scaled": 812}, {"scaled": 812}, {"scaled": 640}]
    assert [counting(scores, policy) for policy in ("first", "last", "best")] == [0, 3, 1]
    assert counting([], "best") is None
    with pytest.raises(ValueError, match="first, last or best"):
        counting(scores, "middle")
