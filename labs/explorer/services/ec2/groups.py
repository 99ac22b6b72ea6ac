"""Security groups: which connections an instance takes and makes. Rules only allow; answers always pass."""

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
    Row,
    Text,
    Thing,
    Tone,
    Values,
    call,
    delete,
)
from labs.explorer.saying import ANYWHERE, given, properties
from labs.explorer.services.ec2.common import TAGS, tagged, thing

SERVICES = (
    ("http", "HTTP (tcp 80)"),
    ("https", "HTTPS (tcp 443)"),
    ("ssh", "SSH (tcp 22)"),
    ("rdp", "RDP (tcp 3389)"),
    ("mysql", "MySQL and Aurora (tcp 3306)"),
    ("postgres", "PostgreSQL (tcp 5432)"),
    ("redis", "Redis (tcp 6379)"),
    ("nfs", "NFS (tcp 2049)"),
    ("tcp", "other TCP ports"),
    ("udp", "UDP ports"),
    ("icmp", "ICMP: all"),
    ("all", "all traffic"),
)
PORTS = {"http": 80, "https": 443, "ssh": 22, "rdp": 3389, "mysql": 3306, "postgres": 5432, "redis": 6379, "nfs": 2049}
OPEN_PORTS = (80, 443)  # what the world is often meant to reach


def things(account: Account) -> Iterator[Thing]:
    groups = account.read("ec2", "describe_security_groups").get("SecurityGroups", [])
    names = {group["GroupId"]: group["GroupName"] for group in groups}
    for group in groups:
        rules = group.get("IpPermissions", [])
        facts = [Fact("In", said(rule, names), tone_of(rule)) for rule in rules] or [Fact("In", "nothing")]
        links = [Link("ec2:vpc", group["VpcId"], "In")] if group.get("VpcId") else []
        links += [
            Link("ec2:security-group", one, "Lets in", names.get(one, one))
            for one in _sources(rules)
            if one != group["GroupId"]
        ]
        arn = f"arn:aws:ec2:{account.region}:{account.account_id}:security-group/{group['GroupId']}"
        it = thing(group["GroupId"], group, *facts, arn=arn, links=links)
        yield replace(it, name=f"{group['GroupName']} ({group['GroupId']})")


def said(rule: dict[str, Any], names: dict[str, str], word: str = "from") -> str:
    """Return a rule as one reads it: "tcp 443 from 0.0.0.0/0"."""
    sources = [one["CidrIp"] for one in rule.get("IpRanges", [])]
    sources += [one["CidrIpv6"] for one in rule.get("Ipv6Ranges", [])]
    sources += [names.get(one["GroupId"], one["GroupId"]) for one in rule.get("UserIdGroupPairs", [])]
    sources += [one["PrefixListId"] for one in rule.get("PrefixListIds", [])]
    return f"{ports_of(rule)} {word} {', '.join(sources) or 'nowhere'}"


def ports_of(rule: dict[str, Any]) -> str:
    """Return what a rule is about: "tcp 443", "udp 1000-2000", "all traffic"."""
    first, last = rule.get("FromPort"), rule.get("ToPort")
    if rule["IpProtocol"] == "-1":
        return "all traffic"
    if first in (None, -1) or rule["IpProtocol"] not in ("tcp", "udp", "6", "17"):
        return str(rule["IpProtocol"])
    return f"{rule['IpProtocol']} {first}" + (f"-{last}" if last not in (first, None) else "")


def tone_of(rule: dict[str, Any]) -> Tone:
    """Return how a rule looks: worth a look where the world reaches more than a web page."""
    ranges = [one.get("CidrIp") for one in rule.get("IpRanges", [])] + [
        one.get("CidrIpv6") for one in rule.get("Ipv6Ranges", [])
    ]
    web = rule.get("FromPort") == rule.get("ToPort") and rule.get("FromPort") in OPEN_PORTS
    return "bad" if any(one in ANYWHERE for one in ranges) and not web else ""


def _sources(rules: list[dict[str, Any]]) -> list[str]:
    return sorted(
        {pair["GroupId"] for rule in rules for pair in rule.get("UserIdGroupPairs", []) if pair.get("GroupId")}
    )


def _detail(account: Account, it: Thing) -> Thing:
    groups = account.read("ec2", "describe_security_groups").get("SecurityGroups", [])
    names = {group["GroupId"]: group["GroupName"] for group in groups}
    parts = (
        Part(
            "in",
            "Inbound rules",
            ("What", "From", "Description"),
            tuple(_rows(it.data.get("IpPermissions", []), names)),
            "Nothing may come in.",
        ),
        Part(
            "out",
            "Outbound rules",
            ("What", "To", "Description"),
            tuple(_rows(it.data.get("IpPermissionsEgress", []), names)),
            "Nothing may go out.",
        ),
    )
    used = [one for one in groups if it.id in _sources(one.get("IpPermissions", [])) and one["GroupId"] != it.id]
    links = (*it.links, *(Link("ec2:security-group", one["GroupId"], "Is let in by", one["GroupName"]) for one in used))
    return replace(
        it,
        properties=properties(it.data, "GroupName", "GroupId", "Description", "VpcId", "OwnerId"),
        parts=parts,
        links=links,
    )


def _rows(rules: list[dict[str, Any]], names: dict[str, str]) -> Iterator[Row]:
    """Yield one row for each source of each rule: that is what is added and removed."""
    for rule in rules:
        head = given(IpProtocol=rule["IpProtocol"], FromPort=rule.get("FromPort"), ToPort=rule.get("ToPort"))
        lists = (
            ("IpRanges", "CidrIp"),
            ("Ipv6Ranges", "CidrIpv6"),
            ("UserIdGroupPairs", "GroupId"),
            ("PrefixListIds", "PrefixListId"),
        )
        for key, name in lists:
            for one in rule.get(key, []):
                alone = {**head, key: [{name: one.get(name)}]}
                what, source = ports_of(rule), str(one.get(name, ""))
                shown = f"{names[source]} ({source})" if source in names else source
                yield Row(f"{what} {source}", (what, shown, one.get("Description", "")), tone_of(alone), alone)


def _permission(v: Values) -> dict[str, Any]:
    what = v["what"]
    if what in PORTS:
        made: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": PORTS[what], "ToPort": PORTS[what]}
    elif what in ("tcp", "udp"):
        made = {"IpProtocol": what, "FromPort": v["first"], "ToPort": v["first"] if v["last"] is None else v["last"]}
    elif what == "icmp":
        made = {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}
    else:
        made = {"IpProtocol": "-1"}
    about = given(Description=v["Description"])
    if v["source"] == "group":
        made["UserIdGroupPairs"] = [{"GroupId": v["group"], **about}]
    elif v["source"] == "list":
        made["PrefixListIds"] = [{"PrefixListId": v["list"], **about}]
    elif ":" in (v["cidr"] or ""):
        made["Ipv6Ranges"] = [{"CidrIpv6": v["cidr"], **about}]
    else:
        made["IpRanges"] = [{"CidrIp": v["cidr"], **about}]
    return made


def _rule_fields(word: str) -> tuple[Any, ...]:
    ranges = ("0.0.0.0/0", "::/0", "10.0.0.0/16", "203.0.113.0/24")
    return (
        Choice("what", "What", SERVICES, initial="http" if word == "From" else "https", required=True),
        Number("first", "Port", least=0, most=65_535, required=True, when=("what", "tcp", "udp")),
        Number("last", "to port", least=0, most=65_535, when=("what", "tcp", "udp"), help="Empty: that port alone."),
        Choice(
            "source",
            word,
            (("cidr", "an address range"), ("group", "members of a security group"), ("list", "a prefix list")),
            initial="cidr",
            required=True,
        ),
        Cidr(
            "cidr",
            "Range",
            initial="",
            options=ranges,
            v6=True,
            required=True,
            when=("source", "cidr"),
            help="0.0.0.0/0 is everybody; x.x.x.x/32 is one address.",
        ),
        Pick(
            "group",
            "Group",
            kind="ec2:security-group",
            required=True,
            when=("source", "group"),
            help="Whoever wears it, whatever their address.",
        ),
        Text("list", "Prefix list", required=True, placeholder="pl-…", when=("source", "list")),
        Text("Description", "Description", help="Letters, digits and ._-:/()#,@[]+=&;{}!$*. Why is it there?"),
    )


def _authorize(operation: str) -> Any:
    return lambda v, at: [call("ec2", operation, GroupId=at.thing.id, IpPermissions=[_permission(v)])]


def _revoke(operation: str) -> Any:
    return lambda v, at: [call("ec2", operation, GroupId=at.thing.id, IpPermissions=[at.row.data])]


def _describe(operation: str) -> Any:
    def calls(v: Values, at: At) -> Iterator[Call]:
        rule = {
            key: ([{**one[0], **given(Description=v["Description"])}] if isinstance(one, list) else one)
            for key, one in at.row.data.items()
        }
        yield call("ec2", operation, GroupId=at.thing.id, IpPermissions=[rule])

    return calls


def _create(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "ec2",
        "create_security_group",
        GroupName=v["GroupName"],
        Description=v["Description"],
        VpcId=v["VpcId"],
        TagSpecifications=tagged("security-group", v["tags"]),
    )


def _direction(part: str, word: str, verb: str) -> tuple[Action, ...]:
    title = f"Add {'inbound' if part == 'in' else 'outbound'} rule"
    about = "Rules only allow. The answers to what is let in pass by themselves." if part == "in" else ""
    return (
        Action(
            f"add-{part}",
            title,
            _authorize(f"authorize_security_group_{verb}"),
            _rule_fields(word),
            part=part,
            about=about,
            verb="Add rule",
        ),
        Action(
            f"remove-{part}",
            "Remove",
            _revoke(f"revoke_security_group_{verb}"),
            part=part,
            row=True,
            danger="Remove this rule?",
            verb="Remove",
        ),
        Action(
            f"describe-{part}",
            "Describe",
            _describe(f"update_security_group_rule_descriptions_{verb}"),
            (Text("Description", "Description"),),
            lambda account, at: {"Description": at.row.cells[2]},
            part=part,
            row=True,
        ),
    )


GROUP = Kind(
    "security-group",
    "Security group",
    "Security groups",
    things,
    detail=_detail,
    empty="A security group says which connections its members take. Rules only allow: what no rule names does not get in.",
    command="aws ec2 create-security-group --group-name web --description 'web servers' --vpc-id vpc-…",
    actions=(
        Action(
            "create",
            "Create security group",
            _create,
            (
                Text("GroupName", "Name", required=True),
                Text("Description", "Description", required=True, help="It cannot be changed later."),
                Pick("VpcId", "VPC", kind="ec2:vpc", required=True),
                Pairs("tags", "Tags"),
            ),
            new=True,
        ),
        *_direction("in", "From", "ingress"),
        *_direction("out", "To", "egress"),
        TAGS,
        delete(
            "ec2.delete_security_group", "GroupId", "Delete the group? Nothing may wear it, and no other group name it."
        ),
    ),
)
