"""CloudWatch alarms: which there are, and what each would do.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from graders import messaging, nearby
from graders.account import Account
from graders.check import Fail

PERMISSIONS = ("cloudwatch:DescribeAlarms",)
COMPARISONS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}
SIGNS = {
    ">": lambda value, threshold: value > threshold,
    ">=": lambda value, threshold: value >= threshold,
    "<": lambda value, threshold: value < threshold,
    "<=": lambda value, threshold: value <= threshold,
}
COUNTS = ("Sum", "SampleCount")  # whole things: one more or less matters, and a longer period holds more of them
SAME_STATISTIC = {"p100": "Maximum", "p0": "Minimum"}
# The units in which AWS's own metrics come: an alarm on another unit sees no data, for ever.
UNITS = {
    "CPUUtilization": "Percent",
    "MemoryUtilization": "Percent",
    "FreeStorageSpace": "Bytes",
    "FreeableMemory": "Bytes",
    "DatabaseConnections": "Count",
    "NetworkIn": "Bytes",
    "NetworkOut": "Bytes",
    "StatusCheckFailed": "Count",
    "ApproximateNumberOfMessagesVisible": "Count",
    "ApproximateAgeOfOldestMessage": "Seconds",
    "Errors": "Count",
    "Throttles": "Count",
    "Invocations": "Count",
    "Duration": "Milliseconds",
    "HTTPCode_Target_5XX_Count": "Count",
    "UnHealthyHostCount": "Count",
    "TargetResponseTime": "Seconds",
}


# What an alarm's message says of itself, for filters on the body.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
MESSAGE = {"NewStateValue": "ALARM", "OldStateValue": "OK"}


class Undecided(Exception):
    """An alarm on an expression: this cannot be judged by machine yet, so it costs nothing."""


@dataclass(frozen=True)
class Watch:
    """What an alarm should watch. `lasts`: seconds for which the breach lasts when the alarm must fire.

    `unit`: in which the metric is published; None for the one that AWS gives its own metrics, if it is known.
    """

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    comparison: str
    threshold: float
    period: int
    lasts: int
    unit: str | None = None

    def __str__(self) -> str:
        return (
            f"{self.namespace} {self.metric} ({_dimensions(self.dimensions)}), {self.statistic} over {self.period} s "
            f"{COMPARISONS[self.comparison]} {self.threshold:g}"
        )

    @property
    def breach(self) -> Decimal:
        """A value that is surely too much (or too little)."""
        return self._beside(1)

    @property
    def normal(self) -> Decimal:
        """A value that is surely well."""
        return self._beside(-1)

    def _beside(self, side: int) -> Decimal:
        """Counts and zero to the unit; else 5 % to either side, so that > and >= are the same."""
        sign = COMPARISONS[self.comparison]
        threshold = Decimal(str(self.threshold))
        up = side if ">" in sign else -side
        exact = threshold == 0 or (self.statistic in COUNTS and abs(threshold) <= 20)
        if not exact:
            return threshold + up * abs(threshold) * Decimal("0.05")
        touching = threshold if ("=" in sign) == (side > 0) else threshold + up
        return touching


def all_alarms(account: Account) -> list[dict[str, Any]]:
    """describe_alarms' metric alarms of the region."""
    alarms: list[dict[str, Any]] = account.read("cloudwatch", "describe_alarms").get("MetricAlarms", [])
    return alarms


def the_alarms(account: Account, name: str) -> list[dict[str, Any]]:
    """The alarm of that name, or all of them for ""; fails when there is none."""
    alarms = all_alarms(account)
    found = [one for one in alarms if name in ("", one["AlarmName"])]
    if found:
        return found
    hint = nearby.almost(name, (one["AlarmName"] for one in alarms)) if name else ""
    hint = hint or nearby.elsewhere(
        account,
        lambda region: any(
            name in ("", one["AlarmName"])
            for one in account.read("cloudwatch", "describe_alarms", region=region).get("MetricAlarms", [])
        ),
    )
    raise Fail(
        "The alarm {alarm} does not exist.{hint}" if name else "An alarm does not exist.{hint}",
        looked_at="the CloudWatch alarms in {region}",
        needed="The alarm {alarm} in {region}." if name else "An alarm in {region}.",
        try_="aws cloudwatch put-metric-alarm …",
        alarm=name,
        hint=hint,
        region=account.region,
    )


def topic_refuses(account: Account, topic: messaging.Place, alarm_arn: str) -> str:
    """Why the topic's policy keeps CloudWatch out when it acts for the alarm, or ""."""
    return messaging.service_refusal(
        account,
        topic.attributes.get("Policy", ""),
        f"policy of topic {topic.name}",
        service="cloudwatch.amazonaws.com",
        action="sns:Publish",
        resource=topic.arn,
        source=alarm_arn,
    )


def shortcomings(alarm: dict[str, Any], watch: Watch) -> list[str]:
    """All that keeps the alarm from doing what is asked, a sentence each; [] when it does."""
    metric = _metric(alarm)
    if metric is None:
        raise Undecided(f"alarm {alarm['AlarmName']} is on an expression")
    return [
        *_wrong_metric(metric, watch),
        *_wrong_timing(alarm, metric, watch),
        *_wrong_threshold(alarm, watch),
    ]


def same_metric(alarm: dict[str, Any], namespace: str, metric: str) -> bool:
    found = _metric(alarm)
    return found is not None and (not namespace or found["Namespace"] == namespace) and found["MetricName"] == metric


def _metric(alarm: dict[str, Any]) -> dict[str, Any] | None:
    """The alarm's metric, statistic and period, however they are written; None for an expression."""
    if alarm.get("MetricName"):
        return alarm
    queries = alarm.get("Metrics", [])
    if len(queries) != 1 or "MetricStat" not in queries[0]:
        return None
    stat = queries[0]["MetricStat"]
    return {**stat["Metric"], "Statistic": stat["Stat"], "Period": stat["Period"], "Unit": stat.get("Unit")}


def _wrong_metric(metric: dict[str, Any], watch: Watch) -> list[str]:
    problems = []
    if (metric["Namespace"], metric["MetricName"]) != (watch.namespace, watch.metric):
        near = (metric["Namespace"].lower(), metric["MetricName"].lower()) == (
            watch.namespace.lower(),
            watch.metric.lower(),
        )
        problems.append(
            f"it watches {metric['Namespace']} {metric['MetricName']}"
            + (" (capital letters count)" if near else f", not {watch.namespace} {watch.metric}")
        )
    given = {one["Name"]: one["Value"] for one in metric.get("Dimensions", [])}
    if given != dict(watch.dimensions):
        problems.append(
            f"its dimensions are {_dimensions(given)}, not {_dimensions(watch.dimensions)}: it would wait for ever, "
            "without data"
        )
    statistic = metric.get("Statistic") or metric.get("ExtendedStatistic") or ""
    if SAME_STATISTIC.get(statistic, statistic) != SAME_STATISTIC.get(watch.statistic, watch.statistic):
        problems.append(f"its statistic is {statistic}, not {watch.statistic}")
    unit = metric.get("Unit")
    published = watch.unit or (UNITS.get(watch.metric) if watch.namespace.startswith("AWS/") else None)
    if unit and published and unit != published:
        problems.append(f"its unit is {unit}, and {watch.metric} comes in {published}: it would see no data")
    return problems


def _wrong_timing(alarm: dict[str, Any], metric: dict[str, Any], watch: Watch) -> list[str]:
    period = int(metric["Period"])
    of = int(alarm["EvaluationPeriods"])
    needs = int(alarm.get("DatapointsToAlarm") or of)
    takes = period * needs
    if watch.statistic in COUNTS and period != watch.period:
        return [f"it takes the {watch.statistic} over {period} s, not {watch.period} s"]
    if takes > watch.lasts:
        return [f"it needs {needs} × {period} s of breach to fire, and the breach lasts {watch.lasts} s"]
    if takes < watch.lasts:
        return [f"it fires after {takes} s already, on a spike; it should take {watch.lasts} s"]
    return []


def _wrong_threshold(alarm: dict[str, Any], watch: Watch) -> list[str]:
    sign = COMPARISONS.get(alarm["ComparisonOperator"])
    if sign is None or "Threshold" not in alarm:
        raise Undecided(f"alarm {alarm['AlarmName']} is on an anomaly band")
    threshold = Decimal(str(alarm["Threshold"]))
    problems = []
    if not SIGNS[sign](watch.breach, threshold):
        problems.append(f"it would not fire at {watch.breach:f} (it fires when the value is {sign} {threshold:f})")
    if SIGNS[sign](watch.normal, threshold):
        problems.append(f"it would fire at {watch.normal:f}, which is normal (it fires at {sign} {threshold:f})")
    return problems


def _dimensions(dimensions: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(dimensions.items())) or "none"


def state_after(alarm: dict[str, Any], samples: Sequence[float | None], every: int) -> str:
    """ALARM if the samples (one each `every` seconds, None: missing) ever set the alarm off, else the last state.

    Before the first sample all was as in the first. Periods begin with the first sample. Raises Undecided.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    """
    metric = _metric(alarm)
    sign = COMPARISONS.get(alarm["ComparisonOperator"])
    if metric is None or sign is None or "Threshold" not in alarm:
        raise Undecided(f"alarm {alarm['AlarmName']} is on an expression or a band")
    points = _points(samples, every, int(metric["Period"]), _statistic(metric))
    of = int(alarm["EvaluationPeriods"])
    points = [*points[:1] * (of + 2), *points]
    bad = [None if one is None else SIGNS[sign](one, Decimal(str(alarm["Threshold"]))) for one in points]
    state = "OK"
    for end in range(of + 2, len(bad)):
        window = bad[end - of - 1 : end + 1]  # AWS looks a little further back than it evaluates
        state = _evaluated(alarm, [one for one in window if one is not None][-of:], state)
        if state == "ALARM":
            break
    return state


def _evaluated(alarm: dict[str, Any], real: list[bool], state: str) -> str:
    of = int(alarm["EvaluationPeriods"])
    needs, missing = int(alarm.get("DatapointsToAlarm") or of), of - len(real)
    treated = alarm.get("TreatMissingData") or "missing"
    if sum(real) + (missing if treated == "breaching" else 0) >= needs:
        return "ALARM"
    if missing and all(real) and treated in ("missing", "ignore"):  # also where there is none
        return state if treated == "ignore" else "ALARM" if real else "INSUFFICIENT_DATA"
    return "OK"


def _points(samples: Sequence[float | None], every: int, period: int, statistic: str) -> list[Decimal | None]:
    """The metric's data points, one a period."""
    values = [None if one is None else Decimal(str(one)) for one in samples]
    if period < every:
        copies = every // period
        share = copies if statistic == "Sum" else 1
        return [None if one is None else one / share for one in values for _ in range(copies)]
    size = max(1, period // every)
    held = [[one for one in values[at : at + size] if one is not None] for at in range(0, len(values), size)]
    return [_taken(statistic, one) if one else None for one in held]


def _taken(statistic: str, values: list[Decimal]) -> Decimal:
    match statistic:
        case "Sum":
            return sum(values, Decimal())
        case "SampleCount":
            return Decimal(len(values))
        case "Maximum":
            return max(values)
        case "Minimum":
            return min(values)
        case "Average":
            return sum(values, Decimal()) / len(values)
    if not statistic.startswith("p"):
        raise Undecided(f"the statistic {statistic}")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(float(statistic[1:]) / 100 * len(ordered)) - 1)]


def _statistic(metric: dict[str, Any]) -> str:
    given = str(metric.get("Statistic") or metric.get("ExtendedStatistic") or "")
    return SAME_STATISTIC.get(given, given)


def dimensions_of(alarm: dict[str, Any]) -> dict[str, str]:
    """The dimensions of the alarm's metric."""
    return {one["Name"]: one["Value"] for one in (_metric(alarm) or {}).get("Dimensions", [])}


def notified(account: Account, alarm: dict[str, Any]) -> list[messaging.Place]:
    """The topics that hear of the alarm by its ALARM actions: switched on, there, and open to CloudWatch."""
    if not alarm.get("ActionsEnabled"):
        return []
    known = messaging.topics(account)
    return [
        topic
        for arn in alarm.get("AlarmActions", [])
        if arn in known
        for topic in [messaging.the_topic(account, arn)]
        if not topic_refuses(account, topic, alarm["AlarmArn"])
        and not messaging.key_keeps_out(account, topic, "cloudwatch.amazonaws.com")
    ]
