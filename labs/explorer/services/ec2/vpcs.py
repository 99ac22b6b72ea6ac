"""VPCs and subnets: the network's addresses, and which part of it is public."""

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
    Pick,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
)
from labs.explorer.saying import properties
from labs.explorer.services.ec2.common import TAGS, tagged, thing


def _vpcs(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_vpcs").get("Vpcs", []):
        facts = (Fact("CIDR", one["CidrBlock"]), Fact("Default", "yes" if one.get("IsDefault") else "no"))
        yield thing(one["VpcId"], one, *facts, links=list(_inside(account, one["VpcId"])))


def _inside(account: Account, vpc: str) -> Iterator[Link]:
    for one in account.read("ec2", "describe_subnets").get("Subnets", []):
        if one["VpcId"] == vpc:
            yield Link("ec2:subnet", one["SubnetId"], "Has", one["CidrBlock"])
    for one in account.read("ec2", "describe_internet_gateways").get("InternetGateways", []):
        if any(each["VpcId"] == vpc for each in one.get("Attachments", [])):
            yield Link("ec2:internet-gateway", one["InternetGatewayId"], "Reaches the internet by")


def _vpc_detail(account: Account, it: Thing) -> Thing:
    def attribute(name: str, key: str) -> bool:
        return bool(
            ask(account, "ec2", "describe_vpc_attribute", VpcId=it.id, Attribute=name).get(key, {}).get("Value")
        )

    support, names = (
        attribute("enableDnsSupport", "EnableDnsSupport"),
        attribute("enableDnsHostnames", "EnableDnsHostnames"),
    )
    logs = ask(account, "ec2", "describe_flow_logs", Filter=[{"Name": "resource-id", "Values": [it.id]}]).get(
        "FlowLogs", []
    )
    more = [
        one["CidrBlock"]
        for one in it.data.get("CidrBlockAssociationSet", [])
        if one["CidrBlock"] != it.data["CidrBlock"]
    ]
    facts = (
        *it.facts,
        Fact("DNS resolution", "on" if support else "off"),
        Fact("DNS names for instances", "on" if names else "off"),
        Fact("Flow logs", ", ".join(one["FlowLogId"] for one in logs) or "none"),
        *((Fact("More ranges", ", ".join(more)),) if more else ()),
        *properties(it.data, "VpcId", "State", "InstanceTenancy", "DhcpOptionsId"),
    )
    return replace(it, properties=facts, data={**it.data, "DnsSupport": support, "DnsHostnames": names})


def _create_vpc(v: Values, at: At) -> Iterator[Call]:
    tags = tagged("vpc", v["tags"], v["Name"])
    tenancy = None if v["InstanceTenancy"] == "default" else v["InstanceTenancy"]
    keep = ("VPC", "Vpc.VpcId") if v["names"] or v["gateway"] else None
    yield call(
        "ec2", "create_vpc", keep=keep, CidrBlock=v["CidrBlock"], InstanceTenancy=tenancy, TagSpecifications=tags
    )
    if v["names"]:
        yield call("ec2", "modify_vpc_attribute", VpcId=Kept("VPC"), EnableDnsHostnames={"Value": True})
    if v["gateway"]:
        spec = tagged("internet-gateway", {}, f"{v['Name']}-igw" if v["Name"] else None)
        yield call(
            "ec2", "create_internet_gateway", keep=("IGW", "InternetGateway.InternetGatewayId"), TagSpecifications=spec
        )
        yield call("ec2", "attach_internet_gateway", InternetGatewayId=Kept("IGW"), VpcId=Kept("VPC"))


def _dns(v: Values, at: At) -> Iterator[Call]:
    for field, name in (("support", "EnableDnsSupport"), ("names", "EnableDnsHostnames")):
        if v[field] != at.before.get(field):
            value: Values = {name: {"Value": v[field]}}
            yield call("ec2", "modify_vpc_attribute", VpcId=at.thing.id, **value)


def _flow_logs(v: Values, at: At) -> Iterator[Call]:
    to_bucket = v["to"] == "s3"
    yield call(
        "ec2",
        "create_flow_logs",
        ResourceType="VPC",
        ResourceIds=[at.thing.id],
        TrafficType=v["TrafficType"],
        LogDestinationType="s3" if to_bucket else "cloud-watch-logs",
        LogDestination=f"arn:aws:s3:::{v['bucket']}" if to_bucket else None,
        LogGroupName=None if to_bucket else v["LogGroupName"],
        DeliverLogsPermissionArn=None if to_bucket else v["role"],
    )


VPC = Kind(
    "vpc",
    "VPC",
    "VPCs",
    _vpcs,
    detail=_vpc_detail,
    empty="A VPC is a network of your own with a range of private addresses. Subnets divide it, each within one zone.",
    command="aws ec2 create-vpc --cidr-block 10.0.0.0/16",
    actions=(
        Action(
            "create",
            "Create VPC",
            _create_vpc,
            (
                Text("Name", "Name"),
                Cidr(
                    "CidrBlock",
                    "IPv4 range",
                    required=True,
                    options=("10.0.0.0/16", "10.1.0.0/16", "172.31.0.0/16"),
                    help="From /16 to /28, of addresses that are private.",
                ),
                Switch(
                    "gateway",
                    "With an internet gateway",
                    help="A door. Subnets go through it only where their routes say so.",
                ),
                Switch(
                    "names",
                    "DNS names for instances",
                    help="Instances with public addresses get public names; endpoints need it too.",
                ),
                Choice(
                    "InstanceTenancy",
                    "Tenancy",
                    (("default", "shared hardware"), ("dedicated", "dedicated hardware")),
                    initial="default",
                ),
                Pairs("tags", "More tags"),
            ),
            new=True,
        ),
        Action(
            "dns",
            "Edit DNS",
            _dns,
            (Switch("support", "DNS resolution"), Switch("names", "DNS names for instances")),
            lambda account, at: {"support": at.thing.data["DnsSupport"], "names": at.thing.data["DnsHostnames"]},
        ),
        Action(
            "range",
            "Add address range",
            "ec2.associate_vpc_cidr_block",
            (Cidr("CidrBlock", "IPv4 range", required=True, options=("10.2.0.0/16",)),),
            thing="VpcId",
        ),
        Action(
            "flow-logs",
            "Add flow logs",
            _flow_logs,
            (
                Choice(
                    "TrafficType",
                    "Of",
                    (("ALL", "all traffic"), ("ACCEPT", "what was let through"), ("REJECT", "what was refused")),
                    initial="ALL",
                    required=True,
                ),
                Choice("to", "To", (("logs", "a log group"), ("s3", "a bucket")), initial="logs", required=True),
                Pick("LogGroupName", "Log group", kind="logs:group", free=True, required=True, when=("to", "logs")),
                Pick(
                    "role",
                    "Role",
                    kind="iam:role",
                    by="arn",
                    required=True,
                    when=("to", "logs"),
                    help="Trusted by vpc-flow-logs, and may write logs.",
                ),
                Pick("bucket", "Bucket", kind="s3:bucket", required=True, when=("to", "s3")),
            ),
        ),
        TAGS,
        delete("ec2.delete_vpc", "VpcId", "Delete the VPC? Nothing may be in it any more."),
    ),
)


def _subnets(account: Account) -> Iterator[Thing]:
    doors = _doors(account)
    for one in account.read("ec2", "describe_subnets").get("Subnets", []):
        door = doors.get(one["SubnetId"]) or doors.get(one["VpcId"], "")
        facts = (
            Fact("CIDR", one["CidrBlock"]),
            Fact("Zone", one["AvailabilityZone"]),
            Fact("Way out", door or "none", exact="Its default route."),
            Fact("Public addresses", "by itself" if one.get("MapPublicIpOnLaunch") else "only if asked for"),
        )
        links = (Link("ec2:vpc", one["VpcId"], "In"),)
        it = thing(one["SubnetId"], one, *facts, arn=one.get("SubnetArn", ""), links=links)
        yield replace(
            it,
            properties=(
                *facts,
                *properties(one, "SubnetId", "VpcId", "AvailableIpAddressCount", "State", "DefaultForAz"),
            ),
        )


def _doors(account: Account) -> dict[str, str]:
    """Return where the default route of each subnet leads; of those without a table of their own, by VPC."""
    found = {}
    for table in account.read("ec2", "describe_route_tables").get("RouteTables", []):
        door = next(
            (_door(route) for route in table.get("Routes", []) if route.get("DestinationCidrBlock") == "0.0.0.0/0"), ""
        )
        for one in table.get("Associations", []):
            if one.get("SubnetId") or one.get("Main"):
                found[one.get("SubnetId") or table["VpcId"]] = door
    return found


def _door(route: dict[str, Any]) -> str:
    if str(route.get("GatewayId", "")).startswith("igw-"):
        return "internet gateway (public)"
    if route.get("NatGatewayId"):
        return "NAT gateway"
    return str(
        route.get("GatewayId")
        or route.get("TransitGatewayId")
        or route.get("NetworkInterfaceId")
        or route.get("InstanceId")
        or ""
    )


def _subnet_fields(account: Account, at: At) -> tuple[Any, ...]:
    zones = account.read("ec2", "describe_availability_zones").get("AvailabilityZones", [])
    return (
        Text("Name", "Name"),
        Pick("VpcId", "VPC", kind="ec2:vpc", required=True),
        Choice(
            "AvailabilityZone",
            "Zone",
            tuple(one["ZoneName"] for one in zones),
            required=True,
            initial=zones[0]["ZoneName"] if zones else "",
            help="A subnet is in one zone. Two zones survive the loss of one.",
        ),
        Cidr(
            "CidrBlock",
            "IPv4 range",
            required=True,
            options=("10.0.1.0/24", "10.0.2.0/24"),
            help="Part of the VPC's. AWS keeps five addresses of each subnet.",
        ),
        Switch("public", "Give instances public addresses"),
        Pairs("tags", "More tags"),
    )


def _create_subnet(v: Values, at: At) -> Iterator[Call]:
    tags = tagged("subnet", v["tags"], v["Name"])
    where = {"VpcId": v["VpcId"], "AvailabilityZone": v["AvailabilityZone"], "CidrBlock": v["CidrBlock"]}
    keep = ("SUBNET", "Subnet.SubnetId") if v["public"] else None
    yield call("ec2", "create_subnet", keep=keep, **where, TagSpecifications=tags)
    if v["public"]:
        yield call("ec2", "modify_subnet_attribute", SubnetId=Kept("SUBNET"), MapPublicIpOnLaunch={"Value": True})


SUBNET = Kind(
    "subnet",
    "Subnet",
    "Subnets",
    _subnets,
    empty=(
        "A subnet is part of a VPC in one zone. It is public when its routes "
        "lead to an internet gateway, and private when not."
    ),
    command="aws ec2 create-subnet --vpc-id vpc-… --cidr-block 10.0.1.0/24 --availability-zone us-east-1a",
    actions=(
        Action("create", "Create subnet", _create_subnet, _subnet_fields, new=True),
        Action(
            "public",
            "Edit public addresses",
            lambda v, at: [
                call("ec2", "modify_subnet_attribute", SubnetId=at.thing.id, MapPublicIpOnLaunch={"Value": v["on"]})
            ],
            (
                Switch(
                    "on", "Give instances public addresses", help="Of no use without a route to an internet gateway."
                ),
            ),
            lambda account, at: {"on": bool(at.thing.data.get("MapPublicIpOnLaunch"))},
        ),
        TAGS,
        delete("ec2.delete_subnet", "SubnetId", "Delete the subnet? Nothing may be in it any more."),
    ),
)
