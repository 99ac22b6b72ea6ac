"""The loss report: what of an item did not come through, item by item, with its reason and its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from courses.content.model import Item
from courses.interchange import limits
from courses.interchange.limits import Unreadable

# Control characters, and those that make a text read otherwise than it is (Trojan Source); a terminal obeys some.
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
Kind = Literal["left out", "lost", "changed", "limited"]
KINDS: dict[str, str] = {
    "left out": "the whole item is not in the result",
    "lost": "the field is not in the result",
    "changed": "the field is in the result, but not as it was",
    "limited": "the field is in the result and comes back from it, but the other program makes no use of it",
}


@dataclass(frozen=True)
class Loss:
    """One thing that was lost or changed.

    field: where in the item, as `stem`, `points`, `spec.options[2].rationale` or `spec.distractors`; `item` is all of it.
    path, line: where in the file that was read.
    """

    item: str
    field: str
    kind: Kind
    why: str
    path: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}: " if self.path else ""
        return f"{place}{self.item or 'the file'}: {self.field} {self.kind}: {self.why}"

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)


def printable(text: str) -> str:
    """Return a text of somebody else's file that a terminal shows and does not obey."""
    return UNSEEN.sub("\ufffd", text)


class Losses(list[Loss]):
    """A report as it grows: `about` names the item that is being read or written."""

    def __init__(self, losses: Iterable[Loss] = ()) -> None:
        super().__init__(losses)
        self.item, self.path, self.line, self.part = "", "", 0, ""

    def about(self, item: str, path: str, line: int, *, part: str = "") -> None:
        """Name the item that the following losses are of, and its place in the file that is read.

        part: the field of a case, as `spec.parts[1]`, that they are of.
        """
        self.item, self.path, self.line, self.part = item, path, line, part

    def add(self, field: str, kind: Kind, why: str, *, line: int = 0) -> None:
        """Note a loss of the item at hand; twice the same is noted once."""
        if self.part:
            field = "spec.parts" if field == "item" else f"{self.part}.{field}"
        loss = Loss(self.item, field, kind, printable(why), self.path, line or self.line)
        if not self or self[-1] != loss:
            if len(self) >= limits.LOSSES:
                raise Unreadable(
                    f"{self.path or 'The file'}: more than {limits.LOSSES:,} losses. Is it what it should be?"
                )
            self.append(loss)


@dataclass(frozen=True)
class Imported:
    """What was read of a file: our items, and what did not come through."""

    format: str
    items: tuple[Item, ...]
    losses: tuple[Loss, ...]


@dataclass(frozen=True)
class Exported:
    """The file to give away, and what of our items is not in it as it was."""

    format: str
    content: bytes
    losses: tuple[Loss, ...]
