"""Searches try what a caller could send, and nothing else."""

import pytest

from graders.iam import ANONYMOUS
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target, witnesses
from tests.graders.iam.cast import ALICE, KEY, OURS, policy, say

OBJECT = "arn:aws:s3:::acme/q1.csv"


def tried(condition, *, who=ANONYMOUS, key):
    """The values of a key under which somebody reads an object, a policy allowing it unless the condition holds."""
    held = (
        policy("bucket policy", say(principal="*"), say("Deny", principal="*", condition=condition), kind="resource"),
    )
    found = witnesses(Target(OURS, held), [Actor(who)], ["s3:GetObject"], [OBJECT])
    return {one.request.keys().get(key.lower()) for one in found}


@pytest.mark.parametrize("operator", ["Bool", "BoolIfExists"])
def test_a_second_factor_is_there_or_not(operator):
    values = tried({operator: {"aws:MultiFactorAuthPresent": "true"}}, who=ALICE, key="aws:MultiFactorAuthPresent")
    assert "zz-other" not in values
    assert "false" in values or None in values


def test_a_literal_of_null_is_no_value():
    assert tried({"Null": {"aws:PrincipalTag/team": "true"}}, who=ALICE, key="aws:PrincipalTag/team") == set()
    assert tried({"Null": {"s3:x-amz-acl": "true"}}, who=ALICE, key="s3:x-amz-acl") == {"zz-other"}


# https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
def test_who_does_not_sign_has_no_account():
    to_account = say(
        action="kms:*", resource="*", principal="*", condition={"StringEquals": {"kms:CallerAccount": OURS}}
    )
    target = Target(OURS, (policy("key policy", to_account, kind="resource"),), resource_decides=True)
    found = list(witnesses(target, [Actor(ANONYMOUS), Actor(ALICE)], ["kms:Decrypt"], [KEY]))
    assert {one.request.principal for one in found} == {ALICE}
