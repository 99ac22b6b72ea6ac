import pytest

from tests.graders.checks.iam.conftest import ALL, DENY_ALL, OBJECT, OBJECTS, READ, arn
from tests.graders.conftest import ACCOUNT

CHECK = "iam.principal_cannot"
CALL = {"principal": "user/bob", "actions": ["s3:GetObject"], "resource": OBJECT}
BECOME = {"Action": "sts:AssumeRole", "Resource": "*"}


class TestRight:
    @pytest.mark.parametrize(
        "own",
        [
            [],
            [READ, DENY_ALL],
            [READ | {"Condition": {"StringEquals": {"aws:username": "alice"}}}],
            [{"Action": "s3:*", "Resource": "arn:aws:s3:::another/*"}],
        ],
        ids=["nothing", "denied", "impossible condition", "elsewhere"],
    )
    def test_it_cannot(self, iam, bucket, passes, own):
        iam.user("bob", *own)
        passes(CHECK, **CALL)

    def test_a_boundary_stops_it(self, iam, bucket, passes):
        iam.role("app", ALL, PermissionsBoundary=iam.policy("limit", {"Action": "ec2:*", "Resource": "*"}))
        passes(CHECK, **CALL | {"principal": "role/app"})

    def test_a_role_that_does_not_trust_it(self, iam, bucket, passes):
        iam.user("bob", BECOME)
        iam.role("admin", ALL)
        passes(CHECK, **CALL)

    def test_a_reader_changes_nothing(self, iam, passes):
        iam.group("ops", {"Action": "ec2:Describe*", "Resource": "*"})
        passes(CHECK, principal="group/ops", actions=["ec2:RunInstances", "ec2:Terminate*"], resource="*")


class TestWrong:
    def test_the_second_policy_grants(self, iam, bucket, fails):
        iam.group("readers", READ)
        iam.user("bob", {"Action": "ec2:*", "Resource": "*"}, groups=["readers"])
        fails(CHECK, "user bob can s3:GetObject acme-reports/q1.csv", **CALL)

    def test_the_bucket_grants_past_the_boundary(self, iam, bucket, fails):
        session = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session"
        iam.role("app", PermissionsBoundary=iam.policy("limit", {"Action": "ec2:*", "Resource": "*"}))
        bucket({"Effect": "Allow", "Principal": {"AWS": session}, "Action": "s3:GetObject", "Resource": OBJECTS})
        fails(CHECK, "bucket policy", "resource's own policy grants it", **CALL | {"principal": "role/app"})

    def test_a_condition_that_can_be_met(self, iam, bucket, fails):
        iam.user("bob", READ | {"Condition": {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}})
        fails(CHECK, "198.51.100", **CALL)

    def test_by_a_role_of_a_role(self, iam, bucket, fails):
        iam.user("bob", BECOME)
        iam.role("first", BECOME, trust={"AWS": arn("user", "bob")})
        iam.role("second", READ, trust={"AWS": arn("role", "first")})
        result = fails(CHECK, "as role first, and then as role second", **CALL)
        assert result.counterexample.startswith("role second can s3:GetObject")

    def test_one_prefix_is_enough(self, iam, bucket, fails):
        iam.user("bob", {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-reports/secret/*"})
        fails(CHECK, "acme-reports/secret/x", **CALL | {"resource": OBJECTS})


class TestNearMiss:
    def test_another_spelling_is_named(self, iam, fails):
        iam.user("Bob")
        fails(CHECK, "There is Bob, which is another name", **CALL)
