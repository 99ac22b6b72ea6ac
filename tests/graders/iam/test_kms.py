"""Keys: the policy decides, the root statement delegates, grants add."""

from dataclasses import replace

import pytest

from graders.iam import Request, decide
from graders.iam.kms import KeyGrant, key_policies, locks_out, usable
from graders.iam.principals import root
from tests.graders.iam.cast import ALICE, BOB, KEY, OURS, ROLE, SNS, THEIRS, document, policy, say

DECRYPT = say(action="kms:Decrypt", resource=KEY)
DELEGATES = say(action="kms:*", resource="*", principal={"AWS": f"arn:aws:iam::{OURS}:root"})
NAMED = say(action="kms:Decrypt", resource="*", principal={"AWS": ALICE.arn})
ADMIN = say(action=["kms:Put*", "kms:Create*", "kms:Describe*"], resource="*", principal={"AWS": ROLE.arn})
# The policy of an AWS managed key: everybody in the account, through the one service.
MANAGED = say(
    action=["kms:Decrypt", "kms:GenerateDataKey*"], resource="*", principal={"AWS": "*"},
    condition={"StringEquals": {"kms:CallerAccount": OURS, "kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
)  # fmt: skip
THROUGH_S3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
CONTEXT = {"kms:EncryptionContext:dept": "it", "kms:EncryptionContextKeys": ("dept",)}
WIDER = {**CONTEXT, "kms:EncryptionContext:x": "1", "kms:EncryptionContextKeys": ("dept", "x")}


def to(who, *operations, **more):
    return [KeyGrant(who.service or who.arn, operations, **more)]


# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
# https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
# https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
CASES = {
    "IAM alone opens no key": (False, ALICE, [DECRYPT], [ADMIN], [], {}),
    "the root statement lets IAM decide": (True, ALICE, [DECRYPT], [DELEGATES], [], {}),
    "the root statement alone opens nothing": (False, ALICE, [], [DELEGATES], [], {}),
    "a user by name needs no IAM policy": (True, ALICE, [], [NAMED], [], {}),
    "an IAM deny beats the key policy": (False, ALICE, [say("Deny", "kms:*", "*")], [NAMED], [], {}),
    "a key policy's deny beats IAM": (
        False, ALICE, [DECRYPT], [DELEGATES, say("Deny", "kms:Decrypt", "*", {"AWS": ALICE.arn})], [], {}),
    "the root user without a statement": (False, root(OURS), [], [ADMIN], [], {}),
    "the root user with the root statement": (True, root(OURS), [], [DELEGATES], [], {}),
    "an administrator of the key does not use it": (False, ROLE, [], [ADMIN], [], {}),
    "another account, both sides": (
        True, BOB, [DECRYPT], [say(action="kms:Decrypt", resource="*", principal={"AWS": THEIRS})], [], {}),
    "another account, only the key policy": (
        False, BOB, [], [say(action="kms:Decrypt", resource="*", principal={"AWS": BOB.arn})], [], {}),
    "another account, only IAM": (False, BOB, [DECRYPT], [DELEGATES], [], {}),
    "an AWS managed key through its service": (True, ALICE, [], [MANAGED], [], THROUGH_S3),
    "an AWS managed key directly": (False, ALICE, [], [MANAGED], [], {}),
    "an AWS managed key through another service": (
        False, ALICE, [], [MANAGED], [], {"kms:ViaService": "sqs.eu-west-1.amazonaws.com"}),
    "an AWS managed key from another account": (False, BOB, [DECRYPT], [MANAGED], [], THROUGH_S3),
    "a grant to a user": (True, ALICE, [], [DELEGATES], to(ALICE, "Decrypt"), {}),
    "a grant for another operation": (False, ALICE, [], [DELEGATES], to(ALICE, "Encrypt"), {}),
    "a grant to another": (False, ALICE, [], [DELEGATES], to(ROLE, "Decrypt"), {}),
    "a grant to a role": (True, ROLE, [], [ADMIN], to(ROLE, "Decrypt", grant_id="g"), {}),
    "a grant to a service": (True, SNS, [], [ADMIN], to(SNS, "Decrypt"), {}),
    "a deny beats a grant": (
        False, ALICE, [say("Deny", "kms:Decrypt", "*")], [DELEGATES], to(ALICE, "Decrypt"), {}),
    "a grant with its encryption context": (
        True, ALICE, [], [ADMIN], to(ALICE, "Decrypt", equals={"dept": "it"}), CONTEXT),
    "a grant with another encryption context": (
        False, ALICE, [], [ADMIN], to(ALICE, "Decrypt", equals={"dept": "hr"}), CONTEXT),
    "a grant without the encryption context": (False, ALICE, [], [ADMIN], to(ALICE, "Decrypt", equals={"dept": "it"}), {}),
    "exactly this context: more is too much": (
        False, ALICE, [], [ADMIN], to(ALICE, "Decrypt", equals={"dept": "it"}), WIDER),
    "at least this context: more is fine": (
        True, ALICE, [], [ADMIN], to(ALICE, "Decrypt", subset={"dept": "it"}), WIDER),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_case_of_the_documentation(name):
    allowed, who, identity, key, grants, context = CASES[name]
    brought = key_policies(OURS, KEY, document(*key, kind="resource"), grants)
    policies = replace(brought, identity=(policy("identity policy", *identity),) if identity else ())
    decision = decide(Request(who, "kms:Decrypt", KEY, context), policies)
    assert decision.allowed is allowed, decision.explanation


def test_a_grant_is_read_as_list_grants_gives_it():
    entry = {
        "GranteePrincipal": ALICE.arn,
        "Operations": ["Decrypt"],
        "GrantId": "0c23",
        "Constraints": {"EncryptionContextSubset": {"dept": "it"}},
    }
    assert KeyGrant.of(entry) == KeyGrant(ALICE.arn, ("Decrypt",), "0c23", {}, {"dept": "it"})


# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
def test_a_policy_that_nobody_may_change_again_is_known():
    assert locks_out(document(NAMED, kind="resource"), OURS)
    assert not locks_out(document(DELEGATES, kind="resource"), OURS)
    assert not locks_out(document(ADMIN, kind="resource"), OURS)


# https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion", "PendingImport"])
def test_a_key_out_of_use_is_only_managed(state):
    assert not usable(state, "kms:Decrypt")
    assert usable(state, "kms:DescribeKey")
    assert usable("Enabled", "kms:Decrypt")
