"""Whether the wearers of one group reach a port of another, and who else does."""

from __future__ import annotations

from collections.abc import Sequence

from graders.account import Account
from graders.network import cidrs
from graders.network.cidrs import Network
from graders.network.groups import PERMISSIONS as GROUP_PERMISSIONS
from graders.network.groups import Group, Sources

PERMISSIONS = (*GROUP_PERMISSIONS, "ec2:DescribeVpcs")


def let_in(account: Account, target: Group, source: Group, port: int, allow: Sequence[Network]) -> bool:
    """Whether the target's inbound rules admit the source: by reference, or by addresses.

    Addresses do when they cover all of `allow`, or the whole VPC of the source (where its wearers live).
    """
    sources = target.sources_for(port)
    if source.id in sources.groups:
        return True
    if allow and all(cidrs.covers(sources.networks, one) for one in cidrs.collapse(allow)):
        return True
    home = vpc_networks(account, source.vpc)
    return bool(home) and all(cidrs.covers(sources.networks, one) for one in home)


def let_out(account: Account, source: Group, target: Group, port: int) -> bool:
    """Whether the source's outbound rules let its wearers speak to the target: by reference, or to some of its VPC."""
    targets = source.targets_for(port)
    home = vpc_networks(account, target.vpc)
    return target.id in targets.groups or any(cidrs.overlaps(targets.networks, one) for one in home)


def others(target: Group, source: Group, port: int, allow: Sequence[Network]) -> Sources:
    """Who reaches the port beside the source and the addresses that may: networks as admitted, not cut to pieces."""
    sources = target.sources_for(port)
    allowed = cidrs.collapse(allow)
    return Sources(
        tuple(one for one in sources.networks if cidrs.minus([one], allowed)),
        sources.groups - {source.id},
    )


def vpc_networks(account: Account, vpc: str) -> list[Network]:
    """The IPv4 ranges of a VPC; [] when it is not known."""
    vpcs = account.read("ec2", "describe_vpcs").get("Vpcs", [])
    found = [one for one in vpcs if one["VpcId"] == vpc]
    ranges = [one["CidrBlock"] for item in found for one in item.get("CidrBlockAssociationSet", [])]
    return [cidrs.network(one) for one in ranges or [item["CidrBlock"] for item in found]]
