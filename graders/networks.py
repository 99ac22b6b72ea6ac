"""Things of EC2 found by Name tag, name or id; questions to the reachability engine in a learner's words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from graders import nearby
from graders.account import Account
from graders.check import Fail
from graders.iam.witnesses import Undecided
from graders.network import UnknownResource, World, reachable
from graders.network.addresses import INTERNET, much_of_internet
from graders.network.path import NOT_MODELLED, Path
from graders.network.routing import back_sieve, is_dead, ways
from graders.network.snapshot import PERMISSIONS as ALL
from graders.network.world import Address, Eni, Instance

PERMISSIONS = ALL
ID = re.compile(r"\b(?:i|eni|vpc|subnet|rtb|acl|igw|nat|eigw|pcx|vpce|sg)-[0-9a-f]{8,17}\b")
NAMED = (
    ("describe_vpcs", "Vpcs", "VpcId"),
    ("describe_subnets", "Subnets", "SubnetId"),
    ("describe_route_tables", "RouteTables", "RouteTableId"),
    ("describe_network_acls", "NetworkAcls", "NetworkAclId"),
    ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
)


@dataclass(frozen=True)
class Kind:
    """A kind of thing: how it is listed, what its id is called, how one is made. `name`: its name beside the tag."""

    noun: str
    operation: str
    key: str
    id: str
    make: str
    name: str = "Name"
    parameters: tuple[tuple[str, Any], ...] = ()


VPC = Kind("VPC", "describe_vpcs", "Vpcs", "VpcId", "aws ec2 create-vpc")
SUBNET = Kind("subnet", "describe_subnets", "Subnets", "SubnetId", "aws ec2 create-subnet")
VOLUME = Kind("volume", "describe_volumes", "Volumes", "VolumeId", "aws ec2 create-volume")
IMAGE = Kind("AMI", "describe_images", "Images", "ImageId", "aws ec2 create-image", parameters=(("Owners", ["self"]),))
TEMPLATE = Kind(
    "launch template",
    "describe_launch_templates",
    "LaunchTemplates",
    "LaunchTemplateId",
    "aws ec2 create-launch-template",
    "LaunchTemplateName",
)


def tags_of(item: dict[str, Any]) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in item.get("Tags", [])}


def listed(account: Account, kind: Kind, region: str | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.read("ec2", kind.operation, region=region, **dict(kind.parameters))[kind.key]
    return found


def the(account: Account, kind: Kind, name: str, region: str | None = None) -> dict[str, Any]:
    """The one thing of that Name tag, name or id; fails when there is none, or when there are two."""
    known = listed(account, kind, region)
    found = [one for one in known if name in (one[kind.id], tags_of(one).get("Name"), one.get(kind.name))]
    if len(found) == 1:
        return found[0]
    where = region or account.region
    if found:
        raise Fail(
            "{count} {noun}s are named {name}: {ids}.",
            looked_at="the {noun}s in {region}",
            needed="One {noun} named {name}.",
            try_="Delete the one that you do not need, or take its Name tag away.",
            count=len(found), noun=kind.noun, name=name, ids=[one[kind.id] for one in found], region=where,
        )  # fmt: skip
    names = [one for item in known for one in (tags_of(item).get("Name"), item.get(kind.name)) if one]
    hint = nearby.almost(name, names)
    if not hint and region is None:
        hint = nearby.elsewhere(account, lambda other: _has(account, kind, name, other))
    raise Fail(
        "The {noun} {name} does not exist.{hint}",
        looked_at="the {noun}s in {region}",
        needed="A {noun} named exactly {name} (its Name tag, or its id) in {region}.",
        try_="{make} …",
        noun=kind.noun, name=name, hint=hint, region=where, make=kind.make,
    )  # fmt: skip


def _has(account: Account, kind: Kind, name: str, region: str) -> bool:
    return any(name in (tags_of(one).get("Name"), one.get(kind.name)) for one in listed(account, kind, region))


def subnets_of(world: World, vpc: str) -> list[str]:
    return [one.id for one in world.subnets.values() if one.vpc == vpc]


def label(account: Account, id: str) -> str:
    """A thing's Name tag, else its id."""
    return _names(account).get(id, id)


def said(account: Account, text: str) -> str:
    """A sentence of the engine with the learner's names beside the ids."""
    names = _names(account)
    return ID.sub(lambda found: f"{names[found[0]]} ({found[0]})" if found[0] in names else found[0], text)


def _names(account: Account) -> dict[str, str]:
    def read() -> dict[str, str]:
        answers = ((account.read("ec2", operation).get(key, []), its) for operation, key, its in NAMED)
        return {one[its]: name for items, its in answers for one in items if (name := tags_of(one).get("Name"))}

    names: dict[str, str] = account.once("network-names", read)
    return names


def public_by(world: World, subnet: str) -> str:
    """The internet gateway by which any of the internet is routed directly, or "": then the subnet is private."""
    home = world.subnets[subnet]
    for version in sorted({one.version for one in home.networks}):
        for way in ways(world, subnet, INTERNET[version]):
            if way.route and way.target in world.internet_gateways and not is_dead(world, way.route, home.vpc):
                return way.target
    return ""


def not_public(world: World, subnet: str) -> str:
    """Why the subnet is not public, or "" when one IP version of it is wholly routed to the VPC's internet gateway."""
    home = world.subnets[subnet]
    gateway = world.gateway_of(home.vpc)
    why = ""
    for version in sorted({one.version for one in home.networks}):
        sieve = back_sieve(world, subnet, INTERNET[version], gateway.id if gateway else "", who="the internet")
        if gateway and sieve.allowed.holds(INTERNET[version]):
            return ""
        part = much_of_internet(sieve.allowed) and "Only a part of the internet is routed to the gateway. "
        why = why or f"{part or ''}{sieve.component}: {sieve.not_ok}"
    return why


def probed(world: World, subnet: str, name: str) -> tuple[World, str]:
    """The world with a server without a filter in the subnet, and what to call it: what any server there meets."""
    end = f"a server in {name}"
    home = next((one for one in world.subnets[subnet].networks if one.version == 4), None)
    v6 = next((one for one in world.subnets[subnet].networks if one.version == 6), None)
    private = (Address(str(home[-3])),) if home else ()
    eni = Eni(end, subnet, private, (str(v6[7]),) if v6 else (), instance=f"{end} ")
    return world.plus(Instance(f"{end} "), eni), end


def path(world: World, source: str, target: str, port: int, protocol: str = "tcp", *, balanced: bool = True) -> Path:
    """reachable(), with Undecided where only what the engine does not model could decide, Fail where an end is not."""
    try:
        found = reachable(world, source, target, port, protocol, balanced=balanced)
    except UnknownResource as error:
        raise Fail(
            "{why}",
            looked_at="the network interfaces of {source} and {target}",
            needed="Both ends exist and have a network interface.",
            try_="aws ec2 describe-network-interfaces",
            why=error, source=source, target=target,
        ) from error  # fmt: skip
    if not found.reachable:
        for one in (found, *found.others):
            if set(one.codes) == {NOT_MODELLED}:
                raise Undecided(one.explanation)
    return found
