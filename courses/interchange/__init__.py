"""Items in the formats of others: read and written, each with a report of what was lost. No Django.

    imported = read(data, "quiz.xml")            # the format is found out, or named: read(data, name, "moodle")
    exported = write(items, "gift")

`formats/` has a module for each format. What is not carried over is in `.losses`, item by item.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from courses.content.model import Item
from courses.interchange import formats
from courses.interchange.limits import Unreadable, sized
from courses.interchange.report import KINDS, Exported, Imported, Kind, Loss, Losses

__all__ = [
    "KINDS",
    "Exported",
    "Format",
    "Imported",
    "Kind",
    "Loss",
    "Losses",
    "Unreadable",
    "all_formats",
    "read",
    "recognise",
    "write",
]


@dataclass(frozen=True)
class Format:
    """A format: `read` or `write` is None where it goes one way only."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes, str], bool] | None
    read: Callable[[bytes, str], Imported] | None
    write: Callable[[Sequence[Item]], Exported] | None


@functools.cache
def all_formats() -> dict[str, Format]:
    """Return every format by name."""
    names = sorted(one.name for one in pkgutil.iter_modules(formats.__path__) if not one.name.startswith("_"))
    return {name: _format(name) for name in names}


def _format(name: str) -> Format:
    module = importlib.import_module(f"{formats.__name__}.{name}")
    return Format(
        name=name,
        title=module.TITLE,
        suffixes=module.SUFFIXES,
        recognises=getattr(module, "recognises", None),
        read=getattr(module, "read", None),
        write=getattr(module, "write", None),
    )


def recognise(data: bytes, name: str) -> str:
    """Return the name of the format that a file is in, by what it holds. Raises Unreadable."""
    found = [one for one in all_formats().values() if one.recognises and one.recognises(data, name)]
    if len(found) == 1:
        return found[0].name
    readable = ", ".join(one.name for one in all_formats().values() if one.read)
    if found:
        found.sort(key=lambda one: not name.lower().endswith(one.suffixes))
        if name.lower().endswith(found[0].suffixes) and not name.lower().endswith(found[1].suffixes):
            return found[0].name
    what = f"could be {' or '.join(one.name for one in found)}" if found else "is in no format that is read here"
    raise Unreadable(f"{name} {what}. Name it with --format: {readable}.")


def read(data: bytes, name: str, format: str = "auto") -> Imported:
    """Return the items of a file, and what did not come through. Raises Unreadable where the file is refused."""
    sized(data, name)
    chosen = all_formats().get(recognise(data, name) if format == "auto" else format)
    if chosen is None or chosen.read is None:
        readable = ", ".join(one.name for one in all_formats().values() if one.read)
        raise Unreadable(f"The format {format} is not read. Those that are: {readable}.")
    return chosen.read(data, name)


def write(items: Sequence[Item], format: str) -> Exported:
    """Return the items as a file, and what is not in it as it was. Raises Unreadable for a format that is not written."""
    chosen = all_formats().get(format)
    if chosen is None or chosen.write is None:
        writable = ", ".join(one.name for one in all_formats().values() if one.write)
        raise Unreadable(f"The format {format} is not written. Those that are: {writable}.")
    return chosen.write(items)
