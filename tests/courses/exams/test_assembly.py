"""Forms: the quotas, who comes first, what chance may decide, and that one seed means one form."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bench import _forms
from bench._forms import ASSOCIATE, PRACTICAL, ExamOf, SectionOf, pool_of
from bench.assembly import critical
from courses.exams.assembly import Choices, Form, PoolItem, PoolTooSmall, Shortage, assemble, shortages
from courses.exams.chance import Stream, largest_remainder

# Of forms for two exams, over what was seen and used: see bench/_forms.py. Another digest is another version of assembly.
GOLDEN = "9e40f061a8aa9aa65cdc1d7603507ac29f737637853bc9652ff6950930f968c4"


def item(item_id: str, domain: str = "a", kind: str = "choice", **others: object) -> PoolItem:
    return PoolItem(f"rev-{item_id}", item_id, kind, domain, **others)  # type: ignore[arg-type]


def small(count: int, unscored: int = 0, **others: object) -> ExamOf:
    return ExamOf("small", {"a": 50, "b": 50}, (SectionOf("items", count, unscored, **others),))  # type: ignore[arg-type]


# --- One seed, one form -----------------------------------------------------------------------------------------


def test_the_forms_of_known_seeds_are_known() -> None:
    assert _forms.golden() == GOLDEN


def test_the_order_of_the_pool_changes_nothing() -> None:
    pool = pool_of(ASSOCIATE)
    assert assemble(ASSOCIATE, pool, seed="s") == assemble(ASSOCIATE, pool[::-1], seed="s")


def test_another_seed_gives_another_form() -> None:
    pool = pool_of(ASSOCIATE)
    forms = [assemble(ASSOCIATE, pool, seed=str(number)) for number in range(20)]
    assert len({form.digest for form in forms}) == 20
    assert len({frozenset(place.item_id for place in form.places) for form in forms}) == 20


def test_what_is_asked_about_one_item_tells_nothing_of_another() -> None:
    """A new item in the pool leaves the order of an old item's choices alone."""
    pool = pool_of(ASSOCIATE)
    more = [*pool, item("new", "secure", choices=(Choices(("x", "y")),))]
    before = {place.item_id: place.order for place in assemble(ASSOCIATE, pool, seed="s").places}
    after = {place.item_id: place.order for place in assemble(ASSOCIATE, more, seed="s").places}
    both = before.keys() & after.keys()
    assert both
    assert {one: before[one] for one in both} == {one: after[one] for one in both}


def test_a_form_survives_json() -> None:
    form = assemble(PRACTICAL, pool_of(PRACTICAL), seed="s")
    again = Form.from_json(json.loads(json.dumps(form.as_json())))
    assert (again, again.digest) == (form, form.digest)


# --- Quotas -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [  # the four exams of AWS, as computed by hand
        (50, (24, 30, 34, 12), [12, 15, 17, 6]),
        (50, (30, 26, 24, 20), [15, 13, 12, 10]),
        (50, (32, 26, 24, 18), [16, 13, 12, 9]),
        (50, (22, 22, 22, 16, 18), [11, 11, 11, 8, 9]),
        (65, (24, 30, 34, 12), [16, 19, 22, 8]),
        (65, (30, 26, 24, 20), [19, 17, 16, 13]),
        (65, (32, 26, 24, 18), [21, 17, 15, 12]),
        (65, (22, 22, 22, 16, 18), [14, 14, 14, 11, 12]),
        (0, (1, 2), [0, 0]),
    ],
)
def test_largest_remainder(total: int, weights: tuple[int, ...], shares: list[int]) -> None:
    names = [f"d{number}" for number in range(len(weights))]
    found = largest_remainder(total, dict(zip(names, weights, strict=True)))
    assert [found[name] for name in names] == shares


@given(some.integers(0, 500), some.dictionaries(some.text(max_size=3), some.integers(1, 100), min_size=1, max_size=8))
def test_largest_remainder_shares_all_and_is_never_off_by_one(total: int, weights: dict[str, int]) -> None:
    found = largest_remainder(total, weights)
    assert sum(found.values()) == total
    whole = sum(weights.values())
    assert all(abs(found[name] - total * weight / whole) < 1 for name, weight in weights.items())
    assert found == largest_remainder(total, dict(reversed(weights.items())))


@pytest.mark.parametrize("exam", [ASSOCIATE, PRACTICAL], ids=lambda one: one.slug)
@settings(max_examples=25, deadline=None)
@given(seed=some.text(max_size=10), unknown=some.integers(0, 9))
def test_domains_and_types_are_the_quota_whatever_was_seen(exam: ExamOf, seed: str, unknown: int) -> None:
    pool = pool_of(exam)
    seen = {one.item_id: number % 4 for number, one in enumerate(pool) if number % 10 >= unknown}
    form = assemble(exam, pool, seed=seed, seen=seen, used={one.item_id: 3 for one in pool[::3]})
    section = exam.sections[0]
    scored = [place for place in form.sections[0].places if place.scored]
    assert Counter(place.domain for place in scored) == largest_remainder(section.count, exam.weights)
    assert Counter(place.type for place in scored) == largest_remainder(section.count, section.types)
    assert len(form.sections[0].places) == section.count + section.unscored
    assert len({place.item_id for place in form.places}) == len(form.places)
    pilots = {one.item_id for one in pool if one.pilot}
    assert {place.item_id for place in form.places if not place.scored} <= pilots
    assert not any(place.item_id in pilots for place in scored)


def test_difficulties_are_the_quota_where_nothing_weighs_more() -> None:
    pool = pool_of(ASSOCIATE, factor=8)
    bands = {one.item_id: one.band for one in pool}
    section = ASSOCIATE.sections[0]
    for number in range(10):
        scored = [place for place in assemble(ASSOCIATE, pool, seed=str(number)).places if place.scored]
        assert Counter(bands[place.item_id] for place in scored) == largest_remainder(section.count, section.difficulty)


def test_a_labs_section_holds_its_labs_and_no_other_section_does() -> None:
    form = assemble(PRACTICAL, pool_of(PRACTICAL), seed="s")
    items, labs = form.sections
    assert {place.type for place in labs.places} == {"lab"}
    assert len(labs.places) == 2
    assert "lab" not in {place.type for place in items.places}
    assert form.places == items.places + labs.places


# --- Who comes first --------------------------------------------------------------------------------------------


def test_what_was_seen_waits_until_all_else_was() -> None:
    """A pool of three forms: three attempts in a row share no scored item; the fourth takes what was seen once."""
    pool = [item(f"{domain}{number}", domain) for domain in "ab" for number in range(15)]
    seen: Counter[str] = Counter()
    for attempt in range(3):
        form = assemble(small(10), pool, seed=str(attempt), seen=seen)
        assert not [place for place in form.places if seen[place.item_id]]
        seen.update(place.item_id for place in form.places)
    assert set(seen.values()) == {1}
    seen["a0"] = 2
    again = {place.item_id for place in assemble(small(10), pool, seed="3", seen=seen).places}
    assert "a0" not in again


def test_an_unseen_item_outweighs_the_quota_of_difficulties() -> None:
    exam = ExamOf("small", {"a": 100}, (SectionOf("items", 2, difficulty={"easy": 50, "hard": 50}),))
    pool = [item("e", difficulty=0.9), item("e2", difficulty=0.9), item("h", difficulty=0.1)]
    chosen = {place.item_id for place in assemble(exam, pool, seed="s", seen={"h": 1}).places}
    assert chosen == {"e", "e2"}


def test_what_was_used_less_comes_first() -> None:
    pool = [item(f"{domain}{number}", domain) for domain in "ab" for number in range(20)]
    used: Counter[str] = Counter()
    for attempt in range(8):  # 8 forms of 10 from 40 items
        used.update(place.item_id for place in assemble(small(10), pool, seed=str(attempt), used=used).places)
    assert set(used.values()) == {2}


def test_an_item_in_too_many_forms_rests_even_if_it_would_fit_better() -> None:
    exam = ExamOf("small", {"a": 100}, (SectionOf("items", 2, difficulty={"easy": 50, "hard": 50}),), exposure=25)
    pool = [item("e", difficulty=0.9), item("e2", difficulty=0.9), item("h", difficulty=0.1)]
    few = {place.item_id for place in assemble(exam, pool, seed="s", used={"h": 2, "e": 9, "e2": 9}).places}
    assert "h" in few
    many = {place.item_id for place in assemble(exam, pool, seed="s", used={"h": 9, "e": 1, "e2": 1}).places}
    assert many == {"e", "e2"}


def test_quotas_that_only_fit_together_are_found() -> None:
    """Taking the best item first would use up what a later quota needs; the flow looks at all at once."""
    exam = small(2, types={"choice": 50, "number": 50})
    pool = [item("a-choice", "a"), item("a-number", "a", "number"), item("b-choice", "b")]
    seen = {"a-number": 5, "b-choice": 5}
    form = assemble(exam, pool, seed="s", seen=seen)
    assert {place.item_id for place in form.places} == {"a-number", "b-choice"}


# --- Pilots -----------------------------------------------------------------------------------------------------


def test_pilots_have_the_same_mix_as_what_counts() -> None:
    pool = pool_of(ASSOCIATE)
    section = ASSOCIATE.sections[0]
    for number in range(10):
        pilots = [place for place in assemble(ASSOCIATE, pool, seed=str(number)).places if not place.scored]
        assert Counter(place.domain for place in pilots) == largest_remainder(section.unscored, ASSOCIATE.weights)
        assert Counter(place.type for place in pilots) == largest_remainder(section.unscored, section.types)


def test_where_pilots_are_few_live_items_stand_in_and_do_not_count() -> None:
    pool = [item(f"{domain}{number}", domain) for domain in "ab" for number in range(4)]
    form = assemble(small(4, 2), [*pool, item("p", "a", pilot=True)], seed="s")
    unscored = {place.item_id for place in form.places if not place.scored}
    assert len(unscored) == 2
    assert "p" in unscored


# --- Too few ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exam", "pool", "told"),
    [
        (small(4), [item("1"), item("2"), item("3", "b")], [Shortage("items", "domain", "b", 2, 1)]),
        (
            small(2, types={"choice": 50, "number": 50}),
            [item("1"), item("2", "b")],
            [Shortage("items", "type", "number", 1, 1)],
        ),
        # Each quota alone could be met, both together cannot.
        (
            small(4, types={"choice": 50, "number": 50}),
            [item("1"), item("2"), item("3"), item("4", "b", "number"), item("5", "b", "number"), item("6", "a")],
            [],
        ),
        (
            ExamOf("x", {"a": 75, "b": 25}, (SectionOf("items", 4, types={"choice": 50, "number": 50}),)),
            [item("1"), item("2"), item("3"), item("4", "b", "number"), item("5", "b", "number")],
            [Shortage("items", "domain", "a", 3, 1)],
        ),
        (small(2, 3), [item("1"), item("2", "b"), item("3", pilot=True)], [Shortage("items", "unscored", "", 3, 2)]),
        (
            ExamOf("x", {"a": 100}, (SectionOf("labs", 2, only=frozenset({"lab-x", "lab-y"})),)),
            [item("lab-x", kind="lab")],
            [Shortage("labs", "labs", "", 2, 1)],
        ),
    ],
)
def test_a_shortage_is_told_by_domain_type_and_number(exam: ExamOf, pool: list[PoolItem], told: list[Shortage]) -> None:
    assert list(shortages(exam, pool)) == told
    if told:
        with pytest.raises(PoolTooSmall) as caught:
            assemble(exam, pool, seed="s")
        assert list(caught.value.shortages) == told


def test_the_sentence_says_where_what_and_how_many() -> None:
    with pytest.raises(PoolTooSmall) as caught:
        assemble(small(4), [item("1"), item("2")], seed="s")
    assert str(caught.value) == (
        "The pool of small is too small: section items, domain b: 2 wanted, 2 items are lacking."
    )


def test_an_item_twice_in_a_pool_is_a_fault() -> None:
    with pytest.raises(ValueError, match="twice"):
        assemble(small(2), [item("1"), item("1")], seed="s")


# --- Chance -----------------------------------------------------------------------------------------------------


def test_fixed_choices_stay_last_and_the_others_move() -> None:
    group = Choices(("a", "b", "c"), ("none", "all"))
    pool = [item("1", choices=(group,)), item("2", "b", choices=(Choices(("p/x", "p/y")), Choices(("q/x",), ("q/z",))))]
    by_item: dict[str, set[tuple[str, ...]]] = {"1": set(), "2": set()}
    for number in range(40):
        for place in assemble(small(2), pool, seed=str(number)).places:
            by_item[place.item_id].add(place.order)
    assert {order[3:] for order in by_item["1"]} == {("none", "all")}
    assert len({order[:3] for order in by_item["1"]}) == 6
    assert by_item["2"] == {("p/x", "p/y", "q/x", "q/z"), ("p/y", "p/x", "q/x", "q/z")}


def test_choices_and_pilots_lie_evenly() -> None:
    """χ² over two thousand forms. The seeds are fixed, so this says the same each time; once in a million chance would."""
    exam = ExamOf("even", {"a": 100}, (SectionOf("items", 6, 2),))
    group = (Choices(("o0", "o1", "o2", "o3")),)
    pool = [item(str(number), choices=group, pilot=number >= 8) for number in range(12)]
    choices: Counter[tuple[str, int]] = Counter()
    pilots: Counter[int] = Counter()
    items: Counter[str] = Counter()
    forms = 2000
    for number in range(forms):
        for at, place in enumerate(assemble(exam, pool, seed=str(number)).places):
            choices.update((option, position) for position, option in enumerate(place.order))
            pilots[at] += not place.scored
            items[place.item_id] += place.scored
    expected = forms * 8 / 4
    positions = sum((choices[f"o{o}", p] - expected) ** 2 / expected for o in range(4) for p in range(4)) * 3 / 4
    assert positions < critical(9)
    expected = forms * 2 / 8
    assert sum((pilots[at] - expected) ** 2 / expected for at in range(8)) * 7 / 6 < critical(7)
    expected = forms * 6 / 8
    assert sum((items[str(n)] - expected) ** 2 / expected for n in range(8)) * 7 / 2 < critical(7)


def test_a_stream_throws_away_what_would_make_small_numbers_likelier() -> None:
    stream = Stream("seed", "test")
    words = iter([2**64 - 1, 2**64 - 2, 7])
    stream.word = lambda: next(words)  # type: ignore[method-assign]
    assert stream.below(3 * 2**62) == 7


def test_streams_of_other_purposes_differ() -> None:
    firsts = {Stream("seed", *purpose).word() for purpose in ((), ("a",), ("b",), ("a", "b"), ("ab",), ('a", "b',))}
    assert len(firsts) == 6


def test_a_place_tells_its_item_and_nothing_of_its_pool() -> None:
    names = [
        field.name for field in dataclasses.fields(assemble(small(2), [item("1"), item("2", "b")], seed="").places[0])
    ]
    assert names == ["item", "item_id", "type", "domain", "points", "scored", "order"]
