"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""

from graders import Account, Fail, check, messaging

MOST = {"VisibilityTimeout": 43200, "ReceiveMessageWaitTimeSeconds": 20, "MessageRetentionPeriod": 1209600}


@check(permissions=messaging.QUEUE_PERMISSIONS)
def queue_set_up(
    account: Account,
    *,
    queue: str,
    visibility_at_least: int = 0,
    wait_at_least: int = 0,
    retention_at_least: int = 0,
    delay: int | None = None,
    fifo: bool | None = None,
    deduplicates: bool | None = None,
) -> None:
    """The queue {queue} hides, waits, keeps and orders messages as asked.

    Seconds: `visibility_at_least` (six times a function's timeout), `wait_at_least` (long polling), `retention_at_least`
    and `delay` exactly; values that AWS refuses are refused. `fifo`, and `deduplicates` by content. Unset: not asked.
    """
    found = messaging.the_queue(account, queue).attributes
    for attribute, least, harm in (
        ("VisibilityTimeout", visibility_at_least, "A message is handed out again while it is still being worked on."),
        ("ReceiveMessageWaitTimeSeconds", wait_at_least, "A receive comes back empty at once, and is paid for."),
        ("MessageRetentionPeriod", retention_at_least, "A message that waits longer than {value} s is lost."),
    ):
        value = int(found.get(attribute, 0))
        if least and not least <= value <= MOST[attribute]:
            raise _fail(queue, attribute, value, f"{least} s to {MOST[attribute]} s", harm)
    if delay is not None and int(found.get("DelaySeconds", 0)) != delay:
        value = int(found.get("DelaySeconds", 0))
        raise _fail(queue, "DelaySeconds", value, f"{delay} s", "A message is handed out after {value} s.")
    if fifo is not None and (found.get("FifoQueue") == "true") is not fifo:
        is_now = found.get("FifoQueue", "false")
        raise _fail(
            queue, "FifoQueue", is_now, str(fifo).lower(), "A queue keeps its kind: delete it and make another."
        )
    if deduplicates is not None and (found.get("ContentBasedDeduplication") == "true") is not deduplicates:
        is_now = found.get("ContentBasedDeduplication", "false")
        harm = "The same message sent twice, without an id of its own, is refused or there twice."
        raise _fail(queue, "ContentBasedDeduplication", is_now, str(deduplicates).lower(), harm)


def _fail(queue: str, attribute: str, value: object, wanted: str, harm: str) -> Fail:
    return Fail(
        "{attribute} of {queue} is {value}.",
        looked_at="the attributes of {queue}",
        needed="{attribute}: {wanted}.",
        try_="aws sqs set-queue-attributes --attributes {attribute}=…",
        counterexample=harm,
        queue=queue,
        attribute=attribute,
        value=value,
        wanted=wanted,
    )
