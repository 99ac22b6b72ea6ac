"""Messages that really travel: sent, or caused, in a copy of the account, and waited for in a queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graders import messaging
from graders.messaging import Place
from graders.probe import ActingAccount

LISTEN_PERMISSIONS = (
    *messaging.QUEUE_PERMISSIONS,
    "sqs:PurgeQueue",
    "sqs:SetQueueAttributes",
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
)
_ROUNDS = 5


def listen(account: ActingAccount, queue: str) -> Place:
    """The queue, emptied and without delay, so that what comes next is there to be seen; fails when it does not exist."""
    place = messaging.the_queue(account, queue)
    sqs, url = account.client("sqs"), url_of(account, place)
    sqs.purge_queue(QueueUrl=url)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "0", "ReceiveMessageWaitTimeSeconds": "0"})
    return place


def arrived(account: ActingAccount, queue: Place, wanted: Callable[[str], bool]) -> str | None:
    """The body of the first message that is wanted, or None when the queue holds no such message."""
    for _ in range(_ROUNDS):
        messages = receive(account, queue, most=10, hidden=60)
        if not messages:
            break
        for message in messages:
            if wanted(message["Body"]):
                return str(message["Body"])
    return None


def send(account: ActingAccount, queue: Place, body: str) -> None:
    """Put a message into a queue of either kind."""
    group = {"MessageGroupId": "probe", "MessageDeduplicationId": "probe"} if is_fifo(queue) else {}
    account.client("sqs").send_message(QueueUrl=url_of(account, queue), MessageBody=body, **group)


def receive(account: ActingAccount, queue: Place, *, most: int = 1, hidden: int = 0) -> list[dict[str, Any]]:
    """Up to `most` messages, which nobody else receives for `hidden` seconds."""
    answer = account.client("sqs").receive_message(
        QueueUrl=url_of(account, queue), MaxNumberOfMessages=most, VisibilityTimeout=hidden, WaitTimeSeconds=0
    )
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found


def url_of(account: ActingAccount, queue: Place) -> str:
    """The queue's URL."""
    return str(account.client("sqs").get_queue_url(QueueName=queue.name)["QueueUrl"])


def is_fifo(place: Place) -> bool:
    """Whether a queue or topic keeps an order."""
    return place.name.endswith(".fifo")


def why_not(account: ActingAccount, topic: Place, queue: Place) -> str:
    """What keeps a topic's messages from a queue, a sentence with a space before it; "" where it does not show."""
    there = messaging.subscriptions(account, topic)
    mine = next((one for one in there if messaging.is_endpoint(one, "sqs", queue.arn)), None)
    if mine is None:
        names = ", ".join(str(one["Endpoint"]).rpartition(":")[2] for one in there)
        return f" {topic.name} has no subscription of {queue.name}" + (f", it has one of {names}." if names else ".")
    if refusal := messaging.queue_refuses(account, queue, topic.arn):
        return f" {refusal.found}"
    if text := messaging.subscription_attributes(account, mine).get("FilterPolicy"):
        return f" Its subscription has a filter policy: {text}"
    return ""
