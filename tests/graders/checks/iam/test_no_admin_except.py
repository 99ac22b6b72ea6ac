import pytest

from tests.graders.checks.iam.conftest import ALL, DENY_ALL, READ, arn

CHECK = "iam.no_admin_except"
BECOME = {"Action": "sts:AssumeRole", "Resource": "*"}


class TestRight:
    def test_the_named_one(self, iam, passes):
        iam.role("break-glass", ALL, trust={"AWS": arn("user", "ana")})
        iam.user("ana", READ)
        passes(CHECK, allowed=["role/break-glass", "user/ana"])

    def test_a_group_of_them(self, iam, passes):
        iam.group("admins", ALL)
        iam.user("ana", groups=["admins"])
        iam.user("bob", {"NotAction": ["iam:*", "organizations:*"], "Resource": "*"})
        passes(CHECK, allowed=["group/admins"])

    def test_all_but_denied_and_the_labs_own(self, iam, passes):
        iam.user("learner", ALL)
        iam.user("bob", ALL, DENY_ALL | {"Action": "iam:*"})
        passes(CHECK, allowed=[])

    def test_a_boundary(self, iam, passes):
        iam.role("app", ALL, PermissionsBoundary=iam.policy("limit", {"Action": "s3:*", "Resource": "*"}))
        passes(CHECK, allowed=[])


class TestWrong:
    @pytest.mark.parametrize(
        "own",
        [
            [{"Action": ["*"], "Resource": ["*"]}],
            [{"Action": "iam:*", "Resource": "*"}],
            [{"NotAction": "s3:DeleteBucket", "Resource": "*"}],
            [{"Action": ["iam:Put*", "iam:Attach*"], "Resource": "*"}, {"NotAction": "iam:*", "Resource": "*"}],
        ],
        ids=["all, in a list", "iam:*", "NotAction", "two halves"],
    )
    def test_another_one(self, iam, fails, own):
        iam.user("ana", ALL)
        iam.user("bob", *own)
        fails(CHECK, "user bob is an administrator", allowed=["user/ana"])

    def test_by_a_group(self, iam, fails):
        iam.group("team", ALL)
        iam.user("bob", groups=["team"])
        fails(CHECK, "policy team of user bob", allowed=[])

    def test_by_a_copy_of_the_managed_policy(self, iam, fails):
        iam.role("ci")
        iam.client.attach_role_policy(RoleName="ci", PolicyArn=iam.policy("Copy", ALL))
        fails(CHECK, "role ci is an administrator", allowed=[])

    def test_by_becoming_the_named_one(self, iam, fails):
        iam.role("break-glass", ALL, trust={"AWS": arn("user", "bob")})
        iam.user("bob", BECOME)
        fails(CHECK, "user bob is an administrator, as role break-glass", allowed=["role/break-glass"])

    def test_the_named_one_is_open_to_anyone(self, iam, fails):
        iam.role("break-glass", ALL, trust={"AWS": "*"})
        fails(CHECK, "anyone can become it", allowed=["role/break-glass"])


class TestNearMiss:
    def test_the_allowed_one_is_misspelt(self, iam, fails):
        iam.role("break-glass", ALL)
        fails(CHECK, "There is break-glass, which is another name", allowed=["role/breakglass"])
