"""What an account may have of each thing: AWS's default quotas, with AWS's codes and words; one row a quota.

A row says how many there are already and how many the call would add. Quotas above our own ceiling (fidelity/quotas.py:
2,000 resources) have a row too: an author who lowers one here finds the words beside it. Those that moto keeps itself are
not repeated: rules of a security group (60), keys of a user (2), versions of a policy (5), CIDR blocks of a VPC (5).
What CloudFormation and Auto Scaling make, they make past these: the ceiling counts it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from moto.autoscaling.models import autoscaling_backends
from moto.awslambda.models import lambda_backends
from moto.cloudformation.models import cloudformation_backends
from moto.cloudtrail.models import cloudtrail_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.dynamodb.models import dynamodb_backends
from moto.ec2.models import ec2_backends
from moto.ec2.models.instance_types import InstanceTypeBackend
from moto.elbv2.models import elbv2_backends
from moto.events.models import events_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.logs.models import logs_backends
from moto.rds.models import rds_backends
from moto.route53.models import route53_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends

from labs.sandboxes.emulated.hooks import Call

__all__ = ["AS_OF", "QUOTAS", "Quota"]

AS_OF: Final = date(2025, 6, 1)

Count = Callable[[Call], int]
_EC2: Final = "https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html"
_VPC: Final = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html"
_IAM: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
_RDS: Final = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html"
_ELB: Final = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"


def _one(call: Call) -> int:
    return 1


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota. `{limit}` and `{name}` in the message are filled in; `name` is the parameter that {name} stands for."""

    service: str
    operations: tuple[str, ...]
    limit: int
    code: str
    message: str
    page: str
    there: Count
    adds: Count = _one
    status: int = 400
    name: str = ""
    note: str = ""
    as_of: date = AS_OF

    def refuses(self, call: Call) -> str:
        """Return what AWS would say to the call, or "" where there is room."""
        adds = self.adds(call)
        if adds <= 0 or self.there(call) + adds <= self.limit:
            return ""
        return self.message.format(limit=self.limit, name=call.parameters.get(self.name, ""), account=call.account_id)


# --- Counting ----------------------------------------------------------------------------------------------------------


def _backend(registry: Any, call: Call) -> Any:
    regions = registry[call.account_id]
    return regions["aws"] if "aws" in regions.regions else regions[call.region]


def _all(registry: Any, attribute: str) -> Count:
    """Return what counts all that a backend holds under one name; what lies in dicts by place is added up."""

    def count(call: Call) -> int:
        held = getattr(_backend(registry, call), attribute)
        inner = list(dict.values(held)) if isinstance(held, dict) else []
        if inner and all(isinstance(each, dict) for each in inner):
            return sum(len(each) for each in inner)
        return dict.__len__(held) if isinstance(held, dict) else len(held)

    return count


def _of_vpc(attribute: str) -> Count:
    """Return what counts those of the call's own VPC."""

    def count(call: Call) -> int:
        held = getattr(_backend(ec2_backends, call), attribute)
        return sum(one.vpc_id == call.parameters.get("VpcId") for one in _flat(held))

    return count


def _flat(held: dict[str, Any]) -> list[Any]:
    values = list(held.values())
    return [one for each in values for one in each.values()] if values and isinstance(values[0], dict) else values


def _new(registry: Any, attribute: str, parameter: str) -> Count:
    """Return what says 0 where the thing exists already and is only written anew."""
    return lambda call: int(call.parameters.get(parameter) not in getattr(_backend(registry, call), attribute))


def _vcpus(call: Call) -> int:
    reservations = _backend(ec2_backends, call).reservations.values()
    instances = [one for each in reservations for one in each.instances]
    return sum(_vcpus_of(one.instance_type) for one in instances if one.state not in ("terminated", "stopped"))


def _vcpus_asked(call: Call) -> int:
    wanted = int(call.parameters.get("MaxCount") or 1)
    return wanted * _vcpus_of(str(call.parameters.get("InstanceType") or "m1.small"))


_known: dict[str, int] = {}


def _vcpus_of(kind: str) -> int:
    if not _known:
        _known.update({each.name: each["VCpuInfo"]["DefaultVCpus"] for each in InstanceTypeBackend.instance_types})
    return _known.get(kind, 1)


def _groups_of_interface(call: Call) -> int:
    """Return how many security groups the call would put on one network interface."""
    given = [call.parameters, *(call.parameters.get("NetworkInterfaces") or [])]
    names = ("SecurityGroupIds", "Groups", "SecurityGroups")
    return max(len(one.get(name) or ()) for one in given for name in names if isinstance(one, dict))


def _gateways_of_zone(call: Call) -> int:
    ec2 = _backend(ec2_backends, call)
    zones = {one.id: one.availability_zone for one in _flat(ec2.subnets)}
    mine = zones.get(str(call.parameters.get("SubnetId")))
    gone = ("deleted", "failed")
    return sum(zones.get(one.subnet_id) == mine and one.state not in gone for one in ec2.nat_gateways.values())


def _entries(call: Call) -> int:
    acl = _backend(ec2_backends, call).network_acls.get(call.parameters.get("NetworkAclId"))
    egress = bool(call.parameters.get("Egress"))
    # The last one, which denies, is AWS's own.
    return sum(str(each.egress).lower() == str(egress).lower() for each in acl.network_acl_entries) - 1 if acl else 0


def _listeners(call: Call) -> int:
    balancer = _backend(elbv2_backends, call).load_balancers.get(call.parameters.get("LoadBalancerArn"))
    return len(balancer.listeners) if balancer else 0


def _manual_snapshots(call: Call) -> int:
    return sum(each.snapshot_type == "manual" for each in _backend(rds_backends, call).database_snapshots.values())


def _attached(kind: str) -> Count:
    def count(call: Call) -> int:
        held = getattr(_backend(iam_backends, call), f"{kind}s")
        name = call.parameters.get(f"{kind.title()}Name")
        found = held.get(name) if kind != "role" else next((one for one in held.values() if one.name == name), None)
        arn = call.parameters.get("PolicyArn")
        return sum(each != arn for each in found.managed_policies) if found else 0

    return count


def _groups_of_user(call: Call) -> int:
    groups = _backend(iam_backends, call).groups.values()
    name, group = call.parameters.get("UserName"), call.parameters.get("GroupName")
    return sum(any(user.name == name for user in each.users) for each in groups if each.name != group)


def _inline(kind: str) -> Count:
    """Return what adds up the inline policies of one user, group or role, but for the one that is written."""

    def count(call: Call) -> int:
        held = getattr(_backend(iam_backends, call), f"{kind}s")
        found = next((one for one in held.values() if one.name == call.parameters.get(f"{kind.title()}Name")), None)
        texts = dict(found.policies) if found else {}
        texts.pop(call.parameters.get("PolicyName"), None)
        return sum(_letters(str(text)) for text in texts.values())

    return count


def _size_of(parameter: str) -> Count:
    return lambda call: _letters(str(call.parameters.get(parameter) or ""))


_SPACE: Final = re.compile(r"\s+")


def _letters(document: str) -> int:
    """Return the size of a policy as IAM counts it: without white space."""
    return len(_SPACE.sub("", document))


def _none(call: Call) -> int:
    return 0


def _code(call: Call) -> int:
    return sum(
        int(getattr(each, "code_size", 0) or 0) for each in _backend(lambda_backends, call).list_functions("ALL")
    )


def _code_asked(call: Call) -> int:
    given = call.parameters.get("Code") or call.parameters
    return len(given.get("ZipFile") or b"")


def _rules_of_bus(call: Call) -> int:
    bus = _bus(call)
    return len(bus.rules) if bus else 0


def _new_rule(call: Call) -> int:
    bus = _bus(call)
    return int(bus is not None and call.parameters.get("Name") not in bus.rules)


def _bus(call: Call) -> Any:
    buses = _backend(events_backends, call).event_buses
    return buses.get(str(call.parameters.get("EventBusName") or "default").rpartition("/")[2])


# --- The table ---------------------------------------------------------------------------------------------------------


def _vpc(operation: str, limit: int, code: str, what: str, there: Count, **more: Any) -> Quota:
    message = f"The maximum number of {what} has been reached."
    return Quota("ec2", (operation,), limit, code, message, _VPC, there, **more)


def _iam(operation: str, limit: int, what: str, there: Count, **more: Any) -> Quota:
    message = f"Cannot exceed quota for {what}: {{limit}}"
    return Quota("iam", (operation,), limit, "LimitExceeded", message, _IAM, there, status=409, **more)


def _rds(operation: str, limit: int, code: str, what: str, there: Count) -> Quota:
    message = f"The request cannot be processed because it would exceed the maximum number of {what}."
    return Quota("rds", (operation,), limit, code, message, _RDS, there)


def _elb(operation: str, limit: int, code: str, what: str, there: Count) -> Quota:
    return Quota("elbv2", (operation,), limit, code, f"The maximum number of {what} has been reached", _ELB, there)


def _page(path: str) -> str:
    return f"https://docs.aws.amazon.com/{path}"


QUOTAS: Final = (
    Quota(
        "ec2", ("RunInstances",), 128, "VcpuLimitExceeded",
        "You have requested more vCPU capacity than your current vCPU limit of {limit} allows for the instance bucket "
        "that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to "
        "request an adjustment to this limit.",
        _EC2, _vcpus, _vcpus_asked, note="A new account of AWS's has 5; this one had it raised.",
    ),
    _vpc("CreateVpc", 5, "VpcLimitExceeded", "VPCs", _all(ec2_backends, "vpcs")),
    _vpc("CreateSubnet", 200, "SubnetLimitExceeded", "subnets", _of_vpc("subnets")),
    _vpc("CreateInternetGateway", 5, "InternetGatewayLimitExceeded", "internet gateways",
         _all(ec2_backends, "internet_gateways")),
    Quota("ec2", ("CreateNatGateway",), 5, "NatGatewayLimitExceeded",
          "Performing this operation would exceed the limit of {limit} NAT gateways", _VPC, _gateways_of_zone),
    _vpc("AllocateAddress", 5, "AddressLimitExceeded", "addresses", _all(ec2_backends, "addresses")),
    _vpc("CreateRouteTable", 200, "RouteTableLimitExceeded", "route tables", _of_vpc("route_tables")),
    _vpc("CreateNetworkAcl", 200, "NetworkAclLimitExceeded", "network ACLs", _of_vpc("network_acls")),
    _vpc("CreateNetworkAclEntry", 20, "NetworkAclEntryLimitExceeded", "network acl entries", _entries),
    _vpc("CreateSecurityGroup", 2500, "SecurityGroupLimitExceeded", "security groups", _all(ec2_backends, "groups")),
    Quota("ec2", ("RunInstances", "CreateNetworkInterface", "ModifyNetworkInterfaceAttribute",
                  "ModifyInstanceAttribute"), 5, "SecurityGroupsPerInterfaceLimitExceeded",
          "The maximum number of security groups per interface has been reached.", _VPC, _none, _groups_of_interface),
    Quota("autoscaling", ("CreateAutoScalingGroup",), 500, "LimitExceeded",
          "You have already reached a limit for the number of Auto Scaling groups allowed.",
          _page("autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html"),
          _all(autoscaling_backends, "autoscaling_groups")),
    _elb("CreateLoadBalancer", 50, "TooManyLoadBalancers", "load balancers", _all(elbv2_backends, "load_balancers")),
    _elb("CreateTargetGroup", 3000, "TooManyTargetGroups", "target groups", _all(elbv2_backends, "target_groups")),
    _elb("CreateListener", 50, "TooManyListeners", "listeners", _listeners),
    _rds("CreateDBInstance", 40, "InstanceQuotaExceeded", "DB instances", _all(rds_backends, "databases")),
    _rds("CreateDBInstanceReadReplica", 40, "InstanceQuotaExceeded", "DB instances", _all(rds_backends, "databases")),
    _rds("CreateDBSnapshot", 100, "SnapshotQuotaExceeded", "snapshots", _manual_snapshots),
    _rds("CreateDBSubnetGroup", 50, "DBSubnetGroupQuotaExceeded", "DB subnet groups",
         _all(rds_backends, "subnet_groups")),
    _rds("CreateDBParameterGroup", 50, "DBParameterGroupQuotaExceeded", "DB parameter groups",
         _all(rds_backends, "db_parameter_groups")),
    _iam("CreateRole", 1000, "RolesPerAccount", _all(iam_backends, "roles")),
    _iam("CreateUser", 5000, "UsersPerAccount", _all(iam_backends, "users")),
    _iam("CreateGroup", 300, "GroupsPerAccount", _all(iam_backends, "groups")),
    _iam("CreatePolicy", 1500, "PoliciesPerAccount", _all(iam_backends, "managed_policies")),
    _iam("CreateInstanceProfile", 1000, "InstanceProfilesPerAccount", _all(iam_backends, "instance_profiles")),
    _iam("AttachRolePolicy", 10, "PoliciesPerRole", _attached("role")),
    _iam("AttachUserPolicy", 10, "PoliciesPerUser", _attached("user")),
    _iam("AttachGroupPolicy", 10, "PoliciesPerGroup", _attached("group")),
    _iam("AddUserToGroup", 10, "GroupsPerUser", _groups_of_user),
    _iam("CreatePolicy", 6144, "PolicySize", _none, adds=_size_of("PolicyDocument")),
    _iam("CreatePolicyVersion", 6144, "PolicySize", _none, adds=_size_of("PolicyDocument")),
    _iam("CreateRole", 2048, "ACLSizePerRole", _none, adds=_size_of("AssumeRolePolicyDocument")),
    _iam("UpdateAssumeRolePolicy", 2048, "ACLSizePerRole", _none, adds=_size_of("PolicyDocument")),
    *(
        Quota("iam", (f"Put{kind.title()}Policy",), limit, "LimitExceeded",
              f"Maximum policy size of {{limit}} bytes exceeded for {kind} {{name}}", _IAM, _inline(kind),
              _size_of("PolicyDocument"), 409, f"{kind.title()}Name")
        for kind, limit in (("role", 10_240), ("user", 2048), ("group", 5120))
    ),
    Quota("s3", ("CreateBucket",), 10_000, "TooManyBuckets",
          "You have attempted to create more buckets than allowed",
          _page("AmazonS3/latest/userguide/BucketRestrictions.html"), _all(s3_backends, "buckets"),
          _new(s3_backends, "buckets", "Bucket"), note="100 until November 2024."),
    Quota("dynamodb", ("CreateTable",), 2500, "LimitExceededException",
          "Subscriber limit exceeded: There is a limit of {limit} tables per subscriber",
          _page("amazondynamodb/latest/developerguide/ServiceQuotas.html"), _all(dynamodb_backends, "tables")),
    Quota("sns", ("CreateTopic",), 100_000, "TopicLimitExceeded", "Topic limit exceeded",
          _page("general/latest/gr/sns.html"), _all(sns_backends, "topics"), status=403),
    Quota("lambda", ("CreateFunction", "UpdateFunctionCode"), 75 << 30, "CodeStorageExceededException",
          "Code storage limit exceeded.", _page("lambda/latest/dg/gettingstarted-limits.html"), _code, _code_asked),
    Quota("cloudwatch", ("PutMetricAlarm",), 5000, "LimitExceeded",
          "The quota for alarms for this customer has already been reached.",
          _page("AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"), _all(cloudwatch_backends, "alarms"),
          _new(cloudwatch_backends, "alarms", "AlarmName")),
    Quota("logs", ("CreateLogGroup",), 1_000_000, "LimitExceededException", "Resource limit exceeded.",
          _page("AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"), _all(logs_backends, "groups")),
    Quota("events", ("PutRule",), 300, "LimitExceededException",
          "The requested resource exceeds the maximum number allowed.",
          _page("eventbridge/latest/userguide/eb-quota.html"), _rules_of_bus, _new_rule),
    Quota("cloudtrail", ("CreateTrail",), 5, "MaximumNumberOfTrailsExceededException",
          "User: {account} already has {limit} trails in this region.",
          _page("awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html"), _all(cloudtrail_backends, "trails")),
    Quota("cloudformation", ("CreateStack",), 2000, "LimitExceededException", "Limit for stack has been exceeded",
          _page("AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"),
          _all(cloudformation_backends, "stacks")),
    Quota("route53", ("CreateHostedZone",), 500, "TooManyHostedZones",
          "Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - Cannot create more hosted zones",
          _page("Route53/latest/DeveloperGuide/DNSLimitations.html"), _all(route53_backends, "zones")),
    Quota("kms", ("CreateKey",), 100_000, "LimitExceededException", "You have exceeded the KMS keys quota.",
          _page("kms/latest/developerguide/resource-limits.html"), _all(kms_backends, "keys")),
    Quota("secretsmanager", ("CreateSecret",), 500_000, "LimitExceededException",
          "You have reached the maximum number of secrets.",
          _page("secretsmanager/latest/userguide/reference_limits.html"), _all(secretsmanager_backends, "secrets")),
)  # fmt: skip
