import pytest

from tests.graders.checks.ec2.conftest import rule

CHECK = "ec2.port_open_to_internet"
ALL = "0.0.0.0/0"
OPEN = {
    "one rule": [rule(443, 443, ALL)],
    "halves": [rule(443, 443, "0.0.0.0/1", "128.0.0.0/1")],
    "halves in two rules": [rule(443, 443, "0.0.0.0/1"), rule(400, 500, "128.0.0.0/1")],
    "all protocols": [rule(0, 0, ALL, protocol="-1")],
    "all ports": [rule(0, 65535, ALL)],
    "both families": [rule(443, 443, ALL, v6=["::/0"])],
}
CLOSED = {
    "nothing": ([], "nothing reaches"),
    "a half": ([rule(443, 443, "0.0.0.0/1")], "only 0.0.0.0/1 reaches"),
    "UDP": ([rule(443, 443, ALL, protocol="udp")], "UDP is open"),
    "IPv6": ([rule(443, 443, v6=["::/0"])], "IPv6 only"),
    "another port": ([rule(80, 80, ALL)], "nothing reaches"),
    "one office": ([rule(443, 443, "203.0.113.0/24")], "203.0.113.0/24"),
}


class TestRight:
    @pytest.mark.parametrize("name", OPEN)
    def test_the_port_is_open(self, vpc, passes, name):
        vpc.let_in("web", *OPEN[name])
        passes(CHECK, group="web", port=443)

    def test_a_prefix_list_of_everything_is_open(self, vpc, passes):
        entries = [{"Cidr": "0.0.0.0/0"}]
        made = vpc.client.create_managed_prefix_list(
            PrefixListName="all", MaxEntries=1, AddressFamily="IPv4", Entries=entries
        )["PrefixList"]
        vpc.let_in("web", rule(443, prefix_list=made["PrefixListId"]))
        passes(CHECK, group="web", port=443)

    def test_a_group_may_be_named_by_its_id(self, vpc, passes):
        vpc.let_in("web", rule(443, 443, "0.0.0.0/0"))
        passes(CHECK, group=vpc.ids["web"], port=443)


class TestWrong:
    @pytest.mark.parametrize("name", CLOSED)
    def test_the_port_is_not_open(self, vpc, fails, name):
        permissions, words = CLOSED[name]
        if permissions:
            vpc.let_in("web", *permissions)
        fails(CHECK, words, "8.8.8.8 cannot", group="web", port=443)


class TestNearMiss:
    def test_the_right_rule_on_the_wrong_group_is_pointed_out(self, vpc, fails):
        vpc.let_in("db", rule(443, 443, "0.0.0.0/0"))
        fails(CHECK, "stands on another group, db", group="web", port=443)

    def test_another_case_of_the_group_is_pointed_out(self, vpc, fails):
        fails(CHECK, "There is web", group="Web", port=443)

    def test_two_groups_of_a_name_are_pointed_out(self, vpc, account, fails):
        other = vpc.client.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
        vpc.client.create_security_group(GroupName="web", Description="web", VpcId=other)
        fails(CHECK, "2 security groups are named web", group="web", port=443)
