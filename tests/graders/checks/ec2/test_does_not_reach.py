import pytest

from tests.graders.checks.ec2.conftest import rule

CHECK = "ec2.does_not_reach"
CALL = {"source": "alb", "target": "db", "port": 5432}


@pytest.fixture
def site(net):
    net.subnet("private-a")
    net.subnet("private-b")
    for name in ("alb-sg", "web-sg", "db-sg"):
        net.group(name)
    net.instance("alb", "private-a", "alb-sg")
    net.instance("db", "private-b", "db-sg")
    return net


class TestRight:
    def test_only_the_neighbour_is_let_in(self, site, passes):
        site.let_in("db-sg", rule(5432, group=site.ids["web-sg"]))
        passes(CHECK, **CALL)

    def test_no_rule(self, site, passes):
        passes(CHECK, source="alb-sg", target="db", port=5432)

    def test_a_network_acl(self, site, passes):
        site.let_in("db-sg", rule(5432, 5432, "10.0.0.0/16"))
        site.entry(site.default_acl(), 10, 5432, allow=False, cidr="10.0.1.0/24")
        passes(CHECK, **CALL)


class TestWrong:
    @pytest.mark.parametrize(
        "permission",
        [
            rule(5432, 5432, "10.0.0.0/17", "10.0.128.0/17"),
            rule(0, 65535, "10.0.0.0/8"),
            rule(0, 0, "0.0.0.0/0", protocol="-1"),
        ],
        ids=["halves", "all ports", "all protocols"],
    )
    def test_the_neighbour_is_let_in_and_others_too(self, site, fails, permission):
        site.let_in("db-sg", rule(5432, group=site.ids["web-sg"]), permission)
        fails(CHECK, "alb reaches tcp 5432 of db", "db-sg", **CALL)

    def test_the_source_wears_the_group_of_the_neighbour(self, site, fails):
        site.let_in("db-sg", rule(5432, group=site.ids["web-sg"]))
        other = site.instance("alb", "private-b", "alb-sg", "web-sg")
        fails(CHECK, "alb reaches", other, **CALL)

    def test_inside_a_subnet_the_acl_does_not_help(self, site, fails):
        site.instance("db", "private-a", "db-sg")
        site.let_in("db-sg", rule(5432, 5432, "10.0.0.0/16"))
        site.entry(site.default_acl(), 10, 5432, allow=False, cidr="10.0.0.0/16")
        fails(CHECK, "alb reaches", **CALL)


class TestNearMiss:
    def test_a_name_that_is_almost_right(self, site, fails):
        fails(CHECK, "There is db", source="alb", target="DB", port=5432)
