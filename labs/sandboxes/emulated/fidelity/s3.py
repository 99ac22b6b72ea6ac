"""S3 as it is since April 2023: new buckets are closed, own their objects and encrypt.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html
"""

from __future__ import annotations

import json
import xml.dom.expatbuilder  # noqa: F401  minidom's, for CompleteMultipartUpload: a cell can import nothing any more
from typing import Any, Final

from moto.iam.access_control import PermissionResult
from moto.s3 import responses
from moto.s3.models import FakeBucket, PublicAccessBlock, S3Backend, s3_backends

from graders.iam import Document, InvalidPolicy, parse
from graders.iam.s3 import is_public, policy_problems
from labs.sandboxes.emulated.authorization import read, switches
from labs.sandboxes.emulated.errors import AwsError, not_simulated
from labs.sandboxes.emulated.hooks import Answer, Call, after, before

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
    """Let moto ask nobody about a bucket's policy: who may what is decided before it is called (authorization)."""
    FakeBucket.get_permission = lambda self, action, resource: PermissionResult.PERMITTED
    responses.bucket_policy_is_public = _is_public
    found = S3Backend.list_buckets

    def by_name(self: Any, prefix: Any, bucket_region: Any, max_buckets: Any) -> list[Any]:
        """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html: in the order of their names."""
        every = sorted(found(self, prefix, bucket_region, None), key=lambda bucket: bucket.name)
        return every[: int(max_buckets)] if max_buckets else every

    S3Backend.list_buckets = by_name
    made_by_stack: Any = FakeBucket.create_from_cloudformation_json.__func__

    def make_closed(cls: Any, /, *args: Any, **kwargs: Any) -> Any:
        bucket = made_by_stack(cls, *args, **kwargs)
        _close(bucket)
        return bucket

    FakeBucket.create_from_cloudformation_json = classmethod(make_closed)


def _close(bucket: Any) -> None:
    """Give a new bucket what AWS gives it: Block Public Access, BucketOwnerEnforced, SSE-S3."""
    bucket.closed_at_birth = True
    bucket.public_access_block = PublicAccessBlock(True, True, True, True)
    bucket.ownership_rule = bucket.ownership_rule or _ENFORCED
    bucket.encryption = bucket.encryption or {
        "Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}
    }


def _bucket(call: Call) -> Any:
    """Return moto's bucket that the call names. Raises AwsError where there is none."""
    name = str(call.parameters.get("Bucket", ""))
    found = s3_backends[call.account_id]["aws"].buckets.get(name)
    if found is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    return found


@before("s3", "PutBucketVersioning")
def versioning_is_on_or_suspended(call: Call) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html: Status is Enabled or Suspended."""
    told = call.parameters.get("VersioningConfiguration") or {}
    if told.get("Status") not in ("Enabled", "Suspended") or told.get("MFADelete") not in (None, "Enabled", "Disabled"):
        message = "The XML you provided was not well-formed or did not validate against our published schema"
        raise AwsError("MalformedXML", message, 400)


@before("s3", "*")
def only_what_is_played(call: Call) -> None:
    """Refuse what moto would take for another operation."""
    name = call.operation.name
    if name in _ABSENT_OPERATIONS or any(each in name for each in _ABSENT):
        raise not_simulated("s3", name)


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
    """Close it, once: us-east-1 answers 200 to one's own bucket, and changes nothing."""
    bucket = _bucket(call)
    if not hasattr(bucket, "closed_at_birth"):
        _close(bucket)


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
    document = _well_formed(call.request.body, bucket.name)
    if switches(call.account_id, bucket)["BlockPublicPolicy"] and is_public(document):
        raise AwsError(
            "AccessDenied",
            f"User: {call.principal} is not authorized to perform: s3:PutBucketPolicy on resource: "
            f'"arn:aws:s3:::{bucket.name}" because public policies are prevented by the BlockPublicPolicy setting in '
            "S3 Block Public Access.",
            403,
        )


def _is_public(policy: str | bytes | None) -> bool:
    """Return S3's label for a stored policy."""
    document = read(policy.decode() if isinstance(policy, bytes) else policy, "resource") if policy else None
    return document is not None and is_public(document)


def _well_formed(body: bytes, bucket: str) -> Document:
    """Return the policy, or raise what S3 answers to one that it does not store."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise AwsError("MalformedPolicy", "This policy contains invalid Json", 400) from error
    statements = raw.get("Statement") if isinstance(raw, dict) else None
    if not statements:
        raise AwsError("MalformedPolicy", "Missing required field Statement", 400)
    for statement in statements if isinstance(statements, list) else [statements]:
        for names in (("Effect",), ("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")):
            if not isinstance(statement, dict) or not any(statement.get(name) for name in names):
                raise AwsError("MalformedPolicy", f"Missing required field {names[0]}", 400)
    try:
        document = parse(raw, "resource")
    except InvalidPolicy as error:
        raise AwsError("MalformedPolicy", error.reasons[0], 400) from error
    if problems := policy_problems(document, bucket):
        said = "Policy has invalid resource" if problems[0].startswith("Resource") else "Policy has invalid action"
        raise AwsError("MalformedPolicy", said, 400)
    return document


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
    blocked = switches(call.account_id, bucket)["BlockPublicAcls"]
    everybody = b"AllUsers" in call.request.body or "AllUsers" in str([v for n, v in headers.items() if "grant" in n])
    if blocked and (acl.startswith("public") or everybody):
        raise AwsError("AccessDenied", "Access Denied", 403)
