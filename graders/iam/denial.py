"""AWS's own words for a refusal.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from graders.iam.decide import Decision
from graders.iam.principals import Principal
from graders.iam.request import Kind, Reason

NAMES = {
    Kind.SERVICE_CONTROL: "service control policy",
    Kind.RESOURCE_CONTROL: "resource control policy",
    Kind.ENDPOINT: "VPC endpoint policy",
    Kind.RESOURCE: "resource-based policy",
    Kind.IDENTITY: "identity-based policy",
    Kind.BOUNDARY: "permissions boundary",
    Kind.SESSION: "session policy",
}
MISSING = {
    Reason.NO_ALLOW: Kind.IDENTITY,
    Reason.NO_IDENTITY_ALLOW: Kind.IDENTITY,
    Reason.NO_RESOURCE_ALLOW: Kind.RESOURCE,
}


def message(decision: Decision) -> str:
    """The text of AccessDenied for a decision of `decide` that refuses; raises ValueError for one that allows."""
    if decision.allowed or decision.asked is None:
        raise ValueError("Only a refusal made by decide() has such a message.")
    request, _ = decision.asked
    said = f"User: {caller(request.principal)} is not authorized to perform: {request.action}"
    if request.resource not in ("", "*"):
        said += f" on resource: {_quoted(request.resource, request.action)}"
    if decision.reason is Reason.EXPLICIT_DENY and decision.kind is not None:
        name = NAMES[decision.kind]
        if request.action.startswith("sts:AssumeRole") and decision.kind is Kind.RESOURCE:
            name = "role trust policy"
        return f"{said} with an explicit deny in {'an' if name[0] in 'aeiou' else 'a'} {name}"
    kind = decision.kind or MISSING.get(decision.reason)
    if kind is Kind.IDENTITY and request.principal.kind in ("anonymous", "service", "federated"):
        kind = Kind.RESOURCE
    if kind is None:
        return said
    return f"{said} because no {NAMES[kind]} allows the {request.action} action"


def caller(who: Principal) -> str:
    """How AWS names the one who asks: a role's session by its session ARN."""
    if who.kind == "role":
        return who.session_arn
    return who.arn or who.service or "anonymous"


def _quoted(resource: str, action: str) -> str:
    """S3 and SNS put the ARN as it is, S3 in quotes."""
    return f'"{resource}"' if action.startswith("s3:") else resource
