"""Doors of a VPC: internet gateways, NAT gateways, endpoints, peering and VPN gateways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kept,
    Kind,
    Link,
    Pairs,
    Pick,
    Picks,
    Policy,
    Switch,
    Text,
    Thing,
    Values,
    call,
    delete,
)
from labs.explorer.saying import policy_fact, state_fact
from labs.explorer.services.ec2.common import TAGS, tagged, thing

ENDPOINTS = (
    "s3",
    "dynamodb",
    "secretsmanager",
    "ssm",
    "ssmmessages",
    "ec2messages",
    "logs",
    "monitoring",
    "kms",
    "sqs",
    "sns",
    "sts",
    "lambda",
    "ecr.api",
    "ecr.dkr",
    "execute-api",
)


def _igws(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_internet_gateways").get("InternetGateways", []):
        vpcs = [each["VpcId"] for each in one.get("Attachments", [])]
        fact = Fact("VPC", ", ".join(vpcs) or "attached to none", "" if vpcs else "bad")
        yield thing(one["InternetGatewayId"], one, fact, links=[Link("ec2:vpc", vpc, "Door of") for vpc in vpcs])


def _create_igw(v: Values, at: At) -> Iterator[Call]:
    keep = ("IGW", "InternetGateway.InternetGatewayId") if v["vpc"] else None
    yield call(
        "ec2", "create_internet_gateway", keep=keep, TagSpecifications=tagged("internet-gateway", v["tags"], v["Name"])
    )
    if v["vpc"]:
        yield call("ec2", "attach_internet_gateway", InternetGatewayId=Kept("IGW"), VpcId=v["vpc"])


def _attached(it: Thing) -> bool:
    return bool((it.data or {}).get("Attachments"))


INTERNET_GATEWAY = Kind(
    "internet-gateway",
    "Internet gateway",
    "Internet gateways",
    _igws,
    empty="An internet gateway is a VPC's door to the internet. Whose routes lead to it is public.",
    command="aws ec2 create-internet-gateway",
    actions=(
        Action(
            "create",
            "Create internet gateway",
            _create_igw,
            (Text("Name", "Name"), Pick("vpc", "Attach to VPC", kind="ec2:vpc"), Pairs("tags", "More tags")),
            new=True,
        ),
        Action(
            "attach",
            "Attach",
            "ec2.attach_internet_gateway",
            (Pick("VpcId", "VPC", kind="ec2:vpc", required=True),),
            thing="InternetGatewayId",
            when=lambda it: not _attached(it),
            verb="Attach",
        ),
        Action(
            "detach",
            "Detach",
            lambda v, at: [
                call(
                    "ec2",
                    "detach_internet_gateway",
                    InternetGatewayId=at.thing.id,
                    VpcId=at.thing.data["Attachments"][0]["VpcId"],
                )
            ],
            danger="The VPC loses its way to the internet.",
            verb="Detach",
            when=_attached,
        ),
        TAGS,
        delete(
            "ec2.delete_internet_gateway", "InternetGatewayId", "Delete the gateway? It must be attached to no VPC."
        ),
    ),
)


def _nats(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_nat_gateways").get("NatGateways", []):
        if one.get("State") == "deleted":
            continue
        address = next(
            (each.get("PublicIp") for each in one.get("NatGatewayAddresses", []) if each.get("PublicIp")), ""
        )
        facts = (
            state_fact(one.get("State", ""), good=["available"], bad=["failed"]),
            Fact("Kind", one.get("ConnectivityType", "public")),
            Fact("Address", address or "none"),
        )
        links = (Link("ec2:subnet", one["SubnetId"], "Stands in"), Link("ec2:vpc", one["VpcId"], "In"))
        yield thing(one["NatGatewayId"], one, *facts, links=links)


def _create_nat(v: Values, at: At) -> Iterator[Call]:
    tags = tagged("natgateway", v["tags"], v["Name"])
    if v["ConnectivityType"] == "private":
        yield call(
            "ec2", "create_nat_gateway", SubnetId=v["SubnetId"], ConnectivityType="private", TagSpecifications=tags
        )
        return
    address = v["AllocationId"]
    if address is None:
        yield call("ec2", "allocate_address", keep=("ADDRESS", "AllocationId"), Domain="vpc")
        address = Kept("ADDRESS")
    yield call("ec2", "create_nat_gateway", SubnetId=v["SubnetId"], AllocationId=address, TagSpecifications=tags)


NAT_GATEWAY = Kind(
    "nat-gateway",
    "NAT gateway",
    "NAT gateways",
    _nats,
    empty="A NAT gateway lets private subnets call out, and nobody in. It stands in a public subnet; private ones route to it.",
    command="aws ec2 create-nat-gateway --subnet-id subnet-… --allocation-id eipalloc-…",
    actions=(
        Action(
            "create",
            "Create NAT gateway",
            _create_nat,
            (
                Text("Name", "Name"),
                Pick(
                    "SubnetId",
                    "Subnet",
                    kind="ec2:subnet",
                    required=True,
                    help="A public one: with a route to an internet gateway.",
                ),
                Choice(
                    "ConnectivityType",
                    "Kind",
                    (("public", "public: to the internet"), ("private", "private: to other networks")),
                    initial="public",
                    required=True,
                ),
                Pick(
                    "AllocationId",
                    "Elastic IP",
                    kind="ec2:address",
                    when=("ConnectivityType", "public"),
                    help="Empty: a new one.",
                ),
                Pairs("tags", "More tags"),
            ),
            new=True,
        ),
        TAGS,
        delete(
            "ec2.delete_nat_gateway",
            "NatGatewayId",
            "Delete the NAT gateway? Its Elastic IP stays, and costs money until it is released.",
        ),
    ),
)


def _endpoints(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_vpc_endpoints").get("VpcEndpoints", []):
        facts = (
            Fact("Service", one.get("ServiceName", "")),
            Fact("Type", one.get("VpcEndpointType", "")),
            state_fact(one.get("State", ""), good=["available"]),
            policy_fact("Policy", one.get("PolicyDocument", "")),
        )
        links = [Link("ec2:vpc", one["VpcId"], "In")]
        links += [Link("ec2:route-table", each, "In the routes of") for each in one.get("RouteTableIds", [])]
        links += [Link("ec2:subnet", each, "Stands in") for each in one.get("SubnetIds", [])]
        yield thing(one["VpcEndpointId"], one, *facts, links=links)


def _create_endpoint(v: Values, at: At) -> Iterator[Call]:
    service = v["service"] if v["service"].startswith("com.") else f"com.amazonaws.{at.region}.{v['service']}"
    gateway = v["VpcEndpointType"] == "Gateway"
    yield call(
        "ec2",
        "create_vpc_endpoint",
        VpcId=v["VpcId"],
        ServiceName=service,
        VpcEndpointType=v["VpcEndpointType"],
        RouteTableIds=v["tables"] or None if gateway else None,
        SubnetIds=None if gateway else v["subnets"] or None,
        SecurityGroupIds=None if gateway else v["groups"] or None,
        PrivateDnsEnabled=None if gateway else v["dns"],
        PolicyDocument=v["PolicyDocument"],
        TagSpecifications=tagged("vpc-endpoint", v["tags"], v["Name"]),
    )


ENDPOINT = Kind(
    "endpoint",
    "Endpoint",
    "Endpoints",
    _endpoints,
    empty=(
        "An endpoint reaches a service of AWS without the internet: by a route for "
        "S3 and DynamoDB, by an address in a subnet for others."
    ),
    command="aws ec2 create-vpc-endpoint --vpc-id vpc-… --service-name com.amazonaws.us-east-1.s3 --route-table-ids rtb-…",
    actions=(
        Action(
            "create",
            "Create endpoint",
            _create_endpoint,
            (
                Text("Name", "Name"),
                Text(
                    "service",
                    "Service",
                    initial="s3",
                    options=ENDPOINTS,
                    required=True,
                    help="s3, or its whole name: com.amazonaws.us-east-1.s3.",
                ),
                Choice(
                    "VpcEndpointType",
                    "Type",
                    (
                        ("Gateway", "Gateway: S3 and DynamoDB, by a route, free"),
                        ("Interface", "Interface: an address in a subnet"),
                    ),
                    initial="Gateway",
                    required=True,
                ),
                Pick("VpcId", "VPC", kind="ec2:vpc", required=True),
                Picks(
                    "tables",
                    "Route tables",
                    kind="ec2:route-table",
                    when=("VpcEndpointType", "Gateway"),
                    help="Whose subnets go by it.",
                ),
                Picks("subnets", "Subnets", kind="ec2:subnet", when=("VpcEndpointType", "Interface")),
                Picks(
                    "groups",
                    "Security groups",
                    kind="ec2:security-group",
                    when=("VpcEndpointType", "Interface"),
                    help="They must let HTTPS in.",
                ),
                Switch(
                    "dns", "The service's usual name leads here", initial=True, when=("VpcEndpointType", "Interface")
                ),
                Policy("PolicyDocument", "Policy", kind="resource", help="Empty: everything that callers may."),
                Pairs("tags", "More tags"),
            ),
            new=True,
        ),
        TAGS,
        Action(
            "delete",
            "Delete",
            lambda v, at: [call("ec2", "delete_vpc_endpoints", VpcEndpointIds=[at.thing.id])],
            danger="Delete the endpoint?",
            verb="Delete",
        ),
    ),
)


def _peerings(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_vpc_peering_connections").get("VpcPeeringConnections", []):
        status = one.get("Status", {}).get("Code", "")
        ask, give = one.get("RequesterVpcInfo", {}), one.get("AccepterVpcInfo", {})
        facts = (
            state_fact(status, good=["active"], bad=["failed", "rejected", "pending-acceptance"]),
            Fact("From", f"{ask.get('VpcId', '')} {ask.get('CidrBlock', '')}"),
            Fact("To", f"{give.get('VpcId', '')} {give.get('CidrBlock', '')}"),
        )
        links = [Link("ec2:vpc", each["VpcId"], "Joins") for each in (ask, give) if each.get("VpcId")]
        yield thing(one["VpcPeeringConnectionId"], one, *facts, links=links)


def _is_pending(it: Thing) -> bool:
    return bool(it.data) and it.data.get("Status", {}).get("Code") == "pending-acceptance"


PEERING = Kind(
    "peering",
    "Peering connection",
    "Peering connections",
    _peerings,
    empty="A peering connection joins two VPCs. Both need routes to the other, and their ranges must not overlap.",
    command="aws ec2 create-vpc-peering-connection --vpc-id vpc-… --peer-vpc-id vpc-…",
    actions=(
        Action(
            "create",
            "Create peering connection",
            lambda v, at: [
                call(
                    "ec2",
                    "create_vpc_peering_connection",
                    VpcId=v["VpcId"],
                    PeerVpcId=v["PeerVpcId"],
                    PeerOwnerId=v["PeerOwnerId"],
                    PeerRegion=v["PeerRegion"],
                    TagSpecifications=tagged("vpc-peering-connection", {}, v["Name"]),
                )
            ],
            (
                Text("Name", "Name"),
                Pick("VpcId", "VPC", kind="ec2:vpc", required=True),
                Pick("PeerVpcId", "With VPC", kind="ec2:vpc", free=True, required=True),
                Text("PeerOwnerId", "Of account", help="Empty: this one."),
                Text("PeerRegion", "In region", help="Empty: this one."),
            ),
            new=True,
        ),
        Action(
            "accept",
            "Accept",
            "ec2.accept_vpc_peering_connection",
            thing="VpcPeeringConnectionId",
            verb="Accept",
            when=_is_pending,
        ),
        TAGS,
        delete(
            "ec2.delete_vpc_peering_connection",
            "VpcPeeringConnectionId",
            "Delete the connection? Routes to it lead nowhere then.",
        ),
    ),
)


def _vgws(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_vpn_gateways").get("VpnGateways", []):
        vpcs = [
            each["VpcId"] for each in one.get("VpcAttachments", []) if each.get("State") in ("attached", "attaching")
        ]
        facts: tuple[Fact, ...] = (
            state_fact(one.get("State", "")),
            Fact("VPC", ", ".join(vpcs) or "attached to none", "" if vpcs else "bad"),
        )
        yield thing(one["VpnGatewayId"], one, *facts, links=[Link("ec2:vpc", vpc, "Door of") for vpc in vpcs])


def _create_vgw(v: Values, at: At) -> Iterator[Call]:
    keep = ("VGW", "VpnGateway.VpnGatewayId") if v["vpc"] else None
    yield call(
        "ec2", "create_vpn_gateway", keep=keep, Type="ipsec.1", TagSpecifications=tagged("vpn-gateway", {}, v["Name"])
    )
    if v["vpc"]:
        yield call("ec2", "attach_vpn_gateway", VpnGatewayId=Kept("VGW"), VpcId=v["vpc"])


def _vgw_vpc(it: Thing) -> Any:
    return next(
        (each["VpcId"] for each in (it.data or {}).get("VpcAttachments", []) if each.get("State") == "attached"), None
    )


VPN_GATEWAY = Kind(
    "vpn-gateway",
    "VPN gateway",
    "VPN gateways",
    _vgws,
    empty="A virtual private gateway is the VPC's end of a VPN or of Direct Connect: the way to an office's network.",
    command="aws ec2 create-vpn-gateway --type ipsec.1",
    actions=(
        Action(
            "create",
            "Create VPN gateway",
            _create_vgw,
            (Text("Name", "Name"), Pick("vpc", "Attach to VPC", kind="ec2:vpc")),
            new=True,
        ),
        Action(
            "attach",
            "Attach",
            "ec2.attach_vpn_gateway",
            (Pick("VpcId", "VPC", kind="ec2:vpc", required=True),),
            thing="VpnGatewayId",
            verb="Attach",
            when=lambda it: not _vgw_vpc(it),
        ),
        Action(
            "detach",
            "Detach",
            lambda v, at: [call("ec2", "detach_vpn_gateway", VpnGatewayId=at.thing.id, VpcId=_vgw_vpc(at.thing))],
            danger="The VPC loses its way to the office.",
            verb="Detach",
            when=lambda it: bool(_vgw_vpc(it)),
        ),
        TAGS,
        delete("ec2.delete_vpn_gateway", "VpnGatewayId", "Delete the gateway?"),
    ),
)
