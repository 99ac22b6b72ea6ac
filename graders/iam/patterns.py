"""Text against the patterns of policies: `*`, `?`, policy variables, ARNs by segment.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Callable

# Inside a compiled pattern, wildcards and protected colons are private-use characters: whatever a variable's value
# holds is then plain text. A user named `*` is no wildcard.
ANY, ONE, COLON = "\ue000", "\ue001", "\ue002"
VARIABLE = re.compile(r"\$\{\s*([^}$]*?)\s*\}")
DEFAULT = re.compile(r"([^,]+?)\s*,\s*'(.*)'")
SPECIAL = {"*": "*", "?": "?", "$": "$"}

Lookup = Callable[[str], str | None]
Test = Callable[[str], bool]


def glob(pattern: str, text: str) -> bool:
    """Whether a compiled pattern covers all of `text`. Never slower than len(pattern) × len(text)."""
    at, back, star = 0, 0, -1
    here = 0
    while at < len(text):
        if here < len(pattern) and pattern[here] == ANY:
            star, back = here, at
            here += 1
        elif here < len(pattern) and (pattern[here] == ONE or pattern[here] == text[at]):
            here += 1
            at += 1
        elif star >= 0:
            back += 1
            at, here = back, star + 1
        else:
            return False
    return all(character == ANY for character in pattern[here:])


def compile(pattern: str, lookup: Lookup | None, *, wildcards: bool = True) -> str | None:  # noqa: A001
    """A pattern ready for `glob`; None when a variable has no value (then nothing matches).

    `lookup` gives a context key's single value; None as lookup: variables are plain text (Version 2008-10-17).
    """
    done: list[str] = []
    position = 0
    for match in VARIABLE.finditer(pattern) if lookup is not None else ():
        done.append(_wild(pattern[position : match.start()]) if wildcards else pattern[position : match.start()])
        value = _value(match[1], lookup)
        if value is None:
            return None
        done.append(value.replace(":", COLON))
        position = match.end()
    done.append(_wild(pattern[position:]) if wildcards else pattern[position:])
    return "".join(done)


def matches(pattern: str, text: str, lookup: Lookup | None = None, *, ignore_case: bool = False) -> bool:
    """Whether `pattern` with `*`, `?` and variables covers all of `text`."""
    compiled = compile(pattern, lookup)
    if compiled is None:
        return False
    compiled = compiled.replace(COLON, ":")
    return glob(compiled.lower(), text.lower()) if ignore_case else glob(compiled, text)


def arn_matches(pattern: str, arn: str, lookup: Lookup | None = None) -> bool:
    """Whether an ARN pattern covers an ARN: segment by segment, so that `*` never crosses a colon before the resource.

    `*` alone covers everything; an ARN cut short ("arn:aws:sqs") is completed with `*`.
    """
    if pattern == "*":
        return True
    compiled = compile(pattern, lookup)
    if compiled is None:
        return False
    wanted, given = compiled.split(":", 5), arn.split(":", 5)
    wanted += [ANY] * (6 - len(wanted))
    if len(given) != 6:
        return False
    return all(glob(one.replace(COLON, ":"), other) for one, other in zip(wanted, given, strict=True))


def ready(pattern: str) -> Test:
    """A test for texts, made once for a pattern without variables."""
    head, star, tail = pattern.partition("*")
    if "?" in pattern or "*" in tail:
        compiled = _wild(pattern)
        return lambda text: glob(compiled, text)
    if not star:
        return lambda text: text == pattern
    if not tail:
        return lambda text: text.startswith(head)
    shortest = len(head) + len(tail)
    return lambda text: len(text) >= shortest and text.startswith(head) and text.endswith(tail)


def arn_ready(pattern: str) -> Test:
    """A test for ARNs, made once for a pattern without variables; the rules are those of `arn_matches`."""
    if pattern == "*":
        return lambda arn: True
    parts = pattern.split(":", 5)
    start = ":".join(parts[:5]) + ":"
    if len(parts) == 6 and "*" not in start and "?" not in start:
        rest, length = ready(parts[5]), len(start)
        return lambda arn: arn.startswith(start) and rest(arn[length:])
    tests = [(place, ready(part)) for place, part in enumerate(parts) if part != "*"]

    def test(arn: str) -> bool:
        given = arn.split(":", 5)
        return len(given) == 6 and all(one(given[place]) for place, one in tests)

    return test


def instance(pattern: str, filler: str = "x") -> str:
    """One text that the pattern covers, for a request to try."""
    return pattern.replace("*", filler).replace("?", "x")


def _wild(text: str) -> str:
    return text.replace("*", ANY).replace("?", ONE)


def _value(name: str, lookup: Lookup | None) -> str | None:
    if name in SPECIAL:
        return SPECIAL[name]
    default = DEFAULT.fullmatch(name)
    value = lookup(default[1] if default else name) if lookup else None
    return default[2] if value is None and default else value
