"""What a function reads from by itself: queues, and streams of tables and of Kinesis."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Json,
    Link,
    Number,
    Part,
    Pick,
    Row,
    Switch,
    Values,
    call,
    tail,
)


def part(found: list[dict[str, Any]]) -> Part:
    """Return the event sources of a function."""
    return Part(
        "sources",
        "Event sources",
        ("From", "State", "Batch", "Filter"),
        tuple(
            Row(
                one["UUID"],
                (
                    tail(one.get("EventSourceArn", "")),
                    one.get("State", ""),
                    str(one.get("BatchSize", "")),
                    json.dumps(one["FilterCriteria"]) if one.get("FilterCriteria") else "",
                ),
                data=one,
            )
            for one in found
        ),
        "It reads from no queue or stream.",
    )


def links(found: list[dict[str, Any]]) -> Iterator[Link]:
    """Yield what a function reads from."""
    for one in found:
        kind = {"sqs": "sqs:queue", "dynamodb": "dynamodb:table", "kinesis": "kinesis:stream"}.get(
            one.get("EventSourceArn", "").split(":")[2:3][0] if one.get("EventSourceArn") else "", ""
        )
        if kind:
            arn = one["EventSourceArn"]
            yield Link(
                kind,
                arn.split("/")[1] if kind != "sqs:queue" else arn,
                "Reads from",
                tail(arn) if kind == "sqs:queue" else "",
            )


def _source(v: Values, at: At) -> Iterator[Call]:
    stream = v["from"] != "queue"
    yield call(
        "lambda",
        "create_event_source_mapping",
        FunctionName=at.thing.id,
        EventSourceArn=v[v["from"]],
        BatchSize=v["BatchSize"],
        StartingPosition=v["StartingPosition"] if stream else None,
        FilterCriteria={"Filters": [{"Pattern": v["filter"]}]} if v["filter"] else None,
        FunctionResponseTypes=["ReportBatchItemFailures"] if v["partial"] else None,
        MaximumBatchingWindowInSeconds=v["window"],
    )


def _streams(account: Account) -> tuple[tuple[str, str], ...]:
    found = []
    for name in account.read("dynamodb", "list_tables").get("TableNames", []):
        arn = account.read("dynamodb", "describe_table", TableName=name)["Table"].get("LatestStreamArn")
        if arn:
            found.append((arn, f"table {name}"))
    return tuple(found)


def _source_fields(account: Account, at: At) -> tuple[Any, ...]:
    streams = ("from", "table", "stream")
    return (
        Choice(
            "from",
            "From",
            (("queue", "an SQS queue"), ("table", "a table's stream"), ("stream", "a Kinesis stream")),
            initial="queue",
            required=True,
        ),
        Pick(
            "queue",
            "Queue",
            kind="sqs:queue",
            by="arn",
            required=True,
            when=("from", "queue"),
            help="The function's role must be allowed to receive and delete.",
        ),
        Choice(
            "table",
            "Table",
            _streams(account),
            required=True,
            when=("from", "table"),
            help="Only tables whose stream is on.",
        ),
        Pick("stream", "Stream", kind="kinesis:stream", by="arn", required=True, when=("from", "stream")),
        Number("BatchSize", "At most", initial=10, least=1, most=10_000, unit="records a run", required=True),
        Choice(
            "StartingPosition",
            "From",
            (("LATEST", "what comes from now on"), ("TRIM_HORIZON", "the oldest that is kept")),
            initial="LATEST",
            required=True,
            when=streams,
        ),
        Number("window", "Wait for more", least=0, most=300, unit="seconds"),
        Json("filter", "Only records like", text=True, help="A pattern: each value is a list."),
        Switch("partial", "It says itself which records failed"),
    )


ACTIONS = (
    Action("add-source", "Add event source", _source, _source_fields, part="sources"),
    Action(
        "edit-source",
        "Change",
        lambda v, at: [
            call("lambda", "update_event_source_mapping", UUID=at.row.id, Enabled=v["on"], BatchSize=v["BatchSize"])
        ],
        (Switch("on", "It is on"), Number("BatchSize", "At most", least=1, most=10_000, unit="records a run")),
        lambda account, at: {
            "on": at.row.data.get("State") not in ("Disabled", "Disabling"),
            "BatchSize": at.row.data.get("BatchSize"),
        },
        part="sources",
        row=True,
    ),
    Action(
        "remove-source",
        "Remove",
        lambda v, at: [call("lambda", "delete_event_source_mapping", UUID=at.row.id)],
        part="sources",
        row=True,
        danger="It reads from there no longer.",
        verb="Remove",
    ),
)
