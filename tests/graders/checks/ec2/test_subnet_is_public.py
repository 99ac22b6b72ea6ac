from tests.graders.checks.ec2.conftest import ALL, Net

CHECK = "ec2.subnet_is_public"
CALL = {"subnets": ["public-a"]}


def main_table(net):
    found = net.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [net.vpc]}])["RouteTables"]
    return next(one["RouteTableId"] for one in found if any(link.get("Main") for link in one["Associations"]))


class TestRight:
    def test_a_table_of_its_own(self, net, passes):
        net.subnet("public-a")
        passes(CHECK, **CALL)

    def test_the_main_table(self, net, passes):
        net.subnet("public-a", public=False)
        net.ec2.create_route(RouteTableId=main_table(net), DestinationCidrBlock=ALL, GatewayId=net.gateway)
        passes(CHECK, subnets=[net.ids["public-a"]])

    def test_two_halves(self, net, passes):
        net.subnet("public-a", public=False)
        table = net.table("halves", "public-a", cidr="0.0.0.0/1", GatewayId=net.gateway)
        net.ec2.create_route(RouteTableId=table, DestinationCidrBlock="128.0.0.0/1", GatewayId=net.gateway)
        passes(CHECK, **CALL)

    def test_addresses_by_themselves_where_asked(self, net, passes):
        net.subnet("public-a")
        net.ec2.modify_subnet_attribute(SubnetId=net.ids["public-a"], MapPublicIpOnLaunch={"Value": True})
        passes(CHECK, **CALL, addresses=True)


class TestWrong:
    def test_only_addresses(self, net, fails):
        net.subnet("public-a", public=False)
        net.ec2.modify_subnet_attribute(SubnetId=net.ids["public-a"], MapPublicIpOnLaunch={"Value": True})
        fails(CHECK, "has no route for the internet", "packet from public-a to 8.8.8.8", **CALL)

    def test_a_route_to_a_nat_gateway(self, net, fails):
        net.subnet("public-b")
        net.subnet("public-a", public=False)
        net.table("nat", "public-a", NatGatewayId=net.nat("public-b"))
        fails(CHECK, "a NAT gateway lets no connection in", **CALL)

    def test_a_gateway_that_is_detached(self, net, fails):
        net.subnet("public-a")
        net.ec2.detach_internet_gateway(InternetGatewayId=net.gateway, VpcId=net.vpc)
        fails(CHECK, "is not attached to", **CALL)

    def test_a_gateway_of_another_vpc(self, net, account, fails):
        other = Net(account, "other-vpc", "10.9.0.0/16")
        net.subnet("public-a", public=False)
        net.table("astray", "public-a", GatewayId=other.gateway)
        fails(CHECK, "is not attached to app-vpc", **CALL)

    def test_half_of_the_internet(self, net, fails):
        net.subnet("public-a", public=False)
        net.table("half", "public-a", cidr="0.0.0.0/1", GatewayId=net.gateway)
        fails(CHECK, "Only a part of the internet", **CALL)

    def test_no_addresses_where_asked(self, net, fails):
        net.subnet("public-a")
        fails(CHECK, "get no public IPv4 address", **CALL, addresses=True)


class TestNearMiss:
    def test_the_good_table_is_not_associated(self, net, fails):
        net.subnet("public-a", public=False)
        net.table("public", GatewayId=net.gateway)
        fails(CHECK, f"{net.ids['table public']} has such a route, and is not associated", **CALL)

    def test_a_name_that_is_almost_right(self, net, fails):
        net.subnet("public-a")
        fails(CHECK, "There is public-a", subnets=["publik-a"])
