"""A case: its heading and the scenario below it, then its questions, each an item with a deeper heading."""

from __future__ import annotations

from dataclasses import replace

from courses.content.items.headings import ANY_HEADING, item_heading
from courses.content.items.lines import Reader
from courses.content.items.types import canonical as canonical_of
from graders.items import CaseSpec, Part

HINT = "write its questions below it, each an item whose heading has one # more"


def begins(reader: Reader) -> bool:
    """The scenario goes on to the next heading."""
    return False


def read(reader: Reader) -> CaseSpec | None:
    """Read the questions that are here."""
    parts: list[Part] = []
    while _goes_on(reader, bool(parts)):
        line = reader.lines[reader.at].number
        item = reader.read_item()
        if item is None:
            continue
        if item.status != "live" or item.difficulty != 0.5 or item.skill:
            hint = "status, difficulty and skill stand in the heading of the case"
            reader.problem(22, f"the question {item.id} says what only the case can", hint, line=line)
        parts.append(Part(item.id, item.type, item.stem, item.spec, item.points, item.domain))
    return CaseSpec(tuple(parts)) if parts else None


def write(spec: CaseSpec) -> str:
    """Return nothing: the questions are written as items (courses.content.items.writing)."""
    return ""


def canonical(item_id: str, spec: CaseSpec) -> CaseSpec:
    """Return the spec, its questions as reading gives them."""
    return CaseSpec(tuple(replace(one, spec=canonical_of(one.id, one.type, one.spec)) for one in spec.parts))


def _goes_on(reader: Reader, begun: bool) -> bool:
    """Go to the next question of the case, if there is one; text before it belongs to none."""
    start = reader.at
    while reader.at < len(reader.lines) and not reader.matches(ANY_HEADING):
        reader.at += 1
    match = item_heading(reader)
    if match is None or len(match["marks"]) <= reader.level:
        reader.at = start
        return False
    between = next((one for one in reader.lines[start : reader.at] if one.text.strip()), None)
    if begun and between:
        hint = "write it below the question's heading, or above the first"
        reader.problem(34, "text stands between the questions of the case", hint, line=between.number)
    return True
