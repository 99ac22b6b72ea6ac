"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate.html"""

import json
from typing import Any

from botocore.exceptions import ClientError

from graders import Account, Fail, check


def _named(items: list[dict[str, Any]], ident: str, names: list[str]) -> set[str]:
    """Return the ids of what has one of these Name tags."""
    return {
        one[ident]
        for one in items
        if any(tag["Key"] == "Name" and tag["Value"] in names for tag in one.get("Tags", []))
    }


@check(permissions=["ecr:GetLifecyclePolicy"])
def expires_after(account: Account, *, repository: str, days: int) -> None:
    """Images of {repository} without a tag expire {days} days after they were pushed."""
    try:
        text = account.read("ecr", "get_lifecycle_policy", repositoryName=repository)["lifecyclePolicyText"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in ("LifecyclePolicyNotFoundException", "RepositoryNotFoundException"):
            raise
        raise Fail("{repository} is not there, or has no lifecycle policy.", repository=repository) from None
    chosen = [one["selection"] for one in json.loads(text)["rules"]]
    has = [
        one["countNumber"]
        for one in chosen
        if (one.get("tagStatus"), one.get("countType"), one.get("countUnit"))
        == ("untagged", "sinceImagePushed", "days")
    ]
    if has != [days]:
        said = " and ".join(map(str, has)) or "no number of"
        raise Fail("In {repository}, untagged images expire after {said} days.", repository=repository, said=said)


@check(permissions=["ecs:ListTaskDefinitions", "ecs:DescribeTaskDefinition", "elasticfilesystem:DescribeFileSystems"])
def task_is(account: Account, *, task: str, app: str, port: int, files: str) -> None:
    """The task definition {task} is for Fargate, with image, port, secret, files and logs."""
    families = account.read("ecs", "list_task_definitions")["taskDefinitionArns"]
    if not any(f":task-definition/{task}:" in one for one in families):
        raise Fail("There is no task definition {task}.", task=task)
    held = account.read("ecs", "describe_task_definition", taskDefinition=task)["taskDefinition"]
    role = f"arn:aws:iam::{account.account_id}:role/{app}"
    for name, wanted, has in (
        ("network mode", "awsvpc", held.get("networkMode")),
        ("CPU", "256", held.get("cpu")),
        ("memory", "512", held.get("memory")),
        ("task role", f"{role}-task", held.get("taskRoleArn")),
        ("execution role", f"{role}-exec", held.get("executionRoleArn")),
    ):
        if str(has) != wanted:
            raise Fail("The {name} of {task} is {has}, not {wanted}.", name=name, task=task, has=has, wanted=wanted)
    if "FARGATE" not in (held.get("requiresCompatibilities") or []):
        raise Fail("{task} is not for Fargate.", task=task)
    web = next((one for one in held["containerDefinitions"] if one["name"] == "web"), None)
    if web is None:
        raise Fail("{task} has no container web.", task=task)
    image = f"{account.account_id}.dkr.ecr.{account.region}.amazonaws.com/{app}:1.0"
    if web["image"] != image:
        raise Fail("The image is {has}, not {image}.", has=web["image"], image=image)
    if port not in [one.get("containerPort") for one in web.get("portMappings", [])]:
        raise Fail("The container does not name the port {port}.", port=port)
    parameter = f"parameter/{app}/db"
    secrets = [one["valueFrom"] for one in web.get("secrets", []) if one["name"] == "DB"]
    here = f"arn:aws:ssm:{account.region}:{account.account_id}:{parameter}"
    if not any(one in (here, f"/{app}/db") for one in secrets):
        raise Fail("DB does not come from the parameter {parameter}.", parameter=parameter)
    told = account.read("efs", "describe_file_systems")["FileSystems"]
    wanted_files = {one["FileSystemId"] for one in told if one.get("Name") == files}
    volumes = {one["name"]: one.get("efsVolumeConfiguration") or {} for one in held.get("volumes", [])}
    mounted = [
        volumes.get(one["sourceVolume"], {}) for one in web.get("mountPoints", []) if one["containerPath"] == "/data"
    ]
    if not any(one.get("fileSystemId") in wanted_files for one in mounted):
        raise Fail("{files} is not mounted at /data.", files=files)
    if not any(one.get("transitEncryption") == "ENABLED" for one in mounted):
        raise Fail("{files} is mounted without encryption in transit.", files=files)
    logs = web.get("logConfiguration") or {}
    options = logs.get("options") or {}
    if logs.get("logDriver") != "awslogs" or options.get("awslogs-group") != f"/ecs/{app}":
        raise Fail("The logs do not go to {group} by awslogs.", group=f"/ecs/{app}")
    if options.get("awslogs-region") != account.region or not options.get("awslogs-stream-prefix"):
        raise Fail("awslogs needs the region {region} and, on Fargate, a stream prefix.", region=account.region)


@check(permissions=["ecs:DescribeServices", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"])
def service_is(account: Account, *, cluster: str, service: str, subnets: list[str], group: str) -> None:
    """The service {service} runs on Fargate in {subnets}, with {group} and without public addresses."""
    told = account.read("ecs", "describe_services", cluster=cluster, services=[service])["services"]
    if not told or told[0].get("status") == "INACTIVE":
        raise Fail("There is no service {service} in {cluster}.", service=service, cluster=cluster)
    held = told[0]
    kinds = [
        held.get("launchType", ""),
        *(one["capacityProvider"] for one in held.get("capacityProviderStrategy") or []),
    ]
    if not any(kind.startswith("FARGATE") for kind in kinds):
        raise Fail("{service} does not run on Fargate.", service=service)
    net = (held.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    wanted = _named(account.read("ec2", "describe_subnets")["Subnets"], "SubnetId", subnets)
    if set(net.get("subnets", [])) != wanted:
        raise Fail(
            "{service} is not in {subnets}, or in other subnets as well.", service=service, subnets=", ".join(subnets)
        )
    groups = account.read("ec2", "describe_security_groups")["SecurityGroups"]
    if set(net.get("securityGroups", [])) != {one["GroupId"] for one in groups if one["GroupName"] == group}:
        raise Fail("{service} does not wear {group}, and no other group.", service=service, group=group)
    if net.get("assignPublicIp", "DISABLED") != "DISABLED":
        raise Fail("The tasks of {service} have public addresses.", service=service)


@check(
    permissions=["application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies"]
)
def scales(account: Account, *, cluster: str, service: str, least: int, most: int, target: int) -> None:
    """{service} scales between {least} and {most} tasks, by target tracking at {target} percent."""
    ident = f"service/{cluster}/{service}"
    scaling = "application-autoscaling"
    targets = account.read(scaling, "describe_scalable_targets", ServiceNamespace="ecs")["ScalableTargets"]
    mine = [one for one in targets if one["ResourceId"] == ident]
    if not mine:
        raise Fail("{service} is no scalable target.", service=service)
    low, high = mine[0].get("MinCapacity"), mine[0].get("MaxCapacity")
    if (low, high) != (least, most):
        raise Fail("{service} scales between {low} and {high}.", service=service, low=low, high=high)
    for one in account.read(scaling, "describe_scaling_policies", ServiceNamespace="ecs")["ScalingPolicies"]:
        track = one.get("TargetTrackingScalingPolicyConfiguration") or {}
        kind = (track.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
        known = kind in ("ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization")
        if one["ResourceId"] == ident and known and track.get("TargetValue") == target:
            return
    raise Fail(
        "No policy tracks the CPU or the memory of {service} at {target} percent.", service=service, target=target
    )
