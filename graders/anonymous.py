"""A bucket as somebody without credentials meets it, in a copy of the account."""

from __future__ import annotations

from botocore.exceptions import ClientError

from graders.account import error_code
from graders.check import Fail
from graders.iam import ask
from graders.probe import ActingAccount, is_refusal

PERMISSIONS = ("s3:ListAllMyBuckets", "s3:ListBucket", "s3:GetObject")
_MOST = 5


def objects_of(account: ActingAccount, bucket: str) -> list[str]:
    """The keys of the bucket's first objects; fails where there is no such bucket."""
    ask.bucket_exists(account, bucket)
    answer = account.client("s3").list_objects_v2(Bucket=bucket, MaxKeys=_MOST)
    return [one["Key"] for one in answer.get("Contents", [])]


def get(account: ActingAccount, bucket: str, key: str) -> bytes | None:
    """What an unsigned GET of an object gives, None where it is refused. Fails where there is no such object."""
    ask.bucket_exists(account, bucket)
    try:
        account.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error_code(error) not in ("404", "NoSuchKey", "NotFound"):
            raise
        raise Fail(
            "The object {key} of {bucket} does not exist.",
            looked_at="the objects of {bucket}",
            needed="An object {key} in {bucket}.",
            try_="aws s3 cp … s3://{bucket}/{key}",
            bucket=bucket,
            key=key,
        ) from error
    try:
        body: bytes = account.anonymous("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if is_refusal(error):
            return None
        raise
    return body
