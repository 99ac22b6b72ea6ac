"""https://docs.aws.amazon.com/sns/latest/dg/sns-common-scenarios.html"""

from graders import Account, Fail, check


@check(permissions=["sns:ListSubscriptionsByTopic"])
def subscribed(account: Account, *, topic: str, endpoints: list[str]) -> None:
    """Those who should listen to {topic} are subscribed."""
    arn = f"arn:aws:sns:{account.region}:{account.account_id}:{topic}"
    listed = account.read("sns", "list_subscriptions_by_topic", TopicArn=arn)["Subscriptions"]
    there = [f"{one['Protocol']} {one['Endpoint']}" for one in listed]
    missing = [one for one in endpoints if one not in there]
    if missing:
        raise Fail(
            "{missing} is not subscribed to {topic}.",
            looked_at="the subscriptions of {topic}",
            needed="protocol and endpoint: {missing}",
            try_="aws sns subscribe --topic-arn … --protocol … --notification-endpoint …",
            topic=topic,
            missing=missing[0],
        )


@check(permissions=["sqs:GetQueueUrl", "sqs:ReceiveMessage"])
def holds(account: Account, *, queue: str, count: int, types: list[str] | None = None) -> None:
    """{count} messages lie in {queue}."""
    url = account.read("sqs", "get_queue_url", QueueName=queue)["QueueUrl"]
    answer = account.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=0, MessageAttributeNames=["All"]
    )
    has = len(answer.get("Messages", []))
    if has != count:
        raise Fail("{queue} holds {has} messages, not {count}.", queue=queue, has=has, count=count)
    told = [
        one.get("MessageAttributes", {}).get("type", {}).get("StringValue", "none")
        for one in answer.get("Messages", [])
    ]
    if types and sorted(told) != sorted(types):
        raise Fail("The orders in {queue} have the types {told}.", queue=queue, told=", ".join(told))
