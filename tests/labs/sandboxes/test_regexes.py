"""Patterns that learners may hand to a service: as many that must not pass as must."""

from __future__ import annotations

import pytest

from labs.sandboxes.emulated.regexes import is_harmless


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*)*x", "a" * 600, "(?:x+x+)+y", "((a*)*)*"])
def test_patterns_that_take_minutes_are_told(pattern: str) -> None:
    assert not is_harmless(pattern)


@pytest.mark.parametrize("pattern", ["^prod-.*", "[a-z]{1,12}", "a|b|c", r"arn:aws:.*:\d{12}:.*", "(abc)?x", "("])
def test_patterns_that_end_are_let_through(pattern: str) -> None:
    assert is_harmless(pattern)
