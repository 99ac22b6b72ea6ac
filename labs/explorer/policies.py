"""A policy document as it is being typed: what AWS would say of it, and in which line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from graders.iam.document import InvalidPolicy, Kind, parse

__all__ = ["Mark", "json_marks", "policy_marks"]

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')
_STATEMENT: Final = re.compile(r"\bstatement (\d+)", re.IGNORECASE)
_QUOTED: Final = re.compile(r"'([^']{2,})'")
_PLACE: Final = re.compile(r": line (\d+) column \d+ \(char \d+\)")


@dataclass(frozen=True)
class Mark:
    """What is wrong, and the line that it is about (1 …; 0: the whole)."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.text}" if self.line else self.text


def json_marks(text: str) -> list[Mark]:
    """Return what keeps a text from being JSON: nothing, or one mark."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return [Mark(error.lineno, f"This is not JSON: {error.msg[:1].lower()}{error.msg[1:]}.")]
    except RecursionError:
        return [Mark(0, "This is nested too deep.")]
    return []


def policy_marks(text: str, kind: Kind) -> list[Mark]:
    """Return what AWS would refuse a policy document for, by line."""
    if marks := json_marks(text):
        return marks
    try:
        parse(text, kind)
    except InvalidPolicy as error:
        spans = list(_statements(text))
        return [Mark(_line(text, reason, spans), reason) for reason in error.reasons]
    return []


def _line(text: str, reason: str, spans: list[tuple[int, int]]) -> int:
    named = _STATEMENT.search(reason)
    place = int(named[1]) - 1 if named else -1
    start, end = spans[place] if 0 <= place < len(spans) else (0, len(text))
    for word in (
        *_QUOTED.findall(reason),
        *re.findall(r"\b(Version|Effect|Action|Resource|Principal|Condition|Sid)\b", reason),
    ):
        found = text.find(f'"{word}"', start, end)
        if found >= 0:
            return text.count("\n", 0, found) + 1
    return text.count("\n", 0, start) + 1 if named else 0


def _statements(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each statement begins and ends, in a text that is JSON."""
    depth, inside, start = 0, -1, 0
    last = ""
    for token in _TOKEN.finditer(text):
        one = token[0]
        if one in "{[":
            if depth == 1 and last == '"Statement"':
                inside = 2 if one == "[" else 1
            if one == "{" and depth == inside:
                start = token.start()
            depth += 1
        elif one in "}]":
            depth -= 1
            if one == "}" and depth == inside:
                yield start, token.end()
            if depth <= 1:
                inside = -1
        last = one
