"""`expect`: one read call of boto3 and a JMESPath over its answer, with no Python.

Parameters: `call` ("s3.get_bucket_versioning"), `with` (the call's own parameters), `that` (a JMESPath,
https://jmespath.org/specification.html), one of `is`, `contains`, `at_least`, `at_most`, `matches`, `exists`, and
`because`, the sentence that tells why it matters.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from typing import Any

import jmespath
from botocore import xform_name
from botocore.exceptions import ClientError, UnknownServiceError
from botocore.model import ServiceModel, StructureShape
from jmespath.exceptions import JMESPathError

from graders.account import LOADER, Account, is_absence
from graders.check import CheckCall, Fail, check
from graders.nearby import closest
from graders.operations import action_of

READS = ("get_", "list_", "describe_", "head_")
WORDS = ("call", "with", "that", "because")
COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "is": ("to be", lambda found, wanted: _same(found, wanted)),
    "contains": ("to contain", lambda found, wanted: isinstance(found, (list, str, dict)) and wanted in found),
    "at_least": ("to be at least", lambda found, wanted: _number(found) and found >= wanted),
    "at_most": ("to be at most", lambda found, wanted: _number(found) and found <= wanted),
    "matches": ("to match", lambda found, wanted: isinstance(found, str) and bool(re.fullmatch(wanted, found))),
    "exists": ("to exist", lambda found, wanted: (found not in (None, [], {}, "")) is wanted),
}


def problems(call: CheckCall) -> list[str]:
    """What is wrong with an `expect` block, a sentence each."""
    given = call.parameters
    found = []
    for name in given:
        if name not in (*WORDS, *COMPARISONS):
            near = closest(name, (*WORDS, *COMPARISONS)) or ", ".join((*WORDS, *COMPARISONS))
            found.append(f"expect has no key {name} (did you mean {near}?).")
    found += [f"expect needs the key {name}." for name in ("call", "that") if not isinstance(given.get(name), str)]
    chosen = [name for name in COMPARISONS if name in given]
    if len(chosen) != 1:
        found.append(f"expect needs exactly one of {', '.join(COMPARISONS)}.")
    found += [sentence for name in chosen if (sentence := _wrong_value(name, given[name]))]
    if isinstance(given.get("call"), str):
        found += _call_problems(given["call"], given.get("with") or {}, str(given.get("that") or ""))
    return found


@check(permissions=[], validator=problems)
def expect(account: Account, **parameters: Any) -> None:
    """The account is as the task asks."""
    service, _, operation = parameters["call"].partition(".")
    if not operation.startswith(READS):
        raise ValueError(f"expect only reads: {parameters['call']}")
    comparison = next(name for name in COMPARISONS if name in parameters)
    wanted = parameters[comparison]
    try:
        answer = account.read(service, operation, **(parameters.get("with") or {}))
    except ClientError as error:
        if comparison == "exists" and wanted is False and is_absence(error):
            return
        raise
    found = jmespath.search(parameters["that"], answer)
    words, holds = COMPARISONS[comparison]
    if holds(found, wanted):
        return
    named = ", ".join(str(value) for value in (parameters.get("with") or {}).values())
    needed = f"{{that}} {'not ' if wanted is False else ''}{words}."
    raise Fail(
        "{that} is {found_value}.",
        looked_at="{service} {operation}" + (" of {named}" if named else ""),
        needed=needed if comparison == "exists" else f"{{that}} {words} {{wanted}}.",
        try_="{because}" if parameters.get("because") else "",
        that=parameters["that"],
        found_value=_show(found),
        service=service,
        operation=operation.replace("_", "-"),
        named=named,
        wanted=_show(wanted),
        because=str(parameters.get("because") or ""),
    )


def permissions(call: CheckCall) -> list[str]:
    """The IAM actions of an `expect`."""
    service, _, operation = str(call.parameters.get("call", "")).partition(".")
    model = _model(service)
    names = {xform_name(name): name for name in model.operation_names} if model else {}
    return [action_of(model.signing_name, names[operation])] if model and operation in names else []


def _call_problems(call: str, with_: Any, that: str) -> list[str]:
    service, _, operation = call.partition(".")
    model = _model(service)
    if model is None:
        return [
            f"AWS service {service} is not known{_did_you_mean(service, LOADER.list_available_services('service-2'))}"
        ]
    names = {xform_name(name): name for name in model.operation_names}
    reads = [name for name in names if name.startswith(READS)]
    if operation not in names:
        return [f"{service} has no operation {operation}{_did_you_mean(operation, reads)}"]
    if operation not in reads:
        return [f"expect only reads: {call} does not begin with {', '.join(READS)}."]
    shape = model.operation_model(names[operation])
    return [*_input_problems(call, shape.input_shape, with_), *_path_problems(that, shape.output_shape)]


def _input_problems(call: str, shape: StructureShape | None, with_: Any) -> list[str]:
    if not isinstance(with_, dict):
        return ["expect: with must be a mapping of the call's parameters."]
    members = shape.members if shape is not None else {}
    found = [
        f"{call} has no parameter {name}{_did_you_mean(str(name), members)}" for name in with_ if name not in members
    ]
    required = shape.required_members if shape is not None else []
    return [*found, *(f"{call} needs the parameter {name}." for name in required if name not in with_)]


def _path_problems(that: str, shape: StructureShape | None) -> list[str]:
    if not that or "{{" in that:
        return []
    try:
        tree = jmespath.compile(that).parsed
    except (JMESPathError, ValueError, RecursionError) as error:
        return [f"{that[:200]!r} is not a JMESPath: {str(error).splitlines()[0]}"]
    while tree.get("children") and tree["type"] != "function_expression":
        tree = tree["children"][0]
    members = shape.members if shape is not None else {}
    if tree["type"] == "field" and tree["value"] not in members:
        return [f"The answer has no {tree['value']}{_did_you_mean(tree['value'], members)}"]
    return []


def _wrong_value(comparison: str, value: Any) -> str:
    if comparison == "exists" and not isinstance(value, bool):
        return f"expect: exists must be true or false, not {value!r}."
    if comparison in ("at_least", "at_most") and not _number(value) and "{{" not in str(value):
        return f"expect: {comparison} must be a number, not {value!r}."
    if comparison == "matches":
        try:
            re.compile(str(value))
        except (re.error, ValueError, OverflowError, RecursionError) as error:
            return f"expect: {str(value)[:200]!r} is not a regular expression: {error}."
    return ""


def _same(found: Any, wanted: Any) -> bool:
    """Equal, with numbers and booleans as text or not: a value drawn for a session arrives as text."""
    if isinstance(wanted, str) and isinstance(found, (bool, int, float)):
        return json.dumps(found) == wanted.lower()
    return bool(found == wanted) and isinstance(found, bool) == isinstance(wanted, bool)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _show(value: Any) -> str:
    return "not set" if value is None else json.dumps(value, default=str, ensure_ascii=False)[:300]


def _did_you_mean(name: str, names: Any) -> str:
    near = closest(name, names)
    return f" (did you mean {near}?)." if near else "."


@functools.cache
def _model(service: str) -> ServiceModel | None:
    try:
        return ServiceModel(LOADER.load_service_model(service, "service-2"), service)
    except (UnknownServiceError, ValueError):
        return None
