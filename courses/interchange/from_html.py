"""HTML of others as our Markdown. What is active or cannot be said in Markdown is left out, and told.

nh3 reads the HTML as a browser does, keeps an allow-list and closes what was open; so what is turned into Markdown
here is always well-formed, and of elements that are known.
"""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import nh3

from courses.interchange import limits
from courses.interchange.marks import as_markdown, line_escaped, words_escaped
from courses.interchange.report import Losses
from courses.interchange.xmltree import Node

_BLOCKS = {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "table", "hr", "dl"}
_BLOCKS |= {"dt", "dd", "thead", "tbody", "tfoot", "tr", "td", "th", "caption"}
_INLINE = {"a", "em", "i", "strong", "b", "code", "kbd", "samp", "tt", "br", "img", "sub", "sup"}
_SILENT = {
    "span",
    "font",
    "small",
    "big",
    "u",
    "center",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "ins",
    "label",
}
_SILENT |= {
    "html",
    "body",
    "head",
    "meta",
    "title",
    "var",
    "cite",
    "q",
    "abbr",
    "mark",
    "wbr",
    "colgroup",
    "col",
    "figure",
}
_SILENT |= {"figcaption", "address", "nobr", "bdi", "dfn", "s", "strike", "del", "time", "nolink"}
_ACTIVE = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "noscript",
    "template",
    "svg",
    "math",
    "form",
    "audio",
    "video",
}
_VOID = {"br", "hr", "img"}
_DEEPEST = 40
_TAG = re.compile(r"<([A-Za-z][A-Za-z0-9-]*)")
_HANDLER = re.compile(r"<[^<>]*\son[a-z]+\s*=", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>()]+", re.IGNORECASE)
_LANGUAGE = re.compile(r"^[\w+#.-]{1,20}$")


def to_markdown(html: str, losses: Losses, field: str) -> str:
    """Return the Markdown of an HTML text; what it leaves out goes to `losses` under `field`."""
    if len(html) > limits.TEXT_CHARACTERS:
        losses.add(field, "changed", f"cut after {limits.TEXT_CHARACTERS:,} characters")
        html = html[: limits.TEXT_CHARACTERS]
    if "<" not in html and "&" not in html:
        return as_markdown(" ".join(html.split()))
    if html.count("<") > limits.TAGS:
        losses.add(field, "changed", f"its formatting is lost: more than {limits.TAGS:,} tags are in one text")
        return as_markdown(" ".join(unescape(re.sub("<[^<>]*>", " ", html)).split()))
    _tell_dropped(html, losses, field)
    clean = nh3.clean(
        html,
        tags=_BLOCKS | _INLINE,
        clean_content_tags=_ACTIVE,
        attributes={"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}, "code": {"class"}},
        url_schemes={"http", "https", "mailto", "data"},
        link_rel=None,
    )
    builder = _Builder()
    builder.feed(clean)
    builder.close()
    if builder.flattened:
        losses.add(field, "changed", f"elements more than {_DEEPEST} deep were flattened")
    return _tidy(_Writer(losses, field).blocks(builder.root))


def _tell_dropped(html: str, losses: Losses, field: str) -> None:
    found = {tag.lower() for tag in _TAG.findall(html)}
    if active := sorted(found & _ACTIVE):
        losses.add(field, "lost", f"<{'>, <'.join(active)}> with all in it: active content is not taken")
    if unknown := sorted(found - _BLOCKS - _INLINE - _SILENT - _ACTIVE)[:10]:
        losses.add(field, "lost", f"<{'>, <'.join(unknown)}> is not known here; the words in it are kept")
    if _HANDLER.search(html):
        losses.add(field, "lost", "an on… attribute: active content is not taken")
    if found & {"h1", "h2", "h3", "h4", "h5", "h6"}:
        losses.add(field, "changed", "a heading became bold text: within an item no heading can stand")
    if found & {"sub", "sup", "u", "s", "del", "strike"}:
        losses.add(field, "changed", "raised, lowered, struck or underlined text became ordinary text")


class _Builder(HTMLParser):
    """The tree of what nh3 gives."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("div")
        self.open = [self.root]
        self.deeper: list[str] = []
        self.flattened = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID and (self.deeper or len(self.open) > _DEEPEST):
            self.deeper.append(tag)
            self.flattened = True
            return
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if self.deeper:
            self.deeper.pop()
        elif len(self.open) > 1:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


class _Writer:
    """Markdown from the tree. Blocks are lists of lines; a blank line stands between two."""

    def __init__(self, losses: Losses, field: str) -> None:
        self.losses, self.field = losses, field

    def blocks(self, node: Node) -> str:
        """Return all that stands in a node."""
        done: list[str] = []
        run: list[Node | str] = []

        def close() -> None:
            done.extend(self._paragraphs(run))
            run.clear()

        for child in node.children:
            if isinstance(child, Node) and child.tag in _BLOCKS:
                close()
                done.append(self._block(child))
            else:
                run.append(child)
        close()
        return "\n\n".join(part for part in done if part.strip())

    def _paragraphs(self, run: list[Node | str]) -> list[str]:
        text = "".join(self._inline(one) for one in run)
        # A line break is a paragraph's end: two spaces at a line's end are lost on the way.
        return [line_escaped(" ".join(part.split())) for part in text.split("\x00") if part.strip()]

    def _block(self, node: Node) -> str:
        match node.tag:
            case "pre":
                return _fence(node)
            case "hr":
                return "* * *"
            case "ul" | "ol":
                return self._list(node)
            case "blockquote":
                return "\n".join(f"> {line}".rstrip() for line in self.blocks(node).split("\n"))
            case "table":
                return self._table(node)
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                words = " ".join(self._words(node).split())
                return f"**{words}**" if words else ""
        return self.blocks(node)

    def _list(self, node: Node) -> str:
        first = node.get("start")
        number = int(first) if first.isdecimal() and len(first) < 6 else 1
        lines: list[str] = []
        for one in node.all("li"):
            marker = "- " if node.tag == "ul" else f"{number}. "
            inner = self.blocks(one).split("\n")
            tight = not any(isinstance(child, Node) and child.tag in ("p", "pre", "table") for child in one.children)
            kept = [line for line in inner if line.strip()] if tight else inner
            lines += [f"{marker if at == 0 else ' ' * len(marker)}{line}".rstrip() for at, line in enumerate(kept)]
            number += 1
        return "\n".join(lines)

    def _table(self, node: Node) -> str:
        rows = [[self._cell(cell) for cell in row.all("td", "th")] for row in node.walk("tr")]
        rows = [row for row in rows if row]
        if not rows:
            return self.blocks(node)
        width = max(len(row) for row in rows)
        rows = [row + [""] * (width - len(row)) for row in rows]
        return "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], ["---"] * width, *rows[1:]])

    def _cell(self, node: Node) -> str:
        return " ".join(self._words(node).split()).replace("|", "&#124;")

    def _words(self, node: Node) -> str:
        """Return all of a node in a line: what is a block in it is no more."""
        return "".join(
            f" {self._words(one)} " if isinstance(one, Node) and one.tag in _BLOCKS else self._inline(one)
            for one in node.children
        ).replace("\x00", " ")

    def _inline(self, node: Node | str) -> str:
        if isinstance(node, str):
            return _running(node)
        match node.tag:
            case "br":
                return "\x00"
            case "img":
                return self._image(node)
            case "code" | "kbd" | "samp" | "tt":
                return _code(node.text)
            case "em" | "i":
                return self._marked(node, "*")
            case "strong" | "b":
                return self._marked(node, "**")
            case "a":
                return self._link(node)
        return self._words(node)

    def _marked(self, node: Node, mark: str) -> str:
        inner = self._words(node)
        words = inner.strip()
        if not words or words.startswith("*") or words.endswith(("*", "\\")):
            return inner
        before, after = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
        return f"{before}{mark}{words}{mark}{after}"

    def _link(self, node: Node) -> str:
        words, address = self._words(node), node.get("href")
        if not address:
            return words
        if not _ADDRESS.fullmatch(address):
            self.losses.add(self.field, "lost", f"the link to {address[:200]}; its words are kept")
            return words
        return f"[{' '.join(words.split()) or words_escaped(address)}]({address})"

    def _image(self, node: Node) -> str:
        source, words = node.get("src"), " ".join(node.get("alt").split())
        shown = f"{source[:40]}…" if source.startswith("data:") else source[:200]
        self.losses.add(
            self.field,
            "lost",
            f"the image {shown or '(no address)'}; put it into static/courses and name it in the text",
        )
        return f" {_running(f'(image: {words})')} " if words else ""


def _running(text: str) -> str:
    """Return text within a line; its white space is one space."""
    return words_escaped(re.sub(r"\s+", " ", text.replace("\x00", "")))


def _code(text: str) -> str:
    words = " ".join(text.split())
    if not words:
        return ""
    longest = max((len(run) for run in re.findall("`+", words)), default=0)
    ticks = "`" * (longest + 1)
    space = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{ticks}{space}{words}{space}{ticks}"


def _fence(node: Node) -> str:
    text = "".join(
        "\n" if isinstance(one, Node) and one.tag == "br" else one if isinstance(one, str) else one.text
        for one in node.children
    )
    code = node.first("code")
    names = [word.removeprefix("language-") for word in code.get("class").split()] if code else []
    language = next((name for name in names if _LANGUAGE.match(name)), "")
    longest = max((len(run) for run in re.findall(r"^\s*(`+)", text, re.MULTILINE)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{text.strip(chr(10))}\n{ticks}"


def _tidy(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text).strip()
