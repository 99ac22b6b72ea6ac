import pytest

from tests.graders.checks.ec2.conftest import ALL

CHECK = "ec2.subnet_blocks"
BAD = "198.51.100.0/24"
CALL = {"subnets": ["private-a", "private-b"], "source": BAD}


@pytest.fixture
def site(net):
    net.subnet("private-a")
    net.subnet("private-b")
    return net


class TestRight:
    def test_a_deny_with_a_lower_number(self, site, passes):
        site.entry(site.default_acl(), 50, allow=False, cidr=BAD)
        passes(CHECK, **CALL)

    def test_a_wider_deny(self, site, passes):
        site.entry(site.default_acl(), 50, allow=False, cidr="198.51.0.0/16")
        passes(CHECK, **CALL)

    def test_a_list_of_those_who_may(self, site, passes):
        site.entry(site.acl("private-a", "private-b"), 100, cidr="10.0.0.0/16")
        passes(CHECK, **CALL)

    def test_one_port(self, site, passes):
        site.entry(site.default_acl(), 50, 20, 30, allow=False, cidr=BAD)
        passes(CHECK, **CALL, port=22)


class TestWrong:
    def test_tcp_only(self, site, fails):
        site.entry(site.default_acl(), 50, 0, 65535, allow=False, cidr=BAD)
        fails(CHECK, "protocol 50 from 198.51.100.0/24", **CALL)

    def test_a_half_of_the_network(self, site, fails):
        site.entry(site.default_acl(), 50, allow=False, cidr="198.51.100.0/25")
        fails(CHECK, "from 198.51.100.128/25 in", **CALL)

    def test_one_subnet_only(self, site, fails):
        acl = site.acl("private-a")
        site.entry(acl, 50, allow=False, cidr=BAD)
        site.entry(acl, 100)
        fails(CHECK, "The network ACL of private-b", f"{acl} denies it, and is not", **CALL)

    def test_a_deny_of_everybody_behind_an_allow(self, site, fails):
        site.entry(site.default_acl(), 200, allow=False, cidr=ALL)
        fails(CHECK, "Entry 200 denies it, but an allow with a lower number", **CALL)


class TestNearMiss:
    def test_the_deny_is_numbered_after_the_allow(self, site, fails):
        site.entry(site.default_acl(), 150, allow=False, cidr=BAD)
        fails(CHECK, "Entry 150 denies it, but an allow with a lower number", **CALL)

    def test_the_deny_is_outbound(self, site, fails):
        site.entry(site.default_acl(), 50, allow=False, egress=True, cidr=BAD)
        fails(CHECK, "denies it outbound", **CALL)
