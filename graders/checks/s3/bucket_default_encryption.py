"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html"""

from typing import Literal

from graders import Account, Fail, buckets, check, encryption
from graders.iam import ask
from graders.iam.snapshot import PERMISSIONS


@check(
    permissions=["s3:ListAllMyBuckets", *buckets.KEY_PERMISSIONS, *encryption.POLICY_PERMISSIONS, *PERMISSIONS],
)
def bucket_default_encryption(
    account: Account,
    *,
    bucket: str,
    algorithm: Literal["AES256", "aws:kms"] = "AES256",
    key: str = "",
    customer_key: bool = False,
    writer: str = "",
) -> None:
    """New objects in {bucket} are encrypted by default as the task asks.

    AES256 is what every bucket has, so there anything passes whose key works. aws:kms: with or without a bucket key, in
    one layer or two (aws:kms:dsse). `key`: this very key, in any form; `customer_key`: any but the one that AWS manages.
    `writer`: a role that the key lets encrypt (kms:GenerateDataKey).
    """
    ask.bucket_exists(account, bucket)
    region = buckets.region_of(account, bucket)
    how = buckets.default_encryption(account, bucket)
    found = buckets.key_of(account, bucket, how)
    wanted = encryption.the_key(account, key, region) if key else None
    looked_at = "the default encryption of {bucket}"
    aws_key = found is not None and found.by_aws
    if not how.kms and (algorithm == "aws:kms" or key or customer_key):
        raise Fail(
            "New objects in {bucket} are encrypted with SSE-S3 (AES256), not with a KMS key.",
            looked_at=looked_at,
            needed="SSE-KMS with {key}.",
            try_="aws s3api put-bucket-encryption with SSEAlgorithm aws:kms and KMSMasterKeyID",
            bucket=bucket,
            key=key or "a KMS key",
        )
    if how.kms and found is None:
        raise Fail(
            "The key {reference} of {bucket} is not in {region}: every upload fails.",
            looked_at=looked_at,
            needed="A key in the bucket's own region, {region}.",
            try_="aws kms create-key --region {region}, then aws s3api put-bucket-encryption",
            bucket=bucket,
            reference=how.reference,
            region=region,
        )
    if found is not None and ((customer_key and aws_key) or (wanted is not None and wanted.arn != found.arn)):
        raise Fail(
            "New objects in {bucket} are encrypted with the key that AWS manages (aws/s3), not with {key}."
            if aws_key
            else "New objects in {bucket} are encrypted with {reference}, which is another key than {key}.",
            looked_at=looked_at,
            needed="SSE-KMS with {key}.",
            try_="aws s3api put-bucket-encryption with KMSMasterKeyID set to that key's ARN",
            bucket=bucket,
            reference=how.reference,
            key=key or "a key of your own",
        )
    if found is not None and found.state != "Enabled":
        raise Fail(
            "The key of {bucket} is {state}: every upload fails.",
            looked_at="the key {reference} of {bucket}",
            needed="A key that is Enabled.",
            try_="aws kms enable-key (after aws kms cancel-key-deletion where it waits to be deleted)",
            bucket=bucket,
            state=found.state,
            reference=how.reference,
        )
    why = ""
    if writer:
        actor = ask.the_role(account, writer)
        why = encryption.keeps_out(account, found, actor, ["kms:GenerateDataKey"], via="s3") if found else ""
    if why:
        raise Fail(
            "The role {role} cannot upload to {bucket}: {why}.",
            looked_at="the key of {bucket} and the policies of role {role}",
            needed="kms:GenerateDataKey with the bucket's key allowed for role {role}.",
            try_="Allow it in the key policy, or in a policy of the role if the key policy delegates to the account.",
            counterexample="role {role} cannot s3:PutObject {bucket}/report.csv.",
            role=writer,
            bucket=bucket,
            why=why,
        )
