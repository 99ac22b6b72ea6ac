"""Alarms: a metric, a threshold, and what happens when it is crossed."""

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
    Link,
    Number,
    Pairs,
    Part,
    Picks,
    Row,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    tag_list,
    tags_of,
    tail,
)
from labs.explorer.saying import state_fact, tags_by

STATISTICS = ("Average", "Sum", "Maximum", "Minimum", "SampleCount")
COMPARISONS = (
    ("GreaterThanThreshold", "> above"),
    ("GreaterThanOrEqualToThreshold", "≥ at or above"),
    ("LessThanThreshold", "< below"),
    ("LessThanOrEqualToThreshold", "≤ at or below"),
)
MISSING = (
    ("missing", "missing: the state stays as it is"),
    ("notBreaching", "good"),
    ("breaching", "bad"),
    ("ignore", "ignore them"),
)
# The metrics that one most often watches, with the dimension that names the thing.
USUAL = (
    ("AWS/EC2 CPUUtilization", "InstanceId"),
    ("AWS/EC2 StatusCheckFailed", "InstanceId"),
    ("AWS/ApplicationELB HTTPCode_Target_5XX_Count", "LoadBalancer"),
    ("AWS/ApplicationELB UnHealthyHostCount", "TargetGroup"),
    ("AWS/Lambda Errors", "FunctionName"),
    ("AWS/Lambda Duration", "FunctionName"),
    ("AWS/SQS ApproximateNumberOfMessagesVisible", "QueueName"),
    ("AWS/SQS ApproximateAgeOfOldestMessage", "QueueName"),
    ("AWS/RDS CPUUtilization", "DBInstanceIdentifier"),
    ("AWS/RDS FreeStorageSpace", "DBInstanceIdentifier"),
    ("AWS/DynamoDB ThrottledRequests", "TableName"),
    ("AWS/ApiGateway 5XXError", "ApiName"),
    ("AWS/Billing EstimatedCharges", "Currency"),
    ("AWS/AutoScaling GroupInServiceInstances", "AutoScalingGroupName"),
)
OWN = "own"
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("cloudwatch", "describe_alarms").get("MetricAlarms", []):
        told = [tail(arn) for arn in one.get("AlarmActions", [])]
        facts = (
            state_fact(one.get("StateValue", ""), good=["OK"], bad=["ALARM"]),
            Fact("Watches", f"{one.get('Namespace', '')} {one.get('MetricName', '')}".strip() or "an expression"),
            Fact("Threshold", _threshold(one)),
            Fact("Tells", ", ".join(told) or "nobody", "" if told else "bad"),
        )
        yield Thing(one["AlarmName"], one["AlarmName"], facts, one.get("AlarmArn", ""), one, links=tuple(_links(one)))


def _threshold(one: dict[str, Any]) -> str:
    sign = dict(COMPARISONS).get(one.get("ComparisonOperator", ""), one.get("ComparisonOperator", "")).partition(" ")[0]
    what = one.get("Statistic") or one.get("ExtendedStatistic") or ""
    periods = one.get("EvaluationPeriods", 1)
    long = f"{one.get('DatapointsToAlarm') or periods} of {periods} × {one.get('Period', '?')} s"
    return f"{what} {sign} {one.get('Threshold', '')} in {long}".strip()


def _links(one: dict[str, Any]) -> Iterator[Link]:
    words = dict(zip(ACTIONS, ("When in alarm", "When well again", "When it has no data"), strict=True))
    for key, about in words.items():
        for arn in one.get(key, []):
            if ":sns:" in arn:
                yield Link("sns:topic", arn, about, tail(arn))
            elif ":autoscaling:" in arn:
                yield Link("autoscaling:group", arn.partition("autoScalingGroupName/")[2].partition(":")[0], about)
            elif ":lambda:" in arn:
                yield Link("lambda:function", arn, about, tail(arn))
    kinds = {
        "InstanceId": "ec2:instance",
        "FunctionName": "lambda:function",
        "QueueName": "sqs:queue",
        "DBInstanceIdentifier": "rds:instance",
        "TableName": "dynamodb:table",
        "AutoScalingGroupName": "autoscaling:group",
    }
    for each in one.get("Dimensions", []):
        if each["Name"] in kinds:
            yield Link(kinds[each["Name"]], each["Value"], "Watches")


def _detail(account: Account, it: Thing) -> Thing:
    one = it.data
    history = ask(account, "cloudwatch", "describe_alarm_history", AlarmName=it.id).get("AlarmHistoryItems", [])
    rows = tuple(
        Row(
            str(number),
            (str(each.get("Timestamp", "")), each.get("HistoryItemType", ""), each.get("HistorySummary", "")),
        )
        for number, each in enumerate(history[:50])
    )
    tags = ask(account, "cloudwatch", "list_tags_for_resource", ResourceARN=it.arn).get("Tags", [])
    facts = (
        *it.facts,
        Fact(
            "Of",
            ", ".join(f"{each['Name']} {each['Value']}" for each in one.get("Dimensions", [])) or "all: no dimension",
            "" if one.get("Dimensions") else "bad",
        ),
        Fact("Missing data are", dict(MISSING).get(one.get("TreatMissingData") or "missing", "")),
        Fact("Actions", "on" if one.get("ActionsEnabled") else "off", "" if one.get("ActionsEnabled") else "bad"),
        Fact("When well again", ", ".join(tail(arn) for arn in one.get("OKActions", [])) or "nobody is told"),
        Fact("Why", one.get("StateReason", "")),
        Fact("About", one.get("AlarmDescription", "")),
    )
    return replace(
        it,
        properties=facts,
        parts=(Part("history", "History", ("When", "What", ""), rows, "Nothing yet."),),
        tags=tags_of(tags),
    )


def _metrics(account: Account) -> Iterator[tuple[str, str]]:
    """Yield the metrics to choose from: those that have data, and then those of AWS that one most often watches."""
    seen = set()
    for one in account.read("cloudwatch", "list_metrics").get("Metrics", []):
        name = f"{one['Namespace']} {one['MetricName']}"
        if name not in seen:
            seen.add(name)
            yield name, f"{name} (by {', '.join(each['Name'] for each in one.get('Dimensions', [])) or 'no dimension'})"
    for name, dimension in USUAL:
        if name not in seen:
            yield name, f"{name} (by {dimension})"


def _fields(account: Account, at: At) -> tuple[Any, ...]:
    chosen = (
        f"{at.thing.data['Namespace']} {at.thing.data['MetricName']}"
        if at.thing.data and at.thing.data.get("MetricName")
        else ""
    )
    found = tuple(_metrics(account))
    options = ((OWN, "another: type its name"), *found)
    return (
        *(() if at.thing.id else (Text("AlarmName", "Name", required=True),)),
        Choice(
            "metric",
            "Metric",
            options,
            initial=chosen or "AWS/EC2 CPUUtilization",
            required=True,
            help="Where it comes from (the namespace), and its name.",
        ),
        Text("Namespace", "Namespace", required=True, when=("metric", OWN), placeholder="App"),
        Text("MetricName", "Metric name", required=True, when=("metric", OWN)),
        Pairs(
            "dimensions",
            "Of which thing",
            key="Dimension",
            value="Value",
            help="InstanceId i-0abc…, FunctionName orders. All that the metric has, or nothing is found.",
        ),
        Choice(
            "Statistic",
            "Statistic",
            STATISTICS,
            initial="Average",
            required=True,
            help="Sum for what is counted (errors), Average for what is a level (CPU).",
        ),
        Number(
            "Period",
            "Over",
            initial=300,
            least=10,
            most=86_400,
            unit="seconds",
            required=True,
            help="10, 30 or a multiple of 60.",
        ),
        Choice("ComparisonOperator", "Alarm when it is", COMPARISONS, initial="GreaterThanThreshold", required=True),
        Number("Threshold", "the threshold", initial=80, whole=False, required=True),
        Number(
            "EvaluationPeriods",
            "looking at the last",
            initial=1,
            least=1,
            most=1440,
            unit="periods",
            required=True,
            help="Periods times their length is how long it must last.",
        ),
        Number("DatapointsToAlarm", "of which cross it", least=1, most=1440, help="Empty: all of them."),
        Choice("TreatMissingData", "Missing data are", MISSING, initial="missing", required=True),
        Picks(
            "AlarmActions",
            "In alarm: tell",
            kind=("sns:topic", "lambda:function"),
            by="arn",
            free=True,
            help="Topics. Or an ARN: a scaling policy, arn:aws:automate:REGION:ec2:reboot.",
        ),
        Picks("OKActions", "Well again: tell", kind="sns:topic", by="arn", free=True),
        Picks("InsufficientDataActions", "Without data: tell", kind="sns:topic", by="arn", free=True),
        Switch("ActionsEnabled", "Actions are on", initial=True),
        Text("AlarmDescription", "About", help="What to do when it rings."),
        *(() if at.thing.id else (Pairs("tags", "Tags"),)),
    )


def _told(v: Values) -> Values:
    return {name: v[name] or None for name in ACTIONS}


def _put(v: Values, at: At) -> Iterator[Call]:
    namespace, _, metric = (v["Namespace"], " ", v["MetricName"]) if v["metric"] == OWN else v["metric"].rpartition(" ")
    dimensions = [{"Name": name, "Value": value} for name, value in v["dimensions"].items()]
    numbers = {
        name: v[name]
        for name in (
            "Statistic",
            "Period",
            "EvaluationPeriods",
            "DatapointsToAlarm",
            "Threshold",
            "ComparisonOperator",
            "TreatMissingData",
        )
    }
    yield call(
        "cloudwatch",
        "put_metric_alarm",
        AlarmName=v.get("AlarmName") or at.thing.id,
        AlarmDescription=v["AlarmDescription"],
        Namespace=namespace,
        MetricName=metric,
        Dimensions=dimensions or None,
        **numbers,
        ActionsEnabled=None if v["ActionsEnabled"] else False,
        **_told(v),
        Tags=tag_list(v.get("tags")),
    )


def _now(account: Account, at: At) -> Values:
    data = at.thing.data
    return {
        **{
            name: data.get(name)
            for name in (
                "Statistic",
                "Period",
                "EvaluationPeriods",
                "DatapointsToAlarm",
                "Threshold",
                "ComparisonOperator",
                "AlarmDescription",
            )
        },
        **{name: data.get(name, []) for name in ACTIONS},
        "metric": f"{data.get('Namespace', '')} {data.get('MetricName', '')}".strip(),
        "ActionsEnabled": bool(data.get("ActionsEnabled")),
        "TreatMissingData": data.get("TreatMissingData") or "missing",
        "dimensions": {one["Name"]: one["Value"] for one in data.get("Dimensions", [])},
    }


def _names(operation: str) -> Any:
    return lambda v, at: [call("cloudwatch", operation, AlarmNames=[at.thing.id])]


def _ring(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "cloudwatch", "set_alarm_state", AlarmName=at.thing.id, StateValue=v["StateValue"], StateReason=v["StateReason"]
    )


SHARED = (
    Action(
        "ring",
        "Set state",
        _ring,
        (
            Choice("StateValue", "State", ("ALARM", "OK", "INSUFFICIENT_DATA"), initial="ALARM", required=True),
            Text("StateReason", "Reason", initial="A drill.", required=True),
        ),
        verb="Set",
        about="For a drill: what hangs on the alarm happens. It is judged anew at its next look.",
    ),
    Action(
        "on",
        "Turn actions on",
        _names("enable_alarm_actions"),
        verb="Turn on",
        when=lambda it: not (it.data or {}).get("ActionsEnabled"),
    ),
    Action(
        "off",
        "Turn actions off",
        _names("disable_alarm_actions"),
        verb="Turn off",
        when=lambda it: bool((it.data or {}).get("ActionsEnabled")),
    ),
    tags_by("cloudwatch", "tag_resource", "untag_resource", "ResourceARN"),
    Action("delete", "Delete", _names("delete_alarms"), danger="Delete the alarm?", verb="Delete"),
)
ALARM = Kind(
    "alarm",
    "Alarm",
    "Alarms",
    things,
    detail=_detail,
    empty=(
        "An alarm watches one metric of one thing. When the threshold is "
        "crossed long enough, it tells a topic or does something."
    ),
    command=(
        "aws cloudwatch put-metric-alarm --alarm-name cpu-high --namespace AWS/EC2 --metric-name CPUUtilization --dimensions "
        "Name=InstanceId,Value=i-… --statistic Average --period 300 "
        "--evaluation-periods 1 --threshold 80 --comparison-operator GreaterThanThreshold"
    ),
    actions=(
        Action("create", "Create alarm", _put, _fields, new=True),
        Action("edit", "Edit", _put, _fields, _now, when=lambda it: bool((it.data or {}).get("MetricName"))),
        *SHARED,
    ),
)


def _composites(account: Account) -> Iterator[Thing]:
    for one in account.read("cloudwatch", "describe_alarms", AlarmTypes=["CompositeAlarm"]).get("CompositeAlarms", []):
        told = [tail(arn) for arn in one.get("AlarmActions", [])]
        facts = (
            state_fact(one.get("StateValue", ""), good=["OK"], bad=["ALARM"]),
            Fact("Rings when", one.get("AlarmRule", "")),
            Fact("Tells", ", ".join(told) or "nobody", "" if told else "bad"),
        )
        yield Thing(one["AlarmName"], one["AlarmName"], facts, one.get("AlarmArn", ""), one, links=tuple(_links(one)))


def _put_composite(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "cloudwatch",
        "put_composite_alarm",
        AlarmName=v.get("AlarmName") or at.thing.id,
        AlarmRule=v["AlarmRule"],
        AlarmActions=v["AlarmActions"] or None,
        AlarmDescription=v["AlarmDescription"],
    )


def _composite_fields(account: Account, at: At) -> tuple[Any, ...]:
    return (
        *(() if at.thing.id else (Text("AlarmName", "Name", required=True),)),
        Text(
            "AlarmRule",
            "Rings when",
            required=True,
            long=True,
            placeholder='ALARM("cpu-high") AND NOT ALARM("deploying")',
        ),
        Picks("AlarmActions", "In alarm: tell", kind="sns:topic", by="arn", free=True),
        Text("AlarmDescription", "About"),
    )


COMPOSITE = Kind(
    "composite-alarm",
    "Composite alarm",
    "Composite alarms",
    _composites,
    empty="A composite alarm looks at other alarms, and rings when they together say so: fewer calls at night.",
    command='aws cloudwatch put-composite-alarm --alarm-name site-down --alarm-rule \'ALARM("a") AND ALARM("b")\'',
    actions=(
        Action("create", "Create composite alarm", _put_composite, _composite_fields, new=True),
        Action(
            "edit",
            "Edit",
            _put_composite,
            _composite_fields,
            lambda account, at: {
                name: at.thing.data.get(name) for name in ("AlarmRule", "AlarmActions", "AlarmDescription")
            },
        ),
        *SHARED,
    ),
)
