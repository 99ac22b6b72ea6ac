"""Options, several of them right; the stem says how many: "(Select TWO.)"."""

from __future__ import annotations

from courses.content.items.lines import Reader
from courses.content.items.types import choice
from graders.items import ResponseSpec

HINT = choice.HINT
begins = choice.begins


def read(reader: Reader) -> ResponseSpec | None:
    """Read the options that are here."""
    options = choice.read_options(reader)
    return ResponseSpec(options) if options else None


def write(spec: ResponseSpec) -> str:
    """Return the options."""
    return choice.write_options(spec.options)


def canonical(item_id: str, spec: ResponseSpec) -> ResponseSpec:
    """Return the spec with the ids that reading gives."""
    return ResponseSpec(choice.identified(item_id, spec.options))
