"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html"""

from graders import Account, Fail, buckets, check
from graders.iam import ask


@check(permissions=["s3:ListAllMyBuckets", "s3:GetBucketVersioning", "s3:ListBucketVersions"])
def bucket_versioned(account: Account, *, bucket: str, mfa_delete: bool = False, deleted_object: str = "") -> None:
    """The bucket {bucket} keeps overwritten and deleted objects as versions.

    `mfa_delete`: versions may be deleted with a second factor only. `deleted_object`: a key that was deleted and can be
    brought back: its newest version is a delete marker, an older one is still there.
    """
    ask.bucket_exists(account, bucket)
    given = buckets.versioning(account, bucket)
    status = given.get("Status", "never turned on")
    if status != "Enabled":
        raise Fail(
            "Versioning of {bucket} is {status}: new objects get no version of their own."
            if status == "Suspended"
            else "Versioning of {bucket} was {status}.",
            looked_at="the versioning of {bucket}",
            needed="Enabled.",
            try_="aws s3api put-bucket-versioning --bucket {bucket} --versioning-configuration Status=Enabled",
            counterexample="Whoever overwrites an object of {bucket} destroys what was there.",
            bucket=bucket,
            status=status,
        )
    if mfa_delete and given.get("MFADelete") != "Enabled":
        raise Fail(
            "Versions of {bucket} can be deleted without a second factor: MFA delete is off.",
            looked_at="the versioning of {bucket}",
            needed="MFADelete Enabled.",
            try_="aws s3api put-bucket-versioning … MFADelete=Enabled --mfa, as the root user",
            bucket=bucket,
        )
    if deleted_object:
        _recoverable(account, bucket, deleted_object)


def _recoverable(account: Account, bucket: str, key: str) -> None:
    answer = account.read("s3", "list_object_versions", Bucket=bucket, Prefix=key)
    marker = any(one["Key"] == key and one["IsLatest"] for one in answer.get("DeleteMarkers", []))
    kept = any(one["Key"] == key for one in answer.get("Versions", []))
    if marker and kept:
        return
    raise Fail(
        "{object} of {bucket} cannot be brought back: only its delete marker is left."
        if marker
        else "{object} of {bucket} was not deleted: it is still there."
        if kept
        else "There is no version of {object} in {bucket}.",
        looked_at="the versions of {object} in {bucket}",
        needed="A delete marker as the newest version of {object}, and an older version under it.",
        try_="With versioning on, upload {object} and delete it without naming a version.",
        object=key,
        bucket=bucket,
    )
