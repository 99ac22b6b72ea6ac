"""EventBridge: rules that do something when something happens, or at a time."""

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
    Choice,
    Cron,
    Fact,
    Json,
    Kind,
    Link,
    Part,
    Pick,
    Policy,
    Row,
    Service,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    tail,
)
from labs.explorer.saying import decoded, policy_fact, state_fact, tags_by

TARGETS = {
    "function": "lambda:function",
    "queue": "sqs:queue",
    "topic": "sns:topic",
    "machine": "stepfunctions:machine",
    "stream": "kinesis:stream",
}
WORDS = (
    ("function", "a Lambda function"),
    ("queue", "an SQS queue"),
    ("topic", "an SNS topic"),
    ("machine", "a state machine"),
    ("stream", "a Kinesis stream"),
    ("other", "another ARN"),
)
STARTERS = (
    (
        "an instance stops",
        {
            "source": ["aws.ec2"],
            "detail-type": ["EC2 Instance State-change Notification"],
            "detail": {"state": ["stopped"]},
        },
    ),
    (
        "an object is made",
        {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": ["BUCKET"]}}},
    ),
    ("an event of your own", {"source": ["shop"], "detail-type": ["OrderPlaced"]}),
)


def _buses(account: Account) -> list[str]:
    return [one["Name"] for one in account.read("events", "list_event_buses").get("EventBuses", [])]


def rules(account: Account) -> Iterator[Thing]:
    for bus in _buses(account):
        for one in account.read("events", "list_rules", EventBusName=bus).get("Rules", []):
            when = one.get("ScheduleExpression") or one.get("EventPattern", "")
            facts = (
                Fact("When", when),
                state_fact(one.get("State", ""), good=["ENABLED"], bad=["DISABLED"]),
                Fact("Bus", bus),
            )
            address = one["Name"] if bus == "default" else f"{bus}/{one['Name']}"
            yield Thing(address, one["Name"], facts, one["Arn"], {**one, "EventBusName": bus})


def _where(at: At) -> dict[str, Any]:
    bus = at.thing.data["EventBusName"]
    return {} if bus == "default" else {"EventBusName": bus}


def _targets(account: Account, it: Thing) -> Thing:
    found = ask(account, "events", "list_targets_by_rule", Rule=it.name, EventBusName=it.data["EventBusName"]).get(
        "Targets", []
    )
    rows = tuple(
        Row(one["Id"], (one["Id"], one["Arn"], one.get("Input", ""), tail(one.get("RoleArn", ""))), data=one)
        for one in found
    )
    kinds = {
        "lambda": "lambda:function",
        "sqs": "sqs:queue",
        "sns": "sns:topic",
        "states": "stepfunctions:machine",
        "kinesis": "kinesis:stream",
    }
    links = tuple(
        Link(kinds[service], one["Arn"], "Does", tail(one["Arn"]))
        for one in found
        if (service := one["Arn"].split(":")[2]) in kinds
    )
    facts = (
        *it.facts,
        Fact("About", it.data.get("Description", "")),
        Fact("Does", ", ".join(tail(one["Arn"]) for one in found) or "nothing", "" if found else "bad"),
    )
    tags = ask(account, "events", "list_tags_for_resource", ResourceARN=it.arn).get("Tags", [])
    return replace(
        it,
        properties=facts,
        parts=(Part("targets", "Targets", ("Id", "ARN", "Is given", "As role"), rows, "It does nothing."),),
        links=links,
        tags={one["Key"]: one["Value"] for one in tags},
    )


def _put(v: Values, at: At) -> Iterator[Call]:
    name = v.get("Name") or at.thing.name
    bus = v["bus"] if "bus" in v else at.thing.data["EventBusName"]
    schedule = v["ScheduleExpression"] if v["by"] == "schedule" else None
    pattern = v["EventPattern"] if v["by"] == "pattern" else None
    yield call(
        "events",
        "put_rule",
        Name=name,
        EventBusName=None if bus in (None, "default") else bus,
        ScheduleExpression=schedule,
        EventPattern=pattern,
        State="ENABLED" if v["on"] else "DISABLED",
        Description=v["Description"],
    )


def _fields(account: Account, at: At) -> tuple[Any, ...]:
    named = (Text("Name", "Name", required=True), Choice("bus", "Event bus", tuple(_buses(account)), initial="default"))
    return (
        *(() if at.thing.id else named),
        Choice(
            "by",
            "When",
            (("pattern", "an event fits a pattern"), ("schedule", "at times")),
            initial="pattern",
            required=True,
        ),
        Json(
            "EventPattern",
            "Pattern",
            text=True,
            required=True,
            when=("by", "pattern"),
            starters=STARTERS,
            help="Each value is a list of what fits.",
        ),
        Cron(
            "ScheduleExpression",
            "Times",
            initial="rate(5 minutes)",
            required=True,
            when=("by", "schedule"),
            help="cron(0 2 * * ? *) is each night at two, UTC. On the default bus alone.",
        ),
        Switch("on", "It is on", initial=True),
        Text("Description", "Description"),
    )


def _now(account: Account, at: At) -> Values:
    data = at.thing.data
    return {
        "by": "schedule" if data.get("ScheduleExpression") else "pattern",
        "EventPattern": decoded(data.get("EventPattern")) or None,
        "ScheduleExpression": data.get("ScheduleExpression", ""),
        "on": data.get("State") == "ENABLED",
        "Description": data.get("Description", ""),
    }


def _target(v: Values, at: At) -> Iterator[Call]:
    arn = v[v["to"]] if v["to"] != "function" or not v["alias"] else f"{v['function']}:{v['alias']}"
    if v["to"] == "function" and v["permit"]:
        yield call(
            "lambda",
            "add_permission",
            FunctionName=v["function"],
            StatementId=f"events-{at.thing.name}",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=at.thing.arn,
            Qualifier=v["alias"],
        )
    one: dict[str, Any] = {"Id": v["Id"], "Arn": arn}
    if v["Input"]:
        one["Input"] = v["Input"]
    if v["RoleArn"]:
        one["RoleArn"] = v["RoleArn"]
    if v["group"]:
        one["SqsParameters"] = {"MessageGroupId": v["group"]}
    yield call("events", "put_targets", Rule=at.thing.name, **_where(at), Targets=[one])


def _delete(v: Values, at: At) -> Iterator[Call]:
    ids = [row.id for part in at.thing.parts for row in part.rows]
    if ids:
        yield call("events", "remove_targets", Rule=at.thing.name, **_where(at), Ids=ids)
    yield call("events", "delete_rule", Name=at.thing.name, **_where(at))


RULE = Kind(
    "rule",
    "Rule",
    "Rules",
    rules,
    detail=_targets,
    empty="A rule does something when an event fits its pattern, or at times: start a function, put a message in a queue.",
    command="aws events put-rule --name nightly --schedule-expression 'cron(0 2 * * ? *)'",
    actions=(
        Action("create", "Create rule", _put, _fields, new=True),
        Action("edit", "Edit", _put, _fields, _now),
        Action(
            "add-target",
            "Add target",
            _target,
            (
                Choice("to", "Do", WORDS, initial="function", required=True),
                *(
                    Pick(name, words, kind=TARGETS[name], by="arn", required=True, when=("to", name))
                    for name, words in (
                        ("function", "Function"),
                        ("queue", "Queue"),
                        ("topic", "Topic"),
                        ("machine", "State machine"),
                        ("stream", "Stream"),
                    )
                ),
                Text("other", "ARN", required=True, when=("to", "other")),
                Text("alias", "Its alias", when=("to", "function"), help="Empty: $LATEST."),
                Switch("permit", "Also let this rule invoke it", initial=True, when=("to", "function")),
                Text("group", "Message group", when=("to", "queue"), help="For a FIFO queue."),
                Pick("RoleArn", "As role", kind="iam:role", by="arn", when=("to", "machine", "stream", "other")),
                Json("Input", "Gives it", text=True, help="Empty: the event as it is."),
                Text("Id", "Name", initial="1", required=True),
            ),
            part="targets",
            about="A queue or topic must let events.amazonaws.com in by its own policy.",
        ),
        Action(
            "remove-target",
            "Remove",
            lambda v, at: [call("events", "remove_targets", Rule=at.thing.name, **_where(at), Ids=[at.row.id])],
            part="targets",
            row=True,
            danger="Do this no longer?",
            verb="Remove",
        ),
        Action(
            "off",
            "Disable",
            lambda v, at: [call("events", "disable_rule", Name=at.thing.name, **_where(at))],
            verb="Disable",
            when=lambda it: (it.data or {}).get("State") == "ENABLED",
        ),
        Action(
            "on",
            "Enable",
            lambda v, at: [call("events", "enable_rule", Name=at.thing.name, **_where(at))],
            verb="Enable",
            when=lambda it: (it.data or {}).get("State") == "DISABLED",
        ),
        tags_by("events", "tag_resource", "untag_resource", "ResourceARN"),
        Action("delete", "Delete", _delete, danger="Delete the rule with its targets?", verb="Delete"),
    ),
)


def buses(account: Account) -> Iterator[Thing]:
    for one in account.read("events", "list_event_buses").get("EventBuses", []):
        yield Thing(one["Name"], one["Name"], (policy_fact("Policy", one.get("Policy", "")),), one["Arn"], one)


def _send(v: Values, at: At) -> Iterator[Call]:
    entry = {
        "Source": v["Source"],
        "DetailType": v["DetailType"],
        "Detail": v["Detail"] or json.dumps({}),
        "EventBusName": at.thing.id,
    }
    yield call("events", "put_events", Entries=[entry])


BUS = Kind(
    "bus",
    "Event bus",
    "Event buses",
    buses,
    empty="A bus takes events: AWS's own come by the default one, and programs may have others.",
    command="aws events create-event-bus --name orders",
    actions=(
        Action(
            "create", "Create event bus", "events.create_event_bus", (Text("Name", "Name", required=True),), new=True
        ),
        Action(
            "send",
            "Send event",
            _send,
            (
                Text("Source", "Source", required=True, placeholder="shop"),
                Text("DetailType", "Detail type", required=True, placeholder="OrderPlaced"),
                Json("Detail", "Detail", text=True, initial={}),
            ),
            verb="Send",
        ),
        Action(
            "policy",
            "Edit policy",
            lambda v, at: [call("events", "put_permission", EventBusName=at.thing.id, Policy=v["Policy"])],
            (Policy("Policy", "Policy", kind="resource", required=True),),
            lambda account, at: {"Policy": decoded(at.thing.data.get("Policy")) or None},
        ),
        delete("events.delete_event_bus", "Name", "Delete the bus? Its rules must be gone."),
    ),
)
SERVICE = Service("events", "EventBridge", "What is to be done when something happens, or at a time.", (RULE, BUS))
