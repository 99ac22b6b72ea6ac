"""What a block says, once parsed, and what its words are when it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class ShellError(Exception):
    """A block says what cannot be run. `line` counts in the lab's file; `remedy` may be empty."""

    def __init__(self, line: int, message: str, remedy: str = "") -> None:
        super().__init__(f"line {line}: {message}" + (f"; {remedy}" if remedy else ""))
        self.line = line
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True)
class Text:
    """Characters as they stand."""

    text: str


@dataclass(frozen=True)
class Name:
    """The value of a variable, in quotes or not."""

    name: str
    quoted: bool
    line: int


Word = tuple[Text | Name, ...]


@dataclass(frozen=True)
class Aws:
    """`aws …`: the words after it. `into` is the variable that takes its output, as in `NAME=$(aws …)`."""

    line: int
    source: str
    words: tuple[Word, ...]
    into: str = ""


@dataclass(frozen=True)
class Assign:
    """`NAME=value`."""

    line: int
    source: str
    name: str
    value: Word


@dataclass(frozen=True)
class WriteFile:
    """`cat > file <<EOF`: the body goes to a file of the working directory."""

    line: int
    source: str
    file: Word
    body: Word


@dataclass(frozen=True)
class Tool:
    """`zip …` or `mkdir …`: what a block may do with files of its own. `words` come after the name."""

    line: int
    source: str
    name: str
    words: tuple[Word, ...]


Statement = Aws | Assign | WriteFile | Tool

TOOLS = {"zip": "write zip [-qr] name.zip file …", "mkdir": "write mkdir -p name"}

_REFUSED_ARGUMENTS = {
    "--endpoint-url": "leave it out: every call goes to the sandbox",
    "--profile": "leave it out: the sandbox's keys are used",
    "--ca-bundle": "leave it out",
    "--debug": "leave it out",
}
_REFUSED_COMMANDS = {"configure", "history", "help"}


def undefined(statements: list[Statement], known: set[str] | None = None) -> tuple[int, str] | None:
    """Return the (line, name) of the first variable that is used before it has a value, or None. Adds to `known`."""
    known = set() if known is None else known
    for statement in statements:
        match statement:
            case Aws() | Tool():
                words = statement.words
            case Assign():
                words = (statement.value,)
            case WriteFile():
                words = (statement.file, statement.body)
        for word in words:
            for part in word:
                if isinstance(part, Name) and part.name not in known:
                    return part.line, part.name
        if isinstance(statement, Assign):
            known.add(statement.name)
        elif isinstance(statement, Aws) and statement.into:
            known.add(statement.into)
    return None


def refuse(words: Sequence[str], line: int) -> None:
    """Refuse what `aws` could do and a block never needs. Raises ShellError."""
    if not words:
        raise ShellError(line, "aws alone does nothing", "write aws <service> <operation>")
    for word in words:
        name = word.partition("=")[0]
        if name in _REFUSED_ARGUMENTS:
            raise ShellError(line, f"{name} is not supported in a lab's blocks", _REFUSED_ARGUMENTS[name])
    if words[0] in _REFUSED_COMMANDS or words[-1] == "help":
        name = words[0] if words[0] in _REFUSED_COMMANDS else "… help"
        raise ShellError(line, f"aws {name} is not supported in a lab's blocks", "leave it out")


def one(word: Word, variables: Mapping[str, str]) -> str:
    """Return a word as one text, never split. Raises ShellError for a variable without a value."""
    return "".join(part.text if isinstance(part, Text) else _value(part, variables) for part in word)


def many(words: tuple[Word, ...], variables: Mapping[str, str]) -> list[str]:
    """Return words as a command gets them: an unquoted variable is split at white space, and vanishes when empty."""
    found: list[str] = []
    for word in words:
        current: str | None = None
        for part in word:
            if isinstance(part, Text):
                current = (current or "") + part.text
                continue
            value = _value(part, variables)
            if part.quoted:
                current = (current or "") + value
                continue
            pieces = value.split()
            if value[:1].isspace() and current is not None:
                found.append(current)
                current = None
            for index, piece in enumerate(pieces):
                if index:
                    found.append(current or "")
                    current = None
                current = (current or "") + piece
            if pieces and value[-1:].isspace():
                found.append(current or "")
                current = None
        if current is not None:
            found.append(current)
    return found


def _value(part: Name, variables: Mapping[str, str]) -> str:
    try:
        return variables[part.name]
    except KeyError:
        raise ShellError(part.line, f"${part.name} has no value", f"set it before: {part.name}=…") from None


def is_own_file(name: str) -> bool:
    """Return whether a file name stays in the working directory: relative, no `..`, no hidden file."""
    return bool(name) and not name.startswith("/") and not any(one.startswith(".") for one in name.split("/"))
