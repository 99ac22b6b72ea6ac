"""One request against all policies that bear on it: allowed or denied, by which statement, and why.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from graders.iam import patterns
from graders.iam.conditions import Context
from graders.iam.document import Document, Statement
from graders.iam.principals import Grant, Principal, means, spares


class Reason(StrEnum):
    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicit deny"
    NO_ALLOW = "nothing allows it"
    NO_IDENTITY_ALLOW = "no identity policy allows it"
    NO_RESOURCE_ALLOW = "the resource's policy does not allow it"
    BOUNDARY = "the permissions boundary does not allow it"
    SESSION = "the session policy does not allow it"
    BLOCK_PUBLIC_ACCESS = "Block Public Access cuts it off"


@dataclass(frozen=True)
class Policy:
    """A document with the name that a learner knows it by: "policy ReadInvoices of role reporting", "bucket policy"."""

    name: str
    document: Document


@dataclass(frozen=True)
class Policies:
    """All that bears on a request.

    `identity`, `boundary` and `session` are the caller's; `resource` the target's, owned by `owner` (account id).
    `resource_decides`: only the resource's side grants (role trust, KMS keys); an identity policy is not enough.
    `restrict_public`: S3's RestrictPublicBuckets bites: none but the owner's account and AWS services get in.
    """

    owner: str
    identity: tuple[Policy, ...] = ()
    resource: tuple[Policy, ...] = ()
    boundary: Document | None = None
    session: Document | None = None
    resource_decides: bool = False
    restrict_public: bool = False


@dataclass(frozen=True)
class Request:
    """`action` "s3:GetObject", `resource` an ARN, `context` what the request carries beside its caller (any case)."""

    principal: Principal
    action: str
    resource: str
    context: Context = field(default_factory=dict, hash=False)

    def keys(self) -> Context:
        """The whole context, names in lower case; what follows from the caller cannot be forged."""
        return {**{name.lower(): value for name, value in self.context.items()}, **self.principal.context()}


@dataclass(frozen=True)
class Decision:
    """The verdict; `statement` and `policy` are those that decided, where one did."""

    allowed: bool
    reason: Reason
    statement: Statement | None = None
    policy: str = ""

    @property
    def sentence(self) -> str:
        """Why, for a learner: "denied by statement “TlsOnly” of the bucket policy"."""
        if self.statement is None:
            return f"{'allowed' if self.allowed else 'denied'}: {self.reason}"
        verb = "allowed" if self.allowed else "denied"
        return f"{verb} by {self.statement.label} of the {self.policy}"


def decide(request: Request, policies: Policies) -> Decision:
    """AWS's answer to the request, from these policies alone."""
    keys = request.keys()
    who = request.principal
    everything: list[Policy] = [*policies.identity, *policies.resource]
    if policies.boundary is not None:
        everything.append(Policy("permissions boundary", policies.boundary))
    if policies.session is not None:
        everything.append(Policy("session policy", policies.session))
    bounded = policies.boundary is not None
    for policy, statement, _ in _matching(request, keys, everything, allow=False, bounded=bounded):
        return Decision(False, Reason.EXPLICIT_DENY, statement, policy.name)

    grants = sorted(
        _matching(request, keys, policies.resource, allow=True), key=lambda one: list(Grant).index(one[2]), reverse=True
    )
    best = grants[0] if grants else None
    own = who.account == policies.owner
    if policies.restrict_public and not own and who.kind != "service":
        return Decision(False, Reason.BLOCK_PUBLIC_ACCESS)
    if who.kind in ("anonymous", "service", "federated"):
        return _by_resource(best) if best else Decision(False, Reason.NO_ALLOW)

    identity = next(_matching(request, keys, policies.identity, allow=True), None)
    limit = _limit(request, keys, policies)
    direct = best is not None and best[2] is not Grant.ACCOUNT
    if own and best is not None and best[2] is Grant.SELF:
        return _by_resource(best)
    if own and who.kind == "root" and (best is not None or not policies.resource_decides):
        return _by_resource(best) if best else Decision(True, Reason.ALLOWED)
    if own and direct and best is not None:
        return limit or _by_resource(best)
    if policies.resource_decides and best is None:
        return Decision(False, Reason.NO_RESOURCE_ALLOW)
    if not own and best is None:
        return Decision(False, Reason.NO_RESOURCE_ALLOW)
    if who.kind == "root":
        return _by_resource(best) if best else Decision(True, Reason.ALLOWED)
    if identity is None:
        return Decision(False, Reason.NO_IDENTITY_ALLOW if best else Reason.NO_ALLOW)
    policy, statement, _ = identity
    return limit or Decision(True, Reason.ALLOWED, statement, policy.name)


def applies(statement: Statement, request: Request, keys: Context) -> bool:
    """Whether action, resource and conditions of a statement cover the request (its principals aside)."""
    return (
        covers_action(statement, request.action)
        and covers_resource(statement, request.resource, keys)
        and all(condition.holds(keys, statement.variables) for condition in statement.conditions)
    )


def covers_action(statement: Statement, action: str) -> bool:
    """Whether Action or NotAction covers the action; case does not count."""
    if statement.actions:
        return any(patterns.matches(one, action, ignore_case=True) for one in statement.actions)
    return not any(patterns.matches(one, action, ignore_case=True) for one in statement.not_actions)


def covers_resource(statement: Statement, resource: str, keys: Context) -> bool:
    """Whether Resource or NotResource covers the ARN."""

    def lookup(name: str) -> str | None:
        value = keys.get(name.lower())
        return value if isinstance(value, str) else None

    variables = lookup if statement.variables else None
    if statement.resources:
        return any(patterns.arn_matches(one, resource, variables) for one in statement.resources)
    return not any(patterns.arn_matches(one, resource, variables) for one in statement.not_resources)


def grant(statement: Statement, who: Principal) -> Grant:
    """How a statement means the caller. An identity policy's statement has no principals: it means its owner."""
    if statement.principals is not None:
        return means(statement.principals, who)
    if statement.not_principals is None:
        return Grant.SELF
    if statement.allow:  # everybody not listed, the anonymous included: why AWS advises against it
        return Grant.EVERYONE if means(statement.not_principals, who) is Grant.NONE else Grant.NONE
    return Grant.NONE if spares(statement.not_principals, who) else Grant.EVERYONE


Match = tuple[Policy, Statement, Grant]


def _matching(
    request: Request, keys: Context, policies: Iterable[Policy], *, allow: bool, bounded: bool = False
) -> Iterator[Match]:
    for policy in policies:
        for statement in policy.document.statements:
            if statement.allow is allow and applies(statement, request, keys):
                how = grant(statement, request.principal)
                if bounded and statement.not_principals is not None:
                    how = Grant.EVERYONE  # AWS: Deny with NotPrincipal always denies a caller with a boundary
                if how is not Grant.NONE:
                    yield policy, statement, how


def _limit(request: Request, keys: Mapping[str, str | tuple[str, ...]], policies: Policies) -> Decision | None:
    for document, reason in ((policies.boundary, Reason.BOUNDARY), (policies.session, Reason.SESSION)):
        if document is not None and not any(_matching(request, keys, [Policy("", document)], allow=True)):
            return Decision(False, reason)
    return None


def _by_resource(match: Match) -> Decision:
    policy, statement, _ = match
    return Decision(True, Reason.ALLOWED, statement, policy.name)
