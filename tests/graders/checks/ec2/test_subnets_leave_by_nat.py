import pytest

from tests.graders.checks.ec2.conftest import ALL, rule

CHECK = "ec2.subnets_leave_by_nat"
CALL = {"subnets": ["private-a", "private-b"]}


@pytest.fixture
def site(net):
    for name in ("public-a", "public-b", "private-a", "private-b"):
        net.subnet(name)
    return net


class TestRight:
    def test_one_for_both(self, site, passes):
        site.table("private", "private-a", "private-b", NatGatewayId=site.nat("public-a"))
        passes(CHECK, **CALL)

    def test_one_for_each_zone(self, site, passes):
        for zone in "ab":
            site.table(f"private {zone}", f"private-{zone}", NatGatewayId=site.nat(f"public-{zone}"))
        passes(CHECK, **CALL, per_zone=True)

    def test_a_nat_instance(self, site, passes):
        site.group("nat", rule(0, 0, "10.0.0.0/16", protocol="-1"))
        box = site.instance("nat-box", "public-a", "nat", public=True)
        site.ec2.modify_instance_attribute(InstanceId=box, SourceDestCheck={"Value": False})
        site.table("private", "private-a", "private-b", InstanceId=box)
        passes(CHECK, **CALL)


class TestBesideAnEndpoint:
    def test_what_goes_to_s3_by_a_gateway_endpoint_is_not_missed(self, site, passes):
        table = site.table("private", "private-a", "private-b", NatGatewayId=site.nat("public-a"))
        site.ec2.create_vpc_endpoint(
            VpcId=site.vpc, ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway",
            RouteTableIds=[table or site.ids["table private"]],
        )  # fmt: skip
        passes(CHECK, **CALL)


class TestWrong:
    def test_no_route(self, site, fails):
        fails(CHECK, "a server in private-a does not reach the internet", "has no route for the internet", **CALL)

    def test_the_internet_gateway(self, site, fails):
        site.table("private", "private-a", "private-b", GatewayId=site.gateway)
        fails(CHECK, "is routed to the internet gateway", "gets no reply", **CALL)

    def test_a_nat_gateway_without_an_elastic_ip(self, site, fails):
        site.table("private", "private-a", "private-b", NatGatewayId=site.nat("public-a", private=True))
        fails(CHECK, "no Elastic IP", **CALL)

    def test_a_nat_gateway_that_was_deleted(self, site, fails):
        nat = site.nat("public-a")
        site.table("private", "private-a", "private-b", NatGatewayId=nat)
        site.ec2.delete_nat_gateway(NatGatewayId=nat)
        fails(CHECK, "blackhole", **CALL)

    def test_the_acl_of_the_public_subnet_lets_no_reply_in(self, site, fails):
        site.table("private", "private-a", "private-b", NatGatewayId=site.nat("public-a"))
        acl = site.acl("public-a", name="edge")
        site.entry(acl, 100, 443)
        site.entry(acl, 100, cidr=ALL, egress=True)
        fails(CHECK, "edge (acl-", "ephemeral ports", **CALL)

    def test_a_shared_one_where_each_zone_needs_its_own(self, site, fails):
        site.table("private", "private-a", "private-b", NatGatewayId=site.nat("public-a"))
        fails(CHECK, "private-b in us-east-1b leaves by", "when that zone fails", **CALL, per_zone=True)

    def test_one_of_two_subnets(self, site, fails):
        site.table("private", "private-a", NatGatewayId=site.nat("public-a"))
        fails(CHECK, "a server in private-b", **CALL)


class TestNearMiss:
    def test_the_nat_gateway_stands_in_a_private_subnet(self, site, fails):
        site.table("private", "private-a", NatGatewayId=site.nat("private-b"))
        fails(CHECK, "stands in a private subnet", subnets=["private-a"])

    def test_no_route_leads_to_the_nat_gateway(self, site, fails):
        nat = site.nat("public-a")
        fails(CHECK, f"{nat} is there, and no route", **CALL)
