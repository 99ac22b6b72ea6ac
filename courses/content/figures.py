"""Drawings: an SVG of the author's own, made safe to stand in a page, where it follows the page's colours.

What is drawn in the page sees its custom properties: `fill="var(--fig-blue, #d8e8fb)"` is the reader's blue, light or
dark, and the value behind the comma is what a Git host shows. The allow-list below has nothing in it that acts, loads
or styles the page; all else is refused with its line.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat

from courses.content.source import Problems

MAX_BYTES = 100_000
_HUES = ("blue", "green", "red", "amber", "violet")
TOKENS = ("ground", "box", "ink", "dim", "line", *_HUES, *(f"{name}-line" for name in _HUES))
_SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan"}
_ELEMENTS = _SHAPES | {"svg", "g", "defs", "marker", "symbol", "use", "title", "desc", "clipPath"}
_ELEMENTS |= {"linearGradient", "radialGradient", "stop", "pattern", "mask"}
_PLACES = """
x y x1 y1 x2 y2 cx cy r rx ry dx dy d points width height viewBox preserveAspectRatio transform
"""
_LOOKS = """
fill stroke stroke-width stroke-linecap stroke-linejoin stroke-dasharray stroke-opacity fill-opacity fill-rule clip-rule
opacity color font-size font-weight font-style font-family text-anchor dominant-baseline letter-spacing word-spacing
text-decoration clip-path mask marker-start marker-mid marker-end stop-color stop-opacity offset visibility paint-order
rotate textLength lengthAdjust baseline-shift vector-effect
"""
_MORE = """
id refX refY markerWidth markerHeight markerUnits orient gradientUnits gradientTransform spreadMethod patternUnits
patternTransform patternContentUnits clipPathUnits maskUnits fx fy
"""
_ATTRIBUTES = frozenset(f"{_PLACES} {_LOOKS} {_MORE}".split())
_DROPPED = {"role", "class", "version", "aria-labelledby", "aria-label", "aria-hidden", "xml:space", "xml:lang", "lang"}
_NAME = re.compile(r"[A-Za-z][\w-]{0,60}", re.ASCII)
_URL = re.compile(r"url\(\s*['\"]?#(?P<name>[A-Za-z][\w-]{0,60})['\"]?\s*\)", re.ASCII)
_COLOURS = ("fill", "stroke", "color", "stop-color")
_LITERAL = re.compile(r"(?!none$|currentcolor$|transparent$|inherit$|url\(|var\(--fig-)", re.IGNORECASE)


@dataclass(frozen=True)
class Figure:
    """A drawing, ready to stand in a page: `svg` without what an image needs besides (role, label)."""

    name: str
    svg: str
    width: float
    height: float
    colours: tuple[tuple[int, str], ...] = ()  # (line, colour) of those that do not follow the theme


class _Refused(Exception):
    def __init__(self, line: int, message: str, hint: str) -> None:
        super().__init__(message)
        self.line, self.message, self.hint = line, message, hint


def read_figure(content: bytes, *, name: str, path: str, problems: Problems) -> Figure | None:
    """Return the drawing of a file; None where it cannot be shown, with what is wrong noted with the file's own line."""
    if len(content) > MAX_BYTES:
        problems.add(path, 1, 16, f"the drawing is larger than {MAX_BYTES // 1000} kB", "draw less, or use a picture")
        return None
    try:
        return _Reader(name).read(content)
    except _Refused as one:
        problems.add(path, one.line, 16, one.message, one.hint)
    except expat.ExpatError as error:
        said = expat.errors.messages.get(error.code, "not XML")
        problems.add(
            path, error.lineno, 16, f"the drawing cannot be read: {said}", "an SVG is XML: close every element"
        )
    return None


class _Reader:
    """One pass over one file: what is allowed is written out again, escaped anew."""

    def __init__(self, name: str) -> None:
        self.prefix = f"fig-{re.sub(r'[^a-z0-9]+', '-', name.rpartition('.')[0].lower())}"
        self.name = name
        self.out: list[str] = []
        self.open: list[str] = []
        self.width = self.height = 0.0
        self.colours: list[tuple[int, str]] = []
        self.parser: Any = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = lambda *_: self.refuse("a DOCTYPE", "remove it: it can name other files")
        self.parser.ProcessingInstructionHandler = lambda target, _: self.refuse(f"<?{target}", "remove it")

    def read(self, content: bytes) -> Figure:
        self.parser.Parse(content, True)
        return Figure(self.name, "".join(self.out), self.width, self.height, tuple(self.colours))

    @property
    def line(self) -> int:
        return int(self.parser.CurrentLineNumber)

    def refuse(self, what: str, hint: str) -> None:
        raise _Refused(self.line, f"the drawing holds {what}", hint)

    def start(self, full: str, attributes: dict[str, str]) -> None:
        space, _, tag = full.rpartition(" ")
        if space not in ("", "http://www.w3.org/2000/svg") or tag not in _ELEMENTS:
            self.refuse(f"<{tag}>", f"allowed are {', '.join(sorted(_ELEMENTS))}")
        if not self.open and tag != "svg":
            raise _Refused(self.line, f"the drawing begins with <{tag}>", "begin it with <svg viewBox=…>")
        if len(self.open) > 30:
            self.refuse("elements nested deeper than 30", "take groups away")
        written = "".join(f' {name}="{html.escape(value)}"' for name, value in self.attributes(tag, attributes))
        if not self.open:
            self.size(attributes)
        self.out.append(f"<{tag}{written}>")
        self.open.append(tag)

    def end(self, _: str) -> None:
        self.out.append(f"</{self.open.pop()}>")

    def text(self, data: str) -> None:
        if self.open and self.open[-1] in ("text", "tspan", "title", "desc"):
            self.out.append(html.escape(data))

    def attributes(self, tag: str, given: dict[str, str]) -> Iterator[tuple[str, str]]:
        for full, value in given.items():
            space, _, name = full.rpartition(" ")
            if name == "href" and space in ("", "http://www.w3.org/1999/xlink"):
                if tag != "use" or not re.fullmatch(r"#[A-Za-z][\w-]{0,60}", value, re.ASCII):
                    self.refuse(f'href="{value}"', "only <use> may point, and only at #something of the same file")
                yield "href", f"#{self.prefix}-{value[1:]}"
            elif name in _DROPPED or space:
                continue
            elif name not in _ATTRIBUTES or name.lower().startswith("on"):
                hint = "say it in attributes: style= is blocked by the page" if name == "style" else "remove it"
                self.refuse(f"the attribute {name}", hint)
            elif name == "id":
                if not _NAME.fullmatch(value):
                    self.refuse(f'id="{value}"', "letters, digits and -")
                yield name, f"{self.prefix}-{value}"
            elif self.open or name not in ("width", "height"):
                yield name, self.value(name, value)

    def value(self, name: str, value: str) -> str:
        rest = _URL.sub("", value)
        if re.search(r"url\s*\(|[\\@;{}<>]|/\*|javascript:|expression", rest, re.IGNORECASE):
            self.refuse(f'{name}="{value}"', "url(#name) of the same file is all that a value may point at")
        if name in _COLOURS and _LITERAL.match(value.strip()):
            self.colours.append((self.line, value.strip()))
        return _URL.sub(lambda one: f"url(#{self.prefix}-{one['name']})", value)

    def size(self, given: dict[str, str]) -> None:
        box = re.fullmatch(r"\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)\s*", given.get("viewBox", ""))
        if not box:
            raise _Refused(self.line, "the drawing has no viewBox", 'write <svg viewBox="0 0 760 372" …>')
        self.width, self.height = float(box[1]), float(box[2])
