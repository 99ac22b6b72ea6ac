"""Items in Markdown, each type."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from courses.content import Course, Item, load_course
from courses.content.items import parse_text, source_lines
from courses.content.source import Problems
from graders import items
from graders.items import ChoiceSpec, NumberSpec, ResponseSpec

from .conftest import Catalog


@pytest.fixture
def course(files: Catalog) -> Course:
    return load_course(files.course, **files.folders)


def only_item(text: str) -> Item:
    """Return the item of a text that has one and no mistake."""
    problems = Problems()
    lines = source_lines(text, path="x.md", first_line=1, problems=problems)
    segments = parse_text(lines, path="x.md", domains={}, problems=problems)
    assert problems == []
    [item] = [segment for segment in segments if isinstance(segment, Item)]
    return item


WRITTEN = {
    "choice": "### Q {#q .choice}\n\n- [x] a\n  > why a\n- [ ] b\n  > why b\n",
    "number": "### Q {#q .number}\n\n~~~answer\n1\n~~~\n> why\n",
    "response": "### Q (Select TWO.) {#q .response}\n\n- [x] a\n  > A\n- [x] b\n  > B\n- [ ] c\n  > C\n",
}


@pytest.mark.parametrize("kind", sorted(items.all()))
def test_every_item_type_can_be_written_in_markdown(kind: str) -> None:
    item = only_item(WRITTEN[kind])
    assert item.type == kind
    assert items.all()[kind].check(item.spec, item.stem) == []


def test_a_choice_has_its_options_with_their_rationales(course: Course) -> None:
    item = course.items["private"]
    assert isinstance(item.spec, ChoiceSpec)
    assert [(one.text, one.correct, one.rationale) for one in item.options] == [
        ("Block Public Access", True, "CANARY-WHY-RIGHT"),
        ("A longer name", False, "CANARY-WHY-WRONG"),
        ("Encryption", False, "CANARY-WHY-ALSO-WRONG"),
    ]
    assert (item.domain, item.points, item.line) == ("secure", 2.0, 17)


def test_a_stem_may_go_on_below_its_heading_and_an_option_over_lines(course: Course) -> None:
    item = course.items["deny"]
    assert isinstance(item.spec, ResponseSpec)
    assert item.stem == "Which two deny? (Select TWO.)\n\nThink of *policies*."
    assert [one.text for one in item.options] == ["An explicit deny", "An allow", "Silence,\nand nothing more"]
    assert [one.rationale for one in item.options] == ["CANARY-DENY", "CANARY-ALLOW", "CANARY-SILENCE"]


@pytest.mark.parametrize(
    ("written", "value", "tolerance", "unit"),
    [
        ("11", "11", "0", ""),
        ("99.99 ± 0.005 %", "99.99", "0.005", "%"),
        ("3.5±0.5 GB", "3.5", "0.5", "GB"),
        ("-3 +/- 1", "-3", "1", ""),
        ("10 +- 1 IP addresses", "10", "1", "IP addresses"),
        ("5 GB", "5", "0", "GB"),
    ],
)
def test_a_number_has_its_tolerance_and_unit(written: str, value: str, tolerance: str, unit: str) -> None:
    spec = only_item(f"### Q {{#q .number}}\n\n~~~answer\n{written}\n~~~\n\n> why\n> so\n").spec
    assert spec == NumberSpec(Decimal(value), Decimal(tolerance), unit, "why\nso")


def test_an_option_is_known_by_its_text_and_not_by_its_place() -> None:
    one = only_item(WRITTEN["choice"])
    other = only_item("### Q {#q .choice}\n\n- [ ] b\n  > why b\n- [x] a\n  > why a\n")
    assert {option.text: option.id for option in one.options} == {option.text: option.id for option in other.options}
    assert len({option.id for option in one.options}) == 2


def test_the_revision_follows_the_content_and_not_the_place(course: Course) -> None:
    item = course.items["private"]
    assert replace(item, line=99, path="elsewhere.md").revision == item.revision
    assert replace(item, stem="Another?").revision != item.revision
    first, *others = item.options
    assert replace(item, spec=ChoiceSpec((replace(first, rationale="else"), *others))).revision != item.revision


def test_the_text_after_the_options_is_the_lessons() -> None:
    item = only_item(WRITTEN["choice"] + "\nText goes on.\n")
    assert "goes on" not in str(item)


def test_a_printed_item_does_not_tell_its_key(course: Course) -> None:
    assert "CANARY" not in repr(course.items["private"])
