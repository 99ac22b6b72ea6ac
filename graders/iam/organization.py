"""The policies that an organization lays over its accounts.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from botocore.exceptions import ClientError

from graders.account import Account, error_code
from graders.iam.document import Document, InvalidPolicy, Kind, Statement, parse
from graders.iam.request import Policies, Policy

PERMISSIONS = (
    "organizations:DescribeOrganization",
    "organizations:ListRoots",
    "organizations:ListParents",
    "organizations:ListPoliciesForTarget",
    "organizations:DescribePolicy",
)
NO_ORGANIZATION = ("AWSOrganizationsNotInUseException", "AccessDeniedException")
NEWCOMER = "000000000000"
TYPES = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")


@dataclass(frozen=True)
class Unit:
    """The root, a unit or an account, with what is attached to it. `parent` is "" for the root."""

    parent: str = ""
    service_control: tuple[Policy, ...] = ()
    resource_control: tuple[Policy, ...] = ()


@dataclass(frozen=True)
class Organization:
    """A tree: `units` by id (an account's is its number); `management` is the account that no policy holds."""

    id: str
    management: str
    units: Mapping[str, Unit] = field(default_factory=dict)

    def above(self, account: str) -> tuple[Unit, ...]:
        """The levels over an account, the root first, the account itself last; none for a stranger."""
        return tuple(self._upwards(account))[::-1]

    def over(self, policies: Policies, caller: str) -> Policies:
        """The same policies with those of the levels over the caller's account and over the resource's.

        A caller of an account that is in the tree is known as a member of the organization.
        """
        guarded = tuple(one for unit in self.above(policies.owner) for one in unit.resource_control)
        levels = tuple(unit.service_control for unit in self.above(caller))
        member = (self.id, self.path(caller)) if caller in self.units else ("", "")
        return replace(
            policies,
            service_control=levels,
            resource_control=guarded,
            management=self.management,
            caller_in=member,
        )

    def path(self, account: str) -> str:
        """aws:PrincipalOrgPaths of the account's principals: "o-…/r-…/ou-…/"."""
        names = list(self._names(account))[1:]
        return "/".join([self.id, *reversed(names), ""])

    def _names(self, account: str) -> Iterator[str]:
        name = account
        while name in self.units:
            yield name
            name = self.units[name].parent

    def _upwards(self, account: str) -> Iterator[Unit]:
        return (self.units[name] for name in self._names(account))


def read(account: Account) -> Organization | None:
    """The organization over this account, as Organizations tells it; None where there is none or it is not told.

    Only the levels over this account are read.
    """
    return read_over(account, account.account_id)


def read_over(account: Account, target: str) -> Organization | None:
    """The same for any target, by id: an account, a unit or the root; it and the levels over it are read.

    A policy type that the root has not enabled holds nobody. A unit stands for any account that is in it: NEWCOMER.
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_enable-disable.html
    """
    found: Organization | None = account.once(("organization", target), lambda: _read(account, target))
    return found


def _read(account: Account, target: str) -> Organization | None:
    try:
        told = account.read("organizations", "describe_organization")["Organization"]
        roots = account.read("organizations", "list_roots")["Roots"]
    except ClientError as error:
        if error_code(error) in NO_ORGANIZATION:
            return None
        raise
    enabled = [one["Type"] for root in roots for one in root["PolicyTypes"] if one["Status"] == "ENABLED"]
    units: dict[str, Unit] = {} if target.isdigit() else {NEWCOMER: Unit(target, (FULL_ACCESS,))}
    name = target
    while name and name not in units:
        at_root = any(root["Id"] == name for root in roots)
        parents = [] if at_root else account.read("organizations", "list_parents", ChildId=name)["Parents"]
        parent = parents[0]["Id"] if parents else ""
        units[name] = Unit(parent, *(_attached(account, name, kind) if kind in enabled else () for kind in TYPES))
        name = parent
    if TYPES[0] not in enabled:
        units = {name: replace(one, service_control=(FULL_ACCESS,)) for name, one in units.items()}
    return Organization(told["Id"], told["MasterAccountId"], units)


def _attached(account: Account, target: str, kind: str) -> tuple[Policy, ...]:
    listed = account.read("organizations", "list_policies_for_target", TargetId=target, Filter=kind)["Policies"]
    found = []
    for one in listed:
        policy = account.read("organizations", "describe_policy", PolicyId=one["Id"])["Policy"]
        form: Kind = "identity" if kind == TYPES[0] else "resource"
        try:
            found.append(Policy(f"policy {one['Name']} at {target}", parse(policy["Content"], form)))
        except InvalidPolicy:
            continue  # Organizations would not have stored it
    return tuple(found)


FULL_ACCESS = Policy("FullAWSAccess", Document("2012-10-17", (Statement(0, "", True, ("*",), (), ("*",)),)))
