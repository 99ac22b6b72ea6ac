"""People of a sandbox whose calls are authorised: users, roles, and what they may."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused, Tool

Person = Callable[..., Tool]
SOURCE = "203.0.113.25"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def refused(tool: Tool, service: str, operation: str, **parameters: Any) -> str:
    """The refusal's code and words."""
    with pytest.raises(Refused) as error:
        tool(service, operation, **parameters)
    said = error.value.response
    assert said.error_code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")
    return f"{said.error_code}: {said.error_message}"


def assume(box: Any, caller: Any, role: str, **more: Any) -> Tool:
    arn = f"arn:aws:iam::{box.spec.account_id}:role/{role}"
    made = caller("sts", "AssumeRole", RoleArn=arn, RoleSessionName="shift", **more)["Credentials"]
    return box.tool(made["AccessKeyId"])


def role(box: Any, name: str, *statements: dict[str, Any], trust: Any = None, **more: Any) -> None:
    trusted = trust or {"Effect": "Allow", "Principal": {"AWS": box.spec.account_id}, "Action": "sts:AssumeRole"}
    box("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=policy(trusted), **more)
    if statements:
        box("iam", "PutRolePolicy", RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
