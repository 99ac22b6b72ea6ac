"""Markdown to HTML that is safe to put in a page: for lessons, items, lab guides and hints.

Authors' text passes three gates. Raw HTML is no HTML here: it is shown as typed. What Markdown makes of the text goes
through an allow-list (sanitise.py) that has no active content in it. And the page's CSP is the third.

What an author may write: CommonMark's headings, lists (nested by the width of their marker, as on any Git host),
quotes, emphasis, links and images; tables, footnotes, abbreviations, `> [!NOTE]` and `!!! note` callouts, fenced code.
A fence of `sh` is a command to run, and is marked so for the page's buttons:

    <figure class="code" data-run="sh"><figcaption>Shell</figcaption><pre tabindex="0"><code>…</code></pre></figure>

`sh run` is one that a lesson runs in the page (data-block="run"; with `fails` it is meant to fail), `output` what it is
to print, and `file=policy.json` behind any other language names a file that the commands below it find (data-file).
`> [!CHANGED] since 2023-04` and `(as of 2026-11-20)` say when something was so. All of it reads on any Git host.

Colours are Pygments' short class names on `span`; there is never a style attribute.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import count

import markdown
from django.utils.safestring import SafeString, mark_safe
from markdown.extensions.toc import slugify_unicode

from labs.markdown.blocks import BlocksExtension
from labs.markdown.bounds import BoundsExtension
from labs.markdown.sanitise import clean
from labs.markdown.shape import ShapeExtension

__all__ = ["ID_PREFIX", "render", "render_inline", "render_parts"]

ID_PREFIX = "text"  # before every id that a text makes: a heading "Tasks" must not pose as the page's #tasks
_PLACEHOLDER = re.compile(r"\{\{[ \t]*([A-Za-z_]\w*)[ \t]*\}\}")
# Control characters that mean nothing in text, and those that make a line read otherwise than it runs (Trojan Source).
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def render(
    text: str,
    *,
    values: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
    top: int = 2,
    prefix: str = ID_PREFIX,
) -> SafeString:
    """Return the HTML of a text.

    values: what each `{{ name }}` stands for, as plain text; a name that is not in it stays as written.
    links: where a link or image that is written so leads on the site.
    top: the level that the text's highest heading gets (2 below a page's title), the others following.
    prefix: comes before every id and in-text anchor, and must differ between texts of one page.
    """
    return render_parts([text], values=values, links=links, top=top, prefix=prefix)[0]


def render_inline(text: str, *, values: Mapping[str, str] | None = None, prefix: str = ID_PREFIX) -> SafeString:
    """Return the HTML of a text without its paragraph tags where it is a single paragraph: for labels and titles."""
    shown = render(text, values=values, prefix=prefix)
    if shown.startswith("<p>") and shown.endswith("</p>") and shown.count("<p>") == 1:
        return _safe(shown[3:-4])
    return shown


def render_parts(
    texts: Sequence[str],
    *,
    values: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
    top: int = 2,
    prefix: str = ID_PREFIX,
) -> list[SafeString]:
    """Return the HTML of each part of ONE text: footnotes, abbreviations and link names hold for all of its parts."""
    return list(
        _render(tuple(texts), tuple(sorted((values or {}).items())), tuple(sorted((links or {}).items())), top, prefix)
    )


@lru_cache(maxsize=2048)
def _render(
    texts: tuple[str, ...],
    values: tuple[tuple[str, str], ...],
    links: tuple[tuple[str, str], ...],
    top: int,
    prefix: str,
) -> tuple[SafeString, ...]:
    texts = tuple(_UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")) for text in texts)
    word = _unused_word("".join(texts))
    known = dict(values)
    names = list(known)

    def stand_in(match: re.Match[str]) -> str:
        # A word of letters goes unchanged through Markdown and through every lexer; the value takes its place after.
        return _letters(word, names.index(match[1])) if match[1] in known else match[0]

    seam = f"{word}seam"
    source = f"\n\n{seam}\n\n".join(_PLACEHOLDER.sub(stand_in, text) for text in texts)
    shown = _convert(source, dict(links), top)
    for index, name in enumerate(names):
        shown = shown.replace(_letters(word, index), html.escape(known[name]))
    parts = clean(shown, prefix).split(f"<p>{seam}</p>")
    if len(parts) != len(texts):  # a part that leaves a fence open has swallowed the next
        return tuple(part for text in texts for part in _render((text,), values, links, top, prefix))
    return tuple(_safe(part.strip()) for part in parts)


def _convert(source: str, links: Mapping[str, str], top: int) -> str:
    """Return Markdown's HTML, not yet sanitised."""
    converter = markdown.Markdown(
        extensions=[
            "abbr",
            "admonition",
            "attr_list",
            "footnotes",
            "sane_lists",
            "tables",
            "toc",
            BlocksExtension(),
            BoundsExtension(),
            ShapeExtension(links=links, top=top),
        ],
        extension_configs={
            "tables": {"use_align_attribute": True},
            "toc": {"marker": "", "slugify": slugify_unicode},
        },
    )
    # No raw HTML, not even to be cleaned: it is text.
    converter.preprocessors.deregister("html_block")
    converter.inlinePatterns.deregister("html")
    # Four spaces are a nested list to one reader and code to the next; code is in fences.
    converter.parser.blockprocessors.deregister("code")
    try:
        return converter.convert(source)
    except RecursionError:
        return f"<pre>{html.escape(source)}</pre>"


def _unused_word(text: str) -> str:
    """Return a word, of letters only, that the text does not hold."""
    return next(word for n in count() if (word := _letters("zq", n)) not in text)


def _letters(word: str, number: int) -> str:
    """Return the word with a number spelt in letters: a lexer would see two words where digits follow letters."""
    return word + "".join("abcdefghij"[int(digit)] for digit in str(number)) + "zq"


def _safe(shown: str) -> SafeString:
    return mark_safe(shown)  # noqa: S308 - has been through the allow-list
