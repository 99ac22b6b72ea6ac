import pytest

CHECK = "ec2.vpc_spans_zones"
CALL = {"vpc": "app-vpc"}


@pytest.fixture
def site(net):
    def site(*names):
        for name in names:
            net.subnet(name)
        return net

    return site


class TestRight:
    def test_two_and_two(self, site, passes):
        site("public-a", "public-b", "private-a", "private-b")
        passes(CHECK, **CALL, cidr="10.0.0.0/16")

    def test_more_than_asked(self, site, passes):
        net = site("public-a", "public-b", "public-c", "private-a", "private-b", "data-a", "data-b")
        passes(CHECK, vpc=net.vpc)

    def test_a_private_table_with_nat(self, site, passes):
        net = site("public-a", "public-b", "x-a", "y-b")
        net.table("private", "x-a", "y-b", NatGatewayId=net.nat("public-a"))
        passes(CHECK, **CALL)

    def test_one_kind_only(self, site, passes):
        site("private-a", "private-b")
        passes(CHECK, **CALL, public=False)


class TestWrong:
    def test_a_tier_in_one_zone(self, site, fails):
        net = site("public-a", "public-b", "private-a")
        net.subnet("private-2", zone="a")
        fails(CHECK, "private subnets in 1 of the 2", "private-2 in us-east-1a", "When us-east-1a fails", **CALL)

    def test_no_gateway(self, site, fails):
        net = site("private-a", "private-b")
        net.subnet("web-a", public=False)
        net.subnet("web-b", public=False)
        fails(CHECK, "public subnets in 0 of the 2", **CALL)

    def test_everything_is_public(self, site, fails):
        net = site("public-a", "public-b")
        net.subnet("db-a", public=True)
        net.subnet("db-b", public=True)
        fails(CHECK, "private subnets in 0 of the 2", **CALL)

    def test_the_kinds_in_different_zones(self, site, fails):
        site("public-a", "public-b", "private-c", "private-d")
        fails(CHECK, "the private ones in us-east-1c, us-east-1d", **CALL)

    def test_another_range(self, site, fails):
        site("public-a", "public-b", "private-a", "private-b")
        fails(CHECK, "has the range 10.0.0.0/16, not 10.1.0.0/16", **CALL, cidr="10.1.0.0/16")


class TestNearMiss:
    def test_public_by_name_only(self, site, fails):
        net = site("public-a", "private-a", "private-b")
        net.subnet("public-b", public=False)
        fails(CHECK, "public-b is public by its name only", **CALL)

    def test_a_name_that_is_almost_right(self, site, fails):
        site("public-a")
        fails(CHECK, "There is app-vpc", vpc="App-VPC")
