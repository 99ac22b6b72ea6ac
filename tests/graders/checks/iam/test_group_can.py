import pytest

from tests.graders.checks.iam.conftest import DENY_ALL, OBJECTS, READ

CHECK = "iam.group_can"
LOOK = {"Action": "ec2:Describe*", "Resource": "*"}
OPS = {"group": "ops", "actions": ["ec2:DescribeInstances"], "resource": "*"}
CHANGES = {"cannot": ["ec2:RunInstances", "ec2:TerminateInstances"]}


class TestRight:
    def test_an_inline_policy(self, iam, passes):
        iam.group("ops", LOOK)
        passes(CHECK, **OPS, **CHANGES)

    def test_a_managed_policy_and_a_member(self, iam, passes):
        iam.group("ops")
        iam.client.attach_group_policy(GroupName="ops", PolicyArn=iam.policy("look", LOOK))
        iam.user("dana", groups=["ops"])
        passes(CHECK, **OPS, **CHANGES, users=["dana"])

    def test_a_deny_beside_a_wide_allow(self, iam, passes):
        iam.group("ops", {"Action": "ec2:*", "Resource": "*"})
        deny = {"Effect": "Deny", "Action": ["ec2:Run*", "ec2:Terminate*"], "Resource": "*"}
        iam.client.attach_group_policy(GroupName="ops", PolicyArn=iam.policy("stop", deny))
        passes(CHECK, **OPS, **CHANGES)


class TestWrong:
    def test_too_much(self, iam, fails):
        iam.group("ops", {"Action": "ec2:*", "Resource": "*"})
        fails(CHECK, "can more than it should", "can ec2:RunInstances", **OPS, **CHANGES)

    def test_a_single_resource_is_still_too_much(self, iam, fails):
        iam.group("ops", LOOK, {"Action": "ec2:TerminateInstances", "Resource": "arn:aws:ec2:*:*:instance/i-0abc"})
        fails(CHECK, "ec2:TerminateInstances", **OPS, **CHANGES)

    @pytest.mark.parametrize("own", [[DENY_ALL | {"Action": "ec2:*"}], []], ids=["denied to the user", "no rights"])
    def test_the_member_cannot(self, iam, fails, own):
        iam.group("ops", *([LOOK] if own else []))
        iam.user("dana", *own, groups=["ops"])
        fails(CHECK, "cannot ec2:DescribeInstances", **OPS, users=["dana"])

    def test_the_user_is_not_in_it(self, iam, fails):
        iam.group("ops", LOOK)
        iam.user("dana", LOOK)
        fails(CHECK, "user dana is not in the group ops", **OPS, users=["dana"])


class TestNearMiss:
    def test_another_bucket(self, iam, bucket, fails):
        iam.group("readers", READ | {"Resource": "arn:aws:s3:::acme-logs/*"})
        call = {"group": "readers", "actions": ["s3:GetObject"], "resource": OBJECTS}
        fails(CHECK, "allows it on arn:aws:s3:::acme-logs/*", **call)

    def test_a_group_of_almost_that_name(self, iam, fails):
        iam.group("Ops", LOOK)
        fails(CHECK, "There is Ops", **OPS)
