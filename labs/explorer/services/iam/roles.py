"""Roles, which somebody takes on for a while, and instance profiles, which hold a role for a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Link,
    Number,
    Pairs,
    Part,
    Pick,
    Policy,
    Row,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    tag_list,
    tags_of,
)
from labs.explorer.saying import changed, decoded, properties, statements_of, tags_by
from labs.explorer.services.iam.documents import Sort, pick_policies

SORT = Sort("role")
SERVICES = (
    ("ec2.amazonaws.com", "EC2: a server"),
    ("lambda.amazonaws.com", "Lambda: a function"),
    ("ecs-tasks.amazonaws.com", "ECS: a task"),
    ("states.amazonaws.com", "Step Functions"),
    ("apigateway.amazonaws.com", "API Gateway"),
    ("events.amazonaws.com", "EventBridge"),
    ("scheduler.amazonaws.com", "EventBridge Scheduler"),
    ("cloudtrail.amazonaws.com", "CloudTrail"),
    ("cloudformation.amazonaws.com", "CloudFormation"),
    ("codebuild.amazonaws.com", "CodeBuild"),
    ("codedeploy.amazonaws.com", "CodeDeploy"),
    ("codepipeline.amazonaws.com", "CodePipeline"),
    ("rds.amazonaws.com", "RDS"),
    ("s3.amazonaws.com", "S3 (replication)"),
    ("firehose.amazonaws.com", "Firehose"),
    ("vpc-flow-logs.amazonaws.com", "VPC flow logs"),
    ("monitoring.rds.amazonaws.com", "RDS monitoring"),
    ("ecs.amazonaws.com", "ECS itself"),
    ("elasticbeanstalk.amazonaws.com", "Elastic Beanstalk"),
)


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("iam", "list_roles").get("Roles", []):
        if not one["Path"].startswith("/aws-service-role/"):
            yield Thing(one["RoleName"], one["RoleName"], arn=one["Arn"], data=one)


def trusted(document: Any) -> list[str]:
    """Return who may take on a role, as its trust policy names them."""
    found: list[str] = []
    for one in statements_of(document):
        if one.get("Effect") == "Allow":
            who = one.get("Principal", {})
            values = [who] if isinstance(who, str) else list(who.values())
            for value in values:
                found += value if isinstance(value, list) else [value]
    return found


def _look(account: Account, it: Thing) -> Thing:
    who = trusted(it.data.get("AssumeRolePolicyDocument"))
    said = ", ".join(name.removesuffix(".amazonaws.com") for name in who)
    trust = Fact("Trusts", said or "nobody", "bad" if "*" in who or not who else "", ", ".join(who))
    return replace(it, facts=(trust, *SORT.facts(account, it.id)))


def _detail(account: Account, it: Thing) -> Thing:
    role = ask(account, "iam", "get_role", RoleName=it.id).get("Role", it.data)
    profiles = ask(account, "iam", "list_instance_profiles_for_role", RoleName=it.id).get("InstanceProfiles", [])
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", "")
    more = (
        Fact("Boundary", boundary or "none"),
        Fact("Longest session", f"{role.get('MaxSessionDuration', 3600)} seconds"),
        *properties(role, "Description", "Path", ("CreateDate", "Created")),
    )
    rows = tuple(
        Row(
            str(number),
            (
                one.get("Effect", ""),
                json.dumps(one.get("Principal", "")),
                json.dumps(one["Condition"]) if one.get("Condition") else "",
            ),
        )
        for number, one in enumerate(statements_of(role.get("AssumeRolePolicyDocument")))
    )
    parts = (
        Part("trust", "Trust policy", ("Effect", "Who", "If"), rows, "Nobody may take it on."),
        *SORT.parts(account, it.id),
    )
    links = (
        *(Link("iam:profile", one["InstanceProfileName"], "In the instance profile") for one in profiles),
        *SORT.links(account, it.id),
    )
    return replace(
        it, properties=(*it.facts, *more), parts=parts, tags=tags_of(role.get("Tags")), links=links, data=role
    )


def trust_for(v: Values, at: At) -> str:
    """Return the trust policy that the form describes."""
    if v["who"] == "other":
        return str(v["trust"])
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    if v["who"] == "service":
        statement["Principal"] = {"Service": v["service"]}
    else:
        statement["Principal"] = {"AWS": f"arn:aws:iam::{v['account'] or at.account_id}:root"}
        conditions: dict[str, Any] = {}
        if v["external"]:
            conditions["StringEquals"] = {"sts:ExternalId": v["external"]}
        if v["mfa"]:
            conditions["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
        if conditions:
            statement["Condition"] = conditions
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))


def _create(v: Values, at: At) -> Iterator[Call]:
    name = v["RoleName"]
    seconds = v["MaxSessionDuration"]
    yield call(
        "iam",
        "create_role",
        RoleName=name,
        AssumeRolePolicyDocument=trust_for(v, at),
        Description=v["Description"],
        MaxSessionDuration=None if seconds == 3600 else seconds,
        PermissionsBoundary=v["PermissionsBoundary"],
        Tags=tag_list(v["tags"]),
    )
    for arn in v["policies"]:
        yield call("iam", "attach_role_policy", RoleName=name, PolicyArn=arn)
    if v["profile"]:
        yield call("iam", "create_instance_profile", InstanceProfileName=name)
        yield call("iam", "add_role_to_instance_profile", InstanceProfileName=name, RoleName=name)


def _fields(account: Account, at: At) -> tuple[Any, ...]:
    (policies,) = pick_policies(account, at)
    who = (("service", "a service of AWS"), ("account", "an AWS account"), ("other", "as this trust policy says"))
    return (
        Text("RoleName", "Name", required=True),
        Choice("who", "Who may take it on", who, initial="service", required=True),
        Choice("service", "Service", SERVICES, initial="ec2.amazonaws.com", required=True, when=("who", "service")),
        Switch(
            "profile",
            "With an instance profile of the same name",
            initial=True,
            when=("service", "ec2.amazonaws.com"),
            help="A server wears a profile, and the profile holds the role.",
        ),
        Text("account", "Account id", placeholder="111122223333", when=("who", "account"), help="Empty: this account."),
        Text(
            "external",
            "External id",
            when=("who", "account"),
            help="A stranger who calls on behalf of others must give it: against the confused deputy.",
        ),
        Switch("mfa", "Only with MFA", when=("who", "account")),
        Policy("trust", "Trust policy", kind="trust", required=True, when=("who", "other")),
        replace(policies, required=False),
        Text("Description", "Description"),
        Number("MaxSessionDuration", "Longest session", initial=3600, least=3600, most=43_200, unit="seconds"),
        Pick("PermissionsBoundary", "Permissions boundary", kind="iam:policy", by="arn", free=True),
        Pairs("tags", "Tags"),
    )


def _edit(v: Values, at: At) -> Iterator[Call]:
    found = changed(v, at, "Description", "MaxSessionDuration")
    if found:
        yield call("iam", "update_role", RoleName=at.thing.id, **found)


def _clear(v: Values, at: At) -> Iterator[Call]:
    """Delete a role with what it holds: IAM deletes only one that holds nothing."""
    name, rows = at.thing.id, {part.id: part.rows for part in at.thing.parts}
    for row in rows["managed"]:
        yield call("iam", "detach_role_policy", RoleName=name, PolicyArn=row.id)
    for row in rows["inline"]:
        yield call("iam", "delete_role_policy", RoleName=name, PolicyName=row.id)
    for link in at.thing.links:
        if link.kind == "iam:profile":
            yield call("iam", "remove_role_from_instance_profile", InstanceProfileName=link.id, RoleName=name)
    yield call("iam", "delete_role", RoleName=name)


ROLE = Kind(
    "role",
    "Role",
    "Roles",
    things,
    look=_look,
    detail=_detail,
    empty=(
        "A role is taken on for a while, by whom its trust policy lets: a "
        "server, a function, another account. It needs no keys."
    ),
    command="aws iam create-role --role-name app --assume-role-policy-document file://trust.json",
    actions=(
        Action("create", "Create role", _create, _fields, new=True),
        Action(
            "trust",
            "Edit trust policy",
            lambda v, at: [
                call("iam", "update_assume_role_policy", RoleName=at.thing.id, PolicyDocument=v["PolicyDocument"])
            ],
            (Policy("PolicyDocument", "Trust policy", kind="trust", required=True),),
            lambda account, at: {"PolicyDocument": decoded(at.thing.data.get("AssumeRolePolicyDocument"))},
            about="Who may take the role on, and on which conditions. What it may then do is in its other policies.",
        ),
        *SORT.actions(),
        SORT.simulation(),
        Action(
            "edit",
            "Edit description and session",
            _edit,
            (
                Text("Description", "Description"),
                Number("MaxSessionDuration", "Longest session", least=3600, most=43_200, unit="seconds"),
            ),
            lambda account, at: {name: at.thing.data.get(name) for name in ("Description", "MaxSessionDuration")},
        ),
        Action(
            "assume",
            "Take it on",
            lambda v, at: [
                call(
                    "sts",
                    "assume_role",
                    RoleArn=at.thing.arn,
                    RoleSessionName=v["RoleSessionName"],
                    ExternalId=v["ExternalId"],
                )
            ],
            (Text("RoleSessionName", "Session name", required=True, initial="me"), Text("ExternalId", "External id")),
            verb="Assume role",
            about="The answer holds keys for a while. It works where the trust policy and your own rights let you.",
        ),
        SORT.boundary(),
        tags_by("iam", "tag_role", "untag_role", "RoleName", by="id"),
        Action(
            "delete",
            "Delete",
            _clear,
            danger="Delete the role with its inline policies? What wears it loses its rights.",
            verb="Delete",
        ),
    ),
)


def profiles(account: Account) -> Iterator[Thing]:
    for one in account.read("iam", "list_instance_profiles").get("InstanceProfiles", []):
        roles = [role["RoleName"] for role in one.get("Roles", [])]
        facts = (Fact("Role", ", ".join(roles) or "none", "" if roles else "bad"),)
        links = tuple(Link("iam:role", role, "Holds") for role in roles)
        yield Thing(one["InstanceProfileName"], one["InstanceProfileName"], facts, one["Arn"], one, links=links)


def _create_profile(v: Values, at: At) -> Iterator[Call]:
    yield call("iam", "create_instance_profile", InstanceProfileName=v["InstanceProfileName"])
    if v["RoleName"]:
        yield call(
            "iam", "add_role_to_instance_profile", InstanceProfileName=v["InstanceProfileName"], RoleName=v["RoleName"]
        )


def _set_role(v: Values, at: At) -> Iterator[Call]:
    for link in at.thing.links:
        yield call("iam", "remove_role_from_instance_profile", InstanceProfileName=at.thing.id, RoleName=link.id)
    if v["RoleName"]:
        yield call("iam", "add_role_to_instance_profile", InstanceProfileName=at.thing.id, RoleName=v["RoleName"])


def _delete_profile(v: Values, at: At) -> Iterator[Call]:
    yield from _set_role({"RoleName": None}, at)
    yield call("iam", "delete_instance_profile", InstanceProfileName=at.thing.id)


PROFILE = Kind(
    "profile",
    "Instance profile",
    "Instance profiles",
    profiles,
    empty="An instance profile is how a server wears a role: the profile holds one role, and an instance has one profile.",
    command="aws iam create-instance-profile --instance-profile-name app",
    actions=(
        Action(
            "create",
            "Create instance profile",
            _create_profile,
            (
                Text("InstanceProfileName", "Name", required=True),
                Pick("RoleName", "Role", kind="iam:role", help="It should trust EC2."),
            ),
            new=True,
        ),
        Action(
            "role",
            "Change role",
            _set_role,
            (Pick("RoleName", "Role", kind="iam:role", help="Empty: none."),),
            lambda account, at: {"RoleName": at.thing.links[0].id if at.thing.links else ""},
        ),
        Action("delete", "Delete", _delete_profile, danger="Delete the profile? The role stays.", verb="Delete"),
    ),
)
