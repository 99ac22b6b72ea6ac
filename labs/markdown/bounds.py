"""What keeps a hostile text from holding the server: no construct looks further, or nests deeper, than people write.

Python-Markdown looks from every `[` to the end of the paragraph for its `]`, and in every abbreviation for the next:
twenty thousand brackets are a minute's work. Here each look has an end, so that the whole is linear.
"""

from __future__ import annotations

import re
from typing import Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import (
    IMAGE_LINK_RE,
    IMAGE_REFERENCE_RE,
    LINK_RE,
    REFERENCE_RE,
    ImageInlineProcessor,
    ImageReferenceInlineProcessor,
    LinkInlineProcessor,
    ReferenceInlineProcessor,
    ShortImageReferenceInlineProcessor,
    ShortReferenceInlineProcessor,
)

REACH = 2000  # characters from a bracket to its end: a link's text, address and title
DEEPEST = 6  # brackets within brackets
MOST_NAMES = 200  # abbreviations of a text
_TARGET = re.compile(
    r"\(\s*(?:<(?P<angled>[^<>\n]*)>|(?P<plain>[^\s()<>]*(?:\([^\s()]*\)[^\s()]*)*))"
    r"(?:\s+(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'))?\s*\)"
)
_BLANKS = re.compile(r"\s+")
_NAME = re.compile(r"^\*\[(?P<name>[^\[\]\\]{1,80})\][ ]?:[ ]*(?P<title>\S.*)$")
_TEXT = re.compile(r"[\[\]]")


class BoundsExtension(Extension):
    """Put bounded processors in the places of those that look without end."""

    def extendMarkdown(self, md: Markdown) -> None:
        for kind, pattern, name, priority in (
            (_Reference, REFERENCE_RE, "reference", 170),
            (_Link, LINK_RE, "link", 160),
            (_Image, IMAGE_LINK_RE, "image_link", 150),
            (_ImageReference, IMAGE_REFERENCE_RE, "image_reference", 140),
            (_ShortReference, REFERENCE_RE, "short_reference", 130),
            (_ShortImageReference, IMAGE_REFERENCE_RE, "short_image_ref", 125),
        ):
            md.inlinePatterns.register(kind(pattern, md), name, priority)
        md.parser.blockprocessors.deregister("abbr", strict=False)


class _Bounded(LinkInlineProcessor):
    """See no more of the text than REACH behind the bracket, and go no deeper than DEEPEST."""

    def handleMatch(self, m: re.Match[str], data: str) -> Any:  # type: ignore[override]
        return super().handleMatch(m, data[: m.end(0) + REACH])

    def getText(self, data: str, index: int) -> tuple[str, int, bool]:
        depth = 1
        for bracket in _TEXT.finditer(data, index):
            depth += 1 if bracket[0] == "[" else -1
            if depth == 0:
                return data[index : bracket.start()], bracket.end(), True
            if depth > DEEPEST:
                break
        return "", index, False

    def getLink(self, data: str, index: int) -> tuple[str, str | None, int, bool]:
        found = _TARGET.match(data, index)
        if not found:
            return "", None, index, False
        address = found["plain"] if found["angled"] is None else found["angled"]
        title = found["single"] if found["double"] is None else found["double"]
        if title is not None:
            title = _BLANKS.sub(" ", self.unescape(title.strip()))
        return self.unescape(address).strip(), title, found.end(), True


class _Link(_Bounded):
    pass


class _Image(_Bounded, ImageInlineProcessor):
    pass


class _Reference(_Bounded, ReferenceInlineProcessor):
    pass


class _ShortReference(_Bounded, ShortReferenceInlineProcessor):
    pass


class _ImageReference(_Bounded, ImageReferenceInlineProcessor):
    pass


class _ShortImageReference(_Bounded, ShortImageReferenceInlineProcessor):
    pass


def abbreviation(line: str, md: Markdown) -> bool:
    """Take a line `*[EBS]: Elastic Block Store` in, if it is one; return whether it was."""
    found = _NAME.match(line)
    if not found:
        return False
    keeper: Any = md.treeprocessors["abbr"]
    known: dict[str, str] = keeper.abbrs
    if len(known) < MOST_NAMES:
        known[found["name"].strip()] = found["title"].strip()
    return True
