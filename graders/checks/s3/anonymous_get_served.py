"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteAccessPermissionsReqd.html"""

from graders import Account, Fail, anonymous, check
from graders.probe import acting


@check(permissions=[*anonymous.PERMISSIONS, "s3:GetBucketPublicAccessBlock"], acts=True)
def anonymous_get_served(account: Account, *, bucket: str, key: str, contains: str = "") -> None:
    """Anybody can fetch {key} from {bucket} without credentials: it was tried.

    `contains` is a text that the object must hold.
    """
    probe = acting(account)
    body = anonymous.get(probe, bucket, key)
    if body is None:
        others = [
            one for one in anonymous.objects_of(probe, bucket) if one != key and anonymous.get(probe, bucket, one)
        ]
        raise Fail(
            "{bucket} refuses {key} to a visitor without credentials." + (" It serves {others}." if others else ""),
            looked_at="an unsigned GET of {key} of {bucket}",
            needed="The object, for everybody.",
            try_="Allow s3:GetObject on {bucket}/{key} to the principal *, with the public access block out of its way.",
            counterexample="GET {bucket}/{key} without credentials: AccessDenied.",
            bucket=bucket,
            key=key,
            others=others,
        )
    if contains.encode() not in body:
        raise Fail(
            "{key} of {bucket} is served, and does not hold “{text}”.",
            looked_at="what an unsigned GET of {key} gives",
            needed="A page with “{text}” in it.",
            try_="aws s3 cp the right file to s3://{bucket}/{key}",
            bucket=bucket,
            key=key,
            text=contains,
        )
