"""Our Markdown as XHTML for the XML formats: well-formed, of a few elements that every program shows, nothing active."""

from __future__ import annotations

import functools
import html
import re

import markdown

from courses.interchange import limits
from courses.interchange.limits import Unreadable
from courses.interchange.report import Losses
from courses.interchange.xmltree import Node, element, legal, parse

_TAGS = {"p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "a", "em", "strong"}
_TAGS |= {"code", "pre", "sub", "sup", "table", "thead", "tbody", "tr", "th", "td"}
_BLOCKS = {"p", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "pre", "table"}
_ATTRIBUTES = {"a": ("href",), "ol": ("start",)}
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)(\w+);")
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+", re.IGNORECASE)
_LIST = re.compile(r"^[-*+] |^1[.)] ")
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def blocks(text: str, losses: Losses, field: str) -> list[Node | str]:
    """Return a text as block elements; what cannot be shown goes to `losses` under `field`."""
    nodes = _children(text, losses, field)
    if all(isinstance(one, Node) and one.tag in _BLOCKS for one in nodes):
        return nodes
    return [element("p", *nodes)]


def inline(text: str, losses: Losses, field: str) -> list[Node | str]:
    """Return a text without its paragraph's tags where it is a single paragraph."""
    nodes = _children(text, losses, field)
    if len(nodes) == 1 and isinstance(nodes[0], Node) and nodes[0].tag == "p":
        return nodes[0].children
    return nodes


def plain(text: str) -> str:
    """Return the words of a text without its marks."""
    return " ".join("".join(_words(one) for one in _children(text, Losses(), "")).split())


def _words(node: Node | str) -> str:
    return (
        node
        if isinstance(node, str)
        else f"{node.text} "
        if node.tag in _BLOCKS | {"li", "td", "th", "br"}
        else node.text
    )


@functools.lru_cache(maxsize=4096)
def _html(text: str) -> str:
    converter = markdown.Markdown(extensions=["fenced_code", "tables", "sane_lists"], tab_length=2)
    # As in our own pages: raw HTML is text, and code is in fences.
    converter.preprocessors.deregister("html_block")
    converter.inlinePatterns.deregister("html")
    converter.parser.blockprocessors.deregister("code")
    try:
        return converter.convert("\n".join(_spaced(_UNSEEN.sub("", legal(text)).expandtabs(4).split("\n"))))
    except RecursionError:
        return f"<pre>{html.escape(text)}</pre>"


def _spaced(lines: list[str]) -> list[str]:
    """Return the lines with a blank one before a list that stands right below its sentence."""
    out: list[str] = []
    for line in lines:
        if _LIST.match(line) and out and out[-1].strip() and not re.match(r"^ |^[-*+] |^\d+[.)] ", out[-1]):
            out.append("")
        out.append(line)
    return out


def _children(text: str, losses: Losses, field: str) -> list[Node | str]:
    if text.count("[") > limits.TANGLE:
        losses.add(field, "changed", f"it stands as it was typed: more than {limits.TANGLE} brackets are in it")
        return [element("pre", text)]
    shown = _ENTITY.sub(lambda found: html.escape(html.unescape(found[0])), _html(text))
    shown = re.sub(r"&#(x[0-9a-fA-F]{1,8}|\d{1,9});", _character, shown)
    try:
        tree = parse(f"<div>{shown}</div>".encode(), field or "text")
    except Unreadable:  # quotes in quotes, more than anybody meant
        losses.add(field, "changed", "it stands as it was typed: its elements are too deep")
        return [element("pre", text)]
    lost: set[str] = set()
    children = _cleaned(tree, lost).children
    for what in sorted(lost):
        losses.add(field, "lost", what)
    return [one for one in children if isinstance(one, Node) or one.strip()]


def _character(found: re.Match[str]) -> str:
    """Return a numeric entity as XML can hold it."""
    return html.escape(legal(html.unescape(found[0])))


def _cleaned(node: Node, lost: set[str]) -> Node:
    """Return a copy with only what the lists name; other elements give their content, an image its words."""
    children: list[Node | str] = []
    for one in node.children:
        if isinstance(one, str):
            children.append(one)
        elif one.tag == "img":
            lost.add(f"the image {one.get('src')[:200]} is not in the file; its words are")
            children.append(one.get("alt"))
        elif one.tag in _TAGS:
            children.append(_cleaned(one, lost))
        else:
            children += _cleaned(one, lost).children
    kept = {name: node.get(name) for name in _ATTRIBUTES.get(node.tag, ()) if name in node.attributes}
    if "href" in kept and not _ADDRESS.fullmatch(kept["href"]):
        lost.add(f"the link {kept.pop('href')[:200]} leads nowhere outside the site; its words are kept")
    return Node(node.tag, kept, children, node.line)
