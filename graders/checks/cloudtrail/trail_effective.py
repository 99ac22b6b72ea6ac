"""https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html"""

from typing import Any

from graders import Account, Fail, check, trails
from graders.iam import ask
from graders.iam.snapshot import PERMISSIONS as PEOPLE

NOISY = {"kms.amazonaws.com", "rdsdata.amazonaws.com"}  # the two that AWS itself offers to leave out


@check(
    permissions=(
        *trails.PERMISSIONS,
        "cloudtrail:GetTrailStatus",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        *ask.PERMISSIONS,
        *PEOPLE,
    )
)
def trail_effective(
    account: Account,
    *,
    trail: str,
    bucket: str = "",
    log_group: str = "",
    multi_region: bool = True,
    validated: bool = True,
    encrypted: bool = False,
) -> None:
    """The trail {trail} records all management events, and what it records arrives.

    It is started; its selectors keep reads and writes; the bucket's policy (and the key's, if there is one) let
    CloudTrail deliver. `bucket` and `log_group`: where to. `multi_region`: in every region. `validated`: with digests.
    `encrypted`: with a KMS key. A trail of the organization, and one of another home region, are as good.
    """
    found = trails.the_trail(account, trail)
    name = found["Name"]
    if multi_region and not found.get("IsMultiRegionTrail"):
        step = "aws cloudtrail update-trail --name {trail} --is-multi-region-trail"
        raise _fail(name, "The trail {trail} records {home} only.", step, home=found.get("HomeRegion", account.region))
    if validated and not found.get("LogFileValidationEnabled"):
        step = "aws cloudtrail update-trail --name {trail} --enable-log-file-validation"
        raise _fail(name, "The trail {trail} writes no digests: its files can be changed unseen.", step)
    if encrypted and not found.get("KmsKeyId"):
        step = "aws cloudtrail update-trail --name {trail} --kms-key-id …"
        raise _fail(name, "The trail {trail} has no KMS key.", step)
    if bucket and found["S3BucketName"] != bucket:
        step = "aws cloudtrail update-trail --name {trail} --s3-bucket-name …"
        raise _fail(name, "The trail {trail} delivers to {other}, not to {bucket}.", step,
                    other=found["S3BucketName"], bucket=bucket)  # fmt: skip
    state = trails.status(account, found)
    if not state.get("IsLogging"):
        raise _fail(name, "The trail {trail} is there, and stopped.", "aws cloudtrail start-logging --name {trail}")
    if gap := _gap(*trails.selectors(account, found)):
        raise _fail(name, "The trail {trail} leaves out {gap}.", "aws cloudtrail put-event-selectors …", gap=gap)
    said = state.get("LatestDeliveryError", "")
    if why := trails.bucket_refuses(account, found) or (f"the last delivery ended with {said}" if said else ""):
        step = "aws s3api put-bucket-policy: cloudtrail.amazonaws.com, s3:GetBucketAcl and s3:PutObject on AWSLogs/…"
        raise _fail(name, "The trail {trail} cannot deliver: {why}.", step, why=why)
    if found.get("KmsKeyId") and (why := trails.key_refuses(account, found)):
        step = "aws kms put-key-policy: cloudtrail.amazonaws.com, kms:GenerateDataKey*"
        raise _fail(name, "The trail {trail} cannot encrypt: {why}.", step, why=why)
    if log_group and (why := trails.logs_refuse(account, found, log_group)):
        step = "aws cloudtrail update-trail --cloud-watch-logs-log-group-arn … --cloud-watch-logs-role-arn …"
        raise _fail(name, "The trail {trail} does not reach the log group {group}: {why}.", step,
                    why=why, group=log_group)  # fmt: skip


def _gap(basic: list[dict[str, Any]], advanced: list[dict[str, Any]]) -> str:
    """Which management events the selectors leave out, or ""."""
    kinds = set()
    silent = set()
    for one in basic:
        if one.get("IncludeManagementEvents", True):
            kinds |= {"ReadOnly", "WriteOnly"} if one.get("ReadWriteType", "All") == "All" else {one["ReadWriteType"]}
            silent |= set(one.get("ExcludeManagementEventSources", [])) - NOISY
    for one in advanced:
        held = trails.fields(one)
        if held.get("eventCategory", {}).get("Equals") != ["Management"]:
            continue
        read = held.get("readOnly", {}).get("Equals", ["true", "false"])
        kinds |= {"ReadOnly" if value == "true" else "WriteOnly" for value in read}
        silent |= set(held.get("eventSource", {}).get("NotEquals", [])) - NOISY
        if held.keys() - {"eventCategory", "readOnly", "eventSource"} or "Equals" in held.get("eventSource", {}):
            silent.add("all but a few events")
    if not kinds:
        return "management events"
    if len(kinds) == 1:
        return "what changes things (WriteOnly events)" if kinds == {"ReadOnly"} else "reads (ReadOnly events)"
    return ", ".join(sorted(silent))


def _fail(trail: str, found: str, step: str, **values: str) -> Fail:
    return Fail(
        found,
        looked_at="the trail {trail}: its settings, status and selectors, its bucket and key",
        needed="{trail} is started, records every management event, and may deliver.",
        try_=step,
        counterexample="Somebody stops a trail, makes a key, opens a bucket: {trail} does not tell.",
        **{"trail": trail, **values},
    )
