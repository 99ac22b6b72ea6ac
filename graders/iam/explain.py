"""Why a request is allowed or denied, as a tree: kind of policy, statement, what covers and what does not.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from graders.iam import patterns
from graders.iam.candidates import Value
from graders.iam.conditions import Condition, Context
from graders.iam.document import Document, Statement
from graders.iam.evaluate import (
    Verdict,
    bears,
    covers_action,
    covers_resource,
    evaluate,
    grant,
    matching,
    whole_context,
)
from graders.iam.possible import Possible, spelled
from graders.iam.principals import Grant
from graders.iam.request import Kind, Layer, Policies, Policy, Reason, Request

TITLES = {
    Kind.SERVICE_CONTROL: "service control policies",
    Kind.RESOURCE_CONTROL: "resource control policies",
    Kind.ENDPOINT: "VPC endpoint policy",
    Kind.RESOURCE: "resource policies",
    Kind.IDENTITY: "identity policies",
    Kind.BOUNDARY: "permissions boundary",
    Kind.SESSION: "session policy",
}
# Where an Allow belongs that is missing.
WHERE = {
    Reason.NO_RESOURCE_ALLOW: "the resource's policy, with this caller as its Principal",
    Reason.NO_IDENTITY_ALLOW: "an identity policy of the caller",
    Reason.BOUNDARY: "the permissions boundary",
    Reason.SESSION: "the session policy",
    Reason.SERVICE_CONTROL: "a service control policy of every level",
    Reason.ENDPOINT: "the VPC endpoint's policy",
}


@dataclass(frozen=True)
class StatementSaid:
    """One statement: `matched`, or the sentences why it does not cover the request."""

    policy: str
    label: str
    effect: str
    matched: bool
    why_not: tuple[str, ...] = ()


@dataclass(frozen=True)
class LayerSaid:
    """One kind of policy (one level of service control policies). `verdict`: allows, denies, is silent, has no say."""

    name: str
    verdict: str
    statements: tuple[StatementSaid, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """The tree. `change` is a sentence: what would turn the answer."""

    sentence: str
    layers: tuple[LayerSaid, ...]
    change: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        lines = [f"{self.sentence}."]
        for layer in self.layers:
            lines.append(f"├─ {layer.name}: {layer.verdict}")
            for one in layer.statements:
                why = "matches" if one.matched else "; ".join(one.why_not)
                lines.append(f"│  ├─ {one.effect} {one.label} of the {one.policy}: {why}")
        return "\n".join([*lines, f"└─ {self.change}"])


def explain(request: Request, policies: Policies, possible: Possible) -> Explanation:
    """Look at every statement of every policy that bears on the request."""
    verdict = evaluate(request, policies)
    keys = whole_context(request, policies)
    return Explanation(
        _sentence(request, verdict, possible),
        tuple(
            _layer(layer, request, policies, keys)
            for layer in policies.layers()
            if layer.policies or layer.kind is not Kind.RESOURCE_CONTROL
        ),
        _change(request, policies, keys, verdict, possible),
    )


def mismatches(statement: Statement, request: Request, keys: Context) -> tuple[str, ...]:
    """Why a statement does not cover a request: a sentence without full stop for each element; empty: it does."""
    found = []
    if not covers_action(statement, request.action):
        given = ", ".join(statement.actions or statement.not_actions)
        verb = "does not cover" if statement.actions else "excepts"
        found.append(f"{'Action' if statement.actions else 'NotAction'} {given} {verb} {request.action}")
    if not covers_resource(statement, request.resource, keys):
        given = ", ".join(statement.resources or statement.not_resources)
        verb = "does not cover" if statement.resources else "excepts"
        name = "Resource" if statement.resources else "NotResource"
        found.append(f"{name} {given} {verb} {request.resource}{_near(statement, request)}")
    if grant(statement, request.principal) is Grant.NONE:
        name = "Principal" if statement.principals is not None else "NotPrincipal"
        values = statement.principals if statement.principals is not None else statement.not_principals
        listed = ", ".join(value for _, value in values or ())
        found.append(f"{name} {listed} {'does not mean' if name == 'Principal' else 'excepts'} {request.principal}")
    found += [
        _unmet(condition, keys) for condition in statement.conditions if not condition.holds(keys, statement.variables)
    ]
    return tuple(found)


def _near(statement: Statement, request: Request) -> str:
    """The mistake that everybody makes once: the bucket for its objects, or the objects for their bucket."""
    for one in statement.resources:
        if request.resource.startswith(f"{one}/"):
            return f" (it is the bucket, and {request.action} acts on what is in it: {one}/*)"
        if one.endswith("/*") and one[:-2] == request.resource:
            return f" (it is what is in the bucket, and {request.action} acts on the bucket: {one[:-2]})"
        if patterns.matches(one, request.resource, ignore_case=True):
            return " (upper and lower case count)"
    return ""


def _unmet(condition: Condition, keys: Context) -> str:
    name, value = spelled(condition.key), keys.get(condition.key)
    given = f"is {_said(value)}" if value is not None else "is not in the request"
    return f"Condition {condition.operator} {name} {', '.join(condition.values)} is not met: it {given}"


def _said(value: Value) -> str:
    return "absent" if value is None else value if isinstance(value, str) else "[" + ", ".join(value) + "]"


def _sentence(request: Request, verdict: Verdict, possible: Possible) -> str:
    what = f"{request.principal} → {request.action} on {request.resource}"
    if possible.depends_on:
        return f"{what} depends on {', '.join(possible.depends_on)}"
    if verdict.statement is None:
        return f"{what} is {'allowed' if verdict.allowed else 'denied'}: {verdict.reason}"
    by = f"{verdict.statement.label} of the {verdict.policy}"
    return f"{what} is {'allowed' if verdict.allowed else 'denied'} by {by}"


def _layer(layer: Layer, request: Request, policies: Policies, keys: Context) -> LayerSaid:
    name = TITLES[layer.kind]
    if layer.kind is Kind.SERVICE_CONTROL:
        name += f", level {policies.layers(Kind.SERVICE_CONTROL).index(layer) + 1}"
    if not layer.policies:
        return LayerSaid(name, "there are none")
    if not bears(layer.kind, request, policies):
        return LayerSaid(name, "have no say over this request")
    said = []
    for policy in layer.policies:
        for statement in policy.document.statements:
            why = mismatches(statement, request, keys)
            effect = "Allow" if statement.allow else "Deny"
            said.append(StatementSaid(policy.name, statement.label, effect, not why, why))
    bounded = policies.boundary is not None
    if next(matching(request, keys, layer, allow=False, bounded=bounded), None):
        verdict = "denies"
    elif next(matching(request, keys, layer, allow=True), None):
        verdict = "allows"
    else:
        verdict = "is silent" if layer.kind is not Kind.RESOURCE_CONTROL else "does not deny"
    return LayerSaid(name, verdict, tuple(said))


def _change(request: Request, policies: Policies, keys: Context, verdict: Verdict, possible: Possible) -> str:
    if possible.depends_on and possible.exact:
        allowing = " and ".join(f"{key} is {_said(value)}" for key, value in possible.allowing)
        denying = " and ".join(f"{key} is {_said(value)}" for key, value in possible.denying)
        return f"Allowed, for example, when {allowing}; denied when {denying}."
    if possible.depends_on:
        return f"Tell {', '.join(possible.depends_on)} to get an answer."
    if verdict.allowed:
        return _would_deny(request, policies, verdict)
    if verdict.reason is Reason.EXPLICIT_DENY and verdict.statement is not None:
        return _would_lift(request, policies, keys, verdict.statement, verdict.policy)
    if verdict.reason is Reason.BLOCK_PUBLIC_ACCESS:
        return "Turn RestrictPublicBuckets off, or make the bucket's policy one that is not public."
    near = _nearest(request, policies, keys, verdict)
    if near:
        return near
    place = WHERE.get(verdict.reason, "an identity policy of the caller or in the resource's policy")
    if request.principal.kind in ("anonymous", "service", "federated"):
        place = WHERE[Reason.NO_RESOURCE_ALLOW]
    elif verdict.reason is Reason.NO_ALLOW and policies.resource_decides:
        place = "the resource's policy"
    return f"An Allow for {request.action} on {request.resource} in {place} would change it."


def _would_deny(request: Request, policies: Policies, verdict: Verdict) -> str:
    if verdict.statement is None:
        return "Only an explicit Deny, in a policy that bears on the account, would change it."
    label = f"{verdict.statement.label} of the {verdict.policy}"
    then = evaluate(request, _without(policies, verdict.statement))
    if then.allowed:
        other = f"{then.statement.label} of the {then.policy}" if then.statement else "another rule"
        return f"Without {label} it would still be allowed, by {other}; an explicit Deny would change it."
    return f"Without {label} it would be denied; so it would by an explicit Deny anywhere."


def _would_lift(request: Request, policies: Policies, keys: Context, statement: Statement, policy: str) -> str:
    label = f"{statement.label} of the {policy}"
    then = evaluate(request, _without(policies, statement))
    rest = "it would be allowed" if then.allowed else f"it would still be denied: {_still(then)}"
    if statement.conditions:
        held = " and ".join(
            f"{one.operator} {spelled(one.key)} {', '.join(one.values)}" for one in statement.conditions
        )
        return f"If {label} did not apply (it applies because of {held}), {rest}."
    return f"Without {label} {rest}."


def _still(verdict: Verdict) -> str:
    if verdict.statement is None:
        return str(verdict.reason)
    return f"{verdict.statement.label} of the {verdict.policy} denies it too"


def _nearest(request: Request, policies: Policies, keys: Context, verdict: Verdict) -> str:
    """The Allow with a single element that fails, if with that put right the request would be allowed."""
    for layer in policies.layers():
        for policy in layer.policies:
            for statement in policy.document.statements:
                why = mismatches(statement, request, keys) if statement.allow else ()
                if len(why) == 1 and evaluate(request, _loosened(policies, statement, request, keys)).allowed:
                    return f"{statement.label.capitalize()} of the {policy.name} would allow it, but {why[0]}."
    return ""


def _loosened(policies: Policies, statement: Statement, request: Request, keys: Context) -> Policies:
    met = tuple(one for one in statement.conditions if one.holds(keys, statement.variables))
    changes: dict[str, Any] = {"conditions": met}
    if not covers_action(statement, request.action):
        changes |= {"actions": (request.action,), "not_actions": ()}
    if not covers_resource(statement, request.resource, keys):
        changes |= {"resources": (request.resource,), "not_resources": ()}
    if grant(statement, request.principal) is Grant.NONE:
        who = request.principal
        named = ("Service", who.service) if who.kind == "service" else ("AWS", who.arn or "*")
        changes |= {"principals": (named,), "not_principals": None}
    return _with(policies, statement, replace(statement, **changes))


def _without(policies: Policies, statement: Statement) -> Policies:
    return _with(policies, statement, None)


def _with(policies: Policies, old: Statement, new: Statement | None) -> Policies:
    """The same policies with one statement put in another's place, or taken out."""

    def changed(document: Document) -> Document:
        return Document(document.version, tuple(_swapped(document.statements, old, new)))

    def every(group: tuple[Policy, ...]) -> tuple[Policy, ...]:
        return tuple(Policy(one.name, changed(one.document)) for one in group)

    return replace(
        policies,
        identity=every(policies.identity),
        resource=every(policies.resource),
        boundary=None if policies.boundary is None else changed(policies.boundary),
        session=None if policies.session is None else changed(policies.session),
        service_control=tuple(every(level) for level in policies.service_control),
        resource_control=every(policies.resource_control),
        endpoint=None if policies.endpoint is None else every((policies.endpoint,))[0],
    )


def _swapped(statements: tuple[Statement, ...], old: Statement, new: Statement | None) -> Iterator[Statement]:
    for one in statements:
        if one is not old:
            yield one
        elif new is not None:
            yield new
