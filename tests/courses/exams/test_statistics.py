"""The figures hold against published examples, against a naive twin, and against what must be so of any answers."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
from pathlib import Path
from statistics import correlation, variance
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.exams.statistics import (
    FLAGS,
    TOO_FEW,
    Analysis,
    Option,
    Sheet,
    analyse,
    analyse_whole,
    flags_of,
    moments,
)
from tests.courses.exams import naive_statistics as naive
from tests.courses.exams.sheets import simulated, table

ABCD = (Option("a", True), Option("b", False), Option("c", False), Option("d", False))

# Ten students, ten items: the worked example of East Carolina University's notes on KR-20 (core.ecu.edu, KR20.txt):
# the p of each item, variance of totals 5.84; (10/9)·(1 − 2.18/5.84).
TEN = [
    [1, 1, 1, 1, 1, 1, 0, 1, 1, 0],
    [1, 0, 1, 1, 0, 1, 1, 1, 0, 1],
    [1, 1, 1, 1, 0, 1, 1, 0, 0, 1],
    [0, 0, 1, 0, 0, 0, 1, 0, 0, 0],
    [0, 0, 0, 0, 0, 1, 0, 0, 1, 0],
    [1, 1, 1, 0, 1, 1, 1, 1, 1, 1],
    [1, 1, 0, 1, 1, 1, 0, 1, 1, 1],
    [1, 1, 1, 1, 1, 1, 1, 1, 0, 1],
    [0, 1, 0, 1, 1, 1, 1, 1, 0, 1],
    [1, 1, 0, 1, 1, 0, 1, 1, 1, 0],
]

# Five items of the Law School Admission Test, section 6, 1000 candidates: how often each pattern 00000 … 11111 was seen
# (Psychometrika 35:179, 1970). Its facilities and alphas are printed in texts on item analysis, to three and four digits.
PATTERNS = (
    *(3, 6, 2, 11, 1, 1, 3, 4, 1, 8, 0, 16, 0, 3, 2, 15),
    *(10, 29, 14, 81, 3, 28, 15, 80, 16, 56, 21, 173, 11, 61, 28, 298),
)
LSAT = [list(p) for p, count in zip(itertools.product((0, 1), repeat=5), PATTERNS, strict=True) for _ in range(count)]


class TestPublishedExamples:
    def test_kr20_of_ten_students(self) -> None:
        found = analyse(table(TEN))
        assert [one.facility for one in found.items] == pytest.approx(
            [0.7, 0.7, 0.6, 0.7, 0.6, 0.8, 0.7, 0.7, 0.5, 0.6]
        )
        assert found.whole.kr20 == pytest.approx(10 / 9 * (1 - 2.18 / 5.84), abs=1e-12)
        assert found.whole.alpha == pytest.approx(found.whole.kr20, abs=1e-12)

    def test_law_school_admission_test(self) -> None:
        found = analyse(table(LSAT))
        assert [one.facility for one in found.items] == pytest.approx([0.924, 0.709, 0.553, 0.763, 0.870])
        rest = [[sum(row) - row[i] for row in LSAT] for i in range(5)]
        assert [one.discrimination for one in found.items] == pytest.approx(
            [correlation([row[i] for row in LSAT], rest[i]) for i in range(5)], abs=1e-12
        )
        assert found.whole.alpha == pytest.approx(0.2950, abs=5e-5)
        assert [one.alpha_deleted for one in found.items] == pytest.approx(
            [0.2754, 0.2376, 0.2168, 0.2459, 0.2663], abs=5e-5
        )

    @pytest.mark.parametrize(
        ("formula", "values", "printed"),
        [
            # The examples of SKEW and KURT in the manuals of spreadsheets.
            (moments.skewness, (3, 4, 5, 2, 3, 4, 5, 6, 4, 7), 0.359543),
            (moments.skewness, (16, 17, 19, 12, 11, 10, 9), 0.367654),
            (moments.kurtosis, (35, 31, 47, 51, 37, 31, 58, 39), -0.7496238078),
            (moments.kurtosis, (10, 20, 30, -20), 1.5),
        ],
    )
    def test_k_statistics(self, formula: Any, values: tuple[float, ...], printed: float) -> None:
        assert formula(np.array(values, dtype=float)) == pytest.approx(printed, abs=1e-6)

    def test_wilsons_interval(self) -> None:
        # 0 of 10 is 0 to 0.2775 by Wilson, where mean ± 1.96 SE says 0 to 0.
        assert moments.share_interval(np.zeros(10)) == pytest.approx((0, 0.2775328), abs=1e-6)


class TestByHand:
    """Small enough to follow with a pencil."""

    def test_efficiency_is_what_was_got_of_what_could_be(self) -> None:
        rest = np.array([1.0, 2, 3, 4])
        assert moments.efficiency(np.array([0.0, 0, 1, 1]), rest) == pytest.approx(1)
        assert moments.efficiency(np.array([1.0, 1, 0, 0]), rest) == pytest.approx(-1)
        # covariance (0.75 − 0.25 − 0.25 + 0.75) / 3 of at most (0.75 + 0.25 + 0.25 + 0.75) / 3
        assert moments.efficiency(np.array([0.0, 1, 0, 1]), rest) == pytest.approx(0.5)

    def test_discrimination_leaves_the_item_out_of_the_rest(self) -> None:
        rows = [[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0]]
        first = analyse(table(rows)).items[0]
        assert first.discrimination == pytest.approx(correlation([1, 1, 1, 0, 0], [2, 1, 0, 1, 0]))
        assert first.discrimination != pytest.approx(correlation([1, 1, 1, 0, 0], [3, 2, 1, 1, 0]))

    def test_alpha_of_points_is_the_textbooks(self) -> None:
        rows = [[2.0, 3, 1], [1, 4, 0], [0, 1, 0], [2, 4, 2], [1, 2, 2], [0, 0, 1]]
        found = analyse(table(rows, maximum=[2, 4, 2])).whole
        parts = sum(variance(column) for column in zip(*rows, strict=True))
        totals = [sum(row) for row in rows]
        expected = 3 / 2 * (1 - parts / variance(totals))
        assert found.alpha == pytest.approx(expected)
        assert found.sem == pytest.approx(math.sqrt(variance(totals) * (1 - expected)))
        assert found.kr20 is None  # not items of 0 or 1

    def test_fifths_share_ties_and_are_even_without_them(self) -> None:
        assert moments.fifths(np.arange(10.0)).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
        assert moments.fifths(np.array([1.0] * 7)).tolist() == [2] * 7
        assert moments.fifths(np.array([0.1 + 0.2, 0.3, 0, 1, 1])).tolist() == [2, 2, 0, 4, 4]
        assert moments.fifths(np.zeros(0)).tolist() == []

    def test_options_are_counted_by_fifth(self) -> None:
        rows = [[int(c >= 6), *(int(c > i) for i in range(9))] for c in range(10)]
        picks = [["a" if c >= 6 else "b" if c >= 2 else ""] + [""] * 9 for c in range(10)]
        one = analyse(table(rows, picks=picks, options=ABCD, omitted=[[c < 2] + [False] * 9 for c in range(10)])).items[
            0
        ]
        assert [option.quintiles for option in one.options] == [
            (0, 0, 0, 2, 2), (0, 2, 2, 0, 0), (0, 0, 0, 0, 0), (0, 0, 0, 0, 0)
        ]  # fmt: skip
        assert one.omitted == 2 and one.quintile_n == (2, 2, 2, 2, 2)
        assert one.quintile_facility == (0, 0, 0, 1, 1)
        assert one.options[0].point_biserial == pytest.approx(one.discrimination)
        assert one.options[2].point_biserial is None and one.options[2].count == 0

    def test_time_is_of_those_who_told_it(self) -> None:
        seconds = [[10.0], [20], [40], [0], [70]]
        one = analyse(table([[1]] * 5, seconds=seconds)).items[0]
        assert (one.timed, one.seconds_low, one.seconds_median, one.seconds_high) == (4, 17.5, 30, 47.5)


class TestForms:
    """Candidates had different items."""

    def test_an_unscored_item_changes_no_figure_of_the_exam(self) -> None:
        rows = [[*row, pilot] for row, pilot in zip(TEN, [1, 0, 0, 1, 1, 0, 1, 0, 0, 1], strict=True)]
        without, with_pilot = analyse(table(TEN)), analyse(table(rows, scored=[True] * 10 + [False]))
        assert with_pilot.items[:10] == without.items
        same = ("alpha", "kr20", "sem", "mean", "sd", "skewness", "scaled_items")
        assert all(getattr(with_pilot.whole, n) == getattr(without.whole, n) for n in same if n != "scaled_items")
        pilot = with_pilot.items[10]
        totals = [sum(row) for row in TEN]
        assert pilot.discrimination == pytest.approx(correlation([row[10] for row in rows], totals))
        assert pilot.scored == 0 and pilot.alpha_deleted is None and pilot.n == 10

    def test_the_rest_is_a_share_of_ones_own_form(self) -> None:
        # The second and the third never had each other's item; an item of 2 points weighs twice in the rest.
        rows: list[list[float | None]] = [[1, 2, None], [0, None, 1], [1, 0, None], [0, None, 0], [1, 2, 1]]
        one = analyse(table(rows, maximum=[1, 2, 1])).items[0]
        assert one.discrimination == pytest.approx(correlation([1, 0, 1, 0, 1], [1, 1, 0, 0, 1]))

    def test_who_had_nothing_but_the_item_is_left_out_of_its_rest_only(self) -> None:
        rows: list[list[float | None]] = [[1, None], [0, 0], [1, 1], [0, 1], [1, 1]]
        one = analyse(table(rows)).items[0]
        assert one.n == 5 and sum(one.quintile_n) == 4
        assert one.discrimination == pytest.approx(correlation([0, 1, 0, 1], [0, 1, 1, 1]))

    def test_alpha_of_random_draws_is_that_of_a_form_of_that_length(self) -> None:
        """The draw of easy and hard forms is no difference between people: it must not inflate or deflate α."""
        whole = simulated(3000, pool=60, form=60, unscored=0)
        drawn = simulated(3000, pool=60, form=20, unscored=0)
        full = analyse_whole(whole).alpha
        assert full is not None
        stepped = (20 / 60) * full / (1 + (20 / 60 - 1) * full)  # Spearman-Brown: a third of its length
        assert analyse_whole(drawn).alpha == pytest.approx(stepped, abs=0.015)


class TestNotAvailable:
    """n/a is None, and nothing that is not known is 0."""

    def test_what_does_not_vary_has_no_correlation(self) -> None:
        rows = [[1, int(c % 2)] for c in range(40)]
        one, other = analyse(table(rows)).items
        assert (one.facility, one.sd, one.discrimination, one.efficiency) == (1, 0, None, None)
        assert other.discrimination is None  # its rest is the first item, and that is the same for all
        assert one.flags == ("too-easy",)

    def test_all_the_same_total(self) -> None:
        found = analyse(table([[1, 0], [0, 1], [1, 0], [0, 1]])).whole
        assert (found.alpha, found.kr20, found.sem, found.skewness, found.error_ratio) == (None,) * 5
        assert found.sd == 0

    def test_nobody(self) -> None:
        found = analyse(table([]))
        assert found.items == () and found.whole.n == 0
        assert found.whole.mean is None and found.whole.scaled_mean is None and sum(found.whole.histogram) == 0

    def test_one_candidate(self) -> None:
        found = analyse(table([[1, 0]]))
        assert found.items[0].sd is None and found.whole.sd is None and found.whole.alpha is None
        assert found.items[0].seconds_median is None

    def test_an_item_that_nobody_had(self) -> None:
        found = analyse(table([[1, None], [0, None]])).items[1]
        assert (found.n, found.facility, found.sd) == (0, None, None)


class TestFlags:
    def flags(self, rows: list[list[int]], **others: Any) -> tuple[str, ...]:
        return analyse(table(rows, **others)).items[0].flags

    def test_below_thirty_nothing_is_judged(self) -> None:
        rows = [[1, c % 2, c % 3 % 2] for c in range(TOO_FEW - 1)]
        assert self.flags(rows) == ("too-few",)
        assert "too-few" not in self.flags([*rows, [1, 0, 0]])

    @pytest.mark.parametrize(
        ("right", "chance", "flag"), [(36, None, "too-easy"), (8, None, "too-hard"), (10, 0.25, "too-hard")]
    )
    def test_facility(self, right: int, chance: float | None, flag: str) -> None:
        rows = [[int(c < right), *(int(c < i) for i in range(5, 40, 5))] for c in range(40)]
        assert flag in self.flags(rows, chance=chance)

    def test_a_facility_in_the_middle_is_none(self) -> None:
        rows = [[int(c < 20), *(int(c < i) for i in range(5, 40, 5))] for c in range(40)]
        assert self.flags(rows) == ()

    def test_discrimination(self) -> None:
        rest = [[int(c < i) for i in range(5, 40, 5)] for c in range(40)]
        assert self.flags([[int(c >= 20), *rest[c]] for c in range(40)]) == ("negative",)
        found = analyse(table([[int(c % 2 == 0), *rest[c]] for c in range(40)])).items[0]
        assert found.discrimination is not None and 0 <= found.discrimination < 0.2
        assert found.flags == ("low",)

    def test_distractors(self) -> None:
        rows = [[int(c >= 20), *(int(c > i) for i in range(1, 40, 3))] for c in range(40)]
        # b: the weak, c: one in forty, d: the strongest of all.
        letters = ["d" if c >= 32 else "a" if c >= 20 else "c" if c == 0 else "b" for c in range(40)]
        picks = [[letter] + [""] * 13 for letter in letters]
        assert self.flags(rows, picks=picks, options=ABCD) == ("misleading", "dead")
        # The same of a type without distractors, and of options that are no key of themselves.
        assert self.flags(rows, picks=picks, options=ABCD, kind="number") == ()
        assert self.flags(rows, picks=picks, options=[Option(one) for one in "abcd"]) == ()

    def test_each_flag_is_explained(self) -> None:
        assert set(FLAGS) == {"too-few", "negative", "low", "too-easy", "too-hard", "dead", "misleading"}
        assert all(flag.title and flag.meaning.endswith(".") for flag in FLAGS.values())


class TestSheet:
    def test_arrays_of_unequal_length_are_refused(self) -> None:
        good = table([[1, 0], [0, 1]])
        with pytest.raises(ValueError, match="one length"):
            Sheet(**{**vars(good), "earned": np.array([1.0])})

    def test_a_row_worth_nothing_is_refused(self) -> None:
        with pytest.raises(ValueError, match="more than 0 points"):
            table([[0]], maximum=[0])

    def test_the_figures_want_no_django(self) -> None:
        code = "import courses.exams.statistics, sys; sys.exit('django' in sys.modules)"
        subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])

    def test_it_is_kept_as_json_and_read_again(self) -> None:
        found = analyse(simulated(40, pool=70))
        assert Analysis.from_json(json.loads(json.dumps(found.as_json(), allow_nan=False))) == found
        with pytest.raises(ValueError, match="schema 0"):
            Analysis.from_json({"schema": 0})


# --- Properties -------------------------------------------------------------------------------------------------------


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    """Any answers: forms of any items, points of several kinds, pilots, blanks, options, times."""
    k, n = draw(st.integers(1, 6)), draw(st.integers(1, 14))
    maximum = draw(st.lists(st.sampled_from([1.0, 1.0, 2.0, 2.5]), min_size=k, max_size=k))
    scored = draw(st.lists(st.sampled_from([True, True, True, False]), min_size=k, max_size=k))
    mark = st.sampled_from([None, 0.0, 1.0, 0.5])
    shares = draw(st.lists(st.lists(mark, min_size=k, max_size=k), min_size=n, max_size=n))
    rows = [[None if s is None else s * m for s, m in zip(row, maximum, strict=True)] for row in shares]
    letters = st.sampled_from(["", "a", "b", "ab", "cd", "d"])
    picks = draw(st.lists(st.lists(letters, min_size=k, max_size=k), min_size=n, max_size=n))
    seconds = draw(st.lists(st.lists(st.integers(0, 300), min_size=k, max_size=k), min_size=n, max_size=n))
    scaled = draw(st.lists(st.integers(100, 1000), min_size=n, max_size=n))
    return table(
        rows,
        maximum=maximum,
        scored=scored,
        picks=picks,
        options=ABCD,
        seconds=seconds,
        omitted=[[p == "" for p in row] for row in picks],
        scaled=scaled,
    )


def same(found: Any, expected: Any, where: str = "") -> None:
    """Hold every figure of `expected` against `found`, to 1e-6."""
    if isinstance(expected, dict):
        for name, value in expected.items():
            same(found[name], value, f"{where}.{name}")
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), where
        for at, value in enumerate(expected):
            same(found[at], value, f"{where}[{at}]")
    elif isinstance(expected, float) and found is not None:
        assert found == pytest.approx(expected, abs=1e-6), where
    else:
        assert found == expected, where


@settings(max_examples=150, deadline=None)
@given(sheets())
def test_the_naive_twin_says_the_same(sheet: Sheet) -> None:
    same(analyse(sheet).as_json(), naive.analyse(sheet))


def test_the_naive_twin_says_the_same_of_a_real_exam() -> None:
    sheet = simulated(120, pool=100)
    same(analyse(sheet).as_json(), naive.analyse(sheet))


@settings(max_examples=50, deadline=None)
@given(sheets(), st.randoms(use_true_random=False))
def test_the_order_of_candidates_and_of_answers_does_not_matter(sheet: Sheet, random: Any) -> None:
    people, rows = list(range(sheet.candidates)), list(range(len(sheet.candidate)))
    random.shuffle(people)
    random.shuffle(rows)
    renamed, order, back = np.array(people), np.array(rows, dtype=np.int64), np.argsort(np.array(rows, dtype=np.int64))
    by_row = ("column", "earned", "maximum", "scored", "omitted", "seconds")
    moved: dict[str, Any] = {name: getattr(sheet, name)[order] for name in by_row}
    moved |= {"candidate": renamed[sheet.candidate][order], "pick_row": back[sheet.pick_row]}
    moved |= {name: getattr(sheet, name)[np.argsort(renamed)] for name in ("scaled", "passed")}
    same(analyse(Sheet(**{**vars(sheet), **moved})).as_json(), analyse(sheet).as_json())


binary = st.integers(2, 6).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 1), min_size=k, max_size=k), min_size=2, max_size=25)
)


@settings(max_examples=100, deadline=None)
@given(binary)
def test_alpha_is_kr20_for_items_of_0_and_1(rows: list[list[int]]) -> None:
    found = analyse_whole(table(rows))
    assert (found.alpha is None) == (found.kr20 is None) == (len({sum(row) for row in rows}) == 1)
    if found.alpha is not None:
        assert found.kr20 == pytest.approx(found.alpha, abs=1e-9)
        assert found.kr20 == pytest.approx(naive.kr20(rows), abs=1e-9)
        assert found.alpha <= 1 + 1e-12


@settings(max_examples=100, deadline=None)
@given(binary)
def test_bounds(rows: list[list[int]]) -> None:
    for one in analyse(table(rows)).items:
        assert one.facility is not None and one.facility_low is not None and one.facility_high is not None
        assert 0 <= one.facility_low <= one.facility + 1e-12 and one.facility - 1e-12 <= one.facility_high <= 1
        assert one.discrimination is None or -1 <= one.discrimination <= 1
        assert one.efficiency is None or one.efficiency <= 1 + 1e-9
        assert (one.discrimination is None) == (one.efficiency is None)
        assert sum(one.quintile_n) == one.n == len(rows)


@settings(max_examples=50, deadline=None)
@given(binary)
def test_an_item_turned_round_discriminates_the_other_way(rows: list[list[int]]) -> None:
    turned = [[1 - row[0], *row[1:]] for row in rows]
    one, other = analyse(table(rows)).items[0], analyse(table(turned)).items[0]
    if one.discrimination is None:
        assert other.discrimination is None
    else:
        assert other.discrimination == pytest.approx(-one.discrimination)


@settings(max_examples=50, deadline=None)
@given(binary)
def test_what_a_point_is_called_does_not_matter(rows: list[list[int]]) -> None:
    k = len(rows[0])
    tenfold = analyse(table([[value * 10 for value in row] for row in rows], maximum=[10] * k))
    plain = analyse(table(rows))
    same([flags_of(one) for one in tenfold.items], [flags_of(one) for one in plain.items])
    same([one["discrimination"] for one in tenfold.as_json()["items"]], [one.discrimination for one in plain.items])
    same(
        [tenfold.whole.alpha, tenfold.whole.kr20, tenfold.whole.mean],
        [plain.whole.alpha, plain.whole.kr20, plain.whole.mean],
    )
    if plain.whole.sem is not None:
        assert tenfold.whole.sem == pytest.approx(10 * plain.whole.sem)


@given(st.lists(st.integers(0, 1), min_size=2, max_size=20), st.integers(2, 6))
def test_items_that_agree_in_all_are_wholly_consistent(column: list[int], k: int) -> None:
    found = analyse_whole(table([[value] * k for value in column]))
    assert found.alpha is None if len(set(column)) == 1 else found.alpha == pytest.approx(1)
