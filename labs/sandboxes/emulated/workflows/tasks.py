"""What a Task state calls, as the role of its state machine: functions, and any service of this sandbox.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html,
https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from moto.core.utils import get_service_model

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.inner import call_as
from labs.sandboxes.emulated.services import services
from labs.sandboxes.emulated.workflows.paths import Fault

__all__ = ["TOKEN", "perform"]

TOKEN: Final = ".waitForTaskToken"  # noqa: S105 - an ending of a resource
_SYNC: Final = (".sync", ".sync:2")
_OPTIMIZED: Final = frozenset({"dynamodb", "events", "lambda", "sns", "sqs", "states"})
_NAMES: Final = {"cloudwatchlogs": "logs", "eventbridge": "events", "sfn": "stepfunctions", "states": "stepfunctions",
                 "elasticloadbalancingv2": "elbv2", "cognitoidentityprovider": "cognito-idp"}  # fmt: skip
_PREFIXES: Final = {"dynamodb": "DynamoDb", "events": "EventBridge", "lambda": "Lambda", "sns": "SNS", "sqs": "SQS",
                    "stepfunctions": "StepFunctions", "ec2": "Ec2", "s3": "S3"}  # fmt: skip


def perform(role: str, session: str, region: str, resource: str, given: Any) -> Any:
    """Return what the call of a Task gives. Raises Fault with the error's name as Step Functions has it."""
    if ":function:" in resource and resource.split(":")[2] == "lambda":
        return _function(role, session, region, {"FunctionName": resource, "Payload": given})["Payload"]
    if not resource.startswith("arn:aws:states:::"):
        raise Fault("States.Runtime", f"The resource {resource} is not simulated here.")
    name = resource.removeprefix("arn:aws:states:::").removesuffix(TOKEN)
    if name.endswith(_SYNC):
        raise Fault("States.Runtime", f"{resource}: waiting for a job (.sync) is not simulated here.")
    parts = name.split(":")
    if parts[0] == "aws-sdk":
        parts = parts[1:]
    elif parts[0] not in _OPTIMIZED:
        raise Fault("States.Runtime", f"The integration {name} is not simulated here.")
    if len(parts) != 2:
        raise Fault("States.Runtime", f"The resource {resource} is not valid.")
    service, action = _NAMES.get(parts[0], parts[0]), parts[1][:1].upper() + parts[1][1:]
    if (service, action) == ("lambda", "Invoke"):
        return _function(role, session, region, given)
    if service not in services():
        raise Fault("States.Runtime", f"The service {parts[0]} is not simulated here.")
    model = get_service_model(service)
    if action not in model.operation_names:
        raise Fault("States.Runtime", f"The action {parts[1]} of {parts[0]} is not valid.")
    shape = model.operation_model(action).input_shape
    wanted = _shaped(given if isinstance(given, dict) else {}, shape)
    told = _called(role, session, region, service, action, wanted)
    return {key[:1].upper() + key[1:]: _plain(each) for key, each in told.items() if key != "ResponseMetadata"}


def _called(role: str, session: str, region: str, service: str, action: str, wanted: dict[str, Any]) -> dict[str, Any]:
    try:
        return call_as(role, session, service, action, region=region, **wanted)
    except (KeyError, StopIteration) as error:
        raise Fault("States.Runtime", f"The role {role} cannot be assumed.") from error
    except AwsError as error:
        prefix = _PREFIXES.get(service, service.capitalize())
        code = error.code.rpartition(".")[2]
        name = f"{prefix}.{code}" if code.endswith(("Exception", "Error")) else f"{prefix}.{code}Exception"
        cause = f"{error.message} (Service: {prefix}, Status Code: {error.status}, Request ID: {session})"
        raise Fault(name, cause) from error


def _function(role: str, session: str, region: str, given: Any) -> dict[str, Any]:
    payload = given.get("Payload", {})
    wanted = {**given, "Payload": payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()}
    told = _called(role, session, region, "lambda", "Invoke", wanted)
    data = told.get("Payload", b"")
    text = data.decode() if isinstance(data, bytes) else str(data)
    try:
        read = json.loads(text) if text else None
    except ValueError:
        read = text
    if told.get("FunctionError"):
        kind = read.get("errorType") if isinstance(read, dict) else None
        raise Fault(str(kind or "Lambda.Unknown"), text)
    return {"ExecutedVersion": "$LATEST", "Payload": read, "StatusCode": 200}


def _shaped(value: Any, shape: Any) -> Any:
    """Return parameters with the names and types of the service's model: a state machine writes all in PascalCase."""
    if shape is None:
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        known = {name.lower(): name for name in shape.members}
        return {
            known.get(name.lower(), name): _shaped(each, shape.members.get(known.get(name.lower(), name)))
            for name, each in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_shaped(each, shape.member) for each in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: _shaped(each, shape.value) for name, each in value.items()}
    if shape.type_name == "string" and not isinstance(value, str):
        return json.dumps(value)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, datetime):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
