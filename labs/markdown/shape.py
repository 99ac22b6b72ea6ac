"""What a text becomes once it stands in a page: headings below its title, callouts, links that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

CALLOUTS = ("note", "tip", "important", "warning", "caution", "changed", "exam")
_TITLES = {"changed": "What changed", "exam": "In the exam"}
_CALLOUT = re.compile(rf"^\[!({'|'.join(CALLOUTS)})\](?:[ \t]+(?P<title>[^\n]*\S))?[ \t]*(?:\n|$)", re.IGNORECASE)
_SINCE = re.compile(r"since (?P<day>\d{4}-\d{2}(?:-\d{2})?)$", re.ASCII)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_AS_OF = re.compile(r"\(as of (?P<day>\d{4}-\d{2}(?:-\d{2})?)\)", re.ASCII)
_HEADING = re.compile(r"^h[1-6]$")


class ShapeExtension(Extension):
    """Shape the tree before inline text is read (20); lead the links on after it."""

    def __init__(self, *, links: Mapping[str, str], top: int) -> None:
        super().__init__()
        self.links, self.top = links, top

    def extendMarkdown(self, md: Markdown) -> None:
        md.treeprocessors.register(Shape(md, self.top), "skylab_shape", 25)
        md.treeprocessors.register(Links(md, self.links), "skylab_links", 4)
        md.treeprocessors.register(AsOf(md), "skylab_as_of", 5)


class Shape(Treeprocessor):
    """Headings start at the level given; `> [!NOTE]` becomes a callout; a table gets a box to scroll in."""

    def __init__(self, md: Markdown, top: int) -> None:
        super().__init__(md)
        self.top = top

    def run(self, root: Element) -> None:
        elements = list(root.iter())
        headings = [element for element in elements if _HEADING.match(element.tag)]
        shift = self.top - min((int(heading.tag[1]) for heading in headings), default=self.top)
        for heading in headings:
            heading.tag = f"h{min(6, int(heading.tag[1]) + shift)}"
        for element in elements:
            if element.tag == "blockquote":
                _callout(element)
            if element.tag == "th" and not "".join(element.itertext()).strip():
                element.tag = "td"  # the corner of a table with two kinds of headings names nothing
            for place, child in enumerate(element):
                if child.tag == "table":
                    box = Element("div", {"class": "scroll", "tabindex": "0"})
                    box.append(child)
                    element[place] = box


def _callout(quote: Element) -> None:
    """Turn a quote that begins with `[!NOTE]` into the element that `!!! note` makes."""
    first = quote[0] if len(quote) else None
    kind = _CALLOUT.match(first.text or "") if first is not None and first.tag == "p" else None
    if first is None or kind is None:
        return
    name = kind[1].lower()
    quote.tag = "div"
    quote.set("class", f"admonition {name}")
    title = Element("p", {"class": "admonition-title"})
    said = kind["title"] or ""
    since = _SINCE.match(said) if name == "changed" else None
    if since and (moment := moment_of(since["day"])) is not None:
        title.text = "What changed since "
        title.append(moment)
    else:
        title.text = said or _TITLES.get(name, name.capitalize())
    first.text = (first.text or "")[kind.end() :]
    if not first.text.strip() and not len(first):
        quote.remove(first)
    quote.insert(0, title)
    if len(quote) == 1:
        SubElement(quote, "p")


class Links(Treeprocessor):
    """Replace an address that the caller knows by where it leads on the site."""

    def __init__(self, md: Markdown, links: Mapping[str, str]) -> None:
        super().__init__(md)
        self.links = links

    def run(self, root: Element) -> None:
        for element in root.iter():
            name = {"a": "href", "img": "src"}.get(element.tag)
            if name and (known := self.links.get(element.get(name, ""))):
                element.set(name, known)


class AsOf(Treeprocessor):
    """`(as of 2026-11-20)` behind a fact says when it was true: it becomes a <time> that the page and lint know."""

    def run(self, root: Element) -> None:
        for parent in list(root.iter()):
            if parent.tag in ("code", "pre"):
                continue
            self._mark(parent, parent.text, None)
            for child in list(parent):
                self._mark(parent, child.tail, child)

    def _mark(self, parent: Element, text: str | None, before: Element | None) -> None:
        if not text or isinstance(text, AtomicString) or "(as of " not in text:
            return
        place = 0 if before is None else list(parent).index(before) + 1
        rest, end, found = text, 0, list[Element]()
        first = text
        for match in _AS_OF.finditer(text):
            moment = moment_of(match["day"])
            if moment is None:
                continue
            moment.set("class", "as-of")
            moment.text = f"as of {moment.text}"
            said = rest[end : match.start()]
            if found:
                found[-1].tail = said
            else:
                first = said
            found.append(moment)
            end = match.end()
        if not found:
            return
        found[-1].tail = rest[end:]
        if before is None:
            parent.text = first
        else:
            before.tail = first
        for number, moment in enumerate(found):
            parent.insert(place + number, moment)


def moment_of(day: str) -> Element | None:
    """Return a <time> of `2026-11` or `2026-11-20`, as people say it; None where there is no such day."""
    try:
        found = date.fromisoformat(day if len(day) == 10 else f"{day}-01")
    except ValueError:
        return None
    moment = Element("time", {"datetime": day})
    said = f"{_MONTHS[found.month - 1]} {found.year}"
    moment.text = AtomicString(f"{found.day} {said}" if len(day) == 10 else said)
    return moment
