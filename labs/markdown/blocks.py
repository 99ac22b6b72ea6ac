"""Lists, quotes and fences as every Git host reads them, brought into the form that Python-Markdown reads.

Python-Markdown wants four spaces a level and a blank line before a list; authors indent by the width of the marker
(CommonMark 5.2), and put a list right under its sentence. Fences inside a list or a quote it does not see at all.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from labs.markdown.bounds import abbreviation

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[\w+#.-]*)(?P<rest>.*)$")
_ITEM = re.compile(r"^(?P<indent> *)(?P<marker>[-*+]|\d{1,9}[.)])(?P<space> +|$)(?P<text>.*)$")
_RULE = re.compile(r"^ *([-*_])( *\1){2,} *$")
_QUOTE = re.compile(r"^ {0,3}> ?")
_OWNER = re.compile(r"^(!!! .*|\[\^[^\]]+\]:.*)$")  # what is indented by four below it belongs to it
_DEEPEST = 16
_RUN = {"sh", "bash", "shell"}
_FILE = re.compile(r"(?:^|\s)file=(?P<name>[A-Za-z0-9][\w.-]{0,79})(?=\s|$)", re.ASCII)
_LABELS = {
    "": "Text",
    "bash": "Shell",
    "console": "Console",
    "hcl": "Terraform",
    "json": "JSON",
    "output": "Output",
    "python": "Python",
    "sh": "Shell",
    "shell": "Shell",
    "terraform": "Terraform",
    "text": "Text",
    "yaml": "YAML",
}


class BlocksExtension(Extension):
    """Put the preprocessor after the one that normalises line ends (30)."""

    def extendMarkdown(self, md: Markdown) -> None:
        md.preprocessors.register(Blocks(md), "skylab_blocks", 25)


class Blocks(Preprocessor):
    """Take the fences out, and bring lists to four spaces a level."""

    def run(self, lines: list[str]) -> list[str]:
        return list(self._blocks([line.expandtabs(4) for line in lines], depth=0))

    def _blocks(self, lines: list[str], depth: int) -> Iterator[str]:
        open_items: list[int] = []  # the column at which the text of each open list item begins
        last = ""  # the line before: "" blank, "item", or "text"
        loose = False  # whether a blank line came within the open list
        at = 0
        while at < len(lines):
            line = lines[at]
            column = len(line) - len(line.lstrip(" "))
            if not line.strip():
                yield ""
                last, loose, at = "", bool(open_items), at + 1
                continue

            item = None if _RULE.match(line) else _ITEM.match(line)
            fence = _opening(line)
            before = len(open_items)
            if item or fence or last == "":  # any other line goes on with the paragraph above it, however indented
                while open_items and column < open_items[-1]:
                    open_items.pop()
            margin = "    " * len(open_items)

            if fence:
                code, at = _until_closed(lines, at + 1, fence)
                yield from ("", margin + self._stash(fence["language"].lower(), fence["rest"], code), "", "")
                last = ""
            elif item:
                same_list = len(open_items) < before
                if last == "text" and (loose if same_list else item["marker"] in ("-", "*", "+", "1.", "1)")):
                    yield ""
                yield f"{margin}{item['marker'].replace(')', '.')} {item['text']}".rstrip()
                space = len(item["space"])
                column = item.end("marker") + (space if 1 <= space <= 4 else 1)
                if len(open_items) < _DEEPEST:
                    open_items.append(column)
                else:  # nobody nests so deep; each level costs as much as all above it
                    open_items[-1] = column
                last, at = "item", at + 1
            elif depth < _DEEPEST and _QUOTE.match(line[open_items[-1] :] if open_items else line):
                inner, at = _quoted(lines, at, open_items[-1] if open_items else 0)
                if last:
                    yield ""
                yield from (f"{margin}> {inside}".rstrip() for inside in self._blocks(inner, depth + 1))
                last = "text"
            elif depth < _DEEPEST and _OWNER.match(line):
                inner, at = _indented(lines, at + 1)
                yield from (line, "") if inner and _ITEM.match(inner[0]) else (line,)
                yield from (f"    {inside}".rstrip() for inside in self._blocks(inner, depth + 1))
                last = ""
            elif not depth and column == 0 and abbreviation(line, self.md):
                last, at = "", at + 1
            else:
                yield margin + line[min(column, open_items[-1]) if open_items else column :]
                last, at = "text", at + 1

    def _stash(self, language: str, rest: str, code: str) -> str:
        """Keep the code block out of Markdown's sight; return what stands for it."""
        words, file = rest.split(), _FILE.search(rest)
        kind = ' data-run="sh"' if language in _RUN else ""
        if kind and "run" in words:
            kind += ' data-block="fails"' if "fails" in words else ' data-block="run"'
        elif language == "output":
            kind += ' data-block="output"'
        elif file:
            kind += f' data-file="{file["name"]}"'
        label = html.escape(file["name"] if file else _LABELS.get(language, language.capitalize()))
        return self.md.htmlStash.store(
            f'<figure class="code"{kind}><figcaption>{label}</figcaption>'
            f'<pre tabindex="0"><code>{_coloured(language, code)}</code></pre></figure>'
        )


def _opening(line: str) -> re.Match[str] | None:
    fence = _FENCE.match(line)
    return None if fence and fence["fence"][0] == "`" and "`" in fence["rest"] else fence


def _until_closed(lines: list[str], at: int, fence: re.Match[str]) -> tuple[str, int]:
    """Return the code from line `at` to the closing fence, or to the end, and the line after it."""
    mark, indent = fence["fence"], len(fence["indent"])
    code: list[str] = []
    for n in range(at, len(lines)):
        stripped = lines[n].strip()
        if len(stripped) >= len(mark) and set(stripped) == {mark[0]}:
            return "\n".join(code), n + 1
        line = lines[n]
        code.append(line[min(indent, len(line) - len(line.lstrip(" "))) :])
    return "\n".join(code), len(lines)


def _quoted(lines: list[str], at: int, column: int) -> tuple[list[str], int]:
    """Return the lines of the quote at line `at`, without their `>`, and the line after it."""
    inner: list[str] = []
    while at < len(lines) and (mark := _QUOTE.match(lines[at][min(column, _indent(lines[at])) :])):
        inner.append(lines[at][min(column, _indent(lines[at])) + mark.end() :])
        at += 1
    return inner, at


def _indented(lines: list[str], at: int) -> tuple[list[str], int]:
    """Return the lines from `at` that are indented by four (or blank between such), dedented; and the line after."""
    end = at
    for n in range(at, len(lines)):
        if lines[n].startswith("    "):
            end = n + 1
        elif lines[n].strip():
            break
    return [line[4:] for line in lines[at:end]], end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _coloured(language: str, code: str) -> str:
    """Return the code escaped, with Pygments' classes where it knows the language."""
    try:
        lexer: Any = get_lexer_by_name(
            {"hcl": "terraform", "output": "text"}.get(language, language or "text"), stripnl=False
        )
    except ClassNotFound:
        return html.escape(code)
    return highlight(code, lexer, HtmlFormatter(nowrap=True)).rstrip("\n")
