"""Organizations: accounts, units, and policies that limit them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from graders import Account
from graders.account import error_code
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Part,
    Pick,
    Policy,
    Row,
    Service,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
)
from labs.explorer.saying import decoded, policy_fact


def _read(account: Account, operation: str, **parameters: Any) -> dict[str, Any]:
    """Return an answer, or {} where the account is in no organization."""
    try:
        return account.read("organizations", operation, **parameters)
    except ClientError as error:
        if error_code(error) == "AWSOrganizationsNotInUseException":
            return {}
        raise


def organizations(account: Account) -> Iterator[Thing]:
    if one := _read(account, "describe_organization").get("Organization"):
        roots = _read(account, "list_roots").get("Roots", [])
        types = [
            each["Type"] for root in roots for each in root.get("PolicyTypes", []) if each.get("Status") == "ENABLED"
        ]
        facts = (
            Fact("Features", one.get("FeatureSet", "")),
            Fact("Root", ", ".join(root["Id"] for root in roots)),
            Fact("Policies", ", ".join(types) or "none enabled"),
        )
        yield Thing(one["Id"], one["Id"], facts, one.get("Arn", ""), {**one, "Roots": roots})


ORGANIZATION = Kind(
    "organization",
    "Organization",
    "Organization",
    organizations,
    empty="An organization holds several accounts: one bill, and limits that no administrator of an account can lift.",
    command="aws organizations create-organization --feature-set ALL",
    actions=(
        Action(
            "create",
            "Create organization",
            "organizations.create_organization",
            (
                Choice(
                    "FeatureSet",
                    "Features",
                    (("ALL", "all"), ("CONSOLIDATED_BILLING", "one bill alone")),
                    initial="ALL",
                    required=True,
                ),
            ),
            new=True,
        ),
        Action(
            "policies",
            "Enable service control policies",
            lambda v, at: [
                call(
                    "organizations",
                    "enable_policy_type",
                    RootId=at.thing.data["Roots"][0]["Id"],
                    PolicyType="SERVICE_CONTROL_POLICY",
                )
            ],
            verb="Enable",
        ),
    ),
)


def accounts(account: Account) -> Iterator[Thing]:
    for one in _read(account, "list_accounts").get("Accounts", []):
        yield Thing(
            one["Id"],
            f"{one.get('Name', '')} ({one['Id']})",
            (Fact("E-mail", one.get("Email", "")), Fact("Status", one.get("Status", ""))),
            one.get("Arn", ""),
            one,
        )


def _move(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "organizations",
        "move_account",
        AccountId=at.thing.id,
        SourceParentId=at.before["from"],
        DestinationParentId=v["to"],
    )


def _parent(reader: Account, at: At) -> Values:
    parents = ask(reader, "organizations", "list_parents", ChildId=at.thing.id).get("Parents", [])
    return {"from": parents[0]["Id"] if parents else ""}


ACCOUNT = Kind(
    "account",
    "Account",
    "Accounts",
    accounts,
    empty="The accounts of the organization.",
    actions=(
        Action(
            "create",
            "Create account",
            "organizations.create_account",
            (Text("AccountName", "Name", required=True), Text("Email", "E-mail", required=True)),
            new=True,
        ),
        Action(
            "move",
            "Move",
            _move,
            (Pick("to", "To", kind="organizations:unit", free=True, required=True, help="A unit, or the root's id."),),
            _parent,
            verb="Move",
        ),
    ),
)


def units(account: Account) -> Iterator[Thing]:
    waiting = [root["Id"] for root in _read(account, "list_roots").get("Roots", [])]
    while waiting:
        parent = waiting.pop(0)
        for one in _read(account, "list_organizational_units_for_parent", ParentId=parent).get(
            "OrganizationalUnits", []
        ):
            waiting.append(one["Id"])
            yield Thing(one["Id"], f"{one['Name']} ({one['Id']})", (Fact("Under", parent),), one.get("Arn", ""), one)


UNIT = Kind(
    "unit",
    "Unit",
    "Units",
    units,
    empty="A unit holds accounts that the same limits are for.",
    actions=(
        Action(
            "create",
            "Create unit",
            "organizations.create_organizational_unit",
            (
                Text("Name", "Name", required=True),
                Pick(
                    "ParentId",
                    "Under",
                    kind="organizations:unit",
                    free=True,
                    required=True,
                    help="A unit, or the root's id (r-…).",
                ),
            ),
            new=True,
        ),
        delete(
            "organizations.delete_organizational_unit", "OrganizationalUnitId", "Delete the unit? It must be empty."
        ),
    ),
)


def policies(account: Account) -> Iterator[Thing]:
    if not _read(account, "describe_organization"):
        return
    for one in _read(account, "list_policies", Filter="SERVICE_CONTROL_POLICY").get("Policies", []):
        yield Thing(
            one["Id"],
            one["Name"],
            (Fact("Of", "AWS" if one.get("AwsManaged") else "yours"), Fact("About", one.get("Description", ""))),
            one.get("Arn", ""),
            one,
        )


def _policy(account: Account, it: Thing) -> Thing:
    content = ask(account, "organizations", "describe_policy", PolicyId=it.id).get("Policy", {}).get("Content", "")
    targets = ask(account, "organizations", "list_targets_for_policy", PolicyId=it.id).get("Targets", [])
    rows = tuple(Row(one["TargetId"], (one.get("Name", ""), one["TargetId"], one.get("Type", ""))) for one in targets)
    return replace(
        it,
        properties=(*it.facts, policy_fact("Policy", content)),
        parts=(Part("targets", "Attached to", ("Name", "Id", "Type"), rows, "It limits nobody."),),
        data={**it.data, "Content": content},
    )


DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "cloudtrail:StopLogging", "Resource": "*"}]}
POLICY = Kind(
    "policy",
    "Service control policy",
    "Service control policies",
    policies,
    detail=_policy,
    empty="A service control policy is the most that anybody in an account may do, root too. It gives nothing.",
    actions=(
        Action(
            "create",
            "Create policy",
            lambda v, at: [
                call(
                    "organizations",
                    "create_policy",
                    Name=v["Name"],
                    Description=v["Description"] or "",
                    Content=v["Content"],
                    Type="SERVICE_CONTROL_POLICY",
                )
            ],
            (
                Text("Name", "Name", required=True),
                Text("Description", "About"),
                Policy("Content", "Policy", kind="identity", required=True, starters=(("keep the trail on", DENY),)),
            ),
            new=True,
        ),
        Action(
            "edit",
            "Edit",
            "organizations.update_policy",
            (Policy("Content", "Policy", kind="identity", required=True),),
            lambda account, at: {"Content": decoded(at.thing.data["Content"])},
            thing="PolicyId",
            when=lambda it: not (it.data or {}).get("AwsManaged"),
        ),
        Action(
            "attach",
            "Attach",
            "organizations.attach_policy",
            (Pick("TargetId", "To", kind=("organizations:unit", "organizations:account"), free=True, required=True),),
            thing="PolicyId",
            part="targets",
            verb="Attach",
        ),
        Action(
            "detach",
            "Detach",
            lambda v, at: [call("organizations", "detach_policy", PolicyId=at.thing.id, TargetId=at.row.id)],
            part="targets",
            row=True,
            danger="It limits this one no longer.",
            verb="Detach",
        ),
        Action(
            "delete",
            "Delete",
            "organizations.delete_policy",
            thing="PolicyId",
            danger="Delete the policy? It must be attached to nothing.",
            verb="Delete",
            when=lambda it: not (it.data or {}).get("AwsManaged"),
        ),
    ),
)
SERVICE = Service(
    "organizations",
    "Organizations",
    "Accounts, and limits for them.",
    (ORGANIZATION, ACCOUNT, UNIT, POLICY),
    everywhere=True,
)
