"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html"""

from typing import Literal

from graders import Account, Fail, alarms, check

Comparison = Literal[
    "GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"
]
Unit = Literal[
    "Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
    "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second",
    "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second",
    "Gigabits/Second", "Terabits/Second", "Count/Second", "None",
]  # fmt: skip


@check(permissions=alarms.PERMISSIONS)
def alarm_watches(
    account: Account,
    *,
    namespace: str,
    metric: str,
    dimensions: dict[str, str],
    statistic: str,
    comparison: Comparison,
    threshold: float,
    period: int,
    alarm: str = "",
    lasts: int = 0,
    unit: Unit | None = None,
) -> None:
    """An alarm fires when {metric} is out of bounds, and only then.

    Any alarm of the region, or the one named `alarm`. Judged by what it does: it fires when the breach has lasted
    `lasts` seconds (`period` when not given), at a value 5 % beyond the threshold (counts up to 20: at the next whole
    number), and stays quiet at one 5 % short of it. 1 × 300 s, 5 × 60 s and 1 of 3 × 300 s are the same. `unit` is the
    one in which the metric is published: an alarm that names another sees no data. Give it for a metric of one's own.
    """
    watch = alarms.Watch(namespace, metric, dimensions, statistic, comparison, threshold, period, lasts or period, unit)
    judged, undecided = [], None
    for one in alarms.the_alarms(account, alarm):
        try:
            judged.append((alarms.shortcomings(one, watch), one["AlarmName"]))
        except alarms.Undecided as error:
            undecided = error
    if any(not problems for problems, _ in judged):
        return
    if undecided is not None:
        raise undecided
    problems, name = min(judged, key=lambda one: len(one[0]))
    raise Fail(
        "The alarm {alarm} does not do: {problems}.",
        looked_at="the {count} alarms in {region}" if len(judged) > 1 else "the alarm {alarm}",
        needed="An alarm on {watch}, {lasts} s long.",
        try_="aws cloudwatch put-metric-alarm --alarm-name {alarm} … replaces the whole alarm.",
        counterexample="{metric} at {breach} for {lasts} s must set it off; {normal} must not.",
        alarm=name,
        problems="; ".join(problems),
        count=len(judged),
        region=account.region,
        watch=watch,
        lasts=watch.lasts,
        metric=metric,
        breach=f"{watch.breach:f}",
        normal=f"{watch.normal:f}",
    )
