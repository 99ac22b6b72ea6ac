"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html"""

from typing import Any

from graders import Account, Fail, buckets, check
from graders.account import read_or_none
from graders.iam import Policies, ask, decide
from graders.iam.services import as_service

LOGGER = "logging.s3.amazonaws.com"
GROUP = "http://acs.amazonaws.com/groups/s3/LogDelivery"


@check(permissions=[*ask.PERMISSIONS, *buckets.KEY_PERMISSIONS, "s3:GetBucketLogging"])
def bucket_logs_access(account: Account, *, bucket: str, target: str, prefix: str = "") -> None:
    """Every request to {bucket} is logged in {target}.

    S3's log delivery can write there: by the target's policy (logging.s3.amazonaws.com) or, where access control lists
    count, by its list. `prefix`: what the logs' keys begin with, where the task names it. A bucket that logs into itself
    logs its logs; a target in another region or under a KMS key gets none.
    """
    ask.bucket_exists(account, bucket)
    logging: dict[str, str] = account.read("s3", "get_bucket_logging", Bucket=bucket).get("LoggingEnabled", {})
    values: dict[str, Any] = {"bucket": bucket, "target": target, "prefix": prefix}
    given, begins = logging.get("TargetBucket", ""), logging.get("TargetPrefix", "")
    logged = "aws s3api put-bucket-logging with TargetBucket {target}"
    if not given:
        raise _fail("{bucket} logs nothing.", values, logged)
    if given == bucket:
        raise _fail("{bucket} logs into itself: every log is a request that is logged.", values, logged)
    if given != target:
        raise _fail("{bucket} logs into {given}, not into {target}.", values, logged, given=given)
    if begins.rstrip("/") != prefix.rstrip("/") and prefix:
        raise _fail("The logs begin with {given}, not with {prefix}.", values, logged, given=begins or "nothing")
    ask.bucket_exists(account, target)
    here, there = buckets.region_of(account, bucket), buckets.region_of(account, target)
    if here != there:
        raise _fail(
            "{target} lies in {there}, {bucket} in {here}: logs stay in their region.",
            values,
            "Create the log bucket in {here}.",
            here=here,
            there=there,
        )
    if buckets.default_encryption(account, target).kms:
        raise _fail(
            "{target} encrypts with a KMS key: log delivery can write to SSE-S3 only.",
            values,
            "aws s3api put-bucket-encryption --bucket {target} with AES256",
        )
    _may_write(account, bucket, target, begins, values)


def _may_write(account: Account, bucket: str, target: str, begins: str, values: dict[str, Any]) -> None:
    found = ask.the_bucket(account, target)
    request = as_service(
        LOGGER,
        "s3:PutObject",
        f"{found.arn}/{begins}2030-01-01-00-00-00-ABC",
        source_arn=f"arn:aws:s3:::{bucket}",
        source_account=account.account_id,
    )
    decision = decide(request, Policies(account.account_id, resource=found.policies))
    denied = decision.statement is not None and not decision.allowed
    if decision.allowed or (not denied and _listed(account, target)):
        return
    raise _fail(
        "Log delivery cannot write to {target}: {why}.",
        values,
        "Allow s3:PutObject on {target}/{begins}* for {service} in the policy of {target}.",
        why=ask.refusal(request, decision),
        begins=begins,
        service=LOGGER,
    )


def _listed(account: Account, target: str) -> bool:
    """Whether the target's access control list lets the log delivery group in, and counts."""
    absent = "OwnershipControlsNotFoundError"
    answer = read_or_none(account, absent, "s3", "get_bucket_ownership_controls", Bucket=target) or {}
    rules = answer.get("OwnershipControls", {}).get("Rules", [])
    if any(one.get("ObjectOwnership") == "BucketOwnerEnforced" for one in rules):
        return False
    grants = account.read("s3", "get_bucket_acl", Bucket=target).get("Grants", [])
    held = {one["Permission"] for one in grants if one["Grantee"].get("URI") == GROUP}
    return "FULL_CONTROL" in held or {"WRITE", "READ_ACP"} <= held


def _fail(found: str, values: dict[str, Any], try_: str, **more: Any) -> Fail:
    return Fail(
        found,
        looked_at="the logging of {bucket}, and the policy, the list and the encryption of {target}",
        needed="The requests to {bucket} are logged in {target}.",
        try_=try_,
        **values,
        **more,
    )
