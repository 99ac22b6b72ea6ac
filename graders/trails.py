"""CloudTrail trails: found by name, and whether what they record arrives.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from graders import nearby
from graders.account import Account, is_absence
from graders.check import Fail
from graders.iam import ask, s3
from graders.iam.assume import trust_policies
from graders.iam.decide import Decision, Policies, Policy, Request, decide
from graders.iam.document import InvalidPolicy, parse
from graders.iam.principals import Principal
from graders.iam.snapshot import snapshot

PERMISSIONS = ("cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors")
CLOUDTRAIL = Principal("service", service="cloudtrail.amazonaws.com")
Trail = dict[str, Any]
# What a trail selects until it is told otherwise; an emulated one says nothing then.
BORN_WITH: dict[str, Any] = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}


def the_trail(account: Account, name: str) -> Trail:
    """describe_trails' entry, by name or ARN; fails when no trail of that name records this region."""
    trails: list[Trail] = account.read("cloudtrail", "describe_trails").get("trailList", [])
    found = next((one for one in trails if name in (one["Name"], one.get("TrailARN"))), None)
    if found is not None:
        return found
    hint = nearby.almost(name, (one["Name"] for one in trails)) or nearby.elsewhere(
        account,
        lambda region: any(
            one["Name"] == name
            for one in account.read("cloudtrail", "describe_trails", region=region).get("trailList", [])
        ),
    )
    raise Fail(
        "The trail {trail} does not exist.{hint}",
        looked_at="the trails that record {region}",
        needed="A trail {trail}, of this account or of its organization.",
        try_="aws cloudtrail create-trail --name {trail} --s3-bucket-name … --is-multi-region-trail",
        trail=name,
        region=account.region,
        hint=hint,
    )


def selectors(account: Account, trail: Trail) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(event selectors, advanced event selectors); a trail has one kind or the other."""
    answer = account.read("cloudtrail", "get_event_selectors", region=_home(trail), TrailName=trail["TrailARN"])
    basic, advanced = answer.get("EventSelectors") or [], answer.get("AdvancedEventSelectors") or []
    return basic or ([] if advanced else [BORN_WITH]), advanced


def fields(selector: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """An advanced selector's conditions by field: {"eventCategory": {"Equals": ["Management"]}}."""
    return {
        one["Field"]: {name: values for name, values in one.items() if name != "Field"}
        for one in selector.get("FieldSelectors", [])
    }


def status(account: Account, trail: Trail) -> dict[str, Any]:
    """get_trail_status; asked where the trail is at home."""
    return account.read("cloudtrail", "get_trail_status", region=_home(trail), Name=trail["TrailARN"])


def bucket_refuses(account: Account, trail: Trail) -> str:
    """Why CloudTrail cannot deliver to the trail's bucket, or ""."""
    name = trail["S3BucketName"]
    if name not in [one["Name"] for one in account.read("s3", "list_buckets").get("Buckets", [])]:
        return "" if trail.get("IsOrganizationTrail") else f"its bucket {name} is gone"
    bucket = s3.read_bucket(account, name)
    if bucket.invalid:
        return f"S3 would refuse the policy of {name}: {bucket.invalid[0]}"
    prefix = f"{trail['S3KeyPrefix']}/" if trail.get("S3KeyPrefix") else ""
    file = f"{bucket.arn}/{prefix}AWSLogs/{account.account_id}/CloudTrail/{account.region}/2026/01/02/log.json.gz"
    policies = Policies(account.account_id, resource=bucket.policies)
    more = {"s3:x-amz-acl": "bucket-owner-full-control"}
    for action, arn in (("s3:GetBucketAcl", bucket.arn), ("s3:PutObject", file)):
        request = _request(account, trail, action, arn, more)
        decision = decide(request, policies)
        if not decision.allowed:
            return ask.refusal(request, decision)
    return ""


def key_refuses(account: Account, trail: Trail) -> str:
    """Why CloudTrail cannot encrypt with the trail's key, or "".

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
    """
    try:
        key = account.read("kms", "describe_key", region=_home(trail), KeyId=trail["KmsKeyId"])["KeyMetadata"]
    except ClientError as error:
        if not is_absence(error):
            raise
        return f"the key {trail['KmsKeyId']} is gone"
    if key["KeyState"] != "Enabled":
        return f"the key is {key['KeyState']}"
    text = account.read("kms", "get_key_policy", region=_home(trail), KeyId=key["KeyId"], PolicyName="default")
    try:
        policy = Policy("key policy", parse(text["Policy"], "resource"))
    except InvalidPolicy as error:
        return f"AWS would refuse the key policy: {error.reasons[0]}"
    more = {"kms:EncryptionContext:aws:cloudtrail:arn": trail["TrailARN"]}
    request = _request(account, trail, "kms:GenerateDataKey", key["Arn"], more)
    decision: Decision = decide(request, Policies(account.account_id, resource=(policy,), resource_decides=True))
    return "" if decision.allowed else ask.refusal(request, decision)


def logs_refuse(account: Account, trail: Trail, group: str) -> str:
    """Why nothing arrives in the log group, or "".

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html
    """
    arn = trail.get("CloudWatchLogsLogGroupArn", "")
    named = arn.partition(":log-group:")[2].removesuffix(":*")
    if named != group:
        return f"it delivers to {named or 'no log group'}, not to {group}"
    role = snapshot(account).role(trail.get("CloudWatchLogsRoleArn", "").rpartition("/")[2])
    if role is None:
        return "the role by which it writes there is gone"
    trust = Policies(account.account_id, resource=trust_policies(role), resource_decides=True)
    if not decide(_request(account, trail, "sts:AssumeRole", role.principal.arn, {}), trust).allowed:
        return f"{role.principal} does not trust cloudtrail.amazonaws.com"
    stream = f"{arn.removesuffix(':*')}:log-stream:{account.account_id}_CloudTrail_{account.region}"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        request = Request(role.principal, action, stream, {"aws:SecureTransport": "true"})
        decision = decide(request, Policies(account.account_id, role.identity, boundary=role.boundary))
        if not decision.allowed:
            return ask.refusal(request, decision)
    return ""


def _request(account: Account, trail: Trail, action: str, arn: str, more: dict[str, str]) -> Request:
    context = {
        "aws:SourceArn": trail["TrailARN"],
        "aws:SourceAccount": account.account_id,
        "aws:SecureTransport": "true",
        **more,
    }
    return Request(CLOUDTRAIL, action, arn, context)


def _home(trail: Trail) -> str | None:
    return trail.get("HomeRegion")
