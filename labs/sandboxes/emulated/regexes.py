"""Regular expressions that a learner wrote, without the ones that a backtracking matcher needs minutes for."""

from __future__ import annotations

import ast
import inspect
import re
from types import ModuleType
from typing import Any

from graders.regexes import is_harmless
from labs.sandboxes.emulated.errors import AwsError

__all__ = ["careful_re", "is_harmless"]


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
