"""The AWS CLI's shorthand for structures: Key=Name,Value=web · Name=state,Values=running,stopped · a={b=[c,d]},e='f,g'

https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html. One pass, bounded depth.
"""

from __future__ import annotations

import re
from typing import Any, Final

_KEY: Final = re.compile(r"[A-Za-z0-9_.#/:\-]+(?=[ \t]*=)", re.ASCII)
_DEEPEST: Final = 10


class _NotShorthand(Exception):
    """The text is written in no such way."""


def parse(text: str, *, otherwise: str) -> Any:
    """Return the structure (dicts, lists, strings) that a text stands for, or `otherwise` where it stands for itself."""
    if "=" not in text:
        return otherwise
    try:
        reader = _Reader(text)
        found = reader.pairs("")
    except _NotShorthand:
        return otherwise
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def pairs(self, end: str, depth: int = 0) -> dict[str, Any]:
        """Read key=value,… up to a character, or to the end of the text."""
        if depth > _DEEPEST:
            raise _NotShorthand
        found: dict[str, Any] = {}
        while True:
            name = self.key()
            if name in found:
                raise _NotShorthand
            found[name] = self.value(end, depth)
            if self.peek() == end:
                self.at += bool(end)
                if not end and self.at < len(self.text):
                    raise _NotShorthand
                return found
            self.take(",")

    def key(self) -> str:
        self.skip()
        match = _KEY.match(self.text, self.at)
        if match is None:
            raise _NotShorthand
        self.at = match.end()
        self.skip()
        self.take("=")
        return match[0]

    def value(self, end: str, depth: int) -> Any:
        """Read what a key has: {…}, […], or words parted by commas up to the next key."""
        self.skip()
        if self.peek() == "{":
            self.at += 1
            return self.pairs("}", depth + 1)
        if self.peek() == "[":
            self.at += 1
            return self.listed(depth + 1)
        words = [self.word(end)]
        while self.peek() == "," and not self.key_follows():
            self.at += 1
            words.append(self.word(end))
        return words[0] if len(words) == 1 else words

    def listed(self, depth: int) -> list[Any]:
        if depth > _DEEPEST:
            raise _NotShorthand
        found: list[Any] = []
        self.skip()
        if self.peek() == "]":
            self.at += 1
            return found
        while True:
            self.skip()
            if self.peek() == "{":
                self.at += 1
                found.append(self.pairs("}", depth + 1))
            elif self.peek() == "[":
                self.at += 1
                found.append(self.listed(depth + 1))
            else:
                found.append(self.word("]"))
            self.skip()
            if self.peek() == "]":
                self.at += 1
                return found
            self.take(",")

    def word(self, end: str) -> str:
        """Read up to a comma or the character that ends what it stands in; or what stands in quotation marks."""
        self.skip()
        quote = self.peek()
        if quote and quote in "\"'":
            return self.quoted(quote)
        start = self.at
        while self.at < len(self.text) and self.text[self.at] != "," and (not end or self.text[self.at] != end):
            self.at += 1
        return self.text[start : self.at].rstrip()

    def quoted(self, quote: str) -> str:
        found = []
        self.at += 1
        while self.peek() != quote:
            if self.at >= len(self.text):
                raise _NotShorthand
            if self.peek() == "\\" and self.text[self.at + 1 : self.at + 2] in ("\\", quote):
                self.at += 1
            found.append(self.peek())
            self.at += 1
        self.at += 1
        self.skip()
        return "".join(found)

    def key_follows(self) -> bool:
        at = self.at + 1
        while at < len(self.text) and self.text[at] in " \t\r\n":
            at += 1
        return _KEY.match(self.text, at) is not None

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self, one: str) -> None:
        if self.peek() != one:
            raise _NotShorthand
        self.at += 1

    def skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
            self.at += 1
