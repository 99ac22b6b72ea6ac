"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html"""

import json
from typing import Any

from graders import Account, Fail, alarms, check, messaging
from graders.messaging import Place


@check(
    permissions=[*alarms.PERMISSIONS, *messaging.TOPIC_PERMISSIONS, *messaging.SUBSCRIPTION_PERMISSIONS],
)
def alarm_reaches_email(account: Account, *, alarm: str, address: str) -> None:
    """When {alarm} fires, {address} gets an e-mail.

    The whole way: actions on, an ALARM action on a topic that is there, the topic's policy and key let CloudWatch
    publish, the address is subscribed as email (email-json is for machines), has confirmed, and no filter policy drops
    the message. One way of several is enough.
    """
    (found,) = alarms.the_alarms(account, alarm)[:1]
    ways = [_broken(account, found, arn, address) for arn in found.get("AlarmActions", [])]
    if not found.get("ActionsEnabled"):
        ways = [("The actions of {alarm} are turned off.", "aws cloudwatch enable-alarm-actions", {})]
    if not ways:
        said = "The alarm {alarm} has no ALARM action: nobody hears of it."
        if found.get("OKActions"):
            said = "The alarm {alarm} speaks only when all is well again (OKActions), not when it fires."
        ways = [(said, "aws cloudwatch put-metric-alarm --alarm-actions with the topic's ARN", {})]
    if None in ways:
        return
    said, step, values = next(one for one in ways if one is not None)
    raise Fail(
        said,
        looked_at="the alarm {alarm}, its topics and their subscriptions",
        needed="{alarm} → a topic that CloudWatch may publish to → {address}, confirmed.",
        try_=step,
        counterexample="{alarm} goes into ALARM and {address} gets no mail.",
        alarm=alarm,
        address=address,
        **values,
    )


def _broken(account: Account, alarm: dict[str, Any], arn: str, address: str) -> tuple[str, str, dict[str, str]] | None:
    """Where the way over this action ends: sentence, next step, values; None when it arrives."""
    if ":sns:" not in arn:
        return "The action {action} of {alarm} is no topic.", "aws cloudwatch put-metric-alarm …", {"action": arn}
    if arn not in messaging.topics(account):
        said = "The alarm {alarm} notifies {action}, and there is no such topic in {region}."
        return (
            said,
            "Compare region, account and name with aws sns list-topics.",
            {
                "action": arn,
                "region": account.region,
            },
        )
    topic = messaging.the_topic(account, arn)
    values = {"topic": topic.name}
    if topic.attributes.get("FifoTopic") == "true":
        return "{topic} is a FIFO topic: it delivers to queues only.", "Use a standard topic.", values
    if why := alarms.topic_refuses(account, topic, alarm["AlarmArn"]):
        said = "The policy of {topic} does not let the alarm publish: {why}."
        return said, "Let cloudwatch.amazonaws.com sns:Publish to the topic.", {**values, "why": why}
    if why := messaging.key_keeps_out(account, topic, "cloudwatch.amazonaws.com"):
        return "{why}", "Encrypt {topic} with a key that lets cloudwatch.amazonaws.com in.", {**values, "why": why}
    return _not_delivered(account, topic, address)


def _not_delivered(account: Account, topic: Place, address: str) -> tuple[str, str, dict[str, str]] | None:
    subscribed = messaging.subscriptions(account, topic)
    mine = [one for one in subscribed if messaging.is_endpoint(one, "email", address)]
    values = {"topic": topic.name}
    if not mine and any(messaging.is_endpoint(one, "email-json", address) for one in subscribed):
        said = "{address} is subscribed to {topic} as email-json: the alarm arrives as JSON, not as a mail to be read."
        return said, "aws sns subscribe --protocol email …, and unsubscribe the other.", values
    if not mine:
        there = ", ".join(f"{one['Protocol']} {one['Endpoint']}" for one in subscribed)
        said = "{address} is not subscribed to {topic}." + (" It has {there}." if there else " Nobody is.")
        return said, "aws sns subscribe --protocol email …", {**values, "there": there}
    live = [one for one in mine if not messaging.waits(account, one)]
    if not live:
        said = "The subscription of {address} to {topic} waits for its confirmation."
        return said, "Open the mail that SNS sent and follow its link.", values
    dropped = [messaging.drops(account, one, json.dumps(alarms.MESSAGE), {}) for one in live]
    if all(dropped):
        said = "The filter policy of {address} drops the alarm's message: {policy}."
        return said, "Take the filter policy off the subscription.", {**values, "policy": dropped[0]}
    return None
