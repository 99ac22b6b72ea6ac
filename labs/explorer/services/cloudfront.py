"""CloudFront: copies near to the readers."""

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
    Json,
    Kept,
    Kind,
    Lines,
    Link,
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
)
from labs.explorer.saying import state_fact

# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
OPTIMIZED, UNCACHED = "658327ea-f89d-4fab-a63d-7e88639e58f6", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
VIEWERS = (
    ("redirect-to-https", "HTTP is sent on to HTTPS"),
    ("https-only", "HTTPS alone"),
    ("allow-all", "HTTP and HTTPS"),
)
CLASSES = (
    ("PriceClass_100", "North America and Europe"),
    ("PriceClass_200", "and more of the world"),
    ("PriceClass_All", "everywhere"),
)


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("cloudfront", "list_distributions").get("DistributionList", {}).get("Items", []):
        origins = [each["DomainName"] for each in one.get("Origins", {}).get("Items", [])]
        policy = one.get("DefaultCacheBehavior", {}).get("ViewerProtocolPolicy", "")
        facts = (
            state_fact(one.get("Status", ""), good=["Deployed"], label="Status"),
            Fact("Origins", ", ".join(origins)),
            Fact("Viewers", dict(VIEWERS).get(policy, policy), "bad" if policy == "allow-all" else "good"),
            Fact("Names", ", ".join(one.get("Aliases", {}).get("Items", [])) or "its own alone"),
        )
        links = tuple(Link("s3:bucket", name.partition(".s3")[0], "Serves") for name in origins if ".s3" in name)
        yield Thing(one["Id"], one["DomainName"], facts, one["ARN"], one, links=links)


def _detail(account: Account, it: Thing) -> Thing:
    config = account.read("cloudfront", "get_distribution_config", Id=it.id)
    invalidations = (
        ask(account, "cloudfront", "list_invalidations", DistributionId=it.id)
        .get("InvalidationList", {})
        .get("Items", [])
    )
    data = config.get("DistributionConfig", {})
    ways = [data.get("DefaultCacheBehavior", {}), *data.get("CacheBehaviors", {}).get("Items", [])]
    rows = tuple(
        Row(
            one.get("PathPattern", "*"),
            (
                one.get("PathPattern", "everything else"),
                one.get("TargetOriginId", ""),
                one.get("ViewerProtocolPolicy", ""),
            ),
            data=one,
        )
        for one in ways
    )
    parts = (
        Part("behaviours", "Behaviours", ("Path", "From", "Viewers"), rows),
        Part(
            "invalidations",
            "Invalidations",
            ("Id", "Status"),
            tuple(Row(one["Id"], (one["Id"], one.get("Status", ""))) for one in invalidations),
            "None.",
        ),
    )
    facts = (
        *it.facts,
        Fact("Address", it.data.get("DomainName", "")),
        Fact("First page", data.get("DefaultRootObject") or "none", "" if data.get("DefaultRootObject") else "bad"),
        Fact("Edges", dict(CLASSES).get(data.get("PriceClass", ""), "")),
        Fact("Enabled", "yes" if data.get("Enabled") else "no"),
    )
    return replace(it, properties=facts, parts=parts, data={**it.data, "Config": data, "ETag": config.get("ETag", "")})


def _origin(name: str, v: Values, *, control: Any = None) -> dict[str, Any]:
    if name == "bucket":
        made: dict[str, Any] = {
            "Id": v["bucket"],
            "DomainName": f"{v['bucket']}.s3.amazonaws.com",
            "S3OriginConfig": {"OriginAccessIdentity": ""},
        }
        return {**made, "OriginAccessControlId": control} if control else made
    ports = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"}
    return {"Id": v[name], "DomainName": v[name], "CustomOriginConfig": ports}


def _behaviour(origin: str, viewers: str, *, cached: bool) -> dict[str, Any]:
    return {
        "TargetOriginId": origin,
        "ViewerProtocolPolicy": viewers,
        "CachePolicyId": OPTIMIZED if cached else UNCACHED,
        "Compress": True,
    }


def _create(v: Values, at: At) -> Iterator[Call]:
    control = None
    if v["from"] == "bucket" and v["private"]:
        config = {
            "Name": v["bucket"][:64],
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
        yield call(
            "cloudfront",
            "create_origin_access_control",
            keep=("CONTROL", "OriginAccessControl.Id"),
            OriginAccessControlConfig=config,
        )
        control = Kept("CONTROL")
    main = _origin("bucket" if v["from"] == "bucket" else "host", v, control=control)
    origins, ways = [main], []
    if v["api"]:
        origins.append(_origin("api", v))
        methods = ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]
        allowed = {"Quantity": 7, "Items": methods, "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]}}
        ways.append(
            {"PathPattern": v["path"], **_behaviour(v["api"], v["viewers"], cached=False), "AllowedMethods": allowed}
        )
    names = v["names"]
    config = {
        "CallerReference": f"{main['Id']}-{v['comment'] or 'web'}",
        "Comment": v["comment"] or "",
        "Enabled": True,
        "PriceClass": v["PriceClass"],
        "Origins": {"Quantity": len(origins), "Items": origins},
        "DefaultCacheBehavior": _behaviour(main["Id"], v["viewers"], cached=True),
    }
    if v["root"]:
        config["DefaultRootObject"] = v["root"]
    if ways:
        config["CacheBehaviors"] = {"Quantity": 1, "Items": ways}
    if names:
        config["Aliases"] = {"Quantity": len(names), "Items": names}
    if v["certificate"]:
        config["ViewerCertificate"] = {
            "ACMCertificateArn": v["certificate"],
            "SSLSupportMethod": "sni-only",
            "MinimumProtocolVersion": "TLSv1.2_2021",
        }
    yield call("cloudfront", "create_distribution", DistributionConfig=config)


def _invalidate(v: Values, at: At) -> Iterator[Call]:
    paths = v["paths"]
    batch = {"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": v["reference"]}
    yield call("cloudfront", "create_invalidation", DistributionId=at.thing.id, InvalidationBatch=batch)


def _update(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "cloudfront",
        "update_distribution",
        Id=at.thing.id,
        IfMatch=at.thing.data["ETag"],
        DistributionConfig=v["Config"],
    )


def _settings(v: Values, at: At) -> Iterator[Call]:
    config = dict(at.thing.data["Config"])
    config |= {"DefaultRootObject": v["root"] or "", "PriceClass": v["PriceClass"], "Enabled": v["on"]}
    config["DefaultCacheBehavior"] = {**config["DefaultCacheBehavior"], "ViewerProtocolPolicy": v["viewers"]}
    yield call(
        "cloudfront", "update_distribution", Id=at.thing.id, IfMatch=at.thing.data["ETag"], DistributionConfig=config
    )


def _now(account: Account, at: At) -> Values:
    config = at.thing.data["Config"]
    return {
        "root": config.get("DefaultRootObject", ""),
        "PriceClass": config.get("PriceClass", ""),
        "on": bool(config.get("Enabled")),
        "viewers": config.get("DefaultCacheBehavior", {}).get("ViewerProtocolPolicy", ""),
    }


SETTINGS = (
    Text("root", "First page", initial="index.html", help="What / answers with."),
    Choice("viewers", "Viewers", VIEWERS, initial="redirect-to-https", required=True),
    Choice("PriceClass", "Edges", CLASSES, initial="PriceClass_100", required=True),
)
DISTRIBUTION = Kind(
    "distribution",
    "Distribution",
    "Distributions",
    things,
    detail=_detail,
    empty="A distribution gives readers a copy from an edge near to them, by HTTPS. The bucket behind it can stay private.",
    command="aws cloudfront create-distribution --origin-domain-name site.s3.amazonaws.com --default-root-object index.html",
    actions=(
        Action(
            "create",
            "Create distribution",
            _create,
            (
                Choice(
                    "from", "Serves", (("bucket", "an S3 bucket"), ("host", "a host")), initial="bucket", required=True
                ),
                Pick("bucket", "Bucket", kind="s3:bucket", required=True, when=("from", "bucket")),
                Switch(
                    "private",
                    "The bucket stays private",
                    initial=True,
                    when=("from", "bucket"),
                    help="CloudFront signs its requests (origin access control). The bucket's policy must let it read.",
                ),
                Text(
                    "host",
                    "Host",
                    required=True,
                    when=("from", "host"),
                    placeholder="lb-123.us-east-1.elb.amazonaws.com",
                ),
                Text("api", "Another host for some paths", help="A load balancer, say. Empty: none."),
                Text("path", "namely", initial="/api/*", help="/api/* is what is under /api."),
                *SETTINGS,
                Lines("names", "Names", placeholder="www.example.com"),
                Text(
                    "certificate", "Certificate for them", placeholder="arn:aws:acm:us-east-1:…", help="In us-east-1."
                ),
                Text("comment", "About"),
            ),
            new=True,
        ),
        Action("settings", "Edit settings", _settings, (*SETTINGS, Switch("on", "Enabled")), _now),
        Action(
            "edit",
            "Edit as JSON",
            _update,
            (Json("Config", "Configuration", required=True),),
            lambda account, at: {"Config": at.thing.data["Config"]},
        ),
        Action(
            "invalidate",
            "Invalidate",
            _invalidate,
            (
                Lines(
                    "paths",
                    "Paths",
                    initial=("/*",),
                    required=True,
                    help="What was changed at the origin. /* is everything.",
                ),
                Text("reference", "Reference", initial="1", required=True, help="Another one each time."),
            ),
            part="invalidations",
            verb="Invalidate",
        ),
        Action(
            "delete",
            "Delete",
            lambda v, at: [call("cloudfront", "delete_distribution", Id=at.thing.id, IfMatch=at.thing.data["ETag"])],
            danger="Delete the distribution? It must be disabled.",
            verb="Delete",
            when=lambda it: not (it.data or {}).get("Config", {}).get("Enabled", True),
        ),
    ),
)


def _controls(account: Account) -> Iterator[Thing]:
    for one in (
        account.read("cloudfront", "list_origin_access_controls").get("OriginAccessControlList", {}).get("Items", [])
    ):
        yield Thing(
            one["Id"],
            one.get("Name", one["Id"]),
            (Fact("For", one.get("OriginAccessControlOriginType", "")), Fact("Signs", one.get("SigningBehavior", ""))),
            data=one,
        )


CONTROL = Kind(
    "access-control",
    "Origin access control",
    "Origin access controls",
    _controls,
    empty="How CloudFront proves to a private bucket that it is asking. Creating a distribution makes one.",
)
SERVICE = Service("cloudfront", "CloudFront", "Copies near to the readers.", (DISTRIBUTION, CONTROL), everywhere=True)
