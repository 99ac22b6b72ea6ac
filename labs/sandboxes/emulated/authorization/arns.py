"""From an action and a call's parameters to the ARNs that AWS authorises the call for.

What an ARN of each type looks like is data (graders.iam.actions); here is where its parts stand in a call. An ARN among
the parameters is taken as it is; a part that the call does not name, since AWS has yet to draw it, is "*" as in
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Final

from graders.iam.actions import Action, ResourceType

__all__ = ["resources_of", "texts"]

# A part of an ARN → the parameters that hold it, where they are not called as the part is (with or without an "s").
_CALLED: Final[dict[str, tuple[str, ...]]] = {
    "AllocationId": ("AllocationId",),
    "AliasName": ("AliasName",),
    "ApplicationName": ("applicationName", "ApplicationName"),
    "BucketName": ("Bucket",),
    "CertificateNameWithPath": ("ServerCertificateName",),
    "ClusterName": ("cluster", "clusterName", "clusters"),
    "ClusterParameterGroupName": ("DBClusterParameterGroupName",),
    "DashboardName": ("DashboardName", "DashboardNames"),
    "DbClusterInstanceName": ("DBClusterIdentifier",),
    "DbInstanceName": ("DBInstanceIdentifier", "SourceDBInstanceIdentifier"),
    "DeploymentConfigurationName": ("deploymentConfigName",),
    "DistributionId": ("Id", "TargetDistributionId"),
    "DocumentName": ("Name", "DocumentName"),
    "EventBusName": ("EventBusName", "Name"),
    "FunctionName": ("FunctionName",),
    "GroupFriendlyName": ("AutoScalingGroupName", "AutoScalingGroupNames"),
    "GroupNameWithPath": ("GroupName",),
    "InstanceProfileNameWithPath": ("InstanceProfileName",),
    "KeyPairName": ("KeyName", "KeyPairName"),
    "LoadBalancerName": ("LoadBalancerName", "Name"),
    "LogGroupName": ("logGroupName",),
    "LogStreamName": ("logStreamName",),
    "MfaTokenIdWithPath": ("VirtualMFADeviceName", "SerialNumber"),
    "NaclId": ("NetworkAclId",),
    "ObjectName": ("Key",),
    "ParameterGroupName": ("DBParameterGroupName", "CacheParameterGroupName"),
    "ParameterNameWithoutLeadingSlash": ("Name", "Names", "Path"),
    "PipelineName": ("name", "pipelineName"),
    "PolicyNameWithPath": ("PolicyName",),
    "ProjectName": ("name", "names", "projectName"),
    "QueueName": ("QueueUrl", "QueueName"),
    "RepositoryName": ("repositoryName", "repositoryNames"),
    "RoleNameWithPath": ("RoleName",),
    "RuleName": ("Name", "Rule"),
    "SamlProviderName": ("Name",),
    "SecretId": ("SecretId", "Name"),
    "SecurityGroupId": ("GroupId", "GroupIds", "SecurityGroupIds", "SecurityGroups"),
    "SecurityGroupName": ("DBSecurityGroupName",),
    "ServiceName": ("service", "serviceName", "services"),
    "SnapshotName": ("DBSnapshotIdentifier", "SnapshotName"),
    "StackName": ("StackName",),
    "StateMachineName": ("name",),
    "SubnetGroupName": ("DBSubnetGroupName",),
    "TableName": ("TableName",),
    "TargetGroupName": ("Name",),
    "TopicName": ("Name",),
    "TrailName": ("Name", "TrailName"),
    "UserNameWithPath": ("UserName",),
    "VolumeId": ("VolumeId", "SourceVolumeId"),
}
_MOST: Final = 100  # ARNs of one call: AWS's own lists are no longer


def resources_of(
    action: Action, parameters: Mapping[str, Any], *, account: str, region: str, known: Mapping[str, str] | None = None
) -> list[str]:
    """Return the ARNs that the call is authorised for, ["*"] where the action asks for none.

    `known` holds parts that the parameters do not show as they are (a role's path, an id behind a name).
    """
    if not action.types:
        return ["*"]
    given = list(itertools.islice(texts(parameters), 200))
    arns = [text for text in given if text.startswith("arn:")]
    lowered = {name.lower(): value for name, value in parameters.items()}
    own = {"Partition": "aws", "Region": region, "Account": account, **(known or {})}
    found: dict[str, None] = {}
    for kind in action.types:
        named = [arn for arn in arns if kind.is_form_of(arn)] or list(_filled(kind, lowered, own))
        if not named and kind in action.required and not _stands_for_another(kind, action):
            partly = own | {name: parts[0] for name in kind.names if (parts := _parts(name, kind, lowered))}
            named = [kind.filled(partly)]
        found.update(dict.fromkeys(named))
    return list(found)[:_MOST] or ["*"]


def texts(value: Any) -> Iterator[str]:
    """Yield every text within parameters, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from texts(each)


def _filled(kind: ResourceType, lowered: Mapping[str, Any], own: Mapping[str, str]) -> Iterator[str]:
    """Yield the ARNs of a type whose every part the parameters (names in lower case) hold."""
    choices = [[own[name]] if name in own else _parts(name, kind, lowered) for name in kind.names]
    if choices and all(choices):
        for chosen in itertools.product(*choices):
            yield kind.filled({**own, **dict(zip(kind.names, chosen, strict=True))})


def _parts(name: str, kind: ResourceType, lowered: Mapping[str, Any]) -> list[str]:
    """Return the values that the parameters hold for one part of an ARN."""
    if name == "Id":  # cloudfront and route53 call everything so: told apart by the type
        candidates: tuple[str, ...] = ("id", f"{kind.name}id", "resourceid")
    else:
        candidates = (name, f"{name}s", *_CALLED.get(name, ()))
    for each in candidates:
        value = lowered.get(each.lower())
        several = value if isinstance(value, (list, tuple)) else [value]
        found = [_bare(one) for one in several if isinstance(one, str) and one]
        if found:
            return found
    return []


def _bare(text: str) -> str:
    """Return the name in a url or a path: "/app/size" is parameter/app/size, a queue's url ends in its name."""
    if text.startswith(("http://", "https://")):
        return text.rpartition("/")[2]
    return text.strip("/") if text.startswith("/") else text.removesuffix(":*")


def _stands_for_another(kind: ResourceType, action: Action) -> bool:
    """Return whether the type is one of several forms of the same thing (listener/app, listener/net) and not the first."""
    family = kind.name.partition("/")[0]
    return next(one for one in action.required if one.name.partition("/")[0] == family) is not kind
