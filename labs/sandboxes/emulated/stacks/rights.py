"""What whoever makes, changes or takes away a stack needs for each of its resources: a stack gives nobody more than they have.

CloudFormation calls the services with its caller's rights, or with those of the stack's role.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from graders.iam import actions
from labs.sandboxes.emulated import authorization
from labs.sandboxes.emulated.authorization.arns import resources_of
from labs.sandboxes.emulated.authorization.lookups import role_of_profile
from labs.sandboxes.emulated.authorization.rights import Right
from labs.sandboxes.emulated.stacks import schemas

__all__ = ["hold"]

Act = Literal["create", "update", "delete"]
Properties = Mapping[str, Any]

# Type's second part → the prefix of its actions, where that is not the same in lower case.
_PREFIXES: Final = {
    "ApplicationAutoScaling": "application-autoscaling",
    "CertificateManager": "acm",
    "Cognito": "cognito-idp",
    "EFS": "elasticfilesystem",
    "ElasticLoadBalancingV2": "elasticloadbalancing",
    "ApiGatewayV2": "apigateway",
    "StepFunctions": "states",
}
# Where neither the type's name nor its schema leads to the action.
_ACTIONS: Final[dict[tuple[str, Act], str]] = {
    ("AWS::CloudWatch::Alarm", "create"): "cloudwatch:PutMetricAlarm",
    ("AWS::CloudWatch::Alarm", "delete"): "cloudwatch:DeleteAlarms",
    ("AWS::CloudWatch::Dashboard", "create"): "cloudwatch:PutDashboard",
    ("AWS::CloudWatch::Dashboard", "delete"): "cloudwatch:DeleteDashboards",
    ("AWS::EC2::EIP", "create"): "ec2:AllocateAddress",
    ("AWS::EC2::EIP", "delete"): "ec2:ReleaseAddress",
    ("AWS::EC2::Instance", "create"): "ec2:RunInstances",
    ("AWS::EC2::Instance", "delete"): "ec2:TerminateInstances",
    ("AWS::Events::Rule", "create"): "events:PutRule",
    ("AWS::IAM::ManagedPolicy", "create"): "iam:CreatePolicy",
    ("AWS::IAM::ManagedPolicy", "delete"): "iam:DeletePolicy",
    ("AWS::IAM::ManagedPolicy", "update"): "iam:CreatePolicyVersion",
    ("AWS::IAM::UserToGroupAddition", "create"): "iam:AddUserToGroup",
    ("AWS::IAM::UserToGroupAddition", "update"): "iam:AddUserToGroup",
    ("AWS::IAM::UserToGroupAddition", "delete"): "iam:RemoveUserFromGroup",
    ("AWS::Lambda::Permission", "create"): "lambda:AddPermission",
    ("AWS::Lambda::Permission", "delete"): "lambda:RemovePermission",
    ("AWS::SNS::Subscription", "create"): "sns:Subscribe",
    ("AWS::SNS::Subscription", "delete"): "sns:Unsubscribe",
    ("AWS::SNS::TopicPolicy", "create"): "sns:SetTopicAttributes",
    ("AWS::SNS::TopicPolicy", "delete"): "sns:SetTopicAttributes",
    ("AWS::SQS::QueuePolicy", "create"): "sqs:SetQueueAttributes",
    ("AWS::SQS::QueuePolicy", "delete"): "sqs:SetQueueAttributes",
    ("AWS::SSM::Parameter", "create"): "ssm:PutParameter",
}  # fmt: skip
_METHODS: Final[dict[Act, str]] = {"create": "POST", "update": "PATCH", "delete": "DELETE"}
_VERBS: Final[dict[Act, re.Pattern[str]]] = {
    "create": re.compile(r":(Create|Put|Run|Allocate|Attach|Associate|Authorize|Register|Add|Enable|Request|Set|Import)"),
    "update": re.compile(r":(Update|Modify|Put|Set|Change|Replace|Create|Authorize)"),
    "delete": re.compile(r":(Delete|Remove|Detach|Disassociate|Revoke|Deregister|Release|Terminate|Unsubscribe|Disable)"),
}  # fmt: skip
_ROLE: Final = re.compile(r"arn:aws:iam::\d{12}:role/.+")
_PASSED_TO: Final = {
    "AutoScaling": "ec2.amazonaws.com",
    "ECS": "ecs-tasks.amazonaws.com",
    "StepFunctions": "states.amazonaws.com",
    "RDS": "monitoring.rds.amazonaws.com",
}
# An identity's property → the actions with which it is set by hand ("…" stands for Role, User or Group).
_ATTACHED: Final = {"Policies": "Put…Policy", "ManagedPolicyArns": "Attach…Policy"}


def hold(stack: Any, kind: str, act: Act, properties: Properties, physical: str = "") -> None:
    """Raise AwsError (access denied, in AWS's words) unless whoever acts may; `physical`: the id of what is there."""
    for right in _rights(stack.account_id, stack.region_name, kind, act, properties, physical):
        authorization.hold(right, role=stack.role_arn or "")


def _rights(account: str, region: str, kind: str, act: Act, properties: Properties, physical: str) -> Iterator[Right]:
    if kind.count("::") != 2 or kind.startswith("AWS::CloudFormation::"):
        return  # a custom resource is not made at all; what is nested asks for itself, and a handle is nothing
    _, service, name = kind.split("::")
    action = _action(kind, act)
    keys = {}
    if service == "IAM" and properties.get("PermissionsBoundary"):
        keys["iam:permissionsboundary"] = str(properties["PermissionsBoundary"])
    yield from (Right(action, arn, keys) for arn in _resources(action, account, region, name, properties, physical))
    if act == "delete":
        return
    if service == "IAM":
        yield from _identity(account, name, properties)
    to = _PASSED_TO.get(service, f"{service.lower()}.amazonaws.com")
    for arn in dict.fromkeys(_roles_in(account, properties)):
        yield Right("iam:PassRole", arn, {"iam:passedtoservice": to})


def _action(kind: str, act: Act) -> str:
    """Return the action that makes (changes, takes away) a resource of the type."""
    _, service, name = kind.split("::")
    if given := _ACTIONS.get((kind, act)) or (_ACTIONS.get((kind, "create")) if act == "update" else None):
        return given
    prefix = _PREFIXES.get(service, service.lower())
    if prefix == "apigateway":
        return f"apigateway:{_METHODS[act]}"
    plain = f"{prefix}:{act.capitalize()}{name}"
    asked = [one for one in schemas.permissions(kind, act) if one.startswith(f"{prefix}:") and _VERBS[act].search(one)]
    if plain in asked or not asked:
        return plain
    return next((one for one in asked if one.endswith(name)), asked[0])


def _resources(
    action: str, account: str, region: str, name: str, properties: Properties, physical: str
) -> Iterable[str]:
    try:
        known = actions.find(action)
    except actions.UnknownAction:
        return ["*"]
    if physical.startswith("arn:"):
        return [physical]
    path = str(properties.get("Path") or "/").strip("/")
    parts = {
        f"{each}NameWithPath": f"{path}/{properties[f'{each}Name']}".lstrip("/")
        for each in ("Role", "User", "Group", "InstanceProfile", "Policy")
        if isinstance(properties.get(f"{each}Name"), str)
    }
    # The physical id stands where the type's own name or id would in a call.
    own = {f"{name}Id": physical, f"{name}Name": physical} if physical else {}
    if physical and action.startswith("iam:"):
        parts = {f"{name}NameWithPath": f"{path}/{physical}".lstrip("/")} | parts
    return resources_of(known, {**own, **properties}, account=account, region=region, known=parts)


def _identity(account: str, name: str, properties: Properties) -> Iterator[Right]:
    """What an identity gets within a template, and whom a policy of a template is for."""
    own = str(properties.get(f"{name}Name") or "*")
    for given, action in _ATTACHED.items():
        if name in ("Role", "User", "Group"):
            for each in properties.get(given) or ():
                keys = {"iam:policyarn": each} if isinstance(each, str) else {}
                yield Right(f"iam:{action.replace('…', name)}", f"arn:aws:iam::{account}:{name.lower()}/{own}", keys)
    if name in ("Policy", "ManagedPolicy"):
        verb = "Put" if name == "Policy" else "Attach"
        for whom in ("Role", "User", "Group"):
            for each in properties.get(f"{whom}s") or ():
                yield Right(f"iam:{verb}{whom}Policy", f"arn:aws:iam::{account}:{whom.lower()}/{each}")
    if name == "User":
        for each in properties.get("Groups") or ():
            yield Right("iam:AddUserToGroup", f"arn:aws:iam::{account}:group/{each}")
    if name == "InstanceProfile":
        for each in properties.get("Roles") or ():
            yield Right("iam:AddRoleToInstanceProfile", f"arn:aws:iam::{account}:instance-profile/{own}")
            yield Right(
                "iam:PassRole", f"arn:aws:iam::{account}:role/{each}", {"iam:passedtoservice": "ec2.amazonaws.com"}
            )


def _roles_in(account: str, value: Any, name: str = "") -> Iterator[str]:
    """Yield the roles that are handed over; https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    if name == "IamInstanceProfile":
        profile = value if isinstance(value, Mapping) else {"Name": value}
        yield from role_of_profile(account, profile)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _roles_in(account, each, str(key))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _roles_in(account, each, name)
    elif isinstance(value, str) and name.lower().endswith(("role", "rolearn")) and _ROLE.fullmatch(value):
        yield value
