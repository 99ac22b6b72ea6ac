"""Who asks, and whether a statement's Principal means them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

# "federated-user" is a session that a user made with GetFederationToken; "federated" an identity provider's caller
# before it has become a role.
Kind = Literal["anonymous", "user", "role", "root", "service", "federated", "federated-user"]


class Grant(StrEnum):
    """How a statement's principals mean the one who asks, the weakest first; it decides what else must allow."""

    NONE = "none"
    ACCOUNT = "account"  # delegated to the account: an identity policy must allow too
    EVERYONE = "everyone"
    ROLE = "role"
    SELF = "self"  # this very user or session


@dataclass(frozen=True)
class Principal:
    """One caller. `arn` is the user's or role's own ARN, with its path; `session` names a role's session.

    A federated user's `arn` is that of the user who made the session, `session` its name.

    `tags` are principal tags; `unique_id` is AIDA… or AROA…; `service` is "sns.amazonaws.com" or so; `said` is how a
    sentence calls a caller that stands for many. `organization` is o-…, `organization_path` "o-…/r-…/ou-…/";
    `canonical_id` is the account's 64 hex digits that S3 knows it by.
    """

    kind: Kind
    account: str = ""
    arn: str = ""
    session: str = ""
    service: str = ""
    unique_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    said: str = ""
    organization: str = ""
    organization_path: str = ""
    canonical_id: str = ""

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def session_arn(self) -> str:
        """The ARN of the role's session, without the role's path; or of the federated user."""
        if self.kind == "federated-user":
            return f"arn:aws:sts::{self.account}:federated-user/{self.session}"
        return f"arn:aws:sts::{self.account}:assumed-role/{self.name}/{self.session}"

    @property
    def chain(self) -> tuple[str, ...]:
        """All that NotPrincipal must list to spare this caller from a Deny."""
        root = f"arn:aws:iam::{self.account}:root"
        return {
            "anonymous": (),
            "service": (),
            "root": (root,),
            "role": (root, self.arn, self.session_arn),
            "federated-user": (root, self.arn, self.session_arn),
        }.get(self.kind, (root, self.arn))

    @property
    def service_linked(self) -> bool:
        """Whether a service owns this role; organization policies leave it alone.

        https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
        """
        return self.kind == "role" and ":role/aws-service-role/" in self.arn

    def never_carries(self, key: str) -> bool:
        """Whether a request by this caller cannot carry a context key (lower case) that `context` does not give."""
        if key in ("aws:principalorgid", "aws:principalorgpaths"):
            return self.kind in ("anonymous", "service")
        if key == "aws:userid":
            return self.kind == "service"
        if key.startswith(("aws:principal", "aws:username")):
            return True
        if key.startswith(("aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorg")):
            return self.kind != "service"
        return self.kind in ("anonymous", "service") and key.startswith(
            ("aws:multifactorauth", "aws:tokenissuetime", "aws:sourceidentity", "aws:federatedprovider")
        )

    def context(self) -> dict[str, str | tuple[str, ...]]:
        """The keys that follow from the caller; key names in lower case.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        if self.kind == "anonymous":
            return {"aws:principalaccount": "anonymous", "aws:principaltype": "Anonymous", "aws:userid": "anonymous"}
        if self.kind == "service":
            return {
                "aws:principalisawsservice": "true",
                "aws:principalservicename": self.service,
                "aws:principalservicenameslist": (self.service,),
            }
        types = {"user": "User", "role": "AssumedRole", "root": "Account"}
        keys: dict[str, str | tuple[str, ...]] = {
            "aws:principalarn": self.session_arn if self.kind == "federated-user" else self.arn,
            "aws:principalaccount": self.account,
            "aws:principaltype": types.get(self.kind, "FederatedUser"),
            "aws:principalisawsservice": "false",
        }
        if self.kind == "user":
            keys["aws:username"] = self.name
        if self.kind == "federated-user":
            keys["aws:userid"] = f"{self.account}:{self.session}"
        elif self.kind == "root":
            keys["aws:userid"] = self.account
        elif self.unique_id:
            keys["aws:userid"] = f"{self.unique_id}:{self.session}" if self.kind == "role" else self.unique_id
        if self.organization:
            keys["aws:principalorgid"] = self.organization
        if self.organization_path:
            keys["aws:principalorgpaths"] = (self.organization_path,)
        keys.update({f"aws:principaltag/{name.lower()}": value for name, value in self.tags.items()})
        return keys

    def __str__(self) -> str:
        if self.said:
            return self.said
        if self.kind == "anonymous":
            return "anyone on the internet"
        if self.kind == "service":
            return f"the service {self.service}"
        if self.kind == "root":
            return f"the root user of account {self.account}"
        return f"{self.kind} {self.name}"


ANONYMOUS = Principal("anonymous")
SESSIONS = ("role", "federated-user")


def root(account: str) -> Principal:
    """The account's root user."""
    return Principal("root", account, f"arn:aws:iam::{account}:root")


def means(values: tuple[tuple[str, str], ...], who: Principal) -> Grant:
    """The strongest way in which a Principal element means the caller."""
    best = Grant.NONE
    order = list(Grant)
    for kind, value in values:
        grant = _means(kind, value, who)
        if order.index(grant) > order.index(best):
            best = grant
    return best


def spares(values: tuple[tuple[str, str], ...], who: Principal) -> bool:
    """Whether a NotPrincipal of a Deny leaves the caller alone: it must list the whole chain, account first."""
    listed = {value for kind, value in values if kind == "AWS"}
    listed |= {f"arn:aws:iam::{value}:root" for value in listed if value.isdigit()}
    if "*" in listed:
        return True
    if who.kind == "service":
        return ("Service", who.service) in values
    return bool(who.chain) and set(who.chain) <= listed


def _means(kind: str, value: str, who: Principal) -> Grant:
    if kind == "Group":  # an ACL's AuthenticatedUsers: anyone who signs
        return Grant.EVERYONE if who.kind not in ("anonymous", "service") else Grant.NONE
    if kind == "Service":
        return Grant.SELF if who.kind == "service" and value == who.service else Grant.NONE
    if kind == "Federated":
        return Grant.SELF if who.kind == "federated" and value == who.arn else Grant.NONE
    if kind == "CanonicalUser":
        return Grant.ACCOUNT if who.canonical_id and value == who.canonical_id else Grant.NONE
    if kind != "AWS":
        return Grant.NONE
    if value == "*":
        return Grant.EVERYONE
    if who.kind in ("anonymous", "service", "federated"):
        return Grant.NONE
    if value in (who.account, f"arn:aws:iam::{who.account}:root"):
        return Grant.ACCOUNT
    if value in (who.arn, who.unique_id):
        return Grant.ROLE if who.kind in SESSIONS else Grant.SELF
    return Grant.SELF if who.kind in SESSIONS and value == who.session_arn else Grant.NONE
