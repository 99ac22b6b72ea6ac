import pytest

from tests.graders.checks.ec2.conftest import Net

CHECK = "ec2.vpcs_are_peered"
CALL = {"vpc": "app-vpc", "peer": "data-vpc"}


@pytest.fixture
def other(net, account):
    net.subnet("app-a")
    other = Net(account, "data-vpc", "10.9.0.0/16")
    other.subnet("data-a")
    return other


def peer(net, other, *, accept=True):
    made = net.ec2.create_vpc_peering_connection(VpcId=net.vpc, PeerVpcId=other.vpc)
    peering = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    if accept:
        net.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    return peering


def route(net, subnet, cidr, peering):
    return net.table(f"to {cidr} from {subnet}", subnet, cidr=cidr, VpcPeeringConnectionId=peering)


class TestRight:
    def test_routes_on_both_sides(self, net, other, passes):
        peering = peer(net, other)
        route(net, "app-a", "10.9.0.0/16", peering)
        route(other, "data-a", "10.0.0.0/16", peering)
        passes(CHECK, **CALL)

    def test_asked_for_by_the_other_side(self, net, other, passes):
        peering = peer(other, net)
        route(net, "app-a", "10.9.0.0/16", peering)
        route(other, "data-a", "10.0.0.0/16", peering)
        passes(CHECK, vpc=other.vpc, peer=net.vpc)

    def test_routes_for_single_subnets(self, net, other, passes):
        peering = peer(net, other)
        net.subnet("app-b")
        route(net, "app-a", "10.9.1.0/24", peering)
        route(other, "data-a", "10.0.1.0/24", peering)
        passes(CHECK, **CALL)
        passes(CHECK, **CALL, subnets=["app-a"])


class TestWrong:
    def test_a_route_on_one_side(self, net, other, fails):
        route(net, "app-a", "10.9.0.0/16", peer(net, other))
        fails(CHECK, "app-a and data-a do not reach each other", "has no route for 10.0.1", **CALL)

    def test_overlapping_ranges(self, net, account, fails):
        Net(account, "data-vpc", "10.0.0.0/18")
        fails(CHECK, "overlap: 10.0.0.0/16 and 10.0.0.0/18", **CALL)

    def test_a_network_acl(self, net, other, fails):
        peering = peer(net, other)
        route(net, "app-a", "10.9.0.0/16", peering)
        route(other, "data-a", "10.0.0.0/16", peering)
        other.entry(other.default_acl(), 50, 443, allow=False, cidr="10.0.0.0/8")
        fails(CHECK, "Inbound entry 50 denies", **CALL)

    def test_one_of_the_subnets_that_are_asked(self, net, other, fails):
        peering = peer(net, other)
        net.subnet("app-b")
        route(net, "app-a", "10.9.0.0/16", peering)
        route(other, "data-a", "10.0.0.0/16", peering)
        fails(CHECK, "app-b and data-a do not reach each other", **CALL, subnets=["app-a", "app-b"])

    def test_no_peering(self, net, other, fails):
        fails(CHECK, "no peering connection between app-vpc and data-vpc", **CALL)


class TestNearMiss:
    def test_nobody_accepted_it(self, net, other, fails):
        peering = peer(net, other, accept=False)
        fails(
            CHECK,
            "is pending-acceptance",
            f"accept-vpc-peering-connection --vpc-peering-connection-id {peering}",
            **CALL,
        )

    def test_through_a_third_vpc(self, net, other, account, fails):
        hub = Net(account, "hub-vpc", "10.77.0.0/16")
        peer(net, hub)
        peer(hub, other)
        fails(CHECK, "Both are peered with hub-vpc", "not transitive", **CALL)
