"""Access control lists, object ownership, Block Public Access."""

from dataclasses import replace

import pytest

from graders.iam import ANONYMOUS, Request, decide
from graders.iam.acl import CANNED, Guards, canned, is_public_acl
from graders.iam.principals import Principal
from graders.iam.s3 import is_public
from tests.graders.iam.cast import ALICE, OBJECT, OURS, THEIRS, document, policy, say

US, THEM = "a" * 64, "b" * 64
BOB = Principal("user", THEIRS, f"arn:aws:iam::{THEIRS}:user/bob", canonical_id=THEM)
READER = policy("identity policy", say(action="s3:*", resource="*"))
LOGS = Principal("service", service="logging.s3.amazonaws.com")


def flags(*names):
    return dict.fromkeys(names, True)


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
CANNED_CASES = [
    ("private", ANONYMOUS, False),
    ("private", BOB, False),
    ("public-read", ANONYMOUS, True),
    ("public-read", BOB, True),
    ("public-read-write", ANONYMOUS, True),
    ("authenticated-read", ANONYMOUS, False),
    ("authenticated-read", BOB, True),
    ("bucket-owner-read", ANONYMOUS, False),
]


def reads(who, guards, *, acl=None, document_=None, public=False, object_owner="", action="s3:GetObject", arn=OBJECT):
    brought = guards.policies(
        OURS, "acme", document_, public=public, object_acls={"q1.csv": acl} if acl else {}, object_owner=object_owner
    )

    identity = (READER,) if who.kind == "user" and who is not ALICE else ()
    return decide(Request(who, action, arn), replace(brought, identity=identity)).allowed


@pytest.mark.parametrize(("name", "who", "allowed"), CANNED_CASES)
def test_what_a_canned_acl_lets_through(name, who, allowed):
    assert reads(who, Guards(US, {}, "ObjectWriter"), acl=canned(name, writer=US, bucket_owner=US)) is allowed


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
@pytest.mark.parametrize("name", [one for one in CANNED if one != "private"])
def test_without_acls_none_lets_anybody_through(name):
    acl = canned(name, writer=US, bucket_owner=US)
    assert not reads(ANONYMOUS, Guards(US), acl=acl)
    assert not reads(BOB, Guards(US), acl=acl)


@pytest.mark.parametrize(
    ("ownership", "acl", "owner"),
    [
        ("BucketOwnerEnforced", "private", US),
        ("BucketOwnerEnforced", "bucket-owner-full-control", US),
        ("BucketOwnerPreferred", "bucket-owner-full-control", US),
        ("BucketOwnerPreferred", "private", THEM),
        ("ObjectWriter", "bucket-owner-full-control", THEM),
        ("ObjectWriter", "private", THEM),
    ],
)
def test_who_owns_what_another_account_writes(ownership, acl, owner):
    assert Guards(US, {}, ownership).owner_of(THEM, acl) == owner


def test_a_bucket_policy_does_not_open_what_another_account_owns():
    opening = document(say(principal="*"), kind="resource")
    closing = document(say("Deny", principal="*"), kind="resource")
    guards = Guards(US, {}, "ObjectWriter")
    assert reads(ANONYMOUS, guards, document_=opening)
    assert not reads(ANONYMOUS, guards, document_=opening, object_owner=THEM)
    opened = canned("public-read", writer=THEM)
    assert reads(ANONYMOUS, guards, acl=opened, object_owner=THEM)
    assert not reads(ANONYMOUS, guards, acl=opened, object_owner=THEM, document_=closing)


def test_an_account_by_its_canonical_id_needs_its_own_policies_too():
    acl = {"Owner": {"ID": US}, "Grants": [{"Grantee": {"ID": THEM}, "Permission": "READ"}]}
    guards = Guards(US, {}, "ObjectWriter")
    assert reads(BOB, guards, acl=acl)
    brought = guards.policies(OURS, "acme", None, object_acls={"q1.csv": acl})
    assert not decide(Request(BOB, "s3:GetObject", OBJECT), brought).allowed
    assert not decide(Request(BOB, "s3:GetObject", OBJECT.replace("q1", "q2")), brought).allowed


def test_log_delivery_writes_by_acl():
    acl = canned("log-delivery-write", writer=US)
    brought = Guards(US, {}, "BucketOwnerPreferred").policies(OURS, "acme", None, bucket_acl=acl)
    assert decide(Request(LOGS, "s3:PutObject", OBJECT), brought).allowed
    assert not decide(Request(ANONYMOUS, "s3:PutObject", OBJECT), brought).allowed


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
@pytest.mark.parametrize(
    ("flag", "allowed"),
    [
        ("BlockPublicAcls", True),
        ("IgnorePublicAcls", False),
        ("BlockPublicPolicy", True),
        ("RestrictPublicBuckets", True),
    ],
)
def test_which_switch_cuts_off_an_acl_that_is_there(flag, allowed):
    acl = canned("public-read", writer=US)
    assert reads(ANONYMOUS, Guards(US, flags(flag), "ObjectWriter"), acl=acl) is allowed


@pytest.mark.parametrize(
    ("flag", "allowed"),
    [
        ("BlockPublicAcls", True),
        ("IgnorePublicAcls", True),
        ("BlockPublicPolicy", True),
        ("RestrictPublicBuckets", False),
    ],
)
def test_which_switch_cuts_off_a_policy_that_is_there(flag, allowed):
    opening = document(say(principal="*"), kind="resource")
    assert reads(ANONYMOUS, Guards(US, flags(flag)), document_=opening, public=is_public(opening)) is allowed


def test_restricting_cuts_off_other_accounts_that_are_named_beside_a_public_statement():
    mixed = document(say(principal="*"), say(principal={"AWS": THEIRS}), kind="resource")
    named = document(say(principal={"AWS": THEIRS}), kind="resource")
    guards = Guards(US, flags("RestrictPublicBuckets"))
    assert not reads(BOB, guards, document_=mixed, public=is_public(mixed))
    assert reads(BOB, guards, document_=named, public=is_public(named))


REFUSED = [
    ("public-read", "ObjectWriter", ("BlockPublicAcls",), True, "BlockPublicAcls"),
    ("authenticated-read", "ObjectWriter", ("BlockPublicAcls",), True, "BlockPublicAcls"),
    ("private", "ObjectWriter", ("BlockPublicAcls",), True, ""),
    ("public-read", "ObjectWriter", ("IgnorePublicAcls",), True, ""),
    ("public-read", "BucketOwnerEnforced", (), True, "AccessControlListNotSupported"),
    ("bucket-owner-full-control", "BucketOwnerEnforced", (), True, ""),
    ("bucket-owner-full-control", "BucketOwnerEnforced", (), False, "AccessControlListNotSupported"),
    ("bucket-owner-read", "BucketOwnerEnforced", (), True, "AccessControlListNotSupported"),
    ("log-delivery-write", "ObjectWriter", ("BlockPublicAcls",), False, ""),
]


@pytest.mark.parametrize(("name", "ownership", "switched", "writing", "words"), REFUSED)
def test_which_acls_s3_refuses(name, ownership, switched, writing, words):
    acl = canned(name, writer=THEM, bucket_owner=US)
    refusal = Guards(US, flags(*switched), ownership).refuses_acl(acl, writing_object=writing)
    assert refusal.startswith(words) if words.startswith("Access") else words in refusal
    assert bool(refusal) is bool(words)


def test_acls_are_switched_off_only_when_they_grant_nothing():
    guards = Guards(US)
    assert guards.refuses_enforcing(canned("public-read", writer=US))
    assert not guards.refuses_enforcing(canned("private", writer=US))


# The meaning of "public", same page.
PUBLIC = [
    (True, say(principal="*")),
    (True, say(principal={"AWS": "*"})),
    (False, say(principal={"AWS": THEIRS})),
    (False, say(principal="*", condition={"StringEquals": {"aws:SourceVpc": "vpc-91237329"}})),
    (True, say(principal="*", condition={"StringLike": {"aws:SourceVpc": "vpc-*"}})),
    (False, say(principal="*", condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
    (False, say(principal="*", condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})),
    (True, say(principal="*", condition={"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}})),
    (True, say(principal="*", condition={"Bool": {"aws:SecureTransport": "true"}})),
    (True, say(principal="*", condition={"StringLike": {"aws:Referer": "https://example.com/*"}})),
    (True, say(principal="*", condition={"StringNotEquals": {"aws:SourceVpc": "vpc-91237329"}})),
    (True, say(principal="*", condition={"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}})),
    (False, say("Deny", principal="*")),
    (False, say(principal="*", condition={"StringLike": {"aws:userid": "AROA123"}})),
    (True, say(principal="*", condition={"StringLike": {"aws:userid": "AROA123:*"}})),
]


@pytest.mark.parametrize(("public", "statement"), PUBLIC)
def test_what_s3_calls_public(public, statement):
    found = is_public(document(statement, kind="resource"))
    assert found is public
    refused = Guards(US, flags("BlockPublicPolicy")).refuses_policy(found)
    assert bool(refused) is public
    assert not is_public_acl(canned("private", writer=US))
