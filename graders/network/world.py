"""A VPC world as values: what describe_* says, without AWS's shapes. Read by snapshot.py, or made by hand in a test."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from graders import nearby
from graders.network.addresses import Addresses
from graders.network.cidrs import Network
from graders.network.groups import Group

LOCAL = "local"


class UnknownResource(LookupError):
    """The world holds no such thing; the message names the nearest one."""


@dataclass(frozen=True)
class Vpc:
    id: str
    networks: tuple[Network, ...]  # v4 and v6


@dataclass(frozen=True)
class Subnet:
    id: str
    vpc: str
    networks: tuple[Network, ...]
    zone: str = ""


@dataclass(frozen=True)
class Route:
    """Where packets to `networks` go: the id of a gateway, an interface, a peering … A prefix list has many networks.

    `rank` decides between routes of equal length: 0 written by CIDR, 1 by prefix list, 2 propagated by a gateway.
    """

    networks: tuple[Network, ...]
    target: str
    active: bool = True
    rank: int = 0
    prefix_list: str = ""

    def __str__(self) -> str:
        return self.prefix_list or ", ".join(str(one) for one in self.networks)


@dataclass(frozen=True)
class RouteTable:
    """The local routes are not listed: every table has one for each CIDR of its VPC."""

    id: str
    vpc: str
    routes: tuple[Route, ...] = ()
    subnets: tuple[str, ...] = ()
    main: bool = False


@dataclass(frozen=True)
class AclEntry:
    """One numbered line of a network ACL. For protocols without ports, `low` and `high` span all."""

    number: int
    allow: bool
    egress: bool
    protocol: str
    low: int
    high: int
    network: Network

    def matches(self, protocol: str, port: int) -> bool:
        return self.protocol in ("-1", protocol) and (self.protocol == "-1" or self.low <= port <= self.high)


@dataclass(frozen=True)
class Acl:
    """A network ACL; what no entry matches is refused."""

    id: str
    vpc: str
    entries: tuple[AclEntry, ...]
    subnets: tuple[str, ...] = ()
    default: bool = False

    @functools.cached_property
    def lines(self) -> tuple[tuple[AclEntry, Addresses], ...]:
        """The entries in the order in which they are asked."""
        ordered = sorted(self.entries, key=lambda one: one.number)
        return tuple((one, Addresses.of(one.network.version, [one.network])) for one in ordered)


@dataclass(frozen=True)
class InternetGateway:
    """`vpc` is "" while detached."""

    id: str
    vpc: str = ""


@dataclass(frozen=True)
class EgressOnlyGateway:
    id: str
    vpc: str = ""


@dataclass(frozen=True)
class NatGateway:
    id: str
    subnet: str
    public: str = ""  # its Elastic IP; "" for a private NAT gateway
    state: str = "available"
    eni: str = ""


@dataclass(frozen=True)
class Peering:
    id: str
    vpcs: tuple[str, str]
    status: str = "active"


@dataclass(frozen=True)
class Endpoint:
    """A VPC endpoint. Gateway: by routes in `tables`. Interface: by its network interfaces `enis`."""

    id: str
    vpc: str
    service: str
    kind: str  # "Gateway" | "Interface" | …
    state: str = "available"
    tables: tuple[str, ...] = ()
    enis: tuple[str, ...] = ()
    private_dns: bool = True


@dataclass(frozen=True)
class Address:
    private: str
    public: str = ""


@dataclass(frozen=True)
class Eni:
    """A network interface. With no `groups` nothing filters it (a NAT gateway's, a Network Load Balancer's)."""

    id: str
    subnet: str
    addresses: tuple[Address, ...] = ()
    v6: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    instance: str = ""
    owner: str = ""  # the load balancer, NAT gateway or endpoint that it belongs to
    source_dest_check: bool = True


@dataclass(frozen=True)
class Instance:
    id: str
    state: str = "running"
    name: str = ""


@dataclass(frozen=True)
class Target:
    """`id` of an instance, an address, a Lambda function's or a load balancer's ARN."""

    id: str
    port: int


@dataclass(frozen=True)
class TargetGroup:
    id: str
    name: str
    protocol: str  # "tcp" | "udp" | "tcp_udp"
    kind: str  # "instance" | "ip" | "lambda" | "alb"
    targets: tuple[Target, ...] = ()
    keeps_client: bool = False  # the targets see the client's own address
    health_port: int | None = None  # None: the port of the target


@dataclass(frozen=True)
class Listener:
    """`groups`: every target group that its default action or a rule forwards to. `answers`: redirect, fixed reply."""

    port: int
    protocol: str  # "tcp" | "udp" | "tcp_udp"
    groups: tuple[str, ...] = ()
    answers: bool = False


@dataclass(frozen=True)
class LoadBalancer:
    """An application or network load balancer; its nodes are the interfaces whose `owner` it is."""

    id: str
    name: str
    kind: str  # "application" | "network"
    internal: bool
    vpc: str
    subnets: tuple[str, ...]
    groups: tuple[str, ...] = ()
    listeners: tuple[Listener, ...] = ()
    active: bool = True
    cross_zone: bool = True
    dns: str = ""


@dataclass(frozen=True)
class PrefixList:
    id: str
    name: str
    networks: tuple[Network, ...] = ()


@dataclass(frozen=True)
class World:
    """Everything by id. Never changes: a different state is a different world."""

    vpcs: Mapping[str, Vpc] = field(default_factory=dict)
    subnets: Mapping[str, Subnet] = field(default_factory=dict)
    tables: Mapping[str, RouteTable] = field(default_factory=dict)
    acls: Mapping[str, Acl] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    internet_gateways: Mapping[str, InternetGateway] = field(default_factory=dict)
    egress_only_gateways: Mapping[str, EgressOnlyGateway] = field(default_factory=dict)
    nat_gateways: Mapping[str, NatGateway] = field(default_factory=dict)
    peerings: Mapping[str, Peering] = field(default_factory=dict)
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    enis: Mapping[str, Eni] = field(default_factory=dict)
    instances: Mapping[str, Instance] = field(default_factory=dict)
    balancers: Mapping[str, LoadBalancer] = field(default_factory=dict)
    target_groups: Mapping[str, TargetGroup] = field(default_factory=dict)
    prefix_lists: Mapping[str, PrefixList] = field(default_factory=dict)
    region: str = "us-east-1"

    @classmethod
    def of(cls, *things: Any, region: str = "us-east-1") -> World:
        """A world of these things, each put where its type belongs. Raises TypeError for any other type."""
        shelves: dict[str, dict[str, Any]] = {one.name: {} for one in fields(cls) if one.name != "region"}
        for thing in things:
            shelf = SHELVES.get(type(thing))
            if shelf is None:
                raise TypeError(f"a world holds no {type(thing).__name__}")
            shelves[shelf][thing.id] = thing
        return cls(**shelves, region=region)

    def things(self) -> tuple[Any, ...]:
        """All that it holds: `World.of(*world.things())` is the same world."""
        return tuple(thing for shelf in SHELVES.values() for thing in getattr(self, shelf).values())

    def plus(self, *things: Any) -> World:
        """The world with these things too, each in the place of what has its id: "what if" without calling AWS."""
        return World.of(*self.things(), *things, region=self.region)

    # what belongs to what

    def vpc_of(self, eni: Eni) -> str:
        return self.subnets[eni.subnet].vpc

    def table_of(self, subnet: str) -> RouteTable | None:
        """The table associated with the subnet, else the main table of its VPC.

        https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html
        """
        return self._tables.get(subnet) or self._tables.get(self.subnets[subnet].vpc)

    def acl_of(self, subnet: str) -> Acl | None:
        """The network ACL associated with the subnet, else the default one of its VPC; None lets everything pass.

        https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
        """
        return self._acls.get(subnet) or self._acls.get(self.subnets[subnet].vpc)

    def gateway_of(self, vpc: str) -> InternetGateway | None:
        """The internet gateway attached to the VPC."""
        return next((one for one in self.internet_gateways.values() if one.vpc == vpc and vpc), None)

    def enis_of(self, owner: str) -> tuple[Eni, ...]:
        """The interfaces of an instance, a load balancer, a NAT gateway or an endpoint."""
        return self._enis.get(owner, ())

    def wearers(self, group: str, version: int) -> Addresses:
        """The private addresses of the interfaces that wear the group: what a reference to it stands for.

        https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html#security-group-referencing
        """
        key = (group, version)
        if key not in self._wearers:
            found = Addresses(version)
            for eni in self.enis.values():
                if group in eni.groups:
                    for text in addresses_of(eni, version):
                        found = found | Addresses.one(text)
            self._wearers[key] = found
        return self._wearers[key]

    def label(self, id: str) -> str:
        """A thing for a sentence: its name with its id."""
        thing = self.groups.get(id) or self.instances.get(id) or self.balancers.get(id) or self.target_groups.get(id)
        name = getattr(thing, "name", "")
        return f"{name} ({id})" if name and name != id and "arn:" not in id else name or id

    def suggest(self, id: str) -> str:
        """A sentence that the world holds no `id`, with the nearest id that it does hold."""
        return f"There is no {id} in this account.{nearby.almost(id, [one.id for one in self.things()])}"

    @functools.cached_property
    def _tables(self) -> dict[str, RouteTable]:
        main = {one.vpc: one for one in self.tables.values() if one.main}
        return main | {subnet: one for one in self.tables.values() for subnet in one.subnets}

    @functools.cached_property
    def _acls(self) -> dict[str, Acl]:
        default = {one.vpc: one for one in self.acls.values() if one.default}
        return default | {subnet: one for one in self.acls.values() for subnet in one.subnets}

    @functools.cached_property
    def _enis(self) -> dict[str, tuple[Eni, ...]]:
        found: dict[str, tuple[Eni, ...]] = {}
        for eni in self.enis.values():
            for owner in {eni.instance, eni.owner} - {""}:
                found[owner] = (*found.get(owner, ()), eni)
        return found

    @functools.cached_property
    def _wearers(self) -> dict[tuple[str, int], Addresses]:
        return {}


def addresses_of(eni: Eni, version: int) -> tuple[str, ...]:
    """Its own addresses, as other interfaces see them."""
    return tuple(one.private for one in eni.addresses) if version == 4 else eni.v6


SHELVES: dict[type, str] = {
    Vpc: "vpcs",
    Subnet: "subnets",
    RouteTable: "tables",
    Acl: "acls",
    Group: "groups",
    InternetGateway: "internet_gateways",
    EgressOnlyGateway: "egress_only_gateways",
    NatGateway: "nat_gateways",
    Peering: "peerings",
    Endpoint: "endpoints",
    Eni: "enis",
    Instance: "instances",
    LoadBalancer: "balancers",
    TargetGroup: "target_groups",
    PrefixList: "prefix_lists",
}
