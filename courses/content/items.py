"""Items in Markdown: `### Stem {#id .type domain=… points=1}`, what else the stem says, then the options or the answer.

An item ends where its options (or its answer fence and the rationale under it) end: text after that is the lesson's.
This is the one place that knows how each type is written; what it is worth is known to graders.items.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from courses.content.model import Item, Text
from courses.content.source import Problems, did_you_mean
from graders import items
from graders.items import ChoiceSpec, NumberSpec, Option, ResponseSpec, Spec

_HEADING = re.compile(r"^#{1,6}[ \t]+(?P<stem>.*?)[ \t]*\{(?P<attributes>[^{}]*)\}[ \t]*#*[ \t]*$")
_ANY_HEADING = re.compile(r"^#{1,6}[ \t]")
_FENCE = re.compile(r"^[ \t>]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)$")
_OPTION = re.compile(r"^[-*][ \t]+\[(?P<mark>[ xX])\][ \t]+(?P<text>\S.*)$")
_BELOW = re.compile(r"^( {2,}|\t)\S")  # indented, so it belongs to the option above
_ANSWER = re.compile(r"^(?P<value>\S+?)\s*(?:(?:±|\+/?-)\s*(?P<tolerance>\d\S*))?(?:\s+(?P<unit>\S.*))?$")
_WORD = re.compile(r"^[A-Za-z0-9_-]+$")
_KEYS = ("domain", "points")


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
        match = _FENCE.match(line)
        lines.append(SourceLine(number, line, bool(match or fence)))
        if fence and match and not match["info"].strip() and match["fence"].startswith(fence):
            fence = ""
        elif match and not fence:
            fence, opened = match["fence"], number
    if fence:
        problems.add(path, opened, 17, "the fence that opens here is not closed", f"end it with a line of {fence}")
    return lines


def parse_text(
    lines: list[SourceLine], *, path: str, domains: Mapping[str, str], problems: Problems
) -> tuple[Text | Item, ...]:
    """Return the text and the items of a Markdown text, in order; what is wrong with them goes to `problems`."""
    segments: list[Text | Item] = []
    plain: list[SourceLine] = []

    def close() -> None:
        if any(line.text.strip() for line in plain):
            segments.append(Text("\n".join(line.text for line in plain), plain[0].number))
        plain.clear()

    at = 0
    while at < len(lines):
        line = lines[at]
        heading = None if line.fenced else _HEADING.match(line.text)
        if heading and re.search(r"(^|\s)\.\w", heading["attributes"]):
            close()
            item, at = _item(lines, at, heading, path, domains, problems)
            if item:
                segments.append(item)
            continue
        if not line.fenced and _OPTION.match(line.text) and (not plain or not _OPTION.match(plain[-1].text)):
            hint = "give its heading an id and a type, as in ### Which one? {#s3-which .choice}"
            problems.add(path, line.number, 27, "options stand here that belong to no item", hint)
        plain.append(line)
        at += 1
    close()
    return tuple(segments)


def _item(
    lines: list[SourceLine], at: int, heading: re.Match[str], path: str, domains: Mapping[str, str], problems: Problems
) -> tuple[Item | None, int]:
    """Return the item whose heading is line `at` (None if it cannot stand), and the line after it."""
    number = lines[at].number
    name, kind, attributes = _attributes(heading["attributes"], path, number, problems)
    stem = [heading["stem"]]
    at += 1
    while at < len(lines) and not _begins_answer(lines[at]):
        if not lines[at].fenced and _ANY_HEADING.match(lines[at].text):
            break
        stem.append(lines[at].text)
        at += 1
    spec, at = _BODIES.get(kind, _options_of(ChoiceSpec))(lines, at, name, path, problems)

    points = _points(attributes.get("points", "1"), path, number, problems)
    domain = attributes.get("domain", "")
    if domain and domains and domain not in domains:
        problems.add(path, number, 28, f"the domain {domain} is not one of the course's", did_you_mean(domain, domains))
    if not heading["stem"]:
        problems.add(path, number, 20, "the item asks nothing", "write the question between ### and {#…}")
    if spec is None:
        problems.add(path, number, 25, f"the item {name} has nothing to answer", _HINTS.get(kind, _HINTS["choice"]))
    if not name or kind not in _BODIES or spec is None:
        return None, at
    text = "\n".join(stem).strip()
    for sentence in items.all()[kind].check(spec, text):
        problems.add(path, number, 26, f"{name}: {sentence}")
    return Item(name, kind, text, spec, domain, points, path, number), at


def _attributes(text: str, path: str, number: int, problems: Problems) -> tuple[str, str, dict[str, str]]:
    """Return id, type and the other attributes of a heading's {…}."""
    name = kind = ""
    others: dict[str, str] = {}
    for word in text.split():
        key, equals, value = word.partition("=")
        if word.startswith("#") and not name and _WORD.match(word[1:]):
            name = word[1:]
        elif word.startswith(".") and not kind:
            kind = word[1:]
        elif equals and key in _KEYS and key not in others and value:
            others[key] = value
        else:
            hint = did_you_mean(key, _KEYS) if equals else "write {#id .type domain=… points=1}"
            problems.add(path, number, 22, f"{word} is not understood here", hint)
    if not name:
        problems.add(path, number, 20, "the item has no id", "write {#id .type}: the id is kept when the text changes")
    elif len(name) > 100:
        problems.add(path, number, 20, "the item's id is longer than 100 characters")
    if kind not in _BODIES:
        problems.add(path, number, 21, f"the item type .{kind} is not known", did_you_mean(kind, _BODIES))
    return name, kind, others


def _points(text: str, path: str, number: int, problems: Problems) -> float:
    if re.fullmatch(r"\d{1,3}(\.\d{1,2})?", text, re.ASCII) and float(text) > 0:
        return float(text)
    problems.add(path, number, 23, f"points={text} is not a number of points", "points=1")
    return 1.0


# --- What stands below the stem, by type ------------------------------------------------------------------------

_Body = Callable[[list[SourceLine], int, str, str, Problems], tuple[Spec | None, int]]


def _begins_answer(line: SourceLine) -> bool:
    fence = _FENCE.match(line.text)
    return bool(_OPTION.match(line.text) and not line.fenced) or bool(fence and fence["info"].strip() == "answer")


def _options_of(spec: type[ChoiceSpec] | type[ResponseSpec]) -> _Body:
    """Return the reader of `- [x] option` lists, each option with its `> rationale` indented below it."""

    def read(lines: list[SourceLine], at: int, name: str, path: str, problems: Problems) -> tuple[Spec | None, int]:
        found: list[Option] = []
        while at < len(lines) and (match := _OPTION.match(lines[at].text)) and not lines[at].fenced:
            text, rationale = [match["text"].strip()], list[str]()
            at = _after_blanks(lines, at + 1, _BELOW)
            while at < len(lines) and _BELOW.match(lines[at].text):
                inner = lines[at].text.strip()
                if inner.startswith(">"):
                    rationale.append(inner[1:].removeprefix(" "))
                else:
                    (rationale if rationale else text).append(inner)
                at = _after_blanks(lines, at + 1, _BELOW)
            at = _after_blanks(lines, at, _OPTION)
            words = "\n".join(text)
            # Not the author's order (a, b, c …): where the right option stands there must not be told by its id.
            option = hashlib.sha256(f"{name}\n{words}".encode()).hexdigest()[:10]
            found.append(Option(option, words, match["mark"] != " ", "\n".join(rationale).strip()))
        return (spec(tuple(found)) if found else None), at

    return read


def _number(lines: list[SourceLine], at: int, name: str, path: str, problems: Problems) -> tuple[Spec | None, int]:
    """Read an `answer` fence of one line, `VALUE [± TOLERANCE] [UNIT]`, with the `> rationale` below it."""
    if at >= len(lines) or not _begins_answer(lines[at]) or _OPTION.match(lines[at].text):
        return None, at
    number, answer = lines[at].number, list[str]()
    at += 1
    while at < len(lines) and lines[at].fenced:
        if (fence := _FENCE.match(lines[at].text)) and not fence["info"].strip():
            at += 1
            break
        answer.append(lines[at].text)
        at += 1
    rationale: list[str] = []
    at = _after_blanks(lines, at, re.compile(r"^>"))
    while at < len(lines) and lines[at].text.startswith(">"):
        rationale.append(lines[at].text[1:].removeprefix(" "))
        at += 1
    match = _ANSWER.match("\n".join(answer).strip())
    value, tolerance = (_decimal(match["value"]), _decimal(match["tolerance"] or "0")) if match else (None, None)
    if match is None or value is None or tolerance is None:
        problems.add(path, number, 25, "the answer is not a number", "one line, as 11 or 99.95 ± 0.01 %")
        return NumberSpec(Decimal(0), rationale="\n".join(rationale)), at
    if not rationale:
        hint = "write > and the reason below the answer fence"
        problems.add(path, number, 26, f"{name}: the answer has no rationale", hint)
    return NumberSpec(value, tolerance, match["unit"] or "", "\n".join(rationale).strip()), at


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"[+-]?\d{1,20}(\.\d{1,20})?", text, re.ASCII) else None


def _after_blanks(lines: list[SourceLine], at: int, goes_on: re.Pattern[str]) -> int:
    """Return the line after the blanks where one of the same kind follows them, else the line as it was."""
    end = at
    while end < len(lines) and not lines[end].text.strip():
        end += 1
    return end if end < len(lines) and goes_on.match(lines[end].text) else at


_BODIES: dict[str, _Body] = {
    "choice": _options_of(ChoiceSpec),
    "number": _number,
    "response": _options_of(ResponseSpec),
}
_HINTS = {
    "choice": "list its options: - [x] right, - [ ] wrong, each with > why, indented, below it",
    "number": "write a fence ~~~answer with the number, and > why below it",
}
