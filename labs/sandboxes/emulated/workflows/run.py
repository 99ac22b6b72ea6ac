"""Runs a state machine as far as it can go now; what it waits for is remembered, and it is run again from its beginning.

A Python frame cannot be kept in a snapshot. What each task gave is: a run takes that for what was done already, so that
nothing is done twice, and comes to the same place. Time is the run's own: a wait moves it on, to the clock's at most.
"""

from __future__ import annotations

import fnmatch
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from labs.sandboxes.emulated.workflows import tasks
from labs.sandboxes.emulated.workflows.definitions import processor
from labs.sandboxes.emulated.workflows.paths import Fault, fill, look, place

__all__ = ["Asleep", "Run"]

_FILLED: Final = ("Pass", "Parallel")  # a task is filled with its token, a map for each item
_MOST: Final = 2_000  # states that one run enters


class Asleep(Exception):
    """The run goes on at `until` (unix seconds; None: when somebody says so)."""

    def __init__(self, until: float | None) -> None:
        super().__init__(until)
        self.until = until


@dataclass
class Run:
    """One run of an execution (moto's object, with `memo` and `tokens` of ours). `hurries`: it does not wait."""

    execution: Any
    definition: dict[str, Any]
    role: str
    now: float
    hurries: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)
    entered: int = 0

    def whole(self, data: Any) -> tuple[Any, float]:
        """Return the output and when it was there. Raises Fault, Asleep."""
        start = float(self.execution.began)
        self._note(start, "ExecutionStarted", input=json.dumps(data), roleArn=self.role)
        return self._machine(self.definition, data, "", start, {})

    def _machine(
        self, machine: dict[str, Any], data: Any, at: str, time: float, more: dict[str, Any]
    ) -> tuple[Any, float]:
        name, visits = machine["StartAt"], dict[str, int]()
        while True:
            self.entered += 1
            if self.entered > _MOST:
                raise Fault("States.Runtime", f"More than {_MOST} states are not simulated here.")
            state = machine["States"][name]
            visits[name] = visits.get(name, 0) + 1
            key = f"{at}/{name}#{visits[name]}"
            context = {**self._context(name, time), **more}
            kind = state["Type"]
            self._note(time, f"{kind}StateEntered", name=name, input=json.dumps(data))
            data, following, time = self._tried(state, data, key, time, context)
            if kind != "Fail":
                self._note(time, f"{kind}StateExited", name=name, output=json.dumps(data))
            if following is None:
                return data, time
            name = following

    def _context(self, name: str, time: float) -> dict[str, Any]:
        arn = self.execution.execution_arn
        return {
            "Execution": {
                "Id": arn,
                "Input": json.loads(self.execution.execution_input),
                "Name": self.execution.name,
                "RoleArn": self.role,
                "StartTime": _iso(self.execution.began),
            },
            "State": {"Name": name, "EnteredTime": _iso(time), "RetryCount": 0},
            "StateMachine": {"Id": self.execution.state_machine_arn, "Name": arn.split(":")[6]},
        }

    def _tried(
        self, state: dict[str, Any], data: Any, key: str, time: float, context: Any
    ) -> tuple[Any, str | None, float]:
        """Enter a state, again where its Retry says so; go where its Catch says when it fails."""
        counts: dict[int, int] = {}
        attempt = 0
        while True:
            try:
                return self._state(state, data, f"{key}~{attempt}", time, context)
            except Fault as fault:
                time = max(time, fault.at or time)
                number = next((n for n, each in enumerate(state.get("Retry") or ()) if _meant(fault.name, each)), None)
                if number is not None:
                    rule, done = state["Retry"][number], counts.get(number, 0)
                    if done < int(rule.get("MaxAttempts", 3)):
                        counts[number] = done + 1
                        pause = float(rule.get("IntervalSeconds", 1)) * float(rule.get("BackoffRate", 2.0)) ** done
                        time = self._wait(time + min(pause, float(rule.get("MaxDelaySeconds", 1e9))))
                        attempt += 1
                        continue
                caught = next((each for each in state.get("Catch") or () if _meant(fault.name, each)), None)
                if caught is None:
                    raise
                error = {"Error": fault.name, "Cause": fault.cause}
                return place(caught.get("ResultPath", "$"), data, error), caught["Next"], time

    def _state(
        self, state: dict[str, Any], raw: Any, key: str, time: float, context: Any
    ) -> tuple[Any, str | None, float]:
        kind = state["Type"]
        if kind == "Fail":
            error = _text(state, "Error", raw, context)
            raise Fault(error, _text(state, "Cause", raw, context))
        data = look(state.get("InputPath", "$"), raw, context)
        following = state.get("Next")
        if kind == "Choice":
            following = next(
                (each["Next"] for each in state["Choices"] if _holds(each, data, context)), state.get("Default")
            )
            if following is None:
                raise Fault("States.NoChoiceMatched", "No choice matched, and there is no default.")
        elif kind == "Wait":
            time = self._wait(max(time, _until(state, data, context, time)))
        elif kind in ("Pass", "Task", "Parallel", "Map"):
            given = fill(state["Parameters"], data, context) if "Parameters" in state and kind in _FILLED else data
            if kind == "Pass":
                result = state.get("Result", given)
            elif kind == "Task":
                result, time = self._task(state, data, key, time, context)
            elif kind == "Parallel":
                result, time = self._all([(each, given, {}) for each in state["Branches"]], key, time)
            else:
                result, time = self._map(state, data, key, time, context)
            if "ResultSelector" in state:
                result = fill(state["ResultSelector"], result, context)
            raw = data = place(state.get("ResultPath", "$"), raw, result)
        return look(state.get("OutputPath", "$"), data, context), following, time

    def _wait(self, until: float) -> float:
        if until > self.now and not self.hurries:
            raise Asleep(until)
        return until

    def _map(self, state: dict[str, Any], data: Any, key: str, time: float, context: Any) -> tuple[list[Any], float]:
        if "ItemReader" in state:
            raise Fault("States.Runtime", "A distributed Map is not simulated here.")
        items = look(state.get("ItemsPath", "$"), data, context)
        if not isinstance(items, list):
            raise Fault("States.Runtime", f"The items of a Map must be an array: {json.dumps(items)[:200]}")
        selector = state.get("ItemSelector", state.get("Parameters"))
        jobs = []
        for number, item in enumerate(items):
            more = {"Map": {"Item": {"Index": number, "Value": item}}}
            given = item if selector is None else fill(selector, data, {**context, **more})
            jobs.append((processor(state), given, more))
        return self._all(jobs, key, time)

    def _all(self, jobs: list[tuple[Any, Any, dict[str, Any]]], key: str, time: float) -> tuple[list[Any], float]:
        """Run each; the first that fails is the failure of all. Where some sleep, all do, after the others went on."""
        made, ends, asleep = [], [time], list[float | None]()
        for number, (machine, given, more) in enumerate(jobs):
            try:
                data, end = self._machine(machine, given, f"{key}[{number}]", time, more)
            except Asleep as sleeper:
                asleep.append(sleeper.until)
            else:
                made.append(data)
                ends.append(end)
        if asleep:
            raise Asleep(min((each for each in asleep if each is not None), default=None))
        return made, max(ends)

    def _task(self, state: dict[str, Any], data: Any, key: str, time: float, context: Any) -> tuple[Any, float]:
        memo, resource = self.execution.memo, state["Resource"]
        waits = resource.endswith(tasks.TOKEN)
        token = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.execution.execution_arn}{key}"))
        given = (
            fill(state["Parameters"], data, {**context, "Task": {"Token": token}}) if "Parameters" in state else data
        )
        done = f"{key}:sent" if waits else key
        kind = resource.split(":")[5] if resource.startswith("arn:aws:states:::") else "lambda"
        self._note(time, "TaskScheduled", resourceType=kind, resource=resource.rpartition(":")[2],
                   region=self.execution.region_name, parameters=json.dumps(given))  # fmt: skip
        if done not in memo:
            try:
                result = tasks.perform(self.role, self.execution.name, self.execution.region_name, resource, given)
                memo[done] = ("", result, "", max(time, self.now) if not self.hurries else time)
            except Fault as fault:
                memo[done] = (fault.name, None, fault.cause, max(time, self.now) if not self.hurries else time)
        if waits and not memo[done][0] and key not in memo:
            self.execution.tokens[token] = key
            limit = state.get("TimeoutSeconds", state.get("HeartbeatSeconds"))
            if limit is not None and time + float(limit) <= self.now:
                memo[key] = ("States.Timeout", None, "", time + float(limit))
            else:
                raise Asleep(None if limit is None else time + float(limit))
        name, result, cause, end = memo[key if waits and key in memo else done]
        if name:
            self._note(
                end, "TaskFailed", resourceType=kind, resource=resource.rpartition(":")[2], error=name, cause=cause
            )
            failure = Fault(name, cause)
            failure.at = end
            raise failure
        self._note(
            end, "TaskSucceeded", resourceType=kind, resource=resource.rpartition(":")[2], output=json.dumps(result)
        )
        return result, end

    def _note(self, time: float, kind: str, **details: Any) -> None:
        number = len(self.events) + 1
        known = _DETAILS.get(kind) or f"{kind[:1].lower()}{kind[1:]}EventDetails"
        if kind.endswith("StateEntered"):
            known, details = "stateEnteredEventDetails", {**details, "inputDetails": {"truncated": False}}
        elif kind.endswith("StateExited"):
            known, details = "stateExitedEventDetails", {**details, "outputDetails": {"truncated": False}}
        at = datetime.fromtimestamp(time, UTC)
        self.events.append({"timestamp": at, "type": kind, "id": number, "previousEventId": number - 1, known: details})


_DETAILS: Final[dict[str, str]] = {}


def _iso(time: float) -> str:
    return datetime.fromtimestamp(float(time), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _text(state: dict[str, Any], name: str, data: Any, context: Any) -> str:
    path = state.get(f"{name}Path")
    return str(look(path, data, context)) if path else str(state.get(name, ""))


def _meant(error: str, rule: dict[str, Any]) -> bool:
    for each in rule["ErrorEquals"]:
        if each == error or (each == "States.ALL" and error not in ("States.DataLimitExceeded", "States.Runtime")):
            return True
        if each == "States.TaskFailed" and error not in ("States.Timeout", "States.Runtime"):
            return True
    return False


def _until(state: dict[str, Any], data: Any, context: Any, time: float) -> float:
    if "Seconds" in state or "SecondsPath" in state:
        return time + float(state["Seconds"] if "Seconds" in state else look(state["SecondsPath"], data, context))
    given = state["Timestamp"] if "Timestamp" in state else look(state["TimestampPath"], data, context)
    return _moment(str(given))


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise Fault("States.Runtime", f"'{text}' is not a valid timestamp") from error


def _holds(rule: dict[str, Any], data: Any, context: Any) -> bool:
    if "And" in rule:
        return all(_holds(each, data, context) for each in rule["And"])
    if "Or" in rule:
        return any(_holds(each, data, context) for each in rule["Or"])
    if "Not" in rule:
        return not _holds(rule["Not"], data, context)
    test = next((name for name in rule if name not in ("Variable", "Next", "Comment")), "")
    try:
        value = look(rule["Variable"], data, context)
    except Fault:
        if test == "IsPresent":
            return not rule[test]
        raise
    wanted = rule[test]
    if test.endswith("Path"):
        wanted, test = look(wanted, data, context), test.removesuffix("Path")
    return _compares(test, value, wanted)


def _compares(test: str, value: Any, wanted: Any) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    facts = {
        "IsPresent": True,
        "IsNull": value is None,
        "IsString": isinstance(value, str),
        "IsNumeric": number,
        "IsBoolean": isinstance(value, bool),
        "IsTimestamp": isinstance(value, str) and _is_moment(value),
    }
    if test in facts:
        return bool(facts[test] == wanted)
    if test == "BooleanEquals":
        return isinstance(value, bool) and value == wanted
    if test == "StringMatches":
        return isinstance(value, str) and fnmatch.fnmatchcase(value.replace("[", "("), str(wanted).replace("[", "("))
    if test.startswith("Timestamp"):
        if not isinstance(value, str) or not _is_moment(value):
            return False
        value, wanted = _moment(value), _moment(str(wanted))
    elif (test.startswith("Numeric") and not number) or (test.startswith("String") and not isinstance(value, str)):
        return False
    kind = test.removeprefix("Numeric").removeprefix("String").removeprefix("Timestamp")
    compare = {
        "Equals": lambda: value == wanted,
        "GreaterThan": lambda: value > wanted,
        "GreaterThanEquals": lambda: value >= wanted,
        "LessThan": lambda: value < wanted,
        "LessThanEquals": lambda: value <= wanted,
    }.get(kind)
    if compare is None:
        raise Fault("States.Runtime", f"The comparison {test} is not valid.")
    return bool(compare())


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return "T" in text
