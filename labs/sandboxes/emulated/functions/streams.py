"""DynamoDB streams, read for a function; and what queues and streams have in common: filters, partial failures.

A batch that fails is tried again, and holds up what comes after it, until it succeeds, its retries are used up, or it is
a day old. https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from moto.core.utils import unix_time
from moto.dynamodb.models import dynamodb_backends
from moto.events.models import EventPattern
from moto.moto_api._internal import mock_random

from graders.iam import Policies, Request, decide
from labs.sandboxes.emulated import inner
from labs.sandboxes.emulated.authorization import guard_of, people
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.functions.invocations import Found, Outcome, invoke
from labs.sandboxes.emulated.functions.wire import read_json
from labs.sandboxes.emulated.functions.works import DEEPEST, numbered
from labs.sandboxes.emulated.world import WORLD

__all__ = ["begin", "matches", "partial_failures", "poll", "role_may"]

_DAY: Final = 86_400.0
_LONGEST_PAUSE: Final = 300.0


def shard_of(mapping: Any) -> Any:
    """Return moto's shard of the stream that a mapping reads; None where there is none any more."""
    _, _, _, region, account, name = mapping.event_source_arn.split(":", 5)
    table = dynamodb_backends[account][region].tables.get(name.removeprefix("table/").partition("/")[0])
    return table.stream_shard if table is not None else None


def begin(mapping: Any) -> None:
    """Let a new mapping read from where it is to begin."""
    shard = shard_of(mapping)
    latest = str(mapping.starting_position or "").upper() == "LATEST"
    mapping.position = len(shard.items) if shard is not None and latest else 0
    mapping.tries, mapping.next_try, mapping.part = 0, 0.0, 0


def poll(mapping: Any, found: Found | None) -> bool:
    """Hand the next batch over; return whether there was one."""
    shard = shard_of(mapping)
    if shard is None or found is None or not hasattr(mapping, "position"):
        return False
    if mapping.position >= len(shard.items) or mapping.next_try > WORLD.at:
        return False
    size = mapping.part or int(mapping.batch_size)
    items = shard.items[mapping.position : mapping.position + size]
    if not role_may(found.function.role, found.function.function_name, "dynamodb:GetRecords", mapping.event_source_arn):
        mapping.problem = "PROBLEM: Cannot access stream"
        return False
    WORLD.works_made += 1
    chain = 1 + max(getattr(each, "chain", 0) for each in items)
    with numbered(f"batch:{WORLD.works_made}", chain):
        if chain > DEEPEST:
            WORLD.deliver("lambda", "recursion", found.arn, "stopped: the function and its table feed each other")
            _go_on(mapping, len(items))
            return True
        _hand_over(mapping, found, items)
    return True


def _hand_over(mapping: Any, found: Found, items: list[Any]) -> None:
    records = [_record(mapping, each) for each in items]
    wanted = [each for each in records if matches(mapping, each)]
    if not wanted:
        _go_on(mapping, len(items))
        return
    request_id = str(mock_random.uuid4())
    try:
        outcome = invoke(found, json.dumps({"Records": wanted}).encode(), request_id=request_id)
    except AwsError as error:
        mapping.problem, mapping.next_try = f"PROBLEM: {error.message}"[:200], WORLD.at + 60
        return
    numbers = [each["dynamodb"]["SequenceNumber"] for each in records]
    failed = set(numbers) if outcome.error else partial_failures(mapping, outcome, numbers)
    if not failed:
        mapping.problem = "OK"
        _go_on(mapping, len(items))
        return
    mapping.problem = "PROBLEM: Function call failed"
    good = min(place for place, number in enumerate(numbers) if number in failed)
    if good:
        _go_on(mapping, good)  # what is before the first failure is done
        return
    mapping.tries += 1
    most = mapping.max_retry_attempts
    age = WORLD.at - float(records[0]["dynamodb"]["ApproximateCreationDateTime"])
    oldest = mapping.max_record_age if (mapping.max_record_age or -1) > 0 else _DAY
    if age > oldest or (most is not None and 0 <= int(most) < mapping.tries):
        _tell(mapping, found, records, request_id)
        _go_on(mapping, len(items))
    elif str(mapping.bisect_on_error).lower() == "true" and len(items) > 1:
        mapping.part = (len(items) + 1) // 2
    else:
        mapping.next_try = WORLD.at + min(_LONGEST_PAUSE, 2.0 ** min(mapping.tries - 1, 9))


def _go_on(mapping: Any, count: int) -> None:
    mapping.position += count
    mapping.tries, mapping.next_try, mapping.part = 0, 0.0, 0


def _record(mapping: Any, item: Any) -> dict[str, Any]:
    told = item.to_json()
    inside = dict(told["dynamodb"])
    if isinstance(inside.get("ApproximateCreationDateTime"), datetime):
        inside["ApproximateCreationDateTime"] = unix_time(inside["ApproximateCreationDateTime"])
    region = mapping.event_source_arn.split(":")[3]
    return {**told, "dynamodb": inside, "awsRegion": region, "eventSourceARN": mapping.event_source_arn}


def _tell(mapping: Any, found: Found, records: list[dict[str, Any]], request_id: str) -> None:
    """Tell the on-failure destination of a batch that is given up: where it is, not what is in it."""
    target = ((mapping.destination_config or {}).get("OnFailure") or {}).get("Destination")
    if not target:
        return
    first, last = records[0]["dynamodb"], records[-1]["dynamodb"]
    now = datetime.fromtimestamp(WORLD.at, UTC)
    body = json.dumps(
        {
            "requestContext": {
                "requestId": request_id,
                "functionArn": found.arn,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": mapping.tries,
            },
            "responseContext": {"statusCode": 200, "executedVersion": found.version, "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
            "DDBStreamBatchInfo": {
                "shardId": shard_of(mapping).id,
                "startSequenceNumber": first["SequenceNumber"],
                "endSequenceNumber": last["SequenceNumber"],
                "batchSize": len(records),
                "streamArn": mapping.event_source_arn,
            },
        }
    )
    _, _, service, region, account, name = target.split(":", 5)
    role, session = found.function.role, found.function.function_name
    try:
        if service == "sqs":
            url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
            inner.call_as(role, session, "sqs", "SendMessage", region=region, QueueUrl=url, MessageBody=body)
        elif service == "sns":
            inner.call_as(role, session, "sns", "Publish", region=region, TopicArn=target, Message=body)
    except AwsError as error:
        WORLD.deliver("lambda", "undelivered", target, body, reason=error.message)


def matches(mapping: Any, record: dict[str, Any]) -> bool:
    """Return whether a mapping's filters let a record through."""
    filters = (mapping.filter_criteria or {}).get("Filters") or []
    return not filters or any(EventPattern.load(each.get("Pattern")).matches_event(record) for each in filters)


def partial_failures(mapping: Any, outcome: Outcome, known: list[str]) -> set[str]:
    """Return what a function says has failed of its batch; all of it where it says something else.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    if "ReportBatchItemFailures" not in (mapping.function_response_types or []):
        return set()
    try:
        said = read_json(outcome.payload)
    except ValueError:
        return set(known)
    if said is None or said == {}:
        return set()
    failures = said.get("batchItemFailures") if isinstance(said, dict) else False
    if failures is None or failures == []:
        return set()
    if not isinstance(failures, list):
        return set(known)
    names = {str(each.get("itemIdentifier") or "") if isinstance(each, dict) else "" for each in failures}
    return names if names <= set(known) else set(known)


def role_may(role: str, session: str, action: str, resource: str) -> bool:
    """Return whether a session of the role (ARN) may do `action` on `resource` (ARN)."""
    try:
        person = people.person_of_role(role, session)
    except (KeyError, StopIteration):
        return False
    target, actor = guard_of(role.split(":")[4], resource), person.actor
    policies = Policies(
        target.owner,
        actor.identity,
        target.policies,
        actor.boundary,
        actor.session,
        resource_decides=target.resource_decides,
        service_control=person.levels,
        management=person.management,
    )
    return decide(Request(person.principal, action, resource, {}, complete=True), policies).allowed
