"""docs/items.md: its examples are items without a mistake, of every type, and it knows every mistake there is."""

from __future__ import annotations

import re
from pathlib import Path

from courses.content import Item
from courses.content.items import parse_text, source_lines
from courses.content.lint import lint
from courses.content.source import Problems
from graders import items
from skylab.pages.specimens import read

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "items.md").read_text(encoding="utf-8")


def test_its_examples_are_items_without_a_mistake_of_every_type() -> None:
    problems = Problems()
    text = "\n".join(re.findall(r"^```markdown\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
    lines = source_lines(text, path="items.md", first_line=1, problems=problems)
    labs = {path.parent.name for path in (ROOT / "labs" / "catalog").glob("*/lab.md")}
    found = parse_text(lines, path="items.md", domains={}, labs=labs, problems=problems)
    assert problems == []
    assert {one.type for one in found if isinstance(one, Item)} == set(items.all())
    assert lint(one for one in found if isinstance(one, Item)) == []
    headings = set(re.findall(r"^## (\w+)$", PAGE, re.MULTILINE))
    assert set(items.all()) <= headings


def test_it_knows_every_mistake_of_items() -> None:
    folder = ROOT / "courses" / "content"
    source = "".join(path.read_text(encoding="utf-8") for path in (folder / "items").rglob("*.py"))
    numbers = set(re.findall(r"problems\.add\([^,]+, [^,]+, (\d+),", source)) | set(
        re.findall(r"\.problem\((\d+),", source)
    )
    warnings = set(re.findall(r'"(courses\.W\d+)"', (folder / "lint.py").read_text(encoding="utf-8")))
    known = set(re.findall(r"`(courses\.[EW]\d+)`", PAGE))
    assert len(numbers) > 10 and len(warnings) == 4
    assert {f"courses.E{int(one):03}" for one in numbers} | warnings == known


def test_the_specimens_of_the_styleguide_are_without_a_mistake_and_of_every_type() -> None:
    found, problems = read()
    assert problems == []
    assert {one.type for one in found} == set(items.all())
    assert lint(found) == []
