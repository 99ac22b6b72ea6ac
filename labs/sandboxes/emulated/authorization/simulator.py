"""IAM's policy simulator, played by the engine that also decides the calls.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from graders.iam import Decision, InvalidPolicy, Policies, Policy, Principal, Request, actions, decide, parse
from graders.iam.document import Document, merged
from graders.iam.evaluate import matching, whole_context
from graders.iam.principals import root
from graders.iam.request import Kind, Reason
from graders.iam.snapshot import Actor
from labs.sandboxes.emulated.authorization import people
from labs.sandboxes.emulated.errors import AwsError

__all__ = ["Asked", "custom", "principal"]

_MOST: Final = 1000  # answers: actions times resources
_TYPES: Final = {Kind.IDENTITY: "IAM Policy", Kind.BOUNDARY: "IAM Policy", Kind.RESOURCE: "Resource Policy"}


@dataclass(frozen=True)
class Asked:
    """What both operations take. Policies are texts; `owner` and `account` are account ids; `context` key and values."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    policies: tuple[str, ...]
    boundaries: tuple[str, ...]
    resource_policy: str
    owner: str
    caller: str
    context: tuple[tuple[str, tuple[str, ...]], ...]
    account: str


def principal(asked: Asked, source: str) -> dict[str, Any]:
    """Answer for a user, group or role of the account, with the policies that are attached to it and those given."""
    actor = _actor(asked.account, source)
    texts = (*actor.identity, *_given(asked.policies, "PolicyInputList"))
    boundary = _boundary(asked) if asked.boundaries else actor.boundary
    caller = _caller(asked) if asked.caller else actor.principal
    return _simulated(asked, caller, texts, boundary)


def custom(asked: Asked) -> dict[str, Any]:
    """Answer for policies that need not be attached to anybody."""
    caller = (
        _caller(asked) if asked.caller else Principal("user", asked.account, f"arn:aws:iam::{asked.account}:user/-")
    )
    return _simulated(asked, caller, _given(asked.policies, "PolicyInputList"), _boundary(asked))


def _simulated(
    asked: Asked, caller: Principal, identity: tuple[Policy, ...], boundary: Document | None
) -> dict[str, Any]:
    if len(asked.actions) * len(asked.resources) > _MOST:
        raise AwsError("InvalidInput", f"At most {_MOST} simulations (actions times resources) at a time.", 400)
    if asked.resource_policy and "*" in asked.resources:
        raise AwsError("InvalidInput", "A resource policy needs resources: name them by ResourceArns.", 400)
    policies = Policies(
        asked.owner or asked.account,
        identity,
        _given((asked.resource_policy,) if asked.resource_policy else (), "ResourcePolicy", "resource"),
        boundary,
    )
    context = {name: values[0] if len(values) == 1 else values for name, values in asked.context}
    found = [
        _result(Request(caller, _known(action), resource, context), policies, asked)
        for action, resource in itertools.product(asked.actions, asked.resources)
    ]
    return {"EvaluationResults": found, "IsTruncated": False}


def _result(request: Request, policies: Policies, asked: Asked) -> dict[str, Any]:
    decision = decide(request, policies)
    verdict = "implicitDeny"
    if decision.allowed:
        verdict = "allowed"
    elif decision.reason is Reason.EXPLICIT_DENY:
        verdict = "explicitDeny"
    found: dict[str, Any] = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": verdict,
        "MatchedStatements": list(_matched(request, policies, decision, asked)),
        "MissingContextValues": list(decision.depends_on),
    }
    if policies.boundary is not None:
        alone = decide(replace(request), Policies(policies.owner, (Policy("boundary", policies.boundary),)))
        found["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": alone.allowed}
    return found


def _matched(request: Request, policies: Policies, decision: Decision, asked: Asked) -> Iterator[dict[str, Any]]:
    keys = whole_context(request, policies)
    denied = decision.reason is Reason.EXPLICIT_DENY
    for kind in (Kind.IDENTITY, Kind.RESOURCE) if not denied else (Kind.IDENTITY, Kind.RESOURCE, Kind.BOUNDARY):
        for layer in policies.layers(kind):
            for policy, statement, _ in matching(request, keys, layer, allow=not denied):
                entry: dict[str, Any] = {"SourcePolicyId": policy.name, "SourcePolicyType": _TYPES[kind]}
                text = _text_of(policy.name, asked)
                if span := _span(text, statement.index):
                    entry["StartPosition"], entry["EndPosition"] = span
                yield entry


def _text_of(name: str, asked: Asked) -> str:
    kind, _, number = name.partition(".")
    if kind == "PolicyInputList":
        return asked.policies[int(number) - 1]
    return asked.resource_policy if kind == "ResourcePolicy" else ""


def _span(text: str, index: int) -> tuple[dict[str, int], dict[str, int]] | None:
    """Return where the statement of that index begins and ends in a policy's text: line and column from 1."""
    start = text.find("[", text.find('"Statement"'))
    if not text or start < 0 or text.find('"Statement"') < 0:
        return None
    decoder, place = json.JSONDecoder(), start + 1
    for number in itertools.count():
        while place < len(text) and text[place] in " \t\r\n,":
            place += 1
        try:
            _, end = decoder.raw_decode(text, place)
        except ValueError:
            return None
        if number == index:
            return _place(text, place), _place(text, end)
        place = end
    return None


def _place(text: str, offset: int) -> dict[str, int]:
    before = text[:offset]
    return {"Line": before.count("\n") + 1, "Column": offset - before.rfind("\n")}


def _given(texts: tuple[str, ...], name: str, kind: str = "identity") -> tuple[Policy, ...]:
    found = []
    for number, text in enumerate(texts, 1):
        try:
            found.append(Policy(f"{name}.{number}", parse(text, kind)))  # type: ignore[arg-type]
        except InvalidPolicy as error:
            raise AwsError("InvalidInput", f"Invalid Policy Input: {error.reasons[0]}", 400) from error
    return tuple(found)


def _boundary(asked: Asked) -> Document | None:
    given = _given(asked.boundaries, "PermissionsBoundaryPolicyInputList")
    return merged(*(each.document for each in given)) if given else None


def _known(action: str) -> str:
    try:
        return actions.find(action).name
    except actions.UnknownAction as error:
        if ":" not in action:
            raise AwsError("InvalidInput", f"Invalid Entity Name: {action}", 400) from error
        return action  # a service that we have no list of


def _actor(account: str, arn: str) -> Actor:
    """Return the principal with its policies. Raises AwsError NoSuchEntity."""
    kind, _, path = arn.partition(f"arn:aws:iam::{account}:")[2].partition("/")
    name = path.rpartition("/")[2]
    try:
        if kind == "user":
            return people.user(account, name)
        if kind == "role":
            return people.role(account, name)
        if kind == "group":
            return people.group(account, name)
    except (KeyError, StopIteration):
        pass
    raise AwsError("NoSuchEntity", f"The entity {arn} cannot be found.", 404)


def _caller(asked: Asked) -> Principal:
    """CallerArn must be a user, here as in AWS."""
    owner = asked.caller.split(":")[4] if asked.caller.count(":") >= 5 else ""
    if asked.caller.endswith(":root"):
        return root(owner)
    if ":user/" not in asked.caller:
        raise AwsError("InvalidInput", "CallerArn must be the ARN of an IAM user.", 400)
    if owner == asked.account:
        return _actor(owner, asked.caller).principal
    return Principal("user", owner, asked.caller)
