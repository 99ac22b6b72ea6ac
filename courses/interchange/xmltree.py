"""XML of others, read with bounds into a plain tree that knows its lines; and XML of ours, written from the same tree.

Entities are never defined or fetched (defusedxml), so neither a "billion laughs" nor a file of the server comes in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from courses.interchange import limits
from courses.interchange.limits import Unreadable

_AS_IS = {"p", "pre", "code", "li", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6"}  # a space more would be seen
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Node:
    """An element: its name without namespace, its attributes, its elements and texts in order, and its line."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)
    line: int = 0

    def all(self, *tags: str) -> list[Node]:
        """Return the elements directly below that have one of these names."""
        return [one for one in self.children if isinstance(one, Node) and one.tag in tags]

    def first(self, *path: str) -> Node | None:
        """Return the first element at a path of names."""
        node: Node | None = self
        for tag in path:
            node = next(iter(node.all(tag)), None) if node else None
        return node

    def walk(self, *tags: str) -> Iterator[Node]:
        """Yield the elements of these names at any depth (of all names, if none is given), in the file's order."""
        stack = [one for one in reversed(self.children) if isinstance(one, Node)]
        while stack:
            node = stack.pop()
            if not tags or node.tag in tags:
                yield node
            stack += [one for one in reversed(node.children) if isinstance(one, Node)]

    @property
    def text(self) -> str:
        """Return all text in it, its elements' too."""
        if len(self.children) == 1 and isinstance(self.children[0], str):
            return self.children[0]
        return "".join(one if isinstance(one, str) else one.text for one in self.children)

    def get(self, name: str, default: str = "") -> str:
        """Return an attribute."""
        return self.attributes.get(name, default)


class _Builder:
    """What the parser calls: it builds the tree, and stops the parser where a bound is crossed."""

    def __init__(self, name: str) -> None:
        self.name, self.nodes, self.root = name, 0, Node("")
        self.open: list[Node] = [self.root]
        self.parser: DefusedXMLParser | None = None

    @property
    def line(self) -> int:
        return int(self.parser.parser.CurrentLineNumber) if self.parser else 0

    def refuse(self, what: str) -> None:
        raise Unreadable(f"{self.name}:{self.line}: {what} No question needs that; is the file what it should be?")

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.nodes += 1
        if self.nodes > limits.NODES:
            self.refuse(f"more than {limits.NODES:,} elements.")
        if len(self.open) > limits.DEPTH:
            self.refuse(f"elements within elements, more than {limits.DEPTH} deep.")
        if len(attributes) > limits.ATTRIBUTES:
            self.refuse(f"an element with more than {limits.ATTRIBUTES} attributes.")
        for name, value in attributes.items():
            if len(value) + len(name) > limits.ATTRIBUTE_CHARACTERS:
                self.refuse(f"an attribute of more than {limits.ATTRIBUTE_CHARACTERS:,} characters.")
        node = Node(_local(tag), {_local(name): value for name, value in attributes.items()}, [], self.line)
        self.open[-1].children.append(node)
        self.open.append(node)

    def end(self, tag: str) -> None:
        node = self.open.pop()
        texts = [one for one in node.children if isinstance(one, str)]
        if len(texts) > 1:  # the parser hands text over in pieces
            node.children = list(_joined(node.children))

    def data(self, text: str) -> None:
        self.open[-1].children.append(text)

    def close(self) -> Node:
        return self.root


def _joined(children: list[Node | str]) -> Iterator[Node | str]:
    pieces: list[str] = []
    for one in children:
        if isinstance(one, str):
            pieces.append(one)
            continue
        if pieces:
            yield "".join(pieces)
            pieces = []
        yield one
    if pieces:
        yield "".join(pieces)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def parse(data: bytes, name: str) -> Node:
    """Return the root element of an XML file. Raises Unreadable, with the line."""
    builder = _Builder(name)
    try:
        parser = DefusedXMLParser(target=builder, forbid_dtd=False, forbid_entities=True, forbid_external=True)
        builder.parser = parser
        parser.feed(data)
        parser.close()
    except DefusedXmlException:
        raise Unreadable(
            f"{name}:{builder.line}: the file defines entities of its own. Such a file can be a bomb, and none is read: "
            "write the characters themselves."
        ) from None
    except ParseError as error:
        line, column = error.position
        raise Unreadable(f"{name}:{line}: no well-formed XML at column {column + 1} ({_said(error)}).") from None
    except (UnicodeError, LookupError, ValueError) as error:
        raise Unreadable(f"{name}: the encoding cannot be read ({error}). Save the file as UTF-8.") from None
    return next(one for one in builder.root.children if isinstance(one, Node))


def _said(error: ParseError) -> str:
    return str(error).partition(":")[0]


# --- Writing ----------------------------------------------------------------------------------------------------


def legal(text: str) -> str:
    """Return the text without the characters that XML 1.0 cannot hold."""
    return _ILLEGAL.sub("", text)


def element(tag: str, /, *children: Node | str, **attributes: str) -> Node:
    """Return an element. An attribute `xml_lang` is written `xml:lang`, `class_` is `class`."""
    return Node(tag, {name.rstrip("_"): value for name, value in attributes.items()}, list(children))


def serialise(root: Node) -> bytes:
    """Return the document in UTF-8: indented, save inside elements that hold text."""
    pieces = ['<?xml version="1.0" encoding="UTF-8"?>\n']
    _write(root, pieces, "")
    pieces.append("\n")
    return "".join(pieces).encode()


def markup(nodes: Iterable[Node | str]) -> str:
    """Return nodes as they stand in a document, without a space more."""
    pieces: list[str] = []
    for one in nodes:
        if isinstance(one, str):
            pieces.append(_escaped(one))
        else:
            _write(one, pieces, None)
    return "".join(pieces)


def _write(node: Node, pieces: list[str], indent: str | None) -> None:
    """Append a node; `indent` None is: within text, where no space may be put."""
    pieces.append(f"<{node.tag}")
    pieces += [f' {name}="{_escaped(value, quoted=True)}"' for name, value in node.attributes.items()]
    if not node.children:
        pieces.append("/>")
        return
    pieces.append(">")
    apart = indent is not None and node.tag not in _AS_IS and not any(isinstance(one, str) for one in node.children)
    for one in node.children:
        if apart:
            pieces.append(f"\n{indent}  ")
        if isinstance(one, str):
            pieces.append(_escaped(one))
        else:
            _write(one, pieces, f"{indent}  " if apart else None)
    if apart:
        pieces.append(f"\n{indent}")
    pieces.append(f"</{node.tag}>")


def _escaped(text: str, *, quoted: bool = False) -> str:
    text = legal(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    return text.replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;") if quoted else text
