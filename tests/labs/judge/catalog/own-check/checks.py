"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/CostAllocTagging.html"""

from graders import Account, Fail, check


@check(permissions=["s3:GetBucketTagging"])
def says_its_name(account: Account, *, bucket: str) -> None:
    """The bucket {bucket} carries its own name as the tag Name."""
    tags = {one["Key"]: one["Value"] for one in account.read("s3", "get_bucket_tagging", Bucket=bucket)["TagSet"]}
    if tags.get("Name") != bucket:
        raise Fail(
            "The tag Name of {bucket} is {name}.",
            looked_at="the tags of {bucket}",
            needed="Name={bucket}.",
            bucket=bucket,
            name=tags.get("Name", "not there"),
        )
