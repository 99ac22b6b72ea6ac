"""The excerpt of a document around what was looked for, in pieces: who shows them escapes each, and marks those that match."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

LENGTH: Final = 180
MOST_MATCHES: Final = 60


class Piece(NamedTuple):
    """A stretch of text, and whether it is one of the words."""

    text: str
    match: bool


def pieces(text: str, wanted: Iterable[str], *, length: int = LENGTH) -> list[Piece]:
    """Return the stretch of a text that has the most different words of those wanted, the first of such."""
    pattern = _pattern(tuple(sorted(wanted)))
    found = []
    for match in pattern.finditer(text) if pattern else ():
        found.append((match.start(), match.end(), match.group().lower()))
        if len(found) >= MOST_MATCHES:
            break
    begin = _begin(found, length)
    end = min(len(text), begin + length)
    if begin:
        begin = text.rfind(" ", 0, begin) + 1 or begin
    if end < len(text):
        end = text.rfind(" ", begin, end + 1) if " " in text[begin : end + 1] else end
    shown = _cut(text, begin, end, [one[:2] for one in found])
    return [*([Piece("… ", False)] if begin else []), *shown, *([Piece(" …", False)] if end < len(text) else [])]


def marked(text: str, wanted: Iterable[str]) -> list[Piece]:
    """Return a whole text in pieces."""
    pattern = _pattern(tuple(sorted(wanted)))
    return _cut(text, 0, len(text), [one.span() for one in pattern.finditer(text)] if pattern else [])


@lru_cache(maxsize=64)
def _pattern(wanted: tuple[str, ...]) -> re.Pattern[str] | None:
    if not wanted:
        return None
    longest_first = sorted(wanted, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, longest_first))})(?![^\W_])", re.IGNORECASE)


def _begin(found: list[tuple[int, int, str]], length: int) -> int:
    best, at = 0, 0
    for start, _, _ in found:
        inside = {word for s, e, word in found if s >= start and e <= start + length}
        if len(inside) > best:
            best, at = len(inside), start
    return max(0, at - length // 4) if best else 0


def _cut(text: str, begin: int, end: int, spans: Iterable[tuple[int, int]]) -> list[Piece]:
    cut, at = [], begin
    for start, stop in spans:
        if start < at or stop > end:
            continue
        cut += [Piece(text[at:start], False)] if start > at else []
        cut.append(Piece(text[start:stop], True))
        at = stop
    return [*cut, *([Piece(text[at:end], False)] if at < end else [])]
