"""What Step Functions refuses when a state machine is made.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html (InvalidDefinition)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from labs.sandboxes.emulated.errors import AwsError

__all__ = ["processor", "read"]

_TYPES: Final = ("Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait")
_ENDS: Final = ("Choice", "Fail", "Succeed")
_WAITS: Final = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
_TESTS: Final = ("And", "Or", "Not", "Variable")


def read(text: str) -> dict[str, Any]:
    """Return the definition. Raises AwsError."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise _invalid(f"INVALID_JSON_DESCRIPTION: {error}") from error
    if not isinstance(found, dict):
        raise _invalid("INVALID_JSON_DESCRIPTION: the definition is no object")
    if "JSONata" in (found.get("QueryLanguage"), *(_languages(found))):
        raise AwsError(
            "InvalidDefinition", "JSONata is not simulated here: write the state machine with JSONPath.", 400
        )
    if faults := [*_faults(found, "")]:
        raise _invalid(", ".join(f"SCHEMA_VALIDATION_FAILED: {said} at {at or '/'}" for at, said in faults[:5]))
    return found


def _invalid(said: str) -> AwsError:
    return AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{said}'", 400)


def _languages(found: dict[str, Any]) -> list[Any]:
    states = found.get("States")
    return (
        [each.get("QueryLanguage") for each in states.values() if isinstance(each, dict)]
        if isinstance(states, dict)
        else []
    )


def processor(state: dict[str, Any]) -> Any:
    """Return what a Map runs for each item."""
    return state.get("ItemProcessor") or state.get("Iterator")


def _faults(machine: Any, at: str) -> Iterator[tuple[str, str]]:
    if not isinstance(machine, dict):
        yield at, "The field must be an object"
        return
    states = machine.get("States")
    if not isinstance(states, dict) or not states:
        yield f"{at}/States", "The field 'States' is required and must not be empty"
        return
    if machine.get("StartAt") not in states:
        yield f"{at}/StartAt", f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {machine.get('StartAt')}"
    reached = {machine.get("StartAt")}
    for name, state in states.items():
        here = f"{at}/States/{name}"
        if not isinstance(state, dict) or state.get("Type") not in _TYPES:
            kind = state.get("Type") if isinstance(state, dict) else state
            yield f"{here}/Type", f"Value '{kind}' is not one of {', '.join(_TYPES)}"
            continue
        yield from _state(state, here)
        for target in _targets(state):
            reached.add(target)
            if target not in states:
                yield here, f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target}"
    for name in states:
        if name not in reached:
            yield f"{at}/States/{name}", f"MISSING_TRANSITION_TARGET: State '{name}' is not reachable"


def _targets(state: dict[str, Any]) -> Iterator[Any]:
    for each in (state, *_dicts(state.get("Choices")), *_dicts(state.get("Catch"))):
        if "Next" in each:
            yield each["Next"]
    if "Default" in state:
        yield state["Default"]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _state(state: dict[str, Any], at: str) -> Iterator[tuple[str, str]]:
    kind = state["Type"]
    if kind in _ENDS:
        if "Next" in state or "End" in state:
            yield at, f"A {kind} state has neither Next nor End"
    elif ("Next" in state) == bool(state.get("End")):
        yield at, "These fields are required: [End or Next]"
    if kind == "Task" and not isinstance(state.get("Resource"), str):
        yield at, "These fields are required: [Resource]"
    elif kind == "Task" and not state["Resource"].startswith("arn:"):
        yield f"{at}/Resource", "Value is not a valid resource ARN"
    if kind == "Wait" and sum(name in state for name in _WAITS) != 1:
        yield at, "Exactly one of [Seconds, SecondsPath, Timestamp, TimestampPath] is required"
    if kind == "Choice":
        if not _dicts(state.get("Choices")):
            yield at, "These fields are required: [Choices]"
        for number, each in enumerate(_dicts(state.get("Choices"))):
            if "Next" not in each:
                yield f"{at}/Choices[{number}]", "These fields are required: [Next]"
            if not any(name in each for name in _TESTS):
                yield f"{at}/Choices[{number}]", "These fields are required: [Variable]"
    if kind == "Parallel":
        if not _dicts(state.get("Branches")):
            yield at, "These fields are required: [Branches]"
        for number, each in enumerate(_dicts(state.get("Branches"))):
            yield from _faults(each, f"{at}/Branches[{number}]")
    if kind == "Map":
        if processor(state) is None:
            yield at, "These fields are required: [ItemProcessor]"
        else:
            yield from _faults(processor(state), f"{at}/ItemProcessor")
    for field in ("Retry", "Catch"):
        for number, each in enumerate(_dicts(state.get(field))):
            if not each.get("ErrorEquals"):
                yield f"{at}/{field}[{number}]", "These fields are required: [ErrorEquals]"
            elif "States.ALL" in each["ErrorEquals"] and (
                len(each["ErrorEquals"]) > 1 or number + 1 < len(state[field])
            ):
                yield f"{at}/{field}[{number}]", "States.ALL must be alone, and in the last one"
