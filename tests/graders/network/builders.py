"""Worlds in a line: a site that works, and the one thing that is different in this case."""

from graders.network import cidrs
from graders.network.groups import Group, Rule
from graders.network.world import (
    Acl,
    AclEntry,
    Address,
    Endpoint,
    Eni,
    Instance,
    InternetGateway,
    Listener,
    LoadBalancer,
    NatGateway,
    Peering,
    PrefixList,
    Route,
    RouteTable,
    Subnet,
    Target,
    TargetGroup,
    Vpc,
    World,
)

ALL4, ALL6 = "0.0.0.0/0", "::/0"


def nets(*texts):
    return tuple(cidrs.network(one) for one in texts)


def rule(protocol, ports, *sources):
    """`ports`: 22, (8000, 8999) or None for all; sources: CIDRs, ids of groups, or a prefix list."""
    low, high = (0, 65535) if ports is None else ports if isinstance(ports, tuple) else (ports, ports)
    networks = [one for one in sources if isinstance(one, str) and not one.startswith("sg-")]
    lists = [net for one in sources if isinstance(one, PrefixList) for net in one.networks]
    groups = tuple(one for one in sources if isinstance(one, str) and one.startswith("sg-"))
    return Rule(protocol, low, high, (*nets(*networks), *lists), groups)


def tcp(ports, *sources):
    return rule("tcp", ports, *sources)


def udp(ports, *sources):
    return rule("udp", ports, *sources)


def every(*sources):
    return rule("-1", None, *sources)


OUT = (every(ALL4, ALL6),)


def sg(id, *ingress, out=OUT, vpc="vpc-1"):
    return Group(id, id.removeprefix("sg-"), vpc, tuple(ingress), tuple(out))


def allow(number, ports=None, cidr=ALL4, *, out=False, protocol="tcp", ok=True):
    low, high = (0, 65535) if ports is None else ports if isinstance(ports, tuple) else (ports, ports)
    return AclEntry(number, ok, out, protocol if ports is not None else "-1", low, high, cidrs.network(cidr))


def deny(number, ports=None, cidr=ALL4, *, out=False, protocol="tcp"):
    return allow(number, ports, cidr, out=out, protocol=protocol, ok=False)


def both(number=100):
    """What a default ACL has."""
    return tuple(allow(number + (cidr == ALL6), None, cidr, out=out) for cidr in (ALL4, ALL6) for out in (False, True))


def acl(id, subnet, *entries, vpc="vpc-1"):
    return Acl(id, vpc, tuple(entries), (subnet,))


def route(cidr, target, **more):
    return Route(nets(*cidr.split()), target, **more)


def table(id, *routes, subnets=(), main=False, vpc="vpc-1"):
    return RouteTable(id, vpc, tuple(routes), tuple(subnets), main)


def eni(id, subnet, private, public="", *, v6=(), groups=(), instance="", owner="", check=True):
    v4 = (Address(private, public),) if private else ()
    return Eni(id, subnet, v4, tuple(v6), tuple(groups), instance, owner, check)


def prefix_list(id, *networks, name=""):
    return PrefixList(id, name or id, nets(*networks))


def gone(*ids):
    """A change that takes things away."""
    return ids


def site(*changes, region="us-east-1"):
    """The base with each change put in the place of what has its id."""
    things = {one.id: one for one in BASE}
    for change in changes:
        if isinstance(change, tuple):
            for one in change:
                del things[one]
        else:
            things[change.id] = change
    return World.of(*things.values(), region=region)


# web: public, dual stack, SSH and HTTP open to all; app and db: private behind a NAT gateway, reached group by group
BASE = (
    Vpc("vpc-1", nets("10.0.0.0/16", "2600:1f00::/56")),
    InternetGateway("igw-1", "vpc-1"),
    Subnet("sub-pub", "vpc-1", nets("10.0.1.0/24", "2600:1f00:0:1::/64"), "a"),
    Subnet("sub-app", "vpc-1", nets("10.0.2.0/24", "2600:1f00:0:2::/64"), "a"),
    Subnet("sub-db", "vpc-1", nets("10.0.3.0/24"), "b"),
    Acl("acl-0", "vpc-1", both(), default=True),
    table("rtb-main", main=True),
    table("rtb-pub", route(ALL4, "igw-1"), route(ALL6, "igw-1"), subnets=["sub-pub"]),
    table("rtb-app", route(ALL4, "nat-1"), subnets=["sub-app"]),
    NatGateway("nat-1", "sub-pub", "198.51.100.9", eni="eni-nat"),
    eni("eni-nat", "sub-pub", "10.0.1.9", "198.51.100.9", owner="nat-1"),
    sg("sg-web", tcp(22, ALL4, ALL6), tcp(80, ALL4, ALL6)),
    sg("sg-app", tcp(8080, "sg-web")),
    sg("sg-db", tcp(5432, "sg-app")),
    Instance("i-web"),
    Instance("i-app"),
    Instance("i-db"),
    eni("eni-web", "sub-pub", "10.0.1.10", "198.51.100.10", v6=["2600:1f00:0:1::10"], groups=["sg-web"], instance="i-web"),
    eni("eni-app", "sub-app", "10.0.2.10", groups=["sg-app"], instance="i-app"),
    eni("eni-db", "sub-db", "10.0.3.10", groups=["sg-db"], instance="i-db"),
)  # fmt: skip

V4_ONLY = eni("eni-web", "sub-pub", "10.0.1.10", "198.51.100.10", groups=["sg-web"], instance="i-web")
V6_ONLY = eni("eni-web", "sub-pub", "10.0.1.10", v6=["2600:1f00:0:1::10"], groups=["sg-web"], instance="i-web")


def balanced(kind="application", *, internal=False, groups=("sg-lb",), listener=80, target=8080, protocol="tcp",
             targets=("i-app",), subnets=("sub-pub",), keeps=False, health=None, cross=True,
             tg="instance", more=()):  # fmt: skip
    """A load balancer lb-1 with one node a subnet, its listener and its target group."""
    listeners = (Listener(listener, protocol, ("tg-1",)), *more) if listener else tuple(more)
    nodes = [
        eni(f"node-{one}", one, f"10.0.{number}.200", "" if internal else f"198.51.100.20{number}", groups=groups, owner="lb-1")
        for number, one in ((int({"sub-pub": 1, "sub-app": 2, "sub-db": 3}[one]), one) for one in subnets)
    ]  # fmt: skip
    return (
        LoadBalancer("lb-1", "front", kind, internal, "vpc-1", tuple(subnets), tuple(groups), listeners, True, cross),
        TargetGroup("tg-1", "servers", protocol, tg, tuple(Target(one, target) for one in targets), keeps, health),
        *nodes,
    )


LB_OPEN = sg("sg-lb", tcp(80, ALL4, ALL6))
APP_FROM_LB = sg("sg-app", tcp(8080, "sg-lb"))


def peered(*, status="active", there=("10.1.0.0/16", "pcx-1"), back=("10.0.0.0/16", "pcx-1"), cidr="10.1.0.0/16"):
    """A second VPC with one instance i-far that admits the app's group and range; `there` and `back`: the routes."""
    base = cidr.split(".0.0/")[0]
    return (
        Vpc("vpc-2", nets(cidr)),
        Subnet("sub-far", "vpc-2", nets(f"{base}.1.0/24"), "a"),
        Acl("acl-far", "vpc-2", both(), default=True),
        Peering("pcx-1", ("vpc-1", "vpc-2"), status),
        table("rtb-app", route(ALL4, "nat-1"), *([route(*there)] if there else []), subnets=["sub-app"]),
        table("rtb-far", *([route(*back)] if back else []), main=True, vpc="vpc-2"),
        sg("sg-far", tcp(443, "sg-app"), vpc="vpc-2"),
        Instance("i-far"),
        eni("eni-far", "sub-far", f"{base}.1.10", groups=["sg-far"], instance="i-far"),
    )


S3 = prefix_list("pl-s3", "52.216.0.0/15", "3.5.0.0/19", name="com.amazonaws.us-east-1.s3")
GATE = Endpoint("vpce-s3", "vpc-1", "com.amazonaws.us-east-1.s3", "Gateway", tables=("rtb-main",))
TO_S3 = Route(S3.networks, "vpce-s3", rank=1, prefix_list="pl-s3")


def door(*, groups=("sg-door",), private_dns=True, state="available"):
    """An interface endpoint of SQS in the subnet of the app."""
    return (
        Endpoint("vpce-sqs", "vpc-1", "com.amazonaws.us-east-1.sqs", "Interface", state, (), ("eni-door",), private_dns),
        eni("eni-door", "sub-app", "10.0.2.50", groups=groups, owner="vpce-sqs"),
        sg("sg-door", tcp(443, "10.0.0.0/16")),
    )  # fmt: skip
