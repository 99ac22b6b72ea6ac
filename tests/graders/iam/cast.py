"""The people and the shorthand of the worked cases."""

import json

from graders.iam import Policies, Policy, Principal, Request, decide, parse

OURS, THEIRS, MANAGEMENT = "111122223333", "444455556666", "999900001111"
ALICE = Principal("user", OURS, f"arn:aws:iam::{OURS}:user/alice", unique_id="AIDAALICE123", organization="o-ours")
ROLE = Principal(
    "role", OURS, f"arn:aws:iam::{OURS}:role/team/app", "run1", unique_id="AROAAPP12345", tags={"team": "blue"}
)
BOB = Principal("user", THEIRS, f"arn:aws:iam::{THEIRS}:user/bob")
SNS = Principal("service", service="sns.amazonaws.com")
LINKED = Principal(
    "role", OURS, f"arn:aws:iam::{OURS}:role/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForELB", "s"
)  # fmt: skip
OBJECT = "arn:aws:s3:::acme/q1.csv"
KEY = f"arn:aws:kms:eu-west-1:{OURS}:key/1234abcd"


def document(*statements, kind="identity", version="2012-10-17"):
    return parse(json.dumps({"Version": version, "Statement": list(statements)}), kind)


def say(effect="Allow", action="s3:GetObject", resource="arn:aws:s3:::acme/*", principal=None, condition=None, **more):
    found = {"Effect": effect, "Action": action, "Resource": resource, **more}
    if principal:
        found["Principal"] = principal
    if condition:
        found["Condition"] = condition
    return {key: value for key, value in found.items() if value is not None}


def trust(principal, action="sts:AssumeRole", condition=None, effect="Allow"):
    return say(effect, action, None, principal, condition)


def policy(name, *statements, kind="identity"):
    return Policy(name, document(*statements, kind=kind))


def ask(
    who=ALICE, identity=(), resource=(), boundary=None, session=None, scp=(), rcp=(), endpoint=None,
    action="s3:GetObject", arn=OBJECT, context=None, owner=OURS, **rest,
):  # fmt: skip
    """Decide. `scp`: a list of levels, each a list of statements; the others are lists of statements."""
    policies = Policies(
        owner,
        (policy("identity policy", *identity),) if identity else (),
        (policy("resource policy", *resource, kind="resource"),) if resource else (),
        document(*boundary) if boundary is not None else None,
        document(*session) if session is not None else None,
        service_control=tuple((policy(f"SCP {n + 1}", *level),) if level else () for n, level in enumerate(scp)),
        resource_control=(policy("RCP", *rcp, kind="resource"),) if rcp else (),
        endpoint=policy("endpoint policy", *endpoint, kind="resource") if endpoint is not None else None,
        **rest,
    )
    return decide(Request(who, action, arn, context or {}), policies)
