"""An item's heading: `### Stem {#id .type domain=secure points=2 difficulty=0.6 status=pilot skill=2.1}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from courses.content.items import types
from courses.content.items.lines import Reader
from courses.content.source import Problems, did_you_mean

_HEADING = re.compile(r"^(?P<marks>#{1,6})[ \t]+(?P<stem>.*?)[ \t]*\{(?P<attributes>[^{}]*)\}[ \t]*#*[ \t]*$")
_TYPE = re.compile(r"(^|\s)\.\w")
ANY_HEADING = re.compile(r"^#{1,6}[ \t]")
STATUSES: Final = ("draft", "pilot", "live", "retired")
_WORD = re.compile(r"^[A-Za-z0-9_-]+$")
KEYS = ("domain", "points", "difficulty", "status", "skill")


@dataclass(frozen=True)
class Heading:
    """What a heading says of its item. `others`: what only its type knows."""

    id: str
    type: str
    domain: str
    points: float
    difficulty: float
    status: str
    skill: str
    others: Mapping[str, str]


def item_heading(reader: Reader) -> re.Match[str] | None:
    """Return the heading that is here, if it is an item's: marks, stem, attributes."""
    match = reader.matches(_HEADING)
    return match if match and _TYPE.search(match["attributes"]) else None


def read_heading(
    match: re.Match[str], path: str, number: int, domains: Mapping[str, str], problems: Problems
) -> Heading:
    """Return what stands in the braces; what is wrong with it goes to `problems`."""
    name, kind, found = _words(match["attributes"], path, number, problems)
    domain, status = found.pop("domain", ""), found.pop("status", "live")
    if domain and domains and domain not in domains:
        problems.add(path, number, 28, f"the domain {domain} is not one of the course's", did_you_mean(domain, domains))
    if status not in STATUSES:
        problems.add(path, number, 22, f"status={status} is not known", did_you_mean(status, STATUSES))
    if kind == "case" and "points" in found:
        problems.add(path, number, 23, "a case has no points of its own", "give points= to its questions")
    points = _points(found.pop("points", "1"), path, number, problems)
    difficulty = _difficulty(found.pop("difficulty", "0.5"), path, number, problems)
    return Heading(name, kind, domain, points, difficulty, status, found.pop("skill", ""), found)


def written(level: int, stem: str, words: Mapping[str, str | float], name: str, kind: str) -> str:
    """Return a heading: `words` are its attributes, those that are empty left out."""
    others = [
        f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}"
        for key, value in words.items()
        if value != ""
    ]
    return " ".join(one for one in ("#" * level, stem, "{" + " ".join([f"#{name}", f".{kind}", *others]) + "}") if one)


def _words(text: str, path: str, number: int, problems: Problems) -> tuple[str, str, dict[str, str]]:
    """Return id, type and the other attributes of a heading's {…}."""
    name = kind = ""
    for word in text.split():
        if word.startswith(".") and not kind:
            kind = word[1:]
    known = types.all()
    keys = (*KEYS, *(known[kind].attributes if kind in known else ()))
    others: dict[str, str] = {}
    for word in text.split():
        key, equals, value = word.partition("=")
        if word.startswith("#") and not name and _WORD.match(word[1:]):
            name = word[1:]
        elif equals and key in keys and key not in others and value:
            others[key] = value
        elif word != f".{kind}":
            hint = did_you_mean(key, keys) if equals else "write {#id .type domain=… points=1}"
            problems.add(path, number, 22, f"{word} is not understood here", hint)
    if not name:
        problems.add(path, number, 20, "the item has no id", "write {#id .type}: the id is kept when the text changes")
    elif len(name) > 100:
        problems.add(path, number, 20, "the item's id is longer than 100 characters")
    if kind not in known:
        problems.add(path, number, 21, f"the item type .{kind} is not known", did_you_mean(kind, known))
    return name, kind, others


def _points(text: str, path: str, number: int, problems: Problems) -> float:
    if re.fullmatch(r"\d{1,3}(\.\d{1,2})?", text, re.ASCII) and float(text) > 0:
        return float(text)
    problems.add(path, number, 23, f"points={text} is not a number of points", "points=1")
    return 1.0


def _difficulty(text: str, path: str, number: int, problems: Problems) -> float:
    if re.fullmatch(r"0?\.\d{1,4}|1(\.0{1,4})?|0", text, re.ASCII):
        return float(text)
    hint = "the share of candidates whom you expect to be right: difficulty=0.6"
    problems.add(path, number, 23, f"difficulty={text} is not a share from 0 to 1", hint)
    return 0.5
