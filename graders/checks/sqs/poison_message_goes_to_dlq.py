"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""

import json

from graders import Account, Fail, check, deliveries
from graders.probe import acting

_BODY = "probe: nobody can handle this"
_MOST = 100


@check(permissions=deliveries.LISTEN_PERMISSIONS, acts=True)
def poison_message_goes_to_dlq(account: Account, *, queue: str, dlq: str, receives: int = 10) -> None:
    """A message of {queue} that nobody can handle ends in {dlq}: it was tried.

    In a copy of the account: it is received and not deleted, as often as the queue allows, and `receives` times at most.
    """
    probe = acting(account)
    target, source = deliveries.listen(probe, dlq), deliveries.listen(probe, queue)
    redrive = json.loads(source.attributes.get("RedrivePolicy", "") or "{}")
    deliveries.send(probe, source, _BODY)
    seen = 0
    while seen < min(receives, _MOST) and deliveries.receive(probe, source):
        seen += 1
    deliveries.receive(probe, source)
    if deliveries.arrived(probe, target, lambda body: body == _BODY):
        return
    given = str(redrive.get("deadLetterTargetArn", "")).rpartition(":")[2]
    said = "After {seen} failed receives the message is still in {queue}."
    if not redrive:
        said += " It has no dead-letter queue."
    elif given != target.name:
        said = "The message left {queue} for {given}, not for {dlq}." if seen < receives else said
        said += " Its dead-letter queue is {given}."
    else:
        said += " It gives up after {count} only."
    raise Fail(
        said,
        looked_at="{dlq}, after a message of {queue} was received {seen} times in a copy of the account",
        needed="The message, in {dlq}, after {receives} receives at most.",
        try_="aws sqs set-queue-attributes on {queue} with a RedrivePolicy: deadLetterTargetArn, maxReceiveCount.",
        counterexample="A message that no consumer can handle comes back for as long as {queue} keeps messages.",
        queue=source.name,
        dlq=target.name,
        given=given,
        seen=seen,
        receives=receives,
        count=redrive.get("maxReceiveCount", ""),
    )
