"""https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html"""

from graders import Account, check, messaging


@check(permissions=messaging.TOPIC_PERMISSIONS)
def topic_encrypted(
    account: Account, *, topic: str, own_key: bool = False, publishers: list[str] | None = None
) -> None:
    """The messages of {topic} are encrypted at rest.

    By a KMS key that is enabled; with `own_key` by one of the account's own. `publishers` are the services
    (cloudwatch.amazonaws.com) that the key must let publish: alias/aws/sns lets none.
    """
    messaging.must_be_encrypted(
        account,
        messaging.the_topic(account, topic),
        own_key=own_key,
        services=publishers or [],
        setting="aws sns set-topic-attributes --attribute-name KmsMasterKeyId …",
    )
