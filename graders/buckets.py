"""What S3 does with a bucket's objects: where it keeps them, under which key, in how many versions, for whom.

A new bucket of AWS encrypts with SSE-S3 and says so; an emulated S3 says nothing. Both are read as the same.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingServerSideEncryption.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from graders import encryption, nearby
from graders.account import Account, is_absence, read_or_none
from graders.check import Fail
from graders.encryption import Key
from graders.iam import patterns

KEY_PERMISSIONS = ("s3:GetBucketLocation", "s3:GetEncryptionConfiguration", *encryption.PERMISSIONS)
OBJECT_PERMISSIONS = ("s3:GetObject", "s3:ListBucket")


@dataclass(frozen=True)
class Encryption:
    """How a new object, or an old one, is encrypted: `algorithm` as S3 says, `reference` a KMS key as it was given."""

    algorithm: str = "AES256"
    reference: str = ""

    @property
    def kms(self) -> bool:
        return self.algorithm.startswith("aws:kms")


def region_of(account: Account, bucket: str) -> str:
    """The region in which a bucket lies; S3 calls us-east-1 nothing and the first one in Europe EU."""
    answer = account.read("s3", "get_bucket_location", Bucket=bucket)
    given = str(answer.get("LocationConstraint") or "us-east-1")
    return "eu-west-1" if given == "EU" else given


def versioning(account: Account, bucket: str) -> dict[str, str]:
    answer: dict[str, str] = account.read("s3", "get_bucket_versioning", Bucket=bucket)
    return answer


def default_encryption(account: Account, bucket: str) -> Encryption:
    """How S3 encrypts an object that comes without a wish of its own."""
    absent = "ServerSideEncryptionConfigurationNotFoundError"
    answer = read_or_none(account, absent, "s3", "get_bucket_encryption", Bucket=bucket) or {}
    for rule in answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", []):
        if default := rule.get("ApplyServerSideEncryptionByDefault"):
            return Encryption(default["SSEAlgorithm"], default.get("KMSMasterKeyID", ""))
    return Encryption()


def key_of(account: Account, bucket: str, how: Encryption) -> Key | None:
    """The key in the bucket's region that is meant; None for SSE-S3, and when the key is not there."""
    if not how.kms:
        return None
    return encryption.find(account, how.reference or "alias/aws/s3", region_of(account, bucket))


def head(account: Account, bucket: str, key: str) -> dict[str, Any]:
    """head_object's answer; fails when there is no such object, with the nearest key."""
    try:
        return account.read("s3", "head_object", Bucket=bucket, Key=key)
    except ClientError as error:
        if not is_absence(error):
            raise
    listing = account.client("s3").list_objects_v2(Bucket=bucket, MaxKeys=1000)
    keys = [one["Key"] for one in listing.get("Contents", [])]
    same = next((one for one in keys if one.rpartition("/")[2] == key.rpartition("/")[2]), "")
    raise Fail(
        "The object {bucket}/{object} does not exist.{hint}",
        looked_at="the objects of {bucket}",
        needed="An object whose key is exactly {object}.",
        try_="aws s3 cp … s3://{bucket}/{object}",
        bucket=bucket,
        object=key,
        hint=f" There is {same}, which is another key." if same else nearby.almost(key, keys),
    )


def encryption_of(answer: dict[str, Any]) -> Encryption:
    """How the object of a head_object's answer is encrypted."""
    return Encryption(answer.get("ServerSideEncryption", "AES256"), answer.get("SSEKMSKeyId", ""))


def filter_of(rule: dict[str, Any]) -> tuple[str, list[str]]:
    """The prefix that a rule (of a lifecycle, of replication) holds for, and what else it asks of an object.

    Both forms: a filter, or the older Prefix of the rule itself.
    """
    given = rule.get("Filter")
    if given is None:
        return rule.get("Prefix") or "", []
    inner = {**given, **given.get("And", {})}
    tags = [inner["Tag"]] if "Tag" in inner else inner.get("Tags", [])
    narrower = [f"the tag {one['Key']}={one['Value']}" for one in tags]
    narrower += [
        f"a size {word} {inner[name]} bytes"
        for name, word in (("ObjectSizeGreaterThan", "above"), ("ObjectSizeLessThan", "below"))
        if inner.get(name)
    ]
    return inner.get("Prefix") or "", narrower


def matches(pattern: Any, event: Any) -> bool:
    """Whether an EventBridge pattern covers an event, by the matchers that keys and buckets are chosen with.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
    """
    if not isinstance(pattern, dict) or not isinstance(event, dict):
        return False
    for name, wanted in pattern.items():
        given = event.get(name)
        if isinstance(wanted, dict):
            if not matches(wanted, given):
                return False
            continue
        values = given if isinstance(given, list) else [given]
        if not any(_meets(one, value) for one in wanted for value in values):
            return False
    return True


def _meets(matcher: Any, value: Any) -> bool:
    if not isinstance(matcher, dict):
        return bool(matcher == value)
    kind, wanted = next(iter(matcher.items()))
    if kind == "exists":
        return (value is not None) is wanted
    if not isinstance(value, str):
        return False
    if kind == "anything-but":
        others = wanted if isinstance(wanted, list) else [wanted]
        return not any(_meets(one, value) for one in others)
    if not isinstance(wanted, str):
        return False
    return {
        "prefix": value.startswith(wanted),
        "suffix": value.endswith(wanted),
        "equals-ignore-case": value.lower() == wanted.lower(),
        "wildcard": patterns.glob(wanted.replace("*", patterns.ANY), value),
    }.get(kind, False)
