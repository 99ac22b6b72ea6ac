import pytest

from tests.graders.checks.ec2.conftest import rule

CHECK = "ec2.reaches"
CALL = {"source": "web", "target": "db", "port": 5432}


@pytest.fixture
def site(net):
    net.subnet("private-a")
    net.subnet("private-b")
    net.group("web-sg")
    net.group("db-sg")
    net.instance("web", "private-a", "web-sg")
    return net


class TestRight:
    def test_a_reference_to_the_group(self, site, passes):
        site.instance("db", "private-b", "db-sg")
        site.let_in("db-sg", rule(5432, group=site.ids["web-sg"]))
        passes(CHECK, **CALL)

    def test_addresses(self, site, passes):
        site.instance("db", "private-b", "db-sg")
        site.let_in("db-sg", rule(5000, 6000, "10.0.1.0/25", "10.0.1.128/25"))
        passes(CHECK, **CALL)

    def test_a_prefix_list(self, site, passes):
        site.instance("db", "private-b", "db-sg")
        made = site.ec2.create_managed_prefix_list(
            PrefixListName="app", MaxEntries=1, AddressFamily="IPv4", Entries=[{"Cidr": "10.0.0.0/16"}]
        )["PrefixList"]["PrefixListId"]
        site.let_in("db-sg", rule(5432, prefix_list=made))
        passes(CHECK, source="web-sg", target="db", port=5432)

    def test_inside_a_subnet_no_acl_is_asked(self, site, passes):
        site.instance("db", "private-a", "db-sg")
        site.let_in("db-sg", rule(5432, group=site.ids["web-sg"]))
        site.acl("private-a")
        passes(CHECK, **CALL)

    def test_the_target_needs_no_outbound_rule(self, site, passes):
        site.instance("db", "private-b", "db-sg")
        site.let_in("db-sg", rule(5432, group=site.ids["web-sg"]))
        site.ec2.revoke_security_group_egress(
            GroupId=site.ids["db-sg"], IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        )
        passes(CHECK, **CALL)


class TestWrong:
    def test_the_reply_is_stopped_by_the_acl(self, site, fails):
        site.instance("db", "private-b", "db-sg")
        site.let_in("db-sg", rule(5432, group=site.ids["web-sg"]))
        acl = site.acl("private-b", name="db-acl")
        site.entry(acl, 100, 5432)
        site.entry(acl, 100, 5432, egress=True)
        fails(CHECK, "db-acl", "ephemeral ports", "waits in vain", **CALL)

    def test_the_source_may_not_speak(self, site, fails):
        site.instance("db", "private-b", "db-sg")
        site.let_in("db-sg", rule(5432, group=site.ids["web-sg"]))
        site.ec2.revoke_security_group_egress(
            GroupId=site.ids["web-sg"], IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        )
        fails(CHECK, "No outbound rule of web-sg", **CALL)

    def test_a_group_that_the_source_does_not_wear(self, site, fails):
        site.instance("db", "private-b", "db-sg")
        site.group("app-sg")
        site.let_in("db-sg", rule(5432, group=site.ids["app-sg"]))
        fails(CHECK, "No inbound rule of db-sg", **CALL)

    def test_one_of_two_databases(self, site, fails):
        site.instance("db", "private-b", "db-sg")
        site.let_in("db-sg", rule(5432, group=site.ids["web-sg"]))
        site.group("other")
        site.instance("db", "private-b", "other")
        fails(CHECK, "No inbound rule of other", **CALL)


class TestNearMiss:
    def test_the_rule_stands_the_wrong_way_round(self, site, fails):
        site.instance("db", "private-b", "db-sg")
        site.let_in("web-sg", rule(5432, group=site.ids["db-sg"]))
        fails(CHECK, "wrong way round: on web-sg", **CALL)

    def test_nobody_wears_the_group(self, site, fails):
        site.instance("db", "private-b", "db-sg")
        site.group("app-sg")
        fails(CHECK, "No interface wears app-sg", source="app-sg", target="db", port=5432)

    def test_a_name_that_is_almost_right(self, site, fails):
        fails(CHECK, "There is web", source="webb", target="web", port=5432)
