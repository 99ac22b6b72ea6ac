"""https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resource-record-sets-choosing-alias-non-alias.html"""

from typing import Any, Literal

from graders import Account, Fail, check, distributions, dns
from graders.account import read_or_none
from graders.dns import Zone

CLOUDFRONT = "Z2FDTNDATAQYW2"  # the zone of every distribution


@check(
    permissions=[
        *dns.PERMISSIONS, *distributions.PERMISSIONS, "route53:GetHostedZone", "ec2:DescribeVpcAttribute",
        "elasticloadbalancing:DescribeLoadBalancers",
    ]
)  # fmt: skip
def name_resolves_to(
    account: Account,
    *,
    domain: str,
    targets: list[str],
    record: Literal["A", "AAAA", "CNAME", "MX", "TXT"] = "A",
    alias_only: bool = False,
    vpc: str = "",
    ttl_at_most: int = 0,
) -> None:
    """The name {domain} leads to {targets}.

    `targets`: addresses, names of hosts, or the names of a load balancer (of this region) or a distribution; all of them
    and nothing else, in any order. An alias, a CNAME or both; a star's record where the name has none of its own. A CNAME
    at the top of a zone is none, nor is an alias with another region's zone id. `vpc`: the id of the VPC whose private
    zone answers. `ttl_at_most`: seconds; an alias has its target's.
    """
    found = dns.zones_of(account, domain, private=bool(vpc))
    values: dict[str, Any] = {"name": dns.plain(domain), "targets": targets, "record": record}
    if vpc:
        _answers_in(account, found[0], vpc, values)
    places = {one: _place(account, one) for one in targets}
    for zone in found:
        wanted = set().union(*(_ends(account, zone, dns.host(host), record) for host, _ in places.values()))
        own = dns.at(dns.records(account, zone), domain)
        fitting = [one for one in own if one["Type"] in (record, "CNAME")]
        if not fitting:
            raise _absent(account, zone, found, own, domain, values)
        if dns.plain(domain) == zone.name and any(one["Type"] == "CNAME" for one in fitting):
            raise _fail("{name} is the top of its zone, and there Route 53 refuses a CNAME.", values,
                        try_="An alias record of type {record} instead.")  # fmt: skip
        if alias_only and not all("AliasTarget" in one for one in fitting):
            raise _fail("{name} is no alias, but a {given} with values.", values, try_="An AliasTarget in the record.",
                        given=fitting[0]["Type"])  # fmt: skip
        leads = dns.leads_to(account, zone, domain, record)
        if leads != wanted:
            raise _fail(
                "{name} leads to {leads}, and so not to {targets} alone."
                if wanted < leads
                else "{name} leads to {leads}, not to {targets}.",
                values,
                try_="aws route53 change-resource-record-sets with UPSERT",
                leads=sorted(leads),
            )
        _zone_ids(fitting, {dns.host(host): zone_id for host, zone_id in places.values()}, values)
        longest = max((int(one["TTL"]) for one in fitting if "TTL" in one), default=0)
        if ttl_at_most and longest > ttl_at_most:
            raise _fail("Resolvers keep {name} for {given} s.", values, try_="TTL {most} or less.", given=longest,
                        most=ttl_at_most)  # fmt: skip


def _place(account: Account, target: str) -> tuple[str, str]:
    """The host that a target means, and the zone that an alias to it must name ("" where that is open)."""
    if "." not in target and ":" not in target:
        absent = "LoadBalancerNotFound"
        answer = read_or_none(account, absent, "elbv2", "describe_load_balancers", Names=[target]) or {}
        for one in answer.get("LoadBalancers", []):
            return one["DNSName"], one["CanonicalHostedZoneId"]
    if not target.replace(".", "").isdigit() and (found := distributions.find(account, target)):
        return found.domain, CLOUDFRONT
    return target, CLOUDFRONT if target.endswith(".cloudfront.net") else ""


def _ends(account: Account, zone: Zone, host: str, record: str) -> set[str]:
    """Where a target leads itself, when it is a name of the same zone."""
    inside = host == zone.name or host.endswith(f".{zone.name}")
    return (dns.leads_to(account, zone, host, record) if inside else set()) or {host}


def _zone_ids(fitting: list[dict[str, Any]], zone_ids: dict[str, str], values: dict[str, Any]) -> None:
    for one in fitting:
        alias = one.get("AliasTarget", {})
        wanted = zone_ids.get(dns.host(alias.get("DNSName", "")), "")
        if wanted and alias["HostedZoneId"] != wanted:
            raise _fail(
                "The alias {name} names the right target with the zone id {given}; that of the target is {wanted}.",
                values,
                try_="HostedZoneId of an AliasTarget is the target's (CanonicalHostedZoneId), not your own zone's.",
                given=alias["HostedZoneId"],
                wanted=wanted,
            )


def _answers_in(account: Account, zone: Zone, vpc: str, values: dict[str, Any]) -> None:
    tied = [one["VPCId"] for one in account.read("route53", "get_hosted_zone", Id=zone.id).get("VPCs", [])]
    if vpc not in tied:
        raise _fail("The private zone {zone} answers in {tied}, not in {vpc}.", values, zone=zone.name, tied=tied, vpc=vpc,
                    try_="aws route53 associate-vpc-with-hosted-zone")  # fmt: skip
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        answer = account.read("ec2", "describe_vpc_attribute", VpcId=vpc, Attribute=attribute)
        if not answer[attribute[0].upper() + attribute[1:]]["Value"]:
            raise _fail("{vpc} asks no private zone: {attribute} is off.", values, vpc=vpc, attribute=attribute,
                        try_="aws ec2 modify-vpc-attribute")  # fmt: skip


def _absent(
    account: Account, zone: Zone, found: list[Zone], own: list[dict[str, Any]], name: str, values: dict[str, Any]
) -> Fail:
    if any(dns.at(dns.records(account, one), name) for one in found if one != zone):
        return _fail(
            "There are {count} zones named {zone}, and only one of them has {name}: the domain is delegated to one alone.",
            values,
            try_="Delete the zone that the domain is not delegated to.",
            count=len(found),
            zone=zone.name,
        )
    doubled = f"{dns.plain(name)}.{zone.name}"
    twice = any(one["Name"] == doubled for one in dns.records(account, zone))
    given = [one["Type"] for one in own]
    return _fail(
        "{name} has no {record} record, but {given}."
        if given
        else "{name} has no record; there is {doubled}, with the zone's name twice."
        if twice
        else "{name} has no record in the zone {zone}.",
        values,
        try_="aws route53 change-resource-record-sets",
        given=given,
        doubled=doubled,
        zone=zone.name,
    )


def _fail(found: str, values: dict[str, Any], *, try_: str, **more: Any) -> Fail:
    return Fail(
        found,
        looked_at="the hosted zones and records that answer for {name}",
        needed="{name} ({record}) leads to {targets}.",
        try_=try_,
        **values,
        **more,
    )
