"""Regular expressions that a learner wrote, without the ones that a backtracking matcher needs minutes for."""

from __future__ import annotations

import ast
import inspect
import re
from functools import lru_cache
from types import ModuleType
from typing import Any, Final

from labs.sandboxes.emulated.errors import AwsError

# re's own parser: public under this name since 3.11, with the same content as the older sre_parse.
_parse: Final = re._parser.parse  # type: ignore[attr-defined]

__all__ = ["careful_re", "is_harmless"]

_LONGEST: Final = 512
_MOST_REPEATS: Final = 6
_REPEATS: Final = frozenset({"MAX_REPEAT", "MIN_REPEAT"})


def careful_re(module: ModuleType) -> ModuleType:
    """Return a stand-in for `re` in `module` that refuses what is not harmless, as AWS refuses a malformed filter.

    Patterns that are written in the module itself are its author's, and pass.
    """
    written = {node.value for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Constant)}
    written |= {value for value in vars(module).values() if isinstance(value, str)}
    careful = ModuleType("re")
    careful.__dict__.update(re.__dict__)
    for name in ("compile", "match", "search", "fullmatch", "findall", "finditer", "sub", "split"):
        setattr(careful, name, _refusing(getattr(re, name), written))
    return careful


def _refusing(function: Any, written: set[Any]) -> Any:
    def wrapped(pattern: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(pattern, str) and pattern not in written and not is_harmless(pattern):
            raise AwsError("ValidationException", "This pattern is too complex to be evaluated.", 400)
        return function(pattern, *args, **kwargs)

    return wrapped


@lru_cache(maxsize=256)
def is_harmless(pattern: str) -> bool:
    """Return whether `pattern` is short, has few open-ended repeats, and none of them (or a choice) inside another."""
    if len(pattern) > _LONGEST:
        return False
    try:
        parsed = _parse(pattern)
    except (re.error, RecursionError):
        return True  # re will say what is wrong with it
    return _count(parsed, inside=False) <= _MOST_REPEATS


def _count(items: Any, *, inside: bool) -> int:
    """Return the number of open-ended repeats, or a number beyond all bounds where they nest."""
    total = 0
    for operator, argument in items:
        name = str(operator)
        if name in _REPEATS:
            low, high, body = argument
            open_ended = high - low > 16
            if inside and high > 1:
                return 1000
            total += open_ended + _count(body, inside=inside or open_ended)
        elif name == "BRANCH":
            total += 1000 if inside else sum(_count(each, inside=inside) for each in argument[1])
        elif name == "SUBPATTERN":
            total += _count(argument[-1], inside=inside)
        elif name in ("ASSERT", "ASSERT_NOT"):
            total += _count(argument[1], inside=inside)
    return total
