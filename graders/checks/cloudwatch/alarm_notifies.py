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
            f"No alarm watches {metric}.",
            looked_at=f"the alarms in {account.region}",
            needed=f"An alarm on {metric} that notifies {topic}.",
            try_="aws cloudwatch put-metric-alarm …",
        )
    failures = [_shortcoming(account, one, target) for one in found]
    if all(failures):
        raise min((fail for fail in failures if fail is not None), key=lambda fail: fail.weight)


class _Short(Fail):
    """`weight` orders by how far the alarm is from right: the nearest is told."""

    weight = 0


def _shortcoming(account: Account, alarm: dict[str, Any], topic: Place) -> _Short | None:
    name = alarm["AlarmName"]
    wired = topic.arn in alarm.get("AlarmActions", [])
    if not wired:
        return _short(2, _unwired(alarm, topic), name, topic, f"--alarm-actions {topic.arn}")
    if not alarm.get("ActionsEnabled"):
        said = f"The alarm {name} names the topic, but its actions are turned off."
        return _short(1, said, name, topic, "--actions-enabled (or enable-alarm-actions)")
    why = messaging.service_refusal(
        account,
        topic.attributes.get("Policy", ""),
        f"policy of topic {topic.name}",
        service="cloudwatch.amazonaws.com",
        action="sns:Publish",
        resource=topic.arn,
        source=alarm["AlarmArn"],
    )
    if why:
        return _short(0, f"The topic {topic.name} does not let CloudWatch publish: {why}.", name, topic, "", by=topic)
    if keeps_out := messaging.key_keeps_out(account, topic, "cloudwatch.amazonaws.com"):
        return _short(0, keeps_out, name, topic, "", by=topic)
    return None


def _unwired(alarm: dict[str, Any], topic: Place) -> str:
    name, actions = alarm["AlarmName"], alarm.get("AlarmActions", [])
    twin = next((one for one in actions if one.rpartition(":")[2] == topic.name), None)
    if twin:
        return f"The alarm {name} notifies {twin}: a topic of that name, elsewhere."
    for kind in ("OKActions", "InsufficientDataActions"):
        if topic.arn in alarm.get(kind, []) and not actions:
            return f"The alarm {name} notifies the topic only by its {kind}, not when it goes into ALARM."
        if topic.arn in alarm.get(kind, []):
            others = ", ".join(actions)
            return (
                f"The alarm {name} notifies {others} when it goes into ALARM, and the topic {topic.name} by its {kind}."
            )
    if actions:
        return f"The alarm {name} notifies {', '.join(actions)}, not the topic {topic.name}."
    return f"The alarm {name} has no ALARM action: nobody hears of it."


def _short(weight: int, found: str, name: str, topic: Place, option: str, by: Place | None = None) -> _Short:
    fail = _Short(
        found,
        looked_at=f"the policy and the key of topic {by.name}" if by else f"the alarm {name}",
        needed=f"In ALARM, {name} publishes to {topic.arn}.",
        try_="Let cloudwatch.amazonaws.com sns:Publish to the topic."
        if by
        else f"aws cloudwatch put-metric-alarm --alarm-name {name} {option} …",
        counterexample=f"{name} goes into ALARM and nothing is published to {topic.name}.",
    )
    fail.weight = weight
    return fail
