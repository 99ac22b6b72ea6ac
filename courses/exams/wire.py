"""What a candidate's browser sends, read with bounds: whatever is not as agreed is refused with a sentence.

No value of it is trusted for anything but being an answer: there is no time in it, and nobody's name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

MOST_BYTES: Final = 256 * 1024  # of a request
MOST_SAVES: Final = 200
MOST_FIELDS: Final = 40
MOST_VALUES: Final = 60
MOST_CHARACTERS: Final = 4000  # of one value
MOST_ANSWER: Final = 16 * 1024  # characters of an answer in all
MOST_SEQUENCE: Final = 2**53  # what JavaScript counts without a gap
MOST_SECONDS: Final = 24 * 3600
NAME_LENGTH: Final = 64

Answer = dict[str, list[str]] | None


class BadMessage(Exception):
    """The text is a sentence; `place` is where it was, if it was about one answer."""

    def __init__(self, sentence: str, place: int | None = None) -> None:
        super().__init__(sentence)
        self.place = place


@dataclass(frozen=True)
class OneSave:
    """A version of an answer, as the browser numbered it."""

    place: int
    sequence: int
    key: str
    answer: Answer
    flagged: bool
    seconds: int


@dataclass(frozen=True)
class Message:
    """The body of a request. `section` is the one that is left."""

    tab: str
    epoch: int = 0
    section: int = 0
    saves: tuple[OneSave, ...] = ()


def read(body: bytes, *, epoch: bool = True, section: bool = False) -> Message:
    """Return a request's body. Raises BadMessage."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        raise BadMessage("The request is not JSON. Load the page again.") from None
    if not isinstance(raw, dict):
        raise BadMessage("The request is not a JSON object. Load the page again.")
    listed = raw.get("saves") or []
    if not isinstance(listed, list) or len(listed) > MOST_SAVES:
        raise BadMessage(f"Saves are a list of at most {MOST_SAVES}. Send the rest in a second request.")
    return Message(
        tab=_name(raw.get("tab"), "tab"),
        epoch=_number(raw.get("epoch"), "epoch", 2**31 - 1) if epoch else 0,
        section=_number(raw.get("from"), "from", 1000) if section else 0,
        saves=tuple(_save(one) for one in listed),
    )


def _save(raw: Any) -> OneSave:
    if not isinstance(raw, Mapping):
        raise BadMessage("A save is an object with place, sequence, key and answer.")
    place = _number(raw.get("place"), "place", 32767)
    try:
        flagged = raw.get("flagged", False)
        if not isinstance(flagged, bool):
            raise BadMessage("“flagged” is true or false.")
        seconds = raw.get("seconds", 0)
        return OneSave(
            place=place,
            sequence=_number(raw.get("sequence"), "sequence", MOST_SEQUENCE, least=1),
            key=_name(raw.get("key"), "key"),
            answer=_answer(raw.get("answer")),
            flagged=flagged,
            # Told by the client and used in statistics only: what cannot be is cut, and costs nobody an answer.
            seconds=min(max(0, int(seconds)), MOST_SECONDS) if _is_number(seconds) else 0,
        )
    except BadMessage as error:
        raise BadMessage(str(error), place) from None


def _answer(raw: Any) -> Answer:
    if raw is None:
        return None
    if not isinstance(raw, Mapping) or len(raw) > MOST_FIELDS:
        raise BadMessage(f"An answer is null or an object of at most {MOST_FIELDS} fields, each a list of texts.")
    answer: dict[str, list[str]] = {}
    total = 0
    for field, values in raw.items():
        if not isinstance(values, list) or len(values) > MOST_VALUES:
            raise BadMessage(f"A field of an answer is a list of at most {MOST_VALUES} texts.")
        for value in (field, *values):
            if not isinstance(value, str) or len(value) > MOST_CHARACTERS:
                raise BadMessage(f"A text of an answer has at most {MOST_CHARACTERS} characters.")
            if not _storable(value):
                raise BadMessage("The answer holds a character that cannot be kept. Type it again.")
            total += len(value)
        answer[field] = list(values)
    if total > MOST_ANSWER:
        raise BadMessage(f"An answer has at most {MOST_ANSWER} characters in all.")
    return answer


def _storable(text: str) -> bool:
    """Return whether a database keeps it: PostgreSQL's JSON has no NUL, and half a surrogate pair is no character."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _is_number(value: Any) -> bool:
    # 1e999 is Infinity to Python's reader of JSON, and NaN is NaN: neither is in the range.
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e9 < value < 1e9


def _number(value: Any, name: str, most: int, *, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadMessage(f"“{name}” is a whole number from {least} to {most}.")
    return value


def _name(value: Any, name: str) -> str:
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= NAME_LENGTH
        or not (value.isascii() and value.isprintable())
    ):
        raise BadMessage(f"“{name}” is a text of 1 to {NAME_LENGTH} printable ASCII characters.")
    return value
