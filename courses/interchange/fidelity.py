"""What each format keeps of an item, found out by writing (and reading again) an example of every type.

`python -m courses.interchange.fidelity --write` puts the table into docs/interchange.md; a test holds it there.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from courses.interchange import Loss, all_formats, read, write
from courses.interchange.comparison import differences
from courses.interchange.examples import EXAMPLES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "interchange.md"
BEGIN, END = "<!-- table: python -m courses.interchange.fidelity --write -->", "<!-- /table -->"

_OPTIONS = ("choice", "response")
ROWS: tuple[tuple[str, tuple[str, ...], str], ...] = (  # what, in items of these types, under these paths
    ("id", tuple(EXAMPLES), "id"),
    ("question (stem)", tuple(EXAMPLES), "stem"),
    ("points", tuple(EXAMPLES), "points"),
    ("domain", tuple(EXAMPLES), "domain"),
    ("difficulty, status, skill", tuple(EXAMPLES), "difficulty|status|skill"),
    ("options, and which are right", _OPTIONS, r"type|spec\.options\[\d+\]\.(text|correct)"),
    ("each option's rationale", _OPTIONS, r"spec\.options\[\d+\]\.rationale"),
    ("an option that keeps its place", _OPTIONS, r"spec\.options\[\d+\]\.fixed"),
    ("`.response`: all or nothing", ("response",), r"spec\.scoring"),
    ("`.number`: value, tolerance", ("number",), r"type|spec\.(value|tolerance)"),
    ("`.number`: unit", ("number",), r"spec\.unit"),
    ("`.text`: accepted forms", ("text",), r"type|spec\.accepted.*"),
    ("`.text`: compared as a command", ("text",), r"spec\.command"),
    ("rationale of a number or a text", ("number", "text"), r"spec\.rationale"),
    ("`.ordering`: steps", ("ordering",), r"type|spec\.steps\[\d+\]\.text"),
    ("`.ordering`: rationales of steps", ("ordering",), r"spec\.steps\[\d+\]\.rationale"),
    ("`.ordering`: distractors", ("ordering",), r"spec\.distractors"),
    (
        "`.matching`: prompts, answers, distractors",
        ("matching",),
        r"type|spec\.answers|spec\.prompts\[\d+\]\.(text|answer)",
    ),
    ("`.matching`: rationales", ("matching",), r"spec\.answers\.rationale|spec\.prompts\[\d+\]\.rationale"),
    ("`.matching`: titles of the columns", ("matching",), r"spec\.titles"),
    ("`.case`: scenario and questions together", ("case",), r"item|type|spec\.parts"),
    ("`.lab`", ("lab",), "item"),
)
WORDS = {"": "yes", "limited": "kept, unused", "changed": "changed", "lost": "no", "left out": "stub"}


def table() -> str:
    """Return the table in Markdown: a row for each thing that an item can say, a column for each format written."""
    written = [one for one in all_formats().values() if one.write]
    told = {one.name: {kind: _told(one.name, kind) for kind in EXAMPLES} for one in written}
    heads = [f"{one.title} {'↔' if one.read else '→'}" for one in written]
    lines = [f"| | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
    for what, kinds, pattern in ROWS:
        cells = [_verdict([loss for kind in kinds for loss in told[one.name][kind]], pattern, kinds) for one in written]
        lines.append(f"| {what} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _told(format: str, kind: str) -> list[Loss]:
    """Return the losses of an example on its way out, and where the format is read, back again."""
    example = EXAMPLES[kind]
    exported = write([example], format)
    losses = list(exported.losses)
    if all_formats()[format].read:
        imported = read(exported.content, f"x{all_formats()[format].suffixes[0]}", format)
        losses += imported.losses
        after = next(iter(imported.items), None)
        if untold := differences(example, after, losses):
            raise AssertionError(f"{format}, {kind}: {', '.join(untold)} differ and no loss report says so")
    return losses


def _verdict(losses: list[Loss], pattern: str, kinds: tuple[str, ...]) -> str:
    found = {loss.kind for loss in losses if re.fullmatch(pattern, loss.field)}
    if len(kinds) > 1:  # a lab's stub is told in a row of its own
        found.discard("left out")
    return WORDS[next((one for one in ("left out", "lost", "changed", "limited") if one in found), "")]


def page() -> str:
    """Return docs/interchange.md with the table as it is now."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(table())
