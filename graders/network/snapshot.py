"""The network of an account's region, read by describe_* into a World: every list whole, once a grading."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders.account import Account
from graders.network import cidrs
from graders.network.balancing import read_balancers
from graders.network.cidrs import Network
from graders.network.groups import NUMBERS, PORTS, read_groups
from graders.network.world import (
    LOCAL,
    Acl,
    AclEntry,
    Address,
    EgressOnlyGateway,
    Endpoint,
    Eni,
    Instance,
    InternetGateway,
    NatGateway,
    Peering,
    PrefixList,
    Route,
    RouteTable,
    Subnet,
    Vpc,
    World,
)

PERMISSIONS = (
    "ec2:DescribeAddresses",
    "ec2:DescribeEgressOnlyInternetGateways",
    "ec2:DescribeInstances",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeManagedPrefixLists",
    "ec2:DescribeNatGateways",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
    "ec2:GetManagedPrefixListEntries",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
)

# Where a route may lead; an interface says more than the instance that has it.
TARGETS = (
    "NetworkInterfaceId",
    "GatewayId",
    "NatGatewayId",
    "EgressOnlyInternetGatewayId",
    "VpcPeeringConnectionId",
    "TransitGatewayId",
    "VpcEndpointId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
    "InstanceId",
)


def snapshot(account: Account) -> World:
    """The world as it is now. Raises botocore's ClientError as it came: half a world would give wrong verdicts."""
    world: World = account.once("network-world", lambda: _read(account))
    return world


def _read(account: Account) -> World:
    lists = {one.id: one for one in _prefix_lists(account)}
    subnets = {one.id: one for one in _subnets(account)}
    instances = list(_items(account, "describe_instances", "Reservations"))
    found = [item for reservation in instances for item in reservation["Instances"]]
    nats, endpoints = list(_nats(account)), list(_endpoints(account))
    groups = read_groups(account).by_id
    things: list[Any] = [*lists.values(), *subnets.values(), *nats, *endpoints, *groups.values()]
    things += _vpcs(account)
    things += _gateways(account)
    things += _tables(account, lists)
    things += _acls(account)
    things += _peerings(account)
    things += (
        Instance(
            item["InstanceId"],
            item["State"]["Name"],
            next((tag["Value"] for tag in item.get("Tags", []) if tag["Key"] == "Name"), ""),
        )
        for item in found
    )
    enis = list(_enis(account, found, subnets))
    owned: dict[str, NatGateway | Endpoint] = {one.eni: one for one in nats}
    owned |= {name: one for one in endpoints for name in one.enis}
    things += (_owned(eni, owned.get(eni.id), account, groups) for eni in enis)
    things += read_balancers(account, subnets, enis, groups)
    return World.of(*(_at_home(one, subnets) if isinstance(one, Eni) else one for one in things), region=account.region)


def _items(account: Account, operation: str, key: str) -> Iterator[dict[str, Any]]:
    yield from account.read("ec2", operation).get(key, [])


def _networks(item: dict[str, Any]) -> tuple[Network, ...]:
    """All ranges of a VPC or a subnet that are in force."""
    texts = [
        *([item["CidrBlock"]] if item.get("CidrBlock") else []),
        *(one["CidrBlock"] for one in item.get("CidrBlockAssociationSet", []) if _associated(one, "CidrBlockState")),
        *(
            one["Ipv6CidrBlock"]
            for one in item.get("Ipv6CidrBlockAssociationSet", [])
            if _associated(one, "Ipv6CidrBlockState")
        ),
    ]
    return tuple(dict.fromkeys(cidrs.network(one) for one in texts))


def _associated(item: dict[str, Any], state: str) -> bool:
    said = item.get(state, {}).get("State", "associated")
    return said not in ("disassociating", "disassociated", "failing", "failed")


def _vpcs(account: Account) -> Iterator[Vpc]:
    for item in _items(account, "describe_vpcs", "Vpcs"):
        yield Vpc(item["VpcId"], _networks(item))


def _subnets(account: Account) -> Iterator[Subnet]:
    for item in _items(account, "describe_subnets", "Subnets"):
        yield Subnet(item["SubnetId"], item["VpcId"], _networks(item), item.get("AvailabilityZone", ""))


def _prefix_lists(account: Account) -> Iterator[PrefixList]:
    """Those that anything here refers to: AWS's own lists are many, and each costs a call."""
    tables = _items(account, "describe_route_tables", "RouteTables")
    used = {one.get("DestinationPrefixListId") for table in tables for one in table.get("Routes", [])}
    for group in _items(account, "describe_security_groups", "SecurityGroups"):
        for rule in (*group.get("IpPermissions", []), *group.get("IpPermissionsEgress", [])):
            used |= {one["PrefixListId"] for one in rule.get("PrefixListIds", [])}
    for item in _items(account, "describe_managed_prefix_lists", "PrefixLists") if used - {None} else ():
        name = item["PrefixListId"]
        if name not in used:
            continue
        entries = account.read("ec2", "get_managed_prefix_list_entries", PrefixListId=name).get("Entries", [])
        yield PrefixList(name, item.get("PrefixListName", name), tuple(cidrs.network(one["Cidr"]) for one in entries))


def _tables(account: Account, lists: dict[str, PrefixList]) -> Iterator[RouteTable]:
    for item in _items(account, "describe_route_tables", "RouteTables"):
        links = item.get("Associations", [])
        yield RouteTable(
            item["RouteTableId"],
            item["VpcId"],
            tuple(_route(one, lists) for one in item.get("Routes", []) if one.get("GatewayId") != LOCAL),
            tuple(one["SubnetId"] for one in links if one.get("SubnetId")),
            any(one.get("Main") for one in links),
        )


def _route(item: dict[str, Any], lists: dict[str, PrefixList]) -> Route:
    name = item.get("DestinationPrefixListId", "")
    if name:
        networks = lists[name].networks if name in lists else ()
    else:
        networks = (cidrs.network(item.get("DestinationCidrBlock") or item["DestinationIpv6CidrBlock"]),)
    rank = 2 if item.get("Origin") == "EnableVgwRoutePropagation" else 1 if name else 0
    target = next((item[key] for key in TARGETS if item.get(key)), "")
    return Route(networks, target, item.get("State", "active") == "active", rank, name)


def _acls(account: Account) -> Iterator[Acl]:
    for item in _items(account, "describe_network_acls", "NetworkAcls"):
        entries = [_entry(one) for one in item.get("Entries", [])]
        # AWS lists entries for IPv6 with every VPC that has it, the last "*" at the least; the sandbox lists none.
        if item.get("IsDefault") and all(one.network.version == 4 for one in entries):
            entries += (AclEntry(101, True, out, "-1", 0, PORTS - 1, cidrs.network("::/0")) for out in (False, True))
        yield Acl(
            item["NetworkAclId"],
            item["VpcId"],
            tuple(entries),
            tuple(one["SubnetId"] for one in item.get("Associations", []) if one.get("SubnetId")),
            bool(item.get("IsDefault")),
        )


def _entry(item: dict[str, Any]) -> AclEntry:
    protocol = NUMBERS.get(str(item["Protocol"]).lower(), str(item["Protocol"]).lower())
    low, high = 0, PORTS - 1
    ports, ping = item.get("PortRange", {}), item.get("IcmpTypeCode", {})
    if protocol in ("tcp", "udp") and ports:
        low, high = ports["From"], ports["To"]
    elif protocol in ("icmp", "icmpv6") and ping.get("Type", -1) != -1:
        low = high = ping["Type"]
    network = cidrs.network(item.get("CidrBlock") or item["Ipv6CidrBlock"])
    allow = item["RuleAction"] == "allow"
    return AclEntry(item["RuleNumber"], allow, bool(item["Egress"]), protocol, low, high, network)


def _gateways(account: Account) -> Iterator[InternetGateway | EgressOnlyGateway]:
    for item in _items(account, "describe_internet_gateways", "InternetGateways"):
        yield InternetGateway(item["InternetGatewayId"], _attached_to(item))
    for item in _items(account, "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways"):
        yield EgressOnlyGateway(item["EgressOnlyInternetGatewayId"], _attached_to(item))


def _attached_to(item: dict[str, Any]) -> str:
    links = item.get("Attachments", [])
    return next((str(one["VpcId"]) for one in links if one.get("State") in ("available", "attached")), "")


def _nats(account: Account) -> Iterator[NatGateway]:
    for item in _items(account, "describe_nat_gateways", "NatGateways"):
        first: dict[str, Any] = next(iter(item.get("NatGatewayAddresses", [])), {})
        public = first.get("PublicIp", "") if item.get("ConnectivityType", "public") == "public" else ""
        eni = first.get("NetworkInterfaceId", "")
        yield NatGateway(item["NatGatewayId"], item["SubnetId"], public or "", item["State"], eni or "")


def _peerings(account: Account) -> Iterator[Peering]:
    for item in _items(account, "describe_vpc_peering_connections", "VpcPeeringConnections"):
        vpcs = (item["RequesterVpcInfo"]["VpcId"], item["AccepterVpcInfo"]["VpcId"])
        yield Peering(item["VpcPeeringConnectionId"], vpcs, item["Status"]["Code"])


def _endpoints(account: Account) -> Iterator[Endpoint]:
    for item in _items(account, "describe_vpc_endpoints", "VpcEndpoints"):
        yield Endpoint(
            item["VpcEndpointId"],
            item["VpcId"],
            item["ServiceName"],
            item.get("VpcEndpointType", "Gateway"),
            item.get("State", "available"),
            tuple(item.get("RouteTableIds", [])),
            tuple(item.get("NetworkInterfaceIds", [])),
            bool(item.get("PrivateDnsEnabled")),
        )


def _enis(account: Account, instances: list[dict[str, Any]], subnets: dict[str, Subnet]) -> Iterator[Eni]:
    """The interfaces that are in use or could be; those of terminated instances are gone."""
    elastic = {
        (item["NetworkInterfaceId"], item.get("PrivateIpAddress", "")): item["PublicIp"]
        for item in _items(account, "describe_addresses", "Addresses")
        if item.get("NetworkInterfaceId")
    }
    dead = {one["InstanceId"] for one in instances if one["State"]["Name"] in ("terminated", "shutting-down")}
    unchecked = {one["InstanceId"] for one in instances if one.get("SourceDestCheck") is False}
    listed = list(_items(account, "describe_network_interfaces", "NetworkInterfaces"))
    listed.sort(key=lambda one: (one.get("Attachment") or {}).get("DeviceIndex") or 0)  # an instance's first one first
    for item in listed:
        link = item.get("Attachment") or {}
        instance = link.get("InstanceId") or ""
        if instance in dead or item.get("SubnetId") not in subnets:
            continue
        managed = item.get("RequesterManaged") or (item.get("Status") == "in-use" and not instance)
        checks = item.get("SourceDestCheck", True) is not False
        yield Eni(
            item["NetworkInterfaceId"],
            item["SubnetId"],
            tuple(_addresses(item, elastic)),
            tuple(one["Ipv6Address"] for one in item.get("Ipv6Addresses", [])),
            tuple(one["GroupId"] for one in item.get("Groups", [])),
            instance,
            (item.get("Description") or link.get("InstanceOwnerId") or "aws") if managed else "",
            checks and not (instance in unchecked and link.get("DeviceIndex", 0) == 0),
        )


def _addresses(item: dict[str, Any], elastic: dict[tuple[str, str], str]) -> Iterator[Address]:
    """Where the answer has the public address only on top (as the sandbox's), it is that of the primary one."""
    listed = item.get("PrivateIpAddresses") or [item]
    top = item.get("Association", {}).get("PublicIp", "")
    for one in listed:
        private = one.get("PrivateIpAddress")
        if private:
            own = one.get("Association", {}).get("PublicIp", "")
            primary = one.get("Primary", len(listed) == 1)
            yield Address(
                private, own or elastic.get((item["NetworkInterfaceId"], private)) or (top if primary else "")
            )


def _owned(eni: Eni, owner: NatGateway | Endpoint | None, account: Account, groups: Any) -> Eni:
    """A NAT gateway's interface wears no group, an endpoint's wears the endpoint's (else its VPC's default one)."""
    if owner is None:
        return eni
    if isinstance(owner, NatGateway):
        return replace(eni, owner=owner.id, groups=())
    described = account.read("ec2", "describe_vpc_endpoints").get("VpcEndpoints", [])
    item = next(one for one in described if one["VpcEndpointId"] == owner.id)
    named = tuple(one["GroupId"] for one in item.get("Groups", []))
    default = tuple(one.id for one in groups.values() if one.vpc == owner.vpc and one.name == "default")
    return replace(eni, owner=owner.id, groups=named or default)


def _at_home(eni: Eni, subnets: dict[str, Subnet]) -> Eni:
    """The sandbox gives interfaces of services addresses of nowhere: they get one of their subnet's."""
    home = next((one for one in subnets[eni.subnet].networks if one.version == 4), None)
    if home is None or not (eni.owner and eni.addresses):
        return eni
    first = eni.addresses[0]
    if ipaddress.ip_address(first.private) in home:
        return eni
    spare = str(home[-2 - (sum(eni.id.encode()) % max(1, home.num_addresses // 8))])
    return replace(eni, addresses=(replace(first, private=spare), *eni.addresses[1:]))
