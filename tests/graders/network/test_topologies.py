"""Worked topologies: the question, the answer, and where it is no, each hop that stops it.

A case is a site (builders.BASE) with what is different, a question "source > target:port[/protocol]", and the blockers
as "component CODE" ("" : it gets through). A blocker more or less than listed fails the case.
"""

import pytest

from graders.network import reachable
from graders.network.world import EgressOnlyGateway, Instance, InternetGateway, Listener, NatGateway, Subnet, Vpc
from tests.graders.network.builders import (
    ALL4,
    ALL6,
    APP_FROM_LB,
    GATE,
    LB_OPEN,
    S3,
    TO_S3,
    V4_ONLY,
    V6_ONLY,
    acl,
    allow,
    balanced,
    both,
    deny,
    door,
    eni,
    every,
    gone,
    nets,
    peered,
    prefix_list,
    route,
    rule,
    sg,
    site,
    table,
    tcp,
    udp,
)

YES = ()
SG, ACL = "ENI_SG_RULES_MISMATCH", "SUBNET_ACL_RESTRICTION"
NO_ROUTE, DEAD, ELSEWHERE = "NO_ROUTE_TO_DESTINATION", "BAD_STATE_ROUTE", "CANNOT_ROUTE"
PUBLIC_IN, PUBLIC_OUT = "IGW_PUBLIC_IP_ASSOCIATION_FOR_INGRESS", "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"
CLOSED = sg("sg-web")
SSH = "internet > i-web:22"
NLB = {"kind": "network", "listener": 22, "target": 22, "groups": ()}

INBOUND = {
    "a public server with an open port": (SSH, [], YES),
    "the port next to it is closed": ("internet > i-web:23", [], ["sg-web " + SG]),
    "two halves are the whole internet": (SSH, [sg("sg-web", tcp(22, "0.0.0.0/1", "128.0.0.0/1"))], YES),
    "halves in two rules": (SSH, [sg("sg-web", tcp(22, "0.0.0.0/1"), tcp(22, "128.0.0.0/1"))], YES),
    "protocol -1 opens every port": (SSH, [sg("sg-web", every(ALL4))], YES),
    "a range of all ports": (SSH, [sg("sg-web", tcp((0, 65535), ALL4))], YES),
    "a rule for udp does not open tcp": (SSH, [sg("sg-web", udp(22, ALL4, ALL6))], ["sg-web " + SG]),
    "a rule for udp opens udp": ("internet > i-web:22/udp", [sg("sg-web", udp(22, ALL4))], YES),
    "a prefix list that holds everything": (SSH, [sg("sg-web", tcp(22, prefix_list("pl-1", ALL4)))], YES),
    "a prefix list of an office is not the internet":
        (SSH, [V4_ONLY, sg("sg-web", tcp(22, prefix_list("pl-1", "203.0.113.0/24")))], ["sg-web " + SG]),
    "only private ranges": (SSH, [V4_ONLY, sg("sg-web", tcp(22, "10.0.0.0/8", "192.168.0.0/16"))], ["sg-web " + SG]),
    "only members of a group": (SSH, [V4_ONLY, sg("sg-web", tcp(22, "sg-web"))], ["sg-web " + SG]),
    "an open group that nobody wears": (SSH, [V4_ONLY, CLOSED, sg("sg-open", tcp(22, ALL4))], ["sg-web " + SG]),
    "a second group on the interface is open":
        (SSH, [eni("eni-web", "sub-pub", "10.0.1.10", "198.51.100.10", groups=["sg-web", "sg-open"], instance="i-web"),
               CLOSED, sg("sg-open", tcp(22, ALL4))], YES),
    "a second interface is open":
        (SSH, [CLOSED, sg("sg-open", tcp(22, ALL4)),
               eni("eni-2", "sub-pub", "10.0.1.11", "198.51.100.11", groups=["sg-open"], instance="i-web")], YES),
    "an outbound rule lets nobody in": (SSH, [V4_ONLY, sg("sg-web", out=[tcp(22, ALL4)])], ["sg-web " + SG]),
    "no outbound rule is needed for replies": (SSH, [sg("sg-web", tcp(22, ALL4), out=[])], YES),
    "a home address is let in": ("203.0.113.7 > i-web:22", [sg("sg-web", tcp(22, "203.0.113.0/24"))], YES),
    "another address is not": ("203.0.114.7 > i-web:22", [sg("sg-web", tcp(22, "203.0.113.0/24"))], ["sg-web " + SG]),
    "a ping by its type": ("internet > i-web:8/icmp", [sg("sg-web", rule("icmp", 8, ALL4))], YES),
    "another icmp type is no ping":
        ("internet > i-web:8/icmp", [V4_ONLY, sg("sg-web", rule("icmp", 3, ALL4))], ["sg-web " + SG]),

    "a deny before the allow": (SSH, [V4_ONLY, acl("acl-1", "sub-pub", deny(90, 22), *both())], ["acl-1 " + ACL]),
    "a deny after the allow does nothing": (SSH, [acl("acl-1", "sub-pub", *both(), deny(110, 22))], YES),
    "order is by number, not by place": (SSH, [V4_ONLY, acl("acl-1", "sub-pub", *both(), deny(9, 22))], ["acl-1 " + ACL]),
    "a deny by a wider range": (SSH, [V4_ONLY, acl("acl-1", "sub-pub", deny(90, (20, 30)), *both())], ["acl-1 " + ACL]),
    "a deny for everything": (SSH, [V4_ONLY, acl("acl-1", "sub-pub", deny(90), *both())], ["acl-1 " + ACL]),
    "a deny on outbound 22 does not stop ssh in":
        (SSH, [acl("acl-1", "sub-pub", deny(90, 22, out=True), *both())], YES),
    "a deny for udp does not stop tcp": (SSH, [acl("acl-1", "sub-pub", deny(90, 22, protocol="udp"), *both())], YES),
    "a deny on another subnet": (SSH, [acl("acl-1", "sub-app", deny(90, 22), *both())], YES),
    "a deny for IPv4 leaves IPv6 open": (SSH, [acl("acl-1", "sub-pub", deny(90, 22), *both())], YES),
    "a new ACL refuses both ways": (SSH, [V4_ONLY, acl("acl-1", "sub-pub")], ["acl-1 " + ACL, "acl-1 " + ACL]),
    "an ACL without a way back for replies":
        (SSH, [V4_ONLY, acl("acl-1", "sub-pub", allow(100, 22))], ["acl-1 " + ACL]),
    "replies do not leave by 443":
        (SSH, [V4_ONLY, acl("acl-1", "sub-pub", allow(100, 22), allow(100, 443, out=True))], ["acl-1 " + ACL]),
    "ephemeral ports open for replies":
        (SSH, [acl("acl-1", "sub-pub", allow(100, 22), allow(100, (1024, 65535), out=True))], YES),
    "the ephemeral ports of AWS's own example":
        (SSH, [acl("acl-1", "sub-pub", allow(100, 22), allow(100, (32768, 65535), out=True))], YES),
    "ephemeral ports for udp do not help tcp":
        (SSH, [V4_ONLY, acl("acl-1", "sub-pub", allow(100, 22), allow(100, (1024, 65535), out=True, protocol="udp"))],
         ["acl-1 " + ACL]),
    "a deny for one half, the group admits the other":
        (SSH, [V4_ONLY, acl("acl-1", "sub-pub", deny(90, 22, "0.0.0.0/1"), *both()),
               sg("sg-web", tcp(22, "0.0.0.0/1"))], ["sg-web " + SG]),

    "no public address":
        (SSH, [eni("eni-web", "sub-pub", "10.0.1.10", groups=["sg-web"], instance="i-web")], ["eni-web " + PUBLIC_IN]),
    "the Elastic IP is on the second private address":
        (SSH, [eni("eni-web", "sub-pub", "", groups=["sg-web"], instance="i-web"),
               eni("eni-2", "sub-pub", "10.0.1.12", "198.51.100.12", groups=["sg-web"], instance="i-web")], YES),
    "asked by its public address": ("internet > 198.51.100.10:22", [], YES),
    "asked by its private address, it still has a public one": ("internet > 10.0.1.10:22", [], YES),
    "no route to the gateway": (SSH, [V4_ONLY, table("rtb-pub", subnets=["sub-pub"])], ["rtb-pub " + NO_ROUTE]),
    "the default route goes to NAT":
        (SSH, [V4_ONLY, table("rtb-pub", route(ALL4, "nat-1"), subnets=["sub-pub"])], ["rtb-pub " + ELSEWHERE]),
    "the route is a blackhole":
        (SSH, [V4_ONLY, table("rtb-pub", route(ALL4, "igw-1", active=False), subnets=["sub-pub"])], ["rtb-pub " + DEAD]),
    "the gateway is detached": (SSH, [V4_ONLY, InternetGateway("igw-1")], ["rtb-pub " + DEAD]),
    "the gateway is attached elsewhere": (SSH, [V4_ONLY, InternetGateway("igw-1", "vpc-9")], ["rtb-pub " + DEAD]),
    "the gateway was deleted": (SSH, [V4_ONLY, gone("igw-1")],
                                ["vpc-1 UNASSOCIATED_COMPONENT", "rtb-pub " + DEAD]),
    "neither gateway nor route": (SSH, [V4_ONLY, gone("igw-1"), table("rtb-pub", subnets=["sub-pub"])],
                                  ["vpc-1 UNASSOCIATED_COMPONENT", "rtb-pub " + NO_ROUTE]),
    "the table with the route is not associated":
        (SSH, [V4_ONLY, table("rtb-pub", route(ALL4, "igw-1"))], ["rtb-main " + NO_ROUTE]),
    "the main table has the route":
        (SSH, [table("rtb-pub"), table("rtb-main", route(ALL4, "igw-1"), main=True)], YES),
    "an explicit table hides the main one":
        (SSH, [V4_ONLY, table("rtb-pub", subnets=["sub-pub"]), table("rtb-main", route(ALL4, "igw-1"), main=True)],
         ["rtb-pub " + NO_ROUTE]),
    "two halves as routes":
        (SSH, [table("rtb-pub", route("0.0.0.0/1 128.0.0.0/1", "igw-1"), subnets=["sub-pub"])], YES),
    "longer routes send the internet elsewhere":
        (SSH, [V4_ONLY, table("rtb-pub", route(ALL4, "igw-1"), route("0.0.0.0/1 128.0.0.0/1", "nat-1"),
                              subnets=["sub-pub"])], ["rtb-pub " + ELSEWHERE]),
    "one client's way back is longer and wrong":
        ("203.0.113.7 > i-web:22", [table("rtb-pub", route(ALL4, "igw-1"), route("203.0.113.0/24", "nat-1"),
                                          subnets=["sub-pub"])], ["rtb-pub " + ELSEWHERE]),
    "the way back is a VPN": (SSH, [V4_ONLY, table("rtb-pub", route(ALL4, "vgw-1"), subnets=["sub-pub"])],
                              ["rtb-pub " + ELSEWHERE]),
    "the instance is stopped": (SSH, [V4_ONLY, Instance("i-web", "stopped")], ["i-web BAD_STATE"]),
    "the interface is not attached": ("internet > eni-web:22",
        [eni("eni-web", "sub-pub", "10.0.1.10", "198.51.100.10", groups=["sg-web"])], ["eni-web BAD_STATE_ATTACHMENT"]),
    "everything that is wrong is named": (SSH,
        [eni("eni-web", "sub-pub", "10.0.1.10", groups=["sg-web"], instance="i-web"), CLOSED,
         Instance("i-web", "stopped"), acl("acl-1", "sub-pub"), table("rtb-pub", subnets=["sub-pub"])],
        ["eni-web " + PUBLIC_IN, "acl-1 " + ACL, "sg-web " + SG, "i-web BAD_STATE", "acl-1 " + ACL, "rtb-pub " + NO_ROUTE]),

    "IPv6 alone is enough": (SSH, [V6_ONLY], YES),
    "IPv6 by ::/0 while IPv4 is closed": (SSH, [sg("sg-web", tcp(22, ALL6))], YES),
    "::/0 lets no IPv4 in": (SSH, [V4_ONLY, sg("sg-web", tcp(22, ALL6))], ["sg-web " + SG]),
    "IPv6 out by an egress-only gateway lets nobody in":
        ("internet > 2600:1f00:0:1::10:22", [EgressOnlyGateway("eigw-1", "vpc-1"),
         table("rtb-pub", route(ALL4, "igw-1"), route(ALL6, "eigw-1"), subnets=["sub-pub"])], ["rtb-pub " + ELSEWHERE]),
    "IPv6 without its route":
        ("internet > 2600:1f00:0:1::10:22", [table("rtb-pub", route(ALL4, "igw-1"), subnets=["sub-pub"])],
         ["rtb-pub " + NO_ROUTE]),
    "an ACL that knows only IPv4":
        ("internet > 2600:1f00:0:1::10:22", [acl("acl-1", "sub-pub", allow(100), allow(100, out=True))],
         ["acl-1 " + ACL, "acl-1 " + ACL]),
}  # fmt: skip

OUTBOUND = {
    "a public server gets out": ("i-web > internet:443", [], YES),
    "a private server gets out by NAT": ("i-app > internet:443", [], YES),
    "to one address": ("i-app > 203.0.113.7:443", [], YES),
    "a subnet without a default route": ("i-db > internet:443", [], ["rtb-main " + NO_ROUTE]),
    "no public address to leave with":
        ("i-web > internet:443", [eni("eni-web", "sub-pub", "10.0.1.10", groups=["sg-web"], instance="i-web")],
         ["eni-web " + PUBLIC_OUT]),
    "the group lets nothing out": ("i-app > internet:443", [sg("sg-app", out=[])], ["sg-app " + SG]),
    "the group lets only 443 out": ("i-app > internet:80", [sg("sg-app", out=[tcp(443, ALL4)])], ["sg-app " + SG]),
    "no inbound rule is needed for replies": ("i-app > internet:443", [sg("sg-app")], YES),
    "the ACL lets replies in only on 443":
        ("i-app > internet:443", [acl("acl-1", "sub-app", allow(100, 443), allow(100, out=True))], ["acl-1 " + ACL]),
    "a NAT gateway in a subnet without internet":
        ("i-app > internet:443", [NatGateway("nat-1", "sub-db", "198.51.100.9")], ["rtb-main " + NO_ROUTE]),
    "a private NAT gateway":
        ("i-app > internet:443", [NatGateway("nat-1", "sub-pub")], ["nat-1 UNASSOCIATED_COMPONENT"]),
    "a NAT gateway that is deleted":
        ("i-app > internet:443", [NatGateway("nat-1", "sub-pub", "198.51.100.9", "deleted")], ["rtb-app " + DEAD]),
    "a NAT gateway that is gone": ("i-app > internet:443", [gone("nat-1")], ["rtb-app " + DEAD]),
    "the NAT subnet's ACL closes ephemeral ports":
        ("i-app > internet:443", [acl("acl-1", "sub-pub", allow(100, 443), allow(100, out=True))], ["acl-1 " + ACL]),
    "the NAT subnet's ACL refuses the private subnet":
        ("i-app > internet:443", [acl("acl-1", "sub-pub", deny(90, 443, "10.0.2.0/24"), *both())], ["acl-1 " + ACL]),
    "the NAT subnet's gateway is detached": ("i-app > internet:443", [InternetGateway("igw-1")], ["rtb-pub " + DEAD]),
    "NAT lets nobody in": ("internet > i-app:8080", [sg("sg-app", tcp(8080, ALL4))],
                           ["eni-app " + PUBLIC_IN, "rtb-app " + ELSEWHERE]),
    "a NAT instance": ("i-app > internet:443",
        [table("rtb-app", route(ALL4, "eni-box"), subnets=["sub-app"]), Instance("i-box"),
         sg("sg-box", every("10.0.0.0/16")), eni("eni-box", "sub-pub", "10.0.1.99", "198.51.100.99", groups=["sg-box"],
                                                instance="i-box", check=False)], YES),
    "a NAT instance that still checks": ("i-app > internet:443",
        [table("rtb-app", route(ALL4, "i-box"), subnets=["sub-app"]), Instance("i-box"),
         sg("sg-box", every("10.0.0.0/16")), eni("eni-box", "sub-pub", "10.0.1.99", "198.51.100.99", groups=["sg-box"],
                                                instance="i-box")], ["eni-box ENI_SOURCE_DEST_CHECK_RESTRICTION"]),
    "a NAT instance that is stopped and closed": ("i-app > internet:443",
        [table("rtb-app", route(ALL4, "eni-box"), subnets=["sub-app"]), Instance("i-box", "stopped"), sg("sg-box"),
         eni("eni-box", "sub-pub", "10.0.1.99", "198.51.100.99", groups=["sg-box"], instance="i-box", check=False)],
        ["i-box BAD_STATE", "sg-box " + SG]),
    "IPv6 out by an egress-only gateway": ("i-app > 2001:4860::8:443",
        [EgressOnlyGateway("eigw-1", "vpc-1"), table("rtb-app", route(ALL6, "eigw-1"), subnets=["sub-app"]),
         eni("eni-app", "sub-app", "10.0.2.10", v6=["2600:1f00:0:2::10"], groups=["sg-app"], instance="i-app")], YES),
    "a transit gateway: no verdict": ("i-app > internet:443",
        [table("rtb-app", route(ALL4, "tgw-1"), subnets=["sub-app"])], ["tgw-1 NOT_MODELLED"]),
    "a stopped server sends nothing": ("i-app > internet:443", [Instance("i-app", "stopped")], ["i-app BAD_STATE"]),
}  # fmt: skip

INSIDE = {
    "web to app by group reference": ("i-web > i-app:8080", [], YES),
    "app to db by group reference": ("i-app > i-db:5432", [], YES),
    "web wears no group that the db names": ("i-web > i-db:5432", [], ["sg-db " + SG]),
    "by the subnet's range": ("i-web > i-db:5432", [sg("sg-db", tcp(5432, "10.0.1.0/24"))], YES),
    "by the address of one host": ("i-web > i-db:5432", [sg("sg-db", tcp(5432, "10.0.1.10/32"))], YES),
    "by the address of the wrong host": ("i-web > i-db:5432", [sg("sg-db", tcp(5432, "10.0.1.11/32"))], ["sg-db " + SG]),
    "by a prefix list": ("i-web > i-db:5432", [sg("sg-db", tcp(5432, prefix_list("pl-1", "10.0.1.0/24")))], YES),
    "the source's group lets nothing out": ("i-app > i-db:5432", [sg("sg-app", out=[])], ["sg-app " + SG]),
    "the source's group lets it out by reference": ("i-app > i-db:5432", [sg("sg-app", out=[tcp(5432, "sg-db")])], YES),
    "out to another port": ("i-app > i-db:5432", [sg("sg-app", out=[tcp(3306, "sg-db")])], ["sg-app " + SG]),
    "a group that names itself": ("i-app > i-app2:9000",
        [sg("sg-app", tcp(9000, "sg-app")), Instance("i-app2"),
         eni("eni-app2", "sub-app", "10.0.2.11", groups=["sg-app"], instance="i-app2")], YES),
    "the same group alone opens nothing": ("i-app > i-app2:9000",
        [Instance("i-app2"), eni("eni-app2", "sub-app", "10.0.2.11", groups=["sg-app"], instance="i-app2")],
        ["sg-app " + SG]),
    "inside a subnet the ACL is not asked": ("i-app > i-app2:9000",
        [sg("sg-app", tcp(9000, "sg-app")), acl("acl-1", "sub-app"), Instance("i-app2"),
         eni("eni-app2", "sub-app", "10.0.2.11", groups=["sg-app"], instance="i-app2")], YES),
    "between subnets it is": ("i-app > i-db:5432", [acl("acl-1", "sub-db", deny(90, 5432), *both())], ["acl-1 " + ACL]),
    "the target's ACL keeps the reply": ("i-app > i-db:5432", [acl("acl-1", "sub-db", allow(100, 5432))], ["acl-1 " + ACL]),
    "the source's ACL keeps the reply":
        ("i-app > i-db:5432", [acl("acl-1", "sub-app", allow(100, 5432, out=True))], ["acl-1 " + ACL]),
    "ACLs with just the two ways": ("i-app > i-db:5432",
        [acl("acl-1", "sub-app", allow(100, 5432, out=True), allow(100, (1024, 65535), "10.0.3.0/24")),
         acl("acl-2", "sub-db", allow(100, 5432, "10.0.2.0/24"), allow(100, (1024, 65535), "10.0.2.0/24", out=True))],
        YES),
    "the target is stopped": ("i-app > i-db:5432", [Instance("i-db", "stopped")], ["i-db BAD_STATE"]),
    "an address that nobody has yet": ("10.0.1.77 > i-db:5432", [sg("sg-db", tcp(5432, "10.0.1.0/24"))], YES),
    "such an address wears no group": ("10.0.2.77 > i-db:5432", [], ["sg-db " + SG]),
    "by its public address the group reference fails": ("i-app > 198.51.100.10:22",
        [sg("sg-web", tcp(22, "sg-app"))], ["sg-web " + SG]),
    "by its public address from the NAT's": ("i-app > 198.51.100.10:22",
        [sg("sg-web", tcp(22, "198.51.100.9/32"))], YES),

    "peered VPCs": ("i-app > i-far:443", [*peered()], YES),
    "peering pending": ("i-app > i-far:443", [*peered(status="pending-acceptance")], ["rtb-app " + DEAD, "rtb-far " + DEAD]),
    "peering without a route there": ("i-app > i-far:443", [*peered(there=None)], ["rtb-app " + ELSEWHERE]),
    "peering without a route back": ("i-app > i-far:443", [*peered(back=None)], ["rtb-far " + NO_ROUTE]),
    "peering with a route back to another range only":
        ("i-app > i-far:443", [*peered(back=("10.0.9.0/24", "pcx-1"))], ["rtb-far " + NO_ROUTE]),
    "peering with routes for just the two subnets":
        ("i-app > i-far:443", [*peered(there=("10.1.1.0/24", "pcx-1"), back=("10.0.2.0/24", "pcx-1"))], YES),
    "peering with overlapping ranges": ("i-app > i-far:443",
        [*peered(cidr="10.0.0.0/16"), Subnet("sub-far", "vpc-2", nets("10.0.1.0/24"), "a")],
        ["rtb-app " + ELSEWHERE, "rtb-far " + ELSEWHERE]),
    "peering is not transitive": ("i-app > i-far:443",
        [*peered(), Vpc("vpc-3", nets("10.3.0.0/16")), Subnet("sub-far", "vpc-3", nets("10.1.1.0/24")),
         table("rtb-3", route("10.0.0.0/16", "pcx-1"), main=True, vpc="vpc-3")],
        ["pcx-1 PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", "pcx-1 PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"]),
    "peering carries no internet": ("i-app > internet:443",
        [*peered(), table("rtb-app", route(ALL4, "pcx-1"), subnets=["sub-app"])],
        ["pcx-1 PCX_REQUIRES_ADDRESS_IN_VPC_CIDR"]),
    "peered, but another group": ("i-web > i-far:443",
        [*peered(), table("rtb-pub", route("10.1.0.0/16", "pcx-1"), subnets=["sub-pub"])], ["sg-far " + SG]),
}  # fmt: skip

SERVICES = {
    "s3 by NAT": ("i-app > s3:443", [S3], YES),
    "s3 by NAT, and a rule out by its prefix list": ("i-app > s3:443", [S3, sg("sg-app", out=[tcp(443, S3)])], YES),
    "that rule lets nothing else out": ("i-app > internet:443", [S3, sg("sg-app", out=[tcp(443, S3)])], ["sg-app " + SG]),
    "s3 from a subnet without a way out": ("i-db > s3:443", [S3], ["rtb-main " + NO_ROUTE]),
    "s3 by a gateway endpoint": ("i-db > s3:443", [S3, GATE, table("rtb-main", TO_S3, main=True)], YES),
    "a gateway endpoint in another table": ("i-db > s3:443",
        [S3, GATE, table("rtb-app", route(ALL4, "nat-1"), TO_S3, subnets=["sub-app"])], ["rtb-main " + NO_ROUTE]),
    "a gateway endpoint and a group that lets nothing out": ("i-db > s3:443",
        [S3, GATE, table("rtb-main", TO_S3, main=True), sg("sg-db", out=[])], ["sg-db " + SG]),
    "a gateway endpoint and a rule out by its prefix list": ("i-db > s3:443",
        [S3, GATE, table("rtb-main", TO_S3, main=True), sg("sg-db", out=[tcp(443, S3)])], YES),
    "just through the endpoint": ("i-app > vpce-s3:443", [S3, GATE], ["vpce-s3 " + ELSEWHERE]),
    "sqs by an interface endpoint": ("i-db > sqs:443", [*door()], YES),
    "an interface endpoint whose group is closed":
        ("i-db > sqs:443", [*door(), sg("sg-door", tcp(443, "sg-web"))], ["sg-door " + SG]),
    "an interface endpoint without private DNS":
        ("i-db > sqs:443", [*door(private_dns=False)], ["rtb-main " + NO_ROUTE]),
    "the same by its own name": ("i-db > vpce-sqs:443", [*door(private_dns=False)], YES),
    "an interface endpoint that is pending":
        ("i-db > sqs:443", [*door(state="pendingAcceptance")], ["vpce-sqs BAD_STATE"]),
}  # fmt: skip

BALANCED = {
    "a web server behind an ALB": ("internet > lb-1:80", [LB_OPEN, APP_FROM_LB, *balanced()], YES),
    "its target is reached through it": ("internet > i-app:8080", [LB_OPEN, APP_FROM_LB, *balanced()], YES),
    "an internal ALB": ("internet > lb-1:80", [LB_OPEN, APP_FROM_LB, *balanced(internal=True)], ["node-sub-pub " + PUBLIC_IN]),
    "an internal ALB from inside": ("i-web > lb-1:80", [LB_OPEN, APP_FROM_LB, *balanced(internal=True)], YES),
    "no listener on the port": ("internet > lb-1:443", [sg("sg-lb", tcp(443, ALL4)), APP_FROM_LB, *balanced()],
                                ["lb-1 ELBV2_LISTENERS_MISMATCH"]),
    "no listener, and a closed group": ("internet > lb-1:443", [LB_OPEN, APP_FROM_LB, *balanced()],
                                        ["sg-lb " + SG, "lb-1 ELBV2_LISTENERS_MISMATCH"]),
    "a target group without targets": ("internet > lb-1:80", [LB_OPEN, APP_FROM_LB, *balanced(targets=())],
                                       ["lb-1 ELBV2_LISTENER_HAS_NO_TG"]),
    "a listener that redirects": ("internet > lb-1:8000", [sg("sg-lb", tcp(8000, ALL4)),
        *balanced(more=[Listener(8000, "tcp", (), True)])], YES),
    "the ALB's group is closed": ("internet > lb-1:80", [sg("sg-lb"), APP_FROM_LB, *balanced()], ["sg-lb " + SG]),
    "the ALB's group lets nothing out":
        ("internet > lb-1:80", [sg("sg-lb", tcp(80, ALL4), out=[]), APP_FROM_LB, *balanced()], ["sg-lb " + SG]),
    "the ALB in a private subnet": ("internet > lb-1:80", [LB_OPEN, APP_FROM_LB, *balanced(subnets=["sub-app"])],
                                    ["rtb-app " + ELSEWHERE]),
    "one of its subnets is public": ("internet > lb-1:80",
                                     [LB_OPEN, APP_FROM_LB, *balanced(subnets=["sub-app", "sub-pub"])], YES),
    "the target's group does not admit the ALB": ("internet > lb-1:80", [LB_OPEN, *balanced()], ["sg-app " + SG]),
    "the target's group admits the ALB's subnet":
        ("internet > lb-1:80", [LB_OPEN, sg("sg-app", tcp(8080, "10.0.1.0/24")), *balanced()], YES),
    "the target's group admits the internet, which comes as the ALB":
        ("internet > lb-1:80", [LB_OPEN, sg("sg-app", tcp(8080, "128.0.0.0/1")), *balanced()], ["sg-app " + SG]),
    "the target listens on another port":
        ("internet > lb-1:80", [LB_OPEN, APP_FROM_LB, *balanced(target=9090)], ["sg-app " + SG]),
    "the balanced target is stopped": ("internet > lb-1:80", [LB_OPEN, APP_FROM_LB, *balanced(), Instance("i-app", "stopped")],
                              ["i-app BAD_STATE"]),
    "the ACL between them": ("internet > lb-1:80",
        [LB_OPEN, APP_FROM_LB, *balanced(), acl("acl-1", "sub-app", deny(90, 8080), *both())], ["acl-1 " + ACL]),
    "one target of two works": ("internet > lb-1:80", [LB_OPEN, APP_FROM_LB, *balanced(targets=["i-web", "i-app"])], YES),
    "a zone that is not on": ("internet > lb-1:80",
        [LB_OPEN, sg("sg-db", tcp(8080, "sg-lb")), *balanced(targets=["i-db"])], ["lb-1 ELB_INSTALLED_AZ_RESTRICTION"]),
    "a function as target": ("internet > lb-1:80",
        [LB_OPEN, *balanced(tg="lambda", targets=["arn:aws:lambda:us-east-1:1:function:f"])], YES),
    "a target by address": ("internet > lb-1:80", [LB_OPEN, APP_FROM_LB, *balanced(tg="ip", targets=["10.0.2.10"])], YES),
    "a target that is not there": ("internet > lb-1:80",
        [LB_OPEN, APP_FROM_LB, *balanced(tg="ip", targets=["10.0.2.99"])], ["10.0.2.99 NOT_MODELLED"]),
    "from inside by the public name the group reference fails":
        ("i-app > lb-1:80", [sg("sg-lb", tcp(80, "sg-app")), APP_FROM_LB, *balanced()], ["sg-lb " + SG]),
    "an NLB in front of a private server": ("internet > i-app:22",
        [sg("sg-app", tcp(22, "10.0.1.0/24")), *balanced(**NLB)], YES),
    "an NLB that keeps the client's address": ("internet > i-app:22",
        [sg("sg-app", tcp(22, "10.0.1.0/24")), *balanced(**NLB, keeps=True)], ["sg-app " + SG]),
    "the same with the target open to the internet": ("internet > i-app:22",
        [sg("sg-app", tcp(22, ALL4)), *balanced(**NLB, keeps=True)], YES),
    "the same with the NLB's group named": ("internet > i-app:22",
        [sg("sg-app", tcp(22, "sg-lb")), sg("sg-lb", tcp(22, ALL4)),
         *balanced(**NLB | {"groups": ("sg-lb",)}, keeps=True)], YES),
    "an NLB without cross-zone balancing": ("internet > lb-1:22",
        [sg("sg-db", tcp(22, "10.0.0.0/16")), *balanced(**NLB, targets=["i-db"], subnets=["sub-pub", "sub-db"], cross=False)],
        ["lb-1 ELB_NOT_CROSSZONE"]),
    "a port mapped by the NLB": ("internet > i-app:22",
        [sg("sg-app", tcp(22, "10.0.1.0/24")), *balanced(**NLB | {"listener": 2222})], YES),
}  # fmt: skip

CASES = INBOUND | OUTBOUND | INSIDE | SERVICES | BALANCED


def ask(question, world, **more):
    source, _, rest = question.partition(" > ")
    target, _, port = rest.rpartition(":")
    number, _, protocol = port.partition("/")
    return reachable(world, source, target, int(number), protocol or "tcp", **more)


@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_right_and_every_hop_that_stops_it_is_named(name):
    question, changes, blockers = CASES[name]
    path = ask(question, site(*changes))
    assert [f"{hop.component} {hop.code}" for hop in path.blockers] == list(blockers), str(path)
    assert path.reachable == (not blockers)
    for hop in path.blockers:
        assert hop.why.endswith("."), hop
        assert ":" in hop.why or "," in hop.why, f"says nothing of a remedy: {hop}"


def test_there_are_as_many_topologies_as_promised():
    assert len(INBOUND | OUTBOUND | INSIDE | SERVICES | BALANCED) == sum(
        len(one) for one in (INBOUND, OUTBOUND, INSIDE, SERVICES, BALANCED)
    )
    assert len(CASES) >= 60
