"""CloudTrail: who called what, and where it is written down."""

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
    Kind,
    Lines,
    Link,
    Number,
    Pick,
    Service,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    switch_fact,
    tail,
)
from labs.explorer.saying import changed


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("cloudtrail", "describe_trails").get("trailList", []):
        facts = (
            switch_fact("All regions", one.get("IsMultiRegionTrail"), good=True),
            switch_fact("Log file validation", one.get("LogFileValidationEnabled"), good=True),
            Fact("Bucket", one.get("S3BucketName", "")),
        )
        links = [Link("s3:bucket", one["S3BucketName"], "Writes to")] if one.get("S3BucketName") else []
        if group := one.get("CloudWatchLogsLogGroupArn"):
            links.append(Link("logs:group", group.split(":log-group:")[-1].removesuffix(":*"), "Writes to"))
        yield Thing(one["Name"], one["Name"], facts, one.get("TrailARN", ""), one, links=tuple(links))


def _look(account: Account, it: Thing) -> Thing:
    on = ask(account, "cloudtrail", "get_trail_status", Name=it.arn).get("IsLogging", False)
    return replace(it, facts=(switch_fact("Logging", on, good=True), *it.facts), data={**it.data, "IsLogging": on})


def _detail(account: Account, it: Thing) -> Thing:
    found = ask(account, "cloudtrail", "get_event_selectors", TrailName=it.arn)
    chosen = [
        value
        for one in found.get("EventSelectors", [])
        for data in one.get("DataResources", [])
        for value in data.get("Values", [])
    ]
    facts = (
        *it.facts,
        Fact("Data events of", ", ".join(chosen) or "nothing"),
        Fact("Prefix", it.data.get("S3KeyPrefix", "")),
        Fact("Key", tail(it.data.get("KmsKeyId", "")) or "S3's own"),
    )
    return replace(it, properties=facts, data={**it.data, "Selectors": found.get("EventSelectors", [])})


def _create(v: Values, at: At) -> Iterator[Call]:
    switches: Values = {name: True if v[name] else None for name in ("IsMultiRegionTrail", "EnableLogFileValidation")}
    yield call(
        "cloudtrail",
        "create_trail",
        Name=v["Name"],
        S3BucketName=v["S3BucketName"],
        S3KeyPrefix=v["S3KeyPrefix"],
        **switches,
        **_logs(v, at),
        KmsKeyId=v["KmsKeyId"],
    )
    if v["start"]:
        yield call("cloudtrail", "start_logging", Name=v["Name"])


def _logs(v: Values, at: At) -> dict[str, Any]:
    return (
        {"CloudWatchLogsLogGroupArn": at.arn("logs", f"log-group:{v['group']}:*"), "CloudWatchLogsRoleArn": v["role"]}
        if v["group"]
        else {}
    )


def _edit(v: Values, at: At) -> Iterator[Call]:
    found: dict[str, Any] = changed(v, at, "S3BucketName", "IsMultiRegionTrail", "EnableLogFileValidation")
    if v["group"] and v["group"] != at.before.get("group"):
        found |= _logs(v, at)
    if found:
        yield call("cloudtrail", "update_trail", Name=at.thing.id, **found)


def _now(account: Account, at: At) -> Values:
    data = at.thing.data
    group = str(data.get("CloudWatchLogsLogGroupArn", "")).split(":log-group:")[-1].removesuffix(":*")
    return {
        "S3BucketName": data.get("S3BucketName"),
        "IsMultiRegionTrail": bool(data.get("IsMultiRegionTrail")),
        "EnableLogFileValidation": bool(data.get("LogFileValidationEnabled")),
        "group": group,
        "role": data.get("CloudWatchLogsRoleArn", ""),
    }


def _selectors(v: Values, at: At) -> Iterator[Call]:
    kinds = (("buckets", "AWS::S3::Object"), ("functions", "AWS::Lambda::Function"), ("tables", "AWS::DynamoDB::Table"))
    data = [{"Type": kind, "Values": v[name]} for name, kind in kinds if v[name]]
    selector = {"ReadWriteType": v["ReadWriteType"], "IncludeManagementEvents": v["management"], "DataResources": data}
    yield call("cloudtrail", "put_event_selectors", TrailName=at.thing.id, EventSelectors=[selector])


WHERE = (
    Pick("group", "Also to log group", kind="logs:group", help="So that alarms can be made of it."),
    Pick("role", "as role", kind="iam:role", by="arn", help="Trusted by CloudTrail, and may write logs."),
)
TRAIL = Kind(
    "trail",
    "Trail",
    "Trails",
    things,
    look=_look,
    detail=_detail,
    empty=(
        "A trail writes every call of the account to a bucket: who did what, when, "
        "from where. One made by API stands still until it is started."
    ),
    command=(
        "aws cloudtrail create-trail --name main --s3-bucket-name my-trail "
        "--is-multi-region-trail --enable-log-file-validation"
    ),
    actions=(
        Action(
            "create",
            "Create trail",
            _create,
            (
                Text("Name", "Name", required=True),
                Pick(
                    "S3BucketName",
                    "Bucket",
                    kind="s3:bucket",
                    required=True,
                    help="Its policy must let CloudTrail write: the bucket's policy editor has it to start with.",
                ),
                Text("S3KeyPrefix", "Prefix"),
                Switch("IsMultiRegionTrail", "All regions", initial=True),
                Switch(
                    "EnableLogFileValidation",
                    "Log file validation",
                    initial=True,
                    help="One sees when a file was changed later.",
                ),
                *WHERE,
                Pick("KmsKeyId", "KMS key", kind="kms:key", by="arn"),
                Switch("start", "Start it", initial=True, help="Without that it writes nothing."),
            ),
            new=True,
        ),
        Action(
            "edit",
            "Edit",
            _edit,
            (
                Pick("S3BucketName", "Bucket", kind="s3:bucket"),
                Switch("IsMultiRegionTrail", "All regions"),
                Switch("EnableLogFileValidation", "Log file validation"),
                *WHERE,
            ),
            _now,
        ),
        Action(
            "events",
            "Choose events",
            _selectors,
            (
                Switch("management", "Management events", initial=True, help="What is done to resources."),
                Choice(
                    "ReadWriteType",
                    "of them",
                    (("All", "all"), ("WriteOnly", "changes alone"), ("ReadOnly", "reads alone")),
                    initial="All",
                    required=True,
                ),
                Lines(
                    "buckets",
                    "Data events of buckets",
                    placeholder="arn:aws:s3:::records/",
                    help="With the slash at the end; arn:aws:s3 is all of them.",
                ),
                Lines("functions", "of functions", placeholder="arn:aws:lambda"),
                Lines("tables", "of tables", placeholder="arn:aws:dynamodb"),
            ),
        ),
        Action(
            "start",
            "Start logging",
            lambda v, at: [call("cloudtrail", "start_logging", Name=at.thing.id)],
            verb="Start",
            when=lambda it: not (it.data or {}).get("IsLogging"),
        ),
        Action(
            "stop",
            "Stop logging",
            lambda v, at: [call("cloudtrail", "stop_logging", Name=at.thing.id)],
            danger="Nothing is written down any more.",
            verb="Stop",
            when=lambda it: bool((it.data or {}).get("IsLogging")),
        ),
        Action(
            "lookup",
            "Look up events",
            lambda v, at: [
                call(
                    "cloudtrail",
                    "lookup_events",
                    LookupAttributes=[{"AttributeKey": v["key"], "AttributeValue": v["value"]}] if v["value"] else None,
                    MaxResults=v["MaxResults"],
                )
            ],
            (
                Choice("key", "Whose", ("EventName", "Username", "ResourceName", "EventSource"), initial="EventName"),
                Text("value", "is", help="Empty: all."),
                Number("MaxResults", "At most", initial=20, least=1, most=50),
            ),
            new=True,
            verb="Look up",
        ),
        delete("cloudtrail.delete_trail", "Name", "Delete the trail? The bucket and what is in it stay."),
    ),
)
SERVICE = Service("cloudtrail", "CloudTrail", "Who called what, written down.", (TRAIL,))
