"""Questions over an account; https://docs.aws.amazon.com/IAM/latest/UserGuide/what-is-access-analyzer.html"""

from datetime import UTC, datetime

import pytest

from graders.iam import ANONYMOUS, Policy
from graders.iam.actions import UnknownAction
from graders.iam.decide import Answer
from graders.iam.organization import Organization, Unit
from graders.iam.questions import Claim, World
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target
from tests.graders.iam.cast import ALICE, MANAGEMENT, OBJECT, OURS, ROLE, THEIRS, document, policy, say

BUCKET = "arn:aws:s3:::acme"
BOTH = [BUCKET, f"{BUCKET}/*"]
TLS = say("Deny", "s3:*", BOTH, "*", {"Bool": {"aws:SecureTransport": "false"}})
FULL = policy("FullAWSAccess", say(action="*", resource="*"))


def world(*statements, alice=(), role=(), **more):
    actors = (
        Actor(ALICE, (policy("policy of alice", *alice),) if alice else ()),
        Actor(ROLE, (policy("policy of app", *role),) if role else ()),
    )
    held = (policy("bucket policy", *statements, kind="resource"),) if statements else ()
    return World(OURS, actors, {BUCKET: Target(OURS, held, organization=more.get("organization"))}, **more)


def test_can_answers_in_three_ways():
    asked = world(TLS, alice=[say()])
    alice = asked.actors[0]
    assert asked.can(alice, "s3:GetObject", OBJECT).answer is Answer.DEPENDS
    assert asked.can(alice, "s3:GetObject", OBJECT, {"aws:SecureTransport": "true"}).answer is Answer.ALLOWED
    assert asked.can(alice, "s3:PutObject", OBJECT).answer is Answer.DENIED


def test_nonsense_is_not_answered():
    with pytest.raises(UnknownAction, match="did you mean s3:GetObject"):
        world().can(Actor(ALICE), "s3:GetObjct", OBJECT)
    with pytest.raises(UnknownAction):
        world().who_can("GetObject", OBJECT)


def test_who_can_names_everybody_and_how():
    asked = world(
        say(principal={"AWS": ROLE.arn}), alice=[say(condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})]
    )
    found = {str(one.actor.principal): str(one.answer) for one in asked.who_can("s3:GetObject", OBJECT)}
    assert found == {"user alice": "depends on", "role app": "allowed"}
    assert asked.who_can("s3:PutObject", OBJECT) == []


def test_what_can_spells_wildcards_out_and_leaves_out_what_is_denied():
    deny = say("Deny", action="s3:GetObjectAcl", resource="*")
    asked = world(alice=[say(action=["s3:GetObject*"]), deny])
    found = {one.action: one.level for one in asked.what_can(asked.actors[0])}
    assert found["s3:GetObject"] == "Read"
    assert "s3:GetObjectTagging" in found
    assert "s3:GetObjectAcl" not in found and "s3:PutObject" not in found


def test_what_can_knows_which_action_goes_with_which_resource():
    asked = world(alice=[say(action=["s3:ListBucket", "s3:GetObject"], resource=BOTH)])
    found = {(one.action, one.resource) for one in asked.what_can(asked.actors[0])}
    assert found == {("s3:ListBucket", BUCKET), ("s3:GetObject", f"{BUCKET}/*")}


def test_what_can_sees_what_a_resource_grants_and_a_part_of_it():
    asked = world(say(action="s3:PutObject", principal={"AWS": ALICE.arn}), alice=[say(action="sqs:*", resource="*")])
    assert [one.action for one in asked.what_can(asked.actors[0], within="s3:*")] == ["s3:PutObject"]
    assert list(asked.what_can(asked.actors[1])) == []


def test_what_an_administrator_can_is_all():
    asked = world(alice=[say(action="*", resource="*")])
    assert len(list(asked.what_can(asked.actors[0], within="iam:*"))) > 150


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
PUBLIC = {
    "no policy": (False, []),
    "everybody reads": (True, [say(principal="*")]),
    "everybody reads over TLS": (True, [say(principal="*"), TLS]),
    "our account": (False, [say(principal={"AWS": OURS})]),
    "another account": (False, [say(principal={"AWS": THEIRS})]),
    "everybody from one address": (
        False, [say(principal="*", condition={"IpAddress": {"aws:SourceIp": "203.0.113.9/32"}})]),
    "everybody from half the internet": (
        True, [say(principal="*", condition={"IpAddress": {"aws:SourceIp": "128.0.0.0/1"}})]),
    "everybody with a referer": (
        True, [say(principal="*", condition={"StringLike": {"aws:Referer": "https://acme.example/*"}})]),
    "everybody in the organization": (
        False, [say(principal="*", condition={"StringEquals": {"aws:PrincipalOrgID": "o-ours"}})]),
    "everybody through an endpoint": (
        False, [say(principal="*", condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}})]),
    "everybody, or absent": (
        True, [say(principal="*", condition={"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}})]),
    "everybody but one": (True, [say(NotPrincipal={"AWS": ALICE.arn})]),
    "everybody, then nobody outside": (
        False,
        [say(principal="*"), say("Deny", principal="*", condition={"StringNotEquals": {"aws:PrincipalAccount": OURS}})]),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLIC)
def test_whether_an_object_is_public(name):
    public, statements = PUBLIC[name]
    witness = world(*statements).is_public(OBJECT, ["s3:GetObject"])
    assert bool(witness) is public, witness and witness.sentence


def test_what_is_public_is_found_among_all_actions():
    witness = world(say(action="s3:PutObjectAcl", principal="*")).is_public(OBJECT)
    assert witness and witness.request.action == "s3:PutObjectAcl"
    assert world(say(action="s3:PutBucketAcl", resource=BUCKET, principal="*")).is_public(BUCKET)


def is_role(principal):
    return principal.arn == ROLE.arn


BUT_ROLE = say(
    "Deny", "s3:*", BOTH, "*", {"ArnNotEquals": {"aws:PrincipalArn": ROLE.arn}},
)  # fmt: skip
OFFICE = "203.0.113.0/24"
FROM_OFFICE = say("Deny", "s3:*", BOTH, "*", {"NotIpAddress": {"aws:SourceIp": OFFICE}})
UNTIL = datetime(2027, 1, 1, tzinfo=UTC)
IN_TIME = say("Deny", "s3:*", BOTH, "*", {"DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}})
MINE = [say(action="s3:*", resource="*")]
# (claim, bucket policy, alice's policy, what breaks it)
CLAIMS = {
    "only the role: nobody else may": (Claim(is_role), [], [], ""),
    "only the role: alice may too": (Claim(is_role), [], MINE, "caller"),
    "only the role: all others are denied": (Claim(is_role), [BUT_ROLE], MINE, ""),
    "only the role: everybody may": (Claim(is_role), [say(principal="*")], [], "caller"),
    "only over TLS: nothing said": (Claim(tls=True), [], [], "transport"),
    "only over TLS: plain http denied": (Claim(tls=True), [TLS], [], ""),
    "only over TLS: denied for the objects only": (
        Claim(tls=True), [say("Deny", "s3:*", f"{BUCKET}/*", "*", {"Bool": {"aws:SecureTransport": "false"}})], [],
        "transport"),
    "only over TLS: denied for one action only": (
        Claim(tls=True), [say("Deny", "s3:PutObject", BOTH, "*", {"Bool": {"aws:SecureTransport": "false"}})], [],
        "transport"),
    "only from the office: nothing said": (Claim(networks=(OFFICE,)), [], [], "network"),
    "only from the office: all else denied": (Claim(networks=(OFFICE,)), [FROM_OFFICE], [], ""),
    "only from the office: a wider net": (
        Claim(networks=(OFFICE,)), [say("Deny", "s3:*", BOTH, "*", {"NotIpAddress": {"aws:SourceIp": "203.0.112.0/23"}})],
        [], "network"),
    "only until the new year: nothing said": (Claim(until=UNTIL), [], [], "time"),
    "only until the new year: denied after": (Claim(until=UNTIL), [IN_TIME], [], ""),
    "only until the new year: denied a year late": (
        Claim(until=UNTIL),
        [say("Deny", "s3:*", BOTH, "*", {"DateGreaterThan": {"aws:CurrentTime": "2028-01-01T00:00:00Z"}})], [], "time"),
    "only reads: the role reads": (Claim(actions=("s3:Get*", "s3:List*")), [], [], ""),
    "only reads: alice writes": (Claim(actions=("s3:Get*", "s3:List*")), [], MINE, "action"),
    "all at once": (Claim(is_role, ("s3:Get*", "s3:List*"), True, (OFFICE,), until=UNTIL),
                    [BUT_ROLE, TLS, FROM_OFFICE, IN_TIME], MINE, ""),
    "all at once but one": (Claim(is_role, ("s3:Get*", "s3:List*"), True, (OFFICE,), until=UNTIL),
                            [BUT_ROLE, TLS, IN_TIME], MINE, "network"),
}  # fmt: skip


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_is_broken_by_a_request_or_holds(name):
    claim, statements, alice, part = CLAIMS[name]
    asked = world(*statements, alice=alice, role=[say(action=["s3:GetObject", "s3:ListBucket"], resource=BOTH)])
    names = ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]
    witness = asked.counterexample(claim, [OBJECT, BUCKET], names)
    assert (claim.broken_by(witness.request) if witness else ()) == ((part,) if part else ())


def test_the_organization_above_is_asked_as_well():
    deny = policy("DenyS3", say("Deny", action="s3:*", resource="*"))
    units = {"r-1": Unit("", (FULL,)), "ou-1": Unit("r-1", (FULL, deny)), OURS: Unit("ou-1", (FULL,))}
    organization = Organization("o-ours", MANAGEMENT, units)
    asked = world(alice=[say()], organization=organization)
    decision = asked.can(asked.actors[0], "s3:GetObject", OBJECT)
    assert decision.sentence == "denied by statement 1 of the DenyS3"
    assert organization.path(OURS) == "o-ours/r-1/ou-1/"
    free = Organization("o-ours", MANAGEMENT, {**units, "ou-1": Unit("r-1", (FULL,))})
    asked = world(alice=[say()], organization=free)
    assert asked.can(asked.actors[0], "s3:GetObject", OBJECT).allowed


def test_resource_control_policies_come_from_above_the_owner():
    tls = document(say("Deny", "s3:*", "*", "*", {"Bool": {"aws:SecureTransport": "false"}}), kind="resource")
    units = {"r-1": Unit("", (FULL,), (Policy("TlsOnly", tls),)), OURS: Unit("r-1", (FULL,))}
    asked = world(say(principal="*"), organization=Organization("o-ours", MANAGEMENT, units))
    assert not asked.can(Actor(ANONYMOUS), "s3:GetObject", OBJECT, {"aws:SecureTransport": "false"}).allowed
    assert asked.can(Actor(ANONYMOUS), "s3:GetObject", OBJECT, {"aws:SecureTransport": "true"}).allowed


def insecure(condition, **changes):
    return say("Deny", "s3:*", BOTH, "*", condition) | changes


HTTP = {"Bool": {"aws:SecureTransport": "false"}}
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html#transit
TLS_FORMS = {
    "as the guide has it": (True, [insecure(HTTP)]),
    "a text compared": (True, [insecure({"StringEquals": {"aws:SecureTransport": "false"}})]),
    "a text that it is not": (True, [insecure({"StringNotEquals": {"aws:SecureTransport": "true"}})]),
    "IfExists": (True, [insecure({"BoolIfExists": {"aws:SecureTransport": "false"}})]),
    "a JSON boolean": (True, [insecure({"Bool": {"aws:SecureTransport": False}})]),
    "a list of one": (True, [insecure({"Bool": {"aws:SecureTransport": ["false"]}})]),
    "a key in small letters": (True, [insecure({"Bool": {"aws:securetransport": "FALSE"}})]),
    "one pattern for both": (True, [insecure(HTTP, Resource=f"{BUCKET}*")]),
    "two statements": (True, [insecure(HTTP, Resource=BUCKET), insecure(HTTP, Resource=f"{BUCKET}/*")]),
    "every action": (True, [insecure(HTTP, Action="*")]),
    "every action by what it is not": (
        True, [{k: v for k, v in insecure(HTTP).items() if k != "Action"} | {"NotAction": "iam:*"}]),
    "the bucket only": (False, [insecure(HTTP, Resource=BUCKET)]),
    "the objects only": (False, [insecure(HTTP, Resource=f"{BUCKET}/*")]),
    "writing only": (False, [insecure(HTTP, Action="s3:PutObject")]),
    "reading and writing only": (False, [insecure(HTTP, Action=["s3:GetObject", "s3:PutObject"])]),
    "a folder only": (False, [insecure(HTTP, Resource=[BUCKET, f"{BUCKET}/private/*"])]),
    "one role only": (False, [insecure(HTTP, Principal={"AWS": ROLE.arn})]),
    "one condition more": (False, [insecure({**HTTP, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})]),
    "the wrong way round": (False, [insecure({"Bool": {"aws:SecureTransport": "true"}})]),
    "an allow over TLS without a deny": (False, [say("Allow", "s3:*", BOTH, "*", {"Bool": {"aws:SecureTransport": "true"}})]),
    "an old TLS only, which http does not tell": (False, [insecure({"NumericLessThan": {"s3:TlsVersion": "1.2"}})]),
    "when the key is missing": (False, [insecure({"Null": {"aws:SecureTransport": "true"}})]),
    "every value of none": (True, [insecure({"ForAllValues:Bool": {"aws:SecureTransport": "false"}})]),
    "another bucket": (False, [insecure(HTTP, Resource=["arn:aws:s3:::other", "arn:aws:s3:::other/*"])]),
}  # fmt: skip


@pytest.mark.parametrize("name", TLS_FORMS)
def test_only_over_tls_is_judged_by_effect(name):
    holds, statements = TLS_FORMS[name]
    asked = world(*statements, alice=MINE, role=MINE)
    names = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"]
    witness = asked.counterexample(Claim(tls=True), [OBJECT, BUCKET], names)
    assert (witness is None) is holds, witness and witness.sentence
    if holds:
        assert asked.can(asked.actors[0], "s3:GetObject", OBJECT, {"aws:SecureTransport": "true"}).allowed
