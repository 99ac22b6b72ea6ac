"""Step Functions: definitions read strictly, then walked with given outcomes of their tasks.

Amazon States Language with JSONPath and its intrinsic functions as far as labs need them; of JSONata only values
without expressions. https://states-language.net and
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graders import nearby
from graders.account import Account
from graders.check import Fail
from graders.statelanguage import Failed, NotModelled, filled, filtered, found, holds, placed

PERMISSIONS = ("states:ListStateMachines", "states:DescribeStateMachine")
TYPES = ("Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map")
ENDING = ("Succeed", "Fail", "Choice")  # these have neither Next nor End
CATCHING = ("Task", "Parallel", "Map")
STEPS = 500  # a definition that has not ended by then runs in a circle
# Errors that States.ALL and States.TaskFailed do not stand for.
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
NEVER = ("States.DataLimitExceeded", "States.Runtime")


@dataclass
class Walk:
    """What happened: `states` in the order in which they were entered, `tries` of each task, `waited` seconds.

    `error` is "" when it succeeded; `output` what came out.
    """

    states: list[str] = field(default_factory=list)
    tries: dict[str, int] = field(default_factory=dict)
    waits: dict[str, list[float]] = field(default_factory=dict)
    targets: list[str] = field(default_factory=list)
    caught: list[str] = field(default_factory=list)
    output: Any = None
    error: str = ""


Outcome = Callable[[str, dict[str, Any], int, Any], Any]  # (state, its definition, which try, its input) -> result


def the_machine(account: Account, name: str) -> dict[str, Any]:
    """describe_state_machine of a machine by name or ARN; fails when there is none."""
    arns = _machines(account, account.region)
    short = name.rpartition(":")[2]
    if short in arns:
        found: dict[str, Any] = account.read("stepfunctions", "describe_state_machine", stateMachineArn=arns[short])
        return found
    hint = nearby.almost(short, arns) or nearby.elsewhere(account, lambda region: short in _machines(account, region))
    raise Fail(
        "The state machine {machine} does not exist.{hint}",
        looked_at="the state machines in {region}",
        needed="A state machine named exactly {machine} in {region}.",
        try_="aws stepfunctions create-state-machine --name {machine} …",
        machine=short,
        hint=hint,
        region=account.region,
    )


def definition_of(machine: Mapping[str, Any]) -> dict[str, Any]:
    """The definition; fails when Step Functions would refuse it: the sandbox takes anything."""
    try:
        definition = json.loads(machine["definition"])
        problems = list(_problems(definition, "")) if isinstance(definition, dict) else ["It is no JSON object."]
    except ValueError as error:
        definition, problems = {}, [f"It is not JSON: {error}."]
    if problems:
        raise Fail(
            "Step Functions would refuse the definition of {machine}: {problem}",
            looked_at="the definition of {machine}",
            needed="A definition in Amazon States Language.",
            try_="aws stepfunctions validate-state-machine-definition, then update-state-machine",
            machine=machine.get("name", ""),
            problem=problems[0],
        )
    return dict(definition)


def _problems(machine: Mapping[str, Any], where: str) -> Iterator[str]:
    """What is wrong with a machine, or with a branch of one, a sentence each."""
    states = machine.get("States")
    if not isinstance(states, dict) or not states:
        yield f"{where or 'It'} has no States."
        return
    if machine.get("StartAt") not in states:
        yield f"StartAt names {machine.get('StartAt')}, which is no state."
        return
    for name, state in states.items():
        yield from _state_problems(name, state, states)
    reached, border = {machine["StartAt"]}, [machine["StartAt"]]
    while border:
        for other in _targets(states.get(border.pop(), {})):
            if other in states and other not in reached:
                reached.add(other)
                border.append(other)
    for name in states:
        if name not in reached:
            yield f"No way leads to the state {name}."


def _state_problems(name: str, state: Any, states: Mapping[str, Any]) -> Iterator[str]:
    kind = state.get("Type") if isinstance(state, dict) else None
    if kind not in TYPES:
        yield f"The state {name} has the Type {kind}, which does not exist."
        return
    for target in _targets(state):
        if target not in states:
            yield f"The state {name} goes on to {target}, which is no state."
    if kind not in ENDING and ("Next" in state) == (state.get("End") is True):
        yield f"The state {name} needs either Next or End."
    if kind == "Choice" and not state.get("Choices"):
        yield f"The state {name} has no Choices."
    if kind == "Task" and not isinstance(state.get("Resource"), str):
        yield f"The task {name} has no Resource."
    for key in ("Retry", "Catch"):
        if key in state and kind not in CATCHING:
            yield f"The state {name} is a {kind}: it cannot have {key}."
        held = state.get(key, [])
        for number, one in enumerate(held):
            errors = one.get("ErrorEquals") or []
            if not errors:
                yield f"A {key} of {name} has no ErrorEquals."
            elif "States.ALL" in errors and (len(errors) > 1 or number < len(held) - 1):
                yield f"In {key} of {name}, States.ALL must stand alone and last."
    branches = [*state.get("Branches", []), *(state[one] for one in ("ItemProcessor", "Iterator") if one in state)]
    if kind == "Parallel" and not state.get("Branches"):
        yield f"The state {name} has no Branches."
    if kind == "Map" and not branches:
        yield f"The state {name} has no ItemProcessor."
    for branch in branches:
        yield from _problems(branch, name)


def _targets(state: Mapping[str, Any]) -> list[str]:
    """Where a state may go on to."""
    found = [state.get("Next"), state.get("Default")]
    found += [one.get("Next") for one in (*state.get("Choices", []), *state.get("Catch", []))]
    return [one for one in found if isinstance(one, str)]


def tasks(machine: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, state) of every task, those of branches and maps too."""
    for name, state in machine.get("States", {}).items():
        if state.get("Type") == "Task":
            yield name, state
        inner = [*state.get("Branches", []), *(state[one] for one in ("ItemProcessor", "Iterator") if one in state)]
        for branch in inner:
            yield from tasks(branch)


def walk(machine: Mapping[str, Any], given: Any, outcome: Outcome) -> Walk:
    """Run a definition over an input. `outcome` plays the tasks: it gives their result or raises Failed."""
    record = Walk()
    try:
        record.output = _run(machine, copy.deepcopy(given), outcome, record)
    except Failed as failed:
        record.error = failed.error
    return record


def _run(machine: Mapping[str, Any], data: Any, outcome: Outcome, record: Walk) -> Any:
    name = machine["StartAt"]
    language = machine.get("QueryLanguage", "JSONPath")
    while True:
        record.states.append(name)
        if len(record.states) > STEPS:
            raise Failed("States.Runtime", "it runs in a circle")
        state = machine["States"][name]
        kind = state["Type"]
        if state.get("QueryLanguage", language) == "JSONata" and "{%" in json.dumps(state):
            raise NotModelled(f"the state {name} uses JSONata")
        if kind == "Fail":
            raise Failed(state.get("Error", "States.Failed"), state.get("Cause", ""))
        if kind == "Succeed":
            return filtered(state, "OutputPath", filtered(state, "InputPath", data))
        if kind == "Choice":
            name = _choose(name, state, filtered(state, "InputPath", data))
            continue
        data, caught = _perform(name, state, data, outcome, record)
        if caught:
            name = caught
        elif state.get("End"):
            return data
        else:
            name = state["Next"]


def _perform(name: str, state: dict[str, Any], data: Any, outcome: Outcome, record: Walk) -> tuple[Any, str]:
    """(what the state gives, the state that caught its error or "")."""
    retried = [0] * len(state.get("Retry", []))
    while True:
        try:
            return _once(name, state, data, outcome, record), ""
        except Failed as failed:
            number = next((n for n, one in enumerate(state.get("Retry", [])) if _means(one, failed.error)), -1)
            rule = state["Retry"][number] if number >= 0 else {}
            if number >= 0 and retried[number] < rule.get("MaxAttempts", 3):
                pause = rule.get("IntervalSeconds", 1) * rule.get("BackoffRate", 2.0) ** retried[number]
                record.waits.setdefault(name, []).append(min(pause, rule.get("MaxDelaySeconds", pause)))
                retried[number] += 1
                continue
            catcher = next((one for one in state.get("Catch", []) if _means(one, failed.error)), None)
            if catcher is None:
                raise
            record.caught.append(name)
            told = {"Error": failed.error, "Cause": failed.cause}
            return placed(data, catcher.get("ResultPath", "$"), told), catcher["Next"]


def _once(name: str, state: dict[str, Any], data: Any, outcome: Outcome, record: Walk) -> Any:
    kind = state["Type"]
    given = filtered(state, "InputPath", data)
    if kind == "Wait":
        return filtered(state, "OutputPath", given)
    if "Parameters" in state and kind != "Map":
        given = filled(state["Parameters"], given)
    if kind == "Pass":
        result = state.get("Result", given)
    elif kind == "Task":
        record.tries[name] = record.tries.get(name, 0) + 1
        record.targets.append(target_of(state))
        result = outcome(name, state, record.tries[name], given)
    elif kind == "Parallel":
        result = [_run(branch, copy.deepcopy(given), outcome, record) for branch in state["Branches"]]
    else:
        result = _mapped(state, given, outcome, record)
    if "ResultSelector" in state:
        result = filled(state["ResultSelector"], result)
    return filtered(state, "OutputPath", placed(data, state.get("ResultPath", "$"), result))


def _mapped(state: dict[str, Any], given: Any, outcome: Outcome, record: Walk) -> list[Any]:
    if "ItemReader" in state:
        raise NotModelled("a Map reads its items from S3")
    items = found(given, state.get("ItemsPath", "$"))
    if not isinstance(items, list):
        raise Failed("States.Runtime", "ItemsPath names no list")
    size = state.get("ItemBatcher", {}).get("MaxItemsPerBatch")
    shaped = [
        filled(chosen, given, {"Map": {"Item": {"Index": number, "Value": item}}}) if chosen else item
        for chosen in [state.get("ItemSelector") or state.get("Parameters")]
        for number, item in enumerate(items)
    ]
    if size:
        more = {"BatchInput": filled(b, given)} if (b := state["ItemBatcher"].get("BatchInput")) else {}
        shaped = [{**more, "Items": shaped[at : at + size]} for at in range(0, len(shaped), size)]
    inner = state.get("ItemProcessor") or state["Iterator"]
    return [_run(inner, copy.deepcopy(one), outcome, record) for one in shaped]


def target_of(state: Mapping[str, Any]) -> str:
    """What a task calls: a function's name, "sqs:sendMessage", an activity's ARN …"""
    resource = str(state.get("Resource", ""))
    told = state.get("Parameters") or state.get("Arguments") or {}
    if resource.startswith("arn:aws:states:::lambda:invoke"):
        resource = str(told.get("FunctionName", ""))
    if ":function:" in resource or not resource.startswith("arn:"):
        return resource.split(":function:")[-1].split(":")[0]
    if resource.startswith("arn:aws:states:::"):
        return re.sub(r"\.(sync(:2)?|waitForTaskToken)$", "", resource.removeprefix("arn:aws:states:::"))
    return resource


def _means(rule: Mapping[str, Any], error: str) -> bool:
    names = rule["ErrorEquals"]
    if error in names:
        return True
    if error in NEVER:
        return False
    return "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")


def _choose(name: str, state: Mapping[str, Any], data: Any) -> str:
    for rule in state["Choices"]:
        if holds(rule, data):
            return str(rule["Next"])
    if "Default" not in state:
        raise Failed("States.NoChoiceMatched", f"no choice of {name} fits")
    return str(state["Default"])


def _machines(account: Account, region: str) -> dict[str, str]:
    listed = account.read("stepfunctions", "list_state_machines", region=region).get("stateMachines", [])
    return {one["name"]: one["stateMachineArn"] for one in listed}
