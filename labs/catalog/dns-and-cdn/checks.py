"""What this lab alone asks."""

from graders import Account, Fail, check


@check(
    permissions=[
        "ec2:DescribeVpcs",
        "route53:GetHostedZone",
        "route53:ListHostedZones",
    ]
)
def private_zone_of(account: Account, *, zone: str, vpc: str) -> None:
    """The private hosted zone {zone} answers in the VPC {vpc}."""
    named = [{"Name": "tag:Name", "Values": [vpc]}]
    networks = {one["VpcId"] for one in account.read("ec2", "describe_vpcs", Filters=named)["Vpcs"]}
    zones = [
        one
        for one in account.read("route53", "list_hosted_zones")["HostedZones"]
        if one["Name"].rstrip(".") == zone and one["Config"].get("PrivateZone")
    ]
    if not zones:
        raise Fail(
            "There is no private hosted zone {zone}.",
            needed="A private one: a public zone tells the world the names of what is inside.",
            try_="aws route53 create-hosted-zone --vpc … …",
            zone=zone,
        )
    for one in zones:
        told = account.read("route53", "get_hosted_zone", Id=one["Id"]).get("VPCs", [])
        if networks & {each["VPCId"] for each in told}:
            return
    raise Fail(
        "The private hosted zone {zone} is not associated with {vpc}.",
        looked_at="the VPCs of {zone}",
        needed="The VPC {vpc}: only there somebody gets an answer.",
        zone=zone,
        vpc=vpc,
    )


@check(permissions=["cloudfront:GetInvalidation", "cloudfront:ListDistributions", "cloudfront:ListInvalidations"])
def cache_was_cleared(account: Account, *, name: str) -> None:
    """The copies of the index page were taken out of the caches of {name}'s distribution."""
    listed = account.read("cloudfront", "list_distributions").get("DistributionList", {}).get("Items", [])
    own = [one["Id"] for one in listed if name in one.get("Aliases", {}).get("Items", [])]
    if not own:
        raise Fail("No distribution has the name {name}.", name=name)
    for one in own:
        told = account.read("cloudfront", "list_invalidations", DistributionId=one).get("InvalidationList", {})
        for each in told.get("Items", []):
            asked = account.read("cloudfront", "get_invalidation", DistributionId=one, Id=each["Id"])["Invalidation"]
            if {"/*", "/index.html", "/index*"} & set(asked["InvalidationBatch"]["Paths"].get("Items", [])):
                return
    raise Fail(
        "No invalidation of the index page was asked for.",
        looked_at="the invalidations of {id}",
        needed="One for /index.html, or for /*.",
        try_="aws cloudfront create-invalidation …",
        counterexample="An edge location goes on showing yesterday's page.",
        id=own[0],
    )


@check(
    permissions=[
        "elasticloadbalancing:DescribeLoadBalancers",
        "wafv2:GetWebACLForResource",
    ]
)
def rate_limited(account: Account, *, balancer: str, limit: int) -> None:
    """A web ACL stops whoever sends {balancer} more than {limit} requests in five minutes."""
    found = [
        one
        for one in account.read("elbv2", "describe_load_balancers")["LoadBalancers"]
        if one["LoadBalancerName"] == balancer
    ]
    if not found:
        raise Fail("There is no load balancer {balancer}.", balancer=balancer)
    arn = found[0]["LoadBalancerArn"]
    acl = account.read("wafv2", "get_web_acl_for_resource", ResourceArn=arn).get("WebACL")
    if not acl:
        raise Fail(
            "No web ACL guards {balancer}.",
            needed="A regional web ACL, associated with the load balancer.",
            try_="aws wafv2 associate-web-acl …",
            balancer=balancer,
        )
    for rule in acl.get("Rules", []):
        rate = rule.get("Statement", {}).get("RateBasedStatement", {})
        if (
            rate
            and rate["Limit"] <= limit
            and rate.get("EvaluationWindowSec", 300) <= 300
            and "Block" in rule["Action"]
        ):
            return
    raise Fail(
        "{acl} has no rule that blocks an address at {limit} requests in five minutes.",
        looked_at="the rules of {acl}",
        needed="A rate-based rule with the action Block, and a limit of {limit} or less.",
        acl=acl["Name"],
        limit=str(limit),
    )


@check(permissions=["ec2:DescribeAddresses", "shield:ListProtections"])
def address_shielded(account: Account, *, address: str) -> None:
    """Shield Advanced protects the Elastic IP address {address}."""
    named = [{"Name": "tag:Name", "Values": [address]}]
    found = account.read("ec2", "describe_addresses", Filters=named)["Addresses"]
    if not found:
        raise Fail("There is no Elastic IP address {address}.", address=address)
    protected = account.read("shield", "list_protections")["Protections"]
    wanted = f"arn:aws:ec2:{account.region}:{account.account_id}:eip-allocation/{found[0]['AllocationId']}"
    if wanted not in {one["ResourceArn"] for one in protected}:
        raise Fail(
            "Nothing protects {arn}.",
            looked_at="the protections of Shield Advanced",
            needed="A protection of the address {address}.",
            try_="aws shield create-protection …",
            arn=wanted,
            address=address,
        )


@check(permissions=["cloudfront:GetDistributionConfig", "cloudfront:ListDistributions"])
def viewers_on_https(account: Account, *, name: str) -> None:
    """Every viewer of {name} comes over https, by a certificate of Acme's own."""
    listed = account.read("cloudfront", "list_distributions").get("DistributionList", {}).get("Items", [])
    own = [one["Id"] for one in listed if name in one.get("Aliases", {}).get("Items", [])]
    if not own:
        raise Fail("No distribution has the name {name}.", name=name, try_="aws cloudfront create-distribution …")
    config = account.read("cloudfront", "get_distribution_config", Id=own[0])["DistributionConfig"]
    behaviors = [("*", config["DefaultCacheBehavior"])]
    behaviors += [(one["PathPattern"], one) for one in config.get("CacheBehaviors", {}).get("Items", [])]
    for path, one in behaviors:
        if one["ViewerProtocolPolicy"] not in ("redirect-to-https", "https-only"):
            raise Fail(
                "The behavior for {path} serves plain http.",
                looked_at="the behaviors of {id}",
                needed="redirect-to-https or https-only, in every behavior.",
                counterexample="http://{name}/ is answered without encryption.",
                path=path,
                id=own[0],
                name=name,
            )
    if not config.get("ViewerCertificate", {}).get("ACMCertificateArn"):
        raise Fail(
            "The distribution {id} has no certificate for {name}.",
            looked_at="the viewer certificate of {id}",
            needed="The certificate from ACM: CloudFront's own is for names under cloudfront.net.",
            id=own[0],
            name=name,
        )


@check(permissions=["cloudfront:GetDistributionConfig", "cloudfront:ListDistributions"])
def api_over_http(account: Account, *, name: str) -> None:
    """CloudFront asks the load balancer behind {name} over http, on port 80."""
    listed = account.read("cloudfront", "list_distributions").get("DistributionList", {}).get("Items", [])
    own = [one["Id"] for one in listed if name in one.get("Aliases", {}).get("Items", [])]
    if not own:
        raise Fail("No distribution has the name {name}.", name=name, try_="aws cloudfront create-distribution …")
    config = account.read("cloudfront", "get_distribution_config", Id=own[0])["DistributionConfig"]
    for one in config["Origins"]["Items"]:
        asks = one.get("CustomOriginConfig")
        if asks and (asks["OriginProtocolPolicy"], asks["HTTPPort"]) == ("http-only", 80):
            return
    raise Fail(
        "No origin of {id} is asked over http on port 80.",
        looked_at="the origins of {id}",
        needed="http-only and port 80: the load balancer has no other listener.",
        counterexample="Every request under /api/ is answered with 502 or 504.",
        id=own[0],
    )
