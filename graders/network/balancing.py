"""Load balancers, listeners and target groups, read by elbv2's describe_*."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from graders.account import Account
from graders.network.groups import Group
from graders.network.world import Address, Eni, Listener, LoadBalancer, Subnet, Target, TargetGroup

PROTOCOLS = {"UDP": "udp", "QUIC": "udp", "TCP_UDP": "tcp_udp"}  # the others speak TCP


def read_balancers(
    account: Account, subnets: Mapping[str, Subnet], enis: list[Eni], groups: Mapping[str, Group]
) -> Iterator[LoadBalancer | TargetGroup | Eni]:
    """Load balancers with their nodes, and target groups. Gateway load balancers are left out."""
    for item in account.read("elbv2", "describe_load_balancers").get("LoadBalancers", []):
        if item.get("Type") not in ("application", "network"):
            continue
        balancer = _balancer(account, item, subnets, groups)
        yield balancer
        yield from _nodes(balancer, item, subnets, enis)
    for item in account.read("elbv2", "describe_target_groups").get("TargetGroups", []):
        yield _target_group(account, item)


def _balancer(
    account: Account, item: dict[str, Any], subnets: Mapping[str, Subnet], groups: Mapping[str, Group]
) -> LoadBalancer:
    arn, kind, vpc = item["LoadBalancerArn"], item["Type"], item.get("VpcId", "")
    worn = tuple(item.get("SecurityGroups", []))
    if not worn and kind == "application":  # AWS gives it the VPC's default group; the sandbox says none
        worn = tuple(one.id for one in groups.values() if one.vpc == vpc and one.name == "default")
    zones = [one["SubnetId"] for one in item.get("AvailabilityZones", []) if one.get("SubnetId") in subnets]
    attributes = account.read("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=arn)
    return LoadBalancer(
        arn,
        item["LoadBalancerName"],
        kind,
        item.get("Scheme") == "internal",
        vpc,
        tuple(zones),
        worn,
        tuple(_listeners(account, arn)),
        item.get("State", {}).get("Code", "active") in ("active", "active_impaired"),
        kind == "application" or _values(attributes).get("load_balancing.cross_zone.enabled") == "true",
        item.get("DNSName", ""),
    )


def _listeners(account: Account, balancer: str) -> Iterator[Listener]:
    for item in account.read("elbv2", "describe_listeners", LoadBalancerArn=balancer).get("Listeners", []):
        actions = list(item.get("DefaultActions", []))
        for rule in account.read("elbv2", "describe_rules", ListenerArn=item["ListenerArn"]).get("Rules", []):
            actions += rule.get("Actions", [])
        yield Listener(
            item["Port"],
            PROTOCOLS.get(item.get("Protocol", "TCP"), "tcp"),
            tuple(dict.fromkeys(arn for action in actions for arn in _forwards(action))),
            any(action.get("Type") in ("redirect", "fixed-response") for action in actions),
        )


def _forwards(action: dict[str, Any]) -> Iterator[str]:
    """The target groups of an action; one with weight 0 gets nothing."""
    if action.get("Type") != "forward":
        return
    weighted = action.get("ForwardConfig", {}).get("TargetGroups", [])
    if weighted:
        yield from (one["TargetGroupArn"] for one in weighted if int(one.get("Weight", 1)) > 0)
    elif action.get("TargetGroupArn"):
        yield action["TargetGroupArn"]


def _target_group(account: Account, item: dict[str, Any]) -> TargetGroup:
    """Whether targets see the client's address: the attribute, else by default those of NLBs do, unless TCP by address.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
    """
    arn, said = item["TargetGroupArn"], item.get("Protocol", "HTTP")
    kind = item.get("TargetType", "instance")
    health = account.read("elbv2", "describe_target_health", TargetGroupArn=arn)
    attributes = _values(account.read("elbv2", "describe_target_group_attributes", TargetGroupArn=arn))
    by_default = said in PROTOCOLS or (said in ("TCP", "TLS") and kind == "instance")
    keeps = attributes.get("preserve_client_ip.enabled", str(by_default).lower()) == "true"
    port = str(item.get("HealthCheckPort", "traffic-port"))
    return TargetGroup(
        arn,
        item["TargetGroupName"],
        PROTOCOLS.get(said, "tcp"),
        kind,
        tuple(
            Target(one["Target"]["Id"], int(one["Target"].get("Port") or item.get("Port") or 0))
            for one in health.get("TargetHealthDescriptions", [])
            if one.get("TargetHealth", {}).get("State") != "draining"
        ),
        keeps,
        int(port) if port.isdigit() and item.get("HealthCheckEnabled", True) else None,
    )


def _nodes(
    balancer: LoadBalancer, item: dict[str, Any], subnets: Mapping[str, Subnet], enis: list[Eni]
) -> Iterator[Eni]:
    """Its interfaces, which say so in their description; where there are none (as in the sandbox), one a subnet."""
    mark = "ELB " + balancer.id.partition("loadbalancer/")[2]
    own = [one for one in enis if one.owner == mark]
    yield from (replace(one, owner=balancer.id) for one in own)
    fixed = {
        zone["SubnetId"]: one.get("IpAddress", "")
        for zone in item.get("AvailabilityZones", [])
        for one in zone.get("LoadBalancerAddresses", [])
    }
    for number, subnet in enumerate(() if own else balancer.subnets):
        home = next((one for one in subnets[subnet].networks if one.version == 4), None)
        if home is None or home.num_addresses < 8:
            continue
        # An address that EC2 would give out last, and a public one that nobody has.
        public = "" if balancer.internal else fixed.get(subnet) or f"240.0.{len(balancer.name) % 250}.{number + 1}"
        address = Address(str(home[-2 - sum(balancer.id.encode()) % (home.num_addresses // 4)]), public)
        yield Eni(f"{balancer.name}/{subnet}", subnet, (address,), (), balancer.groups, "", balancer.id)


def _values(answer: dict[str, Any]) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in answer.get("Attributes", [])}
