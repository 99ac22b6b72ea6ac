"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html"""

from typing import Any

from graders import Account, Fail, alarms, check, messaging
from graders.messaging import Place


@check(permissions=[*alarms.PERMISSIONS, *messaging.TOPIC_PERMISSIONS])
def alarm_notifies(account: Account, *, topic: str, alarm: str = "", namespace: str = "", metric: str = "") -> None:
    """When the alarm fires, the topic {topic} hears of it.

    The alarm named `alarm`, or any on `metric` (of `namespace`), or any. Its actions are on, its ALARM action is the
    topic, and the topic's policy and key let CloudWatch publish.
    """
    target = messaging.the_topic(account, topic)
    found = alarms.the_alarms(account, alarm)
    if metric:
        found = [one for one in found if alarms.same_metric(one, namespace, metric)]
    if not found:
        raise Fail(
            "No alarm watches {metric}.",
            looked_at="the alarms in {region}",
            needed="An alarm on {metric} that notifies {topic}.",
            try_="aws cloudwatch put-metric-alarm …",
            metric=metric,
            topic=topic,
            region=account.region,
        )
    failures = [_shortcoming(account, one, target) for one in found]
    if all(failures):
        raise min((fail for fail in failures if fail is not None), key=lambda fail: fail.weight)


class _Short(Fail):
    """`weight` orders by how far the alarm is from right: the nearest is told."""

    weight = 0


def _shortcoming(account: Account, alarm: dict[str, Any], topic: Place) -> _Short | None:
    if topic.arn not in alarm.get("AlarmActions", []):
        return _short(2, *_unwired(alarm, topic), alarm, topic)
    if not alarm.get("ActionsEnabled"):
        return _short(1, "The alarm {alarm} names the topic, but its actions are turned off.", "", alarm, topic)
    if why := alarms.topic_refuses(account, topic, alarm["AlarmArn"]):
        return _short(0, "The topic {topic} does not let CloudWatch publish: {other}.", why, alarm, topic)
    if why := messaging.key_keeps_out(account, topic, "cloudwatch.amazonaws.com"):
        return _short(0, "{other}", why, alarm, topic)
    return None


def _unwired(alarm: dict[str, Any], topic: Place) -> tuple[str, str]:
    """The sentence, and what it calls `other`."""
    actions = alarm.get("AlarmActions", [])
    others = ", ".join(actions)
    if twin := next((one for one in actions if one.rpartition(":")[2] == topic.name), ""):
        return "The alarm {alarm} notifies {other}: a topic of that name, elsewhere.", twin
    for kind in ("OKActions", "InsufficientDataActions"):
        if topic.arn in alarm.get(kind, []):
            only = f"The alarm {{alarm}} notifies the topic only by its {kind}, not when it goes into ALARM."
            both = f"The alarm {{alarm}} notifies {{other}} when it goes into ALARM, and the topic {{topic}} by its {kind}."
            return (both if actions else only), others
    if actions:
        return "The alarm {alarm} notifies {other}, not the topic {topic}.", others
    return "The alarm {alarm} has no ALARM action: nobody hears of it.", ""


def _short(weight: int, found: str, other: str, alarm: dict[str, Any], topic: Place) -> _Short:
    options = ("", "--actions-enabled (or enable-alarm-actions)", "--alarm-actions {arn}")
    fail = _Short(
        found,
        looked_at="the alarm {alarm}" if weight else "the policy and the key of topic {topic}",
        needed="In ALARM, {alarm} publishes to {arn}.",
        try_=f"aws cloudwatch put-metric-alarm --alarm-name {{alarm}} {options[weight]} …"
        if weight
        else "Let cloudwatch.amazonaws.com sns:Publish to the topic.",
        counterexample="{alarm} goes into ALARM and nothing is published to {topic}.",
        alarm=alarm["AlarmName"],
        other=other,
        topic=topic.name,
        arn=topic.arn,
    )
    fail.weight = weight
    return fail
