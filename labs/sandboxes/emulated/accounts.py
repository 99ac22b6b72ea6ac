"""Which account of this sandbox a call acts in: the caller's own, or the one that holds the resource it names.

An organization made here has member accounts; each has its own of everything, in the same process.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

import os
import re
from typing import Any, Final

from moto.s3.models import s3_backends

from labs.sandboxes.emulated.hooks import Call
from labs.sandboxes.emulated.world import WORLD

__all__ = ["caller_account", "enter"]

# Services whose resources are called by ARN (or url) from another account, and the parameters that name them.
_NAMES: Final = {
    "dynamodb": ("TableName",),
    "events": ("EventBusName",),
    "kms": ("KeyId",),
    "lambda": ("FunctionName",),
    "secretsmanager": ("SecretId",),
    "sns": ("TopicArn", "TargetArn"),
    "sqs": ("QueueUrl",),
}
_IN_ARN: Final = re.compile(r"arn:aws:[\w-]+:[\w-]*:(\d{12}):")
_IN_URL: Final = re.compile(r"https?://[^/]+/(?:_sandbox/\d{12}/)?(\d{12})/")


def caller_account(principal: str) -> str:
    """Return the account of a caller (ARN); the anonymous have the sandbox's own."""
    return principal.split(":")[4] if principal.startswith("arn:") else WORLD.spec.account_id


def enter(call: Call) -> None:
    """Let moto's state be the account's that the call acts in, until the next call."""
    own = caller_account(call.principal)
    account = _named(call) if WORLD.members else ""
    call.account = account if account in WORLD.accounts() else own
    WORLD.account = call.account
    os.environ["MOTO_ACCOUNT_ID"] = call.account


def _named(call: Call) -> str:
    service, given = call.operation.service.name, call.parameters
    if service == "s3" and call.operation.name != "CreateBucket":
        held: Any = s3_backends.bucket_accounts.get(str(given.get("Bucket", "")))
        return held[1] if held else ""
    for name in _NAMES.get(service, ()):
        text = str(given.get(name, ""))
        if found := _IN_ARN.match(text) or _IN_URL.match(text):
            return found[1]
    return ""
