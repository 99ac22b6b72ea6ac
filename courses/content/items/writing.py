"""From an item to its Markdown. Whatever it is: what is written here reads as the equal item, or is not written."""

from __future__ import annotations

from dataclasses import replace

from courses.content.items import types
from courses.content.items.headings import written
from courses.content.items.lines import source_lines
from courses.content.items.reading import parse_text
from courses.content.model import Item
from courses.content.source import Problems
from graders.items import CaseSpec


class Unwritable(ValueError):
    """Our Markdown has no way to say this. The text is a sentence that says what."""


def write_item(item: Item, *, level: int = 3) -> str:
    """Return an item as Markdown, ending in a line feed; its ids are those that reading gives (types.canonical).

    level: of its heading. Raises Unwritable.
    """
    told = ""
    for stem_first in (True, False):  # a stem that begins with a table, or a fence, stands below its heading
        text = _markdown(item, level, stem_first)
        if not (told := _differs(item, text)):
            return text
    raise Unwritable(f"{item.id}: {told}")


def _markdown(item: Item, level: int, stem_first: bool) -> str:
    kind = types.all()[item.type]
    first, _, others = item.stem.partition("\n") if stem_first else ("", "", item.stem)
    words: dict[str, str | float] = {
        "domain": item.domain,
        "points": item.points if item.points != 1 else "",
        "difficulty": item.difficulty if item.difficulty != 0.5 else "",
        "status": item.status if item.status != "live" else "",
        "skill": item.skill,
    }
    words |= kind.words(item.spec)
    below = others if stem_first else f"\n{others}"
    parts = [f"{written(level, first, words, item.id, item.type)}\n{below}".rstrip("\n")]
    if isinstance(item.spec, CaseSpec):
        for part in item.spec.parts:
            one = Item(part.id, part.type, part.stem, part.spec, part.domain, part.points, item.path, item.line)
            parts.append(_part(one, min(level + 1, 6)))
    elif body := kind.write(item.spec):
        parts.append(body)
    return "\n\n".join(parts) + "\n"


def _part(item: Item, level: int) -> str:
    for stem_first in (True, False):
        text = _markdown(item, level, stem_first)
        if not _differs(item, text):
            break
    return text.rstrip("\n")


def _differs(item: Item, text: str) -> str:
    """Return what of an item is lost when its Markdown is read, "" where nothing is."""
    problems = Problems()
    lines = source_lines(text, path=item.path, first_line=1, problems=problems)
    if problems:
        return "a code fence in it is not closed"
    segments = parse_text(lines, path=item.path, domains={}, problems=problems)
    if len(segments) != 1 or not isinstance(segments[0], Item):
        return "its stem or its texts hold what would be read as something else"
    wanted = replace(item, spec=types.canonical(item.id, item.type, item.spec), line=1)
    if segments[0] == wanted:
        return ""
    found = segments[0]
    names = ("id", "type", "stem", "domain", "points", "difficulty", "status", "skill", "spec")
    changed = [name for name in names if getattr(found, name) != getattr(wanted, name)]
    what = ", ".join("the answer" if name == "spec" else f"the {name}" for name in changed)
    return f"{what} would read otherwise than it is"
