"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-web-values-specify.html"""

from typing import Any

from graders import Account, Fail, check, distributions, dns
from graders.account import read_or_none


@check(
    permissions=[
        *distributions.PERMISSIONS,
        "cloudfront:GetDistributionConfig",
        "elasticloadbalancing:DescribeLoadBalancers",
    ]
)
def distribution_routes(
    account: Account,
    *,
    distribution: str,
    routes: dict[str, str],
    root: str = "",
    names: list[str] | None = None,
    price_classes: list[str] | None = None,
) -> None:
    """The distribution {distribution} sends each path to its origin.

    `routes`: the path pattern ("*" for the default behaviour, "/api/*") and its origin: a bucket, a load balancer of this
    region by name, or a host. `root`: the default root object. `names`: alternate domain names that it must have.
    `price_classes`: one of these.
    """
    found = distributions.the_distribution(account, distribution)
    distributions.must_serve(found)
    values: dict[str, Any] = {"distribution": found.called}
    origins = {one["Id"]: one for one in found.origins}
    for path, wanted in routes.items():
        behavior = found.behaviors.get(path)
        if behavior is None:
            near = next((one for one in found.behaviors if one != "*" and _bare(one) == _bare(path)), "")
            raise _fail(
                "{distribution} has a behaviour for {near}, not for {path}: the pattern must cover what lies below."
                if near
                else "{distribution} has no behaviour for {path}: such requests go to the default origin.",
                values,
                path=path,
                near=near,
            )
        origin = origins.get(behavior["TargetOriginId"], {"DomainName": "none"})
        if distributions.bucket_of(origin) != wanted and dns.host(origin["DomainName"]) != _host(account, wanted):
            raise _fail(
                "{distribution} sends {path} to {given}, not to {wanted}.",
                values,
                path="everything else" if path == "*" else path,
                given=origin["DomainName"],
                wanted=wanted,
            )
    given = _config(account, found.id).get("DefaultRootObject", "") if root else ""
    if given != root:
        raise _fail("The default root object of {distribution} is {given}, not {root}.", values,
                    given=given or "none", root=root)  # fmt: skip
    missing = [one for one in names or [] if one.lower() not in found.names]
    if missing:
        raise _fail("{distribution} does not answer to {missing}.", values, missing=missing)
    price = found.summary.get("PriceClass", "")
    if price_classes and price not in price_classes:
        raise _fail("The price class of {distribution} is {price}.", values, price=price)


def _config(account: Account, distribution_id: str) -> dict[str, Any]:
    answer = account.read("cloudfront", "get_distribution_config", Id=distribution_id)
    config: dict[str, Any] = answer["DistributionConfig"]
    return config


def _host(account: Account, wanted: str) -> str:
    if "." in wanted:
        return dns.host(wanted)
    answer = read_or_none(account, "LoadBalancerNotFound", "elbv2", "describe_load_balancers", Names=[wanted]) or {}
    return next((dns.host(one["DNSName"]) for one in answer.get("LoadBalancers", [])), wanted)


def _bare(path: str) -> str:
    return path.strip("/*")


def _fail(found: str, values: dict[str, Any], **more: Any) -> Fail:
    return Fail(
        found,
        looked_at="the origins and behaviours of the distribution {distribution}",
        needed="What the task asks of {distribution}.",
        try_="aws cloudfront get-distribution-config, change it, and update-distribution with its ETag",
        **values,
        **more,
    )
