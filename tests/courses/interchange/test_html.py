"""HTML of others becomes Markdown that shows the same; our Markdown becomes XHTML that shows the same."""

from __future__ import annotations

import html
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.interchange import Losses
from courses.interchange.from_html import to_markdown
from courses.interchange.marks import arrow_guarded, arrow_unguarded, as_markdown, guarded, has_tags, unguarded
from courses.interchange.to_html import blocks, inline, plain
from courses.interchange.xmltree import element, parse, serialise
from labs.markdown import render

SETTINGS = settings(max_examples=150, deadline=None, derandomize=True, database=None)
MARKS = st.lists(
    st.sampled_from(
        [
            *"*_`\\[](){}<>#+-.!|&~=:1",
            "a",
            "b ",
            " ",
            "&lt;",
            "&#60;",
            "&gt;",
            "https://x.example",
            "a@b.c",
            "{#i}",
            "{: .c}",
            "- ",
            "1. ",
            "> ",
            "~~~",
            "---",
            "===",
            "[x] ",
            "!!! note",
            "[^1]",
            "*[A]: b",
            "{{ x }}",
            "__",
            "|---|",
            "->",
            "é",
        ]
    ),
    max_size=12,
).map("".join)


def words(shown: str) -> str:
    """The text that a reader sees of some HTML."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", shown)).split())


def markdown_of(text: str) -> tuple[str, list[str]]:
    losses = Losses()
    made = to_markdown(text, losses, "stem")
    return made, [one.why for one in losses]


@SETTINGS
@given(MARKS)
def test_plain_text_shows_as_it_stands(text: str) -> None:
    assert words(str(render(as_markdown(text)))) == " ".join(text.split())


@SETTINGS
@given(MARKS)
def test_the_text_of_html_shows_as_it_stands(text: str) -> None:
    made, why = markdown_of(f"<p>{html.escape(text)}</p>")
    assert words(str(render(made))) == " ".join(text.split())
    assert why == []


@SETTINGS
@given(MARKS)
def test_code_shows_as_it_stands(text: str) -> None:
    made, _ = markdown_of(f"<p>x <code>{html.escape(text)}</code></p>")
    assert words(str(render(made))) == " ".join(f"x {text}".split())


@SETTINGS
@given(MARKS)
def test_markdown_as_xhtml_shows_what_our_pages_show(text: str) -> None:
    text = as_markdown(text)
    tree = serialise(element("div", *blocks(text, Losses(), "stem")))
    assert " ".join(parse(tree, "x").text.split()) == words(str(render(text)))


@SETTINGS
@given(MARKS)
def test_what_is_guarded_comes_back_and_holds_no_tag(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not has_tags(guarded(text))
    assert arrow_unguarded(arrow_guarded(text)) == text
    assert "->" not in arrow_guarded(text)


def test_code_is_not_guarded() -> None:
    text = "a <b> `<c>` &lt;\n\n```\n<d>\n```\n<e>"
    assert guarded(text) == "a &lt;b> `<c>` &#60;\n\n```\n<d>\n```\n&lt;e>"


@pytest.mark.parametrize(
    ("given_html", "markdown"),
    [
        ("<p>a <b>bold</b>, <i>thin</i> and <code>x`y</code></p>", "a **bold**, *thin* and ``x`y``"),
        ("<p>one</p><p>two<br>three</p>", "one\n\ntwo\n\nthree"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
        ('<pre><code class="language-json">{\n "a": 1\n}</code></pre>', '```json\n{\n "a": 1\n}\n```'),
        ("<pre>a\n```\nb</pre>", "````\na\n```\nb\n````"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        (
            "<table><tr><th>A</th><td>b|c</td></tr><tr><td>x</td></tr></table>",
            "| A | b&#124;c |\n| --- | --- |\n| x |  |",
        ),
        ('<a href="https://docs.aws.amazon.com/x">the docs</a>', "[the docs](https://docs.aws.amazon.com/x)"),
        ("<p>1. first</p><p># no heading</p><p>- no list</p>", "1\\. first\n\n\\# no heading\n\n\\- no list"),
        ("<p>a &lt;bucket&gt; &amp;lt; b</p>", "a <bucket> &amp;lt; b"),
        ("<p>a &lt;!-- last --&gt;</p>", "a &lt;!-- last -->"),
        ("<span>just <font color=red>words</font></span>", "just words"),
        ("", ""),
    ],
)
def test_html_becomes_markdown(given_html: str, markdown: str) -> None:
    assert markdown_of(given_html) == (markdown, [])


@pytest.mark.parametrize(
    ("given_html", "markdown", "why"),
    [
        ("a<script>alert(1)</script>b", "ab", "<script> with all in it"),
        ("a<style>p{}</style>", "a", "<style> with all in it"),
        ('<iframe src="https://x.example">b</iframe>a', "a", "<iframe> with all in it"),
        ('<p onclick="x()">a</p>', "a", "on… attribute"),
        ('<a href="javascript:alert(1)">a</a>', "a", ""),
        ('<a href="../page">a</a>', "a", "the link to ../page"),
        ('<img src="x.png" alt="a [b]">', r"(image: a \[b])", "the image x.png"),
        ('<img src="data:image/png;base64,AAAA">', "", "the image data:image/png"),
        ("<h2>Hi</h2>", "**Hi**", "a heading became bold text"),
        ("H<sub>2</sub>O", "H2O", "lowered"),
        ("<blink>a</blink>", "a", "<blink> is not known"),
    ],
)
def test_what_cannot_be_said_is_told(given_html: str, markdown: str, why: str) -> None:
    made, told = markdown_of(given_html)
    assert made == markdown
    assert not why or any(why in one for one in told)
    assert "javascript" not in made


@pytest.mark.parametrize(
    "text",
    [
        "<" * 200000,
        "<div>" * 40000,
        "<a href='" + "x" * 190000,
        "<!--" * 50000,
        "<b>" * 2900,
        "<ul><li>" * 1400,
        "&" * 200000,
        "`" * 200000,
        "<p" * 100000,
        "*a " * 60000,
        "x" * 300000,
    ],
    ids=lambda text: text[:8],
)
def test_a_text_that_is_made_to_be_slow_is_not(text: str) -> None:
    begun = time.process_time()
    made, _ = markdown_of(text)
    guarded(made)
    assert (
        time.process_time() - begun < 5
    )  # of the processor's own time: a second where nothing is wrong, hours where it is


@pytest.mark.parametrize("text", ["[" * 100_000, "![" * 60_000, "> " * 3_000, "- " * 3_000], ids=lambda text: text[:4])
def test_markdown_that_is_made_to_be_slow_is_shown_as_typed(text: str) -> None:
    begun = time.process_time()
    assert blocks(text, Losses(), "stem")
    assert time.process_time() - begun < 10


def test_xhtml_is_of_what_every_program_shows() -> None:
    losses = Losses()
    text = "A *b* `<c>` &nbsp; [d](https://x.example/)\n- e\n  - f\n\n~~~sh\ng\n~~~\n\n| h | i |\n|---|:-:|\n| j | k |"
    text += "\n\n<script>"
    shown = serialise(element("div", *blocks(text, losses, "stem"))).decode()
    assert losses == []
    assert set(re.findall(r"<(\w+)", shown)) == {
        *("div", "p", "em", "code", "a", "ul", "li", "pre", "table", "thead", "tbody", "tr", "th", "td"),
    }
    assert "&lt;script&gt;" in shown
    assert "style=" not in shown
    assert serialise(element("b", *inline("one *two*", losses, "x"))).decode().endswith("<b>one <em>two</em></b>\n")
    assert plain("a **b**\n\n- c") == "a b c"


def test_images_and_links_of_ours_are_told() -> None:
    losses = Losses()
    blocks("![A bucket](/static/x.svg) and [a lesson](two.md)", losses, "stem")
    assert [(one.field, one.kind) for one in losses] == [("stem", "lost"), ("stem", "lost")]
