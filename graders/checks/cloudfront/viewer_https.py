"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html"""

from typing import Literal

from botocore.exceptions import ClientError

from graders import Account, Fail, check, distributions
from graders.account import is_absence
from graders.distributions import Distribution

# Weakest first. https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
POLICIES = (
    "SSLv3", "TLSv1", "TLSv1_2016", "TLSv1.1_2016", "TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021", "TLSv1.2_2025",
    "TLSv1.3_2025",
)  # fmt: skip


@check(permissions=[*distributions.PERMISSIONS, "acm:DescribeCertificate"])
def viewer_https(
    account: Account,
    *,
    distribution: str,
    min_tls: Literal["", "TLSv1.1_2016", "TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021"] = "",
) -> None:
    """Every viewer of {distribution} comes over https.

    Every behaviour, not the default one alone, refuses http or redirects it. `distribution`: an id, an alternate domain
    name, a comment, or the bucket that is its origin. `min_tls`: this security policy or a newer one, which takes a
    certificate of one's own: with CloudFront's the policy is TLSv1. Such a certificate is issued, and in us-east-1.
    """
    found = distributions.the_distribution(account, distribution)
    distributions.must_serve(found)
    open_ = [path for path, one in found.behaviors.items() if one["ViewerProtocolPolicy"] == "allow-all"]
    if open_:
        raise Fail(
            "{distribution} still answers over http: {paths}."
            if "*" in open_
            else "{distribution} redirects by default, but still answers {paths} over http.",
            looked_at="the behaviours of the distribution {distribution}",
            needed="redirect-to-https or https-only in every behaviour.",
            try_="aws cloudfront update-distribution with ViewerProtocolPolicy redirect-to-https in each of them",
            counterexample="A viewer can read http://{host}{example} on its way.",
            distribution=found.called,
            host=found.called,
            paths=["everything else (the default behaviour)" if one == "*" else one for one in open_],
            example="/" if "*" in open_ else open_[0].replace("*", "x"),
        )
    certificate = found.summary.get("ViewerCertificate", {})
    arn = certificate.get("ACMCertificateArn", "")
    own = bool(arn or certificate.get("IAMCertificateId"))
    if arn:
        _is_valid(account, found, arn)
    if not min_tls:
        return
    given = certificate.get("MinimumProtocolVersion", "TLSv1") if own else "TLSv1"
    if given not in POLICIES or POLICIES.index(given) < POLICIES.index(min_tls):
        raise Fail(
            "{distribution} still speaks {given}."
            if own
            else "{distribution} uses the certificate of CloudFront, with which it still speaks {given}.",
            looked_at="the certificate and the security policy of the distribution {distribution}",
            needed="The security policy {wanted} or a newer one.",
            try_="aws cloudfront update-distribution with MinimumProtocolVersion {wanted}"
            if own
            else "Request a certificate in us-east-1 (aws acm request-certificate) and set it with MinimumProtocolVersion.",
            distribution=found.called,
            given=given,
            wanted=min_tls,
        )


def _is_valid(account: Account, found: Distribution, arn: str) -> None:
    region = arn.split(":")[3]
    state = "not there"
    if region == "us-east-1":
        try:
            answer = account.read("acm", "describe_certificate", region=region, CertificateArn=arn)
            state = answer["Certificate"]["Status"]
        except ClientError as error:
            if not is_absence(error):
                raise
    if state == "ISSUED":
        return
    raise Fail(
        "The certificate of {distribution} lies in {region}: CloudFront takes one from us-east-1 only."
        if region != "us-east-1"
        else "The certificate of {distribution} is {state}.",
        looked_at="the certificate of the distribution {distribution}",
        needed="A certificate in us-east-1 that is ISSUED.",
        try_="aws acm request-certificate --region us-east-1, and wait until it is issued",
        distribution=found.called,
        region=region,
        state=state,
    )
