"""What Lambda reads for a function: queues and DynamoDB streams, by event source mappings.

Polled after each call that changed something, and when a hidden message shows again (on the sandbox's own clock). Reads
and deletes as the function's role, which must be allowed to.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from moto.awslambda.models import lambda_backends
from moto.dynamodb.models import dynamodb_backends
from moto.moto_api._internal import mock_random
from moto.sqs.models import sqs_backends

from labs.sandboxes.emulated import inner
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.functions import streams
from labs.sandboxes.emulated.functions.invocations import Found, find, invoke
from labs.sandboxes.emulated.functions.works import DEEPEST, numbered
from labs.sandboxes.emulated.world import WORLD

__all__ = ["check", "function_of", "mappings", "next_moment", "poll"]

_A_RECEIVE: Final = 10


def mappings(kind: str) -> Iterator[Any]:
    """Yield the mappings in force that read from a service ("sqs", "dynamodb")."""
    for account in list(lambda_backends):
        for backend in list(lambda_backends[account].values()):
            for mapping in list(backend._event_source_mappings.values()):
                if str(mapping.enabled).lower() == "true" and mapping.event_source_arn.split(":")[2] == kind:
                    yield mapping


def poll() -> bool:
    """Hand one batch to one function; return whether there was one."""
    return any(_poll_queue(each) for each in mappings("sqs")) or any(
        streams.poll(each, function_of(each)) for each in mappings("dynamodb")
    )


def next_moment(since: float) -> float | None:
    """Return when a message that is hidden now shows again, or a stream's batch is tried again."""
    moments = [each.next_try for each in mappings("dynamodb") if getattr(each, "next_try", 0.0) > since]
    for mapping in mappings("sqs"):
        queue = _queue(mapping)
        for message in queue._messages if queue is not None else ():
            moment = max(message.visible_at, message.delayed_until) / 1000 + 0.001
            if moment > since:
                moments.append(moment)
    return min(moments, default=None)


def function_of(mapping: Any) -> Found | None:
    """Return the function that a mapping feeds; None where it is gone, or reserved concurrency closes it."""
    _, _, _, region, account, _ = mapping.function_arn.split(":", 5)
    try:
        found = find(account, region, mapping.target if hasattr(mapping, "target") else mapping.function_arn)
    except AwsError:
        return None
    reserved = found.function.reserved_concurrency
    return None if reserved is not None and int(reserved) == 0 else found


def _queue(mapping: Any) -> Any:
    _, _, _, region, account, name = mapping.event_source_arn.split(":", 5)
    return sqs_backends[account][region].queues.get(name)


def _poll_queue(mapping: Any) -> bool:
    queue = _queue(mapping)
    if queue is None or not queue.messages:
        return False
    found = function_of(mapping)
    if found is None:
        return False
    WORLD.works_made += 1
    with numbered(f"poll:{WORLD.works_made}", 0):
        try:
            messages = _receive(mapping, found)
        except AwsError as error:
            mapping.problem = f"PROBLEM: {error.message}"[:200]
            return False
    if not messages:
        return False
    chains = {each.id: getattr(each, "chain", 0) for each in queue._messages}
    chain = 1 + max(chains.get(each["MessageId"], 0) for each in messages)
    with numbered(f"batch:{WORLD.works_made}", chain):
        if chain > DEEPEST:
            WORLD.deliver("lambda", "recursion", found.arn, "stopped: the function and its queue feed each other")
            _delete(mapping, found, messages)
            return True
        _hand_over(mapping, found, messages)
    return True


def _receive(mapping: Any, found: Found) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    wanted = int(mapping.batch_size)
    while len(messages) < wanted:
        got = _as_role(
            mapping,
            found,
            "ReceiveMessage",
            MaxNumberOfMessages=min(_A_RECEIVE, wanted - len(messages)),
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        messages += got
        if len(got) < min(_A_RECEIVE, wanted):
            break
    return messages


def _hand_over(mapping: Any, found: Found, messages: list[dict[str, Any]]) -> None:
    wanted = [each for each in messages if streams.matches(mapping, _filterable(mapping, each))]
    dropped = [each for each in messages if each not in wanted]
    _delete(mapping, found, dropped)  # what a filter leaves out is deleted
    if not wanted:
        return
    event = {"Records": [_record(mapping, each) for each in wanted]}
    try:
        outcome = invoke(found, json.dumps(event).encode(), request_id=str(mock_random.uuid4()))
    except AwsError as error:
        mapping.problem = f"PROBLEM: {error.message}"[:200]
        return
    mapping.problem = "PROBLEM: Function call failed" if outcome.error else "OK"
    if outcome.error:
        return  # they show again when their visibility timeout is over
    failed = streams.partial_failures(mapping, outcome, [each["MessageId"] for each in wanted])
    _delete(mapping, found, [each for each in wanted if each["MessageId"] not in failed])


def _delete(mapping: Any, found: Found, messages: list[dict[str, Any]]) -> None:
    for start in range(0, len(messages), _A_RECEIVE):
        entries = [
            {"Id": str(place), "ReceiptHandle": each["ReceiptHandle"]}
            for place, each in enumerate(messages[start : start + _A_RECEIVE])
        ]
        try:
            _as_role(mapping, found, "DeleteMessageBatch", Entries=entries)
        except AwsError as error:
            mapping.problem = f"PROBLEM: {error.message}"[:200]


def _as_role(mapping: Any, found: Found, operation: str, **given: Any) -> dict[str, Any]:
    _, _, _, region, account, name = mapping.event_source_arn.split(":", 5)
    url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
    role, session = found.function.role, found.function.function_name
    return inner.call_as(role, session, "sqs", operation, region=region, QueueUrl=url, **given)


def _record(mapping: Any, message: dict[str, Any]) -> dict[str, Any]:
    marks = {}
    for name, value in (message.get("MessageAttributes") or {}).items():
        marks[name] = {
            "stringValue": value.get("StringValue"),
            "binaryValue": value.get("BinaryValue"),
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": value.get("DataType"),
        }
        marks[name] = {key: each for key, each in marks[name].items() if each is not None}
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {str(name): str(value) for name, value in (message.get("Attributes") or {}).items()},
        "messageAttributes": marks,
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.event_source_arn,
        "awsRegion": mapping.event_source_arn.split(":")[3],
    }


def _filterable(mapping: Any, message: dict[str, Any]) -> dict[str, Any]:
    record = _record(mapping, message)
    try:
        body = json.loads(record["body"])
    except ValueError:
        return record
    return record | {"body": body} if isinstance(body, dict) else record


def check(call_account: str, region: str, given: dict[str, Any]) -> None:
    """Raise AwsError for a mapping that AWS would not make: its role may not read the source."""
    source = str(given.get("EventSourceArn") or "")
    found = find(call_account, region, str(given.get("FunctionName") or ""))
    function, parts = found.function, source.split(":", 5)
    if len(parts) < 6:
        raise AwsError("InvalidParameterValueException", "Unrecognized event source.", 400)
    service, name = parts[2], parts[5]
    role, session = function.role, function.function_name
    if service == "sqs":
        queue = sqs_backends[parts[4]][parts[3]].queues.get(name)
        if queue is None:
            message = "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            raise AwsError(
                "InvalidParameterValueException", message + "SQS Error Message: The specified queue does not exist."
            )
        hidden = int(queue.visibility_timeout)
        if hidden < int(function.timeout):
            message = (
                f"Queue visibility timeout: {hidden} seconds is less than Function timeout: {function.timeout} seconds"
            )
            raise AwsError("InvalidParameterValueException", message, 400)
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
            if not streams.role_may(role, session, f"sqs:{action}", source):
                message = f"The provided execution role does not have permissions to call {action} on SQS"
                raise AwsError("InvalidParameterValueException", message, 400)
    elif service == "dynamodb":
        table = name.removeprefix("table/").partition("/")[0]
        known = dynamodb_backends[parts[4]][parts[3]].tables.get(table)
        if known is None or known.stream_shard is None or getattr(known, "latest_stream_label", "") not in source:
            raise AwsError("InvalidParameterValueException", f"Stream not found: {source}", 400)
        for action in ("GetRecords", "GetShardIterator", "DescribeStream"):
            if not streams.role_may(role, session, f"dynamodb:{action}", source):
                message = (
                    f"Cannot access stream {source}. Please ensure the role can perform the GetRecords, "
                    "GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM."
                )
                raise AwsError("InvalidParameterValueException", message, 400)
    else:
        raise AwsError(
            "NotImplemented",
            f"lambda:CreateEventSourceMapping of {service} is not simulated here: only SQS queues and DynamoDB streams "
            "are. Nothing was changed.",
            501,
        )
