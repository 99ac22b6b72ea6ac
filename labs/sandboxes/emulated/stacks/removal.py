"""How the resources that moto makes for a stack, and never takes away or changes, are taken away and changed.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html,
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from moto.cloudformation import parsing

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.inner import call
from labs.sandboxes.emulated.stacks.kinds import Made

__all__ = ["can_change", "change", "keep_snapshot", "remove"]

Properties = dict[str, Any]
# Type: service, operation, the parameter that takes the physical id ("[]": a list of one).
_BY_ID: Final[dict[str, tuple[str, str, str]]] = {
    "AWS::ApiGateway::RestApi": ("apigateway", "DeleteRestApi", "restApiId"),
    "AWS::AutoScaling::LaunchConfiguration": (
        "autoscaling", "DeleteLaunchConfiguration", "LaunchConfigurationName",
    ),
    "AWS::EC2::FlowLog": ("ec2", "DeleteFlowLogs", "FlowLogIds[]"),
    "AWS::EC2::InternetGateway": ("ec2", "DeleteInternetGateway", "InternetGatewayId"),
    "AWS::EC2::NatGateway": ("ec2", "DeleteNatGateway", "NatGatewayId"),
    "AWS::EC2::RouteTable": ("ec2", "DeleteRouteTable", "RouteTableId"),
    "AWS::EC2::TransitGateway": ("ec2", "DeleteTransitGateway", "TransitGatewayId"),
    "AWS::EC2::VPCEndpoint": ("ec2", "DeleteVpcEndpoints", "VpcEndpointIds[]"),
    "AWS::EC2::VPCPeeringConnection": ("ec2", "DeleteVpcPeeringConnection", "VpcPeeringConnectionId"),
    "AWS::EC2::Subnet": ("ec2", "DeleteSubnet", "SubnetId"),
    "AWS::EC2::SecurityGroup": ("ec2", "DeleteSecurityGroup", "GroupId"),
    "AWS::EC2::VPC": ("ec2", "DeleteVpc", "VpcId"),
    "AWS::EC2::Volume": ("ec2", "DeleteVolume", "VolumeId"),
    "AWS::ECS::Cluster": ("ecs", "DeleteCluster", "cluster"),
    "AWS::ECS::TaskDefinition": ("ecs", "DeregisterTaskDefinition", "taskDefinition"),
    "AWS::ElasticLoadBalancingV2::Listener": ("elbv2", "DeleteListener", "ListenerArn"),
    "AWS::ElasticLoadBalancingV2::ListenerRule": ("elbv2", "DeleteRule", "RuleArn"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("elbv2", "DeleteTargetGroup", "TargetGroupArn"),
    "AWS::IAM::ManagedPolicy": ("iam", "DeletePolicy", "PolicyArn"),
    "AWS::Lambda::Version": ("lambda", "DeleteFunction", "FunctionName"),
    "AWS::Route53::HealthCheck": ("route53", "DeleteHealthCheck", "HealthCheckId"),
    "AWS::Route53::HostedZone": ("route53", "DeleteHostedZone", "Id"),
    "AWS::S3::Bucket": ("s3", "DeleteBucket", "Bucket"),
}  # fmt: skip


def remove(account: str, region: str, resource: Any, properties: Properties) -> None:
    """Take a resource away. Raises what refuses it."""
    kind, ident = resource.cf_resource_type, getattr(resource, "physical_resource_id", None)
    if not isinstance(resource, Made) and kind in _BY_ID:
        service, operation, name = _BY_ID[kind]
        if kind == "AWS::IAM::ManagedPolicy":
            _detach_everybody(str(ident))
        wanted = {name.removesuffix("[]"): [ident] if name.endswith("[]") else ident}
        call(service, operation, region=region, **wanted)
    elif remover := _REMOVERS.get(kind):
        remover(region, str(ident), properties)
    elif "delete" in dir(type(resource)) and not isinstance(resource, Made):
        try:
            resource.delete(account, region)
        except (AttributeError, TypeError):
            given = {"Type": kind, "Properties": properties}
            parsing.parse_and_delete_resource(str(ident), given, account, region)
    elif isinstance(resource, Made):
        resource.delete(account, region)
    else:
        parsing.parse_and_delete_resource(str(ident), {"Type": kind, "Properties": properties}, account, region)


def _detach_everybody(arn: str) -> None:
    told = call("iam", "ListEntitiesForPolicy", PolicyArn=arn)
    for each in told["PolicyRoles"]:
        call("iam", "DetachRolePolicy", RoleName=each["RoleName"], PolicyArn=arn)
    for each in told["PolicyUsers"]:
        call("iam", "DetachUserPolicy", UserName=each["UserName"], PolicyArn=arn)
    for each in told["PolicyGroups"]:
        call("iam", "DetachGroupPolicy", GroupName=each["GroupName"], PolicyArn=arn)


def _route(region: str, ident: str, given: Properties) -> None:
    names = ("RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock")
    call("ec2", "DeleteRoute", region=region, **{name: given[name] for name in names if name in given})


def _attachment(region: str, ident: str, given: Properties) -> None:
    if "InternetGatewayId" in given:
        more = {"InternetGatewayId": given["InternetGatewayId"], "VpcId": given["VpcId"]}
        call("ec2", "DetachInternetGateway", region=region, **more)
    else:
        call("ec2", "DetachVpnGateway", region=region, VpnGatewayId=given["VpnGatewayId"], VpcId=given["VpcId"])


def _association(region: str, ident: str, given: Properties) -> None:
    tables = call("ec2", "DescribeRouteTables", region=region, RouteTableIds=[given["RouteTableId"]])["RouteTables"]
    for each in tables[0]["Associations"]:
        if each.get("SubnetId") == given["SubnetId"]:
            association = each["RouteTableAssociationId"]
            call("ec2", "DisassociateRouteTable", region=region, AssociationId=association)


def _address(region: str, ident: str, given: Properties) -> None:
    found = call("ec2", "DescribeAddresses", region=region)["Addresses"]
    for each in found:
        if ident in (each.get("PublicIp"), each.get("AllocationId")):
            if each.get("AssociationId"):
                call("ec2", "DisassociateAddress", region=region, AssociationId=each["AssociationId"])
            call("ec2", "ReleaseAddress", region=region, AllocationId=each["AllocationId"])


def _ingress(region: str, ident: str, given: Properties) -> None:
    rule: Properties = {"IpProtocol": str(given["IpProtocol"])}
    rule |= {name: int(given[name]) for name in ("FromPort", "ToPort") if name in given}
    if "CidrIp" in given:
        rule["IpRanges"] = [{"CidrIp": given["CidrIp"]}]
    if "SourceSecurityGroupId" in given:
        rule["UserIdGroupPairs"] = [{"GroupId": given["SourceSecurityGroupId"]}]
    call("ec2", "RevokeSecurityGroupIngress", region=region, GroupId=given["GroupId"], IpPermissions=[rule])


def _service(region: str, ident: str, given: Properties) -> None:
    call("ecs", "DeleteService", region=region, cluster=given.get("Cluster", "default"), service=ident, force=True)


def _attached_volume(region: str, ident: str, given: Properties) -> None:
    call("ec2", "DetachVolume", region=region, VolumeId=given["VolumeId"], InstanceId=given["InstanceId"])


_REMOVERS: Final[dict[str, Callable[[str, str, Properties], None]]] = {
    "AWS::EC2::EIP": _address,
    "AWS::EC2::Route": _route,
    "AWS::EC2::SecurityGroupIngress": _ingress,
    "AWS::EC2::SubnetRouteTableAssociation": _association,
    "AWS::EC2::VPCGatewayAttachment": _attachment,
    "AWS::EC2::VolumeAttachment": _attached_volume,
    "AWS::ECS::Service": _service,
    # They go with what they belong to.
    "AWS::ApiGateway::Deployment": lambda *_: None,
    "AWS::ApiGateway::Method": lambda *_: None,
    "AWS::ApiGateway::Resource": lambda *_: None,
    "AWS::Lambda::Permission": lambda *_: None,
    "AWS::CloudFormation::WaitConditionHandle": lambda *_: None,
}


def keep_snapshot(region: str, resource: Any, name: str) -> bool:
    """Take the snapshot that DeletionPolicy: Snapshot asks for; False where the type has none."""
    kind, ident = resource.cf_resource_type, str(resource.physical_resource_id)
    if kind == "AWS::RDS::DBInstance":
        call("rds", "CreateDBSnapshot", region=region, DBInstanceIdentifier=ident, DBSnapshotIdentifier=name.lower())
    elif kind == "AWS::EC2::Volume":
        call("ec2", "CreateSnapshot", region=region, VolumeId=ident, Description=name)
    else:
        return False
    return True


def can_change(kind: str) -> bool:
    """Return whether change() is how a resource of the type is changed, whatever moto has."""
    return kind in _CHANGERS


def change(region: str, resource: Any, old: Properties, new: Properties) -> None:
    """Change in place what moto cannot: by the calls that one would make by hand. Raises AwsError where we cannot either."""
    kind, ident = resource.cf_resource_type, str(resource.physical_resource_id)
    changed = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    if "Tags" in changed and kind.startswith("AWS::EC2::"):
        gone = {each["Key"] for each in old.get("Tags", [])} - {each["Key"] for each in new.get("Tags", [])}
        if gone:
            call("ec2", "DeleteTags", region=region, Resources=[ident], Tags=[{"Key": each} for each in sorted(gone)])
        if new.get("Tags"):
            call("ec2", "CreateTags", region=region, Resources=[ident], Tags=new["Tags"])
        changed.discard("Tags")
    known, changer = _CHANGERS.get(kind, (frozenset(), None))
    if not changed:
        return
    if changer is None or not changed <= known:
        names = ", ".join(sorted(changed - known))
        message = f"A change of {names} of {kind} is not simulated here. On AWS it may well work."
        raise AwsError("NotImplemented", message, 501)
    changer(region, ident, {name: new.get(name) for name in changed})


def _database(region: str, ident: str, new: Properties) -> None:
    numbers = {"AllocatedStorage", "BackupRetentionPeriod"}
    flags = {"MultiAZ", "DeletionProtection", "PubliclyAccessible"}
    wanted = {
        name: int(value) if name in numbers else str(value).lower() == "true" if name in flags else value
        for name, value in new.items()
    }
    wanted |= {"VpcSecurityGroupIds": wanted.pop("VPCSecurityGroups")} if "VPCSecurityGroups" in wanted else {}
    call("rds", "ModifyDBInstance", region=region, DBInstanceIdentifier=ident, ApplyImmediately=True, **wanted)


def _instance(region: str, ident: str, new: Properties) -> None:
    call("ec2", "StopInstances", region=region, InstanceIds=[ident])
    kind = {"Value": new["InstanceType"]}
    call("ec2", "ModifyInstanceAttribute", region=region, InstanceId=ident, InstanceType=kind)
    call("ec2", "StartInstances", region=region, InstanceIds=[ident])


def _log_group(region: str, ident: str, new: Properties) -> None:
    if new["RetentionInDays"] is None:
        call("logs", "DeleteRetentionPolicy", region=region, logGroupName=ident)
    else:
        days = int(new["RetentionInDays"])
        call("logs", "PutRetentionPolicy", region=region, logGroupName=ident, retentionInDays=days)


def _table(region: str, ident: str, new: Properties) -> None:
    wanted = dict(new)
    if wanted.get("ProvisionedThroughput"):
        wanted["ProvisionedThroughput"] = {name: int(each) for name, each in wanted["ProvisionedThroughput"].items()}
    call(
        "dynamodb", "UpdateTable", region=region, TableName=ident, **{k: v for k, v in wanted.items() if v is not None}
    )


def _subnet(region: str, ident: str, new: Properties) -> None:
    value = {"Value": str(new["MapPublicIpOnLaunch"]).lower() == "true"}
    call("ec2", "ModifySubnetAttribute", region=region, SubnetId=ident, MapPublicIpOnLaunch=value)


def _vpc(region: str, ident: str, new: Properties) -> None:
    for name, value in new.items():
        wanted = {name: {"Value": str(value).lower() == "true"}}
        call("ec2", "ModifyVpcAttribute", region=region, VpcId=ident, **wanted)


_QUEUE: Final = frozenset({
    "ContentBasedDeduplication", "DelaySeconds", "KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "MaximumMessageSize",
    "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds", "RedriveAllowPolicy", "RedrivePolicy", "VisibilityTimeout",
})  # fmt: skip
_DEFAULTS: Final = {"DelaySeconds": "0", "MaximumMessageSize": "262144", "MessageRetentionPeriod": "345600",
                    "ReceiveMessageWaitTimeSeconds": "0", "VisibilityTimeout": "30"}  # fmt: skip


def _queue(region: str, ident: str, new: Properties) -> None:
    wanted = {
        name: json.dumps(value) if isinstance(value, dict) else _DEFAULTS.get(name, "") if value is None else str(value)
        for name, value in new.items()
    }
    call("sqs", "SetQueueAttributes", region=region, QueueUrl=ident, Attributes=wanted)


def _topic(region: str, ident: str, new: Properties) -> None:
    for name, value in new.items():
        more = {"AttributeName": name, "AttributeValue": "" if value is None else str(value)}
        call("sns", "SetTopicAttributes", region=region, TopicArn=ident, **more)


_CHANGERS: Final[dict[str, tuple[frozenset[str], Callable[[str, str, Properties], None]]]] = {
    "AWS::DynamoDB::Table": (frozenset({"BillingMode", "ProvisionedThroughput"}), _table),
    "AWS::EC2::Instance": (frozenset({"InstanceType"}), _instance),
    "AWS::EC2::Subnet": (frozenset({"MapPublicIpOnLaunch"}), _subnet),
    "AWS::EC2::VPC": (frozenset({"EnableDnsHostnames", "EnableDnsSupport"}), _vpc),
    "AWS::SNS::Topic": (frozenset({"DisplayName", "KmsMasterKeyId"}), _topic),
    "AWS::SQS::Queue": (_QUEUE, _queue),
    "AWS::Logs::LogGroup": (frozenset({"RetentionInDays"}), _log_group),
    "AWS::RDS::DBInstance": (
        frozenset({"AllocatedStorage", "BackupRetentionPeriod", "DBInstanceClass", "DeletionProtection", "MasterUserPassword",
                   "MultiAZ", "PubliclyAccessible", "VPCSecurityGroups"}),
        _database,
    ),
}  # fmt: skip
