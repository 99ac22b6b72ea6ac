"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""

from typing import Any, Literal

from graders import Account, Fail, check, functions, messaging, tables


@check(
    permissions=[
        *functions.SOURCE_PERMISSIONS,
        *messaging.QUEUE_PERMISSIONS,
        *tables.PERMISSIONS,
        "kinesis:ListStreams",
        "kinesis:DescribeStreamSummary",
    ]
)
def function_fed_by(
    account: Account,
    *,
    function: str,
    source: str,
    kind: Literal["queue", "table", "stream"] = "queue",
    batch_at_most: int = 10000,
    visibility_factor: int = 1,
) -> None:
    """What arrives in {source} is handled by {function}.

    `source`: the name of an SQS queue, a DynamoDB table (its stream) or a Kinesis stream. The mapping is enabled and
    its filter open, the role can read the source and use its key. A queue hides a message for `visibility_factor`
    times the function's timeout at least (AWS advises 6).
    """
    found = functions.the_function(account, function)
    arn, key, visible = _source(account, source, kind)
    mapping = functions.the_mapping(account, found, arn, source)
    role = functions.role_of(account, found)
    shown: dict[str, Any] = {"function": function, "source": source, "arn": arn}
    if why := functions.key_lacks(account, role, key, ["kms:Decrypt"]):
        raise Fail(
            "{source} is encrypted, and {function} cannot decrypt it: {why}.",
            looked_at="the key of {source} and the policies of role {role}",
            needed="kms:Decrypt on the key of {source} for role {role}.",
            try_="aws iam put-role-policy --role-name {role} …, or the key's policy",
            counterexample="A message in {source} is received by nobody.",
            role=role.principal.name,
            why=why,
            **shown,
        )
    timeout = int(found.get("Timeout", 3))
    if kind == "queue" and visible < timeout * visibility_factor:
        raise Fail(
            "{source} shows a message again after {visible} seconds; {function} may work on it for {timeout}.",
            looked_at="the visibility timeout of {source} and the timeout of {function}",
            needed="A visibility timeout of {wanted} seconds or more.",
            try_="aws sqs set-queue-attributes --attributes VisibilityTimeout={wanted} …",
            counterexample="A message that takes long is handled twice.",
            visible=visible,
            timeout=timeout,
            wanted=timeout * visibility_factor,
            **shown,
        )
    if mapping.get("BatchSize", 10) > batch_at_most:
        raise Fail(
            "{function} gets up to {has} records at once; at most {batch} are asked for.",
            looked_at="the event source mapping of {function}",
            needed="A batch size of {batch} or less.",
            try_="aws lambda update-event-source-mapping --uuid {uuid} --batch-size {batch}",
            has=mapping["BatchSize"],
            batch=batch_at_most,
            uuid=mapping["UUID"],
            **shown,
        )


def _source(account: Account, source: str, kind: str) -> tuple[str, str, int]:
    """(ARN, key or "", seconds that a queue hides a message)."""
    if kind == "queue":
        queue = messaging.the_queue(account, source)
        held = queue.attributes
        return queue.arn, held.get("KmsMasterKeyId", ""), int(held.get("VisibilityTimeout", 30))
    if kind == "table":
        arn, _ = tables.stream_of(tables.the_table(account, source))
        if not arn:
            raise Fail(
                "The stream of {table} is off: its changes reach nobody.",
                looked_at="the stream of {table}",
                needed="A stream on {table}.",
                try_="aws dynamodb update-table --table-name {table} --stream-specification StreamEnabled=true,…",
                table=source,
            )
        return arn, "", 0
    stream = tables.the_stream(account, source)
    return stream["StreamARN"], stream.get("KeyId", ""), 0
