"""What a call asks for: its parameters as AWS names them, whether it changes anything, and of which resource it speaks."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request

from labs.sandboxes.emulated.services import Operation

__all__ = ["for_the_log", "is_mutating", "parse", "resource_in"]

_LOG_BYTES: Final = 4096
_LOG_TEXT: Final = 1024

_READS: Final = (
    "Get",
    "List",
    "Describe",
    "Head",
    "Search",
    "Lookup",
    "BatchGet",
    "Check",
    "Validate",
    "Estimate",
    "Simulate",
    "Preview",
    "Count",
    "Filter",
    "Resolve",
    "Select",
    "Scan",
    "Query",
    "Verify",
)
# Named like a read, but it leaves something behind; and the other way round.
_WRITES: Final = frozenset({"GetSessionToken", "GetFederationToken", "GetIdSession", "GetId", "QueryObjects"})
_ALSO_READS: Final = frozenset(
    {
        "TransactGetItems",
        "Decrypt",
        "Encrypt",
        "ReEncrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateRandom",
        "Sign",
        "TestEventPattern",
        "TestDNSAnswer",
        "TestMetricFilter",
        "DecodeAuthorizationMessage",
    }
)


def is_mutating(operation: Operation) -> bool:
    """Return whether a replay needs the call: whatever is not clearly a read."""
    name = operation.name
    if name in _WRITES:
        return True
    if operation.service.name == "ec2" and name.startswith("SearchTransit"):
        return False
    return not (name.startswith(_READS) or name in _ALSO_READS)


def parse(operation: Operation, request: Request) -> dict[str, Any]:
    """Return the call's parameters with AWS's names and types; what cannot be read is moto's to refuse (then {})."""
    model = operation.model
    shape = model.input_shape
    if shape is None:
        return {}
    payload = shape.serialization.get("payload")
    streams = bool(payload) and shape.members[payload].type_name == "blob"
    parser = PROTOCOL_PARSERS[operation.protocol](model, map_type=dict)
    try:
        parsed = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": b"" if streams else request.data,
                "url_path": request.path,
                "url_params": operation.uri,
            }
        )
    except Exception:
        return dict(operation.uri)
    parsed = dict(parsed or {})
    if streams:
        parsed[payload] = request.data
    return parsed


_SECRET_NAMES: Final = (
    "password",
    "secretstring",
    "secretbinary",
    "secretaccesskey",
    "privatekey",
    "plaintext",
    "authtoken",
)


def for_the_log(operation: Operation, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return `parameters` as the journal may show them: no secret, no bytes, at most 4 kB as JSON."""
    shown = _clean(operation.model.input_shape, parameters, "", 0)
    if len(json.dumps(shown)) <= _LOG_BYTES:
        return dict(shown)
    kept: dict[str, Any] = {}
    size = 2
    for name, value in shown.items():
        text = json.dumps(value)
        if len(text) > _LOG_TEXT:
            value = text[:_LOG_TEXT] + "…"
        size += len(json.dumps({name: value}))
        if size > _LOG_BYTES - 20:
            kept["…"] = True
            break
        kept[name] = value
    return kept


def _clean(shape: Any, value: Any, name: str, depth: int) -> Any:
    # `sensitive` is AWS's own mark in its service models.
    secret = bool(shape is not None and shape.metadata.get("sensitive"))
    if value not in (None, "", [], {}) and (secret or name.lower().startswith(_SECRET_NAMES)):
        return "***"
    if depth > 12:
        return "…"
    if isinstance(value, dict):
        members = shape.members if shape is not None and shape.type_name == "structure" else {}
        inner = shape.value if shape is not None and shape.type_name == "map" else None
        return {str(key): _clean(members.get(key, inner), each, str(key), depth + 1) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        member = shape.member if shape is not None and shape.type_name == "list" else None
        return [_clean(member, each, name, depth + 1) for each in value[:50]]
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes>"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    return str(value)[:_LOG_TEXT]


# What names the thing that a call is about, the most telling first; then whatever looks like a name.
_TELLING: Final = (
    "Bucket",
    "AlarmName",
    "DBInstanceIdentifier",
    "TopicArn",
    "QueueUrl",
    "QueueName",
    "GroupId",
    "GroupName",
    "InstanceId",
    "InstanceIds",
    "RoleName",
    "RoleArn",
    "UserName",
    "PolicyArn",
    "PolicyName",
    "TableName",
    "FunctionName",
    "StackName",
    "VpcId",
    "SubnetId",
    "SecretId",
    "KeyId",
    "Name",
)
_ENDINGS: Final = ("Name", "Id", "Identifier", "Arn", "ARN", "Ids", "Names", "name", "Url", "Names")


def resource_in(parameters: dict[str, Any]) -> str:
    """Return in a word what the call is about ("my-bucket/key.txt", "sg-0123"), or ""."""
    for name in (*_TELLING, *(each for each in parameters if each.endswith(_ENDINGS))):
        value = parameters.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str) and value:
            key = parameters.get("Key")
            if name == "Bucket" and isinstance(key, str):
                value = f"{value}/{key}"
            elif name in ("TopicArn", "QueueUrl", "RoleArn", "PolicyArn"):
                value = value.replace(":", "/").rsplit("/", 1)[-1]
            return value[:200]
    return ""
