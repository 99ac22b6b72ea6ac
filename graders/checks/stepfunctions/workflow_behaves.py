"""https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html"""

import json
from typing import Any, Literal

from graders import Account, Fail, check, statemachines
from graders.statelanguage import Failed
from graders.statemachines import Walk


@check(permissions=statemachines.PERMISSIONS)
def workflow_behaves(
    account: Account,
    *,
    machine: str,
    given: str = "{}",
    tasks: dict[str, str] | None = None,
    ends: Literal["SUCCEEDED", "FAILED", "any"] = "SUCCEEDED",
    output: str = "",
    calls: list[str] | None = None,
    never_calls: list[str] | None = None,
    caught: str = "",
    backoff_at_least: float = 0,
    kind: Literal["any", "STANDARD", "EXPRESS"] = "any",
) -> None:
    """The workflow {machine} does what the task says.

    The definition is walked with the input `given` (JSON). `tasks` plays tasks, by state name or what they call
    ("charge", "sqs:sendMessage"): JSON is the result, "fails ERROR" or "fails ERROR 2" (twice) an error; other tasks
    give back their input. `output` is JSON that the end must contain; `caught` a task whose error a Catch must take.
    States may have any names and order; JSONata expressions are not judged.
    """
    found = statemachines.the_machine(account, machine)
    definition = statemachines.definition_of(found)
    if kind not in ("any", found.get("type", "STANDARD")):
        raise Fail(
            "The state machine {machine} is of type {type}, not {kind}.",
            looked_at="the state machine {machine}",
            needed="Type {kind}.",
            try_="The type cannot be changed: aws stepfunctions create-state-machine --type {kind}.",
            machine=machine,
            type=found.get("type"),
            kind=kind,
        )
    plays = tasks or {}
    walked = statemachines.walk(definition, json.loads(given), lambda *task: _play(plays, *task))
    _as_wanted(walked, machine, given, ends, output)
    _called(walked, definition, machine, given, calls or [], never_calls or [])
    if caught and not any(
        _is(caught, name, target) for name, target in _of(walked, definition) if name in walked.caught
    ):
        raise _fail("No Catch takes the error of {task}.", machine, given, walked, task=caught)
    for name, waits in walked.waits.items():
        if len(waits) > 1 and waits[1] < waits[0] * backoff_at_least:
            raise _fail(
                "{task} is tried again after {first} and {second} seconds: the pauses do not grow by {rate}.",
                machine,
                given,
                walked,
                task=name,
                first=waits[0],
                second=waits[1],
                rate=backoff_at_least,
            )


def _play(plays: dict[str, str], name: str, state: dict[str, Any], tried: int, given: Any) -> Any:
    target = statemachines.target_of(state)
    text = next((play for task, play in plays.items() if _is(task, name, target)), "")
    if text.startswith("fails "):
        _, error, *times = text.split()
        if not times or tried <= int(times[0]):
            raise Failed(error, "as the task was told")
        return given
    return json.loads(text) if text else given


def _is(task: str, name: str, target: str) -> bool:
    """Whether a lab's word for a task means it: its state, its function, its API, in any case."""
    return task.lower() in (name.lower(), target.lower())


def _of(walked: Walk, definition: dict[str, Any]) -> list[tuple[str, str]]:
    """(state, what it calls) of the tasks that were entered."""
    return [(n, statemachines.target_of(s)) for n, s in statemachines.tasks(definition) if n in walked.states]


def _as_wanted(walked: Walk, machine: str, given: str, ends: str, output: str) -> None:
    status = "FAILED" if walked.error else "SUCCEEDED"
    if ends not in ("any", status):
        said = "It ends as {status}{error}, not as {ends}."
        if walked.error == "States.NoChoiceMatched":
            said += " No rule of the Choice fits, and it has no Default."
        error = f" with {walked.error}" if walked.error else ""
        raise _fail(said, machine, given, walked, status=status, error=error, ends=ends)
    if output and not _contains(walked.output, json.loads(output)):
        shown = json.dumps(walked.output)
        raise _fail("It gives {shown}, not {output}.", machine, given, walked, shown=shown, output=output)


def _called(
    walked: Walk, definition: dict[str, Any], machine: str, given: str, calls: list[str], never: list[str]
) -> None:
    entered = _of(walked, definition)
    for task in calls:
        if not any(_is(task, *one) for one in entered):
            there = any(_is(task, n, statemachines.target_of(s)) for n, s in statemachines.tasks(definition))
            said = "It never comes to {task}." if there else "It has no task that calls {task}."
            raise _fail(said, machine, given, walked, task=task)
    for task in never:
        if any(_is(task, *one) for one in entered):
            raise _fail("It calls {task}, and should not.", machine, given, walked, task=task)


def _contains(has: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(has, dict) and all(key in has and _contains(has[key], one) for key, one in wanted.items())
    return bool(has == wanted)


def _fail(said: str, machine: str, given: str, walked: Walk, **values: Any) -> Fail:
    return Fail(
        said,
        looked_at="the definition of {machine}, walked with the input {given}",
        needed="What the task says for this input.",
        try_="aws stepfunctions update-state-machine --state-machine-arn … --definition …",
        counterexample="With {given}, {machine} goes through {states}.",
        machine=machine,
        given=given,
        states=walked.states,
        **values,
    )
