"""https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from graders import Account, Fail, check, nearby
from graders.account import error_code
from graders.iam import actions, ask, candidates, organization
from graders.iam.decide import Decision, Policies, Request, decide
from graders.iam.organization import NEWCOMER, NO_ORGANIZATION, Organization
from graders.iam.principals import Principal
from graders.iam.principals import root as root_user

SCP = "SERVICE_CONTROL_POLICY"
PERMISSIONS = (
    *organization.PERMISSIONS,
    "organizations:ListAccounts",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListPolicies",
    "organizations:ListTargetsForPolicy",
)


@check(permissions=PERMISSIONS)
def scp_blocks(
    account: Account,
    *,
    target: str,
    block: list[str],
    region: str = "",
    still: list[str] | None = None,
    still_region: str = "",
    resource: str = "*",
) -> None:
    """Service control policies keep everybody in {target} from {block}.

    `target`: an account (id or name) or an organizational unit (id or name). `region`: only there. Blocked are the
    administrator and the root user. `still`: actions that must go on working (in `still_region`), so that the policy is
    no general ban. By a deny or by an allow list, at the target or at any level above it.
    """
    roots = _roots(account, target)
    place = _place(account, roots[0]["Id"], target)
    above = organization.read_over(account, place["Id"])
    assert above is not None  # it has roots
    if above.management == place["Id"]:
        raise _fail(target, block, "{target} is the management account: no service control policy holds it.")
    number = place["Id"] if place["Id"].isdigit() else NEWCOMER
    for name, blocked in [*((one, True) for one in block), *((one, False) for one in still or [])]:
        where = region if blocked else still_region or region
        for caller in _callers(number):
            decision = _decided(account, above, caller, name, where, resource)
            if decision.allowed and blocked:
                raise _free(account, roots, target, block, name, where, decision)
            if not decision.allowed and not blocked:
                found = "{action} is blocked in {target}, too: {why}."
                step = "Keep FullAWSAccess at every level, and deny only what is meant; spare global services."
                raise _fail(target, block, found, step, action=name, why=ask.refusal(*_asked(decision)))


def _asked(decision: Decision) -> tuple[Request, Decision]:
    assert decision.asked is not None
    return decision.asked[0], decision


def _callers(number: str) -> tuple[Principal, ...]:
    return Principal("user", number, f"arn:aws:iam::{number}:user/admin"), root_user(number)


def _decided(account: Account, above: Organization, who: Principal, action: str, region: str, arn: str) -> Decision:
    if action.partition(":")[0] in actions.services():
        actions.find(action)
    now = candidates.now()
    context = {
        "aws:RequestedRegion": region or account.region,
        "aws:SecureTransport": "true",
        "aws:SourceIp": "203.0.113.77",
        "aws:CurrentTime": now.isoformat(),
    }
    policies = above.over(Policies(who.account, (ask.EVERYTHING,)), who.account)
    return decide(Request(who, action, arn, context), policies)


def _roots(account: Account, target: str) -> list[dict[str, Any]]:
    try:
        roots: list[dict[str, Any]] = account.read("organizations", "list_roots")["Roots"]
    except ClientError as error:
        if error_code(error) not in NO_ORGANIZATION:
            raise
        raise Fail(
            "An organization does not exist: {target} is in none.",
            looked_at="the organization of this account",
            needed="An organization with all features, and {target} in it.",
            try_="aws organizations create-organization --feature-set ALL",
            target=target,
        ) from error
    return roots


def _place(account: Account, root: str, target: str) -> dict[str, str]:
    """An account, a unit or the root, by id or name."""
    found: list[dict[str, str]] = list(account.read("organizations", "list_accounts")["Accounts"])
    found += [*units_under(account, root), {"Id": root, "Name": "Root"}]
    for one in found:
        if target in (one["Id"], one["Name"]):
            return one
    raise Fail(
        "The account or unit {target} does not exist in the organization.{hint}",
        looked_at="the accounts and units of the organization",
        needed="An account or organizational unit {target}.",
        try_="aws organizations list-accounts, list-organizational-units-for-parent",
        target=target,
        hint=nearby.almost(target, (one["Name"] for one in found)),
    )


def units_under(account: Account, parent: str) -> list[dict[str, str]]:
    """All units below, at any depth."""
    answer = account.read("organizations", "list_organizational_units_for_parent", ParentId=parent)
    own: list[dict[str, str]] = answer["OrganizationalUnits"]
    return [one for unit in own for one in (unit, *units_under(account, unit["Id"]))]


def _enabled(roots: list[dict[str, Any]]) -> bool:
    return any(one["Type"] == SCP and one["Status"] == "ENABLED" for root in roots for one in root["PolicyTypes"])


def _free(
    account: Account,
    roots: list[dict[str, Any]],
    target: str,
    block: list[str],
    action: str,
    region: str,
    decision: Decision,
) -> Fail:
    hint = "" if _enabled(roots) else " Service control policies are not enabled at the root."
    for one in account.read("organizations", "list_policies", Filter=SCP)["Policies"] if not hint else ():
        text = account.read("organizations", "describe_policy", PolicyId=one["Id"])["Policy"]["Content"]
        if '"Deny"' not in text:
            continue
        held = account.read("organizations", "list_targets_for_policy", PolicyId=one["Id"])["Targets"]
        hint = f" The policy {one['Name']} is attached to {', '.join(at['Name'] for at in held) or 'nothing'}."
    found = "{who} in {target} can still {action}{where}.{hint}"
    step = "aws organizations enable-policy-type, attach-policy --target-id …, and look at the policy's conditions."
    where = f" in {region}" if region else ""
    who = _asked(decision)[0].principal
    return _fail(target, block, found, step, who=str(who), action=action, where=where, hint=hint)


def _fail(target: str, block: list[str], found: str, step: str = "", **values: str) -> Fail:
    return Fail(
        found,
        looked_at="the service control policies at {target} and at every level above it",
        needed="Nobody in {target} can do {block}; all else goes on.",
        try_=step or "Choose a member account, or the unit that it is in.",
        **{"target": target, "block": ", ".join(block), **values},
    )
