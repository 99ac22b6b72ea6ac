"""Elastic IPs and network interfaces."""

from __future__ import annotations

from collections.abc import Iterator

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Fact,
    Kind,
    Link,
    Pairs,
    Pick,
    Picks,
    Switch,
    Text,
    Thing,
    Values,
    call,
    delete,
)
from labs.explorer.saying import given, state_fact
from labs.explorer.services.ec2.common import TAGS, tagged, thing


def _addresses(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_addresses").get("Addresses", []):
        to = one.get("InstanceId") or one.get("NetworkInterfaceId") or ""
        facts = (
            Fact("Address", one.get("PublicIp", "")),
            Fact("Belongs to", to or "nothing: it costs money", "" if to else "bad"),
        )
        links = (Link("ec2:instance", one["InstanceId"], "Leads to"),) if one.get("InstanceId") else ()
        it = thing(one["AllocationId"], one, *facts, links=links)
        yield it


def _associate(v: Values, at: At) -> Iterator[Call]:
    where = given(InstanceId=v["InstanceId"], NetworkInterfaceId=v["NetworkInterfaceId"])
    yield call(
        "ec2", "associate_address", AllocationId=at.thing.id, **where, AllowReassociation=True if v["move"] else None
    )


def _used(it: Thing) -> bool:
    return bool((it.data or {}).get("AssociationId"))


ADDRESS = Kind(
    "address",
    "Elastic IP",
    "Elastic IPs",
    _addresses,
    empty="An Elastic IP is a public address that stays yours: it can move from one server to another.",
    command="aws ec2 allocate-address",
    actions=(
        Action(
            "create",
            "Allocate address",
            lambda v, at: [
                call(
                    "ec2",
                    "allocate_address",
                    Domain="vpc",
                    TagSpecifications=tagged("elastic-ip", v["tags"], v["Name"]),
                )
            ],
            (Text("Name", "Name"), Pairs("tags", "More tags")),
            new=True,
            verb="Allocate",
        ),
        Action(
            "associate",
            "Associate",
            _associate,
            (
                Pick("InstanceId", "Instance", kind="ec2:instance"),
                Pick("NetworkInterfaceId", "or network interface", kind="ec2:interface"),
                Switch("move", "Even where it belongs to another now", initial=True),
            ),
            verb="Associate",
        ),
        Action(
            "disassociate",
            "Disassociate",
            lambda v, at: [call("ec2", "disassociate_address", AssociationId=at.thing.data["AssociationId"])],
            danger="Nothing answers at this address then. It is still yours, and costs money.",
            verb="Disassociate",
            when=_used,
        ),
        TAGS,
        delete(
            "ec2.release_address",
            "AllocationId",
            "Give the address back? You will not get the same one again.",
            title="Release",
            id="release",
        ),
    ),
)


def _interfaces(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_network_interfaces").get("NetworkInterfaces", []):
        facts = (
            state_fact(one.get("Status", "")),
            Fact("Address", one.get("PrivateIpAddress", "")),
            Fact("Public", one.get("Association", {}).get("PublicIp", "none")),
            Fact("For", one.get("Description") or one.get("InterfaceType", "")),
        )
        links = [Link("ec2:subnet", one["SubnetId"], "In")] if one.get("SubnetId") else []
        links += [
            Link("ec2:security-group", each["GroupId"], "Guarded by", each["GroupName"])
            for each in one.get("Groups", [])
        ]
        if one.get("Attachment", {}).get("InstanceId"):
            links.append(Link("ec2:instance", one["Attachment"]["InstanceId"], "Of"))
        it = thing(one["NetworkInterfaceId"], {**one, "Tags": one.get("TagSet", [])}, *facts, links=links)
        yield it


INTERFACE = Kind(
    "interface",
    "Network interface",
    "Network interfaces",
    _interfaces,
    empty="A network interface is a network card: an address in a subnet, with security groups. Every instance has one.",
    command="aws ec2 create-network-interface --subnet-id subnet-…",
    actions=(
        Action(
            "create",
            "Create network interface",
            lambda v, at: [
                call(
                    "ec2",
                    "create_network_interface",
                    SubnetId=v["SubnetId"],
                    Groups=v["groups"] or None,
                    Description=v["Description"],
                )
            ],
            (
                Pick("SubnetId", "Subnet", kind="ec2:subnet", required=True),
                Picks("groups", "Security groups", kind="ec2:security-group"),
                Text("Description", "Description"),
            ),
            new=True,
        ),
        Action(
            "groups",
            "Change security groups",
            lambda v, at: [
                call("ec2", "modify_network_interface_attribute", NetworkInterfaceId=at.thing.id, Groups=v["groups"])
            ],
            (Picks("groups", "Security groups", kind="ec2:security-group", required=True),),
            lambda account, at: {"groups": [one["GroupId"] for one in at.thing.data.get("Groups", [])]},
        ),
        TAGS,
        delete(
            "ec2.delete_network_interface",
            "NetworkInterfaceId",
            "Delete the interface? It must be attached to nothing.",
        ),
    ),
)
