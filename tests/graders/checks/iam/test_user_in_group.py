CHECK = "iam.user_in_group"
CALL = {"user": "dana", "group": "ops"}


class TestRight:
    def test_a_member(self, iam, passes):
        iam.group("ops")
        iam.user("dana", groups=["ops"])
        passes(CHECK, **CALL, only=True)

    def test_a_member_of_others_too(self, iam, passes):
        iam.group("ops")
        iam.group("all")
        iam.user("dana", groups=["all", "ops"])
        passes(CHECK, **CALL)

    def test_with_a_path(self, iam, passes):
        iam.client.create_group(GroupName="ops", Path="/teams/")
        iam.user("dana", Path="/people/", groups=["ops"])
        passes(CHECK, **CALL)


class TestWrong:
    def test_in_no_group(self, iam, fails):
        iam.group("ops")
        iam.user("dana")
        fails(CHECK, "it is in: none", "add-user-to-group --user-name dana", **CALL)

    def test_in_both(self, iam, fails):
        iam.group("ops")
        iam.group("docs")
        iam.user("dana", groups=["ops", "docs"])
        fails(CHECK, "also in docs", "--group-name docs", **CALL, only=True)

    def test_somebody_else_is_in(self, iam, fails):
        iam.group("ops")
        iam.user("omar", groups=["ops"])
        fails(CHECK, "user dana does not exist", **CALL)


class TestNearMiss:
    def test_the_group_of_almost_that_name(self, iam, fails):
        iam.group("ops-team")
        iam.group("ops-teams")
        iam.user("dana", groups=["ops-teams"])
        fails(CHECK, "There is ops-teams", user="dana", group="ops-team")
