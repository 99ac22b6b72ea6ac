"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html"""

from graders import Account, check, messaging


@check(permissions=messaging.QUEUE_PERMISSIONS)
def queue_encrypted(account: Account, *, queue: str, own_key: bool = False, writers: list[str] | None = None) -> None:
    """The messages of {queue} are encrypted at rest.

    By SSE-SQS or by a KMS key that is enabled; with `own_key` by a key of the account's own. `writers` are the services
    (sns.amazonaws.com) that the key must let write.
    """
    found = messaging.the_queue(account, queue)
    messaging.must_be_encrypted(
        account,
        found,
        managed=found.attributes.get("SqsManagedSseEnabled") == "true",
        own_key=own_key,
        services=writers or [],
        setting="aws sqs set-queue-attributes --attributes KmsMasterKeyId=…",
    )
