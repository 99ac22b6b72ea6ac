import pytest

from tests.graders.checks.ec2.conftest import ALL, Net, rule

CHECK = "ec2.group_admits_exactly"
CALL = {"group": "web", "port": 22, "sources": ["203.0.113.0/24"]}
OFFICE = "203.0.113.0/24"


class TestRight:
    @pytest.mark.parametrize(
        "permissions",
        [
            [rule(22, 22, OFFICE)],
            [rule(22, 22, "203.0.113.0/25", "203.0.113.128/25")],
            [rule(22, 22, "203.0.113.0/25"), rule(20, 30, OFFICE)],
        ],
        ids=["one rule", "in parts", "twice"],
    )
    def test_the_same_addresses(self, vpc, passes, permissions):
        vpc.let_in("web", *permissions)
        passes(CHECK, **CALL)

    def test_a_prefix_list(self, vpc, passes):
        made = vpc.client.create_managed_prefix_list(
            PrefixListName="office", MaxEntries=1, AddressFamily="IPv4", Entries=[{"Cidr": OFFICE}]
        )["PrefixList"]["PrefixListId"]
        vpc.let_in("web", rule(22, prefix_list=made))
        passes(CHECK, **CALL)

    def test_a_group_and_other_ports(self, vpc, passes):
        vpc.let_in("db", rule(5432, group=vpc.ids["web"]), rule(22, 22, ALL))
        passes(CHECK, group="db", port=5432, sources=["web"])

    def test_narrower_where_that_is_enough(self, vpc, passes):
        vpc.let_in("web", rule(22, 22, "203.0.113.7/32"))
        passes(CHECK, **CALL, narrower=True, alone=True)


class TestWrong:
    @pytest.mark.parametrize(
        ("permission", "words"),
        [
            (rule(22, 22, "0.0.0.0/1", "128.0.0.0/1"), "0.0.0.0/0"),
            (rule(22, 22, v6=["::/0"]), "::/0"),
            (rule(0, 65535, "10.0.0.0/8"), "10.0.0.0/8"),
            (rule(0, 0, ALL, protocol="-1"), "0.0.0.0/0"),
        ],
        ids=["halves", "IPv6", "a range of ports", "all protocols"],
    )
    def test_whoever_else_gets_in(self, vpc, fails, permission, words):
        vpc.let_in("web", rule(22, 22, OFFICE), permission)
        fails(CHECK, "also admits", words, "opens a connection", **CALL)

    def test_the_group_itself(self, vpc, fails):
        vpc.let_in("db", rule(5432, group=vpc.ids["web"]), rule(5432, group=vpc.ids["db"]))
        fails(CHECK, "also admits db", "A member of db", group="db", port=5432, sources=["web"])

    def test_too_little(self, vpc, fails):
        vpc.let_in("web", rule(22, 22, "203.0.113.0/25"))
        fails(CHECK, "admits 203.0.113.0/25, not 203.0.113.0/24", **CALL)

    def test_another_port_of_the_group_where_it_should_be_alone(self, vpc, fails):
        vpc.let_in("web", rule(22, 22, OFFICE), rule(8080, 8090, OFFICE))
        fails(CHECK, "more than tcp 22: tcp 8080-8090", **CALL, alone=True)

    def test_another_group_on_the_same_interface(self, account, fails):
        net = Net(account)
        net.subnet("a", zone="a")
        net.group("web", rule(22, 22, OFFICE))
        net.group("wide", rule(22, 22, ALL))
        net.instance("server", "a", "web", "wide")
        fails(CHECK, "wide", "groups add up", **CALL)


class TestNearMiss:
    def test_the_rule_on_another_group(self, vpc, fails):
        vpc.let_in("db", rule(22, 22, OFFICE))
        fails(CHECK, "admits nobody", "stands on another group, db", **CALL)

    def test_the_wrong_protocol(self, vpc, fails):
        vpc.let_in("web", rule(22, 22, OFFICE, protocol="udp"))
        fails(CHECK, "UDP is open to it", **CALL)

    def test_the_wrong_port(self, vpc, fails):
        vpc.let_in("web", rule(2222, 2222, OFFICE))
        fails(CHECK, "another port: tcp 2222", **CALL)
