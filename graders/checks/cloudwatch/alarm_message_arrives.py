"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html"""

from typing import Any

from graders import Account, Fail, alarms, check, deliveries, messaging
from graders.messaging import Place
from graders.probe import ActingAccount, acting


@check(
    permissions=[
        *alarms.PERMISSIONS,
        *messaging.TOPIC_PERMISSIONS,
        *messaging.SUBSCRIPTION_PERMISSIONS,
        *deliveries.LISTEN_PERMISSIONS,
        "cloudwatch:SetAlarmState",
    ],
    acts=True,
)
def alarm_message_arrives(account: Account, *, alarm: str, queue: str) -> None:
    """When {alarm} goes into ALARM, a message arrives in {queue}: it was tried.

    In a copy of the account, by setting the alarm's state; by whatever topics it takes.
    """
    probe = acting(account)
    found = alarms.the_alarms(probe, alarm)[0]
    cloudwatch = probe.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="A check tries it.")
    target = deliveries.listen(probe, queue)
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="A check tries it.")
    if deliveries.arrived(probe, target, lambda body: alarm in body):
        return
    raise Fail(
        "{alarm} went into ALARM, and no message came to {queue}.{why}",
        looked_at="{queue}, after {alarm} was set to ALARM in a copy of the account",
        needed="A message that names {alarm}, in {queue}.",
        try_="Follow its way: the alarm's ALARM actions, the topic's subscriptions, the policy of {queue}.",
        counterexample="{alarm} goes into ALARM at night: nobody who reads {queue} hears of it.",
        alarm=alarm,
        queue=target.name,
        why=_why(probe, found, target),
    )


def _why(account: ActingAccount, alarm: dict[str, Any], queue: Place) -> str:
    arns = [one for one in alarm.get("AlarmActions", []) if ":sns:" in one]
    if not alarm.get("ActionsEnabled"):
        return " Its actions are turned off."
    if not arns:
        others = [kind for kind in ("OKActions", "InsufficientDataActions") if alarm.get(kind)]
        return " It has no action for ALARM" + (f", only {' and '.join(others)}." if others else ".")
    for arn in arns:
        if arn not in messaging.topics(account):
            return f" It notifies {arn}, and there is no such topic here."
        topic = messaging.the_topic(account, arn)
        if why := alarms.topic_refuses(account, topic, alarm["AlarmArn"]):
            return f" The topic {topic.name} does not let CloudWatch publish: {why}."
        if why := deliveries.why_not(account, topic, queue):
            return why
    return ""
