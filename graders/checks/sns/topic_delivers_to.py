"""https://docs.aws.amazon.com/sns/latest/dg/sns-create-subscribe-endpoint-to-topic.html"""

import json
from typing import Any

from graders import Account, Fail, check, messaging
from graders.account import read_or_none
from graders.messaging import Place

# What an alarm's message says of itself, for filters on the body.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
ALARM = {"NewStateValue": "ALARM", "OldStateValue": "OK"}


@check(
    permissions=[
        *messaging.TOPIC_PERMISSIONS,
        *messaging.QUEUE_PERMISSIONS,
        "sns:ListSubscriptionsByTopic",
        "sns:GetSubscriptionAttributes",
        "lambda:GetPolicy",
    ]
)
def topic_delivers_to(account: Account, *, topic: str, protocol: str, endpoint: str) -> None:
    """The topic {topic} delivers to {endpoint} ({protocol}).

    A confirmed subscription whose filter lets an alarm's message through; for sqs and lambda (by name or ARN) the
    target exists and its policy lets the topic in.
    """
    found = messaging.the_topic(account, topic)
    queue = messaging.the_queue(account, endpoint) if protocol == "sqs" else None
    subscriptions = account.read("sns", "list_subscriptions_by_topic", TopicArn=found.arn).get("Subscriptions", [])
    mine = next((one for one in subscriptions if _is(one, protocol, queue.arn if queue else endpoint)), None)
    if mine is None:
        raise _not_subscribed(found, protocol, endpoint, subscriptions)
    _confirmed(account, found, mine)
    _not_filtered(account, found, mine)
    if queue is not None and (refusal := messaging.queue_refuses(account, queue, found.arn)):
        raise refusal
    if protocol == "lambda":
        _function_admits(account, found, mine["Endpoint"])


def _is(subscription: dict[str, Any], protocol: str, endpoint: str) -> bool:
    given = str(subscription["Endpoint"])
    if subscription["Protocol"] != protocol:
        return False
    if protocol == "lambda" and not endpoint.startswith("arn:"):
        return given.split(":function:")[-1].split(":")[0] == endpoint
    return given.lower() == endpoint.lower() if protocol.startswith("email") else given == endpoint


def _not_subscribed(topic: Place, protocol: str, endpoint: str, subscriptions: list[dict[str, Any]]) -> Fail:
    there = [f"{one['Protocol']} {one['Endpoint']}" for one in subscriptions]
    said = f"The topic {topic.name} has no subscription for {protocol} {endpoint}."
    if there:
        said += f" It has {', '.join(there)}."
    return Fail(
        said,
        looked_at=f"the subscriptions of {topic.arn}",
        needed=f"A subscription with protocol {protocol} and endpoint {endpoint}.",
        try_=f"aws sns subscribe --topic-arn {topic.arn} --protocol {protocol} --notification-endpoint …",
        counterexample=f"A message published to {topic.name} does not reach {endpoint}.",
    )


def _confirmed(account: Account, topic: Place, subscription: dict[str, Any]) -> None:
    arn = subscription["SubscriptionArn"]
    waiting = not arn.startswith("arn:")
    if not waiting:
        attributes = account.read("sns", "get_subscription_attributes", SubscriptionArn=arn)["Attributes"]
        waiting = attributes.get("PendingConfirmation") == "true"
    if waiting:
        raise Fail(
            f"The subscription of {subscription['Endpoint']} waits for its confirmation.",
            looked_at=f"the subscriptions of {topic.arn}",
            needed="A confirmed subscription.",
            try_="Open the confirmation message and follow its link, or aws sns confirm-subscription with its token.",
            counterexample=f"A message published to {topic.name} does not reach {subscription['Endpoint']} yet.",
        )


def _not_filtered(account: Account, topic: Place, subscription: dict[str, Any]) -> None:
    arn = subscription["SubscriptionArn"]
    attributes = account.read("sns", "get_subscription_attributes", SubscriptionArn=arn)["Attributes"]
    policy = json.loads(attributes.get("FilterPolicy") or "{}")
    body = attributes.get("FilterPolicyScope") == "MessageBody"
    passes = body and all(ALARM.get(key) in _texts(wanted) for key, wanted in policy.items())
    if policy and not passes:
        raise Fail(
            f"The filter policy of the subscription drops an alarm's message: {json.dumps(policy)}.",
            looked_at=f"the filter policy of the subscription of {subscription['Endpoint']}",
            needed="No filter, or one that an alarm's message passes (it has a body and no message attributes).",
            try_=f"aws sns set-subscription-attributes --subscription-arn {arn} "
            "--attribute-name FilterPolicy --attribute-value '{}'",
            counterexample=f"An alarm published to {topic.name} does not reach {subscription['Endpoint']}.",
        )


def _texts(wanted: Any) -> list[str]:
    return [one for one in wanted if isinstance(one, str)] if isinstance(wanted, list) else []


def _function_admits(account: Account, topic: Place, function: str) -> None:
    answer = read_or_none(account, "ResourceNotFoundException", "lambda", "get_policy", FunctionName=function)
    refusal = messaging.service_refusal(
        account,
        answer["Policy"] if answer else "",
        "function's policy",
        service="sns.amazonaws.com",
        action="lambda:InvokeFunction",
        resource=function,
        source=topic.arn,
    )
    if refusal:
        raise Fail(
            f"The function does not let the topic {topic.name} invoke it: {refusal}.",
            looked_at=f"the resource policy of {function}",
            needed=f"sns.amazonaws.com may lambda:InvokeFunction when aws:SourceArn is {topic.arn}.",
            try_="aws lambda add-permission --principal sns.amazonaws.com --action lambda:InvokeFunction "
            f"--source-arn {topic.arn} …",
            counterexample=f"A message published to {topic.name} is never handled.",
        )
