"""A session's values: the same for a seed, different for different seeds, put in by name only."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs.content import Lab, Parameter, bind, draw, parse_lab
from tests.labs.content.conftest import GOOD

GIVEN = {"account_id": "210987654321", "region": "us-east-1"}
LAB = parse_lab(GOOD, slug="good", path="good/lab.md")


def test_a_seed_gives_the_same_values_each_time(lab: Lab) -> None:
    assert draw(lab, "seed") == draw(lab, "seed")
    # Pinned: a session's lab must be the same after an upgrade.
    assert draw(lab, "seed") == {"bucket": "acme-black-3c71", "cidr": "10.20.0.0/16"}


def test_other_seeds_give_other_values(lab: Lab) -> None:
    assert len({draw(lab, str(seed))["bucket"] for seed in range(200)}) > 190


@settings(deadline=None)
@given(st.text())
def test_any_seed_draws_what_the_pattern_says(seed: str) -> None:
    values = draw(LAB, seed)
    assert re.fullmatch(r"acme-[a-z]+-[0-9a-f]{4}", values["bucket"])
    assert values["cidr"] in ("10.20.0.0/16", "10.40.0.0/16")


def test_two_parameters_with_one_list_never_draw_the_same(lab: Lab) -> None:
    twins = dataclasses.replace(lab, parameters={name: Parameter(one_of=("1", "2")) for name in ("a", "b")})
    for seed in range(50):
        assert sorted(draw(twins, str(seed)).values()) == ["1", "2"]


def test_bind_puts_values_in_text_blocks_and_checks(lab: Lab) -> None:
    bound = bind(lab, {**GIVEN, "bucket": "b-1", "cidr": "10.0.0.0/8"})
    block, versions = bound.tasks
    assert bound.intro == "The bucket `b-1` in 10.0.0.0/8."
    assert bound.start[0].text == "aws s3api create-bucket --bucket b-1"
    assert block.checks[0].parameters == {"bucket": "b-1"}
    assert versions.checks[0].parameters["with"] == {"Bucket": "b-1"}
    assert "{{" not in repr(bound)
    assert bound.source == lab.source


def test_bind_is_by_name_and_never_twice(lab: Lab) -> None:
    bound = bind(lab, {**GIVEN, "bucket": "{{ cidr }}", "cidr": r"\1 {{ bucket }}"})
    assert bound.intro == r"The bucket `{{ cidr }}` in \1 {{ bucket }}."


def test_bind_without_a_value_says_which(lab: Lab) -> None:
    with pytest.raises(KeyError, match="no value for cidr"):
        bind(lab, {**GIVEN, "bucket": "b"})
