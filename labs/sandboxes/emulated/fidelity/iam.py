"""IAM: the policy simulator, boundaries of users, and the documents that AWS does not store.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

import json
from typing import Any, Final

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.models import Role, User, iam_backends
from moto.iam.responses import IamResponse

from graders.iam import InvalidPolicy, parse
from labs.sandboxes.emulated.authorization import simulator
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Answer, Call, after, before
from labs.sandboxes.emulated.world import WORLD


def install() -> None:
    """Add to moto's IAM what it leaves out."""
    IamResponse.simulate_principal_policy = _simulate_principal_policy
    IamResponse.simulate_custom_policy = _simulate_custom_policy
    IamResponse.put_user_permissions_boundary = _put_user_permissions_boundary
    IamResponse.delete_user_permissions_boundary = _delete_user_permissions_boundary
    User.permissions_boundary_arn = None
    User.permissions_boundary = property(_boundary)
    _whole_roles_of_stacks()


def _whole_roles_of_stacks() -> None:
    """Give a template's role its inline policies as texts (moto keeps objects), and its managed policies (moto: none)."""
    make: Any = Role.create_from_cloudformation_json.__func__
    remove: Any = Role.delete_from_cloudformation_json.__func__

    def put_policy(self: Any, name: str, document: Any) -> None:
        self.policies[name] = document if isinstance(document, str) else json.dumps(document, default=str)

    def make_whole(cls: Any, name: str, found: dict[str, Any], account_id: str, *args: Any, **kwargs: Any) -> Any:
        role = make(cls, name, found, account_id, *args, **kwargs)
        for arn in found["Properties"].get("ManagedPolicyArns", []):
            iam_backends[account_id]["aws"].attach_role_policy(arn, role.name)
        return role

    def remove_whole(cls: Any, name: str, found: dict[str, Any], account_id: str, *args: Any, **kwargs: Any) -> None:
        iam = iam_backends[account_id]["aws"]
        for role in [each for each in iam.roles.values() if each.name == name]:
            for arn in list(role.managed_policies):
                iam.detach_role_policy(arn, name)
        remove(cls, name, found, account_id, *args, **kwargs)

    Role.put_policy = put_policy
    Role.create_from_cloudformation_json = classmethod(make_whole)
    Role.delete_from_cloudformation_json = classmethod(remove_whole)


def _boundary(user: Any) -> dict[str, str] | None:
    arn = user.permissions_boundary_arn
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn else None


def _user(name: str) -> Any:
    found = iam_backends[WORLD.account_id]["aws"].users.get(name)
    if found is None:
        raise AwsError("NoSuchEntity", f"The user with name {name} cannot be found.", 404)
    return found


def _policy_must_exist(arn: str) -> None:
    if arn not in iam_backends[WORLD.account_id]["aws"].managed_policies:
        raise AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)


def _put_user_permissions_boundary(self: Any) -> Any:
    user, arn = _user(self._get_param("UserName")), self._get_param("PermissionsBoundary")
    _policy_must_exist(arn)
    user.permissions_boundary_arn = arn
    return EmptyResult()


def _delete_user_permissions_boundary(self: Any) -> Any:
    user = _user(self._get_param("UserName"))
    if not user.permissions_boundary_arn:
        raise AwsError("NoSuchEntity", f"The user with name {user.name} has no permissions boundary.", 404)
    user.permissions_boundary_arn = None
    return EmptyResult()


@before("iam", "CreateUser")
def the_boundary_must_exist(call: Call) -> None:
    """Refuse a user under a boundary that is not there."""
    if arn := call.parameters.get("PermissionsBoundary"):
        _policy_must_exist(str(arn))


@after("iam", "CreateUser")
def a_user_is_born_within_a_boundary(call: Call, answer: Answer) -> None:
    """Keep the boundary that CreateUser names: moto drops it."""
    if arn := call.parameters.get("PermissionsBoundary"):
        _user(str(call.parameters["UserName"])).permissions_boundary_arn = str(arn)


# Operation → the parameter with a document, and what kind of policy it is.
_DOCUMENTS: Final = {
    "CreatePolicy": ("PolicyDocument", "identity"),
    "CreatePolicyVersion": ("PolicyDocument", "identity"),
    "CreateRole": ("AssumeRolePolicyDocument", "trust"),
    "PutGroupPolicy": ("PolicyDocument", "identity"),
    "PutRolePolicy": ("PolicyDocument", "identity"),
    "PutUserPolicy": ("PolicyDocument", "identity"),
    "UpdateAssumeRolePolicy": ("PolicyDocument", "trust"),
}


@before("iam", *_DOCUMENTS)
def only_policies_are_stored(call: Call) -> None:
    """Refuse a document that AWS would not store.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    name, kind = _DOCUMENTS[call.operation.name]
    try:
        parse(str(call.parameters.get(name, "")), kind)  # type: ignore[arg-type]
    except InvalidPolicy as error:
        raise AwsError("MalformedPolicyDocument", error.reasons[0], 400) from error


def _simulate_principal_policy(self: Any) -> Any:
    return ActionResult(simulator.principal(_asked(self), self._get_param("PolicySourceArn")))


def _simulate_custom_policy(self: Any) -> Any:
    return ActionResult(simulator.custom(_asked(self)))


def _asked(self: Any) -> simulator.Asked:
    return simulator.Asked(
        actions=tuple(self._get_param("ActionNames") or ()),
        resources=tuple(self._get_param("ResourceArns") or ("*",)),
        policies=tuple(self._get_param("PolicyInputList") or ()),
        boundaries=tuple(self._get_param("PermissionsBoundaryPolicyInputList") or ()),
        resource_policy=self._get_param("ResourcePolicy") or "",
        owner=(self._get_param("ResourceOwner") or "").split(":")[-2:][0],
        caller=self._get_param("CallerArn") or "",
        context=tuple(
            (each["ContextKeyName"], tuple(each.get("ContextKeyValues") or ()))
            for each in self._get_param("ContextEntries") or []
        ),
        account=WORLD.account_id,
    )
