"""The condition keys that a call carries, names in lower case.

What costs (the tags of a resource) is read only where a policy speaks of it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.resourcegroupstaggingapi.models import resourcegroupstaggingapi_backends
from moto.s3.models import s3_backends

from labs.sandboxes.emulated.hooks import Call
from labs.sandboxes.emulated.world import SOURCE_ADDRESS, WORLD

__all__ = ["keys_of", "tags_in", "tags_of"]

Keys = dict[str, "str | tuple[str, ...]"]

# Service → key → the parameter (path with dots) that is its value.
_FROM_PARAMETERS: Final[dict[str, dict[str, str]]] = {
    "cloudformation": {
        "cloudformation:templateurl": "TemplateURL",
        "cloudformation:rolearn": "RoleARN",
        "cloudformation:resourcetypes": "ResourceTypes",
        "cloudformation:changesetname": "ChangeSetName",
    },
    "cloudwatch": {"cloudwatch:namespace": "Namespace", "cloudwatch:alarmactions": "AlarmActions"},
    "dynamodb": {"dynamodb:select": "Select", "dynamodb:returnvalues": "ReturnValues"},
    "ec2": {
        "ec2:instancetype": "InstanceType",
        "ec2:imageid": "ImageId",
        "ec2:keypairname": "KeyName",
        "ec2:volumesize": "Size",
        "ec2:volumetype": "VolumeType",
        "ec2:encrypted": "Encrypted",
        "ec2:availabilityzone": "AvailabilityZone",
    },
    "events": {"events:source": "Entries.Source", "events:detail-type": "Entries.DetailType"},
    "iam": {
        "iam:permissionsboundary": "PermissionsBoundary",
        "iam:policyarn": "PolicyArn",
        "iam:awsservicename": "AWSServiceName",
    },
    "kms": {
        "kms:encryptionalgorithm": "EncryptionAlgorithm",
        "kms:grantoperations": "Operations",
        "kms:granteeprincipal": "GranteePrincipal",
        "kms:keyspec": "KeySpec",
        "kms:keyusage": "KeyUsage",
        "kms:scheduledeletionpendingwindowindays": "PendingWindowInDays",
    },
    "lambda": {"lambda:principal": "Principal", "lambda:functionurlauthtype": "AuthType", "lambda:layer": "Layers"},
    "rds": {
        "rds:databaseclass": "DBInstanceClass",
        "rds:databaseengine": "Engine",
        "rds:databasename": "DBName",
        "rds:multiaz": "MultiAZ",
        "rds:storagesize": "AllocatedStorage",
        "rds:storageencrypted": "StorageEncrypted",
    },
    "s3": {
        "s3:prefix": "Prefix",
        "s3:delimiter": "Delimiter",
        "s3:max-keys": "MaxKeys",
        "s3:versionid": "VersionId",
        "s3:locationconstraint": "CreateBucketConfiguration.LocationConstraint",
    },
    "secretsmanager": {
        "secretsmanager:name": "Name",
        "secretsmanager:secretid": "SecretId",
        "secretsmanager:versionstage": "VersionStage",
        "secretsmanager:kmskeyid": "KmsKeyId",
    },
    "sns": {"sns:protocol": "Protocol", "sns:endpoint": "Endpoint"},
    "sts": {
        "sts:externalid": "ExternalId",
        "sts:rolesessionname": "RoleSessionName",
        "sts:sourceidentity": "SourceIdentity",
        "sts:transitivetagkeys": "TransitiveTagKeys",
        "sts:duration": "DurationSeconds",
    },
}


def keys_of(call: Call) -> Keys:
    """Return what the call carries beside its caller."""
    headers = {name.lower(): value for name, value in call.request.headers}
    now = datetime.fromtimestamp(WORLD.at, UTC)
    found: Keys = {
        "aws:sourceip": SOURCE_ADDRESS,
        "aws:securetransport": "true",  # the endpoint stands for AWS's own, which is reached over TLS
        "aws:currenttime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:epochtime": str(int(WORLD.at)),
        "aws:viaawsservice": "false",
        "aws:requestedregion": call.region or "us-east-1",
    }
    for key, header in (("aws:useragent", "user-agent"), ("aws:referer", "referer")):
        if header in headers:
            found[key] = headers[header]
    service = call.operation.service.signing_name
    for key, path in _FROM_PARAMETERS.get(_NAMED.get(service, service), {}).items():
        values = tuple(_plain(value) for value in _at(call.parameters, path.split(".")))
        if values:
            found[key] = values if len(values) > 1 else values[0]
    if tags := tags_in(call.parameters, headers):
        found.update({f"aws:requesttag/{name.lower()}": value for name, value in tags.items()})
        found["aws:tagkeys"] = tuple(tags)
    more = _MORE.get(service)
    if more is not None:
        found.update(more(call, headers))
    return found


_NAMED: Final = {"monitoring": "cloudwatch"}


def tags_of(account: str, arn: str) -> dict[str, str]:
    """Return the tags of a resource by its ARN; none where it is not there."""
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return {}
    service, region, name = parts[2], parts[3], parts[5].rpartition("/")[2]
    if service == "ec2":
        return dict(ec2_backends[account][region].tags.get(name, {}))
    if service == "s3":
        bucket = s3_backends[account]["aws"].buckets.get(parts[5].partition("/")[0])
        return s3_backends[account]["aws"].tagger.get_tag_dict_for_resource(bucket.arn) if bucket else {}
    if service == "iam":
        roles = iam_backends[account]["aws"].roles.values()
        role = next((each for each in roles if each.arn == arn), None)
        if role is not None:
            return {each["Key"]: each["Value"] for each in role.tags or []}
        return dict(iam_backends[account]["aws"].tagger.get_tag_dict_for_resource(arn))
    found = resourcegroupstaggingapi_backends[account][region or "us-east-1"]._get_resources_generator()
    for each in found:
        if each["ResourceARN"] == arn:
            return {tag["Key"]: tag["Value"] for tag in each["Tags"]}
    return {}


def tags_in(parameters: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that a call would set, in whichever of AWS's forms."""
    found: dict[str, str] = {}
    given = [parameters.get(name) for name in ("Tags", "tags", "TagSet", "TagList", "TagKeys", "tagKeys", "AddTags")]
    given += [each.get("Tags") for each in _several(parameters.get("TagSpecifications")) if isinstance(each, Mapping)]
    tagging = parameters.get("Tagging")
    given.append(tagging.get("TagSet") if isinstance(tagging, Mapping) else None)
    if isinstance(tagging, str):
        found.update(parse_qsl(tagging, keep_blank_values=True))
    found.update(parse_qsl(headers.get("x-amz-tagging", ""), keep_blank_values=True))
    for tags in given:
        if isinstance(tags, Mapping):
            found.update({str(name): str(value) for name, value in tags.items()})
        for tag in tags if isinstance(tags, (list, tuple)) else ():
            if isinstance(tag, str):
                found[tag] = ""
            elif isinstance(tag, Mapping):
                lowered = {name.lower(): value for name, value in tag.items()}
                found[str(lowered.get("key", lowered.get("tagkey", "")))] = str(
                    lowered.get("value", lowered.get("tagvalue", ""))
                )
    return found


def _s3(call: Call, headers: Mapping[str, str]) -> Keys:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"""
    found: Keys = {"s3:tlsversion": "1.3", "s3:authtype": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256"}
    found.update({f"s3:{name}": value for name, value in headers.items() if name in _S3_HEADERS})
    for name, value in parse_qsl(headers.get("x-amz-tagging", "")):
        found[f"s3:requestobjecttag/{name.lower()}"] = value
    if call.operation.name in ("GetObject", "HeadObject", "GetObjectAcl", "DeleteObject", "GetObjectTagging"):
        found.update(_object_tags(call))
    return found


_S3_HEADERS: Final = frozenset(
    f"x-amz-{name}"
    for name in (
        "acl", "content-sha256", "copy-source", "grant-full-control", "grant-read", "grant-read-acp", "grant-write",
        "grant-write-acp", "metadata-directive", "object-ownership", "server-side-encryption",
        "server-side-encryption-aws-kms-key-id", "server-side-encryption-customer-algorithm", "storage-class",
        "website-redirect-location",
    )
)  # fmt: skip


def _dynamodb(call: Call, headers: Mapping[str, str]) -> Keys:
    """The keys of fine-grained access: the partition keys and the attributes that a call touches.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    found: Keys = {}
    leading = list(dict.fromkeys(_leading_keys(call)))
    if leading:
        found["dynamodb:leadingkeys"] = tuple(leading)
    names = dict(call.parameters.get("ExpressionAttributeNames") or {})
    listed = str(call.parameters.get("ProjectionExpression") or "")
    attributes = [names.get(each.strip(), each.strip()) for each in listed.split(",") if each.strip()]
    attributes += [str(each) for each in call.parameters.get("AttributesToGet") or []]
    attributes += list(call.parameters.get("Item") or {})
    if attributes:
        found["dynamodb:attributes"] = tuple(dict.fromkeys(attributes))
    return found


def _leading_keys(call: Call) -> Iterator[str]:
    from moto.dynamodb.models import dynamodb_backends

    table = dynamodb_backends[call.account_id][call.region].tables.get(str(call.parameters.get("TableName", "")))
    if table is None:
        return
    name = table.hash_key_attr
    for holder in ("Key", "Item"):
        for value in (call.parameters.get(holder) or {}).get(name, {}).values():
            yield str(value)
    named = {place for place, real in (call.parameters.get("ExpressionAttributeNames") or {}).items() if real == name}
    expression = str(call.parameters.get("KeyConditionExpression") or "")
    values = call.parameters.get("ExpressionAttributeValues") or {}
    words = expression.replace("=", " = ").replace("(", " ").replace(")", " ").split()
    for place, word in enumerate(words[:-2]):
        if word in {name, *named} and words[place + 1] == "=":
            yield from (str(each) for each in (values.get(words[place + 2]) or {}).values())


def _kms(call: Call, headers: Mapping[str, str]) -> Keys:
    """https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html"""
    found: Keys = {}
    context = call.parameters.get("EncryptionContext")
    if isinstance(context, Mapping) and context:
        found["kms:encryptioncontextkeys"] = tuple(context)
        found.update({f"kms:encryptioncontext:{name.lower()}": str(value) for name, value in context.items()})
    named = str(call.parameters.get("KeyId", ""))
    if named.startswith("alias/"):
        found["kms:requestalias"] = named
    return found


def _ec2(call: Call, headers: Mapping[str, str]) -> Keys:
    return {"ec2:region": call.region}


def _lambda(call: Call, headers: Mapping[str, str]) -> Keys:
    name = str(call.parameters.get("FunctionName") or "")
    if not name:
        return {}
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{call.region}:{call.account_id}:function:{name}"
    return {"lambda:functionarn": arn}


_MORE: Final = {"dynamodb": _dynamodb, "ec2": _ec2, "kms": _kms, "lambda": _lambda, "s3": _s3}


def _object_tags(call: Call) -> Keys:
    backend = s3_backends[call.account_id]["aws"]
    bucket = backend.buckets.get(str(call.parameters.get("Bucket", "")))
    held = bucket.keys.get(str(call.parameters.get("Key", ""))) if bucket else None
    arn = getattr(held, "arn", None)  # a delete marker has none, and no tags
    tags = backend.tagger.get_tag_dict_for_resource(arn) if arn else {}
    return {f"s3:existingobjecttag/{name.lower()}": str(value) for name, value in tags.items()}


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    """Yield what stands at a path of parameters; of a list, each element's."""
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _at(each, path)
    elif not path:
        if value not in (None, ""):
            yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
