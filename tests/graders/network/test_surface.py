"""The internet-exposed surface of a site."""

import pytest

from graders.network import exposed, snapshot
from graders.network.world import EgressOnlyGateway, Instance, InternetGateway
from tests.graders.conftest import new_account
from tests.graders.network.builders import (
    ALL4,
    ALL6,
    APP_FROM_LB,
    LB_OPEN,
    V4_ONLY,
    acl,
    allow,
    balanced,
    both,
    deny,
    every,
    route,
    rule,
    sg,
    site,
    table,
    tcp,
    udp,
)

V4, V6 = "198.51.100.10", "2600:1f00:0:1::10"

CASES = {
    "two ports, both versions": ([], [(V4, "tcp", 22, 22), (V4, "tcp", 80, 80), (V6, "tcp", 22, 22), (V6, "tcp", 80, 80)]),
    "nothing of a closed group": ([sg("sg-web")], []),
    "an office is not the internet": ([sg("sg-web", tcp(22, "203.0.113.0/24"))], []),
    "ranges that touch are one": ([V4_ONLY, sg("sg-web", tcp((20, 22), ALL4), tcp(23, ALL4))], [(V4, "tcp", 20, 23)]),
    "all traffic": ([V4_ONLY, sg("sg-web", every(ALL4))], [(V4, "tcp", 0, 65535), (V4, "udp", 0, 65535)]),
    "the ACL cuts a hole": (
        [V4_ONLY, sg("sg-web", tcp((0, 100), ALL4)), acl("acl-1", "sub-pub", deny(90, (22, 23)), *both())],
        [(V4, "tcp", 0, 21), (V4, "tcp", 24, 100)],
    ),
    "an ACL that lets no reply out": ([acl("acl-1", "sub-pub", allow(100))], []),
    "pings do not count": ([V4_ONLY, sg("sg-web", rule("icmp", 8, ALL4))], []),
    "another protocol": ([V4_ONLY, sg("sg-web", rule("50", None, ALL4))], [(V4, "50", 0, 65535)]),
    "udp": ([V4_ONLY, sg("sg-web", udp(53, ALL4))], [(V4, "udp", 53, 53)]),
    "no gateway, no exposure": ([InternetGateway("igw-1")], []),
    "IPv6 behind an egress-only gateway": (
        [EgressOnlyGateway("eigw-1", "vpc-1"), sg("sg-web", tcp(22, ALL4, ALL6)),
         table("rtb-pub", route(ALL4, "igw-1"), route(ALL6, "eigw-1"), subnets=["sub-pub"])],
        [(V4, "tcp", 22, 22)],
    ),
    "a stopped server": ([Instance("i-web", "stopped")], []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_the_internet_reaches(name):
    changes, expected = CASES[name]
    found = exposed(site(*changes))
    assert [(one.address, one.protocol, one.low, one.high) for one in found] == expected
    assert all(one.resource == "i-web" and one.via == ("igw-1",) for one in found)


def test_a_load_balancer_shows_its_listener_and_what_it_serves():
    found = exposed(site(sg("sg-web"), LB_OPEN, APP_FROM_LB, *balanced()))
    assert [str(one) for one in found] == ["tcp 80 of lb-1 at front"]
    assert found[0].serves == ("i-app:8080",)
    assert found[0].via == ("igw-1", "lb-1")


def test_an_internal_load_balancer_shows_nothing():
    assert exposed(site(sg("sg-web"), LB_OPEN, APP_FROM_LB, *balanced(internal=True))) == []


def test_an_empty_account_shows_nothing():
    assert exposed(snapshot(new_account())) == []
