"""What AWS would refuse a call for, told before it is sent: what is missing, too long, too short or of another form.

By the same model that botocore checks by, with the limits that it leaves to the server (lengths above, patterns), and in
sentences that name the field.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from botocore.model import Shape
from botocore.utils import parse_timestamp

from graders import regexes
from labs.explorer import api
from labs.explorer.model import Call, Kept

__all__ = ["Problem", "problems"]

_LONGEST: Final = 1024  # characters that a pattern is tried on
_NUMBERS: Final = {"integer": int, "long": int, "float": (int, float), "double": (int, float)}


@dataclass(frozen=True)
class Problem:
    """What is wrong with a parameter ("Rules.0.Status"), as a sentence."""

    path: str
    text: str


def problems(call: Call) -> list[Problem]:
    """Return all that is wrong with a call. Raises api.NoSuchOperation."""
    shape = api.operation(call.service, call.operation).input_shape
    if shape is None:
        return [Problem("", f"{call.operation} takes no parameters.")] if call.parameters else []
    return list(_problems(shape, dict(call.parameters), ""))


def _problems(shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, Kept) or getattr(shape, "is_document_type", False):
        return
    match shape.type_name:
        case "structure":
            yield from _structure(shape, value, path)
        case "list":
            if not isinstance(value, list | tuple):
                yield Problem(path, "A list is wanted here.")
                return
            yield from _bounds(shape, len(value), path, "entry", "entries")
            for place, one in enumerate(value):
                yield from _problems(shape.member, one, f"{path}.{place}")  # type: ignore[attr-defined]
        case "map":
            if not isinstance(value, Mapping):
                yield Problem(path, "Keys with values are wanted here.")
                return
            yield from _bounds(shape, len(value), path, "entry", "entries")
            for name, one in value.items():
                yield from _problems(shape.key, name, path)  # type: ignore[attr-defined]
                yield from _problems(shape.value, one, f"{path}.{name}")  # type: ignore[attr-defined]
        case "string" | "character":
            yield from _string(shape, value, path)
        case "integer" | "long" | "float" | "double":
            if isinstance(value, bool) or not isinstance(value, _NUMBERS[shape.type_name]):  # type: ignore[arg-type]
                yield Problem(path, "A number is wanted here.")
                return
            yield from _range(shape, value, path)
        case "boolean":
            if not isinstance(value, bool):
                yield Problem(path, "Yes or no is wanted here.")
        case "timestamp":
            if not _is_time(value):
                yield Problem(path, "A time is wanted here, like 2030-01-31T12:00:00Z.")


def _structure(shape: Any, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield Problem(path, "A structure is wanted here.")
        return
    for name in shape.required_members:
        if name not in value:
            yield Problem(_join(path, name), "This is needed.")
    if shape.is_tagged_union and len(value) != 1:
        yield Problem(path, f"Exactly one of {', '.join(shape.members)} is wanted here.")
    for name, one in value.items():
        if name not in shape.members:
            yield Problem(path, f"There is no parameter {name}; there are {', '.join(list(shape.members)[:12])}.")
        else:
            yield from _problems(shape.members[name], one, _join(path, name))


def _string(shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield Problem(path, "Text is wanted here.")
        return
    wrong = list(_bounds(shape, len(value), path, "character", "characters"))
    yield from wrong
    pattern = str(shape.metadata.get("pattern", ""))
    if pattern and not wrong and not _fits(pattern, value):
        yield Problem(path, f"AWS takes only what has the form {pattern}.")


def _bounds(shape: Shape, length: int, path: str, one: str, many: str) -> Iterator[Problem]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and length < least:
        yield Problem(path, f"At least {least:,} {one if least == 1 else many}; this has {length:,}.")
    if most is not None and length > most:
        yield Problem(path, f"At most {most:,} {one if most == 1 else many}; this has {length:,}.")


def _range(shape: Shape, value: float, path: str) -> Iterator[Problem]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield Problem(path, f"{least:,} is the least.")
    if most is not None and value > most:
        yield Problem(path, f"{most:,} is the most.")


def _fits(pattern: str, text: str) -> bool:
    """Return whether a text has a form; one that Python's expressions cannot say is the server's to judge."""
    python = _python(pattern)
    if python is None or len(text) > _LONGEST:
        return True
    try:
        return regexes.search(python, text)
    except (regexes.TooComplex, re.error):
        return True


@lru_cache(maxsize=1024)
def _python(pattern: str) -> str | None:
    anchored = pattern if pattern[:1] == "^" or pattern[-1:] == "$" else f"^(?:{pattern})$"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            re.compile(anchored)
        except (re.error, FutureWarning, DeprecationWarning, OverflowError):
            return None
    return anchored


def _is_time(value: Any) -> bool:
    if isinstance(value, datetime):
        return True
    try:
        parse_timestamp(value)
    except (ValueError, TypeError, OverflowError, RuntimeError):
        return False
    return True


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
