"""The examples of https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""

import pytest

from graders.iam import ANONYMOUS
from graders.iam.denial import message
from tests.graders.iam.cast import ALICE, BOB, OURS, ROLE, ask, say

FULL = say(action="*", resource="*")
LIST = {"action": "codecommit:ListRepositories", "arn": "*"}
GRANTED = [say(action="codecommit:*", resource="*")]
DENY = say("Deny", action="codecommit:ListDeployments", resource="*")
DENIED = {"action": "codecommit:ListDeployments", "arn": "*", "identity": GRANTED}
WHO = f"User: arn:aws:iam::{OURS}:user/alice is not authorized to perform: codecommit:"
CASES = {
    "no service control policy": (
        {**LIST, "identity": GRANTED, "scp": [[say()]]},
        f"{WHO}ListRepositories because no service control policy allows the codecommit:ListRepositories action"),
    "a service control policy": (
        {**DENIED, "scp": [[FULL, DENY]]}, f"{WHO}ListDeployments with an explicit deny in a service control policy"),
    "no VPC endpoint policy": (
        {**LIST, "identity": GRANTED, "endpoint": [say(principal="*")]},
        f"{WHO}ListRepositories because no VPC endpoint policy allows the codecommit:ListRepositories action"),
    "a VPC endpoint policy": (
        {**DENIED, "endpoint": [{**DENY, "Principal": "*"}]},
        f"{WHO}ListDeployments with an explicit deny in a VPC endpoint policy"),
    "no permissions boundary": (
        {**LIST, "identity": GRANTED, "boundary": [say()]},
        f"{WHO}ListRepositories because no permissions boundary allows the codecommit:ListRepositories action"),
    "a permissions boundary": (
        {**DENIED, "boundary": [FULL, DENY]}, f"{WHO}ListDeployments with an explicit deny in a permissions boundary"),
    "no session policy": (
        {**LIST, "identity": GRANTED, "session": [say()]},
        f"{WHO}ListRepositories because no session policy allows the codecommit:ListRepositories action"),
    "a session policy": (
        {**DENIED, "session": [FULL, DENY]}, f"{WHO}ListDeployments with an explicit deny in a session policy"),
    "no identity-based policy": (
        LIST, f"{WHO}ListRepositories because no identity-based policy allows the codecommit:ListRepositories action"),
    "an identity-based policy": (
        {**DENIED, "identity": [*GRANTED, DENY]},
        f"{WHO}ListDeployments with an explicit deny in an identity-based policy"),
    "a resource-based policy": (
        {**DENIED, "resource": [{**DENY, "Principal": "*"}]},
        f"{WHO}ListDeployments with an explicit deny in a resource-based policy"),
    "no resource-based policy, across accounts": (
        {"who": BOB, "identity": [say()]},
        f'User: {BOB.arn} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::acme/q1.csv" '
        "because no resource-based policy allows the s3:GetObject action"),
    "a role by its session": (
        {"who": ROLE, "action": "sns:Publish", "arn": f"arn:aws:sns:eu-west-1:{OURS}:out"},
        f"User: arn:aws:sts::{OURS}:assumed-role/app/run1 is not authorized to perform: sns:Publish on resource: "
        f"arn:aws:sns:eu-west-1:{OURS}:out because no identity-based policy allows the sns:Publish action"),
    "a trust policy": (
        {"action": "sts:AssumeRole", "arn": ROLE.arn, "resource_decides": True,
         "resource": [say("Deny", "sts:AssumeRole", "*", "*")]},
        f"User: {ALICE.arn} is not authorized to perform: sts:AssumeRole on resource: {ROLE.arn} "
        "with an explicit deny in a role trust policy"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_aws_says_it_so(name):
    question, words = CASES[name]
    assert message(ask(**question)) == words


def test_the_anonymous_have_no_identity_policy_to_miss():
    assert message(ask(ANONYMOUS)).endswith("because no resource-based policy allows the s3:GetObject action")


def test_what_is_allowed_has_no_such_message():
    with pytest.raises(ValueError, match="refusal"):
        message(ask(identity=[say()]))
