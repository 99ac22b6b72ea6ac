"""AWS services as callers: for whom they act, and policies that let them act for anybody.

https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graders.iam.candidates import read_keys
from graders.iam.decide import Decision, decide
from graders.iam.patterns import instance
from graders.iam.principals import Principal
from graders.iam.request import Policies, Policy, Request
from graders.iam.snapshot import Actor

ANOTHER_ACCOUNT = "999999999999"
ANY_SERVICE = Principal("service", service="zz-other.amazonaws.com", said="any AWS service")
# The services that set aws:SourceOwner when they publish to a topic, and so get past the policy that a topic is born
# with; all others (S3, EventBridge, Budgets …) set aws:SourceArn and aws:SourceAccount only.
# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html#source-account-versus-source-owner
TELL_THE_OWNER = frozenset(
    f"{name}.amazonaws.com"
    for name in (
        "apigateway", "cloudwatch", "codecommit", "devops-guru", "ds", "elasticache", "events.rds", "gamelift", "lambda",
        "rds", "redshift", "sms-voice", "ssm-incidents",
    )
)  # fmt: skip


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
        "aws:SourceOwner": account if action.lower().startswith("sns:") and service in TELL_THE_OWNER else "",
        "aws:SourceOrgID": organization,
    }
    context = {name: value for name, value in told.items() if value}
    return Request(Principal("service", service=service), action, resource, {**context, "aws:SecureTransport": "true"})


def named_services(policies: Iterable[Policy]) -> list[Actor]:
    """The AWS services that the policies name as principals, and one that they do not."""
    statements = [one for policy in policies for one in policy.document.statements]
    principals = [pair for one in statements for pair in (*(one.principals or ()), *(one.not_principals or ()))]
    named = dict.fromkeys(value for kind, value in principals if kind == "Service")
    return [*(Actor(Principal("service", service=name)) for name in named), Actor(ANY_SERVICE)]


def deputies(
    policies: Policies, action: str, resource: str, accounts: Sequence[str] = (ANOTHER_ACCOUNT,)
) -> list[tuple[str, Decision]]:
    """Of `named_services` those that may act for another account, one of `accounts`: (service, decision that shows it).

    A service that never acts for a customer's resource (ec2.amazonaws.com in a trust policy, say) is named as well:
    whether that matters is for the caller to judge.
    """
    found = []
    for actor in named_services(policies.resource):
        who = actor.principal
        calls = (one for number in accounts for one in _foreign_calls(who.service, number, action, resource, policies))
        decision = next((one for one in (decide(call, policies) for call in calls) if one.allowed), None)
        if decision is not None:
            found.append((who.said or who.service, decision))
    return found


def _foreign_calls(service: str, number: str, action: str, resource: str, policies: Policies) -> Iterable[Request]:
    """Calls for resources of the account `number`: under each ARN that a pattern of the policies leaves open, and any.

    An ARN that a policy spells out is its author's own, though that of a bucket does not say whose it is.
    """
    statements = [one for policy in policies.resource for one in policy.document.statements]
    conditions = read_keys(statements).get("aws:sourcearn", [])
    kind = service.partition(".")[0]
    arns = [f"arn:aws:{kind}:us-east-1:{number}:x", f"arn:aws:{kind}:::x"]
    for value in (one for condition in conditions for one in condition.values):
        parts = value.split(":", 5)
        if len(parts) > 4 and ("*" in parts[4] or parts[4] == number or (parts[4] == "" and "*" in value)):
            parts[4] = parts[4] and number
            arns.append(instance(":".join(parts)))
        elif len(parts) <= 4:
            arns.append(":".join([*instance(value).split(":"), "", "", "", "", ""][:4]) + f":{number}:x")
    return [as_service(service, action, resource, source_arn=arn, source_account=number) for arn in arns]
