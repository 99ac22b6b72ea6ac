"""What a template says of a bucket beside its name: set by the calls that one would make by hand.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from labs.sandboxes.emulated.inner import call

__all__ = ["PLAYED", "begin", "furnish"]

Properties = dict[str, Any]


def _versioning(region: str, bucket: str, given: Properties | None) -> None:
    # A bucket that has kept versions never becomes one that has not.
    wanted = {"Status": given["Status"] if given else "Suspended"}
    call("s3", "PutBucketVersioning", region=region, Bucket=bucket, VersioningConfiguration=wanted)


def _block(region: str, bucket: str, given: Properties | None) -> None:
    if given is None:
        call("s3", "DeletePublicAccessBlock", region=region, Bucket=bucket)
        return
    switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    wanted = {name: str(given.get(name, "")).lower() == "true" for name in switches}
    call("s3", "PutPublicAccessBlock", region=region, Bucket=bucket, PublicAccessBlockConfiguration=wanted)


def _encryption(region: str, bucket: str, given: Properties | None) -> None:
    if given is None:
        call("s3", "DeleteBucketEncryption", region=region, Bucket=bucket)
        return
    rules = []
    for each in given["ServerSideEncryptionConfiguration"]:
        rule: Properties = {"BucketKeyEnabled": str(each.get("BucketKeyEnabled", "")).lower() == "true"}
        if by := each.get("ServerSideEncryptionByDefault"):
            rule["ApplyServerSideEncryptionByDefault"] = dict(by)
        rules.append(rule)
    wanted = {"Rules": rules}
    call("s3", "PutBucketEncryption", region=region, Bucket=bucket, ServerSideEncryptionConfiguration=wanted)


def _tags(region: str, bucket: str, given: list[Properties] | None) -> None:
    if given:
        call("s3", "PutBucketTagging", region=region, Bucket=bucket, Tagging={"TagSet": given})
    else:
        call("s3", "DeleteBucketTagging", region=region, Bucket=bucket)


PLAYED: Final[dict[str, Callable[[str, str, Any], None]]] = {
    "BucketEncryption": _encryption,
    "PublicAccessBlockConfiguration": _block,
    "Tags": _tags,
    "VersioningConfiguration": _versioning,
}


def furnish(region: str, bucket: str, given: Properties) -> None:
    """Set what is given of these properties; None takes the setting away. Raises AwsError."""
    for name, put in PLAYED.items():
        if name in given:
            put(region, bucket, given[name])


def begin(bucket: Any, region: str, given: Properties) -> None:
    """Give moto's bucket, which a stack has just made, what every new one has, and then what its template says."""
    from labs.sandboxes.emulated.fidelity import s3

    s3.close(bucket)
    furnish(region, bucket.name, given)
