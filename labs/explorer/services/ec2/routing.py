"""Route tables: where a subnet's traffic goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Cidr,
    Fact,
    Kept,
    Kind,
    Link,
    Pairs,
    Part,
    Pick,
    Picks,
    Row,
    Text,
    Thing,
    Values,
    call,
    delete,
)
from labs.explorer.saying import count, given, properties
from labs.explorer.services.ec2.common import TAGS, tagged, thing

DOORS = (
    ("igw", "an internet gateway"),
    ("nat", "a NAT gateway"),
    ("vgw", "a VPN gateway"),
    ("pcx", "a peered VPC"),
    ("instance", "an instance"),
    ("other", "another id"),
)
TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "NetworkInterfaceId",
    "InstanceId",
    "LocalGatewayId",
)
DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_route_tables").get("RouteTables", []):
        subnets = [each["SubnetId"] for each in one.get("Associations", []) if each.get("SubnetId")]
        main = any(each.get("Main") for each in one.get("Associations", []))
        routes = [f"{_destination(route)} → {_target(route)}" for route in one.get("Routes", [])]
        facts = (
            *(Fact("Route", route) for route in routes),
            Fact("Subnets", count(len(subnets), "subnet") + (" and all without a table of their own" if main else "")),
        )
        links = (Link("ec2:vpc", one["VpcId"], "In"), *(Link("ec2:subnet", subnet, "For") for subnet in subnets))
        yield thing(one["RouteTableId"], one, *facts, links=links)


def _destination(route: dict[str, Any]) -> str:
    return next((route[name] for name in DESTINATIONS if route.get(name)), "")


def _target(route: dict[str, Any]) -> str:
    return next((route[name] for name in TARGETS if route.get(name)), "")


def _detail(account: Account, it: Thing) -> Thing:
    routes = tuple(
        Row(
            _destination(route),
            (_destination(route), _target(route), route.get("State", "")),
            "bad" if route.get("State") == "blackhole" else "",
            given(**{name: route.get(name) for name in DESTINATIONS}),
        )
        for route in it.data.get("Routes", [])
    )
    used = tuple(
        Row(
            one["RouteTableAssociationId"],
            (one.get("SubnetId") or one.get("GatewayId") or "main table of the VPC",),
            data=one,
        )
        for one in it.data.get("Associations", [])
    )
    parts = (
        Part("routes", "Routes", ("To", "By", "State"), routes),
        Part("subnets", "Used by", ("Subnet",), used, "No subnet uses it."),
    )
    return replace(it, properties=properties(it.data, "RouteTableId", "VpcId"), parts=parts)


def _create(v: Values, at: At) -> Iterator[Call]:
    keep = ("TABLE", "RouteTable.RouteTableId") if v["subnets"] or v["gateway"] else None
    yield call(
        "ec2",
        "create_route_table",
        keep=keep,
        VpcId=v["VpcId"],
        TagSpecifications=tagged("route-table", v["tags"], v["Name"]),
    )
    if v["gateway"]:
        way = _way(v["gateway"])
        yield call("ec2", "create_route", RouteTableId=Kept("TABLE"), DestinationCidrBlock="0.0.0.0/0", **way)
    for subnet in v["subnets"]:
        yield call("ec2", "associate_route_table", RouteTableId=Kept("TABLE"), SubnetId=subnet)


def _way(id: str) -> dict[str, Any]:
    """Return the parameter that an id of a way out belongs to."""
    names = {
        "nat-": "NatGatewayId",
        "tgw-": "TransitGatewayId",
        "pcx-": "VpcPeeringConnectionId",
        "eni-": "NetworkInterfaceId",
        "i-": "InstanceId",
        "eigw-": "EgressOnlyInternetGatewayId",
    }
    return {next((name for start, name in names.items() if id.startswith(start)), "GatewayId"): id}


def _route(operation: str) -> Any:
    def calls(v: Values, at: At) -> Iterator[Call]:
        way = _way(v[v["door"]])
        if at.row.data:
            where: Values = at.row.data
        elif v["to"].startswith("pl-"):
            where = {"DestinationPrefixListId": v["to"]}
        else:
            where = {"DestinationIpv6CidrBlock" if ":" in v["to"] else "DestinationCidrBlock": v["to"]}
        yield call("ec2", operation, RouteTableId=at.thing.id, **where, **way)

    return calls


def _doors() -> tuple[Any, ...]:
    return (
        Choice("door", "By", DOORS, initial="igw", required=True),
        Pick(
            "igw",
            "Internet gateway",
            kind="ec2:internet-gateway",
            required=True,
            when=("door", "igw"),
            help="Attached to this VPC.",
        ),
        Pick("nat", "NAT gateway", kind="ec2:nat-gateway", required=True, when=("door", "nat")),
        Pick("vgw", "VPN gateway", kind="ec2:vpn-gateway", required=True, when=("door", "vgw")),
        Pick("pcx", "Peering connection", kind="ec2:peering", required=True, when=("door", "pcx")),
        Pick("instance", "Instance", kind="ec2:instance", required=True, when=("door", "instance")),
        Text("other", "Id", required=True, placeholder="tgw-…", when=("door", "other")),
    )


def _remove(v: Values, at: At) -> Iterator[Call]:
    yield call("ec2", "delete_route", RouteTableId=at.thing.id, **at.row.data)


def _associate(v: Values, at: At) -> Iterator[Call]:
    for subnet in v["subnets"]:
        yield call("ec2", "associate_route_table", RouteTableId=at.thing.id, SubnetId=subnet)


ROUTE_TABLE = Kind(
    "route-table",
    "Route table",
    "Route tables",
    things,
    detail=_detail,
    empty="A route table says where a subnet's traffic goes, by the longest match. Every VPC has a main one.",
    command="aws ec2 create-route-table --vpc-id vpc-…",
    actions=(
        Action(
            "create",
            "Create route table",
            _create,
            (
                Text("Name", "Name"),
                Pick("VpcId", "VPC", kind="ec2:vpc", required=True),
                Pick(
                    "gateway",
                    "Default route",
                    kind=("ec2:internet-gateway", "ec2:nat-gateway"),
                    help="Where 0.0.0.0/0 goes. Empty: nowhere.",
                ),
                Picks("subnets", "For subnets", kind="ec2:subnet"),
                Pairs("tags", "More tags"),
            ),
            new=True,
        ),
        Action(
            "add-route",
            "Add route",
            _route("create_route"),
            (
                Cidr(
                    "to",
                    "To",
                    initial="0.0.0.0/0",
                    v6=True,
                    required=True,
                    options=("0.0.0.0/0", "::/0", "192.168.0.0/16"),
                ),
                *_doors(),
            ),
            part="routes",
        ),
        Action("replace-route", "Change", _route("replace_route"), _doors(), part="routes", row=True),
        Action("remove-route", "Remove", _remove, part="routes", row=True, danger="Remove this route?", verb="Remove"),
        Action(
            "associate",
            "Add subnets",
            _associate,
            (Picks("subnets", "Subnets", kind="ec2:subnet", required=True),),
            part="subnets",
            verb="Add",
        ),
        Action(
            "disassociate",
            "Remove",
            lambda v, at: [call("ec2", "disassociate_route_table", AssociationId=at.row.id)],
            part="subnets",
            row=True,
            danger="The subnet then uses the VPC's main table.",
            verb="Remove",
        ),
        TAGS,
        delete("ec2.delete_route_table", "RouteTableId", "Delete the table? No subnet may use it."),
    ),
)
