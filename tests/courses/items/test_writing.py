"""What is written as Markdown reads as the equal item, whatever its texts are; or is refused with what is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.content import Item
from courses.content.items import Unwritable, canonical, parse_text, source_lines, write_item
from courses.content.source import Problems
from graders import items
from graders.items import (
    CaseSpec,
    ChoiceSpec,
    Entry,
    LabSpec,
    MatchingSpec,
    NumberSpec,
    Option,
    OrderingSpec,
    Part,
    ResponseSpec,
    TextSpec,
)

MANY = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def read(text: str) -> list[Any]:
    """Return what a text reads as. Problems are not looked at: an item may be written before it is right."""
    problems = Problems()
    lines = source_lines(text, path="x.md", first_line=1, problems=problems)
    return list(parse_text(lines, path="x.md", domains={}, problems=problems))


def hold(item: Item) -> str:
    """Hold that an item is written, and reads as what it is, among others too; return its Markdown."""
    text = write_item(item)
    wanted = replace(item, spec=canonical(item.id, item.type, item.spec))
    assert [replace(one, line=1) for one in read(text)] == [wanted]
    around = [one for one in read(f"Before.\n\n{text}\n{text}") if isinstance(one, Item)]
    assert [replace(one, line=1) for one in around] == [wanted, wanted]
    return text


# --- Items of any content --------------------------------------------------------------------------------------------

WORDS = [
    *(
        "S3",
        "a bucket",
        "`aws s3 ls | sort`",
        "\\|",
        "|",
        "\\",
        "*strong*",
        "{",
        "}",
        "{{ name }}",
        "#",
        "$",
        "~",
        "=",
        ":",
    ),
    *(
        "<br>",
        "\\<br>",
        "<b>",
        "&amp;",
        "<!-- last -->",
        "[ ]",
        "[x]",
        "1.",
        "- [x]",
        ">",
        "> x",
        "```",
        "~~~",
        "é",
        "±",
        '"',
    ),
    *(
        "(Select TWO.)",
        "{#id .choice}",
        "![x](y.svg)",
        "[^1]",
        "'",
        "%",
        "\t",
        "  ",
        "\u2028",
        "\u00a0",
        "-",
        "---",
        "|---|",
    ),
]
line = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join).map(str.strip).filter(bool)
block = (
    st.lists(st.one_of(line, line, line, st.just("")), min_size=1, max_size=4)
    .map("\n".join)
    .map(str.strip)
    .filter(bool)
)
why = st.one_of(st.just(""), block)
name = st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True)
decimal = st.decimals(min_value=-(10**6), max_value=10**6, places=3)


def options(count: int = 1) -> st.SearchStrategy[tuple[Option, ...]]:
    one = st.builds(Option, st.just(""), block, st.booleans(), why, st.booleans())
    return st.lists(one, min_size=count, max_size=5, unique_by=lambda one: one.text).map(tuple)


def entries(count: int) -> st.SearchStrategy[tuple[Entry, ...]]:
    one = st.builds(Entry, st.just(""), block, why)
    return st.lists(one, min_size=count, max_size=6, unique_by=lambda one: one.text).map(tuple)


@st.composite
def matchings(draw: Callable[[Any], Any]) -> MatchingSpec:
    prompts = [replace(one, id=f"p{at}") for at, one in enumerate(draw(entries(1)))]
    answers = [replace(one, id=f"a{at}") for at, one in enumerate(draw(entries(1)))]
    pairs = [(one.id, draw(st.sampled_from(answers)).id) for one in prompts]
    used = {answer for _, answer in pairs}
    answers = [replace(one, rationale="") if one.id in used else one for one in answers]
    titles = (draw(st.sampled_from(["", "Need", "a|b"])), draw(st.sampled_from(["", "Service"])))
    return MatchingSpec(tuple(prompts), tuple(answers), tuple(pairs), titles)


SPECS: dict[str, st.SearchStrategy[Any]] = {
    "choice": st.builds(ChoiceSpec, options()),
    "response": st.builds(ResponseSpec, options(2)),
    "ordering": st.builds(OrderingSpec, entries(1), st.one_of(st.just(()), entries(1))),
    "matching": matchings(),
    "number": st.builds(NumberSpec, decimal, decimal.map(abs), st.one_of(st.just(""), line), why),
    "text": st.builds(TextSpec, st.lists(line, min_size=1, max_size=3).map(tuple), st.booleans(), why),
    "lab": st.builds(LabSpec, st.from_regex(r"[a-z0-9]{1,9}(-[a-z0-9]{1,9})?", fullmatch=True), st.integers(1, 600)),
}
simple = st.one_of(*(st.tuples(st.just(kind), spec) for kind, spec in SPECS.items() if kind != "lab"))
part = st.builds(
    lambda name, stem, of, points: Part(name, *(of[0], stem, of[1]), points),
    name,
    block,
    simple,
    st.sampled_from([1.0, 2.5]),
)
SPECS["case"] = st.lists(part, min_size=1, max_size=3, unique_by=lambda one: one.id).map(
    lambda one: CaseSpec(tuple(one))
)


def item_of(kind: str, spec: Any, stem: str = "Which?", **more: Any) -> Item:
    return Item(
        id="q", type=kind, stem=stem, spec=spec, **({"domain": "", "points": 1.0, "path": "x.md", "line": 1} | more)
    )


@pytest.mark.parametrize("kind", sorted(items.all()))
def test_whatever_is_written_reads_as_the_equal_item(kind: str) -> None:
    written = 0

    @MANY
    @given(SPECS[kind], block)
    def hold_any(spec: Any, stem: str) -> None:
        nonlocal written
        item = item_of(kind, spec, stem)
        try:
            hold(item)
        except Unwritable as error:
            assert str(error).startswith("q: ") and str(error) != "q: "
        else:
            written += 1

    hold_any()
    assert written >= 10


# --- Items as authors and other formats have them: these are written, always ----------------------------------------

PLAIN = [
    "A bucket",
    "It has `a | b` in it",
    "Ends in a \\",
    "<br> and *stars*",
    "1. No list",
    "# no heading",
    "{#x .choice}",
]
plain = st.lists(st.sampled_from(PLAIN), min_size=1, max_size=3, unique=True).map(" and ".join).map("T {}".format)


@MANY
@given(
    plain, st.lists(plain, min_size=2, max_size=5, unique=True), st.lists(plain, min_size=5, max_size=5), st.booleans()
)
def test_usual_texts_are_never_refused(stem: str, texts: list[str], whys: list[str], fixed: bool) -> None:
    several = [f"{texts[0]}\n\n    code\n\n```sh\n- [ ] no option\n> no rationale\n```", *texts[1:]]
    chosen = tuple(
        Option("", text, at == 0, why, fixed and at == 1)
        for at, (text, why) in enumerate(zip(several, whys, strict=False))
    )
    listed = tuple(Entry(str(at), text, why) for at, (text, why) in enumerate(zip(several, whys, strict=False)))
    pairs = tuple((one.id, listed[0].id) for one in listed)
    unexplained = tuple(replace(one, rationale="") if at == 0 else one for at, one in enumerate(listed))
    for kind, spec in (
        ("choice", ChoiceSpec(chosen)),
        ("response", ResponseSpec(chosen)),
        ("ordering", OrderingSpec(listed[:1], listed[1:])),
        ("matching", MatchingSpec(listed, unexplained, pairs, ("Need", "Service"))),
        ("number", NumberSpec(Decimal("-1.50"), Decimal("0.25"), "GB | s", "\n\n".join(whys))),
        ("text", TextSpec(tuple(texts), rationale=whys[0])),
        (
            "case",
            CaseSpec(
                (Part("a", "choice", stem, ChoiceSpec(chosen)), Part("b", "text", stem, TextSpec((stem,)), 2.0, "d"))
            ),
        ),
    ):
        hold(item_of(kind, spec, f"{stem}\n\nMore."))


@pytest.mark.parametrize(
    "stem",
    [
        "| a | b |\n|---|---|\n| 1 | 2 |\n\nWhich?",
        "```json\n{}\n```\n\nWhich?",
        "Look.  \nWhich?",
        "- a list\n- of two\n\nWhich?",
        "1. first\n2. second",
        "> a quote",
        "# behind the marks of the item's own heading this is plain text",
    ],
)
def test_a_stem_may_begin_with_a_block(stem: str) -> None:
    hold(item_of("choice", ChoiceSpec((Option("", "a", True, "A"), Option("", "b", False, "B"))), stem))


@pytest.mark.parametrize(
    ("item", "lost"),
    [
        (item_of("choice", ChoiceSpec((Option("", "a\n> b", True),))), "the answer would read otherwise than it is"),
        (item_of("choice", ChoiceSpec((Option("", "a\n```", True),))), "a code fence in it is not closed"),
        (item_of("choice", ChoiceSpec((Option("", "", True),))), ""),
        (
            item_of("choice", ChoiceSpec((Option("", "a", True),)), stem="Which?\n\n## A heading"),
            "hold what would be read",
        ),
        (item_of("choice", ChoiceSpec((Option("", "a", True),)), stem="Which?\n\n- [x] this"), "the stem"),
        (item_of("choice", ChoiceSpec((Option("", "a", True),)), domain="two words"), "the domain"),
        (item_of("choice", ChoiceSpec((Option("", "a", True),)), points=1234.5), "the points"),
        (item_of("ordering", OrderingSpec((Entry("", "a"),)), stem="Order:\n\n1. this"), "the stem"),
        (item_of("number", NumberSpec(Decimal(1), Decimal(-1))), ""),
    ],
)
def test_what_markdown_cannot_say_is_refused_with_what_is_lost(item: Item, lost: str) -> None:
    with pytest.raises(Unwritable, match=f"^q: .*{lost}"):
        write_item(item)


def test_all_that_a_heading_says_is_written() -> None:
    spec = ChoiceSpec((Option("", "a", True, "A"), Option("", "b", False, "B", fixed=True)))
    text = hold(item_of("choice", spec, domain="secure", points=2.5, difficulty=0.65, status="pilot", skill="2.2.1"))
    assert text == (
        "### Which? {#q .choice domain=secure points=2.5 difficulty=0.65 status=pilot skill=2.2.1}\n"
        "\n- [x] a\n  > A\n- [ ] b <!-- last -->\n  > B\n"
    )
    assert (
        write_item(item_of("lab", LabSpec("a-lab", 25), "Do it."), level=2)
        == "## Do it. {#q .lab lab=a-lab minutes=25}\n"
    )


def test_the_examples_of_every_type_can_be_written() -> None:
    for kind, found in items.all().items():
        for spec in {example.spec: 0 for example in found.examples}:
            hold(item_of(kind, spec, "Which? (Select TWO.)"))
