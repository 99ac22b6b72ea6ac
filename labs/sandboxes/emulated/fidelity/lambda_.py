"""Lambda: Python functions run, with their role's rights, and fail as they do on AWS.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
"""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from moto.awslambda import models
from moto.awslambda.models import LambdaBackend, LambdaFunction, lambda_backends
from moto.awslambda_simple import models as simple
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import StreamShard
from moto.moto_api._internal import mock_random
from moto.sqs.models import Queue, sqs_backends

from labs.sandboxes.emulated import timeline
from labs.sandboxes.emulated.authorization import service_may
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.functions import sdk, sources, streams, works
from labs.sandboxes.emulated.functions.code import UNPACKED_BYTES
from labs.sandboxes.emulated.functions.invocations import find, invoke, refuse_what_cannot_run
from labs.sandboxes.emulated.hooks import Answer, Call, before

_SERVICE: Final = "lambda.amazonaws.com"
_SYNC_BYTES: Final = 6_291_456
_ASYNC_BYTES: Final = 1_048_576


def install() -> None:
    """Keep functions in one registry (moto's simple double had its own), and what moto forgets of their settings."""
    simple.lambda_simple_backends = lambda_backends
    make, change, show = LambdaFunction.__init__, LambdaFunction.update_configuration, LambdaFunction.get_configuration

    def make_whole(self: Any, account_id: str, spec: dict[str, Any], region: str, version: Any = 1) -> None:
        make(self, account_id, spec, region, version)
        self.dead_letter_arn = (spec.get("DeadLetterConfig") or {}).get("TargetArn") or ""

    def change_whole(self: Any, config_updates: dict[str, Any]) -> Any:
        if "DeadLetterConfig" in config_updates:
            self.dead_letter_arn = (config_updates["DeadLetterConfig"] or {}).get("TargetArn") or ""
        if config_updates.get("TracingConfig"):
            self.tracing_config = config_updates["TracingConfig"]
        if config_updates.get("EphemeralStorage"):
            self.ephemeral_storage = int(config_updates["EphemeralStorage"]["Size"])
        change(self, config_updates)
        return self.get_configuration()

    def show_whole(self: Any, on_create: bool = False) -> dict[str, Any]:
        shown: dict[str, Any] = show(self, on_create)
        if dead := getattr(self, "dead_letter_arn", ""):
            shown["DeadLetterConfig"] = {"TargetArn": dead}
        return shown

    LambdaFunction.__init__, LambdaFunction.update_configuration = make_whole, change_whole
    LambdaFunction.get_configuration = show_whole
    LambdaBackend.invoke = _invoke_for_moto
    models.LambdaFunction.invoke = _invoke_later_for_moto
    LambdaBackend.create_event_source_mapping, LambdaBackend.send_log_event = _mapped, _logged
    send, append = Queue.add_message, StreamShard.add

    def send_with_chain(self: Any, message: Any) -> None:
        message.chain = works.CHAIN.length
        send(self, message)

    def append_with_chain(self: Any, old: Any, new: Any) -> None:
        append(self, old, new)
        self.items[-1].chain = works.CHAIN.length

    Queue.add_message, StreamShard.add = send_with_chain, append_with_chain
    sdk.warm()
    works.install(sources.poll)
    timeline.source(sources.next_moment, lambda at: works.drain())


def _invoke_for_moto(
    self: Any, function_name: str, qualifier: str | None, body: Any, headers: Any, response_headers: Any
) -> bytes:
    """Answer a service of moto's that waits for a function (Secrets Manager's rotation, Step Functions)."""
    found = find(self.account_id, self.region_name, function_name, qualifier)
    event = body if isinstance(body, bytes) else str(body or "{}").encode()
    outcome = invoke(found, event, request_id=str(mock_random.uuid4()))
    if outcome.error:
        response_headers["x-amz-function-error"] = outcome.error
    return outcome.payload


def _invoke_later_for_moto(self: Any, body: Any, request_headers: Any, response_headers: Any) -> bytes:
    """Take what moto's services hand over and do not wait for; who may is asked where it is handed over."""
    works.add(self.function_arn, body if isinstance(body, bytes) else str(body or "{}").encode())
    return b""


@before("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def the_role_trusts_lambda(call: Call) -> None:
    """Refuse a role that does not let Lambda assume it."""
    role = call.parameters.get("Role")
    if not role or not str(role).startswith(f"arn:aws:iam::{call.account_id}:role/"):
        return  # moto's to judge
    name = call.parameters.get("FunctionName", "")
    source = f"arn:aws:lambda:{call.region}:{call.account_id}:function:{name}"
    if not service_may(_SERVICE, "sts:AssumeRole", str(role), source=source):
        message = "The role defined for the function cannot be assumed by Lambda."
        raise AwsError("InvalidParameterValueException", message, 400)


@before("lambda", "CreateFunction", "UpdateFunctionCode")
def code_is_small(call: Call) -> None:
    """Refuse a package that no child would unpack."""
    code = call.parameters.get("Code") or call.parameters
    if len(code.get("ZipFile") or b"") > UNPACKED_BYTES:
        message = f"Unzipped size must be smaller than {UNPACKED_BYTES} bytes here."
        raise AwsError("InvalidParameterValueException", message, 400)


@before("lambda", "Invoke", "InvokeAsync")
def run_it(call: Call) -> Answer:
    """Run the function now, later (Event), or say whether it could be run (DryRun)."""
    given = call.parameters
    kind = given.get("InvocationType") or "RequestResponse"
    if call.operation.name == "InvokeAsync":
        kind = "Event"
    found = find(call.account_id, call.region, str(given.get("FunctionName", "")), given.get("Qualifier"))
    refuse_what_cannot_run(found.function)
    event = call.request.body
    most = _ASYNC_BYTES if kind == "Event" else _SYNC_BYTES
    if len(event) > most:
        message = f"{len(event)} byte payload is too large for the {kind} invocation type (limit {most} bytes)"
        raise AwsError("RequestTooLargeException", message, 413)
    if event:
        _well_formed(event)
    headers = {"x-amz-executed-version": found.version}
    if kind == "DryRun":
        return Answer(204, headers, b"")
    if kind == "Event":
        works.add(found.arn, event or b"{}")
        return Answer(202, {}, b"")
    reserved = found.function.reserved_concurrency
    if reserved is not None and int(reserved) == 0:
        return _throttled()
    outcome = invoke(
        found, event or b"{}", request_id=str(mock_random.uuid4()), client_context=_context(given.get("ClientContext"))
    )
    headers["content-type"] = "application/json"
    if outcome.error:
        headers["x-amz-function-error"] = outcome.error
    if given.get("LogType") == "Tail":
        headers["x-amz-log-result"] = outcome.tail
    return Answer(200, headers, outcome.payload)


def _well_formed(event: bytes) -> None:
    try:
        json.loads(event)
    except (ValueError, RecursionError) as error:
        message = f"Could not parse request body into json: Could not parse payload into json: {error}"
        raise AwsError("InvalidRequestContentException", message, 400) from error


def _throttled() -> Answer:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html (a reserved concurrency of zero)"""
    body = {
        "Reason": "ReservedFunctionConcurrentInvocationLimitExceeded",
        "Type": "User",
        "message": "Rate Exceeded.",
    }
    headers = {"content-type": "application/json", "x-amzn-errortype": "TooManyRequestsException"}
    return Answer(429, headers, json.dumps(body).encode())


def _context(text: Any) -> Any:
    try:
        return json.loads(base64.b64decode(text)) if text else None
    except ValueError:
        return None


@before("lambda", "CreateEventSourceMapping")
def the_role_reads_the_source(call: Call) -> None:
    """Refuse a source that the function's role may not read, and those that nobody plays here."""
    sources.check(call.account_id, call.region, call.parameters)


def _mapped(self: Any, spec: dict[str, Any]) -> Any:
    """Make a mapping that is read by sources.py: moto would feed it while the message is being sent."""
    made = _make_mapping(self, spec)
    name = str(spec.get("FunctionName", ""))
    found = find(self.account_id, self.region_name, name)
    made.target = made.function_arn = found.arn  # an alias stays one
    for queue in sqs_backends[self.account_id][self.region_name].queues.values():
        queue.lambda_event_source_mappings.clear()
    for table in dynamodb_backends[self.account_id][self.region_name].tables.values():
        table.lambda_event_source_mappings.clear()
    if ":dynamodb:" in made.event_source_arn:
        streams.begin(made)
    return made


def _logged(
    self: Any, function_arn: str, filter_name: str, log_group_name: str, log_stream_name: str, log_events: Any
) -> None:
    """Hand a subscription filter's lines over where the function's policy lets CloudWatch Logs in."""
    source = f"arn:aws:logs:{self.region_name}:{self.account_id}:log-group:{log_group_name}:*"
    if service_may("logs.amazonaws.com", "lambda:InvokeFunction", function_arn, source=source):
        _send_logs(self, function_arn, filter_name, log_group_name, log_stream_name, log_events)


_make_mapping = LambdaBackend.create_event_source_mapping
_send_logs = LambdaBackend.send_log_event
