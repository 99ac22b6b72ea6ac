"""An alarm on one server, by its name: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/US_AlarmAtThresholdEC2.html"""

from graders import Account, Fail, alarms, check, instances


@check(permissions=["cloudwatch:DescribeAlarms", "ec2:DescribeInstances"])
def alarm_watches_server(
    account: Account,
    *,
    alarm: str,
    server: str,
    namespace: str,
    metric: str,
    statistic: str,
    threshold: float,
    period: int,
    unit: str | None = None,
    exact: bool = False,
) -> None:
    """The alarm {alarm} fires when {metric} of {server} is above {threshold}, and only then."""
    found = instances.the_instance(account, server)
    watch = alarms.Watch(
        namespace,
        metric,
        {"InstanceId": found["InstanceId"]},
        statistic,
        "GreaterThanThreshold",
        threshold,
        period,
        period,
        unit,
    )
    named = alarms.the_alarms(account, alarm)
    problems = alarms.shortcomings(named[0], watch)
    said = (named[0].get("ComparisonOperator"), named[0].get("Threshold"))
    if exact and not problems and said != ("GreaterThanThreshold", threshold):
        problems = [f"the comparison is {said[0]} {said[1]:g}"]
    if problems:
        raise Fail(
            "The alarm {alarm} does not do: {problems}.",
            looked_at="the alarm {alarm}",
            needed="{statistic} of {metric} of the instance {instance} above {threshold} for {period} seconds.",
            try_="aws cloudwatch put-metric-alarm --alarm-name {alarm} … replaces the whole alarm.",
            alarm=alarm,
            problems="; ".join(problems),
            statistic=statistic,
            metric=metric,
            instance=found["InstanceId"],
            threshold=threshold,
            period=period,
        )
