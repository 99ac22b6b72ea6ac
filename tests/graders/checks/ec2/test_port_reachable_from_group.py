import pytest

from tests.graders.checks.ec2.conftest import rule

CHECK = "ec2.port_reachable_from_group"
CALL = {"group": "db", "port": 3306, "source": "web"}
SUBNETS = ["10.20.1.0/24", "10.20.2.0/24"]


class TestRight:
    def test_a_reference_to_the_group_lets_it_in(self, vpc, passes):
        vpc.let_in("db", rule(3306, group=vpc.ids["web"]))
        passes(CHECK, **CALL)

    @pytest.mark.parametrize(
        "permission",
        [
            rule(3306, 3306, *SUBNETS),
            rule(3306, 3306, "10.20.0.0/22"),
            rule(3300, 3310, "10.20.1.0/25", "10.20.1.128/25", "10.20.2.0/24"),
            rule(0, 0, "0.0.0.0/0", protocol="-1"),
        ],
        ids=["exact", "wider", "in parts", "everybody"],
    )
    def test_addresses_that_cover_the_subnets_let_it_in(self, vpc, passes, permission):
        vpc.let_in("db", permission)
        passes(CHECK, **CALL, allow_cidrs=SUBNETS)

    def test_the_whole_vpc_lets_it_in_without_being_told_the_subnets(self, vpc, passes):
        vpc.let_in("db", rule(3306, 3306, "10.20.0.0/16"))
        passes(CHECK, **CALL)

    def test_a_narrow_outbound_rule_is_enough(self, vpc, passes):
        vpc.let_in("db", rule(3306, group=vpc.ids["web"]))
        groups = vpc.client.describe_security_groups(GroupIds=[vpc.ids["web"]])["SecurityGroups"]
        vpc.client.revoke_security_group_egress(GroupId=vpc.ids["web"], IpPermissions=groups[0]["IpPermissionsEgress"])
        vpc.client.authorize_security_group_egress(
            GroupId=vpc.ids["web"], IpPermissions=[rule(3306, group=vpc.ids["db"])]
        )
        passes(CHECK, **CALL)


class TestWrong:
    @pytest.mark.parametrize(
        ("permissions", "words"),
        [
            ([], "Nothing reaches port 3306"),
            ([rule(5432, 5432, "10.20.0.0/16")], "Nothing reaches port 3306"),
            ([rule(3306, 3306, "10.20.0.0/16", protocol="udp")], "Nothing reaches port 3306"),
            ([rule(3306, 3306, "10.20.1.0/24")], "admits 10.20.1.0/24, not web"),
            ([rule(3306, 3306, "192.168.0.0/16")], "admits 192.168.0.0/16, not web"),
        ],
        ids=["nothing", "another port", "UDP", "half of the subnets", "elsewhere"],
    )
    def test_what_keeps_it_out_is_told(self, vpc, fails, permissions, words):
        if permissions:
            vpc.let_in("db", *permissions)
        fails(CHECK, words, "A member of web cannot", **CALL, allow_cidrs=SUBNETS)

    def test_the_sources_outbound_rules_count(self, vpc, fails):
        vpc.let_in("db", rule(3306, group=vpc.ids["web"]))
        groups = vpc.client.describe_security_groups(GroupIds=[vpc.ids["web"]])["SecurityGroups"]
        vpc.client.revoke_security_group_egress(GroupId=vpc.ids["web"], IpPermissions=groups[0]["IpPermissionsEgress"])
        fails(CHECK, "do not let it out", **CALL)


class TestNearMiss:
    def test_the_rule_on_the_source_is_pointed_out(self, vpc, fails):
        vpc.let_in("web", rule(3306, group=vpc.ids["db"]))
        fails(CHECK, "wrong group", **CALL)
