"""A refusal as the service words it: its code, its status, and IAM's sentence.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any, Final

from graders.iam import Decision
from graders.iam.denial import message
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.services import Operation

__all__ = ["decoded", "refusal"]

# https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html and each service's own
_CODES: Final = {"ec2": "UnauthorizedOperation", "sns": "AuthorizationError"}
_MARK: Final = "skylab1"


def refusal(operation: Operation, decision: Decision) -> AwsError:
    """Return what the service answers to a call that `decision` refuses."""
    service = operation.service.name
    said = message(decision)
    if decision.asked and decision.asked[0].principal.kind == "anonymous":
        said = "Access Denied"
    json_protocols = ("json", "rest-json", "smithy-rpc-v2-cbor")
    code = _CODES.get(service) or ("AccessDeniedException" if operation.protocol in json_protocols else "AccessDenied")
    if service == "ec2":
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
        said = f"You are not authorized to perform this operation. {said}. Encoded authorization failure message: "
        said += _encoded(decision)
    return AwsError(code, said, 400 if operation.protocol == "json" else 403)


def _encoded(decision: Decision) -> str:
    """What sts:DecodeAuthorizationMessage opens: the request and what decided."""
    request, _ = decision.asked  # type: ignore[misc]
    told = {
        "allowed": False,
        "explicitDeny": decision.statement is not None,
        "matchedStatements": {"items": [{"statementId": decision.statement.sid}] if decision.statement else []},
        "failures": {"items": []},
        "context": {
            "principal": {"id": request.principal.unique_id, "arn": request.principal.arn},
            "action": request.action,
            "resource": request.resource,
            "conditions": {"items": [_shown(key, value) for key, value in sorted(request.keys().items())]},
        },
    }
    packed = zlib.compress(f"{_MARK}{json.dumps(told)}".encode(), 9)
    return base64.urlsafe_b64encode(packed).decode()


def _shown(key: str, value: str | tuple[str, ...]) -> dict[str, Any]:
    several = (value,) if isinstance(value, str) else value
    return {"key": key, "values": {"items": [{"value": each} for each in several]}}


def decoded(text: str) -> str:
    """Return the JSON within an encoded authorization failure message of ours. Raises ValueError."""
    try:
        told = zlib.decompressobj().decompress(base64.urlsafe_b64decode(text), 1 << 16).decode()
    except (ValueError, zlib.error) as error:
        raise ValueError("this is no message of ours") from error
    if not told.startswith(_MARK):
        raise ValueError("this is no message of ours")
    return told.removeprefix(_MARK)
