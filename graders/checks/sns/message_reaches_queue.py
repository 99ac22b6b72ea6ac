"""https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html"""

from graders import Account, Fail, check, deliveries, messaging
from graders.probe import acting


@check(
    permissions=[
        *messaging.TOPIC_PERMISSIONS,
        *messaging.SUBSCRIPTION_PERMISSIONS,
        *deliveries.LISTEN_PERMISSIONS,
        "sns:Publish",
    ],
    acts=True,
)
def message_reaches_queue(
    account: Account, *, topic: str, queue: str, message: str = "probe", attributes: dict[str, str] | None = None
) -> None:
    """A message published to {topic} arrives in {queue}: it was tried.

    In a copy of the account; raw or in SNS's envelope. `message` and `attributes` (texts) are for filter policies.
    """
    probe = acting(account)
    source = messaging.the_topic(probe, topic)
    target = deliveries.listen(probe, queue)
    group = {"MessageGroupId": "probe", "MessageDeduplicationId": "probe"} if deliveries.is_fifo(source) else {}
    given = {name: {"DataType": "String", "StringValue": value} for name, value in (attributes or {}).items()}
    sent = probe.client("sns").publish(TopicArn=source.arn, Message=message, MessageAttributes=given, **group)
    if deliveries.arrived(probe, target, lambda body: sent["MessageId"] in body or body == message):
        return
    raise Fail(
        "A message published to {topic} did not arrive in {queue}.{why}",
        looked_at="{queue}, after a message was published to {topic} in a copy of the account",
        needed="The message, in {queue}.",
        try_="Follow its way: the topic's subscriptions, their filter, the policy of {queue}.",
        counterexample="aws sns publish --topic-arn {arn} --message {message}: {queue} stays empty.",
        topic=source.name,
        queue=target.name,
        arn=source.arn,
        message=message,
        why=deliveries.why_not(probe, source, target),
    )
