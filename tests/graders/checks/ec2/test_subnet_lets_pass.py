import pytest

CHECK = "ec2.subnet_lets_pass"
CALL = {"subnets": ["private-a", "private-b"], "port": 5432, "source": "10.0.0.0/16"}


@pytest.fixture
def site(net):
    net.subnet("private-a")
    net.subnet("private-b")
    return net


class TestRight:
    def test_the_default_one(self, site, passes):
        passes(CHECK, **CALL)

    def test_an_entry_in_and_one_for_replies(self, site, passes):
        acl = site.acl("private-a", "private-b")
        site.entry(acl, 100, 5432, cidr="10.0.0.0/16")
        site.entry(acl, 100, 1024, 65535, egress=True, cidr="10.0.0.0/16")
        passes(CHECK, **CALL, custom=True)

    def test_everything_out_and_a_bad_network_denied(self, site, passes):
        acl = site.acl("private-a", "private-b")
        site.entry(acl, 50, allow=False, cidr="198.51.100.0/24")
        site.entry(acl, 100, 5000, 6000)
        site.entry(acl, 100, egress=True)
        passes(CHECK, **CALL, custom=True)


class TestWrong:
    def test_no_replies(self, site, fails):
        acl = site.acl("private-a", "private-b")
        site.entry(acl, 100, 5432)
        fails(CHECK, "replies to the client's ephemeral ports", "gets no answer", **CALL)

    def test_a_part_of_the_ephemeral_ports(self, site, fails):
        acl = site.acl("private-a", "private-b")
        site.entry(acl, 100, 5432)
        site.entry(acl, 100, 49152, 65535, egress=True)
        fails(CHECK, "only some of the replies", **CALL)

    def test_one_of_two_subnets(self, site, fails):
        site.acl("private-b")
        fails(CHECK, "The network ACL of private-b", "No inbound entry allows", **CALL)

    def test_a_half_of_the_source(self, site, fails):
        site.entry(site.default_acl(), 50, 5432, allow=False, cidr="10.0.128.0/17")
        fails(CHECK, "Inbound entry 50 denies", **CALL)

    def test_the_default_one_where_a_custom_one_is_asked(self, site, fails):
        fails(CHECK, "It is the default network ACL", **CALL, custom=True)


class TestNearMiss:
    def test_replies_only_to_the_port_itself(self, site, fails):
        acl = site.acl("private-a", "private-b", name="db-acl")
        site.entry(acl, 100, 5432)
        site.entry(acl, 100, 80, egress=True)
        fails(CHECK, "1024-65535", "ACLs keep no state", **CALL)

    def test_a_name_that_is_almost_right(self, site, fails):
        fails(CHECK, "There is private-a", subnets=["private_a"], port=80)
