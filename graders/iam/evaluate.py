"""The evaluation logic itself: one concrete request, two answers.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from graders.iam import patterns
from graders.iam.conditions import Context, lookup_in
from graders.iam.document import Statement
from graders.iam.principals import Grant, Principal, means, spares
from graders.iam.request import Kind, Layer, Policies, Policy, Reason, Request

# Services whose resources a resource control policy can guard.
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
UNDER_RESOURCE_CONTROL = (
    "s3", "sts", "kms", "sqs", "secretsmanager", "ecr", "aoss", "cognito-identity", "cognito-idp", "logs"
)  # fmt: skip
ORGANIZATION = (Kind.SERVICE_CONTROL, Kind.RESOURCE_CONTROL)  # the kinds that spare some callers
LIMITS = {
    Kind.SERVICE_CONTROL: Reason.SERVICE_CONTROL,
    Kind.ENDPOINT: Reason.ENDPOINT,
    Kind.BOUNDARY: Reason.BOUNDARY,
    Kind.SESSION: Reason.SESSION,
}


class Verdict(NamedTuple):
    """The reason; the statement, the name of its policy and their kind that decided, where one did."""

    reason: Reason
    statement: Statement | None = None
    policy: str = ""
    kind: Kind | None = None

    @property
    def allowed(self) -> bool:
        return self.reason is Reason.ALLOWED


def evaluate(request: Request, policies: Policies) -> Verdict:
    """AWS's answer to the request, from these policies alone. A key that the request does not carry is absent."""
    keys = whole_context(request, policies)
    bounded = policies.boundary is not None
    exempt = [kind for kind in ORGANIZATION if not bears(kind, request, policies)]
    for layer in policies.layers():
        if layer.kind in exempt:
            continue
        for policy, statement, _ in matching(request, keys, layer, allow=False, bounded=bounded):
            return Verdict(Reason.EXPLICIT_DENY, statement, policy.name, layer.kind)

    def verdict(reason: Reason, match: Match | None = None) -> Verdict:
        return Verdict(reason, match[1], match[0].name) if match else Verdict(reason)

    def beyond(*kinds: Kind) -> Verdict | None:
        for layer in policies.layers(*kinds):
            if layer.kind not in exempt and next(matching(request, keys, layer, allow=True), None) is None:
                return Verdict(LIMITS[layer.kind], kind=layer.kind)
        return None

    def limited() -> Verdict | None:
        if request.principal.kind == "federated-user" and policies.session is None:
            return Verdict(Reason.SESSION, kind=Kind.SESSION)  # without a session policy it has no rights of its own
        return beyond(Kind.BOUNDARY, Kind.SESSION)

    if outside := beyond(Kind.SERVICE_CONTROL, Kind.ENDPOINT):
        return outside
    who = request.principal
    own = who.account == policies.owner
    if policies.restrict_public and not own and who.kind != "service":
        return verdict(Reason.BLOCK_PUBLIC_ACCESS)
    best = strongest(request, keys, policies)
    how = best[2] if best else Grant.NONE
    # A role's trust policy decides who becomes it; what is done to the role itself (iam:…) is up to identity policies.
    decides = policies.resource_decides and not request.action.lower().startswith("iam:")
    if who.kind in ("anonymous", "service", "federated"):
        return verdict(Reason.ALLOWED if best else Reason.NO_ALLOW, best)
    if own and how is Grant.SELF:
        return verdict(Reason.ALLOWED, best)
    if own and who.kind == "root" and (best or not decides):
        return verdict(Reason.ALLOWED, best)
    if own and how in (Grant.EVERYONE, Grant.ROLE):
        return limited() or verdict(Reason.ALLOWED, best)
    if best is None and (decides or not own):
        return verdict(Reason.NO_RESOURCE_ALLOW)
    if who.kind == "root":
        return verdict(Reason.ALLOWED, best)
    identity = next(matching(request, keys, policies.layers(Kind.IDENTITY)[0], allow=True), None)
    if identity is None:
        return verdict(Reason.NO_IDENTITY_ALLOW if best else Reason.NO_ALLOW)
    return limited() or verdict(Reason.ALLOWED, identity)


def bears(kind: Kind, request: Request, policies: Policies) -> bool:
    """Whether a kind of policy has a say over this caller and this service at all.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
    """
    who = request.principal
    if kind is Kind.SERVICE_CONTROL:
        member = bool(who.account) and who.account != policies.management
        return member and who.kind in ("user", "role", "root", "federated-user") and not who.service_linked
    if kind is Kind.RESOURCE_CONTROL:
        service = request.action.partition(":")[0].lower()
        guarded = service in UNDER_RESOURCE_CONTROL and policies.owner != policies.management
        return guarded and not who.service_linked
    return True


def whole_context(request: Request, policies: Policies) -> Context:
    """The request's keys and those that follow from the resource and from the caller's organization."""
    keys = request.keys()
    organization, path = policies.caller_in
    if organization:
        keys = {"aws:principalorgid": organization, "aws:principalorgpaths": (path,), **keys}
    return keys if "aws:resourceaccount" in keys else {**keys, "aws:resourceaccount": policies.owner}


def strongest(request: Request, keys: Context, policies: Policies) -> Match | None:
    """The statement of the resource's policies that grants most directly, the first of its kind."""
    best = None
    for match in matching(request, keys, policies.layers(Kind.RESOURCE)[0], allow=True):
        if best is None or STRENGTH[match[2]] > STRENGTH[best[2]]:
            best = match
    return best


def applies(statement: Statement, request: Request, keys: Context) -> bool:
    """Whether action, resource and conditions of a statement cover the request (its principals aside)."""
    return covers_action(statement, request.action) and _applies(statement, request, keys)


def _applies(statement: Statement, request: Request, keys: Context) -> bool:
    return covers_resource(statement, request.resource, keys) and all(
        condition.holds(keys, statement.variables) for condition in statement.conditions
    )


def covers_action(statement: Statement, action: str) -> bool:
    """Whether Action or NotAction covers the action; case does not count."""
    name = action.lower()
    return any(test(name) for test in statement.action_tests) is bool(statement.actions)


def covers_resource(statement: Statement, resource: str, keys: Context) -> bool:
    """Whether Resource or NotResource covers the ARN."""
    tests, late = statement.resource_tests
    covered = any(test(resource) for test in tests)
    if late and not covered:
        lookup = lookup_in(keys)
        covered = any(patterns.arn_matches(one, resource, lookup) for one in late)
    return covered is bool(statement.resources)


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
STRENGTH = {grant: place for place, grant in enumerate(Grant)}


def matching(request: Request, keys: Context, layer: Layer, *, allow: bool, bounded: bool = False) -> Iterator[Match]:
    """The statements of a layer that cover the request, of one effect; `bounded`: the caller has a boundary."""
    for policy in layer.policies:
        for statement in policy.document.about(request.action, allow):
            if _applies(statement, request, keys):
                how = grant(statement, request.principal)
                if bounded and statement.not_principals is not None:
                    how = Grant.EVERYONE  # AWS: Deny with NotPrincipal always denies a caller with a boundary
                if how is not Grant.NONE:
                    yield policy, statement, how
