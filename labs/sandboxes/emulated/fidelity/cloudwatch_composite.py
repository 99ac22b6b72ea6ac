"""CloudWatch: the rule of a composite alarm, read and applied.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html (AlarmRule)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from labs.sandboxes.emulated.errors import AwsError

__all__ = ["Rule", "name_in"]

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?P<quote>["']?)(?P<name>[^"')]+?)(?P=quote)\s*\)"""
    r"|(?P<word>TRUE|FALSE|AND|OR|NOT)\b|(?P<mark>[()]))\s*"
)
_LONGEST: Final = 10_240
_DEEPEST: Final = 40


class Rule:
    """An AlarmRule. Raises AwsError ValidationError where it is none."""

    def __init__(self, text: str) -> None:
        self.names: list[str] = []
        self._tokens: list[tuple[str, str]] = []
        at, text = 0, text.strip()
        if not text or len(text) > _LONGEST:
            raise _invalid("AlarmRule must not be empty.")
        while at < len(text):
            found = _TOKEN.match(text, at)
            if not found:
                raise _invalid(f"AlarmRule contains an invalid expression at position {at}.")
            at = found.end()
            if found["state"]:
                self.names.append(name_in(found["name"]))
                self._tokens.append((found["state"], self.names[-1]))
            else:
                self._tokens.append((found["word"] or found["mark"], ""))
        self.holds(lambda name: "OK")

    def holds(self, state_of: Callable[[str], str]) -> bool:
        """Return whether the rule is true when `state_of(name)` is each alarm's state."""
        made, at = self._either(0, state_of, 0)
        if at != len(self._tokens):
            raise _invalid("AlarmRule contains an expression that does not end.")
        return made

    def _either(self, at: int, state_of: Callable[[str], str], depth: int) -> tuple[bool, int]:
        made, at = self._both(at, state_of, depth)
        while self._word(at) == "OR":
            other, at = self._both(at + 1, state_of, depth)
            made = made or other
        return made, at

    def _both(self, at: int, state_of: Callable[[str], str], depth: int) -> tuple[bool, int]:
        made, at = self._one(at, state_of, depth)
        while self._word(at) == "AND":
            other, at = self._one(at + 1, state_of, depth)
            made = made and other
        return made, at

    def _one(self, at: int, state_of: Callable[[str], str], depth: int) -> tuple[bool, int]:
        word = self._word(at)
        if depth > _DEEPEST:
            raise _invalid("AlarmRule is nested too deeply.")
        if word == "NOT":
            made, at = self._one(at + 1, state_of, depth + 1)
            return not made, at
        if word == "(":
            made, at = self._either(at + 1, state_of, depth + 1)
            if self._word(at) != ")":
                raise _invalid("AlarmRule misses a closing parenthesis.")
            return made, at + 1
        if word in ("TRUE", "FALSE"):
            return word == "TRUE", at + 1
        if word in ("ALARM", "OK", "INSUFFICIENT_DATA"):
            return state_of(self._tokens[at][1]) == word, at + 1
        raise _invalid("AlarmRule contains an invalid expression.")

    def _word(self, at: int) -> str:
        return self._tokens[at][0] if at < len(self._tokens) else ""


def name_in(alarm: str) -> str:
    """Return the name of an alarm that is given by its name or ARN."""
    return alarm.partition(":alarm:")[2] if alarm.startswith("arn:") else alarm


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message, 400)
