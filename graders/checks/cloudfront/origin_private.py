"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html"""

from typing import Any

from graders import Account, Fail, buckets, check, distributions, encryption
from graders.distributions import Distribution
from graders.iam import Policies, Principal, Request, ask, decide
from graders.iam.s3 import Bucket
from graders.iam.services import as_service

SERVICE = "cloudfront.amazonaws.com"
READ = "s3:GetObject"


@check(
    permissions=[
        *ask.PERMISSIONS, *buckets.KEY_PERMISSIONS, *buckets.OBJECT_PERMISSIONS, *encryption.POLICY_PERMISSIONS,
        *distributions.PERMISSIONS, "cloudfront:ListOriginAccessControls", "cloudfront:GetCloudFrontOriginAccessIdentity",
    ]
)  # fmt: skip
def origin_private(account: Account, *, bucket: str, distribution: str = "") -> None:
    """The objects of {bucket} are read through its CloudFront distribution, and in no other way from outside.

    `distribution`: an id or an alternate domain name; the one with the bucket as an origin, when left out. By origin
    access control, with a policy for this distribution (aws:SourceArn, or aws:SourceAccount where the account has no
    other distribution), or by the older origin access identity. A key of the bucket must let CloudFront in too.
    """
    found = ask.the_bucket(account, bucket)
    served = distributions.the_distribution(account, distribution or bucket)
    values: dict[str, Any] = {"bucket": bucket, "distribution": served.called}
    origin = served.origin_of(bucket)
    if origin is None:
        aims = [one["DomainName"] for one in served.origins]
        raise _fail("{bucket} is no origin of {distribution}: that has {aims}.", values, aims=aims,
                    try_="Add the bucket as an origin, by its name bucket.s3.region.amazonaws.com.")  # fmt: skip
    distributions.must_serve(served)
    if distributions.is_website(origin):
        raise _fail(
            "{distribution} asks the website of {bucket}: that answers everybody or nobody.",
            values,
            try_="Set the origin to the bucket itself ({bucket}.s3.region.amazonaws.com) with an origin access control.",
        )
    witness = ask.allowed(account, found, ask.outsiders(account, found.policies), [READ], outside=True)
    if witness is not None:
        raise _fail(
            "{bucket} is still open to the internet, past CloudFront: {by}.",
            values,
            try_="Take the public statement out of the policy, and turn Block Public Access on.",
            counterexample="{request}.",
            by=witness.decision.sentence,
            request=witness.sentence,
        )
    if identity := origin.get("S3OriginConfig", {}).get("OriginAccessIdentity", ""):
        _identity_reads(account, found, identity.rpartition("/")[2], values)
        return
    _signs(account, origin, values)
    _service_reads(account, found, served, values)


def _signs(account: Account, origin: dict[str, Any], values: dict[str, Any]) -> None:
    answer = account.read("cloudfront", "list_origin_access_controls").get("OriginAccessControlList", {})
    controls = {one["Id"]: one for one in answer.get("Items", []) if one["OriginAccessControlOriginType"] == "s3"}
    # An emulated CloudFront does not keep which control an origin has: any that signs will do.
    given = origin.get("OriginAccessControlId")
    mine = list(controls.values()) if given is None else [controls[given]] if given in controls else []
    if not mine:
        raise _fail("{distribution} asks S3 without credentials: its origin has no origin access control.", values,
                    try_="aws cloudfront create-origin-access-control, and its id in the origin")  # fmt: skip
    if all(one["SigningBehavior"] != "always" for one in mine):
        raise _fail(
            "The origin access control signs {behavior}: requests reach S3 without credentials.",
            values,
            try_="aws cloudfront update-origin-access-control with SigningBehavior always",
            behavior=mine[0]["SigningBehavior"],
        )


def _service_reads(account: Account, found: Bucket, served: Distribution, values: dict[str, Any]) -> None:
    arn = f"{found.arn}/{next(iter(found.keys), 'index.html')}"
    guards = Policies(account.account_id, resource=found.policies)
    named = "Allow s3:GetObject for {service} when aws:SourceArn is {arn}."
    request = as_service(SERVICE, READ, arn, source_arn=served.arn)
    decision = decide(request, guards)
    if not decision.allowed:
        spoken = [one for one in ask.values_of("aws:sourcearn", found.policies) if one != served.arn]
        raise _fail(
            "The policy of {bucket} speaks of {other}, not of this distribution."
            if spoken
            else "CloudFront may not read {bucket}: {why}.",
            values,
            try_=named,
            counterexample="https://{distribution}/index.html answers 403.",
            other=spoken,
            why=ask.refusal(request, decision),
            service=SERVICE,
            arn=served.arn,
        )
    others = [(one.arn, one.called) for one in distributions.all_distributions(account) if one.id != served.id]
    others.append((f"arn:aws:cloudfront::{'9' * 12}:distribution/EXAMPLE", "anybody's distribution"))
    for other, called in others:
        if decide(as_service(SERVICE, READ, arn, source_arn=other), guards).allowed:
            raise _fail(
                "The policy of {bucket} lets {other} in, not this distribution alone.",
                values,
                try_=named,
                counterexample="Whoever makes a distribution with {bucket} as its origin reads it."
                if other.split(":")[4] != account.account_id
                else "",
                other=called,
                service=SERVICE,
                arn=served.arn,
            )
    how = buckets.encryption_of(buckets.head(account, found.name, found.keys[0])) if found.keys else None
    how = how or buckets.default_encryption(account, found.name)
    key = buckets.key_of(account, found.name, how)
    why = encryption.keeps_service_out(account, key, SERVICE, ["kms:Decrypt"], served.arn) if key else ""
    if why:
        raise _fail(
            "CloudFront may fetch the objects of {bucket}, and cannot decrypt them: {why}.",
            values,
            try_="A customer key whose policy lets {service} kms:Decrypt when aws:SourceArn is {arn}.",
            why=why,
            service=SERVICE,
            arn=served.arn,
        )


def _identity_reads(account: Account, found: Bucket, identity: str, values: dict[str, Any]) -> None:
    answer = account.read("cloudfront", "get_cloud_front_origin_access_identity", Id=identity)
    canonical = answer["CloudFrontOriginAccessIdentity"]["S3CanonicalUserId"]
    caller = Principal("root", canonical_id=canonical, said=f"the origin access identity {identity}")
    arn = f"{found.arn}/{next(iter(found.keys), 'index.html')}"
    request = Request(caller, READ, arn, {"aws:SecureTransport": "true"})
    decision = decide(request, Policies(account.account_id, resource=found.policies))
    if not decision.allowed:
        raise _fail(
            "CloudFront may not read {bucket}: {why}.",
            values,
            try_="Allow s3:GetObject for the canonical user of {identity} in the policy of {bucket}.",
            why=ask.refusal(request, decision),
            identity=identity,
        )


def _fail(found: str, values: dict[str, Any], *, try_: str, counterexample: str = "", **more: Any) -> Fail:
    return Fail(
        found,
        looked_at="the distribution {distribution}, and the policy, the public access block and the key of {bucket}",
        needed="{distribution} reads {bucket}, and nobody else outside does.",
        try_=try_,
        counterexample=counterexample,
        **values,
        **more,
    )
