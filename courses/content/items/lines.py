"""The lines of a Markdown text, and what types read of them: blocks below a marker, fences, quotes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from courses.content.source import Problems

if TYPE_CHECKING:
    from courses.content.model import Item

FENCE = re.compile(r"^[ \t>]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)$")
BELOW = re.compile(r"^( {2,}|\t)[ \t]*\S")  # indented, so it belongs to what is above
QUOTE = re.compile(r"^>")


@dataclass(frozen=True)
class SourceLine:
    """A line of a file. `fenced`: in a fence, its first and last line included; no heading or option stands there."""

    number: int
    text: str
    fenced: bool


def source_lines(text: str, *, path: str, first_line: int, problems: Problems) -> list[SourceLine]:
    """Return the lines of a Markdown text; a fence that is left open goes to `problems`."""
    lines: list[SourceLine] = []
    fence, opened = "", 0
    for number, line in enumerate(text.split("\n"), start=first_line):
        match = FENCE.match(line)
        lines.append(SourceLine(number, line, bool(match or fence)))
        if fence and match and not match["info"].strip() and match["fence"].startswith(fence):
            fence = ""
        elif match and not fence:
            fence, opened = match["fence"], number
    if fence:
        problems.add(path, opened, 17, "the fence that opens here is not closed", f"end it with a line of {fence}")
    return lines


@dataclass(frozen=True)
class Fence:
    """A fenced block: the words behind its first marks, and the lines in it."""

    words: tuple[str, ...]
    lines: tuple[str, ...]
    number: int


class Reader:
    """A place in the lines of a text, for the types: each reads on from it."""

    def __init__(
        self,
        lines: Sequence[SourceLine],
        *,
        path: str,
        problems: Problems,
        read_item: Callable[[], Item | None],
    ) -> None:
        self.lines, self.path, self.problems = lines, path, problems
        self.at = 0
        self.item = ""  # the id of the item that is read
        self.line = 0  # of its heading
        self.level = 0  # of its heading: how many #
        self.attributes: dict[str, str] = {}  # what its heading says besides
        self.read_item = read_item  # read the item whose heading is here, in full

    def problem(self, number: int, message: str, hint: str = "", *, line: int = 0) -> None:
        """Note a problem of the item at a line, or here."""
        here = self.lines[min(self.at, len(self.lines) - 1)].number
        self.problems.add(self.path, line or here, number, f"{self.item}: {message}", hint)

    @property
    def text(self) -> str:
        """Return the line that is here; after the last, an empty one."""
        return self.lines[self.at].text if self.at < len(self.lines) else ""

    def matches(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Return the match of the line that is here, unless it stands in a fence."""
        return None if self.at >= len(self.lines) or self.lines[self.at].fenced else pattern.match(self.text)

    def past_blanks(self, *goes_on: re.Pattern[str]) -> None:
        """Go to the next line that is not blank where one of the patterns matches it; else stay."""
        end = self.at
        while end < len(self.lines) and not self.lines[end].text.strip():
            end += 1
        if end < len(self.lines) and any(one.match(self.lines[end].text) for one in goes_on):
            self.at = end

    def entry(self, first: str, width: int) -> tuple[str, str]:
        """Read what stands below a marker of `width` columns: the rest of the text, then the rationale behind >."""
        text, rationale, fence = [first], list[str](), ""
        self.at += 1
        while True:
            start = self.at
            self.past_blanks(BELOW)
            if not BELOW.match(self.text) or self.at >= len(self.lines):
                self.at = start
                break
            (rationale if rationale else text).extend([""] * (self.at - start))
            if rationale or (not fence and self.text.strip().startswith(">")):
                rationale.append(unquoted(self.text.lstrip(" \t")))
            else:
                line = without_indent(self.text, width)
                fence = _fence_after(fence, line)
                text.append(line)
            self.at += 1
        return "\n".join(text).strip(), "\n".join(rationale).strip()

    def fence(self, word: str) -> Fence | None:
        """Read the fenced block that begins here, if `word` is the first behind its marks."""
        opening = FENCE.match(self.text)
        if self.at >= len(self.lines) or opening is None or opening["info"].split()[:1] != [word]:
            return None
        number, found = self.lines[self.at].number, list[str]()
        self.at += 1
        while self.at < len(self.lines) and self.lines[self.at].fenced:
            closing = FENCE.match(self.text)
            self.at += 1
            if closing and not closing["info"].strip() and closing["fence"].startswith(opening["fence"]):
                break
            found.append(self.lines[self.at - 1].text)
        return Fence(tuple(opening["info"].split()[1:]), tuple(found), number)

    def quote(self) -> str:
        """Read the > lines that follow here."""
        self.past_blanks(QUOTE)
        found = []
        while self.at < len(self.lines) and self.text.startswith(">"):
            found.append(unquoted(self.text))
            self.at += 1
        return "\n".join(found).strip()


def unquoted(line: str) -> str:
    """Return a line without the > that it begins with, if it does."""
    return line[1:].removeprefix(" ") if line.startswith(">") else line


def without_indent(line: str, width: int) -> str:
    """Return a line without its first `width` columns of blanks, or as many as it has."""
    if line.startswith("\t"):
        return line[1:]
    return line[min(width, len(line) - len(line.lstrip(" "))) :]


def indented(text: str, width: int) -> str:
    """Return a text with all its lines but the first indented; blank ones stay empty."""
    first, *others = text.split("\n")
    return "\n".join([first, *(" " * width + line if line.strip() else "" for line in others)])


def quoted(text: str, width: int = 0) -> str:
    """Return a text as > lines, or "" where there is none."""
    lines = text.split("\n") if text else []
    return "\n".join(" " * width + (f"> {line}" if line else ">") for line in lines)


def written_entry(marker: str, text: str, rationale: str, pin: str = "") -> str:
    """Return an entry below its marker, as `Reader.entry` reads it."""
    width = 2 if marker.startswith("-") else len(marker)
    first, newline, others = indented(text, width).partition("\n")
    return "\n".join(one for one in (f"{marker}{first}{pin}{newline}{others}", quoted(rationale, width)) if one)


def written_fence(info: str, lines: Sequence[str]) -> str:
    """Return a fenced block whose marks occur nowhere in it."""
    longest = max((len(match["fence"]) for line in lines if (match := FENCE.match(line))), default=2)
    marks = "~" * max(longest + 1, 3)
    return "\n".join([f"{marks}{info}", *lines, marks])


def _fence_after(fence: str, line: str) -> str:
    """Return the marks of the fence that is open after a line."""
    match = FENCE.match(line)
    if match is None or line.lstrip().startswith(">"):
        return fence
    if fence:
        return "" if not match["info"].strip() and match["fence"].startswith(fence) else fence
    return match["fence"]
