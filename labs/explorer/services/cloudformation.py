"""CloudFormation: stacks, made and changed as their templates say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choices,
    Fact,
    Kind,
    Pairs,
    Part,
    Pick,
    Row,
    Service,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    switch_fact,
    tag_list,
    tags_of,
)
from labs.explorer.saying import state_fact

TEMPLATE = """AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Name:
    Type: String
    Default: alerts
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Ref Name
Outputs:
  TopicArn:
    Value: !Ref Topic
"""
RIGHTS = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("cloudformation", "describe_stacks").get("Stacks", []):
        status = one.get("StackStatus", "")
        facts = (
            state_fact(
                status, good=GOOD, bad=[status] if "FAILED" in status or "ROLLBACK" in status else [], label="Status"
            ),
            Fact("Why", one.get("StackStatusReason", "")),
            switch_fact("Termination protection", one.get("EnableTerminationProtection")),
        )
        yield Thing(
            one["StackName"], one["StackName"], facts, one.get("StackId", ""), one, tags=tags_of(one.get("Tags"))
        )


def _detail(account: Account, it: Thing) -> Thing:
    def of(operation: str, key: str) -> Any:
        return ask(account, "cloudformation", operation, StackName=it.id).get(key, [])

    body = of("get_template", "TemplateBody")
    template = body if isinstance(body, str) else json.dumps(body, indent=2)
    resources, events = of("list_stack_resources", "StackResourceSummaries"), of("describe_stack_events", "StackEvents")
    changes = of("list_change_sets", "Summaries")
    parts = (
        Part(
            "resources",
            "Resources",
            ("In the template", "Type", "Is", "Status"),
            tuple(
                Row(
                    one["LogicalResourceId"],
                    (
                        one["LogicalResourceId"],
                        one.get("ResourceType", ""),
                        one.get("PhysicalResourceId", ""),
                        one.get("ResourceStatus", ""),
                    ),
                    "bad" if "FAILED" in one.get("ResourceStatus", "") else "",
                    one,
                )
                for one in resources
            ),
        ),
        Part(
            "outputs",
            "Outputs",
            ("Name", "Value", "Exported as"),
            tuple(
                Row(one["OutputKey"], (one["OutputKey"], str(one.get("OutputValue", "")), one.get("ExportName", "")))
                for one in it.data.get("Outputs", [])
            ),
        ),
        Part(
            "parameters",
            "Parameters",
            ("Name", "Value"),
            tuple(
                Row(one["ParameterKey"], (one["ParameterKey"], str(one.get("ParameterValue", ""))))
                for one in it.data.get("Parameters", [])
            ),
        ),
        Part(
            "changes",
            "Change sets",
            ("Name", "Status", "Does"),
            tuple(
                Row(
                    one["ChangeSetName"],
                    (one["ChangeSetName"], one.get("Status", ""), one.get("ExecutionStatus", "")),
                    data=one,
                )
                for one in changes
            ),
            "None waits.",
        ),
        Part(
            "events",
            "Events",
            ("When", "What", "Status", "Why"),
            tuple(
                Row(
                    one.get("EventId", str(number)),
                    (
                        str(one.get("Timestamp", "")),
                        one.get("LogicalResourceId", ""),
                        one.get("ResourceStatus", ""),
                        one.get("ResourceStatusReason", ""),
                    ),
                    "bad" if "FAILED" in one.get("ResourceStatus", "") else "",
                )
                for number, one in enumerate(events[:100])
            ),
        ),
    )
    return replace(it, properties=it.facts, parts=parts, data={**it.data, "Template": template})


def _parameters(v: Values) -> list[dict[str, Any]] | None:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in v["parameters"].items()] or None


def _create(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "cloudformation",
        "create_stack",
        StackName=v["StackName"],
        TemplateBody=v["TemplateBody"],
        TemplateURL=v["TemplateURL"],
        Parameters=_parameters(v),
        Capabilities=v["Capabilities"] or None,
        RoleARN=v["RoleARN"],
        EnableTerminationProtection=True if v["protect"] else None,
        OnFailure="DO_NOTHING" if v["keep"] else None,
        Tags=tag_list(v["tags"]),
    )


def _template(v: Values, at: At) -> dict[str, Any]:
    same = v["TemplateBody"] is None or v["TemplateBody"].strip() == at.thing.data["Template"].strip()
    return {"UsePreviousTemplate": True} if same else {"TemplateBody": v["TemplateBody"]}


def _update(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "cloudformation",
        "update_stack",
        StackName=at.thing.id,
        **_template(v, at),
        Parameters=_parameters(v),
        Capabilities=v["Capabilities"] or None,
    )


def _change_set(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "cloudformation",
        "create_change_set",
        StackName=at.thing.id,
        ChangeSetName=v["ChangeSetName"],
        **_template(v, at),
        Parameters=_parameters(v),
        Capabilities=v["Capabilities"] or None,
    )


def _now(account: Account, at: At) -> Values:
    return {
        "TemplateBody": at.thing.data["Template"],
        "parameters": {
            one["ParameterKey"]: str(one.get("ParameterValue", "")) for one in at.thing.data.get("Parameters", [])
        },
        "Capabilities": at.thing.data.get("Capabilities", []),
    }


def _of_change(operation: str) -> Any:
    return lambda v, at: [call("cloudformation", operation, StackName=at.thing.id, ChangeSetName=at.row.id)]


BODY = Text("TemplateBody", "Template", long=True, help="YAML or JSON.")
MORE = (
    Pairs("parameters", "Parameters", key="Name", value="Value"),
    Choices("Capabilities", "It may", RIGHTS, help="A template that makes roles or policies needs leave for it."),
)
STACK = Kind(
    "stack",
    "Stack",
    "Stacks",
    things,
    detail=_detail,
    empty=(
        "A stack is what a template describes, made as one and changed as one: "
        "the same again in another place, and nothing forgotten."
    ),
    command="aws cloudformation create-stack --stack-name web --template-body file://template.yaml",
    actions=(
        Action(
            "create",
            "Create stack",
            _create,
            (
                Text("StackName", "Name", required=True),
                Text(
                    "TemplateBody",
                    "Template",
                    long=True,
                    initial=TEMPLATE,
                    help="YAML or JSON. Empty: the one at the address below.",
                ),
                Text("TemplateURL", "or its address", placeholder="https://s3.amazonaws.com/templates/web.yaml"),
                *MORE,
                Pick("RoleARN", "As role", kind="iam:role", by="arn", help="Empty: as you."),
                Switch("protect", "Termination protection"),
                Switch("keep", "Keep what was made when it fails", help="Otherwise all of it is taken back."),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        Action("update", "Update", _update, (BODY, *MORE), _now, verb="Update"),
        Action(
            "plan",
            "Create change set",
            _change_set,
            (Text("ChangeSetName", "Name", required=True), BODY, *MORE),
            _now,
            part="changes",
            about="Says what an update would do, and does nothing until it is executed.",
        ),
        Action("look", "Show changes", _of_change("describe_change_set"), part="changes", row=True, verb="Show"),
        Action(
            "execute",
            "Execute",
            _of_change("execute_change_set"),
            part="changes",
            row=True,
            danger="Change the stack as this change set says?",
            verb="Execute",
        ),
        Action(
            "drop",
            "Delete",
            _of_change("delete_change_set"),
            part="changes",
            row=True,
            danger="Delete this change set?",
            verb="Delete",
        ),
        Action(
            "protect",
            "Edit termination protection",
            lambda v, at: [
                call(
                    "cloudformation",
                    "update_termination_protection",
                    StackName=at.thing.id,
                    EnableTerminationProtection=v["on"],
                )
            ],
            (Switch("on", "Refuse to delete it"),),
            lambda account, at: {"on": bool(at.thing.data.get("EnableTerminationProtection"))},
        ),
        Action(
            "delete",
            "Delete",
            "cloudformation.delete_stack",
            thing="StackName",
            danger="Delete the stack with all that it made?",
            verb="Delete",
        ),
    ),
)
SERVICE = Service("cloudformation", "CloudFormation", "Stacks, made and changed as templates say.", (STACK,))
