"""A lab's YAML values against a check's annotations: str, int, float, bool, list[…], dict[…, …], X | None."""

from __future__ import annotations

import types
import typing
from typing import Any

from graders import regexes
from graders.regexes import Pattern

WORDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Pattern: "a regular expression",
}


def mismatch(value: Any, annotation: Any) -> str:
    """ "must be …, not …" when `value` cannot become `annotation`, else ""."""
    try:
        convert(value, annotation)
    except regexes.TooComplex as error:
        return str(error)
    except (TypeError, ValueError):
        return f"must be {describe(annotation)}, not {value!r}"
    return ""


def convert(value: Any, annotation: Any) -> Any:
    """`value` as `annotation` wants it; a number drawn for a session arrives as text. Raises TypeError, ValueError."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is Any:
        return value
    if origin is typing.Literal:
        if value not in arguments and not _drawn_later(value):
            raise ValueError
        return value
    if origin in (typing.Union, types.UnionType):
        return _first_that_fits(value, arguments)
    if origin in (list, tuple):
        if not isinstance(value, (list, tuple)):
            raise TypeError
        return origin(convert(one, arguments[0]) for one in value)
    if origin is dict:
        if not isinstance(value, dict):
            raise TypeError
        return {convert(key, arguments[0]): convert(one, arguments[1]) for key, one in value.items()}
    if annotation is type(None):
        if value is not None:
            raise TypeError
        return None
    return _scalar(value, annotation)


def describe(annotation: Any) -> str:
    """An annotation in a lab author's words."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return f"one of {', '.join(str(one) for one in arguments)}"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(describe(one) for one in arguments if one is not type(None))
    if origin in (list, tuple):
        return f"a list of {WORDS.get(arguments[0], str(arguments[0])).removeprefix('a ')}s"
    if origin is dict:
        return "a mapping"
    return WORDS.get(annotation, str(annotation))


def _scalar(value: Any, annotation: Any) -> Any:
    if annotation is Pattern:
        return _pattern(_scalar(value, str))
    if isinstance(value, annotation) and not (annotation is not bool and isinstance(value, bool)):
        return value
    if _drawn_later(value):
        return value
    if annotation in (int, float) and isinstance(value, str):
        return annotation(value)
    if annotation is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if annotation is bool and value in ("true", "false"):
        return value == "true"
    raise TypeError


def _pattern(value: str) -> str:
    if not _drawn_later(value) and (problem := regexes.problem(value)):
        raise regexes.TooComplex(f"must be a regular expression that ends soon, and {value[:200]!r} {problem}")
    return value


def _first_that_fits(value: Any, annotations: tuple[Any, ...]) -> Any:
    for annotation in annotations:
        try:
            return convert(value, annotation)
        except regexes.TooComplex:
            raise
        except (TypeError, ValueError):
            continue
    raise TypeError


def _drawn_later(value: Any) -> bool:
    return isinstance(value, str) and "{{" in value
