"""Cognito: the roles of an identity pool, kept and shown.

https://docs.aws.amazon.com/cognitoidentity/latest/APIReference/API_SetIdentityPoolRoles.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.cognitoidentity.models import cognitoidentity_backends

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Answer, Call, before


def _pool(call: Call) -> Any:
    wanted = str(call.parameters.get("IdentityPoolId"))
    found = cognitoidentity_backends[call.account_id][call.region].identity_pools.get(wanted)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"IdentityPool '{wanted}' not found.", 400)
    return found


def _said(told: dict[str, Any]) -> Answer:
    return Answer(200, {"content-type": "application/x-amz-json-1.1"}, json.dumps(told).encode())


@before("cognito-identity", "SetIdentityPoolRoles")
def set_the_roles(call: Call) -> Answer:
    """Keep the roles of those who signed in and those who did not."""
    roles = call.parameters.get("Roles") or {}
    for name, arn in roles.items():
        if name not in ("authenticated", "unauthenticated"):
            raise AwsError("InvalidParameterException", f"'{name}' is not a valid role type.", 400)
        if not str(arn).startswith("arn:aws:iam::"):
            raise AwsError("InvalidParameterException", f"{arn} is not a valid ARN.", 400)
    _pool(call).held_roles = {"Roles": roles, "RoleMappings": call.parameters.get("RoleMappings") or {}}
    return _said({})


@before("cognito-identity", "GetIdentityPoolRoles")
def get_the_roles(call: Call) -> Answer:
    """Show the roles of an identity pool."""
    pool = _pool(call)
    held = {name: each for name, each in getattr(pool, "held_roles", {}).items() if each}
    return _said({"IdentityPoolId": pool.identity_pool_id, **held})
