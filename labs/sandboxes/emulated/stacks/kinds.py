"""Resource types that moto's CloudFormation does not make, made by the calls that one would make by hand.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.moto_api._internal import mock_random

from labs.sandboxes.emulated.inner import call

__all__ = ["KINDS", "Made"]

Properties = dict[str, Any]


@dataclass
class Made:
    """A resource of a stack, in the shape that moto's own have."""

    cf_resource_type: str
    logical_resource_id: str
    physical_resource_id: str
    region: str
    properties: Properties
    attributes: dict[str, Any] = field(default_factory=dict)

    def get_cfn_attribute(self, name: str) -> Any:
        """Return what Fn::GetAtt says of it."""
        if name not in self.attributes:
            raise UnformattedGetAttTemplateException
        return self.attributes[name]

    def is_created(self) -> bool:
        """Whether it is there."""
        return True

    def delete(self, account_id: str, region: str) -> None:
        """Take it away."""
        KINDS[self.cf_resource_type].delete(self)


@dataclass(frozen=True)
class Kind:
    """How to make one (region, name for it, properties) -> (physical id, attributes), and take it away.

    `puts`: making it again changes the one that is there.
    """

    make: Callable[[str, str, Properties], tuple[str, dict[str, Any]]]
    delete: Callable[[Made], Any]
    puts: bool = False


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def _only(given: Properties, *names: str) -> Properties:
    return {name: given[name] for name in names if name in given}


def _number(value: Any) -> Any:
    text = str(value)
    return float(text) if "." in text else int(text)


def _subscription(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    attributes = {
        each: _text(given[each]) if isinstance(given[each], dict) else str(given[each]).lower()
        for each in ("FilterPolicy", "RedrivePolicy", "RawMessageDelivery", "FilterPolicyScope")
        if each in given
    }
    if "FilterPolicyScope" in attributes:
        attributes["FilterPolicyScope"] = str(given["FilterPolicyScope"])
    wanted = _only(given, "TopicArn", "Protocol", "Endpoint")
    made = call("sns", "Subscribe", region=region, **wanted, Attributes=attributes, ReturnSubscriptionArn=True)
    return made["SubscriptionArn"], {"Arn": made["SubscriptionArn"]}


def _topic_policy(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    for arn in given["Topics"]:
        policy = _text(given["PolicyDocument"])
        call("sns", "SetTopicAttributes", region=region, TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return name, {"Id": name}


def _queue_policy(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    for url in given["Queues"]:
        policy = {"Policy": _text(given["PolicyDocument"])}
        call("sqs", "SetQueueAttributes", region=region, QueueUrl=url, Attributes=policy)
    return name, {"Id": name}


def _no_queue_policy(made: Made) -> None:
    for url in made.properties["Queues"]:
        call("sqs", "SetQueueAttributes", region=made.region, QueueUrl=url, Attributes={"Policy": ""})


def _bucket_policy(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    policy = _text(given["PolicyDocument"])
    call("s3", "PutBucketPolicy", region=region, Bucket=given["Bucket"], Policy=policy)
    return str(given["Bucket"]), {}


def _alarm(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    numbers = ("Period", "EvaluationPeriods", "DatapointsToAlarm", "Threshold")
    wanted = {each: _number(value) if each in numbers else value for each, value in given.items()}
    if "ActionsEnabled" in wanted:
        wanted["ActionsEnabled"] = str(wanted["ActionsEnabled"]).lower() == "true"
    if "Threshold" in wanted:
        wanted["Threshold"] = float(wanted["Threshold"])
    wanted["AlarmName"] = given.get("AlarmName", name)
    call("cloudwatch", "PutMetricAlarm", region=region, **wanted)
    told = call("cloudwatch", "DescribeAlarms", region=region, AlarmNames=[wanted["AlarmName"]])["MetricAlarms"][0]
    return wanted["AlarmName"], {"Arn": told["AlarmArn"]}


def _secret(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    text = given.get("SecretString")
    if (wanted := given.get("GenerateSecretString")) is not None:
        password = "".join(mock_random.choice("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789")
                           for _ in range(int(wanted.get("PasswordLength", 32))))  # fmt: skip
        text = password
        if "GenerateStringKey" in wanted:
            text = json.dumps(
                {**json.loads(wanted.get("SecretStringTemplate", "{}")), wanted["GenerateStringKey"]: password}
            )
    more = _only(given, "Description", "KmsKeyId", "Tags")
    made = call(
        "secretsmanager", "CreateSecret", region=region, Name=given.get("Name", name), SecretString=text or "", **more
    )
    return made["ARN"], {"Id": made["ARN"]}


def _no_secret(made: Made) -> None:
    more = {"SecretId": made.physical_resource_id, "ForceDeleteWithoutRecovery": True}
    call("secretsmanager", "DeleteSecret", region=made.region, **more)


def _group(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    group = given.get("GroupName", name)
    made = call("iam", "CreateGroup", GroupName=group, Path=given.get("Path", "/"))["Group"]
    for each in given.get("Policies", []):
        document = _text(each["PolicyDocument"])
        call("iam", "PutGroupPolicy", GroupName=group, PolicyName=each["PolicyName"], PolicyDocument=document)
    for arn in given.get("ManagedPolicyArns", []):
        call("iam", "AttachGroupPolicy", GroupName=group, PolicyArn=arn)
    return group, {"Arn": made["Arn"]}


def _no_group(made: Made) -> None:
    name = made.physical_resource_id
    for each in call("iam", "ListGroupPolicies", GroupName=name)["PolicyNames"]:
        call("iam", "DeleteGroupPolicy", GroupName=name, PolicyName=each)
    for each in call("iam", "ListAttachedGroupPolicies", GroupName=name)["AttachedPolicies"]:
        call("iam", "DetachGroupPolicy", GroupName=name, PolicyArn=each["PolicyArn"])
    call("iam", "DeleteGroup", GroupName=name)


def _members(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    for user in given["Users"]:
        call("iam", "AddUserToGroup", GroupName=given["GroupName"], UserName=user)
    return name, {"Id": name}


def _no_members(made: Made) -> None:
    for user in made.properties["Users"]:
        call("iam", "RemoveUserFromGroup", GroupName=made.properties["GroupName"], UserName=user)


def _rule(given: Properties) -> Properties:
    rule: Properties = {"IpProtocol": str(given["IpProtocol"])}
    rule |= {name: int(given[name]) for name in ("FromPort", "ToPort") if name in given}
    said = {"Description": given["Description"]} if "Description" in given else {}
    if "CidrIp" in given:
        rule["IpRanges"] = [{"CidrIp": given["CidrIp"], **said}]
    if "CidrIpv6" in given:
        rule["Ipv6Ranges"] = [{"CidrIpv6": given["CidrIpv6"], **said}]
    for other in ("DestinationSecurityGroupId", "SourceSecurityGroupId"):
        if other in given:
            rule["UserIdGroupPairs"] = [{"GroupId": given[other], **said}]
    return rule


def _egress(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    group = given["GroupId"]
    made = call("ec2", "AuthorizeSecurityGroupEgress", region=region, GroupId=group, IpPermissions=[_rule(given)])
    ident = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    return ident, {"Id": ident}


def _no_egress(made: Made) -> None:
    group, rule = made.properties["GroupId"], _rule(made.properties)
    call("ec2", "RevokeSecurityGroupEgress", region=made.region, GroupId=group, IpPermissions=[rule])


def _ingress(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    group = {each: given[each] for each in ("GroupId", "GroupName") if each in given}
    made = call("ec2", "AuthorizeSecurityGroupIngress", region=region, **group, IpPermissions=[_rule(given)])
    ident = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    return ident, {"Id": ident}


def _no_ingress(made: Made) -> None:
    group, rule = made.properties["GroupId"], _rule(made.properties)
    call("ec2", "RevokeSecurityGroupIngress", region=made.region, GroupId=group, IpPermissions=[rule])


def _table_association(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    wanted = _only(given, "RouteTableId", "SubnetId")
    made = call("ec2", "AssociateRouteTable", region=region, **wanted)["AssociationId"]
    return made, {"Id": made}


def _no_table_association(made: Made) -> None:
    call("ec2", "DisassociateRouteTable", region=made.region, AssociationId=made.physical_resource_id)


def _volume(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    wanted = _only(given, "AvailabilityZone", "SnapshotId", "VolumeType", "KmsKeyId")
    wanted |= {each: int(given[each]) for each in ("Size", "Iops", "Throughput") if each in given}
    if "Encrypted" in given:
        wanted["Encrypted"] = _is(given, "Encrypted")
    if given.get("Tags"):
        wanted["TagSpecifications"] = [{"ResourceType": "volume", "Tags": given["Tags"]}]
    made = call("ec2", "CreateVolume", region=region, **wanted)["VolumeId"]
    return made, {"VolumeId": made}


def _no_volume(made: Made) -> None:
    call("ec2", "DeleteVolume", region=made.region, VolumeId=made.physical_resource_id)


def _volume_attachment(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    wanted = {"Device": "/dev/sdf", **_only(given, "VolumeId", "InstanceId", "Device")}
    call("ec2", "AttachVolume", region=region, **wanted)
    return name, {}


def _no_volume_attachment(made: Made) -> None:
    call("ec2", "DetachVolume", region=made.region, **_only(made.properties, "VolumeId", "InstanceId"))


def _acl(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    made = call("ec2", "CreateNetworkAcl", region=region, VpcId=given["VpcId"])["NetworkAcl"]["NetworkAclId"]
    if given.get("Tags"):
        call("ec2", "CreateTags", region=region, Resources=[made], Tags=given["Tags"])
    return made, {"Id": made}


def _acl_entry(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    wanted = _only(given, "NetworkAclId", "CidrBlock", "Ipv6CidrBlock", "RuleAction")
    wanted |= {
        "RuleNumber": int(given["RuleNumber"]),
        "Protocol": str(given["Protocol"]),
        "Egress": _is(given, "Egress"),
    }
    if "PortRange" in given:
        wanted["PortRange"] = {each: int(value) for each, value in given["PortRange"].items()}
    call("ec2", "CreateNetworkAclEntry", region=region, **wanted)
    return name, {"Id": name}


def _is(given: Properties, name: str) -> bool:
    return str(given.get(name, "")).lower() == "true"


def _no_acl_entry(made: Made) -> None:
    wanted = {"NetworkAclId": made.properties["NetworkAclId"], "RuleNumber": int(made.properties["RuleNumber"])}
    call("ec2", "DeleteNetworkAclEntry", region=made.region, Egress=_is(made.properties, "Egress"), **wanted)


def _acl_association(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    by_subnet = [{"Name": "association.subnet-id", "Values": [given["SubnetId"]]}]
    found = call("ec2", "DescribeNetworkAcls", region=region, Filters=by_subnet)["NetworkAcls"][0]["Associations"]
    old = next(each["NetworkAclAssociationId"] for each in found if each["SubnetId"] == given["SubnetId"])
    wanted = {"AssociationId": old, "NetworkAclId": given["NetworkAclId"]}
    made = call("ec2", "ReplaceNetworkAclAssociation", region=region, **wanted)["NewAssociationId"]
    return made, {"AssociationId": made}


def _no_acl_association(made: Made) -> None:
    by_id = [{"Name": "network-acl-id", "Values": [made.properties["NetworkAclId"]]}]
    acl = call("ec2", "DescribeNetworkAcls", region=made.region, Filters=by_id)["NetworkAcls"][0]
    filters = [{"Name": "vpc-id", "Values": [acl["VpcId"]]}, {"Name": "default", "Values": ["true"]}]
    default = call("ec2", "DescribeNetworkAcls", region=made.region, Filters=filters)["NetworkAcls"][0]["NetworkAclId"]
    _acl_association(made.region, "", {**made.properties, "NetworkAclId": default})


def _scaling_policy(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    numbers = ("ScalingAdjustment", "Cooldown", "EstimatedInstanceWarmup", "MinAdjustmentMagnitude")
    wanted: dict[str, Any] = {each: int(value) if each in numbers else value for each, value in given.items()}
    wanted.setdefault("PolicyName", name)
    if "TargetTrackingConfiguration" in wanted:
        target = dict(wanted["TargetTrackingConfiguration"])
        wanted["TargetTrackingConfiguration"] = {**target, "TargetValue": float(target["TargetValue"])}
    made = call("autoscaling", "PutScalingPolicy", region=region, **wanted)["PolicyARN"]
    return made, {"Arn": made, "PolicyName": wanted["PolicyName"]}


def _metric_filter(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
    wanted = {
        "logGroupName": given["LogGroupName"],
        "filterName": given.get("FilterName", name),
        "filterPattern": given.get("FilterPattern", ""),
        "metricTransformations": [
            {each[0].lower() + each[1:]: float(value) if each == "DefaultValue" else str(value)
             for each, value in one.items() if each != "Dimensions"}
            for one in given["MetricTransformations"]
        ],
    }  # fmt: skip
    call("logs", "PutMetricFilter", region=region, **wanted)
    return wanted["filterName"], {}


def _simple(
    service: str,
    make: str,
    take: str,
    wanted: Callable[[str, Properties], Properties],
    found: Callable[[dict[str, Any]], tuple[str, dict[str, Any]]],
    by: Callable[[Made], Properties],
) -> Kind:
    def made(region: str, name: str, given: Properties) -> tuple[str, dict[str, Any]]:
        return found(call(service, make, region=region, **wanted(name, given)))

    return Kind(made, lambda each: call(service, take, region=each.region, **by(each)))


KINDS: Final[dict[str, Kind]] = {
    "AWS::AutoScaling::ScalingPolicy": Kind(
        _scaling_policy,
        lambda made: call("autoscaling", "DeletePolicy", region=made.region, PolicyName=made.physical_resource_id,
                          AutoScalingGroupName=made.properties["AutoScalingGroupName"]),
        puts=True,
    ),
    "AWS::CertificateManager::Certificate": _simple(
        "acm", "RequestCertificate", "DeleteCertificate",
        lambda name, given: _only(given, "DomainName", "SubjectAlternativeNames", "ValidationMethod", "Tags"),
        lambda told: (told["CertificateArn"], {}),
        lambda made: {"CertificateArn": made.physical_resource_id},
    ),
    "AWS::CloudWatch::Alarm": Kind(
        _alarm,
        lambda made: call("cloudwatch", "DeleteAlarms", region=made.region, AlarmNames=[made.physical_resource_id]),
        puts=True,
    ),
    "AWS::CodeCommit::Repository": _simple(
        "codecommit", "CreateRepository", "DeleteRepository",
        lambda name, given: {"repositoryName": given["RepositoryName"],
                             "repositoryDescription": given.get("RepositoryDescription", "")},
        lambda told: (told["repositoryMetadata"]["repositoryId"],
                      {"Arn": told["repositoryMetadata"]["Arn"], "Name": told["repositoryMetadata"]["repositoryName"],
                       "CloneUrlHttp": told["repositoryMetadata"]["cloneUrlHttp"]}),
        lambda made: {"repositoryName": made.properties["RepositoryName"]},
    ),
    "AWS::EC2::NetworkAcl": Kind(
        _acl, lambda made: call("ec2", "DeleteNetworkAcl", region=made.region, NetworkAclId=made.physical_resource_id)
    ),
    "AWS::EC2::NetworkAclEntry": Kind(_acl_entry, _no_acl_entry),
    "AWS::EC2::SecurityGroupEgress": Kind(_egress, _no_egress),
    "AWS::EC2::SecurityGroupIngress": Kind(_ingress, _no_ingress),
    "AWS::EC2::SubnetRouteTableAssociation": Kind(_table_association, _no_table_association),
    "AWS::EC2::Volume": Kind(_volume, _no_volume),
    "AWS::EC2::VolumeAttachment": Kind(_volume_attachment, _no_volume_attachment),
    "AWS::EC2::SubnetNetworkAclAssociation": Kind(_acl_association, _no_acl_association),
    "AWS::IAM::Group": Kind(_group, _no_group),
    "AWS::IAM::UserToGroupAddition": Kind(_members, _no_members),
    "AWS::Logs::MetricFilter": Kind(
        _metric_filter,
        lambda made: call("logs", "DeleteMetricFilter", region=made.region, filterName=made.physical_resource_id,
                          logGroupName=made.properties["LogGroupName"]),
        puts=True,
    ),
    "AWS::S3::BucketPolicy": Kind(
        _bucket_policy,
        lambda made: call("s3", "DeleteBucketPolicy", region=made.region, Bucket=made.physical_resource_id),
        puts=True,
    ),
    "AWS::SNS::Subscription": Kind(
        _subscription,
        lambda made: call("sns", "Unsubscribe", region=made.region, SubscriptionArn=made.physical_resource_id),
    ),
    "AWS::SNS::TopicPolicy": Kind(_topic_policy, lambda made: None, puts=True),
    "AWS::SQS::QueuePolicy": Kind(_queue_policy, _no_queue_policy, puts=True),
    "AWS::SecretsManager::Secret": Kind(_secret, _no_secret),
}  # fmt: skip
