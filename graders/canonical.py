"""Frozen dataclasses as JSON and back: one form for one value, so that its hash can stand for it.

A field that has its default is left out: a field that is added to a spec later changes no hash of what was there.
"""

from __future__ import annotations

import dataclasses
import functools
import typing
from decimal import Decimal, InvalidOperation
from typing import Any, get_args, get_origin


class Unreadable(ValueError):
    """The JSON is not of the shape wanted. The text is a sentence that names the place."""


def dump(value: Any) -> Any:
    """Return a dataclass (str, bool, number, Decimal, tuple within) as JSON has it: dicts, lists, strings, numbers."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ((field, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {field.name: dump(one) for field, one in fields if not _is_default(field, one)}
    match value:
        case tuple() | list():
            return [dump(one) for one in value]
        case Decimal():
            return _digits(value)
    return value


def build(kind: Any, data: Any, where: str = "") -> Any:
    """Return what `dump` made of a value of type `kind`. Raises Unreadable: a key too many or missing, a wrong type."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return kind(**fields(kind, data, where))
    if get_origin(kind) is tuple:
        return _tuple(get_args(kind), data, where)
    if kind is Decimal:
        return _decimal(data, where)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if kind is not Any and (not isinstance(data, kind) or (kind is not bool and isinstance(data, bool))):
        raise Unreadable(f"{where or 'It'} is not of the type {kind.__name__}.")
    return data


def fields(kind: type, data: Any, where: str = "") -> dict[str, Any]:
    """Return the fields of a dataclass as `build` reads them, by name: those at their default are left out."""
    if not isinstance(data, dict):
        raise Unreadable(f"{where or 'It'} is not an object.")
    known = {field.name: field for field in dataclasses.fields(kind)}
    for name in data:
        if name not in known:
            raise Unreadable(f"{_at(where, str(name))} is not known here.")
    for name, field in known.items():
        needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if name not in data and needed:
            raise Unreadable(f"{_at(where, name)} is missing.")
    hints = _hints(kind)
    return {name: build(hints[name], value, _at(where, name)) for name, value in data.items()}


def _tuple(kinds: tuple[Any, ...], data: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(data, list | tuple):
        raise Unreadable(f"{where or 'It'} is not a list.")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(data)
    if len(kinds) != len(data):
        raise Unreadable(f"{where or 'It'} is not a list of {len(kinds)}.")
    return tuple(build(kind, one, _at(where, str(at))) for at, (kind, one) in enumerate(zip(kinds, data, strict=True)))


def _decimal(data: Any, where: str) -> Decimal:
    try:
        if isinstance(data, str) and len(data) <= 100:
            return Decimal(data)
    except InvalidOperation:
        pass
    raise Unreadable(f"{where or 'It'} is not a number in quotation marks.")


def _digits(value: Decimal) -> str:
    """Return a number as its digits, the same for 1, 1.0 and 1e0; NaN and Infinity by name."""
    written = format(value, "f")
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    return default is not dataclasses.MISSING and bool(type(value) is type(default)) and bool(value == default)


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
