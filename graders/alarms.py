"""CloudWatch alarms: which there are, and what each would do.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from graders import nearby
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
    what = f"alarm {name}" if name else "alarm"
    hint = nearby.almost(name, (one["AlarmName"] for one in alarms)) if name else ""
    hint = hint or nearby.elsewhere(
        account,
        lambda region: any(
            name in ("", one["AlarmName"])
            for one in account.read("cloudwatch", "describe_alarms", region=region).get("MetricAlarms", [])
        ),
    )
    raise Fail(
        f"{'The' if name else 'An'} {what} does not exist.{hint}",
        looked_at=f"the CloudWatch alarms in {account.region}",
        needed=f"{'The' if name else 'An'} {what} in {account.region}.",
        try_="aws cloudwatch put-metric-alarm …",
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
