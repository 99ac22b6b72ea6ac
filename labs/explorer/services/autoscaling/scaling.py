"""When a group grows and shrinks: scaling policies by a metric, and scheduled actions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from labs.explorer.model import Action, At, Call, Choice, Number, Part, Repeat, Row, Text, Values, call
from labs.explorer.saying import given

METRICS = (
    ("ASGAverageCPUUtilization", "average CPU (percent)"),
    ("ALBRequestCountPerTarget", "requests to each target (a minute)"),
    ("ASGAverageNetworkIn", "bytes in"),
    ("ASGAverageNetworkOut", "bytes out"),
)


def parts(policies: list[dict[str, Any]], plans: list[dict[str, Any]]) -> tuple[Part, ...]:
    """Return the scaling policies and the scheduled actions of a group."""
    return (
        Part(
            "policies",
            "Scaling policies",
            ("Name", "Kind", "Does"),
            tuple(
                Row(one["PolicyName"], (one["PolicyName"], one["PolicyType"], _does(one)), data=one) for one in policies
            ),
            "It keeps the size that it was given.",
        ),
        Part(
            "plans",
            "Scheduled actions",
            ("Name", "When", "Sizes"),
            tuple(
                Row(
                    one["ScheduledActionName"],
                    (one["ScheduledActionName"], str(one.get("Recurrence") or one.get("StartTime", "")), _sizes(one)),
                    data=one,
                )
                for one in plans
            ),
        ),
    )


def _does(one: dict[str, Any]) -> str:
    if one.get("TargetTrackingConfiguration"):
        to = one["TargetTrackingConfiguration"]
        what = to.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType") or to.get(
            "CustomizedMetricSpecification", {}
        ).get("MetricName", "")
        return f"keeps {what} at {to.get('TargetValue')}"
    steps = [
        (
            f"{step['ScalingAdjustment']:+d} from "
            f"{step.get('MetricIntervalLowerBound', '-∞')} to {step.get('MetricIntervalUpperBound', '∞')}"
        )
        for step in one.get("StepAdjustments", [])
    ]
    return "; ".join(steps) or f"{one.get('ScalingAdjustment', 0):+d}"


def _sizes(one: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} {one[name]}" for name in ("MinSize", "DesiredCapacity", "MaxSize") if one.get(name) is not None
    )


def track(group: str, metric: str, value: float, name: str, label: str | None) -> Call:
    """Return the call that keeps a metric of a group at a value."""
    by = given(PredefinedMetricType=metric, ResourceLabel=label)
    to = {"PredefinedMetricSpecification": by, "TargetValue": value}
    return call(
        "autoscaling",
        "put_scaling_policy",
        AutoScalingGroupName=group,
        PolicyName=name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration=to,
    )


def _step(v: Values, at: At) -> Iterator[Call]:
    steps = [
        given(MetricIntervalLowerBound=one["from"], MetricIntervalUpperBound=one["to"], ScalingAdjustment=one["by"])
        for one in v["steps"]
    ]
    yield call(
        "autoscaling",
        "put_scaling_policy",
        AutoScalingGroupName=at.thing.id,
        PolicyName=v["PolicyName"],
        PolicyType="StepScaling",
        AdjustmentType="ChangeInCapacity",
        MetricAggregationType="Average",
        StepAdjustments=steps,
        EstimatedInstanceWarmup=v["EstimatedInstanceWarmup"],
    )


def _plan(v: Values, at: At) -> Iterator[Call]:
    where = given(
        MinSize=v["MinSize"],
        MaxSize=v["MaxSize"],
        DesiredCapacity=v["DesiredCapacity"],
        StartTime=v["StartTime"],
        TimeZone=v["TimeZone"],
    )
    yield call(
        "autoscaling",
        "put_scheduled_update_group_action",
        AutoScalingGroupName=at.thing.id,
        ScheduledActionName=v["ScheduledActionName"],
        Recurrence=v["Recurrence"],
        **where,
    )


def _of_row(operation: str, parameter: str, **more: Any) -> Any:
    return lambda v, at: [
        call("autoscaling", operation, AutoScalingGroupName=at.thing.id, **{parameter: at.row.id}, **more)
    ]


ACTIONS = (
    Action(
        "track",
        "Add target tracking",
        lambda v, at: [track(at.thing.id, v["metric"], v["value"], v["PolicyName"], v["label"])],
        (
            Text("PolicyName", "Name", initial="cpu", required=True),
            Choice("metric", "Keep", METRICS, initial="ASGAverageCPUUtilization", required=True),
            Number("value", "at", initial=50, least=0.1, whole=False, required=True),
            Text(
                "label",
                "Of balancer and group",
                when=("metric", "ALBRequestCountPerTarget"),
                required=True,
                placeholder="app/name/id/targetgroup/name/id",
            ),
        ),
        part="policies",
        about="Like a thermostat: it adds and takes away so that the metric stays there.",
    ),
    Action(
        "step",
        "Add step scaling",
        _step,
        (
            Text("PolicyName", "Name", required=True),
            Repeat(
                "steps",
                "Steps",
                (
                    Number("from", "From", whole=False, help="Counted from the alarm's threshold."),
                    Number("to", "to", whole=False, help="Empty: without end."),
                    Number("by", "add", required=True, help="Negative: take away."),
                ),
                least=1,
                one="step",
                required=True,
                initial=({"from": 0, "to": None, "by": 1},),
            ),
            Number(
                "EstimatedInstanceWarmup",
                "An instance needs",
                least=0,
                unit="seconds",
                help="Before its metric counts.",
            ),
        ),
        part="policies",
        about=(
            "Bounds are offsets from the alarm's threshold: with an alarm at 85, from "
            "0 to 10 is 85 to 95. Then give the policy to an alarm."
        ),
    ),
    Action(
        "remove-policy",
        "Delete",
        _of_row("delete_policy", "PolicyName"),
        part="policies",
        row=True,
        danger="Delete this policy?",
        verb="Delete",
    ),
    Action(
        "plan",
        "Add scheduled action",
        _plan,
        (
            Text("ScheduledActionName", "Name", required=True),
            Text(
                "Recurrence",
                "When",
                placeholder="0 8 * * MON-FRI",
                help="Minute, hour, day, month, weekday, in UTC. Empty: once.",
            ),
            Text("TimeZone", "Time zone", placeholder="Europe/Berlin", help="Empty: UTC."),
            Text("StartTime", "From", placeholder="2030-01-31T08:00:00Z"),
            Number("MinSize", "At least", least=0),
            Number("DesiredCapacity", "Wanted", least=0),
            Number("MaxSize", "At most", least=0),
        ),
        part="plans",
    ),
    Action(
        "remove-plan",
        "Delete",
        _of_row("delete_scheduled_action", "ScheduledActionName"),
        part="plans",
        row=True,
        danger="Delete this plan?",
        verb="Delete",
    ),
)
