"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingBucket.html#access-bucket-intro"""

from graders import Account, Fail, buckets, check
from graders.iam import ask


@check(permissions=["s3:ListAllMyBuckets", "s3:GetBucketLocation"])
def bucket_in_region(account: Account, *, bucket: str, region: str) -> None:
    """The bucket {bucket} lies in {region}."""
    ask.bucket_exists(account, bucket)
    given = buckets.region_of(account, bucket)
    if given == region:
        return
    raise Fail(
        "{bucket} lies in {given}, not in {region}.",
        looked_at="the location of {bucket}",
        needed="{region}.",
        try_="A bucket cannot be moved: delete it, and create it with LocationConstraint={region}."
        if region != "us-east-1"
        else "A bucket cannot be moved: delete it, and create it in {region}, without a LocationConstraint.",
        bucket=bucket,
        given=given,
        region=region,
    )
