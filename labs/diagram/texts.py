"""How wide a text will be, well enough to cut it: there is no browser here to ask, so wide letters count as wider."""

from __future__ import annotations

import unicodedata
from typing import Final

from labs.diagram.model import clean

_NARROW: Final = frozenset("iljtf.,:;|!'`()[]{}/\\ ")
_WIDE: Final = frozenset("mwMW@%&—…→")


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a text in the interface's typeface, in pixels; rather too much than too little."""
    return sum(map(_em, text)) * size * (1.06 if bold else 1.0)


def _em(letter: str) -> float:
    if letter in _NARROW:
        return 0.36
    if letter in _WIDE:
        return 0.95
    if letter.isascii():
        return 0.74 if letter.isupper() else 0.6
    if unicodedata.combining(letter):
        return 0.0
    return 1.05 if unicodedata.east_asian_width(letter) in "WFA" else 0.8


def cut(text: object, room: float, size: float, *, bold: bool = False) -> str:
    """Return a text that fits: its end gives way to "…". Names that differ at their end keep some of it."""
    said = " ".join(clean(text).split())
    if width(said, size, bold=bold) <= room:
        return said
    tail = said[-5:] if len(said) > 12 and said.isascii() else ""
    head = said
    while head and width(f"{head}…{tail}", size, bold=bold) > room:
        head = head[:-1]
    return f"{head}…{tail}" if head else cut(said[:-5], room, size, bold=bold) if tail else "…"
