"""Route 53: zones of names, and what each name says."""

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
    Fact,
    Kind,
    Lines,
    Link,
    Number,
    Part,
    Pick,
    Row,
    Service,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    delete,
    tail,
)
from labs.explorer.saying import count, given

TYPES = ("A", "AAAA", "CNAME", "MX", "TXT", "NS", "SRV", "CAA")
WAYS = (
    ("simple", "simple: always the same"),
    ("weighted", "weighted: by chance"),
    ("failover", "failover: another when ill"),
    ("latency", "latency: the nearest region"),
    ("geo", "geolocation: by where one is"),
)
CLOUDFRONT = "Z2FDTNDATAQYW2"  # https://docs.aws.amazon.com/general/latest/gr/cf_region.html


def zones(account: Account) -> Iterator[Thing]:
    for one in account.read("route53", "list_hosted_zones").get("HostedZones", []):
        address = tail(one["Id"])
        facts = (
            Fact("Open to", "VPCs alone" if one.get("Config", {}).get("PrivateZone") else "the internet"),
            Fact("Records", str(one.get("ResourceRecordSetCount", ""))),
        )
        yield Thing(
            address, f"{one['Name'].rstrip('.')} ({address})", facts, f"arn:aws:route53:::hostedzone/{address}", one
        )


def _detail(account: Account, it: Thing) -> Thing:
    found = ask(account, "route53", "list_resource_record_sets", HostedZoneId=it.id).get("ResourceRecordSets", [])
    zone = ask(account, "route53", "get_hosted_zone", Id=it.id)
    rows = tuple(
        Row(
            f"{one['Name']} {one['Type']} {one.get('SetIdentifier', '')}".strip(),
            (one["Name"].rstrip("."), one["Type"], _says(one), _way(one)),
            data=one,
        )
        for one in found
    )
    vpcs = [one["VPCId"] for one in zone.get("VPCs", [])]
    servers = zone.get("DelegationSet", {}).get("NameServers", [])
    facts = (
        *it.facts,
        *((Fact("Name servers", ", ".join(servers)),) if servers else ()),
        Fact("About", it.data.get("Config", {}).get("Comment", "")),
    )
    return replace(
        it,
        properties=facts,
        parts=(Part("records", f"Records ({count(len(rows), 'record')})", ("Name", "Type", "Says", "How"), rows),),
        links=tuple(Link("ec2:vpc", vpc, "Answers in") for vpc in vpcs),
    )


def _says(one: dict[str, Any]) -> str:
    if one.get("AliasTarget"):
        return f"alias of {one['AliasTarget']['DNSName']}"
    return f"{', '.join(each['Value'] for each in one.get('ResourceRecords', []))} (for {one.get('TTL', '?')} s)"


def _way(one: dict[str, Any]) -> str:
    words = [f"weight {one['Weight']}"] if "Weight" in one else []
    words += [one["Failover"].lower()] if one.get("Failover") else []
    words += [one["Region"]] if one.get("Region") else []
    words += ["health check"] if one.get("HealthCheckId") else []
    return ", ".join(words)


def _record(v: Values, at: At) -> dict[str, Any]:
    zone = at.thing.data["Name"].rstrip(".")
    name = v["name"] or ""
    whole = (
        zone
        if name in ("", "@", zone)
        else name.rstrip(".")
        if name.rstrip(".").endswith(f".{zone}")
        else f"{name}.{zone}"
    )
    made: dict[str, Any] = {"Name": whole, "Type": v["type"]}
    if v["to"] == "values":
        values = [f'"{one}"' if v["type"] == "TXT" and not one.startswith('"') else one for one in v["values"]]
        made |= {"TTL": v["ttl"], "ResourceRecords": [{"Value": one} for one in values]}
    else:
        host, target = _target(v)
        made["AliasTarget"] = {"HostedZoneId": host, "DNSName": target, "EvaluateTargetHealth": v["evaluate"]}
    if v["way"] != "simple":
        made["SetIdentifier"] = v["set"]
    more = {
        "weighted": {"Weight": v["weight"]},
        "failover": {"Failover": v["failover"]},
        "latency": {"Region": v["region"]},
        "geo": {"GeoLocation": given(CountryCode=v["country"])},
    }
    return {**made, **more.get(v["way"], {}), **given(HealthCheckId=v["health"])}


def _target(v: Values) -> tuple[str, str]:
    if v["to"] == "distribution":
        return CLOUDFRONT, v["distribution"]
    zone, _, name = (v["balancer"] if v["to"] == "balancer" else v["alias"]).partition(" ")
    return zone, name


def _change(action: str) -> Any:
    def calls(v: Values, at: At) -> Iterator[Call]:
        record = at.row.data if action == "DELETE" else _record(v, at)
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        yield call("route53", "change_resource_record_sets", HostedZoneId=at.thing.id, ChangeBatch=batch)

    return calls


def _fields(account: Account, at: At) -> tuple[Any, ...]:
    balancers = tuple(
        (f"{one['CanonicalHostedZoneId']} {one['DNSName']}", one["LoadBalancerName"])
        for one in account.read("elbv2", "describe_load_balancers").get("LoadBalancers", [])
    )
    return (
        Text(
            "name",
            "Name",
            placeholder="www",
            help="Empty: the zone itself (its apex), which cannot be a CNAME but can be an alias.",
        ),
        Choice("type", "Type", TYPES, initial="A", required=True),
        Choice(
            "to",
            "Says",
            (
                ("values", "values"),
                ("balancer", "alias of a load balancer"),
                ("distribution", "alias of a CloudFront distribution"),
                ("alias", "alias of something else"),
            ),
            initial="values",
            required=True,
        ),
        Lines("values", "Values", required=True, placeholder="203.0.113.7", when=("to", "values"), help="One a line."),
        Number(
            "ttl",
            "Others may keep it for",
            initial=300,
            least=0,
            most=604_800,
            unit="seconds",
            required=True,
            when=("to", "values"),
        ),
        Choice("balancer", "Load balancer", balancers, required=True, when=("to", "balancer")),
        Pick(
            "distribution",
            "Distribution",
            kind="cloudfront:distribution",
            by="name",
            required=True,
            free=True,
            when=("to", "distribution"),
            help="Its domain name.",
        ),
        Text(
            "alias",
            "Zone id and name",
            required=True,
            placeholder="Z35SXDOTRQ7X7K dualstack.example",
            when=("to", "alias"),
        ),
        Switch("evaluate", "Only while that is well", when=("to", "balancer", "alias")),
        Choice("way", "How", WAYS, initial="simple", required=True),
        Text(
            "set",
            "Name of this one",
            required=True,
            placeholder="primary",
            when=("way", "weighted", "failover", "latency", "geo"),
        ),
        Number("weight", "Weight", initial=10, least=0, most=255, required=True, when=("way", "weighted")),
        Choice(
            "failover",
            "It is the",
            ("PRIMARY", "SECONDARY"),
            initial="PRIMARY",
            required=True,
            when=("way", "failover"),
        ),
        Text(
            "region",
            "Region",
            required=True,
            when=("way", "latency"),
            options=("us-east-1", "eu-west-1", "ap-southeast-1"),
        ),
        Text(
            "country", "Country", initial="*", required=True, when=("way", "geo"), help="DE, US; * is everywhere else."
        ),
        Pick(
            "health",
            "Health check",
            kind="route53:health-check",
            when=("way", "weighted", "failover", "latency", "geo"),
        ),
    )


def _create(v: Values, at: At) -> Iterator[Call]:
    private = {"VPCRegion": at.region, "VPCId": v["vpc"]} if v["vpc"] else None
    config = given(PrivateZone=True if private else None, Comment=v["comment"])
    yield call(
        "route53",
        "create_hosted_zone",
        Name=v["Name"],
        CallerReference=f"{v['Name']}-{v['vpc'] or 'public'}",
        VPC=private,
        HostedZoneConfig=config or None,
    )


ZONE = Kind(
    "zone",
    "Hosted zone",
    "Hosted zones",
    zones,
    detail=_detail,
    empty=(
        "A hosted zone holds the names of a domain: which address www has, "
        "where mail goes, what answers when one server is ill."
    ),
    command="aws route53 create-hosted-zone --name example.com --caller-reference 1",
    actions=(
        Action(
            "create",
            "Create hosted zone",
            _create,
            (
                Text("Name", "Domain", required=True, placeholder="example.com"),
                Pick("vpc", "For this VPC alone", kind="ec2:vpc", help="Empty: public."),
                Text("comment", "About"),
            ),
            new=True,
        ),
        Action("add", "Create record", _change("CREATE"), _fields, part="records"),
        Action("replace", "Create or replace record", _change("UPSERT"), _fields, part="records"),
        Action(
            "remove",
            "Delete",
            _change("DELETE"),
            part="records",
            row=True,
            danger="This name then says nothing.",
            verb="Delete",
        ),
        delete("route53.delete_hosted_zone", "Id", "Delete the zone? Only NS and SOA may be left in it."),
    ),
)


def checks(account: Account) -> Iterator[Thing]:
    for one in account.read("route53", "list_health_checks").get("HealthChecks", []):
        config = one.get("HealthCheckConfig", {})
        host = config.get("FullyQualifiedDomainName") or config.get("IPAddress", "")
        where = f"{config.get('Type', '')} {host}:{config.get('Port', '')}{config.get('ResourcePath', '')}"
        yield Thing(
            one["Id"],
            where,
            (
                Fact("Every", f"{config.get('RequestInterval', 30)} s"),
                Fact("Ill after", count(config.get("FailureThreshold", 3), "failure")),
            ),
            data=one,
        )


def _create_check(v: Values, at: At) -> Iterator[Call]:
    config = given(
        Type=v["Type"],
        FullyQualifiedDomainName=v["FullyQualifiedDomainName"],
        IPAddress=v["IPAddress"],
        Port=v["Port"],
        ResourcePath=v["ResourcePath"],
        RequestInterval=int(v["RequestInterval"]),
        FailureThreshold=v["FailureThreshold"],
    )
    where = v["FullyQualifiedDomainName"] or v["IPAddress"]
    yield call(
        "route53",
        "create_health_check",
        CallerReference=f"{where}-{v['Port']}{v['ResourcePath'] or ''}"[:64],
        HealthCheckConfig=config,
    )


CHECK = Kind(
    "health-check",
    "Health check",
    "Health checks",
    checks,
    empty="A health check asks an address again and again. A record with one is not given out while the address is ill.",
    command=(
        "aws route53 create-health-check --caller-reference 1 --health-check-config "
        "Type=HTTP,FullyQualifiedDomainName=api.example.com,ResourcePath=/health"
    ),
    actions=(
        Action(
            "create",
            "Create health check",
            _create_check,
            (
                Choice("Type", "By", ("HTTP", "HTTPS", "TCP"), initial="HTTP", required=True),
                Text("FullyQualifiedDomainName", "Name", placeholder="api.example.com"),
                Text("IPAddress", "or address"),
                Number("Port", "Port", initial=80, least=1, most=65_535, required=True),
                Text("ResourcePath", "Path", initial="/health", when=("Type", "HTTP", "HTTPS")),
                Choice(
                    "RequestInterval",
                    "Every",
                    (("30", "30 seconds"), ("10", "10 seconds")),
                    initial="30",
                    required=True,
                ),
                Number("FailureThreshold", "Ill after", initial=3, least=1, most=10, unit="failures", required=True),
            ),
            new=True,
        ),
        delete("route53.delete_health_check", "HealthCheckId", "Delete the health check?"),
    ),
)
SERVICE = Service("route53", "Route 53", "Names, and what each says.", (ZONE, CHECK), everywhere=True)
