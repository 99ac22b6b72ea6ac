"""A block as parts that can be changed one at a time: commands, and the documents that they are given.

What is not changed keeps its text, and lines keep their numbers, so that a refusal is told where it happened. While we
work on it, `{{ name }}` and `$NAME` are stand-ins of private-use characters: they are part of a word wherever they stand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from labs.content import Block
from labs.content.draw import PLACEHOLDER
from labs.mutants import documents
from labs.mutants.tree import Encoded, Node
from labs.sandboxes.runner import shell
from labs.sandboxes.runner.shell.script import Text, Word

_PUT: Final = re.compile("\ue000([^\ue001]*)\ue001")
VARIABLE: Final = re.compile("\ue002([qu])(\\w+)\ue003")
_BARE: Final = re.compile(r"[A-Za-z0-9_./:=,@%+^-]+")
_HEREDOC: Final = re.compile(r"<<\s*(['\"]?)(\w+)")
_INLINE: Final = ("--query", "--output", "--region", "--description", "--filters", "--filter")  # never looked into


@dataclass(frozen=True)
class Option:
    """`--name value value`; a word before the first option has the name ""."""

    name: str
    values: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Command:
    """`aws service operation --option …`. `into` is the variable that takes its output."""

    line: int
    service: str
    operation: str
    options: tuple[Option, ...]
    into: str = ""

    def option(self, name: str) -> Option | None:
        """Return the option of that name, or None."""
        return next((option for option in self.options if option.name == name), None)


@dataclass(frozen=True)
class Document:
    """A file that `cat` writes. `head` is its first line, `line` that line's number, `text` the body as it is written."""

    line: int
    file: str
    head: str
    text: str
    tree: Encoded


Part = Command | Document


@dataclass(frozen=True)
class Script:
    """A block: `pieces` are texts as they stand, and (text, part) of what can be changed."""

    block: Block
    pieces: tuple[str | tuple[str, Part], ...]

    def parts(self) -> list[tuple[int, Part]]:
        """Return the parts that can be changed, each with its place in `pieces`."""
        return [(index, piece[1]) for index, piece in enumerate(self.pieces) if not isinstance(piece, str)]

    def changed(self, place: int, parts: tuple[Part, ...]) -> Block:
        """Return the block with other parts instead of the one at a place; none leaves it out."""
        texts = [piece if isinstance(piece, str) else piece[0] for piece in self.pieces]
        written = "\n".join(_render(part) for part in parts)
        # As many lines as before, at least: what comes after stays where it is.
        texts[place] = written + "\n" * (texts[place].count("\n") - written.count("\n"))
        return Block(self.block.language, _shown("".join(texts)), self.block.line)


def read(block: Block) -> Script | None:
    """Return a block in parts; None for a language that nothing is known of."""
    reader = _READERS.get(block.language)
    return reader(block) if reader else None


def shown(text: str) -> str:
    """Return a text for people, as its author wrote it: stand-ins are `{{ name }}` and `$NAME` again."""
    return VARIABLE.sub(r"$\2", _shown(text))


def _shown(text: str) -> str:
    return _PUT.sub(r"{{ \1 }}", text)


def _read_sh(block: Block) -> Script:
    text = PLACEHOLDER.sub(lambda match: f"\ue000{match[1].strip()}\ue001", block.text)
    pieces: list[str | tuple[str, Part]] = []
    at = 0
    for statement in shell.parse(text, block.line):
        begin = text.index(statement.source, at)
        pieces.append(text[at:begin])
        at = begin + len(statement.source)
        part = _part(statement)
        pieces.append(statement.source if part is None else (statement.source, part))
    return Script(block, (*pieces, text[at:]))


def _read_template(block: Block) -> Script:
    text = PLACEHOLDER.sub(lambda match: f"\ue000{match[1].strip()}\ue001", block.text)
    tree = documents.decode_file(text, "template.yaml")
    if tree is None:
        return Script(block, (text,))
    return Script(block, ((text, Document(block.line - 1, "template.yaml", "", text, tree)),))


_READERS: Final = {"sh": _read_sh, "cloudformation": _read_template}


def _part(statement: shell.Statement) -> Part | None:
    match statement:
        case shell.Aws():
            return _command(statement)
        case shell.WriteFile():
            head, _, rest = statement.source.partition("\n")
            file, body = _joined(statement.file), _joined(statement.body)
            tree = documents.decode_file(body, file)
            return Document(statement.line, file, head, rest, tree) if tree else None
    return None


def _command(statement: shell.Aws) -> Command | None:
    words = [_joined(word) for word in statement.words]
    if len(words) < 2 or words[0].startswith("-") or words[1].startswith("-"):
        return None
    options: list[Option] = []
    for word in words[2:]:
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            options.append(Option(name, (_value(name, value),) if equals else ()))
        elif options and options[-1].name:
            options[-1] = Option(options[-1].name, (*options[-1].values, _value(options[-1].name, word)))
        else:
            options.append(Option("", (word,)))
    return Command(statement.line, words[0], words[1], tuple(options), statement.into)


def _value(name: str, word: str) -> Node:
    return word if name in _INLINE else documents.decode_word(word)


def _joined(word: Word) -> str:
    return "".join(
        part.text if isinstance(part, Text) else f"\ue002{'q' if part.quoted else 'u'}{part.name}\ue003"
        for part in word
    )


def _render(part: Part) -> str:
    if isinstance(part, Document):
        return _render_document(part)
    words = [part.service, part.operation]
    for option in part.options:
        words += [option.name] if option.name else []
        words += [documents.encode(value) for value in option.values]
    line = " ".join(["aws", *map(_word, words)])
    return f"{part.into}=$({line})" if part.into else line


def _render_document(document: Document) -> str:
    body = documents.encode(document.tree)
    heredoc = _HEREDOC.search(document.head)
    if heredoc is None:  # a block that is a document itself
        return body
    if heredoc[1]:
        body = VARIABLE.sub(r"$\2", body)
    else:  # $NAME is filled in, and what looks like it must not be
        body = re.sub(r"([\\$`])", r"\\\1", body)
        body = VARIABLE.sub(r"${\2}", body)
    # The body is as long as it was, and the delimiter stands where it stood.
    lines = document.text.count("\n")
    return f"{document.head}\n{body}" + "\n" * max(1, lines - body.count("\n")) + heredoc[2]


def _word(text: str) -> str:
    """Return a word as it is written: quoted where it must be, and where a value is put in, whatever that may be."""
    written = ""
    at = 0
    for match in VARIABLE.finditer(text):
        written += _quoted(text[at : match.start()])
        written += f'"${{{match[2]}}}"' if match[1] == "q" else f"${{{match[2]}}}"
        at = match.end()
    return (written + _quoted(text[at:])) or "''"


def _quoted(text: str) -> str:
    if not text or _BARE.fullmatch(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"
