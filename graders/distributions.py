"""CloudFront distributions: found by id, name or bucket, and what they show of S3.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-overview.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from graders import nearby
from graders.account import Account
from graders.check import Fail

PERMISSIONS = ("cloudfront:ListDistributions",)
# acme.s3.amazonaws.com, acme.s3.eu-west-1.amazonaws.com, acme.s3-website-us-east-1.amazonaws.com, …
HOST = re.compile(r"(?P<bucket>.+)\.s3(?P<website>-website)?([.-][a-z0-9-]+)*\.amazonaws\.com")


@dataclass(frozen=True)
class Distribution:
    """`summary` as ListDistributions gives it: all of the configuration but its logging."""

    id: str
    arn: str
    domain: str
    summary: dict[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """The alternate domain names."""
        return tuple(self.summary.get("Aliases", {}).get("Items", []))

    @property
    def called(self) -> str:
        return next(iter(self.names), self.domain)

    @property
    def origins(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.summary.get("Origins", {}).get("Items", [])
        return found

    @property
    def behaviors(self) -> dict[str, dict[str, Any]]:
        """By path pattern; the default behaviour is that of "*"."""
        others = self.summary.get("CacheBehaviors", {}).get("Items", [])
        return {"*": self.summary["DefaultCacheBehavior"], **{one["PathPattern"]: one for one in others}}

    def origin_of(self, bucket: str) -> dict[str, Any] | None:
        """The origin that is this bucket, by its own name or by its website's."""
        return next((one for one in self.origins if bucket_of(one) == bucket), None)


def bucket_of(origin: dict[str, Any]) -> str:
    found = HOST.fullmatch(origin["DomainName"])
    return found["bucket"] if found else ""


def is_website(origin: dict[str, Any]) -> bool:
    found = HOST.fullmatch(origin["DomainName"])
    return bool(found and found["website"])


def all_distributions(account: Account) -> list[Distribution]:
    answer = account.read("cloudfront", "list_distributions").get("DistributionList", {})
    return [Distribution(one["Id"], one["ARN"], one["DomainName"], one) for one in answer.get("Items", [])]


def find(account: Account, name: str) -> Distribution | None:
    """By id, ARN, domain name, alternate domain name, comment, or the bucket that is an origin of it; or None."""
    for one in all_distributions(account):
        comment = one.summary.get("Comment", "")
        if name in (one.id, one.arn, one.domain, comment) or name.lower() in one.names or one.origin_of(name):
            return one
    return None


def the_distribution(account: Account, name: str) -> Distribution:
    """As `find`; fails when there is none, with the nearest name."""
    found = find(account, name)
    if found is not None:
        return found
    names = [name for one in all_distributions(account) for name in (*one.names, *map(bucket_of, one.origins)) if name]
    raise Fail(
        "The distribution {distribution} does not exist.{hint}",
        looked_at="the CloudFront distributions of this account",
        needed="A distribution that goes by {distribution}: as an alternate domain name, or with it as an origin.",
        try_="aws cloudfront create-distribution",
        distribution=name,
        hint=nearby.almost(name, names),
    )


def must_serve(distribution: Distribution) -> None:
    """Fails when the distribution is turned off."""
    if not distribution.summary.get("Enabled"):
        raise Fail(
            "The distribution {distribution} is disabled: it answers nobody.",
            looked_at="the distribution {distribution}",
            needed="Enabled.",
            try_="aws cloudfront update-distribution with Enabled true",
            distribution=distribution.called,
        )
