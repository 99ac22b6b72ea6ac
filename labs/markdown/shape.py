"""What a text becomes once it stands in a page: headings below its title, callouts, links that lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

CALLOUTS = ("note", "tip", "important", "warning", "caution")
_CALLOUT = re.compile(rf"^\[!({'|'.join(CALLOUTS)})\][ \t]*\n?", re.IGNORECASE)
_HEADING = re.compile(r"^h[1-6]$")


class ShapeExtension(Extension):
    """Shape the tree before inline text is read (20); lead the links on after it."""

    def __init__(self, *, links: Mapping[str, str], top: int) -> None:
        super().__init__()
        self.links, self.top = links, top

    def extendMarkdown(self, md: Markdown) -> None:
        md.treeprocessors.register(Shape(md, self.top), "skylab_shape", 25)
        md.treeprocessors.register(Links(md, self.links), "skylab_links", 4)


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
    title.text = name.capitalize()
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
