"""Service and resource control policies, and the policies of VPC endpoints."""

import pytest

from graders.iam import ANONYMOUS, Policies, Request, decide
from graders.iam.decide import Reason
from graders.iam.organization import NEWCOMER, Organization, Unit, read, read_over
from graders.iam.principals import root
from tests.graders.conftest import new_account
from tests.graders.iam.cast import ALICE, BOB, LINKED, MANAGEMENT, OURS, ROLE, SNS, THEIRS, ask, policy, say

FULL = say(action="*", resource="*")
READS = [say()]
NO_S3 = say("Deny", action="s3:*", resource="*")
ONLY_IRELAND = say(
    "Deny", action=None, NotAction=["iam:*", "sts:*", "cloudfront:*"], resource="*",
    condition={"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}},
)  # fmt: skip
IN_IRELAND, IN_OHIO = {"aws:RequestedRegion": "eu-west-1"}, {"aws:RequestedRegion": "us-east-2"}
EC2 = {"action": "ec2:RunInstances", "arn": f"arn:aws:ec2:us-east-2:{OURS}:instance/*"}
LAUNCH = [say(action="ec2:*", resource="*")]
CHIEF = root(MANAGEMENT)

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
SERVICE_CONTROL = {
    "an SCP alone grants nothing": (False, {"scp": [[FULL]]}),
    "full access at every level leaves it to IAM": (True, {"identity": READS, "scp": [[FULL], [FULL], [FULL]]}),
    "full access taken away at the root": (False, {"identity": READS, "scp": [[], [FULL], [FULL]]}),
    "full access taken away at the unit": (False, {"identity": READS, "scp": [[FULL], [], [FULL]]}),
    "full access taken away at the account": (False, {"identity": READS, "scp": [[FULL], [FULL], []]}),
    "a level that allows another service": (False, {"identity": READS, "scp": [[FULL], [say(action="ec2:*", resource="*")]]}),
    "a level that allows this service": (True, {"identity": READS, "scp": [[FULL], [say(action="s3:*", resource="*")]]}),
    "a deny at the root beats the account's allow": (False, {"identity": READS, "scp": [[FULL, NO_S3], [FULL]]}),
    "a deny at the account": (False, {"identity": READS, "scp": [[FULL], [FULL, NO_S3]]}),
    "the account's root user is held too": (False, {"who": root(OURS), "scp": [[FULL, NO_S3]]}),
    "root within full access": (True, {"who": root(OURS), "scp": [[FULL]]}),
    "a role is held": (False, {"who": ROLE, "identity": READS, "scp": [[FULL, NO_S3]]}),
    "a service-linked role is not": (True, {"who": LINKED, "identity": READS, "scp": [[FULL, NO_S3]]}),
    "the management account's user is not": (
        True, {"identity": READS, "scp": [[FULL, NO_S3]], "management": OURS}),
    "the management account's root is not": (
        True, {"who": CHIEF, "owner": MANAGEMENT, "scp": [[NO_S3]], "management": MANAGEMENT}),
    "a grant of the resource is held too": (
        False, {"resource": [say(principal={"AWS": ALICE.arn})], "scp": [[FULL, NO_S3]]}),
    "a grant of the resource within the SCP": (
        True, {"resource": [say(principal={"AWS": ALICE.arn})], "scp": [[FULL]]}),
    "a grant to the user's ARN needs every level": (
        False, {"resource": [say(principal={"AWS": ALICE.arn})], "scp": [[FULL], []]}),
    "a service is nobody's principal": (
        True, {"who": SNS, "resource": [say(principal={"Service": "sns.amazonaws.com"})], "scp": [[NO_S3]]}),
    "the anonymous are nobody's principals": (True, {"who": ANONYMOUS, "resource": [say(principal="*")], "scp": [[NO_S3]]}),
    "deny by region, elsewhere": (False, {"identity": LAUNCH, "scp": [[FULL, ONLY_IRELAND]], "context": IN_OHIO, **EC2}),
    "deny by region, here": (True, {"identity": LAUNCH, "scp": [[FULL, ONLY_IRELAND]], "context": IN_IRELAND, **EC2}),
    "deny by region spares global services": (
        True,
        {"identity": [say(action="iam:*", resource="*")], "scp": [[FULL, ONLY_IRELAND]], "context": IN_OHIO,
         "action": "iam:CreateUser", "arn": f"arn:aws:iam::{OURS}:user/x"}),
    "deny to all but one role, another": (
        False,
        {"identity": READS, "scp": [[FULL, say("Deny", action="s3:*", resource="*", condition={
            "ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OURS}:role/team/*"}})]]}),
    "deny to all but one role, that role": (
        True,
        {"who": ROLE, "identity": READS, "scp": [[FULL, say("Deny", action="s3:*", resource="*", condition={
            "ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OURS}:role/team/*"}})]]}),
    "deny to the root user, by its ARN": (
        False,
        {"who": root(OURS), "scp": [[FULL, say("Deny", action="*", resource="*", condition={
            "StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}})]]}),
    "deny to the root user spares users": (
        True,
        {"identity": READS, "scp": [[FULL, say("Deny", action="*", resource="*", condition={
            "StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}})]]}),
    "a tag must come with the launch": (
        False,
        {"identity": LAUNCH, **EC2, "scp": [[FULL, say("Deny", action="ec2:RunInstances", resource="*", condition={
            "Null": {"aws:RequestTag/CostCenter": "true"}})]]}),
    "a tag comes with the launch": (
        True,
        {"identity": LAUNCH, **EC2, "context": {"aws:RequestTag/CostCenter": "7"},
         "scp": [[FULL, say("Deny", action="ec2:RunInstances", resource="*", condition={
             "Null": {"aws:RequestTag/CostCenter": "true"}})]]}),
}  # fmt: skip

OURS_ONLY = say(
    "Deny", "s3:*", "*", "*",
    {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-ours"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
)  # fmt: skip
TLS_ONLY = say("Deny", "s3:*", "*", "*", {"BoolIfExists": {"aws:SecureTransport": "false"}})
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_examples.html
RESOURCE_CONTROL = {
    "an RCP that denies": (False, {"identity": READS, "rcp": [say("Deny", principal="*")]}),
    "an RCP grants nothing": (False, {"rcp": [say(principal="*")]}),
    "it holds outsiders too": (
        False, {"who": BOB, "identity": READS, "resource": [say(principal={"AWS": THEIRS})], "rcp": [OURS_ONLY]}),
    "it lets the organization's in": (True, {"identity": READS, "rcp": [OURS_ONLY]}),
    "it lets services in that are excepted": (
        True, {"who": SNS, "resource": [say(principal={"Service": "sns.amazonaws.com"})], "rcp": [OURS_ONLY]}),
    "it holds services that are not": (
        False, {"who": SNS, "resource": [say(principal={"Service": "sns.amazonaws.com"})],
                "rcp": [say("Deny", principal="*")]}),
    "it holds the anonymous": (
        False, {"who": ANONYMOUS, "resource": [say(principal="*")], "rcp": [OURS_ONLY],
                "context": {"aws:PrincipalIsAWSService": "false"}}),
    "it spares service-linked roles": (True, {"who": LINKED, "identity": READS, "rcp": [say("Deny", principal="*")]}),
    "it spares the management account's resources": (
        True, {"identity": READS, "rcp": [say("Deny", principal="*")], "management": OURS}),
    "it holds the root user": (False, {"who": root(OURS), "rcp": [say("Deny", principal="*")]}),
    "it knows some services only": (
        True,
        {"identity": LAUNCH, **EC2, "rcp": [say("Deny", "ec2:*", "*", "*")]}),
    "it knows CloudWatch Logs by now": (
        False,
        {"identity": [say(action="logs:*", resource="*")], "rcp": [say("Deny", "logs:*", "*", "*")],
         "action": "logs:PutLogEvents", "arn": f"arn:aws:logs:eu-west-1:{OURS}:log-group:app:log-stream:1"}),
    "TLS for everybody, over http": (
        False, {"identity": READS, "rcp": [TLS_ONLY], "context": {"aws:SecureTransport": "false"}}),
    "TLS for everybody, over TLS": (True, {"identity": READS, "rcp": [TLS_ONLY], "context": {"aws:SecureTransport": "true"}}),
}  # fmt: skip

# https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html
ENDPOINT = {
    "the default policy lets all through": (
        True, {"identity": READS, "endpoint": [say(action="*", resource="*", principal="*")]}),
    "an endpoint grants nothing": (False, {"endpoint": [say(action="*", resource="*", principal="*")]}),
    "another bucket's endpoint": (
        False, {"identity": READS, "endpoint": [say(resource="arn:aws:s3:::other/*", principal="*")]}),
    "this bucket's endpoint": (True, {"identity": READS, "endpoint": [say(principal="*")]}),
    "an endpoint that denies": (
        False, {"identity": READS, "endpoint": [say(action="*", resource="*", principal="*"), say("Deny", principal="*")]}),
    "it holds a grant of the resource as well": (
        False, {"resource": [say(principal={"AWS": ALICE.arn})], "endpoint": [say(action="s3:PutObject", principal="*")]}),
    "it can limit by the caller's ARN": (
        False,
        {"identity": READS, "endpoint": [say(principal="*", condition={"ArnEquals": {"aws:PrincipalArn": ROLE.arn}})]}),
    "it lets that ARN through": (
        True,
        {"who": ROLE, "identity": READS,
         "endpoint": [say(principal="*", condition={"ArnEquals": {"aws:PrincipalArn": ROLE.arn}})]}),
    "it can limit to resources of our account": (
        True,
        {"identity": READS, "endpoint": [say(principal="*", condition={"StringEquals": {"aws:ResourceAccount": OURS}})]}),
    "and keep others' resources out": (
        False,
        {"identity": READS, "owner": THEIRS, "resource": [say(principal={"AWS": OURS})],
         "endpoint": [say(principal="*", condition={"StringEquals": {"aws:ResourceAccount": OURS}})]}),
    "a bucket for one endpoint only, through it": (
        True,
        {"identity": READS, "context": {"aws:SourceVpce": "vpce-1a2b3c4d"},
         "resource": [say("Deny", "s3:*", principal="*", condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}})]}),
    "a bucket for one endpoint only, from elsewhere": (
        False,
        {"identity": READS,
         "resource": [say("Deny", "s3:*", principal="*", condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}})]}),
    "a bucket for one VPC only, from another": (
        False,
        {"identity": READS, "context": {"aws:SourceVpc": "vpc-2"},
         "resource": [say("Deny", "s3:*", principal="*", condition={"StringNotEquals": {"aws:SourceVpc": "vpc-1"}})]}),
}  # fmt: skip

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
TOGETHER = {
    "boundary, session, SCP and identity all allow": (
        True, {"who": ROLE, "identity": READS, "boundary": READS, "session": READS, "scp": [[FULL]]}),
    "all but the session": (
        False, {"who": ROLE, "identity": READS, "boundary": READS, "session": LAUNCH, "scp": [[FULL]]}),
    "all but the boundary": (
        False, {"who": ROLE, "identity": READS, "boundary": LAUNCH, "session": READS, "scp": [[FULL]]}),
    "all but the SCP": (
        False, {"who": ROLE, "identity": READS, "boundary": READS, "session": READS, "scp": [LAUNCH]}),
    "all but the identity": (
        False, {"who": ROLE, "identity": LAUNCH, "boundary": READS, "session": READS, "scp": [[FULL]]}),
    "the session's ARN by the resource, within the SCP": (
        True,
        {"who": ROLE, "resource": [say(principal={"AWS": ROLE.session_arn})], "boundary": LAUNCH, "session": LAUNCH,
         "scp": [[FULL]]}),
    "the session's ARN by the resource, beyond the SCP": (
        False, {"who": ROLE, "resource": [say(principal={"AWS": ROLE.session_arn})], "scp": [LAUNCH]}),
    "the account by the resource, identity within its boundary": (
        True, {"identity": READS, "resource": [say(principal={"AWS": OURS})], "boundary": READS}),
    "the account by the resource, identity beyond its boundary": (
        False, {"identity": READS, "resource": [say(principal={"AWS": OURS})], "boundary": LAUNCH}),
    "across accounts the session limits": (
        False,
        {"who": ROLE, "owner": THEIRS, "identity": READS, "resource": [say(principal={"AWS": ROLE.arn})],
         "session": LAUNCH}),
    "across accounts the boundary limits": (
        False,
        {"who": ALICE, "owner": THEIRS, "identity": READS, "resource": [say(principal={"AWS": ALICE.arn})],
         "boundary": LAUNCH}),
    "across accounts all allow": (
        True,
        {"who": ROLE, "owner": THEIRS, "identity": READS, "resource": [say(principal={"AWS": ROLE.arn})],
         "session": READS, "boundary": READS, "scp": [[FULL]]}),
}  # fmt: skip
CASES = {
    f"{table}: {name}": case
    for table, cases in {
        "SCP": SERVICE_CONTROL, "RCP": RESOURCE_CONTROL, "endpoint": ENDPOINT, "together": TOGETHER,
    }.items()
    for name, case in cases.items()
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_case_of_the_documentation(name):
    allowed, question = CASES[name]
    decision = ask(**question)
    assert decision.allowed is allowed, decision.explanation


def test_the_reason_names_the_limit():
    assert ask(identity=READS, scp=[[FULL], []]).reason is Reason.SERVICE_CONTROL
    assert ask(identity=READS, endpoint=LAUNCH_THROUGH).reason is Reason.ENDPOINT
    assert ask(identity=READS, scp=[[FULL, NO_S3]]).sentence == "denied by statement 2 of the SCP 1"
    levels = [one.verdict for one in ask(identity=READS, scp=[[FULL], [FULL, NO_S3]]).explanation.layers[:2]]
    assert levels == ["allows", "denies"]


LAUNCH_THROUGH = [say(action="ec2:*", resource="*", principal="*")]


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgid
@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("aws:PrincipalOrgID", "o-ours", True),
        ("aws:PrincipalOrgID", "o-theirs", False),
        ("aws:PrincipalOrgPaths", f"o-ours/r-1/ou-1/{OURS}/", False),
        ("aws:PrincipalOrgPaths", "o-ours/r-1/ou-1/", True),
    ],
)
def test_a_caller_of_an_account_in_the_tree_is_a_member(key, value, allowed):
    full = (policy("FullAWSAccess", FULL),)
    units = {"r-1": Unit("", full), "ou-1": Unit("r-1", full), OURS: Unit("ou-1", full)}
    tree = Organization("o-ours", MANAGEMENT, units)
    operator = "ForAnyValue:StringEquals" if key.endswith("Paths") else "StringEquals"
    to_members = say(principal="*", condition={operator: {key: value}})
    held = tree.over(Policies(OURS, resource=(policy("bucket policy", to_members, kind="resource"),)), OURS)
    request = Request(ROLE, "s3:GetObject", "arn:aws:s3:::acme/q1.csv", {})
    assert decide(request, held).allowed is allowed
    assert not decide(Request(BOB, "s3:GetObject", "arn:aws:s3:::acme/q1.csv", {}), tree.over(held, THEIRS)).allowed


def test_a_unit_is_read_with_the_levels_over_it(account):
    client = account.client("organizations")
    client.create_organization(FeatureSet="ALL")
    root_id = client.list_roots()["Roots"][0]["Id"]
    client.enable_policy_type(RootId=root_id, PolicyType="SERVICE_CONTROL_POLICY")
    unit = client.create_organizational_unit(ParentId=root_id, Name="prod")["OrganizationalUnit"]["Id"]
    found = read_over(new_account(), unit)
    assert [one.parent for one in found.above(NEWCOMER)] == ["", root_id, unit]
    assert found.path(NEWCOMER) == f"{found.id}/{root_id}/{unit}/"
    assert read(new_account()).above(account.account_id)
