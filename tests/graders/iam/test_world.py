"""The world read from an account's own calls: users, roles, the organization above."""

import json

from graders.iam import Principal, World, world_of
from graders.iam.organization import read
from graders.iam.snapshot import Actor
from graders.iam.witnesses import Target
from tests.graders.conftest import ACCOUNT, new_account
from tests.graders.iam.cast import ALICE, BOB, OURS, document, policy, say, trust

BUCKET, OBJECT = "arn:aws:s3:::acme", "arn:aws:s3:::acme/q1.csv"
NO_DELETE = {"Version": "2012-10-17", "Statement": say("Deny", action="s3:Delete*", resource="*")}


def an_organization(account, *, enabled=True):
    """Root, a unit with a policy, and this account in it."""
    client = account.client("organizations")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    if enabled:
        client.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    unit = client.create_organizational_unit(ParentId=root, Name="labs")["OrganizationalUnit"]["Id"]
    policy = client.create_policy(
        Name="NoDelete", Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(NO_DELETE)
    )
    client.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=unit)
    client.move_account(AccountId=ACCOUNT, SourceParentId=root, DestinationParentId=unit)
    return root, unit


def test_an_account_without_an_organization_has_none(account):
    assert read(account) is None
    assert world_of(account, {}).organization is None


# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
def test_the_levels_above_the_account_are_read(account):
    root, unit = an_organization(account)
    found = read(new_account())
    assert found is not None and list(found.units) == [ACCOUNT, unit, root]
    names = [[one.name.split()[1] for one in level.service_control] for level in found.above(ACCOUNT)]
    assert names == [["FullAWSAccess"], ["FullAWSAccess", "NoDelete"], ["FullAWSAccess"]]
    assert found.path(ACCOUNT) == f"{found.id}/{root}/{unit}/"


def test_policies_of_a_type_that_is_not_enabled_hold_nobody(account):
    an_organization(account, enabled=False)
    found = read(new_account())
    assert found is not None
    assert all(len(level.service_control) == 1 for level in found.above(ACCOUNT))


def test_the_management_account_is_spared_and_a_member_is_held(account):
    an_organization(account)
    account.client("iam").create_user(UserName="dev")
    account.client("iam").put_user_policy(
        UserName="dev", PolicyName="all", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": say(action="s3:*", resource="*")})
    )  # fmt: skip
    world = world_of(new_account(), {BUCKET: Target(ACCOUNT, ())})
    [dev] = world.actors
    assert world.can(dev, "s3:DeleteObject", OBJECT).allowed  # this account is its organization's management account
    assert world.organization is not None
    member = type(world.organization)("o-1", "000000000000", world.organization.units)
    held = World(ACCOUNT, world.actors, {BUCKET: Target(ACCOUNT, (), organization=member)}, member)
    assert held.can(dev, "s3:DeleteObject", OBJECT).policy.startswith("policy NoDelete at ou-")
    assert held.can(dev, "s3:GetObject", OBJECT).allowed


# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
def test_who_can_through_roles_names_the_way():
    def role(name, *trusted, identity=()):
        principal = Principal("role", OURS, f"arn:aws:iam::{OURS}:role/{name}", "session")
        statements = [trust({"AWS": list(trusted)})] if trusted else [trust({"Service": "ec2.amazonaws.com"})]
        return Actor(principal, identity, trust=document(*statements, kind="trust"))

    reader = role("reader", f"arn:aws:iam::{OURS}:role/door", identity=(policy("reads", say()),))
    world = World(OURS, (Actor(ALICE), reader, role("door", ALICE.arn), role("idle")), {BUCKET: Target(OURS, ())})
    direct = [one.actor.principal.name for one in world.who_can("s3:GetObject", OBJECT)]
    assert direct == ["reader"]
    everybody = world.who_can("s3:GetObject", OBJECT, through_roles=True, also=[Actor(BOB)])
    found = {one.actor.principal.name: one.via for one in everybody}
    assert found == {"alice": ("door", "reader"), "reader": (), "door": ("reader",)}
