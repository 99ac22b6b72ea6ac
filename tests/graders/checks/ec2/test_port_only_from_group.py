import pytest

from tests.graders.checks.ec2.conftest import rule

CHECK = "ec2.port_only_from_group"
CALL = {"group": "db", "port": 3306, "source": "web"}
SUBNETS = ["10.20.1.0/24", "10.20.2.0/24"]


class TestRight:
    def test_only_a_reference(self, vpc, passes):
        vpc.let_in("db", rule(3306, group=vpc.ids["web"]))
        passes(CHECK, **CALL)

    @pytest.mark.parametrize(
        "permission",
        [
            rule(3306, 3306, *SUBNETS),
            rule(3306, 3306, "10.20.1.0/25", "10.20.1.128/25"),
            rule(3306, 3306, "10.20.2.7/32"),
        ],
        ids=["exact", "in parts", "inside"],
    )
    def test_only_the_subnets(self, vpc, passes, permission):
        vpc.let_in("db", permission)
        passes(CHECK, **CALL, allow_cidrs=SUBNETS)

    def test_other_ports_do_not_matter(self, vpc, passes):
        vpc.let_in("db", rule(3306, group=vpc.ids["web"]), rule(22, 22, "0.0.0.0/0"))
        passes(CHECK, **CALL)


class TestWrong:
    @pytest.mark.parametrize(
        ("permission", "words"),
        [
            (rule(3306, 3306, "0.0.0.0/0"), "0.0.0.1 can open"),
            (rule(3306, 3306, "0.0.0.0/1", "128.0.0.0/1"), "0.0.0.0/0"),
            (rule(0, 0, "10.20.0.0/16", protocol="-1"), "10.20.0.0/16. 10.20.0.1 can open"),
            (rule(3306, 3306, v6=["::/0"]), "::/0. ::1 can open"),
            (rule(1000, 4000, "10.20.1.0/24", "10.20.3.0/24"), "10.20.3.0/24. 10.20.3.1 can open"),
        ],
        ids=["everybody", "halves", "the whole VPC", "IPv6", "one subnet too many"],
    )
    def test_whoever_else_gets_in_is_named(self, vpc, fails, permission, words):
        vpc.let_in("db", rule(3306, group=vpc.ids["web"]), permission)
        fails(CHECK, "is also open to", words, **CALL, allow_cidrs=SUBNETS)

    def test_the_group_itself_and_other_groups_are_too_much(self, vpc, fails):
        vpc.let_in("db", rule(3306, group=vpc.ids["db"]))
        fails(CHECK, "A member of db", **CALL)

    def test_no_way_in_is_nothing_to_judge(self, vpc, fails):
        fails(CHECK, "Nothing reaches port 3306/tcp of db, web included", **CALL)


class TestNearMiss:
    def test_the_subnets_are_too_much_where_the_task_wants_the_group(self, vpc, fails):
        vpc.let_in("db", rule(3306, 3306, *SUBNETS))
        fails(CHECK, "is also open to 10.20.1.0/24, 10.20.2.0/24", **CALL)
