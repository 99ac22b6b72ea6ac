from tests.graders.checks.iam.conftest import ALL, READ

CHECK = "iam.users_only_via_groups"


class TestRight:
    def test_through_a_group(self, iam, passes):
        iam.group("readers", READ)
        iam.user("dana", groups=["readers"])
        passes(CHECK)

    def test_a_managed_policy_and_a_group_without_any(self, iam, passes):
        iam.group("readers")
        iam.group("mail")
        iam.client.attach_group_policy(GroupName="readers", PolicyArn=iam.policy("read", READ))
        iam.user("dana", groups=["mail", "readers"])
        passes(CHECK, users=["dana"])

    def test_the_labs_own_user_and_others_do_not_count(self, iam, passes):
        iam.group("readers", READ)
        iam.user("learner", ALL)
        iam.user("robot", READ)
        iam.user("dana", groups=["readers"])
        passes(CHECK, users=["dana"])


class TestWrong:
    def test_an_inline_policy_is_left(self, iam, fails):
        iam.group("readers", READ)
        iam.user("dana", READ, groups=["readers"])
        fails(CHECK, "user dana has an inline policy: own", "delete-user-policy", users=["dana"])

    def test_an_attached_policy(self, iam, fails):
        iam.group("readers", READ)
        iam.user("dana", groups=["readers"])
        iam.client.attach_user_policy(UserName="dana", PolicyArn=iam.policy("read", READ))
        fails(CHECK, "read is attached to the user dana itself")

    def test_no_group(self, iam, fails):
        iam.user("dana")
        fails(CHECK, "user dana is in no group")

    def test_one_of_several(self, iam, fails):
        iam.group("readers", READ)
        iam.user("dana", groups=["readers"])
        iam.user("omar", READ, groups=["readers"])
        fails(CHECK, "omar has an inline policy")


class TestNearMiss:
    def test_a_group_that_grants_nothing(self, iam, fails):
        iam.group("readers", {"Effect": "Deny", "Action": "*", "Resource": "*"})
        iam.user("dana", groups=["readers"])
        fails(CHECK, "is in readers, but that group grants nothing")
