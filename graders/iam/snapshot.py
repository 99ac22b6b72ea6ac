"""The account's users and roles with every policy that is theirs, from one call.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graders.account import Account, read_or_none
from graders.iam.decide import Policy
from graders.iam.document import Document, InvalidPolicy, Kind, parse
from graders.iam.principals import Principal, root

PERMISSIONS = ("iam:GetAccountAuthorizationDetails", "iam:GetPolicy", "iam:GetPolicyVersion")


@dataclass(frozen=True)
class Actor:
    """A caller with the policies that are attached to it; `trust` is a role's own, `session` its session's limit."""

    principal: Principal
    identity: tuple[Policy, ...] = ()
    boundary: Document | None = None
    trust: Document | None = None
    session: Document | None = None


@dataclass(frozen=True)
class AccountPolicies:
    """Everybody in the account. `invalid` names stored policies that AWS would have refused: they grant nothing."""

    account_id: str
    users: tuple[Actor, ...]
    roles: tuple[Actor, ...]
    invalid: tuple[str, ...]

    def role(self, name: str) -> Actor | None:
        return next((one for one in self.roles if one.principal.name == name), None)

    @property
    def root(self) -> Actor:
        return Actor(root(self.account_id))


def snapshot(account: Account) -> AccountPolicies:
    """Read the account's identities, once a grading; AWS-managed policies only where one is attached."""
    policies: AccountPolicies = account.once("snapshot", lambda: _snapshot(account))
    return policies


def _snapshot(account: Account) -> AccountPolicies:
    details = account.read(
        "iam",
        "get_account_authorization_details",
        Filter=["User", "Role", "Group", "LocalManagedPolicy"],
    )
    reader = _Reader(account, details)
    users = [
        reader.actor("user", item, [*item.get("UserPolicyList", []), *reader.of_groups(item)], item["UserName"])
        for item in details.get("UserDetailList", [])
    ]
    roles = [
        reader.actor("role", item, item.get("RolePolicyList", []), item["RoleName"])
        for item in details.get("RoleDetailList", [])
    ]
    return AccountPolicies(account.account_id, tuple(users), tuple(roles), tuple(reader.invalid))


class _Reader:
    def __init__(self, account: Account, details: dict[str, Any]) -> None:
        self.account = account
        self.groups = {group["GroupName"]: group for group in details.get("GroupDetailList", [])}
        self.managed = {policy["Arn"]: policy for policy in details.get("Policies", [])}
        self.invalid: list[str] = []

    def of_groups(self, user: dict[str, Any]) -> list[dict[str, Any]]:
        """A user's groups' inline policies."""
        groups = [self.groups[name] for name in user.get("GroupList", []) if name in self.groups]
        return [policy for group in groups for policy in group.get("GroupPolicyList", [])]

    def actor(self, kind: Any, item: dict[str, Any], inline: Iterable[dict[str, Any]], name: str) -> Actor:
        owner = f"{kind} {name}"
        attached = list(item.get("AttachedManagedPolicies", []))
        for group in item.get("GroupList", []):
            attached += self.groups.get(group, {}).get("AttachedManagedPolicies", [])
        policies = [self._parse(p["PolicyDocument"], "identity", p["PolicyName"], owner) for p in inline]
        policies += [self._managed(p["PolicyArn"], p["PolicyName"], owner) for p in attached]
        boundary = item.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        limit = self._managed(boundary, "boundary", owner) if boundary else None
        trust = self._parse(item["AssumeRolePolicyDocument"], "trust", "trust", owner) if kind == "role" else None
        principal = Principal(
            kind,
            item["Arn"].split(":")[4],
            item["Arn"],
            session="session" if kind == "role" else "",
            unique_id=item.get("UserId") or item.get("RoleId", ""),
            tags={tag["Key"]: tag["Value"] for tag in item.get("Tags", [])},
        )
        return Actor(
            principal,
            tuple(policy for policy in policies if policy is not None),
            (limit.document if limit else Document("2012-10-17", ())) if boundary else None,
            trust.document if trust else None,
        )

    def _parse(self, document: Any, kind: Kind, name: str, owner: str) -> Policy | None:
        label = f"{name} policy of {owner}" if kind == "trust" else f"policy {name} of {owner}"
        try:
            return Policy(label, parse(document, kind))
        except InvalidPolicy as error:
            self.invalid.append(f"{label}: {error}")
            return None

    def _managed(self, arn: str, name: str, owner: str) -> Policy | None:
        text = managed(self.account, self.managed, arn)
        if text is None:
            self.invalid.append(f"policy {name} of {owner}: there is no policy {arn}, so it grants nothing")
            return None
        return self._parse(text, "identity", name, owner)


def managed(account: Account, known: Mapping[str, Any], arn: str) -> Any:
    """The default version of a managed policy, of those `known` by ARN (as IAM's details list them) or of AWS's own.

    None where IAM has no such policy: an attachment outlives a policy that AWS has withdrawn.
    """
    if arn in known:
        return next(one["Document"] for one in known[arn]["PolicyVersionList"] if one["IsDefaultVersion"])
    told = read_or_none(account, "NoSuchEntity", "iam", "get_policy", PolicyArn=arn)
    if told is None:
        return None
    version = told["Policy"]["DefaultVersionId"]
    answer = read_or_none(account, "NoSuchEntity", "iam", "get_policy_version", PolicyArn=arn, VersionId=version)
    return None if answer is None else answer["PolicyVersion"]["Document"]
