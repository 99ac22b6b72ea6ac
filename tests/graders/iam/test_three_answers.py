"""Allowed, denied, or depends on keys that the request does not carry; and why, as a tree."""

import pytest

from graders.iam import ANONYMOUS, Decision, Reason
from graders.iam.decide import Answer
from tests.graders.iam.cast import ALICE, BOB, OURS, ROLE, SNS, ask, say

EVERYBODY = say(principal="*")
PLAIN = {"Bool": {"aws:SecureTransport": "false"}}
NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
HOME = say(resource="arn:aws:s3:::acme/${s3:prefix}/*")

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
CASES = {
    "nothing is open": ("denied", (), {}),
    "an allow without condition": ("allowed", (), {"identity": [say()]}),
    "an allow over TLS": (
        "depends on", ("aws:SecureTransport",), {"identity": [say(condition={"Bool": {"aws:SecureTransport": "true"}})]},
    ),
    "an allow over TLS, asked over TLS": (
        "allowed", (),
        {"identity": [say(condition={"Bool": {"aws:SecureTransport": "true"}})], "context": {"aws:SecureTransport": "true"}},
    ),
    "a deny of plain http": (
        "depends on", ("aws:SecureTransport",), {"identity": [say(), say("Deny", condition=PLAIN)]},
    ),
    "a deny of plain http for what nobody allows": ("denied", (), {"identity": [say("Deny", condition=PLAIN)]}),
    "a deny without condition makes the rest idle": (
        "denied", (), {"identity": [say(condition=NO_MFA), say("Deny")]},
    ),
    "an allow without condition makes a conditional one idle": (
        "allowed", (), {"identity": [say(), say(condition={"Bool": {"aws:SecureTransport": "true"}})]},
    ),
    "a deny without MFA": (
        "depends on", ("aws:MultiFactorAuthPresent",), {"identity": [say(), say("Deny", condition=NO_MFA)]},
    ),
    "a condition on another action": (
        "allowed", (), {"identity": [say(), say("Deny", action="s3:PutObject", condition=PLAIN)]},
    ),
    "a condition on another bucket": (
        "allowed", (), {"identity": [say(), say("Deny", resource="arn:aws:s3:::other/*", condition=PLAIN)]},
    ),
    "an address": (
        "depends on", ("aws:SourceIp",),
        {"identity": [say(), say("Deny", condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}})]},
    ),
    "an address of every kind": (
        "depends on", ("aws:SourceIp",), {"identity": [say(condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})]},
    ),
    "two keys": (
        "depends on", ("aws:SecureTransport", "aws:SourceIp"),
        {"identity": [say(condition={"Bool": {"aws:SecureTransport": "true"},
                                     "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})]},
    ),
    "two keys, one told": (
        "depends on", ("aws:SourceIp",),
        {"identity": [say(condition={"Bool": {"aws:SecureTransport": "true"},
                                     "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})],
         "context": {"aws:SecureTransport": "true"}},
    ),
    "two keys, one told wrong": (
        "denied", (),
        {"identity": [say(condition={"Bool": {"aws:SecureTransport": "true"},
                                     "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})],
         "context": {"aws:SecureTransport": "false"}},
    ),
    "a condition that nothing meets": (
        "denied", (),
        {"identity": [say(condition={"StringEquals": {"aws:PrincipalAccount": "000000000000"}})]},
    ),
    "contradictory conditions": (
        "denied", (),
        {"identity": [say(condition={"StringEquals": {"k": "a"}, "StringLike": {"k": "b*"}})]},
    ),
    "an allow and its own deny": (
        "denied", (),
        {"identity": [say(condition={"StringEquals": {"k": "a"}}), say("Deny", condition={"StringEquals": {"k": "a"}})]},
    ),
    "either way allowed": (
        "allowed", (),
        {"identity": [say(condition={"StringEquals": {"k": "a"}}), say(condition={"StringNotEquals": {"k": "a"}})]},
    ),
    "a tag of the resource": (
        "depends on", ("aws:resourcetag/stage",),
        {"identity": [say(condition={"StringEquals": {"aws:ResourceTag/stage": "test"}})]},
    ),
    "a tag of the caller is known": (
        "allowed", (), {"who": ROLE, "identity": [say(condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})]},
    ),
    "a missing tag of the caller is known to be missing": (
        "denied", (), {"who": ROLE, "identity": [say(condition={"StringEquals": {"aws:PrincipalTag/cost": "1"}})]},
    ),
    "a role has no user name": (
        "denied", (), {"who": ROLE, "identity": [say(condition={"StringLike": {"aws:username": "*"}})]},
    ),
    "an organization is known where it is told": (
        "allowed", (), {"identity": [say(condition={"StringEquals": {"aws:PrincipalOrgID": "o-ours"}})]},
    ),
    "an organization that nobody told": (
        "depends on", ("aws:PrincipalOrgID",),
        {"who": BOB, "identity": [say()],
         "resource": [say(principal="*", condition={"StringEquals": {"aws:PrincipalOrgID": "o-ours"}})]},
    ),
    "the anonymous have no organization": (
        "denied", (),
        {"who": ANONYMOUS,
         "resource": [say(principal="*", condition={"StringEquals": {"aws:PrincipalOrgID": "o-ours"}})]},
    ),
    "the anonymous have no MFA": (
        "denied", (),
        {"who": ANONYMOUS, "resource": [say(principal="*", condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})]},
    ),
    "a referer": (
        "depends on", ("aws:Referer",),
        {"who": ANONYMOUS, "resource": [say(principal="*", condition={"StringLike": {"aws:Referer": "https://a/*"}})]},
    ),
    "IfExists is met by absence, not by anything else": (
        "depends on", ("aws:SourceVpce",),
        {"resource": [say(principal={"AWS": ALICE.arn}, condition={"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}})]},
    ),
    "Null": (
        "depends on", ("aws:TokenIssueTime",), {"identity": [say(condition={"Null": {"aws:TokenIssueTime": "true"}})]},
    ),
    "a date": (
        "depends on", ("aws:CurrentTime",),
        {"identity": [say(condition={"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}})]},
    ),
    "a number": (
        "depends on", ("aws:MultiFactorAuthAge",),
        {"identity": [say(condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}})]},
    ),
    "every value of a list": (
        "depends on", ("aws:TagKeys",),
        {"identity": [say(condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}})]},
    ),
    "any value of a list": (
        "depends on", ("aws:TagKeys",),
        {"identity": [say(condition={"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}})]},
    ),
    "a variable that nobody told": ("depends on", ("s3:prefix",), {"identity": [HOME], "arn": "arn:aws:s3:::acme/x/y"}),
    "a service's source": (
        "depends on", ("aws:SourceArn",),
        {"who": SNS, "resource": [say(principal={"Service": "sns.amazonaws.com"},
                                      condition={"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{OURS}:in"}})]},
    ),
    "who is no service has no source": (
        "denied", (),
        {"resource": [say(principal={"AWS": ALICE.arn},
                          condition={"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{OURS}:in"}})]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_answer_of_three(name):
    answer, keys, question = CASES[name]
    decision = ask(**question)
    assert (str(decision.answer), decision.depends_on) == (answer, keys), decision.explanation


def test_too_many_combinations_depend_on_every_missing_key():
    conditions = {"StringEquals": {f"k{n}": ["a", "b"] for n in range(12)}}
    decision = ask(identity=[say(condition=conditions)])
    assert decision.answer is Answer.DEPENDS
    assert len(decision.depends_on) == 12


def test_the_tree_shows_every_statement_and_what_would_change_the_answer():
    decision = ask(identity=[say(), say("Deny", Sid="TlsOnly", condition=PLAIN)])
    tree = decision.explanation
    assert tree.sentence == "user alice → s3:GetObject on arn:aws:s3:::acme/q1.csv depends on aws:SecureTransport"
    assert (
        tree.change
        == "Allowed, for example, when aws:SecureTransport is true; denied when aws:SecureTransport is false."
    )
    identity = next(one for one in tree.layers if one.name == "identity policies")
    assert [one.matched for one in identity.statements] == [True, False]
    assert identity.statements[1].why_not == (
        "Condition Bool aws:SecureTransport false is not met: it is not in the request",
    )
    assert "Deny statement “TlsOnly” of the identity policy" in str(tree)
    assert tree.to_dict()["layers"]


# What would change the answer; https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
CHANGES = {
    "the bucket for its objects": (
        {"identity": [say(resource="arn:aws:s3:::acme")]}, "acts on what is in it: arn:aws:s3:::acme/*"),
    "the objects for the bucket": (
        {"identity": [say(action="s3:ListBucket")], "action": "s3:ListBucket", "arn": "arn:aws:s3:::acme"},
        "acts on the bucket: arn:aws:s3:::acme"),
    "letters of another size": ({"identity": [say(resource="arn:aws:s3:::ACME/*")]}, "upper and lower case count"),
    "another action": ({"identity": [say(action="s3:GetBucketAcl")]}, "does not cover s3:GetObject"),
    "a condition": (
        {"identity": [say(condition={"Bool": {"aws:SecureTransport": "true"}})],
         "context": {"aws:SecureTransport": "false"}}, "is not met: it is false"),
    "another principal": (
        {"resource": [say(principal={"AWS": BOB.arn})]}, f"Principal {BOB.arn} does not mean user alice"),
    "nothing at all": ({}, "in an identity policy of the caller or in the resource's policy would change it"),
    "no boundary allows": ({"identity": [say()], "boundary": []}, None),
    "a boundary": (
        {"identity": [say()], "boundary": [say(action="ec2:*", resource="*")]}, "of the permissions boundary would allow"),
    "a deny": ({"identity": [say(), say("Deny")]}, "Without statement 2 of the identity policy it would be allowed."),
    "a deny for what nothing allows": ({"identity": [say("Deny")]}, "it would still be denied: nothing allows it"),
    "two denies": (
        {"identity": [say(), say("Deny"), say("Deny", action="s3:*")]}, "it would still be denied: statement 3 of the"),
    "a deny under a condition": (
        {"identity": [say(), say("Deny", condition=PLAIN)], "context": {"aws:SecureTransport": "false"}},
        "it applies because of Bool aws:SecureTransport false), it would be allowed"),
    "an allow": ({"identity": [say()]}, "Without statement 1 of the identity policy it would be denied"),
    "two allows": ({"identity": [say(), say(action="s3:*")]}, "it would still be allowed, by statement 2"),
    "block public access": (
        {"who": ANONYMOUS, "resource": [EVERYBODY], "restrict_public": True}, "Turn RestrictPublicBuckets off"),
    "the other account's side": (
        {"who": BOB, "identity": [say()]}, "in the resource's policy, with this caller as its Principal would change it"),
    "our own side": (
        {"who": BOB, "resource": [say(principal={"AWS": BOB.arn})]}, "in an identity policy of the caller would change it"),
}  # fmt: skip
CHANGES.pop("no boundary allows")


@pytest.mark.parametrize("name", CHANGES)
def test_the_change_is_named(name):
    question, words = CHANGES[name]
    assert words in ask(**question).explanation.change


def test_a_decision_made_by_hand_explains_nothing():
    with pytest.raises(ValueError, match="nothing to explain"):
        _ = Decision(False, Reason.NO_ALLOW).explanation
