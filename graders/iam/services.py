"""AWS services as callers: for whom they act, and policies that let them act for anybody.

https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable

from graders.iam.candidates import read_keys
from graders.iam.decide import Decision, decide
from graders.iam.patterns import instance
from graders.iam.principals import Principal
from graders.iam.request import Policies, Request

ANOTHER_ACCOUNT = "999999999999"


def as_service(
    service: str, action: str, resource: str, *, source_arn: str = "", source_account: str = "", organization: str = ""
) -> Request:
    """A call that a service ("sns.amazonaws.com") makes for a resource: the one that `source_arn` names.

    The account follows from the ARN where it holds one. A service that gives neither sets neither key.
    """
    account = source_account or (source_arn.split(":")[4] if source_arn.count(":") >= 5 else "")
    told = {
        "aws:SourceArn": source_arn,
        "aws:SourceAccount": account,
        "aws:SourceOwner": account,
        "aws:SourceOrgID": organization,
    }
    context = {name: value for name, value in told.items() if value}
    return Request(Principal("service", service=service), action, resource, {**context, "aws:SecureTransport": "true"})


def deputies(policies: Policies, action: str, resource: str) -> list[tuple[str, Decision]]:
    """Services that the resource's policies let act for another account: (service, decision that shows it).

    A service that never acts for a customer's resource (ec2.amazonaws.com in a trust policy, say) is named as well:
    whether that matters is for the caller to judge.
    """
    found = []
    for service in _services(policies):
        for request in _foreign_calls(service, action, resource, policies):
            decision = decide(request, policies)
            if decision.allowed:
                found.append((service, decision))
                break
    return found


def _services(policies: Policies) -> list[str]:
    names = (
        value
        for policy in policies.resource
        for statement in policy.document.statements
        if statement.allow
        for kind, value in statement.principals or ()
        if kind == "Service"
    )
    return list(dict.fromkeys(names))


def _foreign_calls(service: str, action: str, resource: str, policies: Policies) -> Iterable[Request]:
    """Calls for another account's resources: under each ARN that a pattern of the policies leaves open, and any."""
    statements = [one for policy in policies.resource for one in policy.document.statements]
    conditions = read_keys(statements).get("aws:sourcearn", [])
    kind = service.partition(".")[0]
    arns = [f"arn:aws:{kind}:us-east-1:{ANOTHER_ACCOUNT}:x", f"arn:aws:{kind}:::x"]
    for value in (one for condition in conditions for one in condition.values):
        parts = value.split(":", 5)
        if len(parts) > 4 and ("*" in parts[4] or parts[4] == ""):
            parts[4] = parts[4] and ANOTHER_ACCOUNT
            arns.append(instance(":".join(parts)))
        elif len(parts) <= 4:
            arns.append(":".join([*instance(value).split(":"), "", "", "", "", ""][:4]) + f":{ANOTHER_ACCOUNT}:x")
    return [as_service(service, action, resource, source_arn=arn, source_account=ANOTHER_ACCOUNT) for arn in arns]
