"""Markdown's marks: text that must show as it stands, and the few places where other Markdown reads otherwise than ours."""

from __future__ import annotations

import re
from collections.abc import Callable

# What our Markdown would take for a mark, in running text.
_ACTIVE = re.compile(
    r"\\|`|\*|\[|\{"
    r"|(?<![^\W_])_|_(?![^\W_])"  # within a word an underscore is itself
    r"|&(?=#?\w{1,32};)"  # an entity
    r"|<(?=!--|[A-Za-z][\w+.-]*:|[^\s<>@]+@[^\s<>@]+>)"  # an address in angle brackets
)
_AT_START = re.compile(
    r"^(?P<before>[ \t]*)(?P<mark>#|>|[-+](?=\s|$)|!(?=!!)|-(?=[-\s]*$)|(?P<fence>~(?=~~))|(?P<under>=(?=[=\s]*$)))"
)
_NUMBERED = re.compile(r"^(?P<number>[ \t]*\d{1,9})(?P<dot>[.)])(?=\s|$)")
_CELL = re.compile(r"^[ \t|:-]*-[ \t|:-]*$")  # the line below a table's head
_FENCE = re.compile(r"^[ \t>]*(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)$")
_CODE = re.compile(r"\\.|(?<!`)(?P<ticks>`+)(?!`)(?:[^`]|(?!(?P=ticks)(?!`))`+)*?(?<!`)(?P=ticks)(?!`)", re.DOTALL)
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def as_markdown(text: str) -> str:
    """Return Markdown that shows a plain text as it stands, line by line."""
    return "\n".join(line_escaped(words_escaped(line)) for line in text.split("\n"))


def words_escaped(text: str) -> str:
    """Return Markdown that shows plain text as it stands, within a line."""
    return _ACTIVE.sub(_escape, text)


def line_escaped(line: str) -> str:
    """Return a line of Markdown that opens no list, quote, fence or table: it goes on as it begins."""
    line = _NUMBERED.sub(lambda found: f"{found['number']}\\{found['dot']}", line)
    if _CELL.match(line) and "|" in line:
        return line.replace("|", "&#124;")
    return _AT_START.sub(_escape_start, line)


def _escape(found: re.Match[str]) -> str:
    return {"&": "&amp;", "<": "&lt;"}.get(found[0], f"\\{found[0]}")


def _escape_start(found: re.Match[str]) -> str:
    mark = "&#126;" if found["fence"] else "&#61;" if found["under"] else f"\\{found['mark']}"
    return f"{found['before']}{mark}"


# --- Another program's Markdown ---------------------------------------------------------------------------------
#
# Moodle's Markdown takes <bucket> for a tag; in ours it is text. So `<` goes out as `&lt;`, outside code. An entity
# that stood there before gets a zero more (&#60; &#060; …): it shows the same, and the way back is certain.


def guarded(markdown: str) -> str:
    """Return our Markdown for a program whose Markdown has HTML in it."""
    return _outside_code(markdown, lambda text: _entities(text, "<", "lt", 60))


def unguarded(markdown: str) -> str:
    """Return what was guarded, as it was."""
    return _outside_code(markdown, lambda text: _characters(text, "<", "lt", 60))


def has_tags(markdown: str) -> bool:
    """Whether a program whose Markdown has HTML in it finds a tag in the text."""
    found: list[str] = []

    def look(text: str) -> str:
        found.extend(_TAG.findall(text))
        return text

    _outside_code(markdown, look)
    return bool(found)


def arrow_guarded(text: str) -> str:
    """Return a text in which no `->` stands: it parts prompt and answer in GIFT."""
    return _entities(text, ">", "gt", 62, before="-")


def arrow_unguarded(text: str) -> str:
    """Return what was guarded so, as it was."""
    return _characters(text, ">", "gt", 62, before="-")


def _entities(text: str, character: str, name: str, number: int, *, before: str = "") -> str:
    text = re.sub(rf"{before}&#(0*{number});", lambda found: f"{before}&#0{found[1]};", text)
    return text.replace(f"{before}&{name};", f"{before}&#{number};").replace(before + character, f"{before}&{name};")


def _characters(text: str, character: str, name: str, number: int, *, before: str = "") -> str:
    text = text.replace(f"{before}&{name};", before + character)
    text = text.replace(f"{before}&#{number};", f"{before}&{name};")
    return re.sub(rf"{before}&#0(0*{number});", lambda found: f"{before}&#{found[1]};", text)


def _outside_code(markdown: str, change: Callable[[str], str]) -> str:
    """Return the text with `change` made to all that is neither in a fence nor in a code span."""
    done: list[str] = []
    plain: list[str] = []

    def close() -> None:
        text, at = "\n".join(plain), 0
        pieces: list[str] = []
        for found in _CODE.finditer(text):
            if found["ticks"]:
                pieces += [change(text[at : found.start()]), found[0]]
                at = found.end()
        if plain:
            done.append("".join([*pieces, change(text[at:])]))
        plain.clear()

    fence = ""
    for line in markdown.split("\n"):
        found = _FENCE.match(line)
        if fence:
            done.append(line)
            if found and found["fence"].startswith(fence) and not found["info"].strip():
                fence = ""
        elif found:
            close()
            done.append(line)
            fence = found["fence"]
        else:
            plain.append(line)
    close()
    return "\n".join(done)
