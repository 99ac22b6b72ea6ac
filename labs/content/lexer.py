"""A lab.md cut into its parts: front matter, text, blocks of ours (`~~~kind …`) and task headings. No meaning yet.

A line that looks like a block of ours is never left in a text: where it cannot be one (indented, in a ``` block), it
is a mistake, so that no solution reaches a learner by an author's slip.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

KINDS = ("start", "check", "expect", "hint", "solution", "near-miss", "equivalent")

Report = Callable[[int, str, str, str], None]  # line, id, message, hint

_FENCE = re.compile(r"(~{3,})[ \t]*(.*?)[ \t]*$")
# What an author may have meant as a block of ours, wherever it stands: `  ~~~check`, `- ~~hint`, "```solution".
_SLIP = re.compile(rf"[\s>*+\-|0-9.)]*(?:~+|`{{3,}})[ \t]*({'|'.join(KINDS)})\b")
_STRAY = re.compile(r"[\s>*+\-|0-9.)]*~{3,}")
_CODE = re.compile(r"[ \t>]*(`{3,})([^`]*)$")
_TASK = re.compile(r"##[ \t]+(.*?)[ \t]*$")
_ATTRIBUTES = re.compile(r"^(.*?)[ \t]*\{([^{}]*)\}$")
_TOKEN = re.compile(r"""([A-Za-z][\w-]*)=(?:"([^"]*)"|'([^']*)'|(\S*))|"([^"]*)"|'([^']*)'|(\S+)""")


@dataclass
class Arguments:
    """What follows a block's kind or stands in a heading's braces: plain words, quoted texts, key=value."""

    words: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, text: str) -> Arguments:
        found = cls()
        for key, double, single, bare, quoted, quoted_too, word in _TOKEN.findall(text):
            if key:
                found.twice += [key] if key in found.values else []
                found.values[key] = double or single or bare
            elif word and not word.startswith(("'", '"')):
                found.words.append(word)
            else:
                found.texts.append(quoted or quoted_too or word.strip("'\""))
        return found


@dataclass
class Fence:
    """A block of ours. `line` is its fence's; its text begins on the next."""

    kind: str
    arguments: Arguments
    line: int
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass
class Section:
    """The introduction (title is None), or a task: its heading, its text for the learner, and its blocks."""

    line: int
    title: str | None = None
    attributes: Arguments | None = None
    lines: list[tuple[int, str]] = field(default_factory=list)
    fences: list[Fence] = field(default_factory=list)


@dataclass
class Parts:
    """A file in parts. `front_matter` begins on line 2; None where there is none."""

    front_matter: str | None
    sections: list[Section]


def cut(source: str, report: Report) -> Parts:
    """Cut a lab's source. Mistakes are reported, and what can be used is returned all the same."""
    lines = source.split("\n")
    front_matter, body = _front_matter(lines, report)
    reader = _Reader(report)
    for number in range(body, len(lines)):
        reader.line(number + 1, lines[number])
    reader.end()
    return Parts(front_matter, reader.sections)


def _front_matter(lines: list[str], report: Report) -> tuple[str | None, int]:
    if lines[0].rstrip() != "---":
        report(1, "labs.E002", "the front matter is missing", "begin the file with a line --- and `key: value` lines")
        return None, 0
    for number in range(1, len(lines)):
        if lines[number].rstrip() == "---":
            return "\n".join(lines[1:number]), number + 1
    report(1, "labs.E002", "the front matter is not closed", "write --- on a line of its own after it")
    return None, len(lines)


class _Reader:
    """Takes the body line by line."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.sections = [Section(line=1)]
        self.fence: Fence | None = None
        self.marker = ""
        self.code: tuple[int, str] | None = None  # line and marker of the ``` block that we are in

    def line(self, number: int, line: str) -> None:
        if self.fence is not None:
            self.in_fence(self.fence, number, line)
        elif self.code is not None:
            self.in_code(self.code, number, line)
        elif match := _FENCE.match(line):
            self.open(number, match[1], match[2])
        elif match := _SLIP.match(line):
            hint = f"write ~~~{match[1]} at the start of the line"
            self.report(number, "labs.E009", f"this is no {match[1]} block, and learners would see it", hint)
        elif match := _CODE.match(line):
            self.code = (number, match[1])
            self.text(number, line)
        elif _STRAY.match(line):
            self.report(number, "labs.E009", "~~~ cannot stand here", "write ordinary code with ```")
        elif match := _TASK.match(line):
            self.task(number, match[1])
        else:
            self.text(number, line)

    def in_fence(self, fence: Fence, number: int, line: str) -> None:
        match = _FENCE.match(line)
        if match and not match[2] and len(match[1]) >= len(self.marker):
            self.fence = None
        elif match and _kind(match[2]) in KINDS and len(match[1]) >= len(self.marker):
            self.report(
                fence.line, "labs.E007", f"the {fence.kind} block is not closed", f"write ~~~ before line {number}"
            )
            self.open(number, match[1], match[2])
        else:
            fence.lines.append(line)

    def in_code(self, code: tuple[int, str], number: int, line: str) -> None:
        if slip := _SLIP.match(line):
            hint = f"close the ``` block of line {code[0]} before it"
            self.report(number, "labs.E009", f"a {slip[1]} block cannot stand in a ``` block", hint)
            return
        match = _CODE.match(line)
        if match and not match[2].strip() and len(match[1]) >= len(code[1]):
            self.code = None
        self.text(number, line)

    def open(self, number: int, marker: str, info: str) -> None:
        kind = _kind(info)
        self.fence = Fence(kind, Arguments.read(info[len(kind) :]), number)
        self.marker = marker
        self.sections[-1].fences.append(self.fence)

    def task(self, number: int, heading: str) -> None:
        match = _ATTRIBUTES.match(heading)
        title, attributes = (match[1], match[2]) if match else (heading, None)
        arguments = None if attributes is None else Arguments.read(attributes)
        self.sections.append(Section(number, title, arguments))

    def text(self, number: int, line: str) -> None:
        self.sections[-1].lines.append((number, line))

    def end(self) -> None:
        if self.fence is not None:
            what = self.fence.kind or "~~~"
            self.report(self.fence.line, "labs.E007", f"the {what} block is not closed", "write ~~~ after it")
        if self.code is not None:
            self.report(self.code[0], "labs.E007", "the ``` block is not closed", "write ``` after it")


def _kind(info: str) -> str:
    match = re.match(r"[A-Za-z][\w-]*", info)
    return match[0] if match else ""
