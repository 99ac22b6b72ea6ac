"""Hosted zones and their records: who answers for a name, and where it leads.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/ResourceRecordTypes.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graders import nearby
from graders.account import Account
from graders.check import Fail

PERMISSIONS = ("route53:ListHostedZones", "route53:ListResourceRecordSets")
ESCAPE = re.compile(r"\\(\d{3})")
HOPS = 8  # a longer chain of names is a loop


@dataclass(frozen=True)
class Zone:
    """`name` as `plain` makes it."""

    id: str
    name: str
    private: bool


def plain(name: str) -> str:
    r"""A name as it is compared: small letters, no dot at its end, \052 as the star that it is."""
    return ESCAPE.sub(lambda found: chr(int(found[1], 8)), name).rstrip(".").lower()


def zones(account: Account) -> list[Zone]:
    return [
        Zone(one["Id"].rpartition("/")[2], plain(one["Name"]), bool(one.get("Config", {}).get("PrivateZone")))
        for one in account.read("route53", "list_hosted_zones").get("HostedZones", [])
    ]


def zones_of(account: Account, name: str, *, private: bool = False) -> list[Zone]:
    """The zones that answer for a name, those with the longest name only; fails when there is none."""
    wanted = plain(name)
    known = zones(account)
    found = [one for one in known if one.private is private and (wanted == one.name or wanted.endswith(f".{one.name}"))]
    if found:
        longest = max(len(one.name) for one in found)
        return [one for one in found if len(one.name) == longest]
    other = next((one for one in known if wanted == one.name or wanted.endswith(f".{one.name}")), None)
    kind = "private" if private else "public"
    hint = f" There is a {'private' if other.private else 'public'} one, {other.name}." if other else ""
    near = nearby.closest(wanted, (one.name for one in known))
    raise Fail(
        "The {kind} hosted zone of {name} does not exist.{hint}",
        looked_at="the hosted zones of this account",
        needed="A {kind} hosted zone that {name} lies in.",
        try_="aws route53 create-hosted-zone",
        kind=kind,
        name=wanted,
        hint=hint or (f" There is {near}." if near else ""),
    )


def records(account: Account, zone: Zone) -> list[dict[str, Any]]:
    """The record sets of a zone, with their names made plain."""
    answer = account.read("route53", "list_resource_record_sets", HostedZoneId=zone.id)
    return [{**one, "Name": plain(one["Name"])} for one in answer.get("ResourceRecordSets", [])]


def at(found: Iterable[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The records that answer for a name: its own, else those of the nearest star.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html#domain-name-format-asterisk
    """
    every, wanted = list(found), plain(name)
    labels = wanted.split(".")
    for tried in (wanted, *(".".join(["*", *labels[place:]]) for place in range(1, len(labels)))):
        own = [one for one in every if one["Name"] == tried and one["Type"] not in ("NS", "SOA")]
        if own:
            return own
    return []


def host(name: str) -> str:
    """A name to compare targets by: the console puts "dualstack." before a load balancer's."""
    return plain(name).removeprefix("dualstack.")


def leads_to(account: Account, zone: Zone, name: str, kind: str) -> set[str]:
    """The last values that a name has in its zone: addresses, or names that lie elsewhere. Aliases are followed."""
    every = records(account, zone)
    border, reached = {plain(name)}, set()
    for _ in range(HOPS):
        nexts: set[str] = set()
        for one in border:
            answers = [record for record in at(every, one) if record["Type"] in (kind, "CNAME")]
            if not answers:
                reached.add(host(one))
            for record in answers:
                alias = record.get("AliasTarget", {}).get("DNSName")
                values = [alias] if alias else [value["Value"] for value in record.get("ResourceRecords", [])]
                is_name = bool(alias) or record["Type"] == "CNAME"
                for value in values:
                    inside = is_name and (plain(value) == zone.name or plain(value).endswith(f".{zone.name}"))
                    (nexts if inside else reached).add(plain(value) if inside else host(value))
        if not nexts:
            break
        border = nexts
    return reached - {plain(name)}
