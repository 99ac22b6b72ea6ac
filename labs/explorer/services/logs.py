"""CloudWatch Logs: what programs and services wrote, and numbers made of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Link,
    Number,
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
from labs.explorer.saying import tag_map_by

DAYS = (
    "",
    "1",
    "3",
    "5",
    "7",
    "14",
    "30",
    "60",
    "90",
    "120",
    "150",
    "180",
    "365",
    "400",
    "545",
    "731",
    "1096",
    "1827",
    "3653",
)


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("logs", "describe_log_groups").get("logGroups", []):
        days = one.get("retentionInDays")
        facts = (
            Fact("Keeps", f"{days} days" if days else "for ever", "" if days else "bad"),
            Fact("Size", f"{one.get('storedBytes', 0)} bytes"),
            Fact("Encrypted with", tail(one.get("kmsKeyId", "")) or "AWS's own key"),
        )
        name = one["logGroupName"]
        links = (
            (Link("lambda:function", name.rpartition("/")[2], "Written by"),) if name.startswith("/aws/lambda/") else ()
        )
        yield Thing(name, name, facts, one.get("arn", "").removesuffix(":*"), one, links=links)


def _detail(account: Account, it: Thing) -> Thing:
    streams = ask(account, "logs", "describe_log_streams", logGroupName=it.id).get("logStreams", [])
    filters = ask(account, "logs", "describe_metric_filters", logGroupName=it.id).get("metricFilters", [])
    subscriptions = ask(account, "logs", "describe_subscription_filters", logGroupName=it.id).get(
        "subscriptionFilters", []
    )
    made = [(one, one.get("metricTransformations", [{}])[0]) for one in filters]
    parts = (
        Part(
            "streams",
            "Streams",
            ("Name",),
            tuple(Row(one["logStreamName"], (one["logStreamName"],)) for one in streams[:200]),
            "Nobody has written yet.",
        ),
        Part(
            "filters",
            "Metric filters",
            ("Name", "Counts", "As"),
            tuple(
                Row(
                    one["filterName"],
                    (
                        one["filterName"],
                        one.get("filterPattern", ""),
                        f"{to.get('metricNamespace', '')} {to.get('metricName', '')} = {to.get('metricValue', '')}",
                    ),
                    data=one,
                )
                for one, to in made
            ),
            "No metric is made of it.",
        ),
        Part(
            "subscriptions",
            "Subscription filters",
            ("Name", "Pattern", "To"),
            tuple(
                Row(one["filterName"], (one["filterName"], one.get("filterPattern", ""), one.get("destinationArn", "")))
                for one in subscriptions
            ),
        ),
    )
    tags = ask(account, "logs", "list_tags_for_resource", resourceArn=it.arn).get("tags", {})
    return replace(it, properties=it.facts, parts=parts, tags=tags)


def _retention(name: str, days: str | None) -> Call:
    if days is None:
        return call("logs", "delete_retention_policy", logGroupName=name)
    return call("logs", "put_retention_policy", logGroupName=name, retentionInDays=int(days))


def _create(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "logs", "create_log_group", logGroupName=v["logGroupName"], kmsKeyId=v["kmsKeyId"], tags=v["tags"] or None
    )
    if v["days"]:
        yield _retention(v["logGroupName"], v["days"])


def _filter(v: Values, at: At) -> Iterator[Call]:
    to = {"metricNamespace": v["metricNamespace"], "metricName": v["metricName"], "metricValue": v["metricValue"]}
    if v["defaultValue"] is not None:
        to["defaultValue"] = v["defaultValue"]
    yield call(
        "logs",
        "put_metric_filter",
        logGroupName=at.thing.id,
        filterName=v["filterName"],
        filterPattern=v["filterPattern"] or "",
        metricTransformations=[to],
    )


def _write(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "logs",
        "put_log_events",
        logGroupName=at.thing.id,
        logStreamName=at.row.id,
        logEvents=[{"timestamp": v["timestamp"], "message": v["message"]}],
    )


GROUP = Kind(
    "group",
    "Log group",
    "Log groups",
    things,
    detail=_detail,
    empty=(
        "A log group holds what programs of one sort wrote, a stream for each. "
        "It keeps everything for ever unless told otherwise."
    ),
    command="aws logs create-log-group --log-group-name /app/web",
    actions=(
        Action(
            "create",
            "Create log group",
            _create,
            (
                Text("logGroupName", "Name", required=True, placeholder="/app/web"),
                Choice(
                    "days", "Keep for", tuple((one, f"{one} days" if one else "ever") for one in DAYS), initial="30"
                ),
                Pick("kmsKeyId", "KMS key", kind="kms:key", by="arn", help="Empty: AWS's own."),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        Action(
            "retention",
            "Edit retention",
            lambda v, at: [_retention(at.thing.id, v["days"])],
            (Choice("days", "Keep for", tuple((one, f"{one} days" if one else "ever") for one in DAYS)),),
            lambda account, at: {"days": str(at.thing.data.get("retentionInDays", ""))},
        ),
        Action(
            "search",
            "Search",
            "logs.filter_log_events",
            (
                Text("filterPattern", "Pattern", help='ERROR, "time out", { $.status = 500 }. Empty: everything.'),
                Text("logStreamNamePrefix", "In streams that begin with"),
                Number("limit", "At most", initial=100, least=1, most=1000),
            ),
            thing="logGroupName",
            verb="Search",
        ),
        Action(
            "add-stream",
            "Create stream",
            "logs.create_log_stream",
            (Text("logStreamName", "Name", required=True),),
            thing="logGroupName",
            part="streams",
        ),
        Action(
            "read",
            "Read",
            lambda v, at: [
                call("logs", "get_log_events", logGroupName=at.thing.id, logStreamName=at.row.id, startFromHead=True)
            ],
            part="streams",
            row=True,
            verb="Read",
        ),
        Action(
            "write",
            "Write a line",
            _write,
            (
                Text("message", "Message", required=True, long=True),
                Number(
                    "timestamp", "Time", required=True, least=0, unit="ms since 1970", help="Not older than 14 days."
                ),
            ),
            lambda account, at: {"timestamp": int(time.time() * 1000)},
            part="streams",
            row=True,
            verb="Write",
        ),
        Action(
            "remove-stream",
            "Delete",
            lambda v, at: [call("logs", "delete_log_stream", logGroupName=at.thing.id, logStreamName=at.row.id)],
            part="streams",
            row=True,
            danger="Delete the stream with its lines?",
            verb="Delete",
        ),
        Action(
            "add-filter",
            "Add metric filter",
            _filter,
            (
                Text("filterName", "Name", required=True),
                Text(
                    "filterPattern",
                    "Counts lines with",
                    placeholder='{ $.userIdentity.type = "Root" }',
                    help="A word, or a JSON pattern in braces. Empty: every line.",
                ),
                Text("metricNamespace", "Namespace", required=True, placeholder="Security"),
                Text("metricName", "Metric", required=True),
                Text("metricValue", "Each counts", initial="1", required=True),
                Number(
                    "defaultValue",
                    "Without any",
                    whole=False,
                    help="What the metric says of a minute without such a line. Empty: nothing.",
                ),
            ),
            part="filters",
        ),
        Action(
            "remove-filter",
            "Delete",
            lambda v, at: [call("logs", "delete_metric_filter", logGroupName=at.thing.id, filterName=at.row.id)],
            part="filters",
            row=True,
            danger="Delete the filter? The metric's values stay.",
            verb="Delete",
        ),
        Action(
            "subscribe",
            "Add subscription filter",
            lambda v, at: [
                call(
                    "logs",
                    "put_subscription_filter",
                    logGroupName=at.thing.id,
                    filterName=v["filterName"],
                    filterPattern=v["filterPattern"] or "",
                    destinationArn=v["destinationArn"],
                    roleArn=v["roleArn"],
                )
            ],
            (
                Text("filterName", "Name", required=True),
                Text("filterPattern", "Lines with", help="Empty: every line."),
                Pick(
                    "destinationArn",
                    "To",
                    kind=("lambda:function", "kinesis:stream"),
                    by="arn",
                    free=True,
                    required=True,
                ),
                Pick(
                    "roleArn",
                    "As role",
                    kind="iam:role",
                    by="arn",
                    help="For streams; a function must let logs.amazonaws.com invoke it.",
                ),
            ),
            part="subscriptions",
        ),
        Action(
            "unsubscribe",
            "Delete",
            lambda v, at: [call("logs", "delete_subscription_filter", logGroupName=at.thing.id, filterName=at.row.id)],
            part="subscriptions",
            row=True,
            danger="Send nothing there any more?",
            verb="Delete",
        ),
        tag_map_by("logs", "tag_resource", "untag_resource", "resourceArn", key="tags"),
        delete("logs.delete_log_group", "logGroupName", "Delete the group with everything that was written?"),
    ),
)
SERVICE = Service("logs", "CloudWatch Logs", "What programs and services wrote.", (GROUP,))
