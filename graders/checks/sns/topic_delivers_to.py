"""https://docs.aws.amazon.com/sns/latest/dg/sns-create-subscribe-endpoint-to-topic.html"""

import json
from typing import Any

from graders import Account, Fail, alarms, check, messaging
from graders.account import read_or_none
from graders.messaging import Place


@check(
    permissions=[
        *messaging.TOPIC_PERMISSIONS,
        *messaging.QUEUE_PERMISSIONS,
        *messaging.SUBSCRIPTION_PERMISSIONS,
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
    subscriptions = messaging.subscriptions(account, found)
    target = queue.arn if queue else endpoint
    mine = next((one for one in subscriptions if messaging.is_endpoint(one, protocol, target)), None)
    if mine is None:
        raise _not_subscribed(found, protocol, endpoint, subscriptions)
    _confirmed(account, found, mine)
    _not_filtered(account, found, mine)
    if queue is not None and (refusal := messaging.queue_refuses(account, queue, found.arn)):
        raise refusal
    if protocol == "lambda":
        _function_admits(account, found, mine["Endpoint"])


def _not_subscribed(topic: Place, protocol: str, endpoint: str, subscriptions: list[dict[str, Any]]) -> Fail:
    there = [f"{one['Protocol']} {one['Endpoint']}" for one in subscriptions]
    said = "The topic {topic} has no subscription for {protocol} {endpoint}."
    return Fail(
        said + (" It has {there}." if there else ""),
        looked_at="the subscriptions of {arn}",
        needed="A subscription with protocol {protocol} and endpoint {endpoint}.",
        try_="aws sns subscribe --topic-arn {arn} --protocol {protocol} --notification-endpoint …",
        counterexample="A message published to {topic} does not reach {endpoint}.",
        topic=topic.name,
        arn=topic.arn,
        protocol=protocol,
        endpoint=endpoint,
        there=there,
    )


def _confirmed(account: Account, topic: Place, subscription: dict[str, Any]) -> None:
    if messaging.waits(account, subscription):
        raise Fail(
            "The subscription of {endpoint} waits for its confirmation.",
            looked_at="the subscriptions of {arn}",
            needed="A confirmed subscription.",
            try_="Open the confirmation message and follow its link, or aws sns confirm-subscription with its token.",
            counterexample="A message published to {topic} does not reach {endpoint} yet.",
            endpoint=subscription["Endpoint"],
            topic=topic.name,
            arn=topic.arn,
        )


def _not_filtered(account: Account, topic: Place, subscription: dict[str, Any]) -> None:
    if dropped := messaging.drops(account, subscription, json.dumps(alarms.MESSAGE), {}):
        raise Fail(
            "The filter policy of the subscription drops an alarm's message: {policy}.",
            looked_at="the filter policy of the subscription of {endpoint}",
            needed="No filter, or one that an alarm's message passes (it has a body and no message attributes).",
            try_="aws sns set-subscription-attributes --subscription-arn {subscription} "
            "--attribute-name FilterPolicy --attribute-value '{{}}'",
            counterexample="An alarm published to {topic} does not reach {endpoint}.",
            policy=dropped,
            endpoint=subscription["Endpoint"],
            subscription=subscription["SubscriptionArn"],
            topic=topic.name,
        )


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
            "The function does not let the topic {topic} invoke it: {refusal}.",
            looked_at="the resource policy of {function}",
            needed="sns.amazonaws.com may lambda:InvokeFunction when aws:SourceArn is {arn}.",
            try_="aws lambda add-permission --principal sns.amazonaws.com --action lambda:InvokeFunction "
            "--source-arn {arn} …",
            counterexample="A message published to {topic} is never handled.",
            topic=topic.name,
            arn=topic.arn,
            function=function,
            refusal=refusal,
        )
