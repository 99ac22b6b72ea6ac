"""What is set for a bucket as a whole: each setting a form, open with what stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graders import Account
from labs.explorer.model import Action, At, Call, Choice, Number, Pick, Policy, Switch, Text, Values, call
from labs.explorer.saying import decoded, edit_tags, given, if_on

BLOCK_LABELS = (
    ("BlockPublicAcls", "Refuse new public ACLs"),
    ("IgnorePublicAcls", "Ignore public ACLs that are there"),
    ("BlockPublicPolicy", "Refuse new public bucket policies"),
    ("RestrictPublicBuckets", "Let nobody in by a public policy but this account and AWS services"),
)
STARTERS = (
    (
        "one role may read",
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "RoleMayRead",
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::ACCOUNT:role/ROLE"},
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::BUCKET/*",
                }
            ],
        },
    ),
    (
        "only over TLS",
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "OnlyTls",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": ["arn:aws:s3:::BUCKET", "arn:aws:s3:::BUCKET/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        },
    ),
    (
        "a public website",
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "EverybodyMayRead",
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::BUCKET/*",
                }
            ],
        },
    ),
    (
        "CloudFront alone may read",
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "CloudFront",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudfront.amazonaws.com"},
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::BUCKET/*",
                    "Condition": {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::ACCOUNT:distribution/ID"}},
                }
            ],
        },
    ),
    (
        "CloudTrail may deliver",
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "TrailAcl",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudtrail.amazonaws.com"},
                    "Action": "s3:GetBucketAcl",
                    "Resource": "arn:aws:s3:::BUCKET",
                },
                {
                    "Sid": "TrailWrite",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudtrail.amazonaws.com"},
                    "Action": "s3:PutObject",
                    "Resource": "arn:aws:s3:::BUCKET/AWSLogs/ACCOUNT/*",
                    "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
                },
            ],
        },
    ),
)


def encrypt(bucket: str, algorithm: str, key: str | None, *, bucket_key: bool = True) -> Call:
    """Return the call that sets how new objects are encrypted."""
    by = given(SSEAlgorithm=algorithm, KMSMasterKeyID=key if algorithm != "AES256" else None)
    rule: dict[str, Any] = {"ApplyServerSideEncryptionByDefault": by}
    if algorithm == "aws:kms":
        rule["BucketKeyEnabled"] = bucket_key
    return call("s3", "put_bucket_encryption", Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def _policy_fields(account: Account, at: At) -> tuple[Any, ...]:
    def here(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("BUCKET", at.thing.id).replace("ACCOUNT", at.account_id)
        if isinstance(value, list):
            return [here(one) for one in value]
        return {key: here(one) for key, one in value.items()} if isinstance(value, dict) else value

    starters = tuple((words, here(document)) for words, document in STARTERS)
    return (
        Policy("Policy", "Policy", kind="resource", starters=starters, help="Who may do what here. Empty: no policy."),
    )


def _save_policy(v: Values, at: At) -> Iterator[Call]:
    if v["Policy"] is None:
        yield call("s3", "delete_bucket_policy", Bucket=at.thing.id)
    else:
        yield call("s3", "put_bucket_policy", Bucket=at.thing.id, Policy=v["Policy"])


def _save_blocks(v: Values, at: At) -> Iterator[Call]:
    switches = {name: v[name] for name, _ in BLOCK_LABELS}
    yield call("s3", "put_public_access_block", Bucket=at.thing.id, PublicAccessBlockConfiguration=switches)


def _save_versioning(v: Values, at: At) -> Iterator[Call]:
    yield call("s3", "put_bucket_versioning", Bucket=at.thing.id, VersioningConfiguration={"Status": v["Status"]})


def _save_ownership(v: Values, at: At) -> Iterator[Call]:
    controls = {"Rules": [{"ObjectOwnership": v["ObjectOwnership"]}]}
    yield call("s3", "put_bucket_ownership_controls", Bucket=at.thing.id, OwnershipControls=controls)


def _save_website(v: Values, at: At) -> Iterator[Call]:
    if not v["serve"]:
        yield call("s3", "delete_bucket_website", Bucket=at.thing.id)
    elif v["redirect"]:
        to = given(HostName=v["redirect"], Protocol=v["protocol"])
        yield call("s3", "put_bucket_website", Bucket=at.thing.id, WebsiteConfiguration={"RedirectAllRequestsTo": to})
    else:
        kept = {"RoutingRules": at.thing.data["Website"].get("RoutingRules")}
        made = given(
            IndexDocument={"Suffix": v["index"] or "index.html"},
            ErrorDocument={"Key": v["error"]} if v["error"] else None,
            **kept,
        )
        yield call("s3", "put_bucket_website", Bucket=at.thing.id, WebsiteConfiguration=made)


def _website(account: Account, at: At) -> Values:
    site = at.thing.data["Website"]
    to = site.get("RedirectAllRequestsTo", {})
    return {
        "serve": bool(site),
        "index": site.get("IndexDocument", {}).get("Suffix", "index.html"),
        "error": site.get("ErrorDocument", {}).get("Key", ""),
        "redirect": to.get("HostName", ""),
        "protocol": to.get("Protocol", ""),
    }


def _save_logging(v: Values, at: At) -> Iterator[Call]:
    to = {"LoggingEnabled": {"TargetBucket": v["TargetBucket"], "TargetPrefix": v["TargetPrefix"] or ""}}
    yield call("s3", "put_bucket_logging", Bucket=at.thing.id, BucketLoggingStatus=to if v["TargetBucket"] else {})


def _save_lock(v: Values, at: At) -> Iterator[Call]:
    made: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
    if v["Mode"]:
        made["Rule"] = {"DefaultRetention": {"Mode": v["Mode"], v["unit"]: v["length"]}}
    yield call("s3", "put_object_lock_configuration", Bucket=at.thing.id, ObjectLockConfiguration=made)


def _lock(account: Account, at: At) -> Values:
    kept = at.thing.data["ObjectLock"].get("Rule", {}).get("DefaultRetention", {})
    unit = "Years" if kept.get("Years") else "Days"
    return {"Mode": kept.get("Mode", ""), "unit": unit, "length": kept.get(unit, 30)}


def _save_tags(at: At, to_set: dict[str, str], to_remove: list[str]) -> Iterator[Call]:
    wanted = {key: value for key, value in {**(at.thing.tags or {}), **to_set}.items() if key not in to_remove}
    if wanted:  # the call puts the whole set
        tags = [{"Key": key, "Value": value} for key, value in wanted.items()]
        yield call("s3", "put_bucket_tagging", Bucket=at.thing.id, Tagging={"TagSet": tags})
    elif to_remove:
        yield call("s3", "delete_bucket_tagging", Bucket=at.thing.id)


def _save_encryption(v: Values, at: At) -> Iterator[Call]:
    yield encrypt(at.thing.id, v["SSEAlgorithm"], v["key"], bucket_key=v["bucket_key"])


def _encryption(account: Account, at: At) -> Values:
    sse = at.thing.data["Encryption"]
    return {"SSEAlgorithm": sse.get("SSEAlgorithm", "AES256"), "key": sse.get("KMSMasterKeyID", ""), "bucket_key": True}


KMS = ("SSEAlgorithm", "aws:kms", "aws:kms:dsse")
ACTIONS = (
    Action(
        "policy",
        "Edit bucket policy",
        _save_policy,
        _policy_fields,
        lambda account, at: {"Policy": decoded(at.thing.data["Policy"]) or None},
        about="A policy is about this bucket: its ARN for what is done with the bucket, its ARN and /* for its objects.",
    ),
    Action(
        "block",
        "Edit Block Public Access",
        _save_blocks,
        tuple(Switch(name, label) for name, label in BLOCK_LABELS),
        lambda account, at: {name: bool(at.thing.data["PublicAccessBlock"].get(name)) for name, _ in BLOCK_LABELS},
        about="Four brakes that hold whatever a policy or an ACL says. Two are about ACLs and two about policies.",
    ),
    Action(
        "versioning",
        "Edit versioning",
        _save_versioning,
        (
            Choice(
                "Status",
                "Versioning",
                (("Enabled", "On: old versions are kept"), ("Suspended", "Suspended: no new ones; the old ones stay")),
                required=True,
                initial="Enabled",
            ),
        ),
        lambda account, at: {"Status": at.thing.data["Versioning"] or "Enabled"},
        about="Once it was on it can be suspended, and never be off again.",
    ),
    Action(
        "encryption",
        "Edit default encryption",
        _save_encryption,
        (
            Choice(
                "SSEAlgorithm",
                "Encrypt new objects with",
                (
                    ("AES256", "SSE-S3: keys that S3 holds"),
                    ("aws:kms", "SSE-KMS: a key in KMS"),
                    ("aws:kms:dsse", "DSSE-KMS: two layers with a key in KMS"),
                ),
                required=True,
                initial="AES256",
            ),
            Pick(
                "key", "KMS key", kind="kms:key", by="arn", free=True, when=KMS, help="Empty: the key that AWS manages."
            ),
            Switch(
                "bucket_key",
                "Bucket key",
                initial=True,
                when=("SSEAlgorithm", "aws:kms"),
                help="Fewer calls to KMS, so less to pay.",
            ),
        ),
        _encryption,
        about="It holds for objects written from now on. Those that are there stay as they are.",
    ),
    Action(
        "ownership",
        "Edit object ownership",
        _save_ownership,
        (
            Choice(
                "ObjectOwnership",
                "Object ownership",
                (
                    ("BucketOwnerEnforced", "ACLs off: the bucket's owner owns every object (recommended)"),
                    ("BucketOwnerPreferred", "ACLs on: the bucket's owner, for bucket-owner-full-control"),
                    ("ObjectWriter", "ACLs on: who writes an object owns it"),
                ),
                required=True,
            ),
        ),
        lambda account, at: {"ObjectOwnership": at.thing.data["Ownership"] or "BucketOwnerEnforced"},
    ),
    Action(
        "acl",
        "Edit ACL",
        lambda v, at: [call("s3", "put_bucket_acl", Bucket=at.thing.id, ACL=v["ACL"])],
        (
            Choice(
                "ACL",
                "Canned ACL",
                (
                    ("private", "Private: the owner alone"),
                    ("public-read", "Everybody may list it"),
                    ("public-read-write", "Everybody may list and write"),
                    ("authenticated-read", "Anybody with an AWS account may list it"),
                    ("log-delivery-write", "S3's log delivery may write"),
                ),
                required=True,
                initial="private",
            ),
        ),
        about="Refused while object ownership turns ACLs off.",
    ),
    Action(
        "website",
        "Edit website hosting",
        _save_website,
        (
            Switch("serve", "Serve this bucket as a website"),
            Text("index", "Index document", initial="index.html", help="What / answers with.", when=if_on("serve")),
            Text("error", "Error document", placeholder="error.html", when=if_on("serve")),
            Text(
                "redirect", "Send all requests to host", help="Instead of serving pages from here.", when=if_on("serve")
            ),
            Choice("protocol", "by", (("", "the protocol of the request"), "https", "http"), when=if_on("serve")),
        ),
        _website,
        about="Readers come without a key: Block Public Access must let a public policy be, and a policy must let them read.",
    ),
    Action(
        "logging",
        "Edit access logs",
        _save_logging,
        (
            Pick(
                "TargetBucket",
                "Log bucket",
                kind="s3:bucket",
                help="Another bucket in the same region. Empty: no logs.",
            ),
            Text("TargetPrefix", "Prefix", placeholder="logs/"),
        ),
        lambda account, at: {name: at.thing.data["Logging"].get(name, "") for name in ("TargetBucket", "TargetPrefix")},
    ),
    Action(
        "lock",
        "Edit Object Lock",
        _save_lock,
        (
            Choice(
                "Mode",
                "Default for new objects",
                (
                    ("", "none"),
                    ("GOVERNANCE", "Governance: special permission may still delete"),
                    ("COMPLIANCE", "Compliance: nobody, not even root, until the time is over"),
                ),
            ),
            Number("length", "Kept for", initial=30, least=1, when=("Mode", "GOVERNANCE", "COMPLIANCE")),
            Choice("unit", "in", ("Days", "Years"), initial="Days", when=("Mode", "GOVERNANCE", "COMPLIANCE")),
        ),
        _lock,
        when=lambda it: bool((it.data or {}).get("ObjectLock")),
    ),
    Action(
        "accelerate",
        "Edit transfer acceleration",
        lambda v, at: [
            call(
                "s3",
                "put_bucket_accelerate_configuration",
                Bucket=at.thing.id,
                AccelerateConfiguration={"Status": "Enabled" if v["on"] else "Suspended"},
            )
        ],
        (Switch("on", "Uploads by the nearest edge location"),),
        lambda account, at: {"on": at.thing.data["Accelerate"] == "Enabled"},
    ),
    edit_tags(_save_tags),
)
