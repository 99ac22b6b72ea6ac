"""Auto Scaling: what a scaling policy does when its alarm asks for it, and the alarms of target tracking.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html (steps, cooldown, instance warmup)
https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html
"""

from __future__ import annotations

import math
from typing import Any, Final

from moto.autoscaling.models import AutoScalingBackend, FakeScalingPolicy, autoscaling_backends
from moto.autoscaling.responses import AutoScalingResponse
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.responses import ActionResult
from moto.moto_api._internal import mock_random

from labs.sandboxes.emulated import timeline
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Call, before

__all__ = ["scale"]

_WARMUP: Final = 300
_LOW: Final = 0.9  # scale in below this part of the target
# Periods of a minute: quick to grow, slow to shrink.
_HIGH_PERIODS, _LOW_PERIODS = 3, 15
_METRICS: Final = {
    "ASGAverageCPUUtilization": ("AWS/EC2", "CPUUtilization", "Average"),
    "ASGAverageNetworkIn": ("AWS/EC2", "NetworkIn", "Average"),
    "ASGAverageNetworkOut": ("AWS/EC2", "NetworkOut", "Average"),
    "ALBRequestCountPerTarget": ("AWS/ApplicationELB", "RequestCountPerTarget", "Sum"),
}


def install() -> None:
    """Give moto's policies an effect, bounds, and alarms."""
    put, delete = AutoScalingBackend.put_scaling_policy, AutoScalingBackend.delete_policy

    def put_with_alarms(self: Any, *args: Any, **kwargs: Any) -> Any:
        name = kwargs.get("name") or args[0]
        if name in self.policies:
            _drop_alarms(self.policies[name])
        policy = put(self, *args, **kwargs)
        if policy.policy_type == "TargetTrackingScaling":
            _make_alarms(policy)
        return policy

    def delete_with_alarms(self: Any, group_name: str) -> None:
        name = group_name.rpartition("policyName/")[2]  # or an ARN
        if name in self.policies:
            _drop_alarms(self.policies[name])
        delete(self, name)

    AutoScalingBackend.put_scaling_policy = put_with_alarms
    AutoScalingBackend.delete_policy = delete_with_alarms
    AutoScalingResponse.put_scaling_policy = _put_scaling_policy(AutoScalingResponse.put_scaling_policy)
    FakeScalingPolicy.alarms = property(_alarms)
    FakeScalingPolicy.execute = lambda self: scale(self, None)


def scale(policy: Any, value: float | None, threshold: float | None = None) -> None:
    """Bring the policy's group to the size that it asks for, within the group's bounds.

    `value` is the metric's newest data point, `threshold` its alarm's: steps and targets are measured by them.
    """
    group = policy.autoscaling_backend.autoscaling_groups[policy.auto_scaling_group_name]
    if "AlarmNotification" in {each["ProcessName"] for each in group.suspended_processes}:
        return
    at, size = timeline.now(), int(group.desired_capacity or 0)
    held = group.__dict__.setdefault("scaled", {"at": -math.inf, "base": size, "wait": 0.0})
    waiting = at < held["at"] + held["wait"]
    match policy.policy_type:
        case "StepScaling":
            # What is still warming up does not count, so that an alarm that goes on adds nothing on top.
            base, wait = (min(held["base"], size) if waiting else size), _warmup(policy, group)
            wanted = _adjusted(policy, base, _step(policy, (value or 0.0) - (threshold or 0.0)))
            wanted = max(wanted, size) if wanted >= base else wanted
        case "TargetTrackingScaling":
            base, wait = (min(held["base"], size) if waiting else size), _warmup(policy, group)
            wanted = _for_target(policy, base, value)
            if waiting and wanted < size:
                return
        case _:
            if waiting:
                return
            cooldown = policy.cooldown if policy.cooldown is not None else group.default_cooldown
            base, wait = size, float(cooldown)
            wanted = _adjusted(policy, size, policy.scaling_adjustment)
    wanted = max(int(group.min_size or 0), min(int(group.max_size or 0), wanted))
    if wanted == size:
        return
    held |= {"at": at, "base": base if wanted > size else wanted, "wait": wait}
    group.autoscaling_backend.set_desired_capacity(group.name, wanted)
    if group.target_group_arns:
        group.autoscaling_backend.update_attached_target_groups(group.name)


def _warmup(policy: Any, group: Any) -> float:
    return float(policy.estimated_instance_warmup or group.__dict__.get("default_instance_warmup") or _WARMUP)


def _step(policy: Any, above: float) -> int:
    """Return the adjustment of the step that a breach of so much falls in."""
    for step in policy.step_adjustments or []:
        lower, upper = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
        lower = -math.inf if lower in (None, "") else float(lower)
        upper = math.inf if upper in (None, "") else float(upper)
        # Above the threshold the lower bound belongs to the step, below it the upper one.
        if lower <= above < upper or (above < 0 and lower < above <= upper):
            return int(step["ScalingAdjustment"])
    return 0


def _adjusted(policy: Any, size: int, adjustment: int | None) -> int:
    change = int(adjustment or 0)
    if policy.adjustment_type == "ExactCapacity":
        return change
    if policy.adjustment_type == "PercentChangeInCapacity":
        exact = size * change / 100
        # Rounded towards zero, but at least 1: as-scaling-simple-step.html
        change = math.trunc(exact) if abs(exact) >= 1 else int(math.copysign(1, exact)) if exact else 0
        least = int(policy.min_adjustment_magnitude or 0)
        change = int(math.copysign(max(abs(change), least), change)) if change else 0
    return size + change


def _for_target(policy: Any, size: int, value: float | None) -> int:
    told = policy.target_tracking_configuration.__dict__
    target = float(told.get("TargetValue") or 0)
    if value is None or not target or not size:
        return size
    wanted = math.ceil(round(size * value / target, 6))
    keeps = str(told.get("DisableScaleIn")).lower() == "true"
    return size if wanted < size and keeps else wanted


def _make_alarms(policy: Any) -> None:
    """Make the two alarms of target tracking, as AWS names them."""
    told = policy.target_tracking_configuration.__dict__
    group, backend = policy.auto_scaling_group_name, policy.autoscaling_backend
    metric = _metric(told, group)
    if metric is None:
        return
    namespace, name, statistic, dimensions, unit = metric
    target, alarms = float(told["TargetValue"]), cloudwatch_backends[backend.account_id][backend.region_name]
    sides = [("AlarmHigh", "GreaterThanThreshold", target, _HIGH_PERIODS)]
    if str(told.get("DisableScaleIn")).lower() != "true":
        sides.append(("AlarmLow", "LessThanThreshold", target * _LOW, _LOW_PERIODS))
    for side, comparison, threshold, periods in sides:
        alarms.put_metric_alarm(
            name=f"TargetTracking-{group}-{side}-{mock_random.uuid4()}",
            namespace=namespace,
            metric_name=name,
            comparison_operator=comparison,
            evaluation_periods=periods,
            period=60,
            threshold=threshold,
            statistic=statistic,
            description=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.arn}.",
            dimensions=dimensions,
            alarm_actions=[policy.arn],
            unit=unit,
        )


def _metric(told: dict[str, Any], group: str) -> Any:
    given = told.get("PredefinedMetricSpecification") or {}
    if given:
        kind = str(given.get("PredefinedMetricType"))
        if kind not in _METRICS:
            raise AwsError("ValidationError", f"Invalid PredefinedMetricType: {kind}", 400)
        dimensions = [{"Name": "AutoScalingGroupName", "Value": group}]
        if label := str(given.get("ResourceLabel") or ""):
            balancer, _, target = label.partition("/targetgroup/")
            dimensions = [
                {"Name": "TargetGroup", "Value": f"targetgroup/{target}"},
                {"Name": "LoadBalancer", "Value": balancer},
            ]
        return (*_METRICS[kind], dimensions, None)
    own = told.get("CustomizedMetricSpecification") or {}
    if not own.get("MetricName"):
        return None
    dimensions = [{"Name": each["Name"], "Value": each["Value"]} for each in own.get("Dimensions") or []]
    return own["Namespace"], own["MetricName"], own["Statistic"], dimensions, own.get("Unit")


def _alarms(policy: Any) -> list[dict[str, str]]:
    """Return the alarms that call the policy."""
    backend = policy.autoscaling_backend
    found = cloudwatch_backends[backend.account_id][backend.region_name].alarms.values()
    calling = [each for each in found if policy.arn in (*each.alarm_actions, *each.ok_actions)]
    return [{"AlarmName": each.name, "AlarmARN": each.alarm_arn} for each in calling]


def _drop_alarms(policy: Any) -> None:
    backend = policy.autoscaling_backend
    prefix = f"TargetTracking-{policy.auto_scaling_group_name}-"
    names = [each["AlarmName"] for each in _alarms(policy) if each["AlarmName"].startswith(prefix)]
    cloudwatch_backends[backend.account_id][backend.region_name].delete_alarms(names)


def _put_scaling_policy(moto_puts: Any) -> Any:
    def put(self: Any) -> Any:
        moto_puts(self)
        policy = self.autoscaling_backend.policies[self._get_param("PolicyName")]
        ours = [each for each in _alarms(policy) if each["AlarmName"].startswith("TargetTracking-")]
        return ActionResult({"PolicyARN": policy.arn, "Alarms": ours})

    return put


@before("autoscaling", "PutScalingPolicy")
def a_policy_is_of_a_group(call: Call) -> None:
    """Refuse a policy of a group that is not there."""
    name = str(call.parameters.get("AutoScalingGroupName"))
    if name not in autoscaling_backends[call.account_id][call.region].autoscaling_groups:
        raise AwsError("ValidationError", f"Group {name} not found", 400)
