"""CloudWatch: alarms that look at their metrics as time goes by, remember what they did, and act; composite alarms.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html: "if the alarm is configured to send
a notification to an Amazon SNS topic, temporarily changing the alarm state to ALARM sends an SNS message"; the next
evaluation, a minute later at most, brings it back. Not evaluated, and so for ever without data: anomaly bands, searches.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from moto.cloudwatch.models import CloudWatchBackend, cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from labs.sandboxes.emulated import timeline
from labs.sandboxes.emulated.errors import AwsError, not_simulated
from labs.sandboxes.emulated.fidelity.cloudwatch_actions import actions_of, is_enabled, perform
from labs.sandboxes.emulated.fidelity.cloudwatch_composite import Rule, name_in
from labs.sandboxes.emulated.fidelity.cloudwatch_metrics import Seen, look, next_change, playable, step_of
from labs.sandboxes.emulated.hooks import Call, before

_HISTORY: Final = 1000  # items kept, of all alarms of a region
# A scaling policy is asked again each minute while the alarm lasts; here for half an hour.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions.html
_REPEATS: Final = 1800
_WORDS: Final = {
    "GreaterThanThreshold": "greater than",
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


def install() -> None:
    """Let moto's alarms live."""
    put, delete = CloudWatchBackend.put_metric_alarm, CloudWatchBackend.delete_alarms

    def put_and_keep(self: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        old = self.alarms.get(name)
        alarm = put(self, name, *args, **kwargs)
        if old is None:
            alarm.state_value = "INSUFFICIENT_DATA"
        else:  # "its state is left unchanged": API_PutMetricAlarm
            for each in ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp"):
                setattr(alarm, each, getattr(old, each))
        _note(self, alarm, "ConfigurationUpdate", f'Alarm "{name}" {"updated" if old else "created"}', {})
        _settle(self)
        return alarm

    def delete_and_note(self: Any, alarm_names: list[str]) -> None:
        for name in alarm_names:
            if name in self.alarms:
                _note(self, self.alarms[name], "ConfigurationUpdate", f'Alarm "{name}" deleted', {})
        delete(self, alarm_names)
        _settle(self)

    moto_sets = CloudWatchBackend.set_alarm_state

    def set_and_act(self: Any, alarm_name: str, reason: str, reason_data: str, state_value: str) -> None:
        alarm = self.alarms.get(alarm_name)
        before, why = (alarm.state_value, alarm.state_reason) if alarm else ("", "")
        moto_sets(self, alarm_name, reason, reason_data, state_value)
        if before != state_value:
            _changed(self, self.alarms[alarm_name], before, why, None)
            _settle(self)

    CloudWatchBackend.put_metric_alarm = put_and_keep
    CloudWatchBackend.delete_alarms = delete_and_note
    CloudWatchBackend.set_alarm_state = set_and_act
    CloudWatchResponse.put_composite_alarm = CloudWatchResponse.put_metric_alarm
    CloudWatchResponse.describe_alarms = _describe_alarms
    CloudWatchResponse.describe_alarm_history = _describe_alarm_history
    timeline.source(_due, _evaluate)


@before("cloudwatch", "PutMetricAlarm")
def an_alarm_says_how_long_and_how(call: Call) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html: without these none is kept.

    A client refuses it before it is sent; a stack and a request that is written by hand do not.
    """
    for name in ("AlarmName", "ComparisonOperator", "EvaluationPeriods"):
        if call.parameters.get(name) is None:
            raise AwsError("MissingParameter", f"The parameter {name} is required.", 400)
    if int(call.parameters["EvaluationPeriods"]) < 1:
        raise AwsError("ValidationError", "The value of EvaluationPeriods must be greater than or equal to 1.", 400)


@before("cloudwatch", "PutCompositeAlarm")
def a_rule_is_about_alarms_that_exist(call: Call) -> None:
    """Refuse a rule that AWS would not store; what suppresses actions is not played."""
    if call.parameters.get("ActionsSuppressor"):
        raise not_simulated("cloudwatch", "PutCompositeAlarm with ActionsSuppressor")
    known = cloudwatch_backends[call.account_id][call.region].alarms
    own = str(call.parameters.get("AlarmName"))
    rule = Rule(str(call.parameters.get("AlarmRule", "")))
    absent = [each for each in rule.names if each not in known or each == own]
    if absent:
        message = f"Could not save the composite alarm as alarms [{', '.join(absent)}] in the alarm rule do not exist"
        raise AwsError("ValidationError", message, 400)


def _live(since: float | None = None) -> Iterator[tuple[Any, Any]]:
    """Yield the metric alarms that can be evaluated, each with its backend."""
    for account in sorted(cloudwatch_backends):
        for _, backend in sorted(dict.items(cloudwatch_backends[account])):
            for alarm in list(backend.alarms.values()):
                if playable(alarm):
                    yield backend, alarm


def _due(since: float) -> float | None:
    soonest = None
    for backend, alarm in _live():
        for at in _moments(backend, alarm, since):
            if at > since and (soonest is None or at < soonest):
                soonest = at
    return soonest


def _moments(backend: Any, alarm: Any, since: float) -> Iterator[float]:
    step = step_of(alarm)
    changed = _seconds(alarm.state_updated_timestamp)
    yield _next(max(changed, _seconds(alarm.configuration_updated_timestamp)), step)
    at = next_change(backend, alarm, since)
    if at is not None:
        yield at
    again = _next(since, step)
    if again - changed <= _REPEATS and _repeated(alarm):
        yield again


def _evaluate(at: float) -> None:
    """Evaluate what is due at a moment, metric alarms first."""
    for backend, alarm in _live():
        if at % step_of(alarm) or _seconds(alarm.configuration_updated_timestamp) >= at:
            continue
        seen = look(backend, alarm, at)
        value = next((each for each in seen.points if each is not None), None)
        if seen.state == alarm.state_value:
            for arn in _repeated(alarm):
                perform(alarm, arn, alarm.state_value, value)
            continue
        old = alarm.state_value, alarm.state_reason
        alarm.update_state(_reason(alarm, seen, at), json.dumps(_reason_data(alarm, seen, at)), seen.state)
        _changed(backend, alarm, *old, value)
        _settle(backend)


def _repeated(alarm: Any) -> list[str]:
    return [arn for arn in actions_of(alarm) if ":autoscaling:" in arn] if is_enabled(alarm) else []


def _changed(backend: Any, alarm: Any, state: str, reason: str, value: float | None) -> None:
    """Note the change of an alarm that has a new state, and perform its actions."""
    told = {
        "version": "1.0",
        "oldState": {"stateValue": state, "stateReason": reason},
        "newState": {"stateValue": alarm.state_value, "stateReason": alarm.state_reason},
    }
    _note(backend, alarm, "StateUpdate", f"Alarm updated from {state} to {alarm.state_value}", told)
    for arn in actions_of(alarm):
        if not is_enabled(alarm):
            _note(
                backend, alarm, "Action", f"Actions are disabled: {arn} was not executed", {"actionState": "Disabled"}
            )
            continue
        failed = perform(alarm, arn, state, value)
        said = f"Failed to execute action {arn}. Received error: {failed}" if failed else ""
        data = {
            "actionState": "Failed" if failed else "Succeeded",
            "notificationResource": arn,
            "error": failed or None,
        }
        _note(backend, alarm, "Action", said or f"Successfully executed action {arn}", data)


def _settle(backend: Any) -> None:
    """Bring composite alarms to the states that their rules say now; one may be about another."""
    composite = [each for each in backend.alarms.values() if each.rule is not None]
    for _ in range(len(composite)):
        moved = False
        for alarm in composite:
            holds = Rule(alarm.rule).holds(lambda name: _state(backend, name))
            wanted = "ALARM" if holds else "OK"
            if alarm.state_value != wanted:
                moved, old = True, (alarm.state_value, alarm.state_reason)
                alarm.update_state(f"{alarm.rule} is {'TRUE' if holds else 'FALSE'}", "{}", wanted)
                _changed(backend, alarm, *old, None)
        if not moved:
            return


def _state(backend: Any, name: str) -> str:
    return str(backend.alarms[name].state_value) if name in backend.alarms else ""


def _note(backend: Any, alarm: Any, kind: str, summary: str, data: dict[str, Any]) -> None:
    kept = backend.__dict__.setdefault("alarm_history", [])
    kept.append(
        {
            "AlarmName": alarm.name,
            "AlarmType": "MetricAlarm" if alarm.rule is None else "CompositeAlarm",
            "Timestamp": datetime.fromtimestamp(timeline.now(), UTC),
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps(data),
        }
    )
    del kept[:-_HISTORY]


def _reason(alarm: Any, seen: Seen, at: float) -> str:
    """Return the reason in AWS's words."""
    wanted = int(alarm.evaluation_periods)
    if seen.state == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {wanted} datapoint{'s were' if wanted > 1 else ' was'} unknown."
    real = [(back, value) for back, value in enumerate(seen.points) if value is not None][:wanted]
    treated = {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(alarm.treat_missing_data or "", "Missing")
    if not real:
        return (
            f"Threshold Crossed: no datapoints were received for {wanted} period{'s' if wanted > 1 else ''} and "
            f"{wanted} missing datapoint{'s were' if wanted > 1 else ' was'} treated as [{treated}]."
        )
    period = int(alarm.period or 60)
    shown = ", ".join(
        f"{value} ({datetime.fromtimestamp(at - (back + 1) * period, UTC):%d/%m/%y %H:%M:%S})"
        for back, value in real[:5]
    )
    fired = seen.state == "ALARM"
    many = seen.breaching if fired else len(real) - seen.breaching
    needs = int(alarm.datapoints_to_alarm or wanted)
    least, way = (needs, "OK -> ALARM") if fired else (wanted - needs + 1, "ALARM -> OK")
    return (
        f"Threshold Crossed: {many} out of the last {len(real)} datapoint{'s' if len(real) > 1 else ''} [{shown}] "
        f"{'were' if many > 1 else 'was'} {'' if fired else 'not '}{_WORDS[alarm.comparison_operator]} the threshold "
        f"({float(alarm.threshold)}) (minimum {least} datapoint{'s' if least > 1 else ''} for {way} transition)."
    )


def _reason_data(alarm: Any, seen: Seen, at: float) -> dict[str, Any]:
    return {
        "version": "1.0",
        "queryDate": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "statistic": alarm.statistic,
        "period": alarm.period,
        "recentDatapoints": [each for each in reversed(seen.points) if each is not None],
        "threshold": alarm.threshold,
    }


def _describe_alarms(self: Any) -> Any:
    """All filters at once; composite alarms only where AlarmTypes asks for them: API_DescribeAlarms."""
    asked = {name: self._get_param(name) for name in ("AlarmNames", "AlarmNamePrefix", "StateValue", "ActionPrefix")}
    names = [name_in(each) for each in asked["AlarmNames"] or []]
    found = [
        alarm
        for alarm in self.cloudwatch_backend.alarms.values()
        if (not names or alarm.name in names)
        and alarm.name.startswith(asked["AlarmNamePrefix"] or "")
        and asked["StateValue"] in (None, "", alarm.state_value)
        and (not asked["ActionPrefix"] or any(each.startswith(asked["ActionPrefix"]) for each in alarm.alarm_actions))
    ]
    types = self._get_param("AlarmTypes") or ["MetricAlarm"]
    return ActionResult(
        {
            "MetricAlarms": [each for each in found if each.rule is None and "MetricAlarm" in types],
            "CompositeAlarms": [each for each in found if each.rule is not None and "CompositeAlarm" in types],
        }
    )


def _describe_alarm_history(self: Any) -> Any:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html"""
    names = ("AlarmName", "HistoryItemType", "StartDate", "EndDate", "NextToken", "MaxRecords", "ScanBy")
    name, kind, start, end, token, most, scan = (self._get_param(each) for each in names)
    types = self._get_param("AlarmTypes") or ["MetricAlarm"]
    found = [
        each
        for each in self.cloudwatch_backend.__dict__.get("alarm_history", [])
        if name in (None, "", each["AlarmName"])
        and kind in (None, "", each["HistoryItemType"])
        and each["AlarmType"] in types
        and (not start or _aware(start) <= each["Timestamp"])
        and (not end or each["Timestamp"] <= _aware(end))
    ]
    if scan != "TimestampAscending":
        found.reverse()
    first = int(token) if str(token or "").isdigit() else 0
    last = first + min(int(most or 100), 100)
    answer: dict[str, Any] = {"AlarmHistoryItems": found[first:last]}
    if last < len(found):
        answer["NextToken"] = str(last)
    return ActionResult(answer)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _seconds(moment: datetime) -> float:
    return _aware(moment).timestamp()


def _next(after: float, step: int) -> float:
    return (math.floor(after / step) + 1) * step
