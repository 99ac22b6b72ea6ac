"""Patterns of authors and learners: those that explode are refused, and none keeps whoever computes it waiting."""

from __future__ import annotations

import re
import time

import pytest

from graders import CheckCall, patterns, regexes, registry, types
from graders.apis import _pattern

EXPLODING = ["(a+)+$", "(a|a)*b", "(.*)*x", "a" * 600, "(?:x+x+)+y", "((a*)*)*", "(?>(a+)+)$", "(b)?(?(1)(a+)+|x)$"]


@pytest.mark.parametrize("pattern", EXPLODING)
def test_patterns_that_explode_are_refused(pattern: str) -> None:
    assert not regexes.is_harmless(pattern)
    with pytest.raises(regexes.TooComplex):
        regexes.search(pattern, "a" * 40 + "!")


@pytest.mark.parametrize(
    ("pattern", "found"), [("httpd|nginx", True), ("HTTPD", True), (r"install\s+-y\s+httpd", True), ("apache2$", False)]
)
def test_patterns_of_every_day_are_found(pattern: str, found: bool) -> None:
    assert regexes.search(pattern, "#!/bin/bash\nyum install -y httpd\n" * 300, re.IGNORECASE) is found


def test_what_takes_too_long_on_a_long_text_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(regexes.TooComplex, match="took more than 3 s"):
        regexes.search("a*a*a*a*a*b", "a" * 16_000)
    assert time.monotonic() - began < 10


def test_what_is_no_expression_is_said_to_be_none() -> None:
    with pytest.raises(re.error):
        regexes.search("(", "x")
    assert regexes.problem("(").startswith("is no regular expression")
    assert regexes.problem("a+") == ""


@pytest.mark.parametrize("name", ["ec2.instance_boots_with", "ec2.launch_template_makes"])
def test_a_lab_with_such_a_pattern_is_refused_when_it_is_read(name: str) -> None:
    who = {"ec2.instance_boots_with": {"instance": "web"}, "ec2.launch_template_makes": {"template": "web"}}[name]
    for pattern, wrong in (("(a+)+$", "could take for ever"), ("(", "is no regular expression")):
        (said,) = registry.validate(CheckCall(name, {**who, "contains": ["httpd", pattern]}))
        assert wrong in said
    assert registry.validate(CheckCall(name, {**who, "contains": ["httpd|nginx", "{{ package }}"]})) == []


def test_a_drawn_pattern_is_looked_at_when_it_is_used() -> None:
    with pytest.raises(ValueError, match="could take for ever"):
        types.convert(["(a+)+$"], list[regexes.Pattern])


def test_a_log_pattern_of_a_learner_cannot_explode() -> None:
    with pytest.raises(patterns.InvalidPattern, match="too much to compute"):
        patterns._regex("(a+)+$", "a" * 60 + "!")


@pytest.mark.parametrize(
    ("route", "path", "found"),
    [
        ("/pets/{id}", "/pets/7", True),
        ("/pets/{id}", "/pets/7/x", False),
        ("/{proxy+}", "/a/b/c", True),
        ("/" + "{a}" * 30, "/" + "x" * 60 + "/", False),
        ("/" + "x{a+}" * 30, "/" + "x" * 60 + "!", False),
        ("/a.b", "/axb", False),
        ("$default", "/any", True),
    ],
)
def test_a_route_is_a_pattern_that_never_goes_back(route: str, path: str, found: bool) -> None:
    began = time.monotonic()
    assert (_pattern(route).fullmatch(path) is not None) is found
    assert time.monotonic() - began < 0.5
