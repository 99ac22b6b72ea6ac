import pytest

from tests.graders.checks.ec2.conftest import ALL
from tests.graders.checks.ec2.test_subnet_is_public import main_table

CHECK = "ec2.subnet_is_private"
CALL = {"subnets": ["db-a"]}


@pytest.fixture
def site(net):
    net.subnet("public-a")
    net.subnet("db-a")
    return net


class TestRight:
    def test_the_main_table_without_a_route(self, site, passes):
        passes(CHECK, **CALL, addresses=True)

    def test_a_route_to_a_nat_gateway(self, site, passes):
        site.table("private", "db-a", NatGatewayId=site.nat("public-a"))
        passes(CHECK, **CALL)

    def test_a_table_of_its_own_beside_a_public_main_table(self, site, passes):
        site.ec2.create_route(RouteTableId=main_table(site), DestinationCidrBlock=ALL, GatewayId=site.gateway)
        site.table("private", "db-a")
        passes(CHECK, subnets=[site.ids["db-a"]])


class TestWrong:
    def test_a_route_to_the_gateway(self, site, fails):
        site.table("private", "db-a", GatewayId=site.gateway)
        fails(CHECK, "The subnet db-a is public: private (rtb-", **CALL)

    def test_only_a_part_of_the_internet(self, site, fails):
        site.table("private", "db-a", cidr="8.0.0.0/8", GatewayId=site.gateway)
        fails(CHECK, "The subnet db-a is public", **CALL)

    def test_one_of_two(self, site, fails):
        site.subnet("db-b", public=True)
        fails(CHECK, "The subnet db-b is public", subnets=["db-a", "db-b"])

    def test_addresses(self, site, fails):
        site.ec2.modify_subnet_attribute(SubnetId=site.ids["db-a"], MapPublicIpOnLaunch={"Value": True})
        fails(CHECK, "given public IPv4 addresses", **CALL, addresses=True)


class TestNearMiss:
    def test_the_route_is_on_the_main_table(self, site, fails):
        site.ec2.create_route(RouteTableId=main_table(site), DestinationCidrBlock=ALL, GatewayId=site.gateway)
        fails(CHECK, "That is the main table: the subnet has none of its own", **CALL)
