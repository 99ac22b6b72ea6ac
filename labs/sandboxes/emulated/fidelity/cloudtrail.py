"""CloudTrail: the event history of the account, from the calls that this sandbox answered.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html,
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from moto.iam.models import iam_backends

from labs.sandboxes.emulated.accounts import caller_account
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.frames import CellRequest, CellResponse
from labs.sandboxes.emulated.hooks import Answer, Call, before, witness
from labs.sandboxes.emulated.principals import is_ours, user_id_of
from labs.sandboxes.emulated.services import Operation
from labs.sandboxes.emulated.world import SOURCE_ADDRESS, WORLD

_KEPT: Final = 500
_PAGE: Final = 50
_GLOBAL: Final = frozenset({"cloudfront", "iam", "organizations", "route53"})
# Data events: not in the event history.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
_DATA: Final = {
    "dynamodb": ("BatchExecuteStatement", "BatchGetItem", "BatchWriteItem", "DeleteItem", "ExecuteStatement",
                 "ExecuteTransaction", "GetItem", "PutItem", "Query", "Scan", "TransactGetItems", "TransactWriteItems",
                 "UpdateItem"),
    "firehose": ("PutRecord", "PutRecordBatch"),
    "kinesis": ("GetRecords", "GetShardIterator", "PutRecord", "PutRecords"),
    "lambda": ("Invoke", "InvokeAsync"),
    "logs": ("PutLogEvents", "GetLogEvents", "FilterLogEvents"),
    "cloudwatch": ("PutMetricData", "GetMetricData", "GetMetricStatistics", "ListMetrics"),
    "events": ("PutEvents",),
    "sns": ("Publish", "PublishBatch"),
    "sqs": ("ChangeMessageVisibility", "DeleteMessage", "DeleteMessageBatch", "ReceiveMessage", "SendMessage",
            "SendMessageBatch"),
}  # fmt: skip
_READS: Final = ("BatchGet", "Describe", "Get", "Head", "List", "Lookup", "Search", "Simulate", "Validate", "View")
_NO_READS: Final = ("GetSessionToken", "GetFederationToken")  # AWS says so of neither
_LAMBDA: Final = {
    "AddPermission": "20150331v2", "CreateEventSourceMapping": "20150331", "CreateFunction": "20150331",
    "DeleteFunction": "20150331", "GetFunction": "20150331v2", "ListFunctions": "20150331",
    "RemovePermission": "20150331v2", "UpdateFunctionCode": "20150331v2", "UpdateFunctionConfiguration": "20150331v2",
}  # fmt: skip
_RESOURCES: Final = {
    "BucketName": "AWS::S3::Bucket", "Bucket": "AWS::S3::Bucket", "DBInstanceIdentifier": "AWS::RDS::DBInstance",
    "FunctionName": "AWS::Lambda::Function", "GroupName": "AWS::IAM::Group", "GroupId": "AWS::EC2::SecurityGroup",
    "ImageId": "AWS::EC2::Ami", "InstanceId": "AWS::EC2::Instance", "InstanceIds": "AWS::EC2::Instance",
    "KeyId": "AWS::KMS::Key", "KeyName": "AWS::EC2::KeyPair", "PolicyArn": "AWS::IAM::Policy",
    "QueueName": "AWS::SQS::Queue", "QueueUrl": "AWS::SQS::Queue", "RoleArn": "AWS::IAM::Role",
    "RoleName": "AWS::IAM::Role", "SecretId": "AWS::SecretsManager::Secret", "StackName": "AWS::CloudFormation::Stack",
    "SubnetId": "AWS::EC2::Subnet", "TableName": "AWS::DynamoDB::Table", "TopicArn": "AWS::SNS::Topic",
    "UserName": "AWS::IAM::User", "VolumeId": "AWS::EC2::Volume", "VpcId": "AWS::EC2::VPC",
    "TrailName": "AWS::CloudTrail::Trail",
}  # fmt: skip
_ATTRIBUTES: Final = {
    "AccessKeyId": "AccessKeyId",
    "EventId": "EventId",
    "EventName": "EventName",
    "EventSource": "EventSource",
    "ReadOnly": "ReadOnly",
    "Username": "Username",
}


@witness
def note(operation: Operation, request: CellRequest, told: CellResponse) -> None:
    """Keep a management event of a caller who is known; the newest 500."""
    service, name = operation.service, operation.name
    if not told.principal.startswith("arn:") or is_ours(request.access_key) or not request.access_key:
        return
    is_object = service.name == "s3" and "Key" in operation.uri and bool(operation.uri["Key"])
    if (
        name in _DATA.get(service.name, ())
        or is_object
        or (service.name == "s3" and "Object" in name and "Key" in told.parameters)
    ):
        return
    source = f"{service.signing_name}.amazonaws.com"
    reads = name.startswith(_READS) and name not in _NO_READS
    region = "us-east-1" if service.name in _GLOBAL else request.region
    ident = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{told.request_id}:{request.at}:{name}"))
    event = {
        "eventVersion": "1.11",
        "userIdentity": _identity(told.principal, request.access_key),
        "eventTime": _iso(WORLD.at),
        "eventSource": source,
        "eventName": name + (_LAMBDA.get(name, "") if service.name == "lambda" else ""),
        "awsRegion": region,
        "sourceIPAddress": SOURCE_ADDRESS,
        "userAgent": next((value for key, value in request.headers if key.lower() == "user-agent"), "")[:200],
        **_error(operation, told),
        "requestParameters": _lower(told.parameters) or None,
        "responseElements": None,
        "requestID": told.request_id,
        "eventID": ident,
        "readOnly": reads,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": caller_account(told.principal),
        "eventCategory": "Management",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256",
                       "clientProvidedHostHeader": service.host.format(region=request.region)},
    }  # fmt: skip
    WORLD.trail.append(
        {"at": WORLD.at, "event": json.dumps(event, default=str), "resources": [*_resources(told.parameters)]}
    )
    del WORLD.trail[:-_KEPT]


def _error(operation: Operation, told: CellResponse) -> dict[str, str]:
    if not told.error_code:
        return {}
    code = f"Client.{told.error_code}" if operation.protocol == "ec2" else told.error_code
    return {"errorCode": code, "errorMessage": told.error_message}


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _lower(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name)[:1].lower() + str(name)[1:]: _lower(each) for name, each in value.items()}
    return [_lower(each) for each in value] if isinstance(value, list) else value


def _identity(arn: str, key: str) -> dict[str, Any]:
    """Return who it was. https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html"""
    account, rest = arn.split(":", 5)[4:]
    kind, _, name = rest.partition("/")
    try:
        ident = user_id_of(key)
    except (AttributeError, KeyError):
        ident = account  # the key is gone by now
    told: dict[str, Any] = {"principalId": ident, "arn": arn, "accountId": account, "accessKeyId": key}
    if kind == "user":
        return {"type": "IAMUser", **told, "userName": name.rpartition("/")[2]}
    if kind != "assumed-role":
        return {"type": "FederatedUser" if kind == "federated-user" else "Root", **told}
    role = name.partition("/")[0]
    held = next((each for each in iam_backends[account]["aws"].roles.values() if each.name == role), None)
    issuer = {
        "type": "Role",
        "principalId": held.id if held else ident.partition(":")[0],
        "arn": held.arn if held else f"arn:aws:iam::{account}:role/{role}",
        "accountId": account,
        "userName": role,
    }
    attributes = {"creationDate": _iso(WORLD.at), "mfaAuthenticated": "false"}
    return {"type": "AssumedRole", **told, "sessionContext": {"sessionIssuer": issuer, "attributes": attributes}}


def _resources(parameters: dict[str, Any]) -> Iterator[dict[str, str]]:
    for name, kind in _RESOURCES.items():
        value = parameters.get(name)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str) and each:
                yield {"ResourceType": kind, "ResourceName": each.rpartition("/")[2] if name == "QueueUrl" else each}


@before("cloudtrail", "LookupEvents")
def show_the_history(call: Call) -> Answer:
    """Show the events of the caller's account and region, newest first."""
    given = call.parameters
    attributes = given.get("LookupAttributes") or []
    if len(attributes) > 1:
        raise AwsError("InvalidLookupAttributesException", "You can only specify one lookup attribute.", 400)
    most = int(given.get("MaxResults") or _PAGE)
    if not 1 <= most <= _PAGE:
        raise AwsError("InvalidMaxResultsException", "A maximum results value between 1 and 50 is required.", 400)
    since, until = (_seconds(given.get(name)) for name in ("StartTime", "EndTime"))
    if since is not None and until is not None and since > until:
        raise AwsError("InvalidTimeRangeException", "The start time must be before the end time.", 400)
    found = [
        each
        for each in map(_shown, reversed(WORLD.trail))
        if each["account"] == call.account_id
        and each["region"] == call.region
        and (since is None or each["EventTime"] >= since)
        and (until is None or each["EventTime"] <= until)
        and all(_matches(each, attribute) for attribute in attributes)
    ]
    token = str(given.get("NextToken") or "0")
    if not token.isdigit() or int(token) > len(found):
        raise AwsError("InvalidNextTokenException", "The next token is not valid.", 400)
    start = int(token)
    page = [{name: each[name] for name in each if name[0].isupper()} for each in found[start : start + most]]
    more = {"NextToken": str(start + most)} if start + most < len(found) else {}
    body = json.dumps({"Events": page, **more}).encode()
    return Answer(200, {"content-type": "application/x-amz-json-1.1"}, body)


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value)


def _shown(kept: dict[str, Any]) -> dict[str, Any]:
    event = json.loads(kept["event"])
    who = event["userIdentity"]
    name = who.get("userName") or who["arn"].rpartition("/")[2]
    return {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "ReadOnly": str(event["readOnly"]).lower(),
        "AccessKeyId": who["accessKeyId"],
        "EventTime": kept["at"],
        "EventSource": event["eventSource"],
        "Username": name,
        "Resources": kept["resources"],
        "CloudTrailEvent": kept["event"],
        "account": event["recipientAccountId"],
        "region": event["awsRegion"],
    }


def _matches(shown: dict[str, Any], attribute: dict[str, str]) -> bool:
    key, value = attribute.get("AttributeKey", ""), attribute.get("AttributeValue", "")
    if key in ("ResourceName", "ResourceType"):
        return any(each[key] == value for each in shown["Resources"])
    if key not in _ATTRIBUTES:
        message = f"{key} is not a valid lookup attribute."
        raise AwsError("InvalidLookupAttributesException", message, 400)
    return bool(shown[_ATTRIBUTES[key]] == value)
