"""What is written: QTI packages that hang together, Moodle XML and GIFT as Moodle takes them, and the report of all."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from courses.content.model import Item
from courses.interchange import KINDS, Unreadable, all_formats, read, write
from courses.interchange.build import SANDBOX
from courses.interchange.comparison import flat
from courses.interchange.examples import EXAMPLES
from courses.interchange.xmltree import Node, parse
from graders.items import NumberSpec, Option, OrderingSpec, ResponseSpec, TextSpec
from labs.markdown import render

from .strategies import items

VERSIONS = ["qti22", "qti30"]
WRITABLE = sorted(name for name, one in all_formats().items() if one.write)


def unpacked(written: list[Item], version: str) -> dict[str, Node]:
    content = write(written, version).content
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: parse(package.read(name), name) for name in package.namelist()}


def plain(tag: str) -> str:
    """A name of 3.0 as 2.2 has it."""
    first, *others = tag.removeprefix("qti-").split("-")
    return first + "".join(one.capitalize() for one in others)


def item_of(kind: str, version: str) -> Node:
    """The one item of a package, in the names of 2.2."""
    root = unpacked([EXAMPLES[kind]], version)[f"items/the-{kind}.xml"]
    nodes = [root, *root.walk()]
    for node in nodes:
        node.attributes = {plain(name): value for name, value in node.attributes.items()}
        node.tag = plain(node.tag)
    return root


def correct(root: Node) -> list[str]:
    return [one.text for response in root.walk("correctResponse") for one in response.walk("value")]


def one(root: Node, tag: str) -> Node:
    [found] = root.walk(tag)
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_every_file_of_a_package_is_in_its_manifest_and_the_other_way_round(version: str) -> None:
    files = unpacked(list(EXAMPLES.values()), version)
    manifest = files.pop("imsmanifest.xml")
    resources = manifest.all("resources")[0].all("resource")
    assert [one.get("href") for one in resources] == list(files)
    names = {one.get("identifier") for one in resources}
    assert len(names) == len(resources)
    for resource in resources:
        assert [file.get("href") for file in resource.all("file")] == [resource.get("href")]
        assert {one.get("identifierref") for one in resource.all("dependency")} <= names
    kinds = {one.get("type") for one in resources}
    assert kinds == {f"imsqti_{what}_xmlv{version[3]}p{version[4]}" for what in ("item", "stimulus")}


@pytest.mark.parametrize("version", VERSIONS)
def test_names_are_those_of_the_version(version: str) -> None:
    for root in unpacked(list(EXAMPLES.values()), version).values():
        if root.tag == "manifest":
            continue
        names = {node.tag for node in (root, *root.walk())}
        if version == "qti30":
            assert all(name.startswith("qti-") or name.islower() for name in names)
            assert root.tag in ("qti-assessment-item", "qti-assessment-stimulus")
        else:
            assert not any("-" in name for name in names)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["choice", "response"])
def test_options(kind: str, version: str) -> None:
    item = EXAMPLES[kind]
    root = item_of(kind, version)
    interaction = one(root, "choiceInteraction")
    choices = interaction.all("simpleChoice")
    assert [node.text for node in choices][1:] == ["A longer name", "An explicit deny", "None of these"]
    assert [node.get("fixed") for node in choices] == ["", "", "", "true"]
    right = [choices[at].get("identifier") for at, option in enumerate(item.options) if option.correct]
    assert correct(root) == right
    assert interaction.get("maxChoices") == str(len(right))
    assert one(root, "responseDeclaration").get("cardinality") == ("single" if kind == "choice" else "multiple")
    shown = {node.get("identifier"): node.text.strip() for node in root.walk("modalFeedback")}
    assert shown[choices[1].get("identifier")] == "Names are no secret."
    assert [node.text for node in root.walk("baseValue")] == ["2", "0"]


@pytest.mark.parametrize("version", VERSIONS)
def test_steps_and_pairs(version: str) -> None:
    root = item_of("ordering", version)
    texts = {node.get("identifier"): node.text for node in root.walk("simpleChoice")}
    assert [texts[name] for name in correct(root)] == ["Create a change set", "Review it", "Execute it"]
    assert "Delete the stack" in texts.values()
    assert one(root, "orderInteraction").get("maxChoices") == "3"
    root = item_of("matching", version)
    texts = {node.get("identifier"): node.text for node in root.walk("simpleAssociableChoice")}
    pairs = [tuple(texts[name] for name in pair.split()) for pair in correct(root)]
    assert pairs == [("Objects", "Amazon S3"), ("Files", "Amazon EFS"), ("A home page", "Amazon S3")]
    assert "Route 53" in texts.values()


@pytest.mark.parametrize("version", VERSIONS)
def test_numbers_and_words(version: str) -> None:
    root = item_of("number", version)
    assert correct(root) == ["99.950"]
    assert one(root, "equal").get("tolerance") == "0.01 0.01"
    assert one(root, "itemBody").all("p")[-1].text == " %"
    root = item_of("text", version)
    assert correct(root) == ["aws s3 ls"]
    assert [node.all("baseValue")[0].text for node in root.walk("stringMatch")] == ["aws s3 ls", "aws s3 ls *"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_case_is_a_stimulus_that_its_items_name(version: str) -> None:
    files = unpacked([EXAMPLES["case"]], version)
    stimulus = files["stimuli/the-case.xml"]
    assert "A shop moves to AWS." in stimulus.text
    assert list(stimulus.walk("table"))
    for name in ("items/the-case-the-case-a.xml", "items/the-case-the-case-b.xml"):
        [reference] = [node for node in files[name].walk() if plain(node.tag) == "assessmentStimulusRef"]
        assert reference.get("identifier") == stimulus.get("identifier")
        assert reference.get("href") == "../stimuli/the-case.xml"


def test_files_of_a_package_never_share_a_name() -> None:
    twin = replace(EXAMPLES["choice"], id="the-case-the-case-a")
    files = unpacked([twin, EXAMPLES["case"]], "qti22")
    assert len([name for name in files if name.startswith("items/the-case-the-case-a")]) == 2


@pytest.mark.parametrize("format", WRITABLE)
def test_a_lab_is_its_stem_with_a_note_and_is_told(format: str) -> None:
    exported = write([EXAMPLES["lab"]], format)
    [loss] = [one for one in exported.losses if one.field == "item"]
    assert (loss.item, loss.kind, loss.path, loss.line) == ("the-lab", "left out", "ours.md", 7)
    assert "needs a sandbox" in loss.why
    text = exported.content
    if format in VERSIONS:
        with zipfile.ZipFile(io.BytesIO(text)) as package:
            text = package.read("items/the-lab.xml")
    assert b"Close the bucket." in text
    assert b"requires a sandbox" in text.replace(SANDBOX.encode(), b"")


@pytest.mark.parametrize("format", WRITABLE)
def test_a_report_names_fields_that_an_item_has(format: str) -> None:
    for item in EXAMPLES.values():
        paths = flat(item)
        for loss in write([item], format).losses:
            assert loss.kind in KINDS
            assert loss.field.endswith((".scoring", "item")) or any(
                path == loss.field or path.startswith((f"{loss.field}.", f"{loss.field}[")) for path in paths
            ), loss


@pytest.mark.parametrize("format", WRITABLE)
def test_the_same_items_make_the_same_file(format: str) -> None:
    ours = list(EXAMPLES.values())
    assert write(ours, format).content == write(ours, format).content


@pytest.mark.parametrize("version", VERSIONS)
def test_any_item_makes_a_package_that_is_well_formed(version: str) -> None:
    @settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(items())
    def check(item: Item) -> None:
        files = unpacked([item], version)
        for root in files.values():
            texts = [node.text for node in root.walk() if plain(node.tag) == "value"]
            assert all(texts)

    check()


def test_moodle_gets_shares_that_it_knows() -> None:
    item = EXAMPLES["response"]
    root = parse(write([item], "moodle").content, "x")
    assert [node.get("fraction") for node in root.walk("answer")] == ["50", "-50", "50", "-50"]
    many = tuple(Option(str(n), str(n), n < 11, "w") for n in range(12))
    losses = write([replace(item, spec=ResponseSpec(many))], "moodle").losses
    assert any("Moodle knows no share of 9.09091 %" in one.why for one in losses)


def test_moodle_gets_our_markdown_without_tags_of_html() -> None:
    root = parse(write([EXAMPLES["choice"]], "moodle").content, "x")
    [text] = root.walk("questiontext")
    assert text.get("format") == "markdown"
    assert text.text.strip().startswith("Which keeps `arn:aws:s3:::<bucket>/*` private?")
    stem = "Is <b> a tag?"
    root = parse(write([replace(EXAMPLES["choice"], stem=stem)], "moodle").content, "x")
    assert next(root.walk("questiontext")).text.strip() == "Is &lt;b> a tag?"


def test_moodle_xml_in_html_shows_the_same_and_has_no_markdown() -> None:
    ours = [item for kind, item in EXAMPLES.items() if kind != "lab"]
    content = write(ours, "moodle_html").content
    assert not [node for node in parse(content, "x").walk() if node.get("format") == "markdown"]
    assert b"&lt;code&gt;arn:aws:s3:::&amp;lt;bucket&amp;gt;/*&lt;/code&gt;" in content
    back = {one.id: one for one in read(content, "x.xml").items}
    assert back.keys() == {one.id for one in ours}
    for item in ours:
        assert render(back[item.id].stem) == render(item.stem)
        assert [render(one.text) for one in back[item.id].options] == [render(one.text) for one in item.options]
        assert (back[item.id].type, back[item.id].points) == (item.type, item.points)


def test_gift_is_a_block_without_blank_lines_for_each_question() -> None:
    ours = [item for kind, item in EXAMPLES.items() if kind != "lab"]
    blocks = write(ours, "gift").content.decode().strip().split("\n\n")
    assert len(blocks) == len(ours) + 2  # a case is its text and its two questions
    assert all(block.startswith("// [id:") for block in blocks)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda item: replace(item, spec=TextSpec(("a->b", "c"), rationale="w")), "spec.accepted"),
        (lambda item: replace(item, spec=TextSpec(("a->b",), rationale="w")), "item"),
        (lambda item: replace(item, stem="a\x0bb"), "stem"),
    ],
)
def test_what_gift_cannot_say_is_told(change: Callable[[Item], Item], field: str) -> None:
    fields = [one.field for one in write([change(EXAMPLES["text"])], "gift").losses if one.kind != "limited"]
    assert field in fields


def test_characters_that_xml_cannot_hold_are_told() -> None:
    spec: Any = EXAMPLES["ordering"].spec
    changed = replace(spec, steps=(replace(spec.steps[0], text="a\x00b"), *spec.steps[1:]))
    losses = write([replace(EXAMPLES["ordering"], spec=changed, stem="a\x01b")], "moodle").losses
    assert {"stem", "spec.steps[0].text"} <= {one.field for one in losses if one.kind == "changed"}


@pytest.mark.parametrize("format", ["aiken", "qti12", "word"])
def test_what_is_not_written_is_refused(format: str) -> None:
    with pytest.raises(
        Unreadable, match=r"is not written. Those that are: csv, gift, moodle, moodle_html, qti22, qti30"
    ):
        write([EXAMPLES["choice"]], format)


def test_an_ordering_without_distractors_and_a_number_without_tolerance() -> None:
    ordering = replace(EXAMPLES["ordering"], spec=OrderingSpec(EXAMPLES["ordering"].spec.steps))  # type: ignore[union-attr]
    root = unpacked([ordering], "qti22")["items/the-ordering.xml"]
    assert "maxChoices" not in one(root, "orderInteraction").attributes
    number = replace(EXAMPLES["number"], spec=NumberSpec(Decimal(3)))
    root = unpacked([number], "qti22")["items/the-number.xml"]
    assert one(root, "equal").get("toleranceMode") == "exact"
