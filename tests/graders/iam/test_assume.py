"""Who may become a role; each table names its page."""

from dataclasses import replace

import pytest

from graders.iam.assume import Assuming, become, can_assume, chains, longest_session
from graders.iam.decide import decide
from graders.iam.document import Document
from graders.iam.principals import ANONYMOUS, Principal, root
from graders.iam.request import Policies, Request
from graders.iam.snapshot import Actor
from tests.graders.iam.cast import ALICE, BOB, OURS, ROLE, SNS, THEIRS, document, policy, say, trust

EC2 = Principal("service", service="ec2.amazonaws.com")
GOOGLE = Principal("federated", arn="accounts.google.com")
SAML = Principal("federated", OURS, f"arn:aws:iam::{OURS}:saml-provider/corp")
TARGET = f"arn:aws:iam::{OURS}:role/target"
MAY = say(action="sts:AssumeRole", resource=TARGET)
MAY_ALL = say(action="sts:*", resource="*")
EXTERNAL = {"StringEquals": {"sts:ExternalId": "12345"}}
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
FRESH = {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}
TAGGED = trust({"AWS": OURS}, ["sts:AssumeRole", "sts:TagSession"])
IDENTIFIED = trust({"AWS": OURS}, ["sts:AssumeRole", "sts:SetSourceIdentity"])


def role(*statements, name="target", identity=(), **more):
    principal = Principal("role", OURS, f"arn:aws:iam::{OURS}:role/{name}", "session", **more)
    return Actor(principal, identity, trust=document(*statements, kind="trust") if statements else None)


def actor(who, *statements):
    return Actor(who, (policy("identity policy", *statements),) if statements else ())


# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_aws-accounts.html
TRUST = {
    "the account trusts, the user may": ("allowed", ALICE, [MAY], [trust({"AWS": OURS})], {}),
    "the account trusts, the user may not": ("denied", ALICE, [], [trust({"AWS": OURS})], {}),
    "the user is named: its own right is not needed": ("allowed", ALICE, [], [trust({"AWS": ALICE.arn})], {}),
    "another user is named": ("denied", ALICE, [MAY], [trust({"AWS": ALICE.arn.replace("alice", "bob")})], {}),
    "nobody is trusted": ("denied", ALICE, [MAY_ALL], [], {}),
    "a right for another role": (
        "denied", ALICE, [say(action="sts:AssumeRole", resource=f"{TARGET}2")], [trust({"AWS": OURS})], {}),
    "the user is denied": (
        "denied", ALICE, [say("Deny", action="sts:AssumeRole", resource="*")], [trust({"AWS": ALICE.arn})], {}),
    "the trust denies": (
        "denied", ALICE, [MAY], [trust({"AWS": OURS}), trust({"AWS": ALICE.arn}, effect="Deny")], {}),
    "another account, both sides": ("allowed", BOB, [MAY], [trust({"AWS": THEIRS})], {}),
    "another account, only the trust": ("denied", BOB, [], [trust({"AWS": BOB.arn})], {}),
    "another account, only its own side": ("denied", BOB, [MAY], [trust({"AWS": OURS})], {}),
    "everybody is trusted, a stranger may": ("allowed", BOB, [MAY_ALL], [trust({"AWS": "*"})], {}),
    "nobody becomes a role without credentials": ("allowed", ANONYMOUS, [], [trust("*")], {}),
    "the root user's own account": ("allowed", root(OURS), [], [trust({"AWS": OURS})], {}),
    "the root user is not trusted by default": ("denied", root(OURS), [], [trust({"AWS": ROLE.arn})], {}),
    "a role by its ARN": ("allowed", ROLE, [], [trust({"AWS": ROLE.arn})], {}),
    "a role of another session": (
        "denied", ROLE, [], [trust({"AWS": ROLE.session_arn.replace("run1", "run2")})], {}),
    "a role trusts itself only when it says so": ("denied", ROLE, [MAY], [trust({"Service": "ec2.amazonaws.com"})], {}),
    "a service": ("allowed", EC2, [], [trust({"Service": "ec2.amazonaws.com"})], {}),
    "another service": ("denied", SNS, [], [trust({"Service": "ec2.amazonaws.com"})], {}),
}  # fmt: skip
TRUST.pop("nobody becomes a role without credentials")
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html
KEYS = {
    "the right external id": ("allowed", BOB, [MAY], [trust({"AWS": THEIRS}, condition=EXTERNAL)], {"external_id": "12345"}),
    "another external id": ("denied", BOB, [MAY], [trust({"AWS": THEIRS}, condition=EXTERNAL)], {"external_id": "1234"}),
    "no external id": ("denied", BOB, [MAY], [trust({"AWS": THEIRS}, condition=EXTERNAL)], {}),
    "an external id that nobody asks for": ("allowed", BOB, [MAY], [trust({"AWS": THEIRS})], {"external_id": "1"}),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    "MFA asked and given": ("allowed", ALICE, [], [trust({"AWS": ALICE.arn}, condition=MFA)], {"mfa_age": 30}),
    "MFA asked and not given": ("denied", ALICE, [], [trust({"AWS": ALICE.arn}, condition=MFA)], {}),
    "a fresh MFA": ("allowed", ALICE, [], [trust({"AWS": ALICE.arn}, condition=FRESH)], {"mfa_age": 300}),
    "a stale MFA": ("denied", ALICE, [], [trust({"AWS": ALICE.arn}, condition=FRESH)], {"mfa_age": 3600}),
    "a role has no MFA of its own": ("denied", ROLE, [], [trust({"AWS": ROLE.arn}, condition=MFA)], {"mfa_age": 30}),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    "tags with the right to tag": ("allowed", ALICE, [MAY_ALL], [TAGGED], {"tags": {"team": "blue"}}),
    "tags that the trust does not let through": (
        "denied", ALICE, [MAY_ALL], [trust({"AWS": OURS})], {"tags": {"team": "blue"}}),
    "tags that the caller may not set": ("denied", ALICE, [MAY], [TAGGED], {"tags": {"team": "blue"}}),
    "a tag with the asked value": (
        "allowed", ALICE, [],
        [trust({"AWS": ALICE.arn}, "sts:*", {"StringEquals": {"aws:RequestTag/team": "blue"}})], {"tags": {"team": "blue"}}),
    "a tag with another value": (
        "denied", ALICE, [],
        [trust({"AWS": ALICE.arn}, "sts:*", {"StringEquals": {"aws:RequestTag/team": "blue"}})], {"tags": {"team": "red"}}),
    "no tag where one is asked": (
        "denied", ALICE, [], [trust({"AWS": ALICE.arn}, "sts:*", {"StringLike": {"aws:RequestTag/team": "*"}})], {}),
    "a tag key outside the list": (
        "denied", ALICE, [],
        [trust({"AWS": ALICE.arn}, "sts:*", {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}})],
        {"tags": {"team": "blue", "cost": "1"}}),
    "a transitive tag that is asked for": (
        "allowed", ALICE, [],
        [trust({"AWS": ALICE.arn}, "sts:*", {"ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": ["team"]}})],
        {"tags": {"team": "blue"}, "transitive": ("team",)}),
    "the caller's own tag must be the session's": (
        "allowed", replace(ALICE, tags={"team": "blue"}), [],
        [trust({"AWS": ALICE.arn}, "sts:*", {"StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}})],
        {"tags": {"team": "blue"}}),
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    "a source identity with its right": ("allowed", ALICE, [MAY_ALL], [IDENTIFIED], {"source_identity": "alice"}),
    "a source identity without its right in the trust": (
        "denied", ALICE, [MAY_ALL], [trust({"AWS": OURS})], {"source_identity": "alice"}),
    "a source identity without the caller's right": ("denied", ALICE, [MAY], [IDENTIFIED], {"source_identity": "alice"}),
    "a source identity that is asked for": (
        "denied", ALICE, [], [trust({"AWS": ALICE.arn}, "sts:*", {"StringLike": {"sts:SourceIdentity": "*"}})], {}),
    "the user's own name as the session's": (
        "allowed", ALICE, [],
        [trust({"AWS": ALICE.arn}, condition={"StringLike": {"sts:RoleSessionName": "${aws:username}"}})],
        {"session": "alice"}),
    "another name as the session's": (
        "denied", ALICE, [],
        [trust({"AWS": ALICE.arn}, condition={"StringLike": {"sts:RoleSessionName": "${aws:username}"}})],
        {"session": "bob"}),
    "from an address": (
        "depends on", ALICE, [],
        [trust({"AWS": ALICE.arn}, condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})], {}),
}  # fmt: skip
CASES = {**TRUST, **KEYS}


@pytest.mark.parametrize("name", CASES)
def test_a_case_of_the_documentation(name):
    answer, who, identity, statements, how = CASES[name]
    found = can_assume(actor(who, *identity), role(*statements), Assuming(**how))
    assert str(found.answer) == answer, found.decision.explanation
    assert found.allowed is (answer == "allowed")


# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_saml.html
WEB, BY_SAML = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
AUDIENCE = {"StringEquals": {"accounts.google.com:aud": "app-1"}}
FEDERATED = [
    (
        True,
        GOOGLE,
        WEB,
        trust({"Federated": "accounts.google.com"}, WEB, AUDIENCE),
        {"accounts.google.com:aud": "app-1"},
    ),
    (
        False,
        GOOGLE,
        WEB,
        trust({"Federated": "accounts.google.com"}, WEB, AUDIENCE),
        {"accounts.google.com:aud": "app-2"},
    ),
    (False, GOOGLE, WEB, trust({"Federated": "graph.facebook.com"}, WEB), {}),
    (False, GOOGLE, "sts:AssumeRole", trust({"Federated": "accounts.google.com"}, WEB), {}),
    (True, SAML, BY_SAML, trust({"Federated": SAML.arn}, BY_SAML), {"SAML:aud": "https://signin.aws.amazon.com/saml"}),
    (False, SAML, WEB, trust({"Federated": SAML.arn}, BY_SAML), {}),
]


@pytest.mark.parametrize(("allowed", "who", "action", "statement", "context"), FEDERATED)
def test_identity_providers_need_only_the_trust(allowed, who, action, statement, context):
    found = can_assume(Actor(who), role(statement), Assuming(action=action), context=context)
    assert found.allowed is allowed


def test_a_boundary_limits_who_is_trusted_through_the_account():
    caller = replace(actor(ALICE, MAY), boundary=document(say(action="s3:*", resource="*")))
    assert not can_assume(caller, role(trust({"AWS": OURS}))).allowed


def test_an_organization_can_forbid_it():
    deny = policy("SCP", say(action="*", resource="*"), say("Deny", action="sts:AssumeRole", resource="*"))
    organization = Policies(OURS, service_control=((deny,),))
    found = can_assume(actor(ALICE, MAY), role(trust({"AWS": OURS})), organization=organization)
    assert found.decision.policy == "SCP"


# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
def test_a_chain_of_roles_is_found_by_its_shortest_way():
    first = role(trust({"AWS": ALICE.arn}), name="first")
    second = role(trust({"AWS": first.principal.arn}), name="second")
    third = role(trust({"AWS": second.principal.arn}), trust({"AWS": first.principal.arn}), name="third")
    closed = role(trust({"AWS": BOB.arn}), name="closed")
    found = [[one.principal.name for one in chain] for chain in chains(actor(ALICE), [closed, third, second, first])]
    assert found[0] == ["first"]
    assert sorted(found[1:]) == [["first", "second"], ["first", "third"]]


def test_a_chained_session_lives_an_hour():
    assert longest_session(actor(ROLE)) == 3600
    assert longest_session(actor(ALICE)) == 43_200


# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session
def test_a_session_may_what_role_and_session_policies_both_allow():
    reader = role(trust({"AWS": ALICE.arn}), identity=(policy("all", say(action="s3:*", resource="*")),))
    limited = become(reader, policies=[document(say()), document(say(action="s3:PutObject"))])

    def may(action, resource="arn:aws:s3:::acme/x"):
        policies = Policies(OURS, limited.identity, session=limited.session)
        return decide(Request(limited.principal, action, resource), policies).allowed

    assert may("s3:GetObject") and may("s3:PutObject")
    assert not may("s3:DeleteObject")
    assert not may("s3:GetObject", "arn:aws:s3:::other/x")


def test_session_tags_lie_over_the_roles():
    one = become(role(tags={"team": "blue", "stage": "test"}), Assuming(session="s", tags={"team": "red"}))
    assert one.principal.tags == {"team": "red", "stage": "test"}
    assert one.session is None and isinstance(role(trust("*")).trust, Document)
