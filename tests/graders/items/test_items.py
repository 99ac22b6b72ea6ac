from decimal import Decimal

import pytest

from graders import items
from graders.items import ChoiceSpec, Malformed, NumberSpec, Option, ResponseSpec

CASES = [(name, example) for name, kind in items.all().items() for example in kind.examples]


@pytest.mark.parametrize(("name", "example"), CASES, ids=[f"{name}-{dict(one.raw)}" for name, one in CASES])
def test_every_example_of_every_type_scores_as_it_says(name, example):
    kind = items.all()[name]
    if example.score is None:
        with pytest.raises(Malformed) as malformed:
            kind.parse(example.raw, example.spec)
        assert str(malformed.value).endswith(".")
    else:
        answer = kind.parse(example.raw, example.spec)
        assert kind.score(answer, example.spec) == pytest.approx(example.score)
        assert items.correct(name, answer, example.spec) == (example.score == 1)


@pytest.mark.parametrize("name", items.all())
def test_every_type_shows_a_right_a_wrong_and_a_malformed_example_and_its_specs_are_clean(name):
    kind = items.all()[name]
    scores = {example.score for example in kind.examples}
    assert {1.0, 0.0, None} <= scores
    for example in kind.examples:
        assert kind.check(example.spec, "Which? (Select TWO.)") == []


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
