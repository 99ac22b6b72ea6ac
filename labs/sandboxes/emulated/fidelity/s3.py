"""S3 as it is since April 2023: new buckets are closed, own their objects and encrypt; anonymous calls are judged here.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html
"""

from __future__ import annotations

import json
from typing import Any, Final

from moto.iam.access_control import PermissionResult
from moto.s3 import responses
from moto.s3.models import FakeBucket, PublicAccessBlock, s3_backends

from labs.sandboxes.emulated.errors import AwsError, not_simulated
from labs.sandboxes.emulated.hooks import Answer, Call, after, before
from labs.sandboxes.emulated.policies import allows, is_public, statements_of

_ENFORCED: Final = "BucketOwnerEnforced"
# moto answers these by something else (it makes a bucket, lists objects, deletes): better no answer than a false one.
_ABSENT: Final = (
    "AnalyticsConfiguration",
    "IntelligentTieringConfiguration",
    "MetricsConfiguration",
    "MetadataConfiguration",
    "MetadataTableConfiguration",
    "BucketAbac",
    "RequestPayment",
)
_ABSENT_OPERATIONS: Final = frozenset(
    {
        "CreateSession",
        "DeleteBucketInventoryConfiguration",
        "GetObjectRetention",
        "GetObjectTorrent",
        "ListDirectoryBuckets",
        "RenameObject",
        "UpdateObjectEncryption",
        "WriteGetObjectResponse",
    }
)


def install() -> None:
    """Let moto ask nobody about a bucket's policy: it looks at no condition, and whom it would let in is decided here."""
    FakeBucket.get_permission = lambda self, action, resource: PermissionResult.PERMITTED
    responses.bucket_policy_is_public = is_public


def _bucket(call: Call) -> Any:
    """Return moto's bucket that the call names. Raises AwsError where there is none."""
    name = str(call.parameters.get("Bucket", ""))
    found = s3_backends[call.account_id]["aws"].buckets.get(name)
    if found is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    return found


@before("s3", "*")
def only_what_is_played(call: Call) -> None:
    """Refuse what moto would take for another operation."""
    name = call.operation.name
    if name in _ABSENT_OPERATIONS or any(each in name for each in _ABSENT):
        raise not_simulated("s3", name)


@before("s3", "*")
def anonymous_calls(call: Call) -> None:
    """Let nobody in without a key, but where the bucket's policy (or an object's ACL) lets everybody in."""
    if not call.anonymous:
        return
    denied = AwsError("AccessDenied", "Access Denied", 403)
    if not call.parameters.get("Bucket") or call.operation.name == "CreateBucket":
        raise denied
    bucket, key = _bucket(call), call.parameters.get("Key")
    action = _ACTIONS.get(call.operation.name, f"s3:{call.operation.name}")
    if call.parameters.get("VersionId") and action in ("s3:GetObject", "s3:DeleteObject"):
        action += "Version"
    if not _everybody_may(bucket, action, key):
        raise denied
    if (
        key
        and action.startswith("s3:GetObject")
        and key not in bucket.keys
        and not _everybody_may(bucket, "s3:ListBucket", None)
    ):
        raise denied  # AWS does not tell a stranger that an object is missing


_ACTIONS: Final = {
    "HeadObject": "s3:GetObject",
    "GetObjectAttributes": "s3:GetObjectAttributes",
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
    "PostObject": "s3:PutObject",
    "CopyObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "DeleteObjects": "s3:DeleteObject",
    "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
}


def _everybody_may(bucket: Any, action: str, key: str | None) -> bool:
    block = bucket.public_access_block
    resource = f"arn:aws:s3:::{bucket.name}" + (f"/{key}" if key else "")
    # The endpoint stands for AWS's own, which is reached over TLS.
    context = {"aws:securetransport": "true"}
    closed = block is not None and block.restrict_public_buckets and is_public(bucket.policy)
    if not closed and allows(bucket.policy, principals=["*"], action=action, resource=resource, context=context):
        return True
    ignored = (block is not None and block.ignore_public_acls) or bucket.ownership_rule == _ENFORCED
    if ignored or _denied(bucket, action, resource, context):
        return False
    if key and action == "s3:GetObject":
        found = bucket.keys.get(key)
        return bool(found is not None and found.acl and found.acl.public_read)
    return bool(action == "s3:ListBucket" and bucket.acl and bucket.acl.public_read)


def _denied(bucket: Any, action: str, resource: str, context: dict[str, str]) -> bool:
    """Return whether a Deny meets everybody: seen by adding an Allow for all to the policy."""
    everything = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    document = {"Statement": [*statements_of(bucket.policy), everything]}
    return not allows(document, principals=["*"], action=action, resource=resource, context=context)


@before("s3", "CreateBucket")
def no_acl_on_a_new_bucket(call: Call) -> None:
    """Refuse a public ACL for a bucket whose objects are all its owner's; note whether the bucket is new."""
    call.notes.pop("new", None)
    headers = {name.lower(): value for name, value in call.request.headers}
    acl, ownership = headers.get("x-amz-acl", "private"), headers.get("x-amz-object-ownership", _ENFORCED)
    if acl != "private" and ownership == _ENFORCED:
        message = "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        raise AwsError("InvalidBucketAclWithObjectOwnership", message, 400)
    if acl.startswith("public"):
        raise AwsError("AccessDenied", "Access Denied", 403)  # Block Public Access is on before the bucket is there


@after("s3", "CreateBucket")
def new_buckets_are_closed(call: Call, answer: Answer) -> None:
    """Give a new bucket what AWS gives it: Block Public Access, BucketOwnerEnforced, SSE-S3."""
    bucket = _bucket(call)
    if hasattr(bucket, "closed_at_birth"):
        return  # us-east-1 answers 200 to one's own bucket, and changes nothing
    bucket.closed_at_birth = True
    bucket.public_access_block = PublicAccessBlock(True, True, True, True)
    bucket.ownership_rule = bucket.ownership_rule or _ENFORCED
    bucket.encryption = {
        "Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}
    }


@after("s3", "DeleteBucketEncryption")
def encryption_falls_back(call: Call, answer: Answer) -> None:
    """Go back to SSE-S3: a bucket without default encryption is not to be had any more."""
    _bucket(call).encryption = {
        "Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}
    }


@before("s3", "PutBucketPolicy")
def no_public_policy_while_blocked(call: Call) -> None:
    """Refuse what is no policy, and a public one while BlockPublicPolicy is on."""
    bucket = _bucket(call)
    try:
        document = json.loads(call.request.body)
    except ValueError as error:
        raise AwsError("MalformedPolicy", "This policy contains invalid Json", 400) from error
    _refuse_a_malformed_policy(document, bucket.name)
    block = bucket.public_access_block
    if block is not None and block.block_public_policy and is_public(document):
        raise AwsError(
            "AccessDenied",
            f"User: {call.principal} is not authorized to perform: s3:PutBucketPolicy on resource: "
            f'"arn:aws:s3:::{bucket.name}" because public policies are prevented by the BlockPublicPolicy setting in '
            "S3 Block Public Access.",
            403,
        )


def _refuse_a_malformed_policy(document: Any, bucket: str) -> None:
    statements = statements_of(document)
    if not statements:
        raise AwsError("MalformedPolicy", "Missing required field Statement", 400)
    for statement in statements:
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise AwsError("MalformedPolicy", "Missing required field Effect", 400)
        for names in (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")):
            if not any(statement.get(name) for name in names):
                raise AwsError("MalformedPolicy", f"Missing required field {names[0]}", 400)
        resources = statement.get("Resource") or statement.get("NotResource")
        for resource in resources if isinstance(resources, list) else [resources]:
            named = str(resource).removeprefix("arn:aws:s3:::").split("/")[0]
            if not str(resource).startswith("arn:aws:s3:::") or (
                named != bucket and "*" not in named and "?" not in named
            ):
                raise AwsError("MalformedPolicy", "Policy has invalid resource", 400)


@before("s3", "PutBucketAcl", "PutObjectAcl")
def acls_only_where_they_count(call: Call) -> None:
    """Refuse an ACL under BucketOwnerEnforced, and a public one under BlockPublicAcls."""
    _refuse_acl(call, asked=True)


@before("s3", "PutObject", "CopyObject", "CreateMultipartUpload")
def objects_carry_no_acl(call: Call) -> None:
    """The same for an ACL that comes with an object."""
    _refuse_acl(call, asked=False)


def _refuse_acl(call: Call, *, asked: bool) -> None:
    headers = {name.lower(): value for name, value in call.request.headers}
    acl = headers.get("x-amz-acl", "")
    grants = any(name.startswith("x-amz-grant-") for name in headers) or (asked and bool(call.request.body))
    if not acl and not grants and not asked:
        return
    bucket = _bucket(call)
    if bucket.ownership_rule == _ENFORCED and acl != "bucket-owner-full-control":
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)
    block = bucket.public_access_block
    everybody = b"AllUsers" in call.request.body or "AllUsers" in str([v for n, v in headers.items() if "grant" in n])
    if block is not None and block.block_public_acls and (acl.startswith("public") or everybody):
        raise AwsError("AccessDenied", "Access Denied", 403)
