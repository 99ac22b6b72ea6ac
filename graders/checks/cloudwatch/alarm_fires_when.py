"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html"""

from typing import Any

from graders import Account, Fail, alarms, check


@check(permissions=alarms.PERMISSIONS)
def alarm_fires_when(
    account: Account,
    *,
    alarm: str,
    series: list[str],
    every: int = 60,
    fires: bool = True,
    namespace: str = "",
    metric: str = "",
    dimensions: dict[str, str] | None = None,
) -> None:
    """The alarm {alarm} does as it should when the metric runs {series}.

    `series` are the metric's samples, one each `every` seconds, "-" where none is published; the alarm must go into
    ALARM during it (`fires`) or never. Before it all was as in the first sample, so begin with a normal value; its
    first sample begins a period. Period, statistic, M of N, comparison and missing data are computed, so that any alarm
    of that effect passes. Metric and dimensions are compared where given; an alarm on an expression is undecided.
    """
    (found,) = alarms.the_alarms(account, alarm)[:1]
    values: dict[str, Any] = {"alarm": alarm, "metric": metric, "series": series, "every": every}
    looked_at = "the alarm {alarm}, computed on {series} (a sample each {every} s, - is missing)"
    if metric and not alarms.same_metric(found, namespace, metric):
        raise Fail(
            "The alarm {alarm} watches {other}, not {metric}.",
            looked_at="the alarm {alarm}",
            needed="An alarm on {metric}; capital letters count.",
            try_="aws cloudwatch list-metrics shows how it is spelled.",
            other=f"{found.get('Namespace', '')} {found.get('MetricName', 'an expression')}".strip(),
            **values,
        )
    given = alarms.dimensions_of(found)
    if dimensions is not None and given != dimensions:
        raise Fail(
            "The alarm {alarm} looks at the dimensions {given}: there it would wait for data for ever.",
            looked_at="the alarm {alarm}",
            needed="The dimensions {wanted}, all of them and no other.",
            try_="aws cloudwatch list-metrics shows the dimensions that are published.",
            given=[f"{name}={value}" for name, value in given.items()],
            wanted=[f"{name}={value}" for name, value in dimensions.items()],
            **values,
        )
    state = alarms.state_after(found, [None if one == "-" else float(one) for one in series], every)
    if (state == "ALARM") is fires:
        return
    raise Fail(
        "The alarm {alarm} does not fire: it ends as {state}." if fires else "The alarm {alarm} fires, and should not.",
        looked_at=looked_at,
        needed="ALARM during these samples." if fires else "These samples are normal: no ALARM.",
        try_="Compare {settings} with the samples; put-metric-alarm replaces the whole alarm.",
        counterexample="{series} leaves {alarm} in {state}." if fires else "{series} puts {alarm} into ALARM.",
        state=state,
        settings=_settings(found),
        **values,
    )


def _settings(alarm: dict[str, object]) -> str:
    of = alarm["EvaluationPeriods"]
    return (
        f"its comparison ({alarm['ComparisonOperator']} {alarm['Threshold']}), its {alarm.get('DatapointsToAlarm', of)}"
        f" of {of} periods and its missing data ({alarm.get('TreatMissingData', 'missing')})"
    )
