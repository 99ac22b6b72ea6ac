"""What moto leaves out of what it makes for a stack: the ids that Ref gives, and properties that it passes over.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Final

from moto.cloudformation import parsing

from labs.sandboxes.emulated.inner import call

__all__ = ["complete", "identify", "known"]

Properties = dict[str, Any]
# What Ref gives of a type whose class of moto's has no id for it; "": the name that CloudFormation makes up.
_IDS: Final[dict[str, str]] = {
    "AWS::ApiGateway::Deployment": "id",
    "AWS::ApiGateway::Method": "",
    "AWS::AutoScaling::ScheduledAction": "scheduled_action_name",
    "AWS::EFS::AccessPoint": "access_point_id",
    "AWS::Events::Archive": "name",
    "AWS::Events::EventBus": "name",
    "AWS::Lambda::LayerVersion": "arn",
    "AWS::Lambda::Permission": "",
    "AWS::RDS::DBParameterGroup": "name",
    "AWS::RDS::DBSecurityGroup": "name",
    "AWS::RDS::DBSubnetGroup": "name",
    "AWS::Redshift::Cluster": "cluster_identifier",
    "AWS::Redshift::ClusterParameterGroup": "cluster_parameter_group_name",
    "AWS::Redshift::ClusterSubnetGroup": "cluster_subnet_group_name",
}
_NUMBERS: Final = frozenset({"NoncurrentDays", "NewerNoncurrentVersions", "DaysAfterInitiation", "Days", "Size"})


def identify(stack: Any, name: str, resource: Any, kind: str, given: Properties) -> None:
    """Give a resource its physical id, where moto's class has none."""
    if getattr(resource, "physical_resource_id", None) is not None:
        return
    if kind == "AWS::Lambda::Version":
        function = str(given["FunctionName"]).rpartition("function:")[2].partition(":")[0]
        arn = f"arn:aws:lambda:{stack.region_name}:{stack.account_id}:function:{function}"
        resource.physical_resource_id = f"{arn}:{resource.version}"
        return
    ident = getattr(resource, _IDS.get(kind, ""), "") or given.get(resource.cloudformation_name_type() or "")
    resource.physical_resource_id = str(ident or parsing.generate_resource_name(kind, stack.name, name))


def known(kind: str) -> Collection[str]:
    """Return the names of the properties that complete() sets."""
    return _LATER.get(kind, {})


def complete(region: str, kind: str, ident: str, new: Properties, changed: Collection[str]) -> None:
    """Set the properties of these names that moto passes over, by the calls that one would make by hand. Raises AwsError."""
    for name, put in _LATER.get(kind, {}).items():
        if name in changed:
            put(region, ident, new.get(name))


def _is(value: Any) -> bool:
    return str(value).lower() == "true"


def _plain(value: Any, name: str = "") -> Any:
    """Return a part of a template with whole numbers where the calls have such: a template may write them as texts."""
    if isinstance(value, dict):
        return {key: _plain(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, name) for each in value]
    return int(value) if name in _NUMBERS else value


def _dns(name: str) -> Callable[[str, str, Any], None]:
    def put(region: str, ident: str, value: Any) -> None:
        call("ec2", "ModifyVpcAttribute", region=region, VpcId=ident, **{name: {"Value": _is(value)}})

    return put


def _function(name: str, default: Any) -> Callable[[str, str, Any], None]:
    def put(region: str, ident: str, value: Any) -> None:
        wanted = {name: default if value is None else _plain(value)}
        call("lambda", "UpdateFunctionConfiguration", region=region, FunctionName=ident, **wanted)

    return put


def _bucket(
    put: str, parameter: str, translate: Callable[[Any], Any], delete: str = ""
) -> Callable[[str, str, Any], None]:
    """Return what sets one of a bucket's configurations, and takes it away where the template has it no more."""

    def set_or_delete(region: str, ident: str, value: Any) -> None:
        if value is None and delete:
            call("s3", delete, region=region, Bucket=ident)
        else:
            call("s3", put, region=region, Bucket=ident, **{parameter: translate(value)})

    return set_or_delete


def _blocks(given: Any) -> Properties:
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return {name: _is(given.get(name, False)) for name in names}


def _versioning(given: Any) -> Properties:
    return {"Status": (given or {}).get("Status", "Suspended")}


def _encryption(given: Any) -> Properties:
    rules = []
    for each in given["ServerSideEncryptionConfiguration"]:
        rule: Properties = {"BucketKeyEnabled": _is(each.get("BucketKeyEnabled", False))}
        if by := each.get("ServerSideEncryptionByDefault"):
            rule["ApplyServerSideEncryptionByDefault"] = dict(by)
        rules.append(rule)
    return {"Rules": rules}


def _tags(given: Any) -> Properties:
    return {"TagSet": given}


def _website(given: Any) -> Properties:
    made: Properties = {}
    if "IndexDocument" in given:
        made["IndexDocument"] = {"Suffix": given["IndexDocument"]}
    if "ErrorDocument" in given:
        made["ErrorDocument"] = {"Key": given["ErrorDocument"]}
    return made | {name: given[name] for name in ("RedirectAllRequestsTo", "RoutingRules") if name in given}


def _lifecycle(given: Any) -> Properties:
    return {"Rules": [_lifecycle_rule(each) for each in given["Rules"]]}


def _lifecycle_rule(given: Properties) -> Properties:
    chosen: Properties = {}
    if "Prefix" in given:
        chosen["Prefix"] = given["Prefix"]
    if given.get("TagFilters"):
        chosen["Tags"] = given["TagFilters"]
    chosen |= {name: int(given[name]) for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan") if name in given}
    if len(chosen) > 1 or len(chosen.get("Tags", [])) > 1:
        chosen = {"And": chosen}
    elif "Tags" in chosen:
        chosen = {"Tag": chosen["Tags"][0]}
    rule: Properties = {"Status": given["Status"], "Filter": chosen or {"Prefix": ""}}
    if "Id" in given:
        rule["ID"] = given["Id"]
    if "ExpirationInDays" in given:
        rule["Expiration"] = {"Days": int(given["ExpirationInDays"])}
    elif "ExpirationDate" in given:
        rule["Expiration"] = {"Date": given["ExpirationDate"]}
    elif "ExpiredObjectDeleteMarker" in given:
        rule["Expiration"] = {"ExpiredObjectDeleteMarker": _is(given["ExpiredObjectDeleteMarker"])}
    if moves := [*given.get("Transitions", []), *([given["Transition"]] if "Transition" in given else [])]:
        rule["Transitions"] = [_move(each, "Days") for each in moves]
    if older := given.get("NoncurrentVersionTransitions"):
        rule["NoncurrentVersionTransitions"] = [_move(each, "NoncurrentDays") for each in older]
    if "NoncurrentVersionExpirationInDays" in given:
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(given["NoncurrentVersionExpirationInDays"])}
    for name in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if name in given:
            rule[name] = _plain(given[name])
    return rule


def _move(given: Properties, days: str) -> Properties:
    names = {"TransitionInDays": days, "TransitionDate": "Date"}
    return _plain({names.get(name, name): value for name, value in given.items()})  # type: ignore[no-any-return]


def _cors(given: Any) -> Properties:
    names = {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds", "Id": "ID"}
    rules = [{names.get(name, name): value for name, value in each.items()} for each in given["CorsRules"]]
    return {
        "CORSRules": [
            {name: int(value) if name == "MaxAgeSeconds" else value for name, value in each.items()} for each in rules
        ]
    }


def _notifications(given: Any) -> Properties:
    made: Properties = {}
    for theirs, target, ours, arn in (
        ("LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
        ("QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"),
        ("TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"),
    ):
        for each in (given or {}).get(theirs) or []:
            one: Properties = {arn: each[target], "Events": [each["Event"]]}
            if rules := ((each.get("Filter") or {}).get("S3Key") or {}).get("Rules"):
                one["Filter"] = {"Key": {"FilterRules": rules}}
            made.setdefault(ours, []).append(one)
    bridge = (given or {}).get("EventBridgeConfiguration")
    if bridge is not None and _is(bridge.get("EventBridgeEnabled", True)):
        made["EventBridgeConfiguration"] = {}
    return made


# Type: property: what sets it on the resource with this id (None: the template has it no more).
_LATER: Final[dict[str, dict[str, Callable[[str, str, Any], None]]]] = {
    "AWS::EC2::VPC": {name: _dns(name) for name in ("EnableDnsSupport", "EnableDnsHostnames")},
    "AWS::Lambda::Function": {
        "DeadLetterConfig": _function("DeadLetterConfig", {"TargetArn": ""}),
        "EphemeralStorage": _function("EphemeralStorage", {"Size": 512}),
        "TracingConfig": _function("TracingConfig", {"Mode": "PassThrough"}),
    },
    "AWS::S3::Bucket": {
        "BucketEncryption": _bucket(
            "PutBucketEncryption", "ServerSideEncryptionConfiguration", _encryption, "DeleteBucketEncryption"
        ),
        "Tags": _bucket("PutBucketTagging", "Tagging", _tags, "DeleteBucketTagging"),
        "OwnershipControls": _bucket(
            "PutBucketOwnershipControls", "OwnershipControls", _plain, "DeleteBucketOwnershipControls"
        ),
        "PublicAccessBlockConfiguration": _bucket(
            "PutPublicAccessBlock", "PublicAccessBlockConfiguration", _blocks, "DeletePublicAccessBlock"
        ),
        "VersioningConfiguration": _bucket("PutBucketVersioning", "VersioningConfiguration", _versioning),
        "LifecycleConfiguration": _bucket(
            "PutBucketLifecycleConfiguration", "LifecycleConfiguration", _lifecycle, "DeleteBucketLifecycle"
        ),
        "CorsConfiguration": _bucket("PutBucketCors", "CORSConfiguration", _cors, "DeleteBucketCors"),
        "WebsiteConfiguration": _bucket("PutBucketWebsite", "WebsiteConfiguration", _website, "DeleteBucketWebsite"),
        "NotificationConfiguration": _bucket(
            "PutBucketNotificationConfiguration", "NotificationConfiguration", _notifications
        ),
    },
}
