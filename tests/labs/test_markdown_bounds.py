"""What a lesson's text says besides CommonMark; and that no text, however hostile, takes long to render."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

from labs import markdown
from labs.markdown import render

ATTRIBUTE = r'[a-z-]+="[^"]*"'


def tidy(shown: str) -> str:
    """Return HTML with the attributes of each element by name: the sanitiser has them in any order."""

    def sort(tag: re.Match[str]) -> str:
        return f"<{tag[1]} {' '.join(sorted(re.findall(ATTRIBUTE, tag[2])))}>"

    return re.sub(r"<([a-z0-9]+) ([^<>]+)>", sort, shown)


def work(text: str) -> int:
    """Return how many calls it takes to render a text: what a clock would say, on any machine."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    markdown._render.cache_clear()
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        render(text)
    finally:
        sys.setprofile(before)
    return calls


HOSTILE = [
    "[",
    "![",
    "[a](",
    "[[",
    "](",
    "[a",
    "*",
    "_a",
    "`",
    "<",
    "&",
    "**a *b ",
    "[^a]",
    "[a][b]",
    '[a](b "',
    "(",
    "> ",
]
HOSTILE += ["*[a]: b\n", "*[a\n", "- ", "1. ", "|", "a {: ", "{{", "\\", "!!! note\n", "# a\n\n", "~~~\n", "a\n\n"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_twice_the_hostile_text_is_twice_the_work(piece: str) -> None:
    # A little more than that is let be: what is quadratic would be four times as much.
    assert work(piece * 800) < 3 * work(piece * 400) + 20_000


def test_nested_lists_are_no_deeper_than_people_write_them() -> None:
    def text(levels: int) -> str:
        return "\n".join(" " * (2 * level) + "- a" for level in range(levels))

    assert work(text(400)) < 3 * work(text(200)) + 20_000
    assert render(text(8)).count("<ul>") == 8


@pytest.mark.parametrize("piece", ["[", "![", "[a](", "[["])
def test_twenty_thousand_brackets_are_shown_as_typed(piece: str) -> None:
    assert render(piece * 20_000) == f"<p>{piece * 20_000}</p>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[a](b)", '<a href="b" rel="noopener">a</a>'),
        ('[a](<b c> "d  e")', '<a href="b c" rel="noopener" title="d e">a</a>'),
        ("[a](b 'c')", '<a href="b" rel="noopener" title="c">a</a>'),
        ("[a [b] c](d)", '<a href="d" rel="noopener">a [b] c</a>'),
        ("[a](b(c)d)", '<a href="b(c)d" rel="noopener">a</a>'),
        ("[a](b c)", "[a](b c)"),
        ("[a]\n\n[a]: b", '<a href="b" rel="noopener">a</a>'),
        ("[![x](y.png)](z)", '<a href="z" rel="noopener"><img src="y.png" alt="x"></a>'),
    ],
)
def test_links_that_people_write_are_links(text: str, shown: str) -> None:
    assert tidy(shown) in tidy(render(text))


def test_an_abbreviation_is_explained_wherever_it_stands() -> None:
    shown = render("EBS is a disk, and EBS2 is not.\n*[EBS]: Elastic Block Store")
    assert shown == '<p><abbr title="Elastic Block Store">EBS</abbr> is a disk, and EBS2 is not.</p>'


@pytest.mark.parametrize(
    ("info", "figure"),
    [
        ("sh run", '<figure class="code" data-run="sh" data-block="run"><figcaption>Shell<'),
        ("sh run fails", '<figure class="code" data-run="sh" data-block="fails"><figcaption>Shell<'),
        ("output", '<figure class="code" data-block="output"><figcaption>Output<'),
        ("json file=policy.json", '<figure class="code" data-file="policy.json"><figcaption>policy.json<'),
        ("json file=../x", '<figure class="code"><figcaption>JSON<'),
        ("python run", '<figure class="code"><figcaption>Python<'),
    ],
)
def test_a_block_says_what_a_lesson_does_with_it(info: str, figure: str) -> None:
    assert tidy(render(f"```{info}\nx\n```")).startswith(tidy(figure))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "> [!CHANGED] since 2023-04\n> Then.",
            'What changed since <time datetime="2023-04">April 2023</time></p>\n<p>Then.',
        ),
        ("> [!CHANGED]\n> Then.", '<div class="admonition changed">\n<p class="admonition-title">What changed</p>'),
        ("> [!CHANGED] since 2023-13\n> x", "since 2023-13</p>"),
        ("> [!EXAM]\n> x", '<div class="admonition exam">\n<p class="admonition-title">In the exam</p>'),
        ("> [!NOTE] Mind this\n> x", '<p class="admonition-title">Mind this</p>'),
    ],
)
def test_a_callout_says_since_when(text: str, shown: str) -> None:
    assert tidy(shown) in tidy(render(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "5 (as of 2026-11-20), and 6 (as of 2026-11).",
            '5 <time class="as-of" datetime="2026-11-20">as of 20 November 2026</time>, and ',
        ),
        (
            "**5** (as of 2026-11) x",
            '<strong>5</strong> <time class="as-of" datetime="2026-11">as of November 2026</time> x',
        ),
        ("`(as of 2026-11)`", "<code>(as of 2026-11)</code>"),
        ("(as of 2026-02-30)", "<p>(as of 2026-02-30)</p>"),
    ],
)
def test_a_fact_carries_its_day(text: str, shown: str) -> None:
    assert tidy(shown) in tidy(render(text))
