"""What a lesson holds besides text: commands that run, drawings, words, facts, and where its files may be."""

from __future__ import annotations

import inspect
import re

import pytest

from courses.content import (
    catalog_lint,
    catalog_problems,
    lint_lessons,
    load_catalog,
    load_course,
    matches,
    whole_catalog,
)
from courses.content.blocks import read_blocks
from courses.content.catalog import _read
from courses.content.figures import TOKENS
from courses.content.items import source_lines
from courses.content.source import Problems
from labs.content import ContentError
from tests.courses.conftest import REPOSITORY, Catalog

DRAWING = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50" role="img" onmouseup-not="1">
<title>A box</title>
<defs><marker id="tip"><path d="M0 0L5 5"/></marker></defs>
<rect id="r" width="20" height="10" fill="var(--fig-blue, #d8e8fb)" marker-end="url(#tip)"/>
<text x="3" y="4" font-size="14">5 &lt; 6 &amp; more</text>
<use href="#r" x="30"/>
</svg>
""".replace(' onmouseup-not="1"', "")
GLOSSARY = """\
# Glossary

## Availability Zone {#az also="AZ, zone"}

One or more **data centres**. See [Region](glossary.md#region).

## Region {#region}

A place in the world.
"""
RUN = """\
---
title: The second lesson
minutes: 5
objectives: [Know the end]
as_of: 2026-11-20
---

## End

```json file=policy.json
{}
```

```sh run
NAME=$(aws sts get-caller-identity --query Account --output text)
```

```sh run fails
aws s3 ls s3://nobody-has-$NAME
```

```output
...NoSuchBucket...
```
"""


def problems(files: Catalog) -> list[str]:
    with pytest.raises(ContentError) as caught:
        load_course(files.course, **files.folders)
    return [str(one) for one in caught.value.problems]


def second(files: Catalog, old: str, new: str) -> None:
    files.write("lessons/second.md", RUN)
    files.replace("lessons/second.md", old, new)


# --- Commands --------------------------------------------------------------------------------------------------------


def test_the_blocks_of_a_lesson_are_known_with_what_they_print(files: Catalog) -> None:
    files.write("lessons/second.md", RUN)
    lesson = load_course(files.course, **files.folders).lessons[1]
    first, last = lesson.runnable.blocks
    assert (first.line, first.fails, first.expected) == (15, False, None)
    assert (last.line, last.fails, last.expected, last.expected_line) == (19, True, "...NoSuchBucket...", 23)
    assert lesson.runnable.files == (("policy.json", "{}\n"),)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("aws s3 ls s3", "aws s3 ls | grep s3", "second.md:19: courses.E061 "),
        ("$NAME", "$NAMES", "second.md:19: courses.E061 $NAMES has no value (write NAMES=$(aws …) before"),
        ("```sh run fails", "```sh run twice", "second.md:18: courses.E062 twice means nothing here"),
        ("```sh run fails", "```sh fails", "second.md:18: courses.E062 fails is for a block that runs"),
        ("```output", "Words.\n\n```output", "second.md:24: courses.E063 this output belongs to no block"),
        ("file=policy.json", "file=../policy.json", "second.md:10: courses.E064 ../policy.json is no name of a file"),
        (
            "```sh run\n",
            "```text file=policy.json\nx\n```\n\n```sh run\n",
            "courses.E064 the file policy.json is there",
        ),
    ],
)
def test_a_block_that_cannot_run_is_told(files: Catalog, old: str, new: str, told: str) -> None:
    second(files, old, new)
    assert any(told in one for one in problems(files)), problems(files)


@pytest.mark.parametrize(
    ("expected", "printed", "differs"),
    [
        ("a\nb", "a\nb\n", None),
        ("a\nb", "a \nb\n\n", None),
        ("vpc <id> is up", "vpc vpc-0a1 is up", None),
        ('"<id>",', '"vpc-0a1",', None),
        ("...", "", None),
        ("a\n...\nd", "a\nb\nc\nd", None),
        ("a\n...\nd\n...", "a\nd\nb\nd", None),
        ("took ... ms", "took 5.5 ms", None),
        ("vpc-1  available", "vpc-1\tavailable", None),
        ("a.c", "abc", (0, "abc")),
        ("a\nb", "a", (1, "")),
        ("a", "a\nb", (0, "b")),
        ("a\n...\nd", "a\nb\nc", (2, "b")),
        ("<id>", "two words", (0, "two words")),
    ],
)
def test_output_is_held_with_dots_and_places(expected: str, printed: str, differs: tuple[int, str] | None) -> None:
    assert matches(expected, printed) == differs


def test_many_dots_are_matched_in_no_time() -> None:
    # As a glob does, not as a regular expression would: this one has no end there.
    assert matches("...\n" * 40 + "z", "a\n" * 400) is not None


# --- Drawings --------------------------------------------------------------------------------------------------------


def draw(files: Catalog, svg: str, address: str = "../images/box.svg") -> None:
    files.write("images/box.svg", svg)
    files.replace("lessons/second.md", "Nothing asked here.", f"![A box]({address})")


@pytest.mark.parametrize("address", ["box.svg", "images/box.svg", "../images/box.svg", "../../images/box.svg"])
def test_a_drawing_is_made_safe_and_keeps_the_colours_of_the_page(files: Catalog, address: str) -> None:
    draw(files, DRAWING, address)
    figure = load_course(files.course, **files.folders).lessons[1].figures["box.svg"]
    assert (figure.width, figure.height) == (100, 50)
    assert 'fill="var(--fig-blue, #d8e8fb)"' in figure.svg
    assert 'id="fig-box-tip"' in figure.svg and 'marker-end="url(#fig-box-tip)"' in figure.svg
    assert '<use href="#fig-box-r"' in figure.svg
    assert "5 &lt; 6 &amp; more" in figure.svg
    assert "role" not in figure.svg


@pytest.mark.parametrize(
    ("inside", "told"),
    [
        ("<script>1</script>", "box.svg:6: courses.E016 the drawing holds <script>"),
        ("<style>a{}</style>", "the drawing holds <style>"),
        ("<foreignObject/>", "the drawing holds <foreignObject>"),
        ('<image href="x.png"/>', "the drawing holds <image>"),
        ('<a href="#x"><rect/></a>', "the drawing holds <a>"),
        ('<rect onclick="x()"/>', "the attribute onclick"),
        ('<rect style="fill:red"/>', "the attribute style (say it in attributes"),
        ('<use href="other.svg#x"/>', 'href="other.svg#x"'),
        ('<use xmlns:x="http://www.w3.org/1999/xlink" x:href="javascript:1"/>', 'href="javascript:1"'),
        ('<rect fill="url(http://x/#a)"/>', 'fill="url(http://x/#a)"'),
        ('<rect fill="url(#a) url(http://x)"/>', "all that a value may point at"),
        ('<rect fill="red;}"/>', "all that a value may point at"),
        ('<html:p xmlns:html="http://www.w3.org/1999/xhtml"/>', "the drawing holds <p>"),
        ("<?xml-stylesheet href='x'?>", "the drawing holds <?xml-stylesheet"),
        ("<rect>", "the drawing cannot be read"),
        ("<g>" * 31 + "</g>" * 31, "nested deeper than 30"),
        ('<rect id="a b"/>', 'id="a b"'),
    ],
)
def test_a_drawing_that_could_act_is_refused_with_its_own_line(files: Catalog, inside: str, told: str) -> None:
    draw(files, DRAWING.replace("<use ", f"{inside}<use "))
    assert any(told in one for one in problems(files)), problems(files)


@pytest.mark.parametrize(
    "svg",
    [
        '<!DOCTYPE svg [<!ENTITY a "b">]>' + DRAWING,
        DRAWING.replace("viewBox", "view"),
        DRAWING.replace('viewBox="0 0 100 50"', ""),
        "<p/>",
        "",
        "<svg>" + "<g/>" * 30_000,
    ],
)
def test_what_is_no_drawing_is_told(files: Catalog, svg: str) -> None:
    draw(files, svg)
    assert any("courses.E016" in one for one in problems(files))


def test_an_image_that_is_not_there_names_its_like(files: Catalog) -> None:
    draw(files, DRAWING, "bix.svg")
    assert "did you mean box.svg?" in problems(files)[0]


# --- Words, facts, other pages ---------------------------------------------------------------------------------------


def test_a_term_is_named_and_known(files: Catalog) -> None:
    (files.root / "glossary.md").write_text(GLOSSARY)
    files.replace("lessons/second.md", "Nothing asked here.", "In one [zone](../../glossary.md#az).")
    catalog = whole_catalog(files.root, **files.folders)
    assert [one.name for one in catalog.courses["buckets"].lessons[1].terms] == ["Availability Zone"]
    assert catalog.glossary["az"].also == ("AZ", "zone")
    files.replace("lessons/second.md", "#az", "#zone")
    assert "there is no such term" in problems(files)[0]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (" {#region}", "", "glossary.md:7: courses.E070 the term has no id"),
        ("{#region}", "{#az}", "courses.E070 the term az is there twice (it stands at line 3 already)"),
        ("A place in the world.", "", "glossary.md:7: courses.E071 the term region is not explained"),
    ],
)
def test_a_mistake_in_the_glossary_is_told(files: Catalog, old: str, new: str, told: str) -> None:
    (files.root / "glossary.md").write_text(GLOSSARY.replace(old, new))
    assert any(told in str(one) for one in catalog_problems(files.root, **files.folders))


def test_facts_are_found_with_their_days(files: Catalog) -> None:
    files.replace(
        "lessons/second.md",
        "Nothing asked here.",
        "100 buckets (as of 2026-11-20).\n\n> [!CHANGED] since 2023-04\n> It was other before.",
    )
    facts = load_course(files.course, **files.folders).lessons[1].facts
    assert [(one.kind, one.day, one.line) for one in facts] == [("as of", "2026-11-20", 10), ("since", "2023-04", 12)]
    assert facts[1].text == "It was other before."


def test_what_a_lesson_covers_must_be_in_the_inventory(files: Catalog) -> None:
    files.replace("lessons/second.md", "minutes: 5", "minutes: 5\ncovers: [S3-01, S3-02]")
    load_course(files.course, **files.folders)  # without a list there is nothing to hold it against
    (files.root / "inventory.yaml").write_text('S3-01: "Objects"\n')
    assert "lessons/second.md:4: courses.E065 the inventory has no S3-02 (did you mean S3-01?)" in problems(files)[0]
    (files.root / "inventory.yaml").write_text("S3: Objects\n")
    assert any("courses.E067" in str(one) for one in catalog_problems(files.root, **files.folders))


@pytest.mark.parametrize(
    ("named", "there"), [("first", True), ("third", False), ("second", False), ("none/first", False)]
)
def test_a_prerequisite_is_a_lesson(files: Catalog, named: str, there: bool) -> None:
    files.replace("lessons/second.md", "minutes: 5", f"minutes: 5\nprerequisites: [{named}]")
    if there:
        assert load_course(files.course, **files.folders).lessons[1].prerequisites == ("first",)
    else:
        assert "courses.E066" in problems(files)[0]


def test_a_course_may_be_folders_of_modules(files: Catalog) -> None:
    (files.course / "lessons/second.md").rename(files.course / "second.md")
    files.write("modules/02-later/module.yaml", "title: Later\nsummary: And then.\n")
    files.write("modules/02-later/01-third.md", (files.course / "second.md").read_text())
    files.write("modules/01-sooner/module.yaml", "title: Sooner\nlabs: [private-bucket-one-reader]\n")
    files.write("modules/01-sooner/02-second.md", (files.course / "second.md").read_text())
    files.replace("course.yaml", "[first, second]", "[first]")
    course = load_course(files.course, **files.folders)
    assert [(one.title, [lesson.slug for lesson in one.lessons]) for one in course.modules] == [
        ("First", ["first"]),
        ("Sooner", ["second"]),
        ("Later", ["third"]),
    ]
    files.write("modules/02-later/09-second.md", (files.course / "second.md").read_text())
    assert any("courses.E013 there are two lessons second" in one for one in problems(files))
    (files.course / "modules/01-sooner/module.yaml").unlink()
    assert any("courses.E031 the module has no module.yaml" in one for one in problems(files))


def test_courses_lead_to_each_other_and_stand_in_their_order(files: Catalog) -> None:
    for name, order in (("alpha", 20), ("beta", 10)):
        for path in ("course.yaml", "lessons/second.md"):
            target = files.root / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text((files.course / path).read_text())
        yaml = files.root / name / "course.yaml"
        yaml.write_text(yaml.read_text().replace("[first, second]", "[second]") + f"order: {order}\n")
    files.replace("lessons/second.md", "Nothing asked here.", "[There](/courses/alpha/second/), [all](/courses/beta/)")
    assert list(load_catalog(files.root, **files.folders)) == ["beta", "alpha", "buckets"]
    files.replace("lessons/second.md", "/courses/alpha/second/", "/courses/alpha/first/")
    told = [str(one) for one in catalog_problems(files.root, **files.folders)]
    assert "there is no such lesson" in told[0]
    files.replace("lessons/second.md", "/courses/alpha/first/", "/courses/alpha/second/")
    files.replace("course.yaml", "level:", "prerequisites: [gamma]\nlevel:")
    told = [str(one) for one in catalog_problems(files.root, **files.folders)]
    assert "courses.E066 there is no course gamma" in told[0]


def test_a_sheet_is_a_page_of_the_course(files: Catalog) -> None:
    files.write(
        "sheets/classes.md", "---\ntitle: Classes\nsummary: All of them.\nas_of: 2026-11\n---\n\n| a |\n|---|\n"
    )
    files.replace("lessons/second.md", "Nothing asked here.", "See [it](../sheets/classes.md).")
    assert [one.title for one in load_course(files.course, **files.folders).sheets] == ["Classes"]
    files.replace("lessons/second.md", "classes.md", "class.md")
    assert "did you mean classes?" in problems(files)[0]


# --- What the house asks ---------------------------------------------------------------------------------------------


def test_the_lint_says_what_a_lesson_lacks(files: Catalog) -> None:
    told = {one.id: str(one) for one in catalog_lint(files.root, **files.folders) if one.path.endswith("second.md")}
    assert set(told) == {"courses.W050", "courses.W051", "courses.W052"}
    assert "4 words to read; a lesson has 600 to 1400 (say more)" in told["courses.W050"]  # with the heading


def test_the_lint_counts_words_that_are_read(files: Catalog) -> None:
    files.replace(
        "lessons/second.md", "Nothing asked here.", "One [two](https://a.example/b) `three`.\n\n```\nno no\n```\n"
    )
    assert load_course(files.course, **files.folders).lessons[1].words == 4  # with the heading


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("> [!CHANGED]\n> x", "second.md:10: courses.W054"),
        (
            "[there](#nowhere)",
            "second.md:10: courses.W055 there is no heading #nowhere on this page (headings are end)",
        ),
        ("[there](#end)", ""),
        ("```\n[there](#nowhere)\n```", ""),
    ],
)
def test_the_lint_looks_at_the_text(files: Catalog, text: str, told: str) -> None:
    files.replace("lessons/second.md", "Nothing asked here.", text)
    found = [
        str(one) for one in catalog_lint(files.root, **files.folders) if one.id in ("courses.W054", "courses.W055")
    ]
    assert (told in found[0]) if told else found == []


def test_the_lint_sees_a_colour_that_does_not_follow_the_theme(files: Catalog) -> None:
    draw(files, DRAWING.replace('fill="var(--fig-blue, #d8e8fb)"', 'fill="#d8e8fb"'))
    told = [str(one) for one in catalog_lint(files.root, **files.folders) if one.id == "courses.W053"]
    assert "box.svg:4: the colour #d8e8fb does not follow the theme" in told[0]


def test_a_lesson_is_read_anew_only_where_it_changed(files: Catalog) -> None:
    before = load_course(files.course, **files.folders).lessons
    files.replace("lessons/second.md", "Nothing asked here.", "Something else.")
    after = load_course(files.course, **files.folders).lessons
    assert after[0] is before[0] and after[1] is not before[1]
    files.write("lessons/third.md", (files.course / "lessons/second.md").read_text())
    files.replace("course.yaml", "[first, second]", "[first, second, third]")
    assert load_course(files.course, **files.folders).lessons[0] is not before[0]  # it may now lead to another lesson
    assert len(_read) < 10_000


# --- The page for authors --------------------------------------------------------------------------------------------


def test_its_examples_are_read_without_a_mistake_and_it_names_every_colour() -> None:
    page = (REPOSITORY / "docs" / "lessons.md").read_text(encoding="utf-8")
    example = page.split("````markdown\n")[1].split("````")[0]
    found = Problems()
    lines = source_lines(example, path="lessons.md", first_line=1, problems=found)
    runnable = read_blocks(lines, "lessons.md", found)
    assert found == []
    assert [one.expected for one in runnable.blocks] == ["<vpc-id>  available"]
    assert all(f"`--fig-{name.removesuffix('-line')}`" in page for name in TOKENS)
    asked = {int(one) for one in re.findall(r"warn\((\d\d),", inspect.getsource(lint_lessons))} | {54, 55}
    assert all(f"`courses.W{number:03}`" in page for number in asked)


def test_every_colour_of_a_drawing_is_one_of_the_page() -> None:
    css = (REPOSITORY / "static" / "css" / "reader.css").read_text(encoding="utf-8")
    assert all(f"--fig-{name}: " in css for name in TOKENS)
    used = {
        name
        for file in (REPOSITORY / "courses" / "catalog").glob("*/images/*.svg")
        for name in re.findall(r"var\(--fig-([\w-]+)", file.read_text(encoding="utf-8"))
    }
    assert used and used <= set(TOKENS)
