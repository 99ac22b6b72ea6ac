"""Which rights a call needs: action and resource, one or several, as AWS names them.

Mostly the action is called as the operation and the resource is in the parameters. Where AWS differs there is a rule
here, each with its source; the rest follows from the Service Authorization Reference (graders.iam.actions).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from moto.s3.models import s3_backends

from graders.iam import actions
from labs.sandboxes.emulated.authorization.arns import resources_of
from labs.sandboxes.emulated.authorization.lookups import in_full, key_of, parts_of, role_of_profile, secret_key
from labs.sandboxes.emulated.hooks import Call

__all__ = ["FREE", "Right", "is_missing_bucket", "is_missing_object", "rights_of"]


@dataclass(frozen=True)
class Right:
    """`action` on `resource` (an ARN, or "*"), under more condition keys than the call has as a whole."""

    action: str
    resource: str
    keys: Mapping[str, str] = field(default_factory=dict, hash=False)


# Whoever has a key may ask who they are, and for a session of themselves; a deny can still forbid it.
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html ("no permissions are required")
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
FREE: Final = frozenset({"sts:GetCallerIdentity", "sts:GetSessionToken"})
_PREFIXES: Final = {"monitoring": "cloudwatch", "email": "ses", "tagging": "tag"}
# Operation → action, where it is called otherwise.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
_CALLED: Final[dict[str, dict[str, str]]] = {
    "s3": {
        "AbortMultipartUpload": "AbortMultipartUpload",
        "CompleteMultipartUpload": "PutObject",
        "CreateMultipartUpload": "PutObject",
        "UploadPart": "PutObject",
        "PostObject": "PutObject",
        "DeleteBucketCors": "PutBucketCORS",
        "GetBucketCors": "GetBucketCORS",
        "PutBucketCors": "PutBucketCORS",
        "DeleteBucketEncryption": "PutEncryptionConfiguration",
        "GetBucketEncryption": "GetEncryptionConfiguration",
        "PutBucketEncryption": "PutEncryptionConfiguration",
        "DeleteBucketLifecycle": "PutLifecycleConfiguration",
        "GetBucketLifecycle": "GetLifecycleConfiguration",
        "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
        "PutBucketLifecycle": "PutLifecycleConfiguration",
        "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
        "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
        "DeleteBucketReplication": "PutReplicationConfiguration",
        "GetBucketReplication": "GetReplicationConfiguration",
        "PutBucketReplication": "PutReplicationConfiguration",
        "DeleteBucketTagging": "PutBucketTagging",
        "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
        "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
        "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
        "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
        "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
        "GetBucketNotificationConfiguration": "GetBucketNotification",
        "PutBucketNotificationConfiguration": "PutBucketNotification",
        "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
        "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
        "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
        "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
        "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
        "HeadBucket": "ListBucket",
        "HeadObject": "GetObject",
        "ListMultipartUploads": "ListBucketMultipartUploads",
        "ListObjectVersions": "ListBucketVersions",
        "ListObjects": "ListBucket",
        "ListObjectsV2": "ListBucket",
        "ListParts": "ListMultipartUploadParts",
    },
    "s3control": {
        "DeletePublicAccessBlock": "PutAccountPublicAccessBlock",
        "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
        "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
    },
    "sqs": {
        "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
        "DeleteMessageBatch": "DeleteMessage",
        "SendMessageBatch": "SendMessage",
    },
    "sns": {"PublishBatch": "Publish"},
    "lambda": {"Invoke": "InvokeFunction", "InvokeWithResponseStream": "InvokeFunction"},
}
# With a version these are actions of their own.
_VERSIONED: Final = frozenset(
    {"s3:GetObject", "s3:DeleteObject", "s3:GetObjectAcl", "s3:PutObjectAcl", "s3:GetObjectTagging",
     "s3:PutObjectTagging", "s3:DeleteObjectTagging"}
)  # fmt: skip


def rights_of(call: Call) -> list[Right]:
    """Return what the caller needs, in the order in which AWS asks."""
    service, name = call.operation.service, call.operation.name
    special = _SPECIAL.get((service.name, name)) or _SPECIAL.get((service.name, "*"))
    found = list(special(call)) if special else list(_plainly(call))
    found += _tagging(call)
    found += _passing(call)
    return found


def is_missing_bucket(call: Call) -> bool:
    """Return whether the call is about a bucket that nobody has: S3 says so to everybody."""
    name = call.parameters.get("Bucket")
    if call.operation.service.name != "s3" or not name or call.operation.name == "CreateBucket":
        return False
    return name not in s3_backends[call.account_id]["aws"].buckets


def is_missing_object(call: Call) -> bool:
    """Return whether the call reads an object that is not there."""
    if call.operation.service.name != "s3" or call.operation.name not in ("GetObject", "HeadObject"):
        return False
    bucket = s3_backends[call.account_id]["aws"].buckets.get(str(call.parameters.get("Bucket", "")))
    return bucket is not None and call.parameters.get("Key") not in bucket.keys


def _prefix(call: Call) -> str:
    signing = call.operation.service.signing_name
    return _PREFIXES.get(signing, signing)


def _plainly(call: Call, name: str = "", parameters: Mapping[str, Any] | None = None) -> Iterator[Right]:
    """The rule: an action called as the operation, on what the parameters name."""
    operation = call.operation
    name = name or _CALLED.get(operation.service.name, {}).get(operation.name, operation.name)
    action = f"{_prefix(call)}:{name}"
    given = call.parameters if parameters is None else parameters
    try:
        known = actions.find(action)
    except actions.UnknownAction:
        yield Right(action, "*")
        return
    if given.get("VersionId") and known.name in _VERSIONED:
        known = actions.find(known.name.replace("Object", "ObjectVersion"))
    found = resources_of(
        known, in_full(call, given), account=call.account_id, region=call.region, known=parts_of(call, given)
    )
    for resource in found:
        yield Right(known.name, resource)


def _s3_all(call: Call) -> Iterator[Right]:
    """The list of all buckets is of arn:aws:s3:::*, which policies may name or leave at "*".

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-policies-s3.html
    """
    yield Right("s3:ListAllMyBuckets", "arn:aws:s3:::*")


def _s3_copy(call: Call) -> Iterator[Right]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""
    source = str(call.parameters.get("CopySource") or "").lstrip("/").partition("?")[0]
    yield Right("s3:GetObject", f"arn:aws:s3:::{unquote(source)}")
    yield from _s3_object(call, "PutObject")


def _s3_deletes(call: Call) -> Iterator[Right]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""
    bucket = call.parameters.get("Bucket", "")
    for each in (call.parameters.get("Delete") or {}).get("Objects") or []:
        name = "s3:DeleteObjectVersion" if each.get("VersionId") else "s3:DeleteObject"
        yield Right(name, f"arn:aws:s3:::{bucket}/{each.get('Key', '')}")


def _s3_object(call: Call, name: str = "") -> Iterator[Right]:
    """Reading or writing an object that a key of KMS encrypts needs the key, too.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
    yield from _plainly(call, name)
    key = key_of(call)
    if key:
        needed = "kms:Decrypt" if call.operation.name in ("GetObject", "HeadObject") else "kms:GenerateDataKey"
        yield Right(needed, key, {"kms:viaservice": f"s3.{call.region}.amazonaws.com"})


def _secret(call: Call) -> Iterator[Right]:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html"""
    yield from _plainly(call)
    if key := secret_key(call):
        yield Right("kms:Decrypt", key, {"kms:viaservice": f"secretsmanager.{call.region}.amazonaws.com"})


def _reencrypt(call: Call) -> Iterator[Right]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html"""
    yield from _plainly(call, "ReEncryptFrom", {"KeyId": call.parameters.get("SourceKeyId", "")})
    yield from _plainly(call, "ReEncryptTo", {"KeyId": call.parameters.get("DestinationKeyId", "")})


def _tables(call: Call) -> Iterator[Right]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""
    for table in call.parameters.get("RequestItems") or {}:
        yield from _plainly(call, call.operation.name, {"TableName": table})


def _transaction(call: Call) -> Iterator[Right]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html"""
    names = {"Get": "GetItem", "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
    names["ConditionCheck"] = "ConditionCheckItem"
    for item in call.parameters.get("TransactItems") or []:
        for kind, action in names.items():
            if isinstance(item.get(kind), Mapping):
                yield from _plainly(call, action, {"TableName": item[kind].get("TableName", "")})


def _partiql(call: Call) -> Iterator[Right]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html"""
    given = call.parameters.get("Statements") or call.parameters.get("TransactStatements") or [call.parameters]
    for each in given:
        words = str(each.get("Statement", "")).split()
        verb = words[0].capitalize() if words else "Select"
        after = {"Select": "FROM", "Insert": "INTO", "Delete": "FROM", "Update": "UPDATE"}.get(verb, "FROM")
        upper = [word.upper() for word in words]
        place = upper.index(after) + 1 if after in upper else len(words)
        table = words[place].partition(".")[0].strip("\"'") if place < len(words) else "*"
        yield from _plainly(call, f"PartiQL{verb}", {"TableName": table})


def _by_method(call: Call) -> Iterator[Right]:
    """API Gateway's actions are the methods of HTTP on its own paths.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-create-and-manage-api.html
    """
    path = call.request.path.removeprefix("/v2")
    yield Right(f"apigateway:{call.request.method}", f"arn:aws:apigateway:{call.region}::{path}")


def _budget(call: Call) -> Iterator[Right]:
    """https://docs.aws.amazon.com/cost-management/latest/userguide/billing-permissions-ref.html"""
    name = call.parameters.get("BudgetName") or (call.parameters.get("Budget") or {}).get("BudgetName") or "*"
    verb = "ViewBudget" if call.operation.name.startswith(("Describe", "List")) else "ModifyBudget"
    yield Right(f"budgets:{verb}", f"arn:aws:budgets::{call.account_id}:budget/{name}")


def _ec2_tags(call: Call) -> Iterator[Right]:
    """What is tagged is told by its id: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html"""
    for each in call.parameters.get("Resources") or []:
        kind = _BY_ID.get(str(each).rpartition("-")[0], "*")
        yield Right(f"ec2:{call.operation.name}", f"arn:aws:ec2:{call.region}:{call.account_id}:{kind}/{each}")


_BY_ID: Final = {
    "acl": "network-acl", "ami": "image", "eipalloc": "elastic-ip", "eni": "network-interface", "i": "instance",
    "igw": "internet-gateway", "lt": "launch-template", "nat": "natgateway", "pcx": "vpc-peering-connection",
    "pl": "prefix-list", "rtb": "route-table", "sg": "security-group", "sgr": "security-group-rule",
    "snap": "snapshot", "subnet": "subnet", "vgw": "vpn-gateway", "vol": "volume", "vpc": "vpc",
    "vpce": "vpc-endpoint", "cgw": "customer-gateway", "vpn": "vpn-connection", "tgw": "transit-gateway",
    "eigw": "egress-only-internet-gateway", "dopt": "dhcp-options", "fl": "vpc-flow-log", "key": "key-pair",
}  # fmt: skip


def _tagging(call: Call) -> Iterator[Right]:
    """Tags at birth are a right of their own in EC2.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
    """
    if call.operation.service.name != "ec2":
        return
    for each in call.parameters.get("TagSpecifications") or []:
        kind = each.get("ResourceType") or "*"
        arn = f"arn:aws:ec2:{call.region}:{call.account_id}:{kind}/*"
        yield Right("ec2:CreateTags", arn, {"ec2:createaction": call.operation.name})


def _passing(call: Call) -> Iterator[Right]:
    """Whoever hands a role to a service must be allowed to: iam:PassRole.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    """
    service = call.operation.service.name
    reads = call.operation.name.startswith(("Get", "List", "Describe", "Head"))
    if reads or service in ("iam", "sts", "kms", "organizations"):
        return
    to = _PASSED_TO.get(service, f"{service}.amazonaws.com")
    for arn in dict.fromkeys(_roles_in(call, call.parameters)):
        yield Right("iam:PassRole", arn, {"iam:passedtoservice": to})


_ROLE_ARN: Final = re.compile(r"arn:aws:iam::\d{12}:role/")
_PASSED_TO: Final = {
    "autoscaling": "ec2.amazonaws.com",
    "ecs": "ecs-tasks.amazonaws.com",
    "stepfunctions": "states.amazonaws.com",
    "elasticbeanstalk": "elasticbeanstalk.amazonaws.com",
    "rds": "monitoring.rds.amazonaws.com",
    "logs": "logs.amazonaws.com",
    "cognito-identity": "cognito-identity.amazonaws.com",
}


def _roles_in(call: Call, value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        if name == "IamInstanceProfile":
            yield from role_of_profile(call.account_id, value)
            return
        for key, each in value.items():
            yield from _roles_in(call, each, str(key))
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _roles_in(call, each, name)
    elif isinstance(value, str) and name.lower().endswith(("role", "rolearn")) and _ROLE_ARN.match(value):
        yield value


Rule = Callable[[Call], Iterable[Right]]
_SPECIAL: Final[dict[tuple[str, str], Rule]] = {
    ("apigateway", "*"): _by_method,
    ("apigatewayv2", "*"): _by_method,
    ("budgets", "*"): _budget,
    ("dynamodb", "BatchExecuteStatement"): _partiql,
    ("dynamodb", "BatchGetItem"): _tables,
    ("dynamodb", "BatchWriteItem"): _tables,
    ("dynamodb", "ExecuteStatement"): _partiql,
    ("dynamodb", "ExecuteTransaction"): _partiql,
    ("dynamodb", "TransactGetItems"): _transaction,
    ("dynamodb", "TransactWriteItems"): _transaction,
    ("ec2", "CreateTags"): _ec2_tags,
    ("ec2", "DeleteTags"): _ec2_tags,
    ("kms", "ReEncrypt"): _reencrypt,
    ("s3", "CompleteMultipartUpload"): _s3_object,
    ("s3", "CopyObject"): _s3_copy,
    ("s3", "CreateMultipartUpload"): _s3_object,
    ("s3", "DeleteObjects"): _s3_deletes,
    ("s3", "GetObject"): _s3_object,
    ("s3", "HeadObject"): _s3_object,
    ("s3", "ListBuckets"): _s3_all,
    ("s3", "PutObject"): _s3_object,
    ("s3", "UploadPartCopy"): _s3_copy,
    ("secretsmanager", "GetSecretValue"): _secret,
}
