"""Security groups: which sources reach which ports, as sets.

https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from graders import nearby
from graders.account import Account
from graders.check import Fail
from graders.network import cidrs
from graders.network.cidrs import Network

PERMISSIONS = ("ec2:DescribeSecurityGroups", "ec2:GetManagedPrefixListEntries")
PORTS = 65536
NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
PINGS = ("icmp", "icmpv6")


@dataclass(frozen=True)
class Rule:
    """One permission: a protocol ("tcp", "udp", "icmp", "-1" for all, a number), ports from `low` to `high`, sources.

    For "-1" and for protocols without ports, `low` and `high` span all; for a ping they are its ICMP type.
    """

    protocol: str
    low: int
    high: int
    networks: tuple[Network, ...] = ()
    groups: tuple[str, ...] = ()

    def admits(self, protocol: str, port: int) -> bool:
        return self.protocol in ("-1", protocol) and self.low <= port <= self.high


@dataclass(frozen=True)
class Sources:
    """Who reaches a port: addresses (collapsed) and the ids of security groups."""

    networks: tuple[Network, ...] = ()
    groups: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.networks or self.groups)


@dataclass(frozen=True)
class Group:
    """A security group with its rules in both directions."""

    id: str
    name: str
    vpc: str
    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]

    def sources_for(self, port: int, protocol: str = "tcp") -> Sources:
        """Who reaches the port through this group."""
        return _sources(self.ingress, protocol, port)

    def targets_for(self, port: int, protocol: str = "tcp") -> Sources:
        """Whom wearers of this group reach on the port."""
        return _sources(self.egress, protocol, port)

    def open_to_internet(self, port: int, protocol: str = "tcp") -> bool:
        """Whether anyone on the internet passes: every public IPv4 address does."""
        return cidrs.is_whole_internet(self.sources_for(port, protocol).networks)

    def exposed(self) -> Iterator[tuple[str, int, int]]:
        """Each (protocol, low, high) that much of the internet reaches (see cidrs.is_internet), ranges merged."""
        for protocol in sorted({"tcp", "udp", *(rule.protocol for rule in self.ingress)} - {"-1", *PINGS}):
            yield from _exposed(self.ingress, protocol)


class Groups:
    """All groups of the region."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self.by_id = {group.id: group for group in groups}

    def named(self, name: str) -> Group:
        """The group of that name or id; fails when there is none, or when two VPCs have one each."""
        found = [one for one in self.by_id.values() if name in (one.name, one.id)]
        if len(found) == 1:
            return found[0]
        if found:
            raise Fail(
                "{count} security groups are named {group}: {ids}.",
                looked_at="the security groups of this region",
                needed="One group named {group}.",
                try_="Delete the one that you do not need.",
                count=len(found),
                group=name,
                ids=[one.id for one in found],
            )
        raise Fail(
            "The security group {group} does not exist.{hint}",
            looked_at="the security groups of this region",
            needed="A security group named exactly {group}.",
            try_="aws ec2 create-security-group --group-name {group} …",
            group=name,
            hint=nearby.almost(name, (one.name for one in self.by_id.values())),
        )

    def label(self, group_id: str) -> str:
        """A group for a sentence: its name with its id."""
        group = self.by_id.get(group_id)
        return f"{group.name} ({group_id})" if group else group_id

    def describe(self, sources: Sources) -> str:
        """Sources for a sentence."""
        return ", ".join(
            [*(str(one) for one in sources.networks), *(self.label(one) for one in sorted(sources.groups))]
        )


def read_groups(account: Account) -> Groups:
    """The region's groups, read once a grading."""
    groups: Groups = account.once("groups", lambda: _read(account))
    return groups


def _read(account: Account) -> Groups:
    answer = account.read("ec2", "describe_security_groups")
    return Groups(
        Group(
            item["GroupId"],
            item["GroupName"],
            item.get("VpcId", ""),
            tuple(_rule(account, one) for one in item.get("IpPermissions", [])),
            tuple(_rule(account, one) for one in item.get("IpPermissionsEgress", [])),
        )
        for item in answer.get("SecurityGroups", [])
    )


def _rule(account: Account, item: dict[str, Any]) -> Rule:
    protocol = NUMBERS.get(str(item["IpProtocol"]).lower(), str(item["IpProtocol"]).lower())
    ported = protocol in ("tcp", "udp") and item.get("FromPort", -1) != -1
    typed = protocol in PINGS and item.get("FromPort", -1) != -1
    networks = [cidrs.network(one["CidrIp"]) for one in item.get("IpRanges", [])]
    networks += [cidrs.network(one["CidrIpv6"]) for one in item.get("Ipv6Ranges", [])]
    for one in item.get("PrefixListIds", []):
        networks += _prefix_list(account, one["PrefixListId"])
    return Rule(
        protocol,
        item["FromPort"] if ported or typed else 0,
        item["ToPort"] if ported else item["FromPort"] if typed else PORTS - 1,
        tuple(networks),
        tuple(one["GroupId"] for one in item.get("UserIdGroupPairs", []) if "GroupId" in one),
    )


def _prefix_list(account: Account, prefix_list: str) -> list[Network]:
    answer = account.read("ec2", "get_managed_prefix_list_entries", PrefixListId=prefix_list)
    return [cidrs.network(one["Cidr"]) for one in answer.get("Entries", [])]


def _sources(rules: Iterable[Rule], protocol: str, port: int) -> Sources:
    matching = [rule for rule in rules if rule.admits(protocol, port)]
    return Sources(
        cidrs.collapse(one for rule in matching for one in rule.networks),
        frozenset(one for rule in matching for one in rule.groups),
    )


def _exposed(rules: Iterable[Rule], protocol: str) -> Iterator[tuple[str, int, int]]:
    """Between two bounds of rules nothing changes: one port stands for all."""
    mine = [rule for rule in rules if rule.protocol in ("-1", protocol)]
    edges = sorted({0, PORTS, *(rule.low for rule in mine), *(rule.high + 1 for rule in mine)})
    start = None
    for low, after in zip(edges, [*edges[1:], PORTS], strict=True):
        is_open = low < after and cidrs.is_internet(_sources(mine, protocol, low).networks)
        if is_open and start is None:
            start = low
        if not is_open and start is not None:
            yield protocol, start, low - 1
            start = None
