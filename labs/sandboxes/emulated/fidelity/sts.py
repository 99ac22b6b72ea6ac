"""STS: sessions are keys of ours, a role must exist in this account and let the caller in.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: "the role's trust policy must be configured to
trust" the caller; who may not assume a role gets AccessDenied, whether it exists or not.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.sts.models import AssumedRole, STSBackend
from moto.sts.responses import TokenResponse

from labs.sandboxes import keys
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Call, before
from labs.sandboxes.emulated.principals import new_key, user_id_of
from labs.sandboxes.emulated.world import WORLD, Session


def install() -> None:
    """Replace what moto answers with example keys, and random tokens, by our own."""
    make = AssumedRole.__init__

    def make_ours(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        self.session_token = keys.session_token_for(WORLD.spec.secret, self.access_key_id)

    AssumedRole.__init__ = make_ours
    TokenResponse.get_session_token = _get_session_token
    TokenResponse.get_federation_token = _get_federation_token
    STSBackend.get_caller_identity = _get_caller_identity


@before("sts", "AssumeRole")
def the_role_must_let_the_caller_in(call: Call) -> None:
    """Refuse a role that is not there, is another account's, or does not trust the caller."""
    arn = str(call.parameters.get("RoleArn", ""))
    denied = AwsError(
        "AccessDenied", f"User: {call.principal} is not authorized to perform: sts:AssumeRole on resource: {arn}", 403
    )
    roles = iam_backends[call.account_id]["aws"].roles.values()
    role = next((each for each in roles if each.arn == arn), None)
    if role is None or not _trusts(role.assume_role_policy_document, call):
        raise denied
    longest = int(role.max_session_duration or 3600)
    if int(call.parameters.get("DurationSeconds") or 3600) > longest:
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise AwsError("ValidationError", message, 400)


@before("sts", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML")
def the_role_must_exist(call: Call) -> None:
    """Refuse a federated session for a role that is not there."""
    arn = str(call.parameters.get("RoleArn", ""))
    if not any(each.arn == arn for each in iam_backends[call.account_id]["aws"].roles.values()):
        message = f"Not authorized to perform sts:{call.operation.name}"
        raise AwsError("AccessDenied", message, 403)


def _trusts(document: str, call: Call) -> bool:
    """Return whether a statement of the trust policy lets the caller in (of conditions, sts:ExternalId is looked at)."""
    try:
        statements = json.loads(document).get("Statement", [])
    except (TypeError, ValueError):
        return False
    verdict = False
    for statement in statements if isinstance(statements, list) else [statements]:
        actions = _several(statement.get("Action"))
        if not any(each in ("*", "sts:*", "sts:AssumeRole", "sts:Assume*") for each in actions):
            continue
        if not _is_meant(statement.get("Principal"), call):
            continue
        wanted = (statement.get("Condition") or {}).get("StringEquals", {}).get("sts:ExternalId")
        if wanted is not None and call.parameters.get("ExternalId") not in _several(wanted):
            continue
        if statement.get("Effect") == "Deny":
            return False
        verdict = True
    return verdict


def _is_meant(principal: Any, call: Call) -> bool:
    named = ["*"] if principal == "*" else _several(principal.get("AWS")) if isinstance(principal, dict) else []
    caller = call.principal
    role_of_session = ""
    if ":assumed-role/" in caller:
        name = caller.split("/")[1]
        roles = iam_backends[call.account_id]["aws"].roles.values()
        role_of_session = next((each.arn for each in roles if each.name == name), "")
    whole_account = (call.account_id, f"arn:aws:iam::{call.account_id}:root")
    return any(each in ("*", caller, role_of_session, *whole_account) for each in named if each)


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _get_session_token(self: Any) -> Any:
    caller, key = WORLD.caller, self.get_access_key()
    if ":assumed-role/" in caller:
        raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
    duration = self._get_int_param("DurationSeconds", 43200)
    return ActionResult({"Credentials": _session(caller, user_id_of(key), duration)})


def _get_federation_token(self: Any) -> Any:
    name = self._get_param("Name")
    account = WORLD.spec.account_id
    duration = self._get_int_param("DurationSeconds", 43200)
    arn, user_id = f"arn:aws:sts::{account}:federated-user/{name}", f"{account}:{name}"
    return ActionResult(
        {
            "Credentials": _session(arn, user_id, duration),
            "FederatedUser": {"FederatedUserId": user_id, "Arn": arn},
            "PackedPolicySize": 6,
        }
    )


def _session(arn: str, user_id: str, duration: int) -> dict[str, Any]:
    key, secret = new_key("ASIA")
    expires = WORLD.at + min(max(duration, 900), 129_600)
    WORLD.sessions[key] = Session(arn, user_id, expires)
    return {
        "AccessKeyId": key,
        "SecretAccessKey": secret,
        "SessionToken": keys.session_token_for(WORLD.spec.secret, key),
        "Expiration": datetime.fromtimestamp(expires, UTC).replace(tzinfo=None),
    }


def _get_caller_identity(self: Any, access_key_id: str, region: str) -> tuple[str, str, str]:
    return user_id_of(access_key_id), WORLD.caller, WORLD.spec.account_id
