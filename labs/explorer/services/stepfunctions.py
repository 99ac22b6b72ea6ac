"""Step Functions: workflows, and how each run went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Json,
    Kind,
    Link,
    Pairs,
    Part,
    Pick,
    Row,
    Service,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    tail,
)
from labs.explorer.saying import changed, decoded, state_fact

STARTER = {"StartAt": "Hello", "States": {"Hello": {"Type": "Pass", "Result": {"hello": "world"}, "End": True}}}
STARTERS = (
    ("one step", STARTER),
    (
        "a choice",
        {
            "StartAt": "Large?",
            "States": {
                "Large?": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.total", "NumericGreaterThan": 100, "Next": "Review"}],
                    "Default": "Done",
                },
                "Review": {"Type": "Pass", "End": True},
                "Done": {"Type": "Succeed"},
            },
        },
    ),
    (
        "a function with retries",
        {
            "StartAt": "Charge",
            "States": {
                "Charge": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::lambda:invoke",
                    "Parameters": {"FunctionName": "charge", "Payload.$": "$"},
                    "Retry": [
                        {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 2}
                    ],
                    "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Failed"}],
                    "End": True,
                },
                "Failed": {"Type": "Fail"},
            },
        },
    ),
)


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("stepfunctions", "list_state_machines").get("stateMachines", []):
        yield Thing(
            one["stateMachineArn"],
            one["name"],
            (Fact("Type", one.get("type", "STANDARD")),),
            one["stateMachineArn"],
            one,
        )


def _detail(account: Account, it: Thing) -> Thing:
    found = account.read("stepfunctions", "describe_state_machine", stateMachineArn=it.id)
    runs = ask(account, "stepfunctions", "list_executions", stateMachineArn=it.id).get("executions", [])
    definition = decoded(found.get("definition"))
    steps = ", ".join(definition.get("States", {}))
    facts = (
        *it.facts,
        state_fact(found.get("status", ""), good=["ACTIVE"]),
        Fact("Steps", steps),
        Fact("Role", tail(found.get("roleArn", ""))),
    )
    rows = tuple(
        Row(
            one["executionArn"],
            (one["name"], one["status"], str(one.get("startDate", ""))),
            "good"
            if one["status"] == "SUCCEEDED"
            else "bad"
            if one["status"] in ("FAILED", "TIMED_OUT", "ABORTED")
            else "",
            one,
        )
        for one in runs
    )
    tags = ask(account, "stepfunctions", "list_tags_for_resource", resourceArn=it.id).get("tags", [])
    data = {**{key: value for key, value in found.items() if key != "ResponseMetadata"}, "Definition": definition}
    return replace(
        it,
        properties=facts,
        parts=(Part("runs", "Runs", ("Name", "Status", "Begun"), rows, "It has not run yet."),),
        data=data,
        links=(Link("iam:role", tail(found.get("roleArn", "")), "Runs as"),),
        tags={one["key"]: one["value"] for one in tags},
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    tags = [{"key": key, "value": value} for key, value in v["tags"].items()]
    yield call(
        "stepfunctions",
        "create_state_machine",
        name=v["name"],
        definition=v["definition"],
        roleArn=v["roleArn"],
        type=v["type"],
        tags=tags or None,
    )


def _edit(v: Values, at: At) -> Iterator[Call]:
    found: dict[str, Any] = changed(v, at, "roleArn")
    if decoded(v["definition"]) != at.thing.data["Definition"]:
        found["definition"] = v["definition"]
    if found:
        yield call("stepfunctions", "update_state_machine", stateMachineArn=at.thing.id, **found)


MACHINE = Kind(
    "machine",
    "State machine",
    "State machines",
    things,
    detail=_detail,
    empty=(
        "A state machine is a workflow: steps, choices, retries, and what to "
        "do when a step fails. Each run can be looked at."
    ),
    command=(
        "aws stepfunctions create-state-machine --name orders --definition "
        "file://orders.json --role-arn arn:aws:iam::111122223333:role/flow"
    ),
    actions=(
        Action(
            "create",
            "Create state machine",
            _create,
            (
                Text("name", "Name", required=True),
                Json(
                    "definition",
                    "Definition",
                    text=True,
                    required=True,
                    initial=STARTER,
                    starters=STARTERS,
                    help="Amazon States Language.",
                ),
                Pick(
                    "roleArn",
                    "Role",
                    kind="iam:role",
                    by="arn",
                    required=True,
                    free=True,
                    help="Trusted by states.amazonaws.com, and may do what the steps do.",
                ),
                Choice(
                    "type",
                    "Type",
                    (("STANDARD", "Standard: each step once, up to a year"), ("EXPRESS", "Express: many, short")),
                    initial="STANDARD",
                    required=True,
                ),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        Action(
            "run",
            "Start a run",
            "stepfunctions.start_execution",
            (Json("input", "Input", text=True, initial={}), Text("name", "Name", help="Empty: AWS names it.")),
            thing="stateMachineArn",
            part="runs",
            verb="Start",
        ),
        Action(
            "result",
            "Result",
            lambda v, at: [call("stepfunctions", "describe_execution", executionArn=at.row.id)],
            part="runs",
            row=True,
            verb="Show",
        ),
        Action(
            "history",
            "Steps",
            lambda v, at: [call("stepfunctions", "get_execution_history", executionArn=at.row.id)],
            part="runs",
            row=True,
            verb="Show",
        ),
        Action(
            "stop",
            "Stop",
            lambda v, at: [call("stepfunctions", "stop_execution", executionArn=at.row.id)],
            part="runs",
            row=True,
            danger="Stop this run?",
            verb="Stop",
        ),
        Action(
            "edit",
            "Edit definition",
            _edit,
            (
                Json("definition", "Definition", text=True, required=True),
                Pick("roleArn", "Role", kind="iam:role", by="arn", free=True),
            ),
            lambda account, at: {
                "definition": at.thing.data["Definition"],
                "roleArn": at.thing.data.get("roleArn", ""),
            },
        ),
        delete("stepfunctions.delete_state_machine", "stateMachineArn", "Delete the workflow with its history?"),
    ),
)
SERVICE = Service("stepfunctions", "Step Functions", "Workflows: steps, choices, retries.", (MACHINE,))
