"""Who may become a role, under which conditions, and through which other roles.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from graders.iam.decide import Answer, Decision, decide
from graders.iam.document import Document, merged
from graders.iam.principals import Principal
from graders.iam.request import Policies, Policy, Request
from graders.iam.snapshot import Actor

# What the call itself decides about: a key of these that it does not carry is absent, not unknown.
UP_TO_THE_CALL = (
    "sts:externalid", "sts:sourceidentity", "sts:transitivetagkeys", "aws:requesttag/", "aws:tagkeys",
    "aws:multifactorauthpresent", "aws:multifactorauthage",
)  # fmt: skip
LONGEST_CHAINED = 3600  # seconds: a role assumed by a role lives an hour at most


@dataclass(frozen=True)
class Assuming:
    """How AssumeRole is called. `mfa_age` in seconds: None without a second factor; `tags` are session tags.

    `transitive` are the tag keys that go on to the next role; `source_identity` stays through a chain of roles.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    """

    session: str = "session"
    external_id: str = ""
    mfa_age: int | None = None
    source_identity: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    action: str = "sts:AssumeRole"

    def actions(self) -> tuple[str, ...]:
        """All that must be allowed: tags and a source identity need rights of their own."""
        more = [("sts:TagSession", bool(self.tags)), ("sts:SetSourceIdentity", bool(self.source_identity))]
        return (self.action, *(name for name, needed in more if needed))

    def context(self, caller: Principal) -> dict[str, str | tuple[str, ...]]:
        """The keys that the call carries. A role's session has no second factor of its own."""
        keys: dict[str, str | tuple[str, ...]] = {"sts:RoleSessionName": self.session, "aws:SecureTransport": "true"}
        if self.external_id:
            keys["sts:ExternalId"] = self.external_id
        if caller.kind == "user" and self.mfa_age is not None:
            keys |= {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": str(self.mfa_age)}
        elif caller.kind == "role":
            keys["aws:MultiFactorAuthPresent"] = "false"
        if self.source_identity:
            keys["sts:SourceIdentity"] = self.source_identity
        if self.tags:
            keys |= {f"aws:RequestTag/{name}": value for name, value in self.tags.items()}
            keys["aws:TagKeys"] = tuple(self.tags)
        if self.transitive:
            keys["sts:TransitiveTagKeys"] = self.transitive
        return keys


@dataclass(frozen=True)
class Assumption:
    """The answer: one decision for each right that the call needs; the first that is not allowed decides."""

    role: Actor
    decisions: tuple[Decision, ...]

    @property
    def decision(self) -> Decision:
        return next((one for one in self.decisions if one.answer is not Answer.ALLOWED), self.decisions[0])

    @property
    def allowed(self) -> bool:
        return all(one.allowed for one in self.decisions)

    @property
    def answer(self) -> Answer:
        answers = {one.answer for one in self.decisions}
        return next(one for one in (Answer.DENIED, Answer.DEPENDS, Answer.ALLOWED) if one in answers)


def can_assume(
    caller: Actor,
    role: Actor,
    how: Assuming | None = None,
    *,
    context: Mapping[str, str | tuple[str, ...]] | None = None,
    organization: Policies | None = None,
) -> Assumption:
    """Whether the caller may become the role: the trust policy must grant, and for most the caller's own too.

    Keys that `how` does not carry are absent: an external id that the call does not give is not given. `organization`
    lends its service and resource control policies.
    """
    how = how or Assuming()
    owner = role.principal.account
    base = organization or Policies(owner)
    policies = replace(
        base,
        owner=owner,
        identity=caller.identity,
        resource=trust_policies(role),
        boundary=caller.boundary,
        session=caller.session,
        resource_decides=True,
    )
    keys = {**how.context(caller.principal), **(context or {})}
    decisions = tuple(
        decide(Request(caller.principal, action, role.principal.arn, keys, UP_TO_THE_CALL), policies)
        for action in how.actions()
    )
    return Assumption(role, decisions)


def trust_policies(role: Actor) -> tuple[Policy, ...]:
    """The trust policy as the policy of the role seen as a resource."""
    name = f"trust policy of role {role.principal.name}"
    return () if role.trust is None else (Policy(name, role.trust),)


def become(role: Actor, how: Assuming | None = None, *, policies: Iterable[Document] = ()) -> Actor:
    """The role's session that AssumeRole gives: its tags are the role's, overlaid by the session's.

    `policies` are session policies: what the session may is what both the role and they allow.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
    """
    how = how or Assuming()
    limits = tuple(policies)
    one = replace(role.principal, session=how.session, tags={**role.principal.tags, **how.tags})
    return replace(role, principal=one, session=merged(*limits) if limits else None)


def longest_session(caller: Actor, role_maximum: int = 43_200) -> int:
    """Seconds that a session can live.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
    """
    return min(role_maximum, LONGEST_CHAINED) if caller.principal.kind == "role" else role_maximum


def chains(start: Actor, roles: Iterable[Actor], how: Assuming | None = None) -> Iterator[tuple[Actor, ...]]:
    """Every role that the caller can become, each by a shortest chain of roles; nearer ones first."""
    how = how or Assuming()
    left = {one.principal.arn: one for one in roles if one.principal.arn != start.principal.arn}
    border: list[tuple[Actor, ...]] = [()]
    while border:
        reached = []
        for chain in border:
            caller = chain[-1] if chain else start
            for arn, role in list(left.items()):
                if can_assume(caller, role, how).allowed:
                    del left[arn]
                    reached.append((*chain, become(role, how)))
        yield from reached
        border = reached
