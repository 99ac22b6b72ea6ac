"""A numbered list, in the order that is right; below it, as `- [ ]`, what belongs to no place, each with `> why`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from courses.content.items.lines import Reader, written_entry
from courses.content.items.types import fresh_ids
from courses.content.items.types.choice import OPTION
from graders.items import Entry, OrderingSpec

HINT = "number its steps in the right order: 1. first, 2. second; below them - [ ] for what belongs nowhere, and > why"
_STEP = re.compile(r"^(?P<marker>\d{1,3}[.)][ \t]+)(?P<text>\S.*)$")


def begins(reader: Reader) -> bool:
    """Return whether a step, or a distractor, is here."""
    return bool(reader.matches(_STEP) or reader.matches(OPTION))


def read(reader: Reader) -> OrderingSpec | None:
    """Read the steps that are here, then the distractors."""
    steps: list[Entry] = []
    distractors: list[Entry] = []
    while match := reader.matches(_STEP):
        steps.append(Entry("", *reader.entry(match["text"], len(match["marker"]))))
        reader.past_blanks(_STEP)
    if not steps and not reader.matches(OPTION):
        return None
    reader.past_blanks(OPTION)
    while match := reader.matches(OPTION):
        if match["mark"] != " ":
            reader.problem(32, "a distractor of an ordering item is marked right", "write - [ ], or number it")
        distractors.append(Entry("", *reader.entry(match["text"], 2)))
        reader.past_blanks(OPTION)
    return canonical(reader.item, OrderingSpec(tuple(steps), tuple(distractors)))


def write(spec: OrderingSpec) -> str:
    """Return the steps and the distractors."""
    steps = "\n".join(written_entry(f"{at}. ", one.text, one.rationale) for at, one in enumerate(spec.steps, start=1))
    distractors = "\n".join(written_entry("- [ ] ", one.text, one.rationale) for one in spec.distractors)
    return "\n\n".join(one for one in (steps, distractors) if one)


def canonical(item_id: str, spec: OrderingSpec) -> OrderingSpec:
    """Return the spec with the ids that reading gives."""
    entries = _identified(item_id, spec.entries)
    return OrderingSpec(entries[: len(spec.steps)], entries[len(spec.steps) :])


def _identified(item_id: str, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    ids = fresh_ids(item_id, (one.text for one in entries))
    return tuple(replace(one, id=name) for one, name in zip(entries, ids, strict=True))
