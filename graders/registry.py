"""All checks, found by walking graders/checks; nothing is listed anywhere."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Mapping

import graders.checks
from graders import expect, types
from graders.check import Check, CheckCall
from graders.nearby import closest


class UnknownCheck(LookupError):
    """No check has this name. `suggestion` is the nearest that exists, or ""."""

    def __init__(self, name: str, suggestion: str) -> None:
        super().__init__(f"check {name} is not known" + (f" (did you mean {suggestion}?)" if suggestion else ""))
        self.name = name
        self.suggestion = suggestion


@functools.cache
def all() -> dict[str, Check]:  # noqa: A001 - read as registry.all()
    """Every check by name, sorted. Imports each module of graders/checks once."""
    found: dict[str, Check] = {}
    names = [module.name for module in pkgutil.walk_packages(graders.checks.__path__, "graders.checks.")]
    for name in ["graders.expect", *names]:
        short = name.rpartition(".")[2]
        candidate = getattr(importlib.import_module(name), short, None)
        if isinstance(candidate, Check):
            found[candidate.name] = candidate
    return dict(sorted(found.items()))


def get(name: str, own: Mapping[str, Check] | None = None) -> Check:
    """The check of that name, of the catalogue or among a lab's `own` ("lab.<function>"); raises UnknownCheck."""
    if own and name in own:
        return own[name]
    try:
        return all()[name]
    except KeyError:
        raise UnknownCheck(name, closest(name, [*all(), *(own or ())])) from None


def validate(call: CheckCall, own: Mapping[str, Check] | None = None) -> list[str]:
    """What is wrong with a lab's call, a sentence each; [] when nothing is. Text still to be filled in is a string."""
    try:
        check = get(call.name, own)
    except UnknownCheck as error:
        return [f"{error}."]
    problems: list[str] = []
    if check.validator is None:
        declared = {parameter.name: parameter for parameter in check.parameters}
        for name, value in call.parameters.items():
            if name not in declared:
                hint = closest(name, declared) or ", ".join(declared)
                problems.append(f"{call.name} has no parameter {name} (did you mean {hint}?).")
            elif sentence := types.mismatch(value, declared[name].annotation):
                problems.append(f"{call.name}: {name} {sentence}.")
        missing = [one.name for one in check.parameters if one.required and one.name not in call.parameters]
        problems += [f"{call.name} needs the parameter {name}." for name in missing]
    else:
        problems += check.validator(call)
    return problems


def permissions(calls: Iterable[CheckCall], own: Mapping[str, Check] | None = None) -> list[str]:
    """The IAM actions that these calls need together, sorted: the grading role's policy."""
    return sorted({action for call in calls for action in (*get(call.name, own).permissions, *_of_expect(call))})


def _of_expect(call: CheckCall) -> list[str]:
    return expect.permissions(call) if call.name == "expect" else []
