"""A table: prompts at the left, their answers at the right, if wanted why in a third column.

A row with nothing at the left is an answer that belongs nowhere. In a cell `\\|` is a bar, and `<br>` a new line.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from courses.content.items.lines import Reader
from courses.content.items.types import fresh_ids
from graders.items import Entry, MatchingSpec

HINT = (
    "write a table: | Need | Service |, then | --- | --- |, then a row for each pair; nothing at the left: a distractor"
)
_ROW = re.compile(r"^[ \t]{0,3}\|.*$")
_RULE = re.compile(r"^[ \t]{0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$")
_BAR = re.compile(r"(?<!\\)\|")
_BREAK = re.compile(r"(\\*)<br>")
_BROKEN = re.compile(r"(\\*)(\n|<br>)")


class _Row(NamedTuple):
    left: str
    right: str
    why: str
    line: int


def begins(reader: Reader) -> bool:
    """Return whether the first row of a table is here."""
    below = reader.at + 1
    return bool(reader.matches(_ROW)) and below < len(reader.lines) and bool(_RULE.match(reader.lines[below].text))


def read(reader: Reader) -> MatchingSpec | None:
    """Read the table that is here."""
    if not begins(reader):
        return None
    titles = _cells(reader.text)
    reader.at += 2
    rows: list[_Row] = []
    while reader.matches(_ROW):
        cells = _cells(reader.text)
        left, right, why = (*cells, "", "", "")[:3]
        if not 2 <= len(cells) <= 3:
            reader.problem(
                33, f"the row has {len(cells)} columns", "write two, or three with why; \\| for a bar in the text"
            )
        elif not right:
            reader.problem(33, f"the row of “{left}” has nothing at the right", "give it its answer, or take it away")
        else:
            rows.append(_Row(left, right, why, reader.lines[reader.at].number))
        reader.at += 1
    return _spec(reader, rows, (*titles, "", "")[:2])


def write(spec: MatchingSpec) -> str:
    """Return the table; with the third column if anything has a rationale."""
    pairs = dict(spec.pairs)
    texts = {one.id: one.text for one in spec.answers}
    rows = [(one.text, texts.get(pairs.get(one.id, ""), ""), one.rationale) for one in spec.prompts]
    used = set(pairs.values())
    rows += [("", one.text, one.rationale) for one in spec.answers if one.id not in used]
    width = 3 if any(why for _, _, why in rows) else 2
    head = (*spec.titles, "Why")[:width]
    return "\n".join(_row(one[:width]) for one in (head, ("---",) * 3, *rows))


def canonical(item_id: str, spec: MatchingSpec) -> MatchingSpec:
    """Return the spec with the ids that reading gives, its answers in the order of the prompts, distractors last."""
    pairs = dict(spec.pairs)
    by_id = {one.id: one for one in spec.answers}
    used = [by_id[pairs[one.id]] for one in spec.prompts if pairs.get(one.id) in by_id]
    answers = tuple(dict.fromkeys([*used, *spec.answers]))
    prompt_ids = fresh_ids(item_id, (one.text for one in spec.prompts))
    answer_ids = dict(zip((one.id for one in answers), fresh_ids(item_id, (one.text for one in answers)), strict=True))
    prompts = tuple(replace(one, id=name) for one, name in zip(spec.prompts, prompt_ids, strict=True))
    return MatchingSpec(
        prompts,
        tuple(replace(one, id=answer_ids[one.id]) for one in answers),
        tuple(
            (new.id, answer_ids[pairs[one.id]])
            for one, new in zip(spec.prompts, prompts, strict=True)
            if pairs.get(one.id) in answer_ids
        ),
        spec.titles,
    )


def _spec(reader: Reader, rows: list[_Row], titles: tuple[str, ...]) -> MatchingSpec:
    prompts: list[Entry] = []
    answers: dict[str, Entry] = {}
    pairs: list[tuple[str, str]] = []
    for left, right, why, _ in rows:
        if left:
            answer = answers.setdefault(right, Entry(f"a{len(answers)}", right))
            prompts.append(Entry(f"p{len(prompts)}", left, why))
            pairs.append((prompts[-1].id, answer.id))
    for left, right, why, line in rows:
        if not left and right in answers:
            reader.problem(
                33, f"“{right}” is a distractor and stands elsewhere too", "take one of the rows away", line=line
            )
        elif not left:
            answers[right] = Entry(f"a{len(answers)}", right, why)
    found = MatchingSpec(tuple(prompts), tuple(answers.values()), tuple(pairs), (titles[0], titles[1]))
    return canonical(reader.item, found)


def _cells(line: str) -> list[str]:
    """Return the cells of a row."""
    cells = _BAR.split(line.strip().removeprefix("|"))
    if len(cells) > 1 and not cells[-1].strip():
        cells.pop()  # what is behind the last bar
    return [_BREAK.sub(_unbroken, one.strip().replace("\\|", "|")) for one in cells]


def _unbroken(match: re.Match[str]) -> str:
    """Return what <br> with backslashes before it says: each two are one, and one that is left makes it plain text."""
    return "\\" * (len(match[1]) // 2) + ("<br>" if len(match[1]) % 2 else "\n")


def _broken(match: re.Match[str]) -> str:
    return match[1] * 2 + ("\\<br>" if match[2] == "<br>" else "<br>")


def _row(cells: tuple[str, ...]) -> str:
    written = (_BROKEN.sub(_broken, one).replace("|", "\\|") for one in cells)
    return "".join(f"| {one} " if one else "|  " for one in written) + "|"
