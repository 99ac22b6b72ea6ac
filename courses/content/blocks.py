"""The blocks of a lesson that are run: ```` ```sh run ````, what it is to print, and the files that it finds.

All runnable blocks of a page run in one shell, in the page's order: what the first sets, the second knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from courses.content.source import Problems
from labs.sandboxes.runner import shell

if TYPE_CHECKING:
    from courses.content.items import SourceLine

_FENCE = re.compile(r"^(?P<indent> *)(?P<marks>`{3,}|~{3,})[ \t]*(?P<language>[\w+#.-]*)[ \t]*(?P<rest>[^`]*)$")
_SHELL = ("sh", "bash", "shell")
_FILE = re.compile(r"(?:^|\s)file=(?P<name>\S+)")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,79}", re.ASCII)
_WORDS = {"run", "fails"}
_PIECE = re.compile(r"(?P<any>\.\.\.|…)|(?P<place><[^<>\s][^<>\n]*>)")
ALL_LINES = ("...", "…")  # alone on a line of expected output: any lines


@dataclass(frozen=True)
class RunBlock:
    """A block to run. `line` is where `text` begins; `expected` what it is to print, or None where nothing is said."""

    text: str
    line: int
    fails: bool = False
    expected: str | None = None
    expected_line: int = 0


@dataclass(frozen=True)
class Runnable:
    """What a lesson has to run: its blocks in order, and the files that they find beside them."""

    blocks: tuple[RunBlock, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Fence:
    language: str
    rest: str
    text: str
    line: int  # of its first mark


def read_blocks(lines: Sequence[SourceLine], path: str, problems: Problems) -> Runnable:
    """Return the runnable blocks of a lesson; what is wrong with them goes to `problems`."""
    blocks: list[RunBlock] = []
    files: dict[str, str] = {}
    known: set[str] = set()
    last = -1  # the place in `blocks` of a block that stood right before
    for fence in _fences(lines):
        if fence is None:
            last = -1
            continue
        words = set(fence.rest.split())
        file = _FILE.search(fence.rest)
        if fence.language in _SHELL and words & _WORDS:
            if unknown := words - _WORDS:
                hint = "write ```sh run, or ```sh run fails where it is meant to fail"
                problems.add(path, fence.line, 62, f"{', '.join(sorted(unknown))} means nothing here", hint)
            if "run" not in words:
                problems.add(path, fence.line, 62, "fails is for a block that runs", "write ```sh run fails")
            _hold_commands(fence, known, path, problems)
            last = len(blocks)
            blocks.append(RunBlock(fence.text, fence.line + 1, "fails" in words))
            continue
        if fence.language == "output":
            if last < 0:
                hint = "put it right below the block ```sh run whose output it is"
                problems.add(path, fence.line, 63, "this output belongs to no block", hint)
            else:
                blocks[last] = replace(blocks[last], expected=fence.text, expected_line=fence.line + 1)
        elif file and not _NAME.fullmatch(file["name"]):
            problems.add(path, fence.line, 64, f"{file['name']} is no name of a file", "a plain name, as policy.json")
        elif file and file["name"] in files:
            problems.add(path, fence.line, 64, f"the file {file['name']} is there twice", "give it another name")
        elif file:
            files[file["name"]] = fence.text + "\n"
        last = -1
    return Runnable(tuple(blocks), tuple(files.items()))


def _fences(lines: Sequence[SourceLine]) -> Iterator[_Fence | None]:
    """Yield each fenced block, and None for text that stands between two."""
    at = 0
    while at < len(lines):
        line = lines[at]
        opening = _FENCE.match(line.text) if line.fenced else None
        at += 1
        if opening is None:
            if line.text.strip():
                yield None
            continue
        inner: list[str] = []
        while at < len(lines) and lines[at].fenced:
            text = lines[at].text
            at += 1
            closing = _FENCE.match(text)
            if (
                closing
                and not closing["language"]
                and not closing["rest"]
                and closing["marks"].startswith(opening["marks"])
            ):
                break
            inner.append(text)
        indent = len(opening["indent"])
        body = "\n".join(one[min(indent, len(one) - len(one.lstrip(" "))) :] for one in inner)
        yield _Fence(opening["language"].lower(), opening["rest"], body, line.number)


def _hold_commands(fence: _Fence, known: set[str], path: str, problems: Problems) -> None:
    """Hold that the block says what every place that runs it understands: the page, and the proof (run_blocks)."""
    try:
        undefined = shell.undefined(shell.parse(fence.text, fence.line + 1), known)
    except shell.ShellError as error:
        hint = error.remedy or "leave run out, and it is only shown"
        problems.add(path, error.line, 61, error.message, hint)
        return
    if undefined:
        line, name = undefined
        problems.add(path, line, 61, f"${name} has no value", f"write {name}=$(aws …) before, in a block that runs")


def matches(expected: str, printed: str) -> tuple[int, str] | None:
    """Hold printed text against what was expected; return None, or (line of `expected` from 0, the text found there).

    `...` alone on a line stands for any lines; within one, for any text; `<vpc-id>` for a word of any kind. A tab, which
    the CLI writes between columns, is as good as two blanks.
    """
    want, have = _trimmed(expected), _trimmed(printed)
    return _matches(want, have)


def _trimmed(text: str) -> list[str]:
    return [line.rstrip().replace("\t", "  ") for line in text.strip("\n").rstrip().split("\n")]


def _matches(want: list[str], have: list[str]) -> tuple[int, str] | None:
    """Match line by line; where `...` gives a choice, the earliest place where the rest still fits (as a glob does)."""
    at_want = at_have = 0
    again: tuple[int, int] | None = None  # after the last `...`: (place in want, place in have to try next)
    furthest = (-1, 0)  # how much of what is wanted was found, and what stood in the place of the next line
    while at_have < len(have) or at_want < len(want):
        if at_want < len(want) and want[at_want].strip() in ALL_LINES:
            again = (at_want + 1, at_have)
            at_want += 1
            continue
        if at_want < len(want) and at_have < len(have) and pattern_of(want[at_want]).fullmatch(have[at_have]):
            at_want, at_have = at_want + 1, at_have + 1
            continue
        if at_want > furthest[0]:
            furthest = (at_want, at_have)
        if again is None or again[1] >= len(have):
            place, found = furthest
            return min(place, len(want) - 1), have[found] if found < len(have) else ""
        again = (again[0], again[1] + 1)
        at_want, at_have = again
    return None


def pattern_of(line: str) -> re.Pattern[str]:
    """Return what a line of expected output matches."""
    pattern, end = "", 0
    for piece in _PIECE.finditer(line):
        pattern += re.escape(line[end : piece.start()]) + (".*?" if piece["any"] else r"[^\s\"',]+")
        end = piece.end()
    return re.compile(pattern + re.escape(line[end:]))
