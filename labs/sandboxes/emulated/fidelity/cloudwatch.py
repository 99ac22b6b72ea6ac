"""CloudWatch: an alarm that changes state runs its actions; of these, SNS topics.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html: "if the alarm is configured to send
a notification to an Amazon SNS topic, temporarily changing the alarm state to ALARM sends an SNS message".
"""

from __future__ import annotations

import json
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend
from moto.sns.models import sns_backends

from labs.sandboxes.emulated.authorization import service_may


def install() -> None:
    """Publish after each change of state that moto makes."""
    change = CloudWatchBackend.set_alarm_state

    def change_and_tell(self: Any, alarm_name: str, reason: str, reason_data: str, state_value: str) -> None:
        before = self.alarms[alarm_name].state_value if alarm_name in self.alarms else ""
        change(self, alarm_name, reason, reason_data, state_value)
        alarm = self.alarms[alarm_name]
        if before == state_value or not _enabled(alarm):
            return
        actions = {
            "ALARM": alarm.alarm_actions,
            "OK": alarm.ok_actions,
            "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
        }
        for arn in actions[state_value] or []:
            if arn.startswith("arn:aws:sns:"):
                _publish(arn, alarm, before)

    CloudWatchBackend.set_alarm_state = change_and_tell


def _enabled(alarm: Any) -> bool:
    value = alarm.actions_enabled
    return value is None or str(value).lower() == "true"


def _publish(arn: str, alarm: Any, before: str) -> None:
    _, _, _, region, account, _ = arn.split(":", 5)
    if account != alarm.alarm_arn.split(":")[4]:
        return
    backend = sns_backends[account][region]
    source = str(alarm.alarm_arn)
    if arn not in backend.topics or not service_may("cloudwatch.amazonaws.com", "sns:Publish", arn, source=source):
        return
    backend.publish(
        _message(alarm, before, region), arn=arn, subject=f'{alarm.state_value}: "{alarm.name}" in {region}'[:100]
    )


def _message(alarm: Any, before: str, region: str) -> str:
    """Return the notification as AWS writes it.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    """
    return json.dumps(
        {
            "AlarmName": alarm.name,
            "AlarmDescription": alarm.description,
            "AWSAccountId": alarm.alarm_arn.split(":")[4],
            "NewStateValue": alarm.state_value,
            "NewStateReason": alarm.state_reason,
            "StateChangeTime": alarm.state_updated_timestamp.isoformat(timespec="milliseconds") + "+0000",
            "Region": region,
            "AlarmArn": alarm.alarm_arn,
            "OldStateValue": before,
            "AlarmActions": alarm.alarm_actions or [],
            "Trigger": {
                "MetricName": alarm.metric_name,
                "Namespace": alarm.namespace,
                "Statistic": (alarm.statistic or "").upper(),
                "Dimensions": [{"name": each.name, "value": each.value} for each in alarm.dimensions or []],
                "Period": alarm.period,
                "EvaluationPeriods": alarm.evaluation_periods,
                "ComparisonOperator": alarm.comparison_operator,
                "Threshold": alarm.threshold,
                "TreatMissingData": alarm.treat_missing_data or "missing",
            },
        }
    )
