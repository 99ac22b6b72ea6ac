"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html"""

from typing import Any, Literal

from graders import Account, Fail, buckets, check
from graders.account import read_or_none
from graders.iam import ask


@check(permissions=["s3:ListAllMyBuckets", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketVersioning"])
def bucket_locks_objects(
    account: Account, *, bucket: str, days: int = 30, mode: Literal["GOVERNANCE", "COMPLIANCE"] = "GOVERNANCE"
) -> None:
    """New objects in {bucket} can be neither overwritten nor deleted for as long as the task asks.

    By a default retention of `days` or more, in days or in years. COMPLIANCE passes where GOVERNANCE is asked, which a
    right of its own lifts, never the other way round.
    """
    ask.bucket_exists(account, bucket)
    absent = "ObjectLockConfigurationNotFoundError"
    answer = read_or_none(account, absent, "s3", "get_object_lock_configuration", Bucket=bucket) or {}
    lock: dict[str, Any] = answer.get("ObjectLockConfiguration", {})
    values: dict[str, Any] = {"bucket": bucket, "days": days, "mode": mode}
    looked_at, needed = "the object lock of {bucket}", "{mode} for {days} days or more by default."
    if lock.get("ObjectLockEnabled") != "Enabled":
        versioned = buckets.versioning(account, bucket).get("Status") == "Enabled"
        raise Fail(
            "{bucket} has no object lock: versioning keeps old versions, but whoever may delete versions can."
            if versioned
            else "{bucket} has no object lock.",
            looked_at=looked_at,
            needed=needed,
            try_="aws s3api create-bucket --object-lock-enabled-for-bucket, then put-object-lock-configuration",
            **values,
        )
    default = lock.get("Rule", {}).get("DefaultRetention", {})
    if not default.get("Mode"):
        raise Fail(
            "Object lock is on in {bucket}, but without a default retention: a new object is locked only if one asks.",
            looked_at=looked_at,
            needed=needed,
            try_="aws s3api put-object-lock-configuration with a Rule and its DefaultRetention",
            **values,
        )
    given = int(default.get("Days") or 0) + 365 * int(default.get("Years") or 0)
    if given < days:
        raise Fail(
            "New objects in {bucket} are locked for {given} days only.",
            looked_at=looked_at,
            needed=needed,
            try_="aws s3api put-object-lock-configuration with Days={days}",
            given=given,
            **values,
        )
    if mode == "COMPLIANCE" and default["Mode"] != "COMPLIANCE":
        raise Fail(
            "New objects in {bucket} are locked in GOVERNANCE mode: whoever has s3:BypassGovernanceRetention deletes them.",
            looked_at=looked_at,
            needed=needed,
            try_="aws s3api put-object-lock-configuration with Mode={mode}",
            **values,
        )
