"""What a state takes and gives: paths, payload templates and intrinsic functions.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html,
https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, Final

from moto.moto_api._internal import mock_random

__all__ = ["Fault", "fill", "look", "place"]

_STEP: Final = re.compile(r"\.([A-Za-z0-9_\-]+)|\['([^']*)'\]|\[\"([^\"]*)\"\]|\[(-?\d+)\]|(\[\*\]|\.\*)")
_MOST: Final = 10_000


class Fault(Exception):
    """An error of the States language: its name, and the cause."""

    def __init__(self, name: str, cause: str = "") -> None:
        super().__init__(f"{name}: {cause}")
        self.name, self.cause = name, cause
        self.at: float | None = None  # when it came, where that is not known from the state


def look(path: str | None, data: Any, context: Any) -> Any:
    """Return what `path` ("$.a[0]", "$$.Execution.Id"; None: nothing) finds. Raises Fault."""
    if path is None:
        return {}
    if path.startswith("$$"):
        return look(path[1:], context, context)
    if not path.startswith("$"):
        raise Fault("States.Runtime", f"Invalid path '{path}'")
    found, at, many = [data], 1, False
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            raise Fault("States.Runtime", f"The path '{path}' is not simulated here, or not valid")
        at = step.end()
        name = step[1] or step[2] or step[3]
        below: list[Any] = []
        for each in found:
            if name is not None and isinstance(each, dict) and name in each:
                below.append(each[name])
            elif step[4] is not None and isinstance(each, list) and -len(each) <= int(step[4]) < len(each):
                below.append(each[int(step[4])])
            elif step[5]:
                many = True
                below += each if isinstance(each, list) else [*each.values()] if isinstance(each, dict) else []
        found = below
    if many:
        return found
    if not found:
        raise Fault(
            "States.ParameterPathFailure",
            f"The path '{path}' could not be found in the input '{json.dumps(data)[:500]}'",
        )
    return found[0]


def place(path: str | None, data: Any, value: Any) -> Any:
    """Return `data` with `value` at a ResultPath ("$": value alone; None: data alone). Raises Fault."""
    if path is None:
        return data
    if path == "$":
        return value
    made = copy.deepcopy(data)
    if not isinstance(made, dict):
        raise Fault("States.ResultPathMatchFailure", f"Unable to apply ReferencePath {path} to the input")
    names = [step[1] or step[2] or step[3] for step in _STEP.finditer(path, 1)]
    held = made
    for name in names[:-1]:
        held = held.setdefault(name, {})
        if not isinstance(held, dict):
            raise Fault("States.ResultPathMatchFailure", f"Unable to apply ReferencePath {path} to the input")
    held[names[-1]] = value
    return made


def fill(template: Any, data: Any, context: Any) -> Any:
    """Return a payload template with its ".$" names worked out. Raises Fault."""
    if isinstance(template, list):
        return [fill(each, data, context) for each in template]
    if not isinstance(template, dict):
        return template
    made = {}
    for name, each in template.items():
        if name.endswith(".$"):
            made[name[:-2]] = _worth(str(each), data, context)
        else:
            made[name] = fill(each, data, context)
    return made


def _worth(text: str, data: Any, context: Any) -> Any:
    return _call(text, data, context) if text.startswith("States.") else look(text, data, context)


def _call(text: str, data: Any, context: Any) -> Any:
    name, _, rest = text.partition("(")
    function = _FUNCTIONS.get(name.strip())
    if function is None or not rest.endswith(")"):
        raise Fault("States.IntrinsicFailure", f"The intrinsic function '{text}' is not valid, or not simulated here")
    given = [_argument(each, data, context) for each in _split(rest[:-1])]
    try:
        return function(*given)
    except Fault:
        raise
    except Exception as error:
        raise Fault("States.IntrinsicFailure", f"'{text}': {error}") from error


def _argument(text: str, data: Any, context: Any) -> Any:
    if text.startswith("'") and text.endswith("'"):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    if text.startswith(("$", "States.")):
        return _worth(text, data, context)
    try:
        return json.loads(text)
    except ValueError as error:
        raise Fault("States.IntrinsicFailure", f"The argument '{text}' is not valid") from error


def _split(text: str) -> list[str]:
    found, depth, quoted, start = [], 0, False, 0
    for at, letter in enumerate(text):
        if letter == "'" and text[at - 1 : at] != "\\":
            quoted = not quoted
        elif not quoted and letter in "([":
            depth += 1
        elif not quoted and letter in ")]":
            depth -= 1
        elif not quoted and not depth and letter == ",":
            found.append(text[start:at].strip())
            start = at + 1
    return [*found, text[start:].strip()] if text.strip() else []


def _format(template: str, *values: Any) -> str:
    left = list(values)
    made = re.sub(r"\{\}", lambda _: _shown(left.pop(0)), template)
    if left:
        raise Fault("States.IntrinsicFailure", "States.Format has more arguments than places")
    return made


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _range(first: int, last: int, step: int) -> list[int]:
    made = [*range(first, last + (1 if step > 0 else -1), step)]
    if len(made) > 1000:
        raise Fault("States.IntrinsicFailure", "States.ArrayRange makes at most 1000 elements")
    return made


_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "States.Array": lambda *each: [*each],
    "States.ArrayContains": lambda array, value: value in array,
    "States.ArrayGetItem": lambda array, index: array[index],
    "States.ArrayLength": len,
    "States.ArrayPartition": lambda array, size: [array[at : at + size] for at in range(0, len(array), size)],
    "States.ArrayRange": _range,
    "States.ArrayUnique": lambda array: [each for at, each in enumerate(array) if each not in array[:at]],
    "States.Base64Decode": lambda text: base64.b64decode(text).decode(),
    "States.Base64Encode": lambda text: base64.b64encode(text.encode()).decode(),
    "States.Format": _format,
    "States.Hash": lambda data, kind: hashlib.new(kind.replace("-", "").lower(), _shown(data).encode()).hexdigest(),
    "States.JsonMerge": lambda first, second, deep: {**first, **second},
    "States.JsonToString": lambda value: json.dumps(value, separators=(",", ":")),
    "States.MathAdd": lambda first, second: first + second,
    "States.MathRandom": lambda first, last, *_: mock_random.randint(first, last - 1),
    "States.StringSplit": lambda text, marks: [each for each in re.split(f"[{re.escape(marks)}]", text) if each],
    "States.StringToJson": json.loads,
    "States.UUID": lambda: str(mock_random.uuid4()),
}
