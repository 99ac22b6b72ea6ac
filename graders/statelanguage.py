"""The values of Amazon States Language: paths, templates with intrinsic functions, and the tests of a Choice.

https://states-language.net/spec.html
https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
"""

from __future__ import annotations

import copy
import fnmatch
import json
import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

STEP = re.compile(
    r"\.\.(?P<deep>[A-Za-z_][\w-]*)|\.(?P<dotted>[A-Za-z_][\w-]*)|\[['\"](?P<quoted>[^'\"]+)['\"]\]|\[(?P<at>\d+)\]|(?P<every>\[\*\]|\.\*)"
)
ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}
KINDS: dict[str, Any] = {"String": str, "Numeric": (int, float), "Boolean": bool, "Timestamp": str}
COMPARISON = re.compile(r"(String|Numeric|Boolean|Timestamp)(\w+?)(Path)?")


class NotModelled(Exception):
    """The walker does not know this part of the language: no verdict, and not the learner's fault."""


class Failed(Exception):
    """A state fails with an error of this name."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(error)
        self.error, self.cause = error, cause


def found(data: Any, path: str, context: Mapping[str, Any] | None = None) -> Any:
    """What a path ("$.a[0].b", "$$.Map.Item.Value", "$[*][*]") means. Raises Failed where nothing is."""
    here = dict(context or {}) if path.startswith("$$") else data
    rest = path.removeprefix("$$") if path.startswith("$$") else path.removeprefix("$")
    many = False
    here = [here]
    at = 0
    for step in STEP.finditer(rest):
        if step.start() != at:
            break
        at = step.end()
        many = many or bool(step["every"] or step["deep"])
        if step["deep"]:
            here = [inner for one in here for inner in _below(one, step["deep"])]
        else:
            here = [inner for one in here for inner in _inside(one, step["dotted"] or step["quoted"], step["at"])]
    if at != len(rest):
        raise NotModelled(f"the path {path}")
    if many:
        return here
    if not here:
        raise Failed("States.ParameterPathFailure", f"{path} is not in the input")
    return here[0]


def _inside(one: Any, name: str | None, number: str | None) -> list[Any]:
    if name is not None:
        return [one[name]] if isinstance(one, dict) and name in one else []
    if number is not None:
        return [one[int(number)]] if isinstance(one, list) and int(number) < len(one) else []
    return list(one.values()) if isinstance(one, dict) else list(one) if isinstance(one, list) else []


def _below(one: Any, name: str) -> list[Any]:
    """Every value of that name, however deep."""
    held = list(one.items()) if isinstance(one, dict) else [("", each) for each in one] if isinstance(one, list) else []
    return [each for key, value in held for each in ([value] if key == name else []) + _below(value, name)]


def filtered(state: Mapping[str, Any], key: str, data: Any) -> Any:
    """The data behind InputPath or OutputPath; null empties it."""
    path = state.get(key, "$")
    return {} if path is None else found(data, path)


def placed(data: Any, path: str | None, value: Any) -> Any:
    """ResultPath: the data with the value put there; null drops it."""
    if path is None:
        return data
    if path == "$":
        return value
    whole = copy.deepcopy(data) if isinstance(data, dict) else {}
    here = whole
    names = [one["dotted"] or one["quoted"] for one in STEP.finditer(path.removeprefix("$"))]
    if not all(names):
        raise NotModelled(f"the ResultPath {path}")
    for name in names[:-1]:
        here = here.setdefault(name, {})
    here[names[-1]] = value
    return whole


def filled(template: Any, data: Any, context: Mapping[str, Any] | None = None) -> Any:
    """Parameters, ResultSelector and their like: "x.$" is replaced by what its path or function gives."""
    if isinstance(template, list):
        return [filled(one, data, context) for one in template]
    if not isinstance(template, dict):
        return template
    made = {}
    for key, value in template.items():
        if key.endswith(".$"):
            made[key.removesuffix(".$")] = valued(str(value), data, context)
        else:
            made[key] = filled(value, data, context)
    return made


def valued(text: str, data: Any, context: Mapping[str, Any] | None = None) -> Any:
    """A path, a function call, or a literal of one's arguments."""
    text = text.strip()
    if text.startswith("$"):
        return copy.deepcopy(found(data, text, context))
    call = re.fullmatch(r"States\.(\w+)\((.*)\)", text, re.DOTALL)
    if call:
        function = FUNCTIONS.get(call[1])
        if function is None:
            raise NotModelled(f"the function States.{call[1]}")
        try:
            return function(*(valued(one, data, context) for one in _arguments(call[2])))
        except (TypeError, ValueError, IndexError) as error:
            raise Failed("States.IntrinsicFailure", str(error)) from error
    if text.startswith("'"):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return json.loads(text)


def _arguments(text: str) -> list[str]:
    """Split at the commas that stand in no quotes and no brackets."""
    found_, depth, quoted, start, skip = [], 0, False, 0, False
    for at, sign in enumerate(text):
        if skip:
            skip = False
        elif sign == "\\":
            skip = True
        elif sign == "'":
            quoted = not quoted
        elif not quoted:
            depth += (sign in "([") - (sign in ")]")
            if sign == "," and not depth:
                found_.append(text[start:at])
                start = at + 1
    last = text[start:]
    return [*found_, last] if last.strip() else found_


def _format(text: str, *values: Any) -> str:
    said = iter(values)
    return re.sub(r"\{\}", lambda _: one if isinstance(one := next(said), str) else json.dumps(one), text)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Format": _format,
    "StringToJson": json.loads,
    "JsonToString": json.dumps,
    "JsonMerge": lambda one, other, deep: {**one, **other},
    "Array": lambda *values: list(values),
    "ArrayPartition": lambda items, size: [items[at : at + size] for at in range(0, len(items), size)],
    "ArrayContains": lambda items, one: one in items,
    "ArrayRange": lambda low, high, step: list(range(low, high + (1 if step > 0 else -1), step)),
    "ArrayGetItem": lambda items, at: items[at],
    "ArrayLength": len,
    "ArrayUnique": lambda items: [one for at, one in enumerate(items) if one not in items[:at]],
    "MathAdd": lambda one, other: one + other,
    "StringSplit": lambda text, by: [one for one in re.split(f"[{re.escape(by)}]", text) if one],
    "UUID": lambda: "00000000-0000-4000-8000-000000000000",
}


def holds(rule: Mapping[str, Any], data: Any) -> bool:
    """Whether a rule of a Choice fits. Raises Failed where its variable is not in the input."""
    if "And" in rule:
        return all(holds(one, data) for one in rule["And"])
    if "Or" in rule:
        return any(holds(one, data) for one in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], data)
    name, wanted = next((key, value) for key, value in rule.items() if key not in ("Variable", "Next", "Comment"))
    if name == "IsPresent":
        return _present(data, rule["Variable"]) is bool(wanted)
    value = found(data, rule["Variable"])
    if name.startswith("Is"):
        return _is(name, value) is bool(wanted)
    if name == "StringMatches":
        return isinstance(value, str) and fnmatch.fnmatchcase(value, str(wanted).replace("[", "[[]"))
    said = COMPARISON.fullmatch(name)
    if said is None or said[2] not in ORDER:
        raise NotModelled(f"the comparison {name}")
    if said[3]:
        wanted = found(data, wanted)
    kind = KINDS[said[1]]
    if not isinstance(value, kind) or not isinstance(wanted, kind) or (said[1] != "Boolean") == isinstance(value, bool):
        return False
    if said[1] == "Timestamp":
        value, wanted = (datetime.fromisoformat(str(one).replace("Z", "+00:00")) for one in (value, wanted))
    return ORDER[said[2]](value, wanted)


def _present(data: Any, path: str) -> bool:
    try:
        found(data, path)
    except Failed:
        return False
    return True


def _is(name: str, value: Any) -> bool:
    if name == "IsNumeric":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    kinds: dict[str, Any] = {"IsNull": type(None), "IsString": str, "IsBoolean": bool}
    if name not in kinds:
        raise NotModelled(f"the comparison {name}")
    return isinstance(value, kinds[name])
