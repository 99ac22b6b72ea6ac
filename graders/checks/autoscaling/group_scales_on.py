"""https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html"""

from typing import Any, Literal

from graders import Account, Fail, check, instances

PREDEFINED = {
    "ASGAverageCPUUtilization": "CPUUtilization",
    "ASGCPUUtilization": "CPUUtilization",
    "ASGTotalCPUUtilization": "CPUUtilization",
    "ASGAverageNetworkIn": "NetworkIn",
    "ASGAverageNetworkOut": "NetworkOut",
    "ALBRequestCountPerTarget": "RequestCountPerTarget",
    "ALBTargetGroupRequestCount": "RequestCountPerTarget",
}


@check(permissions=[*instances.GROUP_PERMISSIONS, "autoscaling:DescribePolicies", "cloudwatch:DescribeAlarms"])
def group_scales_on(
    account: Account,
    *,
    group: str,
    metric: str = "CPUUtilization",
    at_least: float = 0,
    at_most: float = 100,
    kind: Literal["any", "TargetTrackingScaling", "StepScaling", "SimpleScaling", "PredictiveScaling"] = "any",
) -> None:
    """{group} grows by itself under load.

    A policy that is enabled follows `metric`: target tracking with a target from `at_least` to `at_most`, a step or
    simple policy that adds instances and that an alarm on the metric of this group (threshold in that range) calls, or
    predictive scaling that scales. There must be room to grow, and scaling by alarms not suspended.
    """
    found = instances.scaling_group(account, group)
    values = {"group": group, "metric": metric, "low": at_least, "high": at_most, "most": found["MaxSize"]}
    answer = account.read("autoscaling", "describe_policies", AutoScalingGroupName=group)
    policies = [one for one in answer.get("ScalingPolicies", []) if kind in ("any", _kind(one))]
    why = [_why_not(account, found, one, metric, at_least, at_most) for one in policies]
    off = instances.suspended(found, "AlarmNotification", "Launch")
    if int(found["MaxSize"]) <= int(found["MinSize"]):
        template = "{group} cannot grow: its maximum {most} is its minimum too."
    elif int(found["MaxSize"]) <= int(found["DesiredCapacity"]):
        template = "{group} cannot grow: it is at its maximum, {most}, already."
    elif off:
        template = "{group} does not scale: {off} is suspended."
    elif not policies:
        template = "{group} has no scaling policy of the kind that is asked for ({kind}).{near}"
    elif all(why):
        template = "No policy of {group} follows {metric}: {why}."
    else:
        return
    others = [one["PolicyName"] for one in answer.get("ScalingPolicies", [])]
    raise Fail(
        template,
        looked_at="the sizes, the scaling policies and the suspended processes of {group}, and the alarms",
        needed="A policy of {group} that acts on {metric} between {low} and {high}, and room to grow.",
        try_="aws autoscaling put-scaling-policy --policy-type TargetTrackingScaling …",
        counterexample="{metric} of {group} rises far beyond {high}, and no instance is added.",
        off=off,
        why="; ".join(why),
        kind=kind,
        near=f" There is {', '.join(others)}, of another kind." if others else "",
        **values,
    )


def _kind(policy: dict[str, Any]) -> str:
    return str(policy.get("PolicyType") or "SimpleScaling")


def _why_not(
    account: Account, group: dict[str, Any], policy: dict[str, Any], metric: str, low: float, high: float
) -> str:
    name, kind = policy["PolicyName"], _kind(policy)
    if policy.get("Enabled") is False:
        return f"{name} is switched off"
    if kind == "TargetTrackingScaling":
        config = policy.get("TargetTrackingConfiguration", {})
        told = config.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType", "")
        own = PREDEFINED.get(told, told) or config.get("CustomizedMetricSpecification", {}).get("MetricName", "")
        if own != metric:
            return f"{name} tracks {own or 'another metric'}"
        target = float(config.get("TargetValue", 0))
        return "" if low <= target <= high else f"{name} aims at {target:g}, not at {low:g} to {high:g}"
    if kind == "PredictiveScaling":
        config = policy.get("PredictiveScalingConfiguration", {})
        pairs = [one.get("PredefinedMetricPairSpecification", {}) for one in config.get("MetricSpecifications", [])]
        if not any(PREDEFINED.get(one.get("PredefinedMetricType", "")) == metric for one in pairs):
            return f"{name} predicts another metric"
        return "" if config.get("Mode") == "ForecastAndScale" else f"{name} only forecasts"
    steps = [int(one["ScalingAdjustment"]) for one in policy.get("StepAdjustments", [])]
    if not any(one > 0 for one in steps or [int(policy.get("ScalingAdjustment", 0))]):
        return f"{name} adds no instance"
    return _alarm(account, group, policy, metric, low, high)


def _alarm(
    account: Account, group: dict[str, Any], policy: dict[str, Any], metric: str, low: float, high: float
) -> str:
    """Why no alarm calls the policy, or "". The nearest is told."""
    name = policy["PolicyName"]
    alarms = account.read("cloudwatch", "describe_alarms").get("MetricAlarms", [])
    wired = [one for one in alarms if policy["PolicyARN"] in one.get("AlarmActions", [])]
    if not wired:
        return f"no alarm calls {name} when it fires"
    for one in wired:
        told = {held["Name"]: held["Value"] for held in one.get("Dimensions", [])}
        ours = told.get("AutoScalingGroupName") == group["AutoScalingGroupName"]
        if one.get("MetricName") != metric:
            why = f"the alarm {one['AlarmName']} of {name} watches {one.get('MetricName')}"
        elif one.get("Namespace") == "AWS/EC2" and not ours:
            watched = ", ".join(f"{key} {value}" for key, value in told.items()) or "no group"
            why = f"the alarm {one['AlarmName']} of {name} watches {watched}"
        elif not one.get("ActionsEnabled", True):
            why = f"the actions of the alarm {one['AlarmName']} are turned off"
        elif not str(one.get("ComparisonOperator", "")).startswith("GreaterThan"):
            why = f"the alarm {one['AlarmName']} fires when {metric} is low"
        elif not low <= float(one.get("Threshold", 0)) <= high:
            why = f"the alarm {one['AlarmName']} fires at {one.get('Threshold'):g}, not at {low:g} to {high:g}"
        else:
            return ""
    return why
