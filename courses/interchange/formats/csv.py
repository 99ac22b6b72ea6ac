"""CSV, both ways: a row for each item (and for each part of a case), for those who work in a spreadsheet.

Columns: id, type, case, domain, points, difficulty, status, skill, stem, unit, fixed, left, right, then for each option, step,
pair or accepted form a `text N`, a `key N` and a `why N`:

    type       text N             key N                                     why N
    choice     the option         x where it is right                       its rationale
    response   the option         x where it is right                       its rationale
    ordering   the step           its place; empty for a distractor         its rationale
    matching   the prompt         its answer; without a prompt, a distractor  its rationale
    number     the value          the tolerance                             the rationale
    text       the accepted form  `command` where it is one                 the rationale, in the first
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from courses.content.model import Item
from courses.interchange import limits
from courses.interchange.build import SANDBOX, STUB, Builder, Found, decimal_of, entries_of, matching_of, options_of
from courses.interchange.comparison import cleaned
from courses.interchange.limits import Unreadable, decoded
from courses.interchange.report import Exported, Imported, Losses
from graders.items import (
    CaseSpec,
    ChoiceSpec,
    LabSpec,
    MatchingSpec,
    NumberSpec,
    OrderingSpec,
    ResponseSpec,
    Spec,
    TextSpec,
)

TITLE = "CSV"
SUFFIXES = (".csv",)
COLUMNS = (
    "id",
    "type",
    "case",
    "domain",
    "points",
    "difficulty",
    "status",
    "skill",
    "stem",
    "unit",
    "fixed",
    "left",
    "right",
)

# A spreadsheet runs a cell that begins so. With an apostrophe before it, it is text (and a cell that began with
# apostrophes and such a character gets one more, so that reading takes off what writing put on).
_FORMULA = re.compile(r"^'*[\s\ufeff\u200b]*[=+\-@\t\r\n＝＋－＠]")
_ESCAPED = re.compile(r"^''*[\s\ufeff\u200b]*[=+\-@\t\r\n＝＋－＠]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TRUE = ("x", "1", "yes", "true", "right", "correct")
Row = dict[str, str]


def recognises(data: bytes, name: str) -> bool:
    """Whether the data are CSV with our columns."""
    first = data[:2000].decode("utf-8", "replace").lstrip("\ufeff").split("\n")[0].lower()
    return bool(re.search(r"\bstem\b", first) and re.search(r"\btype\b", first) and re.search(r"[,;\t]", first))


# --- Writing ----------------------------------------------------------------------------------------------------


def write(items: Sequence[Item]) -> Exported:
    """Return a table in UTF-8, with the mark that spreadsheets know it by."""
    losses, rows = Losses(), list[Row]()
    for item in items:
        losses.about(item.id, item.path, item.line)
        item = cleaned(item, _clean, losses, "control characters, or space at its ends, are left out")
        rows += _rows(item, losses)
    deepest = max((int(name.split()[1]) for row in rows for name in row if name.startswith("text ")), default=1)
    names = [*COLUMNS, *(f"{what} {n}" for n in range(1, deepest + 1) for what in ("text", "key", "why"))]
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(names)
    table.writerows([[guarded(row.get(name, "")) for name in names] for row in rows])
    return Exported("csv", out.getvalue().encode("utf-8-sig"), tuple(losses))


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Return what was guarded, as it was."""
    return cell[1:] if _ESCAPED.match(cell) else cell


def _clean(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _rows(item: Item, losses: Losses) -> list[Row]:
    row = {"id": item.id, "type": item.type, "domain": item.domain, "points": f"{item.points:g}", "stem": item.stem}
    row |= {"difficulty": f"{item.difficulty:g}", "status": item.status, "skill": item.skill}
    if isinstance(item.spec, LabSpec):
        losses.add("item", "left out", f"a lab needs a sandbox; its stem stands there with a note ({item.spec.lab})")
        return [row | {"stem": f"{item.stem}\n\n*{STUB}*"}]
    if not isinstance(item.spec, CaseSpec):
        return [row | _cells(item.spec)]
    rows = [row]
    for part in item.spec.parts:
        own = {"id": part.id, "type": part.type, "case": item.id, "domain": part.domain, "stem": part.stem}
        rows.append(own | {"points": f"{part.points:g}"} | _cells(part.spec))
    return rows


def _cells(spec: Spec) -> Row:
    lines: list[tuple[str, str, str]] = []
    row: Row = {}
    if isinstance(spec, ChoiceSpec | ResponseSpec):
        lines = [(one.text, "x" if one.correct else "", one.rationale) for one in spec.options]
        row["fixed"] = " ".join(str(at) for at, one in enumerate(spec.options, start=1) if one.fixed)
    elif isinstance(spec, OrderingSpec):
        lines = [(one.text, str(at), one.rationale) for at, one in enumerate(spec.steps, start=1)]
        lines += [(one.text, "", one.rationale) for one in spec.distractors]
    elif isinstance(spec, MatchingSpec):
        texts, right = {one.id: one.text for one in spec.answers}, dict(spec.pairs)
        lines = [(one.text, texts[right[one.id]], one.rationale) for one in spec.prompts]
        lines += [
            ("", one.text, one.rationale) for one in spec.answers if one.id not in right.values() or one.rationale
        ]
        row |= {"left": spec.titles[0], "right": spec.titles[1]}
    elif isinstance(spec, NumberSpec):
        lines = [(f"{spec.value:f}", f"{spec.tolerance:f}", spec.rationale)]
        row["unit"] = spec.unit
    elif isinstance(spec, TextSpec):
        key = "command" if spec.command else ""
        lines = [(one, key, "" if at else spec.rationale) for at, one in enumerate(spec.accepted)]
    for at, cells in enumerate(lines, start=1):
        row |= {f"{what} {at}": cell for what, cell in zip(("text", "key", "why"), cells, strict=True)}
    return row


# --- Reading ----------------------------------------------------------------------------------------------------


def read(data: bytes, name: str) -> Imported:
    """Return the items of a table. Raises Unreadable."""
    text = decoded(data, name)
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    builder = Builder("csv", name)
    try:
        names = [cell.strip().lower() for cell in next(table, [])]
        _check_head(names, name)
        line = table.line_num + 1
        for cells in table:
            if any(cell.strip() for cell in cells):
                _read_row(builder, dict(zip(names, (unguarded(cell) for cell in cells), strict=False)), line)
                if len(cells) > len(names) and any(cells[len(names) :]):
                    builder.losses.add(
                        "cells", "lost", f"the row has {len(cells)} cells, the table {len(names)} columns"
                    )
            line = table.line_num + 1
    except csv.Error as error:
        raise Unreadable(
            f"{name}:{table.line_num}: no CSV ({error}). Export the sheet again as CSV in UTF-8."
        ) from None
    return builder.imported()


def _check_head(names: Sequence[str], name: str) -> None:
    if len(names) > limits.COLUMNS:
        raise Unreadable(f"{name}:1: {len(names)} columns; {limits.COLUMNS} are taken.")
    missing = [one for one in ("type", "stem", "text 1") if one not in names]
    if missing:
        raise Unreadable(
            f"{name}:1: the column {missing[0]} is missing. The columns are {', '.join(COLUMNS)}, text 1, key 1, why 1 …"
        )
    doubled = next((one for one in names if one and names.count(one) > 1), None)
    if doubled:
        raise Unreadable(f"{name}:1: two columns are named {doubled}. Rename one.")


def _read_row(builder: Builder, row: Mapping[str, str], line: int) -> None:
    cell = {key: value.strip() for key, value in row.items()}
    kind, case = cell.get("type", "").lower(), cell.get("case", "")
    wanted = cell.get("id", "")
    place = [f"case:{case}", f"part:{wanted}"] if case else []
    item = builder.begin(wanted, cell.get("stem", "")[:50], line, place)
    found = Found(cell.get("stem", ""), id=wanted, points=cell.get("points", ""), line=line)
    found.tags = place + [f"{key}:{cell[key]}" for key in ("domain", "difficulty", "status", "skill") if cell.get(key)]
    if kind == "case":
        builder.begin_case(item, found)
        return
    if kind == "lab":
        found.tags.append(SANDBOX)
    elif kind not in _READERS:
        builder.leave_out(f"the type {kind[:40] or '(none)'} is not known: {', '.join(_READERS)}, case")
        return
    count = sum(1 for key in cell if re.fullmatch(r"text \d+", key))
    lines = [tuple(cell.get(f"{what} {n}", "") for what in ("text", "key", "why")) for n in range(1, count + 1)]
    lines = [one for one in lines if any(one)]
    if kind in _READERS:
        found.spec = _READERS[kind](lines, cell, builder)
        if found.spec is None:
            return
    builder.add(item, found)


def _options(lines: Any, cell: Mapping[str, str], builder: Builder) -> Spec | None:
    fixed = [f"fixed:{n}" for n in cell.get("fixed", "").split()]
    options = options_of([(text, key.lower() in _TRUE, why) for text, key, why in lines], fixed)
    right = sum(one.correct for one in options)
    if not right:
        builder.leave_out("no option is marked right: write x into its key")
        return None
    if (right == 1) == (cell["type"].lower() == "choice"):
        return ChoiceSpec(options) if right == 1 else ResponseSpec(options)
    builder.losses.add("type", "changed", f"{right} of its options are right")
    return ChoiceSpec(options) if right == 1 else ResponseSpec(options)


def _ordering(lines: Any, cell: Mapping[str, str], builder: Builder) -> Spec | None:
    placed = sorted(((key, text, why) for text, key, why in lines if key), key=lambda one: one[0].zfill(9))
    if [key for key, _, _ in placed] != sorted(
        (str(n) for n in range(1, len(placed) + 1)), key=lambda one: one.zfill(9)
    ):
        builder.leave_out("the keys of the steps are their places: 1, 2, 3 …")
        return None
    steps = [(text, why) for _, text, why in placed]
    entries = entries_of(steps + [(text, why) for text, key, why in lines if not key])
    return OrderingSpec(entries[: len(steps)], entries[len(steps) :])


def _matching(lines: Any, cell: Mapping[str, str], builder: Builder) -> Spec | None:
    if not all(key for _, key, _ in lines) or not any(text for text, _, _ in lines):
        builder.leave_out("the key of a prompt is its answer")
        return None
    titles = [f"{side}:{cell[side]}" for side in ("left", "right") if cell.get(side)]
    return matching_of(lines, titles)


def _number(lines: Any, cell: Mapping[str, str], builder: Builder) -> Spec | None:
    text, key, why = lines[0] if lines else ("", "", "")
    value, tolerance = decimal_of(text), decimal_of(key or "0")
    if value is None or tolerance is None or tolerance < 0:
        builder.leave_out(f"text 1 is the number and key 1 its tolerance: {text[:40]} ± {key[:40]}")
        return None
    return NumberSpec(value, tolerance, cell.get("unit", ""), why)


def _text(lines: Any, cell: Mapping[str, str], builder: Builder) -> Spec | None:
    if not lines:
        builder.leave_out("text 1 is the accepted form")
        return None
    why = "\n\n".join(why for _, _, why in lines if why)
    return TextSpec(tuple(text for text, _, _ in lines), any(key.lower() == "command" for _, key, _ in lines), why)


_READERS = {
    "choice": _options,
    "matching": _matching,
    "number": _number,
    "ordering": _ordering,
    "response": _options,
    "text": _text,
}
