"""Network ACLs: rules on a subnet's edge. They allow and deny, in order, and know no answers: those need a rule too."""

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
    Kind,
    Link,
    Number,
    Pairs,
    Part,
    Pick,
    Picks,
    Row,
    Text,
    Thing,
    Tone,
    Values,
    call,
    delete,
)
from labs.explorer.saying import count, properties
from labs.explorer.services.ec2.common import TAGS, tagged, thing

PROTOCOLS = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp"}
LAST = 32_767  # the rule that denies all the rest, which cannot be removed


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("ec2", "describe_network_acls").get("NetworkAcls", []):
        subnets = [each["SubnetId"] for each in one.get("Associations", [])]
        rules = [each for each in one.get("Entries", []) if each["RuleNumber"] != LAST]
        facts = (
            Fact("Default", "yes" if one.get("IsDefault") else "no"),
            Fact("Subnets", ", ".join(subnets) or "none"),
            Fact("Rules", count(len(rules), "rule")),
        )
        links = (Link("ec2:vpc", one["VpcId"], "In"), *(Link("ec2:subnet", each, "Guards") for each in subnets))
        yield thing(one["NetworkAclId"], one, *facts, links=links)


def _detail(account: Account, it: Thing) -> Thing:
    entries = sorted(it.data.get("Entries", []), key=lambda one: one["RuleNumber"])
    parts = (
        Part(
            "in",
            "Inbound rules",
            ("Number", "Does", "What", "From"),
            tuple(_row(one) for one in entries if not one["Egress"]),
        ),
        Part(
            "out",
            "Outbound rules",
            ("Number", "Does", "What", "To"),
            tuple(_row(one) for one in entries if one["Egress"]),
        ),
        Part(
            "subnets",
            "Subnets",
            ("Subnet",),
            tuple(
                Row(one["NetworkAclAssociationId"], (one["SubnetId"],), data=one)
                for one in it.data.get("Associations", [])
            ),
            "It guards none.",
        ),
    )
    return replace(it, properties=(*it.facts, *properties(it.data, "NetworkAclId", "VpcId")), parts=parts)


def _row(one: dict[str, Any]) -> Row:
    ports = one.get("PortRange", {})
    protocol = PROTOCOLS.get(one["Protocol"], one["Protocol"])
    what = "all traffic" if protocol == "all" else protocol
    if ports:
        what += f" {ports['From']}" + (f"-{ports['To']}" if ports["To"] != ports["From"] else "")
    number = "*" if one["RuleNumber"] == LAST else str(one["RuleNumber"])
    tone: Tone = "good" if one["RuleAction"] == "deny" and one["RuleNumber"] != LAST else ""
    return Row(
        str(one["RuleNumber"]),
        (number, one["RuleAction"], what, one.get("CidrBlock") or one.get("Ipv6CidrBlock", "")),
        tone,
        one,
    )


def _entry(operation: str, *, egress: bool) -> Any:
    def calls(v: Values, at: At) -> Iterator[Call]:
        numbered: Values = {"RuleNumber": v.get("RuleNumber") or int(at.row.id or 0), "Egress": egress}
        protocol = {"tcp": "6", "udp": "17", "icmp": "1", "all": "-1"}[v["protocol"]]
        ports = (
            {"From": v["first"], "To": v["first"] if v["last"] is None else v["last"]}
            if protocol in ("6", "17")
            else None
        )
        where = {"Ipv6CidrBlock" if ":" in v["range"] else "CidrBlock": v["range"]}
        icmp = {"Type": -1, "Code": -1} if protocol == "1" else None
        yield call(
            "ec2",
            operation,
            NetworkAclId=at.thing.id,
            **numbered,
            Protocol=protocol,
            RuleAction=v["RuleAction"],
            PortRange=ports,
            IcmpTypeCode=icmp,
            **where,
        )

    return calls


def _fields(word: str, *, number: bool) -> tuple[Any, ...]:
    ports = ("protocol", "tcp", "udp")
    return (
        *(
            (
                Number(
                    "RuleNumber",
                    "Number",
                    initial=100,
                    least=1,
                    most=32_766,
                    required=True,
                    help="The lowest that matches decides.",
                ),
            )
            if number
            else ()
        ),
        Choice("RuleAction", "Does", ("allow", "deny"), initial="allow", required=True),
        Choice(
            "protocol",
            "What",
            (("tcp", "TCP"), ("udp", "UDP"), ("icmp", "ICMP: all"), ("all", "all traffic")),
            initial="tcp",
            required=True,
        ),
        Number(
            "first",
            "Port",
            least=0,
            most=65_535,
            required=True,
            when=ports,
            help="Answers go to ports 1024-65535 (ephemeral ones).",
        ),
        Number("last", "to port", least=0, most=65_535, when=ports, help="Empty: that port alone."),
        Cidr(
            "range",
            word,
            initial="0.0.0.0/0",
            v6=True,
            required=True,
            options=("0.0.0.0/0", "10.0.0.0/16", "198.51.100.0/24"),
        ),
    )


def _now(account: Account, at: At) -> Values:
    one = at.row.data
    ports = one.get("PortRange", {})
    return {
        "RuleAction": one["RuleAction"],
        "protocol": PROTOCOLS.get(one["Protocol"], "all"),
        "first": ports.get("From"),
        "last": ports.get("To") if ports.get("To") != ports.get("From") else None,
        "range": one.get("CidrBlock") or one.get("Ipv6CidrBlock", ""),
    }


def _direction(part: str, word: str, *, egress: bool) -> tuple[Action, ...]:
    return (
        Action(
            f"add-{part}",
            f"Add {part}bound rule",
            _entry("create_network_acl_entry", egress=egress),
            _fields(word, number=True),
            part=part,
            verb="Add rule",
        ),
        Action(
            f"replace-{part}",
            "Change",
            _entry("replace_network_acl_entry", egress=egress),
            _fields(word, number=False),
            _now,
            part=part,
            row=True,
        ),
        Action(
            f"remove-{part}",
            "Remove",
            lambda v, at: [
                call(
                    "ec2",
                    "delete_network_acl_entry",
                    NetworkAclId=at.thing.id,
                    RuleNumber=int(at.row.id),
                    Egress=egress,
                )
            ],
            part=part,
            row=True,
            danger="Remove this rule?",
            verb="Remove",
        ),
    )


def _move_fields(account: Account, at: At) -> tuple[Any, ...]:
    return (
        Picks("subnets", "Subnets", kind="ec2:subnet", required=True, help="Each leaves the ACL that guards it now."),
    )


def _replace(v: Values, at: At) -> Iterator[Call]:
    """Move subnets to this ACL: the association is the subnet's, with the ACL that it has now."""
    standing = at.before.get("associations", {})
    for subnet in v["subnets"]:
        if subnet in standing:
            yield call(
                "ec2", "replace_network_acl_association", AssociationId=standing[subnet], NetworkAclId=at.thing.id
            )


def _associations(account: Account, at: At) -> Values:
    found = account.read("ec2", "describe_network_acls").get("NetworkAcls", [])
    pairs = [
        (each["SubnetId"], each["NetworkAclAssociationId"]) for one in found for each in one.get("Associations", [])
    ]
    return {"subnets": [], "associations": dict(pairs)}


ACL = Kind(
    "network-acl",
    "Network ACL",
    "Network ACLs",
    things,
    detail=_detail,
    empty=(
        "A network ACL stands at a subnet's edge, allows and denies by number, "
        "and knows no answers: they need a rule of their own."
    ),
    command="aws ec2 create-network-acl --vpc-id vpc-…",
    actions=(
        Action(
            "create",
            "Create network ACL",
            lambda v, at: [
                call(
                    "ec2",
                    "create_network_acl",
                    VpcId=v["VpcId"],
                    TagSpecifications=tagged("network-acl", v["tags"], v["Name"]),
                )
            ],
            (Text("Name", "Name"), Pick("VpcId", "VPC", kind="ec2:vpc", required=True), Pairs("tags", "More tags")),
            new=True,
            about="A new one denies everything until rules let something through.",
        ),
        *_direction("in", "From", egress=False),
        *_direction("out", "To", egress=True),
        Action("guard", "Add subnets", _replace, _move_fields, _associations, part="subnets", verb="Add"),
        TAGS,
        delete("ec2.delete_network_acl", "NetworkAclId", "Delete the ACL? It must guard no subnet."),
    ),
)
