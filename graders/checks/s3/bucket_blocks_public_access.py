"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""

from graders import Account, Fail, check
from graders.iam import ask
from graders.iam.s3 import public_access_block


@check(permissions=["s3:ListAllMyBuckets", "s3:GetBucketPublicAccessBlock", "s3:GetAccountPublicAccessBlock"])
def bucket_blocks_public_access(account: Account, *, bucket: str) -> None:
    """All four switches of Block Public Access are on for {bucket}.

    A switch that is on for the whole account counts for the bucket.
    """
    ask.bucket_exists(account, bucket)
    flags = public_access_block(account, bucket)
    off = [name for name, on in flags.items() if not on]
    if not off:
        return
    on = len(flags) - len(off)
    raise Fail(
        "Still off: {off}." if on else "{bucket} has no public access block: all four switches are off.",
        looked_at="the public access block of {bucket} and of the account",
        needed="All four switches on, for the bucket or for the whole account.",
        try_="aws s3api put-public-access-block replaces all four at once: name each of them.",
        counterexample="" if on else "A policy with Principal * would open {bucket} to the internet.",
        bucket=bucket,
        off=off,
    )
