"""What functions do after the call that causes it: asynchronous invocations, their retries, destinations, dead letters.

At once after the call, in order; retries on the sandbox's own clock, when the next call comes. Each has a number, and from
it its random ids: a replay comes to the same, whichever call lets it happen.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from moto.moto_api._internal import mock_random

from labs.sandboxes.emulated import hooks, inner, timeline
from labs.sandboxes.emulated.determinism import CLOCK, preserved_random
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.functions.calls import BUDGET
from labs.sandboxes.emulated.functions.invocations import Found, Outcome, find, invoke
from labs.sandboxes.emulated.functions.wire import read_json
from labs.sandboxes.emulated.world import WORLD

__all__ = ["CHAIN", "DEEPEST", "Work", "add", "drain", "install", "numbered"]

DEEPEST: Final = 8  # events that lead to functions that make events
_AT_ONCE: Final = 40  # works within one call of a tool's; the rest waits for the next one
_RETRY_AFTER: Final = (60.0, 120.0)
_ATTEMPTS: Final = 2


@dataclass(frozen=True, slots=True)
class Work:
    """One asynchronous invocation: of `arn`, due at `due`; `chain` says how many functions led to it."""

    number: int
    due: float
    arn: str
    event: bytes
    request_id: str
    chain: int
    attempt: int = 0
    since: float = 0.0


class _Chain:
    """How many functions led to what is happening now."""

    length = 0


CHAIN: Final = _Chain()
_pollers: list[Callable[[], bool]] = []
_running = [False]


def install(*pollers: Callable[[], bool]) -> None:
    """Take part in the sandbox's time, and in what follows a call.

    Each poller is asked for more to do, again and again until it has nothing (False).
    """
    _pollers.extend(pollers)
    timeline.source(_next_due, lambda at: drain())
    hooks.beforehand(BUDGET.begin)
    hooks.afterwards(drain)


def add(arn: str, event: Any, *, request_id: str = "") -> str:
    """Have the function invoked after the call that is being answered; return the request id."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    chain = CHAIN.length + 1
    request_id = request_id or str(mock_random.uuid4())
    if chain > DEEPEST:
        note = f"stopped: it is the {chain}th function in a chain that events made"
        WORLD.deliver("lambda", "recursion", arn, note)
        return request_id
    WORLD.works_made += 1
    WORLD.works.append(Work(WORLD.works_made, WORLD.at, arn, body, request_id, chain, since=WORLD.at))
    return request_id


def _next_due(since: float) -> float | None:
    return min((max(work.due, since + 1e-3) for work in WORLD.works), default=None)


def drain() -> None:
    """Do all that is due now, and what comes of it."""
    if _running[0]:
        return
    _running[0] = True
    now, at = CLOCK.now, WORLD.at
    try:
        for _ in range(_AT_ONCE):
            if not BUDGET.left():
                return
            due = [work for work in WORLD.works if work.due <= WORLD.at]
            if due:
                work = min(due, key=lambda each: (each.due, each.number))
                WORLD.works.remove(work)
                _do(work)
            elif not any(poller() for poller in _pollers):
                return
    except Exception as error:  # the call that set it off is made, and not to blame
        line = f"cell {WORLD.spec.number}: functions: {type(error).__name__}: {error!s:.300}"
        print(line.replace("\n", " "), file=sys.stderr, flush=True)
    finally:
        _running[0] = False
        CLOCK.now, WORLD.at = now, at


class numbered:
    """Within, random ids come of a number of its own, and functions that follow are one longer in the chain."""

    def __init__(self, name: str, chain: int) -> None:
        self._random = preserved_random(f"{WORLD.seed}:{name}")
        self._chain = chain

    def __enter__(self) -> None:
        self._random.__enter__()
        self._before, CHAIN.length = CHAIN.length, self._chain

    def __exit__(self, *_: object) -> None:
        CHAIN.length = self._before
        self._random.__exit__()


def _do(work: Work) -> None:
    with numbered(f"work:{work.number}:{work.attempt}", work.chain):
        try:
            _, _, _, region, account, _ = work.arn.split(":", 5)
            found = find(account, region, work.arn)
        except (AwsError, ValueError):
            return  # deleted meanwhile
        try:
            outcome = _invoked(found, work)
        except AwsError as error:  # nobody could run it: as good as failed
            body = json.dumps({"errorType": error.code, "errorMessage": error.message}).encode()
            outcome = Outcome(body, "Unhandled", "", found.version, work.request_id)
        config = _config(found)
        if not outcome.error:
            _send(found, work, outcome, config, "OnSuccess", "Success")
            return
        most = int(config.get("MaximumRetryAttempts", _ATTEMPTS))
        if work.attempt < most:
            due = WORLD.at + _RETRY_AFTER[min(work.attempt, 1)]
            if due - work.since <= float(config.get("MaximumEventAgeInSeconds", 21_600)):
                WORLD.works.append(replace(work, due=due, attempt=work.attempt + 1))
                return
            _send(found, work, outcome, config, "OnFailure", "EventAgeExceeded")
            return
        _send(found, work, outcome, config, "OnFailure", "RetriesExhausted")


def _invoked(found: Found, work: Work) -> Outcome:
    if _is_closed(found.function):
        said = json.dumps({"errorType": "TooManyRequestsException", "errorMessage": "Rate Exceeded."}).encode()
        return Outcome(said, "Unhandled", "", found.version, work.request_id)
    return invoke(found, work.event, request_id=work.request_id)


def _is_closed(function: Any) -> bool:
    reserved = function.reserved_concurrency
    return reserved is not None and int(reserved) == 0


def _config(found: Found) -> dict[str, Any]:
    """Return the function's settings for asynchronous invocation."""
    configs = found.function.event_invoke_config
    return dict(configs[0].config) if configs else {}


def _send(found: Found, work: Work, outcome: Outcome, config: dict[str, Any], kind: str, condition: str) -> None:
    """Tell the destination, and of a failure the dead-letter queue: as the function's role, if that may."""
    destination = ((config.get("DestinationConfig") or {}).get(kind) or {}).get("Destination")
    if destination:
        _tell(found, destination, _record(found, work, outcome, condition))
    dead = getattr(found.function, "dead_letter_arn", "")
    if dead and kind == "OnFailure":
        body = work.event.decode("utf-8", "replace")
        try:
            message = read_json(outcome.payload).get("errorMessage", "")
        except (ValueError, AttributeError):
            message = ""
        _tell(found, dead, body, {"RequestID": work.request_id, "ErrorCode": "200", "ErrorMessage": message[:1000]})


def _record(found: Found, work: Work, outcome: Outcome, condition: str) -> str:
    context = {
        "requestId": work.request_id,
        "functionArn": f"{found.arn}:{found.version}" if not found.qualifier else found.arn,
        "condition": condition,
        "approximateInvokeCount": work.attempt + 1,
    }
    response: dict[str, Any] = {"statusCode": 200, "executedVersion": outcome.version}
    if outcome.error:
        response["functionError"] = outcome.error
    now = datetime.fromtimestamp(WORLD.at, UTC)
    return json.dumps(
        {
            "version": "1.0",
            "timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
            "requestContext": context,
            "requestPayload": _plain(work.event),
            "responseContext": response,
            "responsePayload": _plain(outcome.payload),
        }
    )


def _plain(data: bytes) -> Any:
    try:
        return read_json(data)
    except ValueError:
        return data.decode("utf-8", "replace")


def _tell(found: Found, arn: str, body: str, attributes: dict[str, str] | None = None) -> None:
    """Send `body` to a queue, topic, function or bus, as the function's role."""
    _, _, service, region, account, name = arn.split(":", 5)
    role, session = found.function.role, found.function.function_name
    marks = {key: {"DataType": "String", "StringValue": value or "-"} for key, value in (attributes or {}).items()}
    try:
        if service == "sqs":
            url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
            given: dict[str, Any] = {"QueueUrl": url, "MessageBody": body, "MessageAttributes": marks}
            inner.call_as(role, session, "sqs", "SendMessage", region=region, **given)
        elif service == "sns":
            given = {"TopicArn": arn, "Message": body, "MessageAttributes": marks}
            inner.call_as(role, session, "sns", "Publish", region=region, **given)
        elif service == "lambda":
            inner.call_as(
                role, session, "lambda", "Invoke", region=region, FunctionName=arn, InvocationType="Event", Payload=body
            )
        elif service == "events":
            entry = {"Source": "lambda", "DetailType": "Lambda Function Invocation Result", "Detail": body}
            inner.call_as(role, session, "events", "PutEvents", region=region, Entries=[entry])
        else:
            WORLD.deliver("lambda", service, arn, body)
    except (AwsError, KeyError) as error:
        WORLD.deliver("lambda", "undelivered", arn, body, reason=str(error)[:300])
