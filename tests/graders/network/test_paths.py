"""What a path says beside yes and no: who does not get through, the way it took, what was tried, what to change."""

import pytest

from graders.network import UnknownResource, World, reachable
from graders.network.addresses import Addresses
from graders.network.world import Instance
from tests.graders.network.builders import (
    ALL4,
    ALL6,
    APP_FROM_LB,
    GATE,
    LB_OPEN,
    S3,
    TO_S3,
    V4_ONLY,
    acl,
    allow,
    balanced,
    both,
    deny,
    door,
    eni,
    peered,
    route,
    sg,
    site,
    table,
    tcp,
)


def test_a_half_of_the_internet_gets_in_and_the_other_is_a_caveat():
    path = reachable(site(V4_ONLY, sg("sg-web", tcp(22, "0.0.0.0/1"))), "internet", "i-web", 22)
    assert path.reachable
    assert not path.for_all
    assert path.caveats == ("sg-web lets only a part of the internet pass.",)
    assert path.passing.holds(Addresses.one("8.8.8.8"))
    assert not path.passing & Addresses.one("151.1.1.1")


def test_a_part_of_a_network_gets_in():
    path = reachable(site(sg("sg-web", tcp(22, "203.0.113.0/25"))), "203.0.113.0/24", "i-web", 22)
    assert path.reachable
    assert path.caveats == ("sg-web lets only a part of 203.0.113.0/24 pass.",)


@pytest.mark.parametrize(("low", "served"), [(1024, True), (32768, True), (49152, False)])
def test_replies_to_some_clients_only_are_a_caveat(low, served):
    world = site(V4_ONLY, acl("acl-1", "sub-pub", allow(100, 22), allow(100, (low, 65535), out=True)))
    path = reachable(world, "internet", "i-web", 22)
    assert path.reachable
    assert path.for_all is served


def test_a_nat_gateway_needs_all_ephemeral_ports():
    acl_of = acl("acl-1", "sub-pub", allow(100, (32768, 65535)), allow(101, 443), allow(100, out=True))
    path = reachable(site(acl_of), "i-app", "internet", 443)
    assert path.reachable
    assert not path.for_all
    assert "acl-1 lets only some" in path.caveats[0]


@pytest.mark.parametrize(
    ("world", "question", "via"),
    [
        (site(), ("internet", "i-web", 22), ("igw-1",)),
        (site(), ("i-web", "internet", 443), ("igw-1",)),
        (site(), ("i-app", "internet", 443), ("nat-1",)),
        (site(), ("i-web", "i-app", 8080), ()),
        (site(*peered()), ("i-app", "i-far", 443), ("pcx-1",)),
        (site(*door()), ("i-app", "sqs", 443), ("vpce-sqs",)),
        (site(LB_OPEN, APP_FROM_LB, *balanced()), ("internet", "i-app", 8080), ("igw-1", "lb-1")),
    ],
)
def test_the_way_is_told(world, question, via):
    path = reachable(world, *question)
    assert path.reachable
    assert path.via == via
    assert path.explanation == ""


def test_a_server_behind_a_load_balancer_is_not_reached_directly():
    world = site(LB_OPEN, APP_FROM_LB, *balanced())
    assert reachable(world, "internet", "i-app", 8080).reachable
    direct = reachable(world, "internet", "i-app", 8080, balanced=False)
    assert not direct.reachable
    assert direct.others == ()


def test_the_nearest_way_comes_first_and_the_others_follow():
    second = eni("eni-2", "sub-db", "10.0.3.99", groups=["sg-db"], instance="i-web")
    path = reachable(site(V4_ONLY, second, sg("sg-web")), "internet", "i-web", 22)
    assert [hop.component for hop in path.blockers] == ["sg-web"]
    assert len(path.others) == 1
    assert len(path.others[0].blockers) > 1


def test_a_target_that_gets_nothing_is_a_caveat():
    path = reachable(site(LB_OPEN, APP_FROM_LB, *balanced(targets=["i-web", "i-app"])), "internet", "lb-1", 80)
    assert path.caveats == ("front does not reach its targets i-web.",)


def test_a_node_that_nobody_reaches_is_a_caveat():
    path = reachable(site(LB_OPEN, APP_FROM_LB, *balanced(subnets=["sub-pub", "sub-app"])), "internet", "lb-1", 80)
    assert path.reachable
    assert path.caveats == ("The nodes of front in sub-app are not reached.",)


def test_a_health_check_that_cannot_pass_is_a_caveat():
    path = reachable(site(LB_OPEN, APP_FROM_LB, *balanced(health=9000)), "internet", "lb-1", 80)
    assert path.reachable
    assert path.caveats[0].startswith("The health check of servers fails. sg-app: No inbound rule")


def test_the_blocking_acl_entry_is_named_with_its_remedy():
    world = site(V4_ONLY, acl("acl-1", "sub-pub", deny(90, (20, 30)), *both()))
    assert reachable(world, "internet", "i-web", 22).explanation == (
        "acl-1: Inbound entry 90 denies tcp 22 from the internet: remove it, or allow it with a number below 90."
    )


def test_the_path_reads_as_text():
    text = str(reachable(site(sg("sg-app")), "i-web", "i-app", 8080))
    assert text.startswith("i-web does not reach i-app on tcp 8080.\n  i-web: ok. The instance runs.\n")
    assert (
        "  sg-app: ENI_SG_RULES_MISMATCH. No inbound rule of app (sg-app) admits tcp 8080 from 10.0.1.10: add one."
        in text
    )


def test_what_is_not_modelled_is_not_certain():
    world = site(table("rtb-app", route(ALL4, "tgw-1"), subnets=["sub-app"]))
    assert not reachable(world, "i-app", "internet", 443).certain
    assert reachable(site(), "i-app", "internet", 443).certain


def test_what_if_leaves_the_world_as_it_was():
    world = site(V4_ONLY, sg("sg-web"))
    assert reachable(world.plus(sg("sg-web", tcp(22, ALL4, ALL6))), "internet", "i-web", 22).reachable
    assert not reachable(world, "internet", "i-web", 22).reachable
    assert World.of(*world.things()) == world


def test_a_gateway_endpoint_for_s3_takes_nobody_away_from_the_internet():
    public = table("rtb-pub", route(ALL4, "igw-1"), TO_S3, subnets=["sub-pub"])
    world = site(V4_ONLY, S3, GATE, public)
    assert reachable(world, "internet", "i-web", 22).for_all
    out = reachable(world, "i-web", "internet", 443)
    assert out.for_all
    assert out.via == ("igw-1", "vpce-s3")


def test_the_vpcs_own_ipv6_range_is_no_part_of_the_internet():
    assert reachable(site(), "::/0", "i-web", 22).for_all
    assert reachable(site(), "i-web", "::/0", 443).for_all


def test_one_version_of_the_internet_can_be_asked_for():
    world = site(sg("sg-web", tcp(22, ALL6)))
    assert reachable(world, "internet", "i-web", 22).reachable
    assert reachable(world, "::/0", "i-web", 22).reachable
    assert not reachable(world, "0.0.0.0/0", "i-web", 22).reachable
    office = site(sg("sg-web", tcp(22, "203.0.113.0/24")))
    assert not reachable(office, "0.0.0.0/0", "i-web", 22).reachable


def test_a_security_group_stands_for_those_who_wear_it():
    assert reachable(site(), "sg-app", "sg-db", 5432).reachable
    assert reachable(site(), "sg-web", "sg-db", 5432).codes == ("ENI_SG_RULES_MISMATCH",)


def test_a_source_may_be_named_by_its_public_address():
    assert reachable(site(), "198.51.100.10", "i-app", 8080).reachable


def test_a_nat_gateways_own_interface_lets_nobody_in():
    assert reachable(site(), "internet", "eni-nat", 443).codes == ("CANNOT_ROUTE",)


def test_an_instance_is_found_by_its_name():
    assert reachable(site(Instance("i-web", "running", "front")), "internet", "front", 22).reachable


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("internet", "i-wep", "There is no i-wep in this account. There is i-web"),
        ("i-web", "192.168.7.7", "192.168.7.7 is a private address that no subnet of this account holds."),
        ("i-web", "i-bare", "i-bare has no network interface"),
        ("i-web", "10.0.1.0/25", "10.0.1.0/25 is a part of a VPC of this account: name one address of it."),
        ("i-web", "sg-idle", "No interface wears idle (sg-idle)."),
        ("i-web", "10.0.1.20", "10.0.1.20 is an address of eni-x and eni-y: name the interface."),
    ],
)
def test_an_end_that_is_not_there_is_said(source, target, said):
    world = site(
        Instance("i-bare"), sg("sg-idle"), eni("eni-x", "sub-pub", "10.0.1.20"), eni("eni-y", "sub-app", "10.0.1.20")
    )
    with pytest.raises(UnknownResource) as caught:
        reachable(world, source, target, 22)
    assert said in str(caught.value)


@pytest.mark.parametrize(("source", "target"), [("internet", "8.8.8.8"), ("internet", "s3"), ("s3", "i-web")])
def test_nothing_is_asked_between_two_ends_outside(source, target):
    with pytest.raises(ValueError, match=r"outside|is a service"):
        reachable(site(), source, target, 443)


def test_a_thing_of_another_kind_is_no_part_of_a_world():
    with pytest.raises(TypeError, match="a world holds no str"):
        World.of("vpc-1")
