"""Options: `- [x] right`, `- [ ] wrong`, each with `> why` indented below it; `<!-- last -->` keeps one at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from courses.content.items.lines import Reader, written_entry
from courses.content.items.types import fresh_ids
from graders.items import ChoiceSpec, Option

HINT = "list its options: - [x] right, - [ ] wrong, each with > why, indented, below it"
OPTION = re.compile(r"^[-*][ \t]+\[(?P<mark>[ xX])\][ \t]+(?P<text>\S.*)$")
_PIN = re.compile(r"[ \t]*<!--[ \t]*last[ \t]*-->[ \t]*(?=\n|$)")


def begins(reader: Reader) -> bool:
    """Return whether an option is here."""
    return reader.matches(OPTION) is not None


def read(reader: Reader) -> ChoiceSpec | None:
    """Read the options that are here."""
    options = read_options(reader)
    return ChoiceSpec(options) if options else None


def write(spec: ChoiceSpec) -> str:
    """Return the options."""
    return write_options(spec.options)


def canonical(item_id: str, spec: ChoiceSpec) -> ChoiceSpec:
    """Return the spec with the ids that reading gives."""
    return ChoiceSpec(identified(item_id, spec.options))


def read_options(reader: Reader) -> tuple[Option, ...]:
    """Read a list of options, for choice and response alike."""
    found: list[Option] = []
    while match := reader.matches(OPTION):
        text, rationale = reader.entry(match["text"], 2)
        plain = _PIN.sub("", text, count=1)
        found.append(Option("", plain.strip(), match["mark"] != " ", rationale, fixed=plain != text))
        reader.past_blanks(OPTION)
    return identified(reader.item, found)


def write_options(options: Sequence[Option]) -> str:
    """Return a list of options."""
    return "\n".join(
        written_entry(
            f"- [{'x' if one.correct else ' '}] ", one.text, one.rationale, " <!-- last -->" if one.fixed else ""
        )
        for one in options
    )


def identified(item_id: str, options: Sequence[Option]) -> tuple[Option, ...]:
    """Return options with ids made of their texts."""
    ids = fresh_ids(item_id, (one.text for one in options))
    return tuple(replace(one, id=name) for one, name in zip(options, ids, strict=True))
