"""What differs between two texts: by lines, and by words within a line that was changed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Whoever wrote the texts may want us to be long about it: what a comparison costs grows with the square of these.
MOST_LINES = 3000
MOST_WORDS = 80  # of a line
MOST_PAIRS = 60  # of lines that are compared word by word
AROUND = 3  # lines that did not change, on each side of one that did
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class Row:
    """A line: "same", "out" or "in", its number in the old and the new text (0: not there), its pieces.

    A piece is (its text, whether it is what changed). "gap" stands for lines that are left out.
    """

    kind: str
    old: int
    new: int
    pieces: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class FileChange:
    """What differs in a file. `too_large`: they differ, and are too large to say where."""

    name: str
    rows: tuple[Row, ...]
    added: int
    removed: int
    too_large: bool = False


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[FileChange]:
    """Return the files that differ, by name."""
    names = sorted({*old, *new})
    return [_file(name, old.get(name, ""), new.get(name, "")) for name in names if old.get(name) != new.get(name)]


def _file(name: str, old: str, new: str) -> FileChange:
    before, after = old.split("\n"), new.split("\n")
    if max(len(before), len(after)) > MOST_LINES:
        return FileChange(name, (), len(after), len(before), too_large=True)
    rows = tuple(_rows(before, after))
    count = {kind: sum(row.kind == kind for row in rows) for kind in ("in", "out")}
    return FileChange(name, rows, count["in"], count["out"])


def _rows(before: list[str], after: list[str]) -> Iterator[Row]:
    end = 0
    for group in difflib.SequenceMatcher(None, before, after).get_grouped_opcodes(AROUND):
        if group[0][1] > end:
            yield Row("gap", 0, 0)
        for what, old, old_end, new, new_end in group:
            if what == "equal":
                for at in range(old_end - old):
                    yield Row("same", old + at + 1, new + at + 1, ((before[old + at], False),))
            else:
                yield from _changed(before[old:old_end], after[new:new_end], old + 1, new + 1)
        end = group[-1][2]
    if end and end < len(before):
        yield Row("gap", 0, 0)


def _changed(out: list[str], into: list[str], old: int, new: int) -> Iterator[Row]:
    pairs = [_words(a, b) for a, b in list(zip(out, into, strict=False))[:MOST_PAIRS]]
    for at, line in enumerate(out):
        yield Row("out", old + at, 0, pairs[at][0] if at < len(pairs) else ((line, True),))
    for at, line in enumerate(into):
        yield Row("in", 0, new + at, pairs[at][1] if at < len(pairs) else ((line, True),))


def _words(a: str, b: str) -> tuple[tuple[tuple[str, bool], ...], tuple[tuple[str, bool], ...]]:
    one, other = _WORDS.findall(a), _WORDS.findall(b)
    if max(len(one), len(other)) > MOST_WORDS:
        return ((a, True),), ((b, True),)
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    if matcher.ratio() < 0.3:  # two lines, not one that was changed
        return ((a, True),), ((b, True),)
    for what, i, i_end, j, j_end in matcher.get_opcodes():
        changed = what != "equal"
        left += [("".join(one[i:i_end]), changed)] if i_end > i else []
        right += [("".join(other[j:j_end]), changed)] if j_end > j else []
    return tuple(left), tuple(right)
