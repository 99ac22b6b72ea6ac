"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""

import json
from typing import Any

from graders import Account, Fail, check, messaging


@check(permissions=messaging.QUEUE_PERMISSIONS)
def dead_letters_reach(account: Account, *, queue: str, dlq: str, receives: int = 0) -> None:
    """Messages of {queue} that keep failing end in {dlq}.

    After exactly `receives` receives, or after 1 to 100 where 0 is given. Both queues are of one kind (FIFO or standard),
    `dlq` lets `queue` use it and keeps messages at least as long. Other queues may share the dead-letter queue.
    """
    source, target = messaging.the_queue(account, queue), messaging.the_queue(account, dlq)
    redrive = _json(source.attributes.get("RedrivePolicy", ""))
    count = int(redrive.get("maxReceiveCount", 0))
    given = str(redrive.get("deadLetterTargetArn", ""))
    allow = _json(target.attributes.get("RedriveAllowPolicy", ""))
    fifo = [one.attributes.get("FifoQueue") == "true" for one in (source, target)]
    kept = [int(one.attributes.get("MessageRetentionPeriod", 345600)) for one in (source, target)]
    backwards = _json(target.attributes.get("RedrivePolicy", "")).get("deadLetterTargetArn") == source.arn
    said = ""
    if not redrive:
        said = "The queue {queue} has no dead-letter queue."
        if backwards:
            said += " It is the other way round: {queue} is the dead-letter queue of {dlq}."
    elif given != target.arn:
        said = "The dead-letter queue of {queue} is {given}, not {dlq}."
    elif receives and count != receives:
        said = "The queue {queue} gives up after {count} receives, not after {receives}."
    elif count > 100:
        said = "The queue {queue} gives up after {count} receives: a bad message comes back for days."
    elif fifo[0] is not fifo[1]:
        said = "One of {queue} and {dlq} is a FIFO queue and the other is not: SQS cannot move messages between them."
    elif _denied(allow, source.arn):
        said = "The queue {dlq} does not let {queue} use it as its dead-letter queue (RedriveAllowPolicy)."
    elif kept[1] < kept[0]:
        said = "The queue {dlq} keeps messages for a shorter time than {queue}: they are gone before anyone looks."
    if said:
        raise Fail(
            said,
            looked_at="the redrive policy of {queue} and the attributes of {dlq}",
            needed="After {wanted} failed receives a message of {queue} waits in {dlq}.",
            try_="aws sqs set-queue-attributes on {queue} with a RedrivePolicy: deadLetterTargetArn, maxReceiveCount."
            if given != target.arn or receives not in (0, count) or count > 100
            else "aws sqs set-queue-attributes on {dlq}.",
            counterexample="A message that always fails does not arrive in {dlq}, or not in time.",
            queue=queue,
            dlq=dlq,
            given=given,
            count=count,
            receives=receives,
            wanted=receives or "a few",
        )


def _json(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text) if text else {}
    return found


def _denied(allow: dict[str, Any], source: str) -> bool:
    kind = allow.get("redrivePermission", "allowAll")
    return kind == "denyAll" or (kind == "byQueue" and source not in allow.get("sourceQueueArns", []))
