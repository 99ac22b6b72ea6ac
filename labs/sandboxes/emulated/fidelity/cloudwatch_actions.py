"""CloudWatch: what an alarm does when it changes its state: topics, scaling policies, instances, functions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/UsingAlarmActions.html (stop, terminate, reboot, recover)
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
"""

from __future__ import annotations

import json
from typing import Any, Final

from moto.autoscaling.models import autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.sns.models import sns_backends

from labs.sandboxes.emulated.authorization import service_may
from labs.sandboxes.emulated.fidelity.autoscaling import gone
from labs.sandboxes.emulated.fidelity.autoscaling_policies import scale
from labs.sandboxes.emulated.functions import works
from labs.sandboxes.emulated.world import WORLD

__all__ = ["actions_of", "is_enabled", "perform"]

_LAMBDA: Final = "lambda.alarms.cloudwatch.amazonaws.com"


def is_enabled(alarm: Any) -> bool:
    """Return whether ActionsEnabled is on."""
    value = alarm.actions_enabled
    return value is None or str(value).lower() == "true"


def actions_of(alarm: Any) -> list[str]:
    """Return the ARNs of what the alarm does in the state that it is in."""
    lists = {
        "ALARM": alarm.alarm_actions,
        "OK": alarm.ok_actions,
        "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
    }
    return list(lists[alarm.state_value] or [])


def perform(alarm: Any, arn: str, before: str, value: float | None) -> str:
    """Perform one action; return why it failed, or "". `value`: the metric's newest data point."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return "Invalid ARN"
    _, _, kind, region, account, rest = parts
    if kind == "automate":  # arn:aws:automate:region:ec2:stop
        return _to_instance(alarm, region, rest)
    if account != alarm.alarm_arn.split(":")[4]:
        return f"CloudWatch Alarms is not authorized to perform an action of account {account}"
    if kind == "sns":
        return _publish(alarm, arn, region, before)
    if kind == "autoscaling":
        return _scale(alarm, arn, region, value)
    if kind == "swf":  # …:action/actions/AWS_EC2.InstanceId.Stop/1.0
        return _to_instance(alarm, region, rest.split("/")[2].rpartition(".")[2].lower() if "/" in rest else "")
    if kind == "lambda":
        if not service_may(_LAMBDA, "lambda:InvokeFunction", arn, source=str(alarm.alarm_arn)):
            return "CloudWatch Alarms is not authorized to perform: lambda:InvokeFunction"
        works.add(arn, _event(alarm, before, region).encode())
        return ""
    WORLD.deliver("cloudwatch", kind, arn, _event(alarm, before, region), alarm=alarm.name)
    return ""


def _publish(alarm: Any, arn: str, region: str, before: str) -> str:
    backend = sns_backends[alarm.alarm_arn.split(":")[4]][region]
    if arn not in backend.topics:
        return "Resource: arn does not exist"
    if not service_may("cloudwatch.amazonaws.com", "sns:Publish", arn, source=str(alarm.alarm_arn)):
        return f"CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: {arn}"
    subject = f'{alarm.state_value}: "{alarm.name}" in {region}'[:100]
    backend.publish(_message(alarm, before, region), arn=arn, subject=subject)
    return ""


def _scale(alarm: Any, arn: str, region: str, value: float | None) -> str:
    group, _, name = arn.partition(":autoScalingGroupName/")[2].partition(":policyName/")
    backend = autoscaling_backends[alarm.alarm_arn.split(":")[4]][region]
    policy = backend.policies.get(name)
    if policy is None or policy.auto_scaling_group_name != group or group not in backend.autoscaling_groups:
        return f"No scaling policy found for {arn}"
    scale(policy, value, alarm.threshold)
    return ""


def _to_instance(alarm: Any, region: str, what: str) -> str:
    instance = next((each.value for each in alarm.dimensions or () if each.name == "InstanceId"), None)
    backend = ec2_backends[alarm.alarm_arn.split(":")[4]][region]
    known = {each.id for each in backend.all_instances()}
    if instance not in known:
        return f"The instance ID '{instance}' does not exist"
    match what:
        case "stop":
            backend.stop_instances([instance])
        case "terminate":
            backend.terminate_instances([instance])
            gone(backend.account_id, region, [str(instance)])
        case "reboot":
            backend.reboot_instances([instance])
        case "recover":
            pass  # the same instance, on other hardware: nothing of it can be seen here
        case _:
            return f"There is no action {what}"
    return ""


def _event(alarm: Any, before: str, region: str) -> str:
    return json.dumps(
        {
            "source": "aws.cloudwatch",
            "alarmArn": alarm.alarm_arn,
            "accountId": alarm.alarm_arn.split(":")[4],
            "time": _time(alarm),
            "region": region,
            "alarmData": {
                "alarmName": alarm.name,
                "state": {"value": alarm.state_value, "reason": alarm.state_reason, "timestamp": _time(alarm)},
                "previousState": {"value": before},
            },
        }
    )


def _time(alarm: Any) -> str:
    return str(alarm.state_updated_timestamp.isoformat(timespec="milliseconds")) + "+0000"


def _message(alarm: Any, before: str, region: str) -> str:
    """Return the notification as AWS writes it.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    """
    told = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": alarm.alarm_arn.split(":")[4],
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": _time(alarm),
        "Region": region,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "AlarmActions": alarm.alarm_actions or [],
        "OKActions": alarm.ok_actions or [],
        "InsufficientDataActions": alarm.insufficient_data_actions or [],
    }
    if alarm.rule is not None:
        return json.dumps({**told, "AlarmRule": alarm.rule})
    trigger: dict[str, Any] = {
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm or alarm.evaluation_periods,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
    }
    if not alarm.metric_data_queries:
        trigger |= {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "StatisticType": "Statistic" if alarm.statistic else "ExtendedStatistic",
            "Statistic": (alarm.statistic or alarm.extended_statistic or "").upper(),
            "Unit": alarm.unit,
            "Dimensions": [{"name": each.name, "value": each.value} for each in alarm.dimensions or []],
        }
    return json.dumps({**told, "Trigger": trigger})
