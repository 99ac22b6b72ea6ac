"""Regular expressions that somebody else wrote: a lab's author, or a learner. None may keep us waiting for minutes.

Python's matcher goes back and tries again. Where open-ended repeats nest, that takes for ever; where they follow each
other, the text's length to the power of their number. Bounded repeats and choices multiply: (a?){16} has 65 536 ways.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import lru_cache
from typing import Any, Final

# re's own parser: public under this name since 3.11, with the same content as the older sre_parse.
_parse: Final = re._parser.parse  # type: ignore[attr-defined]

_LONGEST: Final = 512
_MOST_REPEATS: Final = 6
_NESTED: Final = 1000
_MOST_WAYS: Final = 10**6
_CHEAP: Final = 10**7  # ways through a text that take a fraction of a second
_BEYOND: Final = 10**12
_REPEATS: Final = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_AT_ONCE: Final = 10**8  # tries that take about a second
_SECONDS: Final = 3.0
_ELSEWHERE: Final = (
    "import json, re, sys; pattern, text, flags = json.load(sys.stdin)\n"
    "print(int(re.search(pattern, text, flags) is not None))"
)


class Pattern(str):
    """The annotation of a check's parameter that is a regular expression: one that cannot take for ever."""


class TooComplex(ValueError):
    """This expression could take, or took, too long."""


def search(pattern: str, text: str, flags: int = 0) -> bool:
    """Return whether a pattern is found in a text, within seconds. Raises TooComplex, re.error."""
    if not is_harmless(pattern):
        raise TooComplex(f"{pattern} is too complex to be computed")
    if max(len(text), 1) ** (1 + _repeats(pattern)) * _ways(pattern, 0) <= _AT_ONCE:
        return re.search(pattern, text, flags) is not None
    # The matcher holds this process until it has ended: what may take longer is done in one that can be ended.
    command = [sys.executable, "-I", "-S", "-c", _ELSEWHERE]
    order = json.dumps([pattern, text, int(flags)])
    try:
        done = subprocess.run(command, input=order, capture_output=True, text=True, timeout=_SECONDS, check=True)
    except subprocess.TimeoutExpired as error:
        raise TooComplex(f"{pattern} took more than {_SECONDS:.0f} s on {len(text)} characters") from error
    return done.stdout.strip() == "1"


def problem(pattern: str) -> str:
    """Return what is wrong with a pattern, "" where nothing is."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"is no regular expression: {error}"
    return "" if is_harmless(pattern) else "could take for ever: repeat no group that repeats"


@lru_cache(maxsize=256)
def is_harmless(pattern: str) -> bool:
    """Return whether `pattern` is short, has few open-ended repeats, and none of them (or a choice) inside another."""
    return len(pattern) <= _LONGEST and _repeats(pattern) <= _MOST_REPEATS and _ways(pattern, 0) <= _MOST_WAYS


def is_cheap(pattern: str, length: int) -> bool:
    """Return whether `re.fullmatch` of a text of `length` characters takes a fraction of a second, whatever the text."""
    return len(pattern) <= _LONGEST and _ways(pattern, length) <= _CHEAP


@lru_cache(maxsize=256)
def _ways(pattern: str, length: int) -> int:
    try:
        return _paths(_parse(pattern), length)
    except (re.error, OverflowError, RecursionError):
        return 1  # re will say what is wrong with it


def _paths(items: Any, length: int) -> int:
    """Return the most ways in which a pattern can go through a text. Length 0: an open-ended repeat counts as one."""
    total = 1
    for operator, argument in items:
        name = str(operator)
        if name in _REPEATS:
            low, high, body = argument
            inner = _paths(body, length)
            if high - low > 16:
                total *= inner if length == 0 else _powers(inner, low, min(high, length))
            else:
                total *= _powers(inner, low, high)
        elif name == "BRANCH":
            total *= sum(_paths(each, length) for each in argument[1])
        elif name == "SUBPATTERN":
            total *= _paths(argument[-1], length)
        elif name in ("ASSERT", "ASSERT_NOT"):
            total *= _paths(argument[1], length)
        elif name == "ATOMIC_GROUP":
            total *= _paths(argument, length)
        elif name == "GROUPREF_EXISTS":
            total *= sum(_paths(each, length) for each in argument[1:] if each is not None)
        total = min(total, _BEYOND)
    return total


def _powers(inner: int, low: int, high: int) -> int:
    """Return inner**low + … + inner**high, no farther than matters."""
    if inner == 1:
        return max(high - low, 0) + 1
    return sum(inner**power for power in range(min(low, 40), min(max(high, low), 40) + 1))


@lru_cache(maxsize=256)
def _repeats(pattern: str) -> int:
    try:
        return _count(_parse(pattern), inside=False)
    except (re.error, OverflowError, RecursionError):
        return 0  # re will say what is wrong with it


def _count(items: Any, *, inside: bool) -> int:
    """Return the number of open-ended repeats, or a number beyond all bounds where they nest."""
    total = 0
    for operator, argument in items:
        name = str(operator)
        if name in _REPEATS:
            low, high, body = argument
            open_ended = high - low > 16
            if inside and high > 1:
                return _NESTED
            total += open_ended + _count(body, inside=inside or open_ended)
        elif name == "BRANCH":
            total += _NESTED if inside else sum(_count(each, inside=inside) for each in argument[1])
        elif name == "SUBPATTERN":
            total += _count(argument[-1], inside=inside)
        elif name in ("ASSERT", "ASSERT_NOT"):
            total += _count(argument[1], inside=inside)
        elif name == "ATOMIC_GROUP":
            total += _count(argument, inside=inside)
        elif name == "GROUPREF_EXISTS":
            total += sum(_count(each, inside=inside) for each in argument[1:] if each is not None)
    return total
