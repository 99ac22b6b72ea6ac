"""All item types by one contract, each with the examples of its own module; and what an author may do wrong."""

import json
import random
import subprocess
import sys
from collections import Counter
from decimal import Decimal

import pytest

from graders import items
from graders.items import (
    CaseSpec,
    ChoiceSpec,
    Entry,
    Graded,
    LabSpec,
    Malformed,
    MatchingSpec,
    NumberSpec,
    Option,
    OrderingSpec,
    Part,
    ResponseSpec,
    TextSpec,
)

CASES = [(name, example) for name, kind in items.all().items() for example in kind.examples]
IDS = [f"{name}-{at}" for name, kind in items.all().items() for at, _ in enumerate(kind.examples)]
SPECS = [(name, spec) for name, kind in items.all().items() for spec in {one.spec: 0 for one in kind.examples}]
SPEC_IDS = [f"{name}-{at}" for at, (name, _) in enumerate(SPECS)]
STEM = "Which? (Select TWO.)"


def answer_of(name, example):
    return example.answer if example.answer is not None else items.all()[name].parse(example.raw, example.spec)


@pytest.mark.parametrize(("name", "example"), CASES, ids=IDS)
def test_every_example_of_every_type_scores_as_it_says(name, example):
    kind = items.all()[name]
    if example.score is None:
        with pytest.raises(Malformed) as malformed:
            kind.parse(example.raw, example.spec)
        assert str(malformed.value).endswith(".")
    else:
        answer = answer_of(name, example)
        assert kind.score(answer, example.spec) == pytest.approx(example.score)
        assert items.correct(name, answer, example.spec) == (example.score == 1)


@pytest.mark.parametrize("name", items.all())
def test_every_type_shows_three_of_each_kind_of_example_and_its_specs_are_clean(name):
    kind = items.all()[name]
    kinds = Counter("part" if one.score not in (0, 1, None) else one.score for one in kind.examples)
    binary = {"choice", "number", "text"}
    for needed in (1.0, 0.0, None, *(() if name in binary else ("part",))):
        assert kinds[needed] >= 3, f"{name} has {kinds[needed]} examples of {needed}"
    for example in kind.examples:
        assert kind.check(example.spec, STEM) == []


@pytest.mark.parametrize(("name", "example"), CASES, ids=IDS)
def test_an_exam_counts_each_opportunity_in_full_or_not_at_all(name, example):
    if example.score is None:
        return
    answer = answer_of(name, example)
    points = items.exam_points(name, answer, example.spec)
    assert all(0 <= earned <= maximum and maximum > 0 for earned, maximum in points)
    if name != "lab":
        assert all(earned in (0, maximum) for earned, maximum in points)
    assert (sum(one for one, _ in points) == pytest.approx(sum(two for _, two in points))) == (example.score == 1)
    nothing = items.exam_points(name, None, example.spec)
    assert sum(earned for earned, _ in nothing) == 0
    assert sum(maximum for _, maximum in nothing) == pytest.approx(sum(maximum for _, maximum in points))


@pytest.mark.parametrize(("name", "example"), CASES, ids=IDS)
def test_the_fields_of_an_answer_are_a_form_that_parses_to_it(name, example):
    if example.score is None or name == "lab":
        return
    kind = items.all()[name]
    answer = kind.parse(example.raw, example.spec)
    fields = json.loads(json.dumps(kind.fields(answer, example.spec)))
    assert kind.parse(fields, example.spec) == answer


HOSTILE = [
    *([], None, "a", 7, {"answer": "a"}, {"answer": None}, {"answer": {"a": 1}}, {"answer": [1]}, {"answer": [["a"]]}),
    *({"answer": [None]}, {"answer": ["a"] * 101}, {"answer": ["a" * 10_001]}, {"answer": ["\x00"]}, {"answer": ["="]}),
    *({"answer": ["=" * 50]}, {"answer": ["a=b=c"]}, {"answer-db": 3}, {"answer-db": [{}]}, {"answer-move": ["k=1=2"]}),
    {"answer": ["m=" + "9" * 9000]},
]


@pytest.mark.parametrize("raw", HOSTILE, ids=[str(one)[:40] for one in HOSTILE])
@pytest.mark.parametrize("name", items.all())
def test_whatever_is_sent_is_an_answer_or_malformed(name, raw):
    kind = items.all()[name]
    for spec in {one.spec: 0 for one in kind.examples}:
        try:
            answer = kind.parse(raw, spec)
        except Malformed:
            continue
        assert 0 <= kind.score(answer, spec) <= 1


# --- JSON both ways, and what may be shown ---------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "spec"), SPECS, ids=SPEC_IDS)
def test_a_spec_survives_json(name, spec):
    dumped = items.dump(name, spec)
    written = json.dumps(dumped, sort_keys=True)
    loaded = items.load(name, json.loads(written))
    assert loaded == spec
    assert json.dumps(items.dump(name, loaded), sort_keys=True) == written


def test_equal_numbers_have_one_form_and_defaults_are_left_out():
    one, other = (NumberSpec(Decimal(text)) for text in ("1.50", "15e-1"))
    assert items.dump("number", one) == items.dump("number", other) == {"value": "1.5"}
    assert items.dump("number", NumberSpec(Decimal("-0.0"))) == {"value": "0"}
    assert items.dump("choice", ChoiceSpec((Option("a", "A", False),))) == {
        "options": [{"id": "a", "text": "A", "correct": False}]
    }


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("choice", {}, "options is missing."),
        ("choice", [], "It is not an object."),
        ("choice", {"options": "ab"}, "options is not a list."),
        ("choice", {"options": [{"id": "a", "text": "A"}]}, "options.0.correct is missing."),
        ("choice", {"options": [{"id": "a", "text": "A", "correct": 1}]}, "options.0.correct is not of the type bool."),
        ("choice", {"options": [], "hint": ""}, "hint is not known here."),
        ("number", {"value": 1}, "value is not a number in quotation marks."),
        ("number", {"value": "one"}, "value is not a number in quotation marks."),
        ("lab", {"lab": "a", "minutes": True}, "minutes is not of the type int."),
        ("matching", {"prompts": [], "answers": [], "pairs": [["a"]]}, "pairs.0 is not a list of 2."),
        ("case", {"parts": [{"id": "a", "type": "case", "stem": "?", "spec": {}}]}, "parts.0.type: a case cannot be"),
        ("case", {"parts": [{"id": "a", "type": "no", "stem": "?", "spec": {}}]}, "The item type no is not known."),
        ("poem", {}, "The item type poem is not known."),
    ],
)
def test_json_of_another_shape_is_refused_with_its_place(name, data, told):
    with pytest.raises(items.Unreadable, match="^" + told.replace(".", "[.]")):
        items.load(name, data)


def test_a_spec_of_another_type_is_not_dumped():
    with pytest.raises(TypeError):
        items.dump("choice", NumberSpec(Decimal(1)))


@pytest.mark.parametrize(("name", "spec"), SPECS, ids=SPEC_IDS)
def test_what_is_shown_tells_nothing_of_the_key(name, spec):
    order = items.orderable(name, spec)
    assert len(set(order)) == len(order)
    payload = json.dumps(items.blank(name, spec, order))
    for word in ("correct", "rationale", "accepted", "value", "tolerance", "pairs", "steps", "distractors", "points",
                 "domain", "weight", "fixed", "difficulty", "status"):  # fmt: skip
        assert f'"{word}"' not in payload
    for text in rationales(items.dump(name, spec)):
        assert text not in payload
    # Who shows an item without any order, or in a wrong one, tells nothing either, and leaves nothing out.
    for other in ((), ("nonsense", "a/b/c"), order[:1], tuple(reversed(order))):
        assert sorted(texts(items.blank(name, spec, other))) == sorted(texts(items.blank(name, spec, order)))


def rationales(data):
    if isinstance(data, dict):
        own = [data["rationale"]] if data.get("rationale") else []
        return own + [one for value in data.values() for one in rationales(value)]
    return [one for value in data for one in rationales(value)] if isinstance(data, list) else []


def texts(data):
    if isinstance(data, dict):
        return [one for value in data.values() for one in texts(value)]
    return [one for value in data for one in texts(value)] if isinstance(data, list) else [str(data)]


def test_the_order_of_ids_is_the_same_however_the_author_wrote_them():
    given = [Entry(one, one.upper()) for one in "mcxa"]
    for _ in range(5):
        random.Random(3).shuffle(given)
        assert items.orderable("ordering", OrderingSpec(tuple(given[:3]), tuple(given[3:]))) == ("a", "c", "m", "x")


def test_options_come_in_the_order_asked_for_and_those_fixed_last():
    spec = ChoiceSpec(tuple(Option(one, one.upper(), one == "a", "why", fixed=one in "ed") for one in "edcba"))
    assert items.orderable("choice", spec) == ("a", "b", "c", "e", "d")
    shown = items.blank("choice", spec, ["d", "c", "e", "b", "a"])["options"]
    assert [one["id"] for one in shown] == ["c", "b", "a", "e", "d"]
    assert items.shuffled("choice", spec, key=lambda one: -ord(one)) == ("c", "b", "a", "e", "d")


def test_a_case_shows_its_parts_in_order_each_in_its_own_order():
    spec = CaseSpec(
        (
            Part("one", "choice", "1?", ChoiceSpec(options(True, False, False)), points=3, domain="secure"),
            Part("two", "number", "2?", NumberSpec(Decimal(2), unit="GB")),
        )
    )
    assert items.orderable("case", spec) == ("one/a", "one/b", "one/c")
    assert items.blank("case", spec, ["one/c", "two/x", "one/a", "one/b"]) == {
        "parts": [
            {
                "id": "one",
                "type": "choice",
                "stem": "1?",
                "blank": {"options": [{"id": one, "text": f"text {ord(one) - 97}"} for one in "cab"]},
            },
            {"id": "two", "type": "number", "stem": "2?", "blank": {"unit": "GB"}},
        ]
    }


# --- Scores ----------------------------------------------------------------------------------------------------------


def steps(letters, extra=""):
    return OrderingSpec(tuple(Entry(one, one) for one in letters), tuple(Entry(one, one, "no") for one in extra))


@pytest.mark.parametrize(
    ("given", "share"),
    [
        ("abcde", 5),
        ("bcdea", 4),
        ("edcba", 1),
        ("badce", 3),
        ("acebd", 3),
        ("abxcd", 4),
        ("xyabz", 2),
        ("c", 1),
        ("xyz", 0),
    ],
)
def test_an_order_is_worth_its_longest_run_that_is_right(given, share):
    spec = steps("abcde", "xyz")
    assert items.all()["ordering"].score(tuple(given), spec) == share / 5
    assert items.exam_points("ordering", tuple(given), spec) == ((float(share == 5), 1.0),)


def test_a_case_counts_each_part_with_its_points_and_the_blank_ones_as_nothing():
    number = NumberSpec(Decimal(1), rationale="so")
    spec = CaseSpec(
        tuple(Part(one, "number", "?", number, points=points) for one, points in (("a", 1), ("b", 2), ("c", 3)))
    )
    given = items.all()["case"].parse({"answer-a": ["1"], "answer-b": ["7"]}, spec)
    assert items.exam_points("case", given, spec) == ((1, 1), (0, 2), (0, 3))
    assert items.all()["case"].score(given, spec) == pytest.approx(1 / 6)
    with pytest.raises(Malformed, match=r"^Question 2: "):
        items.all()["case"].parse({"answer-a": ["1"], "answer-b": ["x"]}, spec)


def test_a_lab_counts_its_tasks_by_weight_and_is_as_large_as_any_item():
    spec = LabSpec("a-lab", 20)
    given = (Graded("one", 6, 1), Graded("two", 10, 0.5), Graded("three", 4, 0))
    assert items.exam_points("lab", given, spec) == ((0.3, 0.3), (0.25, 0.5), (0, 0.2))
    assert items.exam_points("lab", (), spec) == items.exam_points("lab", None, spec) == ((0, 1),)
    assert items.all()["lab"].score(given, spec) == pytest.approx(0.55)


# --- An author's mistakes --------------------------------------------------------------------------------------------


def options(*marks):
    return tuple(Option(chr(97 + i), f"text {i}", mark, "because") for i, mark in enumerate(marks))


@pytest.mark.parametrize(
    ("stem", "spec", "sentence"),
    [
        ("Which?", ResponseSpec(options(True, True, False)), 'Say in the stem how many to pick: "(Select TWO.)".'),
        ("W? (Select THREE.)", ResponseSpec(options(True, True, False)), "The stem says"),
        ("W? (Choose two)", ResponseSpec(options(True, True)), "Every option is right"),
        ("W? (Select ONE.)", ResponseSpec(options(True, False)), "two or more right options"),
    ],
)
def test_the_stem_and_the_marks_of_a_response_are_cross_checked(stem, spec, sentence):
    assert any(sentence in problem for problem in items.all()["response"].check(spec, stem))


def test_a_choice_with_two_right_options_is_an_authors_mistake():
    assert "one right option" in items.all()["choice"].check(ChoiceSpec(options(True, True)), "W?")[0]


def test_an_option_without_rationale_or_with_a_double_is_an_authors_mistake():
    spec = ChoiceSpec((Option("a", "Yes", True), Option("a", "Yes ", False, "no")))
    assert items.all()["choice"].check(spec, "W?") == [
        "Option “Yes” has no rationale.",
        "Two options have the same id.",
        "Two options have the same text.",
    ]


def test_a_number_without_a_sane_tolerance_is_an_authors_mistake():
    assert items.all()["number"].check(NumberSpec(Decimal(1), Decimal(-1)), "W?")


@pytest.mark.parametrize(
    ("name", "spec", "sentence"),
    [
        ("ordering", steps("a"), "needs two steps or more"),
        ("ordering", steps("ab", "a"), "Two steps have the same id."),
        ("ordering", OrderingSpec(steps("ab").steps, (Entry("x", "X"),)), "Distractor “X” has no rationale."),
        ("ordering", steps("abcdefghijklmnopqrstu"), "20 steps and distractors at most"),
        (
            "matching",
            MatchingSpec((Entry("p", "P"),), (Entry("a", "A"), Entry("b", "B", "no")), (("p", "a"),)),
            "two rows",
        ),
        (
            "matching",
            MatchingSpec((Entry("p", "P"), Entry("q", "Q")), (Entry("a", "A"),), (("p", "a"), ("q", "a"))),
            "nothing to choose",
        ),
        (
            "matching",
            MatchingSpec(
                (Entry("p", "P"), Entry("q", "Q")), (Entry("a", "A"), Entry("b", "B")), (("p", "a"), ("q", "a"))
            ),
            "Distractor “B” has no rationale.",
        ),
        (
            "matching",
            MatchingSpec(
                (Entry("p", "P"), Entry("q", "Q")), (Entry("a", "A"), Entry("b", "B")), (("p", "a"), ("q", "z"))
            ),
            "that is one of the answers",
        ),
        ("text", TextSpec((), rationale="so"), "no accepted form"),
        ("text", TextSpec(("a",)), "The answer has no rationale."),
        ("text", TextSpec(("a", "a"), rationale="so"), "stands there twice"),
        ("text", TextSpec(("a", "/(/"), rationale="so"), "is no regular expression"),
        ("text", TextSpec(("a", "/(a+)+b/"), rationale="so"), "could take for ever"),
        ("text", TextSpec(("a", "/.*a.*b.*c.*d/"), rationale="so"), "could take too long"),
        ("text", TextSpec(("/a+/",), rationale="so"), "cannot be a regular expression"),
        ("text", TextSpec(("s3 ls",), command=True, rationale="so"), "“s3 ls” is no command: "),
        ("lab", LabSpec("../etc", 20), "is not the name of a folder"),
        ("lab", LabSpec("a-lab", 0), "0 minutes are not between"),
        (
            "case",
            CaseSpec((Part("a", "number", "?", NumberSpec(Decimal(1), rationale="so")),)),
            "two questions or more",
        ),
        ("case", CaseSpec((Part("a", "lab", "?", LabSpec("a", 1)),) * 2), "a: a lab cannot be a question of a case."),
        ("case", CaseSpec((Part("a", "number", " ", NumberSpec(Decimal(1))),) * 2), "a: the question asks nothing."),
        ("case", CaseSpec((Part("a", "number", "?", NumberSpec(Decimal(1))),) * 2), "a: The answer has no rationale."),
        (
            "case",
            CaseSpec((Part("a", "choice", "?", ChoiceSpec(options(True, True))),) * 2),
            "a: A choice item has one",
        ),
    ],
)
def test_mistakes_of_authors_are_told(name, spec, sentence):
    told = items.all()[name].check(spec, "Which?")
    assert any(sentence in one for one in told), told


def test_what_lacks_a_rationale_is_told_apart_from_what_is_wrong():
    kind = items.all()["choice"]
    spec = ChoiceSpec((Option("a", "Yes", True), Option("b", "No", False, "no")))
    assert kind.mistakes(spec, "W?") == []
    assert kind.unexplained(spec) == ["Option “Yes” has no rationale."]


def test_judging_an_answer_needs_neither_the_aws_cli_nor_django():
    code = "import sys; from graders import items; items.all(); print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "graders" in loaded
    assert not {"awscli", "django"} & set(loaded)
