"""Files of others: what becomes of each kind of question, and what the report says of the rest."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from courses.content.model import Item
from courses.interchange import Imported, Losses, Unreadable, all_formats, read, recognise
from courses.interchange.files import as_markdown
from courses.interchange.packages import pack
from graders.items import ChoiceSpec, MatchingSpec, NumberSpec, OrderingSpec, ResponseSpec, TextSpec

FIXTURES = Path(__file__).parent / "fixtures"
FILES = {"bank.moodle.xml": "moodle", "quiz.gift": "gift", "canvas.xml": "qti12", "quiz.aiken.txt": "aiken"}


def read_fixture(name: str) -> Imported:
    return read((FIXTURES / name).read_bytes(), name)


def by_id(imported: Imported) -> dict[str, Item]:
    return {one.id: one for one in imported.items}


def told(imported: Imported, item: str) -> dict[str, str]:
    """The report of an item: kind by field."""
    return {one.field: one.kind for one in imported.losses if one.item == item}


def options(item: Item) -> list[tuple[str, bool, str]]:
    return [(one.text, one.correct, one.rationale) for one in item.options]


def rows(item: Item) -> list[tuple[str, str]]:
    spec: Any = item.spec
    texts = {one.id: one.text for one in spec.answers}
    used = {answer for _, answer in spec.pairs}
    pairs = [(one.text, texts[answer]) for one, (_, answer) in zip(spec.prompts, spec.pairs, strict=True)]
    return pairs + [("", one.text) for one in spec.answers if one.id not in used]


@pytest.mark.parametrize("name", sorted(FILES))
def test_the_format_is_found_out_by_what_the_file_holds(name: str) -> None:
    assert recognise((FIXTURES / name).read_bytes(), "upload") == FILES[name]


@pytest.mark.parametrize("name", sorted(FILES))
def test_all_that_is_read_can_be_written_as_our_markdown(name: str) -> None:
    imported, losses = read_fixture(name), Losses()
    assert as_markdown(imported.items, losses)[1] == len(imported.items) > 0
    assert losses == []


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_loss_has_its_reason_and_its_place(name: str) -> None:
    imported = read_fixture(name)
    count = len((FIXTURES / name).read_text().splitlines())
    assert imported.losses
    for loss in imported.losses:
        assert loss.why
        assert loss.path == name
        assert 1 <= loss.line <= count


def test_moodle_choice() -> None:
    imported = read_fixture("bank.moodle.xml")
    item = by_id(imported)["Private-buckets"]
    assert (item.type, item.points, item.status, item.line) == ("choice", 2.0, "draft", 4)
    assert item.stem == "Which **one** keeps `acme` private?\n\n(image: A bucket)"
    assert options(item) == [
        ("An explicit *deny*", True, "Yes.\n\nA deny always wins."),
        (r"2 \* 3 \* 4 \[x]", False, ""),
        ("<b>", False, ""),
    ]
    assert told(imported, "Private-buckets") == {
        "stem": "lost",
        "scoring": "changed",
        "category": "lost",
        "incorrectfeedback": "lost",
        "hints": "lost",
        "file": "lost",
        "title": "lost",
        "spec.options[0].rationale": "changed",
        "tags": "lost",
    }
    assert any("script" in one.why for one in imported.losses)
    assert any("b.png" in one.why for one in imported.losses)


def test_moodle_response_and_truth() -> None:
    items = by_id(read_fixture("bank.moodle.xml"))
    assert items["two-of-three"].stem == "Pick two.\n\nBoth count. (Select TWO.)"
    assert options(items["two-of-three"]) == [("a", True, ""), ("b", True, ""), ("c", False, "")]
    assert isinstance(items["two-of-three"].spec, ResponseSpec)
    assert options(items["Sky"]) == [("True", False, "Look at night."), ("False", True, "")]


def test_moodle_numbers_words_pairs_and_steps() -> None:
    imported = read_fixture("bank.moodle.xml")
    items = by_id(imported)
    assert items["Pi"].spec == NumberSpec(Decimal("3.14"), Decimal("0.005"), "rad", "Near.")
    assert items["CLI"].spec == TextSpec(("aws s3 ls*", "2 * 3"))
    assert {"spec.accepted", "scoring"} <= told(imported, "CLI").keys()
    assert rows(items["Pairs"]) == [("Objects", r"S3\_\*x\*"), ("Blocks", "EBS"), ("", "SNS")]
    steps = items["Steps"].spec
    assert isinstance(steps, OrderingSpec)
    assert [(one.text, one.rationale) for one in steps.steps] == [("first", "It is."), ("second", "")]
    assert told(imported, "Essay") == told(imported, "Story") == {"item": "left out"}


def test_gift() -> None:
    imported = read_fixture("quiz.gift")
    items = by_id(imported)
    assert items["Who"].stem == "Who answers **first**?"
    assert options(items["Who"]) == [("S3", True, "Yes, by key."), ("EBS", False, ""), ("EFS", False, "Half.")]
    assert items["item-2"].stem == r"Two of these hold data \{really}. (Select TWO.)"
    assert [one.correct for one in items["item-2"].options] == [True, True, False]
    assert options(items["item-3"]) == [("True", False, "It is blue."), ("False", True, "Right.")]
    assert items["Range"].spec == NumberSpec(Decimal(3), Decimal(2))
    assert items["item-5"].spec == NumberSpec(Decimal(10), Decimal("0.5"), "", "Right.")
    assert (items["short-one"].status, items["short-one"].domain) == ("live", "secure")
    assert items["short-one"].spec == TextSpec(("no one",))
    assert rows(items["item-7"]) == [("one", "1"), ("two", "2"), ("", "3")]
    steps = items["Order"].spec
    assert isinstance(steps, OrderingSpec)
    assert [one.text for one in steps.steps] == ["first", "second = 2", "third"]
    assert items["item-9"].stem == r"A gap \_\_\_\_\_ within."
    left_out = [one.item for one in imported.losses if one.kind == "left out"]
    assert left_out == ["item-10", "item-11", "item-12", "item-13"]


def test_canvas() -> None:
    imported = read_fixture("canvas.xml")
    items = by_id(imported)
    assert items["q-choice"].stem == "Which is *object* storage?"
    assert items["q-choice"].points == 2.0
    assert options(items["q-choice"]) == [(r"Amazon S3 \*", True, "By key."), ("Amazon EBS", False, "Blocks.")]
    assert [one.correct for one in items["q-several"].options] == [True, True, False]
    assert rows(items["q-match"]) == [("Objects", "S3"), ("Blocks", "EBS"), ("", "SNS")]
    assert items["q-number"].spec == NumberSpec(Decimal(11), Decimal("0.5"))
    assert items["q-short"].spec == TextSpec(("S3", "Amazon S3"))
    order = items["q-order"].spec
    assert isinstance(order, OrderingSpec)
    assert [one.text for one in order.steps] == ["first", "second"]
    assert told(imported, "q-essay") == {"item": "left out"}
    assert told(imported, "") == {"selection": "lost"}


def test_a_canvas_package_is_its_files_in_the_order_of_the_manifest() -> None:
    text = (FIXTURES / "canvas.xml").read_text()
    other = text.replace('ident="q-', 'ident="z-')
    manifest = """<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"><resources>
        <resource identifier="r1" type="imsqti_xmlv1p2"><file href="b/b.xml"/></resource>
        <resource identifier="r2" type="imsqti_xmlv1p2"><file href="a/a.xml"/></resource></resources></manifest>"""
    package = pack(
        {
            "imsmanifest.xml": manifest.encode(),
            "a/a.xml": text.encode(),
            "a/assessment_meta.xml": b"<quiz><title>x</title></quiz>",
            "b/b.xml": other.encode(),
            "pictures/b.png": b"\x89PNG",
        }
    )
    imported = read(package, "quiz.zip")
    assert imported.format == "qti12"
    assert [one.id for one in imported.items][:2] == ["z-choice", "z-several"]
    assert imported.items[-1].id == "q-order"
    assert imported.items[-1].path == "quiz.zip!a/a.xml"


def test_aiken() -> None:
    imported = read_fixture("quiz.aiken.txt")
    first, second = imported.items
    assert (first.stem, first.line) == (r"What is 2 \* 3 \* 4?", 1)
    assert options(first) == [("9", False, ""), ("24", True, "")]
    assert second.stem == "Which one is\na service?"
    assert options(second)[0] == ("Amazon S3, for objects", True, "")
    assert [one.why for one in imported.losses] == ["ANSWER: C names none of its options (A, B)"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_with_few_columns_is_enough(delimiter: str) -> None:
    lines = [["type", "stem", "text 1", "key 1", "text 2", "key 2"], ["choice", "Which?", "'=a", "X", "b", ""]]
    imported = read("\r\n".join(delimiter.join(one) for one in lines).encode("utf-8-sig"), "items.csv")
    [item] = imported.items
    assert isinstance(item.spec, ChoiceSpec)
    assert options(item) == [("=a", True, ""), ("b", False, "")]
    assert item.status == "draft"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("choice,Q?,a,,b,", "no option is marked right"),
        ("number,Q?,many,,,", "text 1 is the number"),
        ("ordering,Q?,a,1,b,3", "the keys of the steps are their places"),
        ("matching,Q?,a,1,b,", "the key of a prompt is its answer"),
        ("essay,Q?,,,,", "the type essay is not known"),
        ("lab,Q?,,,,", "a lab's stub"),
        ("text,Q?,,,,", "text 1 is the accepted form"),
        ("case,Q?,,,,", "a case without a question"),
    ],
)
def test_a_row_that_is_no_item_is_told_with_its_line(row: str, why: str) -> None:
    imported = read(f"type,stem,text 1,key 1,text 2,key 2\n\n{row}\n".encode(), "items.csv")
    assert imported.items == ()
    [loss] = imported.losses
    assert (loss.kind, loss.line) == ("left out", 3)
    assert why in loss.why


def test_ids_are_unique_and_the_report_says_which_changed() -> None:
    text = "".join(f"// [id:{one}]\n::{one}:: {one}? {{=a ~b}}\n\n" for one in ("same", "same", "not an id"))
    imported = read(text.encode(), "x.gift")
    assert [one.id for one in imported.items] == ["same", "same-2", "not-an-id"]
    assert told(imported, "same") == {}
    assert told(imported, "same-2")["id"] == told(imported, "not-an-id")["id"] == "changed"


def test_a_matching_item_with_titles_of_ours_keeps_them() -> None:
    text = "// [tag:left:Need] [tag:right:Service]\n::m::[markdown]M {=a -> b =c -> d}\n"
    spec = read(text.encode(), "x.gift").items[0].spec
    assert isinstance(spec, MatchingSpec)
    assert spec.titles == ("Need", "Service")


@pytest.mark.parametrize("name", sorted(name for name, one in all_formats().items() if one.read))
def test_a_file_of_another_format_is_refused_with_what_to_do(name: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(b"Dear all,\n\nthis is a letter.\n", "letter.doc", name) if name not in ("gift", "aiken") else read(
            b"", "empty.txt", name
        )
    assert "--format" in str(refused.value) or ":1:" in str(refused.value)


def test_what_is_in_no_format_is_refused_with_those_that_are_read() -> None:
    with pytest.raises(
        Unreadable, match=r"in no format that is read here. Name it with --format: aiken, csv, gift, moodle"
    ):
        read(b"Dear all,\n\nthis is a letter.\n", "letter.doc")


def test_a_terminal_obeys_nothing_of_a_report() -> None:
    imported = read("::a\x1b[2J\u202eb:: Q\x1b[31m? {=a\x07 ~b}\n\nwords\x1b[0m\n".encode(), "x.gift")
    assert not any(one in loss.why for loss in imported.losses for one in "\x1b\x07\u202e")
    assert imported.items[0].stem == r"Q\[31m?"
