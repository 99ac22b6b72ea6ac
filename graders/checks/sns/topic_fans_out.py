"""https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html"""

from typing import Any

from graders import Account, Fail, check, messaging
from graders.messaging import Place


@check(
    permissions=[
        *messaging.TOPIC_PERMISSIONS,
        *messaging.QUEUE_PERMISSIONS,
        *messaging.SUBSCRIPTION_PERMISSIONS,
    ]
)
def topic_fans_out(
    account: Account,
    *,
    topic: str,
    reaches: list[str],
    spares: list[str] | None = None,
    message: str = "{}",
    attributes: dict[str, str] | None = None,
    raw: bool | None = None,
) -> None:
    """A message to {topic} reaches the queues {reaches}.

    And none of the queues `spares`. `message` is the body, `attributes` the message's attributes (numbers count as
    numbers); filter policies of either scope are computed, and a queue's policy and key must let the topic send.
    `raw`: with raw message delivery, or without; unset: either.
    """
    found = messaging.the_topic(account, topic)
    given = {name: _value(value) for name, value in (attributes or {}).items()}
    everyone = messaging.subscriptions(account, found)
    for name in reaches:
        _must_reach(account, found, messaging.the_queue(account, name), everyone, message, given, raw)
    for name in spares or []:
        queue = messaging.the_queue(account, name)
        for one in everyone:
            if messaging.is_endpoint(one, "sqs", queue.arn) and not messaging.drops(account, one, message, given):
                raise _fail(
                    "The queue {queue} gets the message too.", found, queue, message, given, "{queue} hears it."
                )


def _must_reach(
    account: Account,
    topic: Place,
    queue: Place,
    everyone: list[dict[str, Any]],
    message: str,
    given: dict[str, Any],
    raw: bool | None,
) -> None:
    lost = "{queue} never hears of it."
    mine = [one for one in everyone if messaging.is_endpoint(one, "sqs", queue.arn)]
    if not mine:
        url = any(str(one["Endpoint"]).endswith(f"/{queue.name}") for one in everyone)
        other = next((one for one in everyone if str(one["Endpoint"]).endswith(f":{queue.name}")), None)
        said = "The queue {queue} is not subscribed to {topic}."
        if url:
            said = "The subscription of {queue} has the queue's URL as its endpoint; it must be its ARN."
        elif other:
            said = "The topic {topic} has a subscription for a queue of that name elsewhere: {elsewhere}."
        raise _fail(said, topic, queue, message, given, lost, elsewhere=other["Endpoint"] if other else "")
    if queue.name.endswith(".fifo") and not topic.name.endswith(".fifo"):
        said = "The queue {queue} is FIFO and the topic {topic} is not: SNS does not deliver in order to it."
        raise _fail(said, topic, queue, message, given, lost)
    dropped = [messaging.drops(account, one, message, given) for one in mine]
    if all(dropped):
        said = "The filter policy of {queue} drops the message: {policy}."
        raise _fail(said, topic, queue, message, given, lost, policy=dropped[0])
    live = [one for one, policy in zip(mine, dropped, strict=True) if not policy]
    if raw is not None and all(_is_raw(account, one) is not raw for one in live):
        said = "The queue {queue} gets the message {how}."
        how = "wrapped in JSON, without raw message delivery" if raw else "raw, without SNS's envelope"
        raise _fail(said, topic, queue, message, given, "", how=how)
    if refusal := messaging.queue_refuses(account, queue, topic.arn):
        raise refusal


def _is_raw(account: Account, subscription: dict[str, Any]) -> bool:
    attributes = messaging.subscription_attributes(account, subscription)
    return attributes.get("RawMessageDelivery", "false").lower() == "true"


def _value(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _fail(
    said: str, topic: Place, queue: Place, message: str, given: dict[str, Any], shown: str, **values: Any
) -> Fail:
    return Fail(
        said,
        looked_at="the subscriptions of {topic}, their filter policies and the policy of {queue}",
        needed="A subscription for {arn} that lets through what is meant for it, and nothing else.",
        try_="aws sns subscribe --protocol sqs, or set-subscription-attributes for its FilterPolicy.",
        counterexample="{message} with {attributes} is published to {topic}, and " + shown if shown else "",
        topic=topic.name,
        queue=queue.name,
        arn=queue.arn,
        message=message,
        attributes=[f"{name}={value}" for name, value in given.items()] or "no attributes",
        **values,
    )
