"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html"""

from graders import Account, Fail, check


@check(permissions=["sqs:GetQueueUrl", "sqs:ReceiveMessage"])
def holds_in_order(account: Account, *, queue: str, bodies: list[str]) -> None:
    """The queue {queue} holds {bodies}, in that order and in one message group."""
    url = account.read("sqs", "get_queue_url", QueueName=queue)["QueueUrl"]
    messages = (
        account.client("sqs")
        .receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageSystemAttributeNames=["All"])
        .get("Messages", [])
    )
    found = [message["Body"] for message in messages]
    groups = sorted({message["Attributes"].get("MessageGroupId", "") for message in messages})
    if found == bodies and len(groups) == 1:
        return
    if sorted(found) == sorted(bodies) and len(groups) > 1:
        raise Fail(
            "The messages are in {count} message groups: {groups}.",
            looked_at="the messages in {queue}",
            needed="one group: only within a group is the order kept.",
            counterexample="Two consumers can take one group each, and the later message may be handled first.",
            queue=queue,
            count=len(groups),
            groups=", ".join(groups),
        )
    raise Fail(
        "{queue} holds {seen}.",
        looked_at="the messages in {queue}",
        needed="{bodies}, in this order.",
        try_="aws sqs purge-queue, if there is something wrong in it; a deduplication id lives for five minutes.",
        queue=queue,
        seen=", ".join(found) or "no message",
        bodies=", ".join(bodies),
    )
