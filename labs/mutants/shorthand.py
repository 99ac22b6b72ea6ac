"""The AWS CLI's shorthand: `Name=web,Values=a,b` and `Ranges=[{CidrIp=0.0.0.0/0}]`, to a tree and back."""

from __future__ import annotations

import re
from typing import Final

from labs.mutants.tree import Node

_KEY: Final = re.compile(r"[A-Za-z][\w.:/@#-]*(?==)")
_PLAIN: Final = re.compile(r"[^,\[\]{}\"']+")
_PLAIN_INSIDE: Final = re.compile(r"[^,\[\]{}\"'=]+")
_QUOTED: Final = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'")


class _No(Exception):
    """This is not shorthand."""


def parse(text: str) -> dict[str, Node] | None:
    """Return the mapping that a shorthand text says, all scalars as text; None where it is something else."""
    if not _KEY.match(text):
        return None
    try:
        reader = _Reader(text)
        found = reader.pairs("")
        return found if reader.at == len(text) else None
    except _No:
        return None


def render(node: Node) -> str:
    """Return the shorthand of a mapping."""
    return ",".join(f"{key}={_value(one)}" for key, one in node.items())


def _value(node: Node) -> str:
    if isinstance(node, dict):
        return f"{{{render(node)}}}"
    if isinstance(node, list):
        return f"[{','.join(_value(one) for one in node)}]"
    text = str(node)
    if text and _PLAIN.fullmatch(text) and text == text.strip():
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Reader:
    """A cursor over a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def here(self, what: str) -> bool:
        return self.text.startswith(what, self.at)

    def take(self, what: str) -> bool:
        found = self.here(what)
        self.at += len(what) if found else 0
        return found

    def pairs(self, end: str) -> dict[str, Node]:
        found: dict[str, Node] = {}
        while match := _KEY.match(self.text, self.at):
            self.at = match.end() + 1
            value = self.value(_PLAIN)
            many = [value]
            while self.here(",") and not _KEY.match(self.text, self.at + 1):
                self.at += 1
                many.append(self.value(_PLAIN))
            if match[0] in found:
                raise _No
            found[match[0]] = many if len(many) > 1 else value
            if not self.take(","):
                break
        if not found or (end and not self.take(end)):
            raise _No
        return found

    def value(self, plain: re.Pattern[str]) -> Node:
        if self.take("["):
            return self.elements()
        if self.take("{"):
            return self.pairs("}")
        if match := _QUOTED.match(self.text, self.at):
            self.at = match.end()
            return re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else match[2]
        if match := plain.match(self.text, self.at):
            self.at = match.end()
            return match[0]
        raise _No

    def elements(self) -> list[Node]:
        found: list[Node] = []
        while not self.take("]"):
            found.append(self.value(_PLAIN_INSIDE))
            if not self.take(",") and not self.here("]"):
                raise _No
        return found
