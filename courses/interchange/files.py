"""Our own Markdown files of items: read from any folder, linted, and written with a proof that they read as they were."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from courses.content.items import Unwritable, parse_text, source_lines, write_item
from courses.content.model import Item
from courses.content.source import Problems, read, split
from courses.interchange.report import Losses
from graders.items import ChoiceSpec, Option, ResponseSpec
from labs.content import Problem

# Words of an option that lean on the others' places, or on their being above it.
_LEANS = re.compile(
    r"\b(all|none|any|both|neither|either|two|most)\s+(of\s+)?(the\s+)?(above|below|others?|previous)\b"
    r"|\b(both|neither|either)\s+\(?[A-F]\)?\s+(and|nor|or)\s+\(?[A-F]\)?(?![\w-])"
    r"|\b(options?|answers?|choices?)\s+\(?[A-F1-6]\)?(?![\w-])",
    re.IGNORECASE,
)
_ENOUGH = 6  # choice items from which a habit can be told
_LONGEST_SHARE = 0.6


@dataclass(frozen=True)
class Files:
    """The items of some files, and all that is wrong with the files."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]


def read_files(paths: Sequence[Path]) -> Files:
    """Return the items of Markdown files, and of all below folders, in the order of their names."""
    problems, items = Problems(), list[Item]()
    for path in paths:
        found = sorted(path.rglob("*.md")) if path.is_dir() else [path]
        if not found:
            problems.add(
                str(path), 1, 1, "no Markdown file is in this folder", "name a file, or the folder of a course"
            )
        for file in found:
            items += _read_file(file, problems)
    seen: dict[str, Item] = {}
    for item in items:
        if item.id in seen:
            first = seen[item.id]
            hint = f"it stands at {first.path}:{first.line} too; give one of them another"
            problems.add(item.path, item.line, 24, f"the id {item.id} is used twice", hint)
        seen.setdefault(item.id, item)
    return Files(tuple(items), tuple(problems))


def _read_file(file: Path, problems: Problems) -> list[Item]:
    shown = str(file)
    source, first_line = read(file, shown, problems), 1
    if source.startswith("---\n"):
        _, source, first_line = split(source, shown, problems)
    lines = source_lines(source, path=shown, first_line=first_line, problems=problems)
    segments = parse_text(lines, path=shown, domains={}, problems=problems)
    return [one for one in segments if isinstance(one, Item)]


def lint(items: Sequence[Item]) -> list[Problem]:
    """Return warnings about what reading accepts and candidates see through: courses.W061 and W062."""
    found: list[Problem] = []
    longest: dict[str, list[bool]] = defaultdict(list)
    for item in items:
        spec = item.spec
        if not isinstance(spec, ChoiceSpec | ResponseSpec):
            continue
        for option in spec.options:
            if not option.fixed and _LEANS.search(option.text):
                hint = "write <!-- last --> behind it, or better say what is meant"
                message = f"{item.id}: “{option.text[:60]}” leans on the order, and options are shuffled"
                found.append(Problem(item.path, item.line, "courses.W061", message, hint))
        if isinstance(spec, ChoiceSpec):
            longest[item.path].append(_right_is_longest(spec.options))
    for path, told in longest.items():
        if len(told) >= _ENOUGH and sum(told) > _LONGEST_SHARE * len(told):
            message = f"in {sum(told)} of {len(told)} choice items the right option is the longest"
            found.append(Problem(path, 1, "courses.W062", message, "make wrong options as long, or right ones shorter"))
    return found


def _right_is_longest(options: Sequence[Option]) -> bool:
    right = max((len(one.text) for one in options if one.correct), default=0)
    return all(len(one.text) < right for one in options if not one.correct)


def as_markdown(items: Sequence[Item], losses: Losses) -> tuple[str, int]:
    """Return a file of the items, and how many stand in it. Those that our Markdown cannot say go to `losses`."""
    written = []
    for item in items:
        try:
            written.append(write_item(item))
        except Unwritable as error:
            losses.about(item.id, item.path, item.line)
            losses.add("item", "left out", str(error).removeprefix(f"{item.id}: "))
    return "\n".join(written), len(written)
