"""ECS services, task definitions and ECR repositories, found by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from graders import nearby
from graders.account import Account, error_code, is_absence
from graders.check import Fail

REPOSITORY_PERMISSIONS = ("ecr:DescribeRepositories",)
SERVICE_PERMISSIONS = ("ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices", "ecs:DescribeTaskDefinition")
TASK_PERMISSIONS = ("ecs:ListTaskDefinitions", *SERVICE_PERMISSIONS)


def the_repository(account: Account, name: str) -> dict[str, Any]:
    """The ECR repository; fails when there is none."""
    known = {one["repositoryName"]: one for one in _repositories(account)}
    if name in known:
        return known[name]
    hint = nearby.almost(name, known) or nearby.elsewhere(
        account, lambda region: any(one["repositoryName"] == name for one in _repositories(account, region))
    )
    raise Fail(
        "The repository {repository} does not exist.{hint}",
        looked_at="the ECR repositories in {region}",
        needed="A repository named {repository} in {region}.",
        try_="aws ecr create-repository --repository-name {repository} …",
        repository=name,
        hint=hint,
        region=account.region,
    )


def the_service(account: Account, cluster: str, name: str) -> dict[str, Any]:
    """The ECS service of a cluster; fails when either is missing or the service is not active."""
    clusters = [arn.rpartition("/")[2] for arn in account.read("ecs", "list_clusters").get("clusterArns", [])]
    if cluster not in clusters:
        raise Fail(
            "The cluster {cluster} does not exist.{hint}",
            looked_at="the ECS clusters in {region}",
            needed="A cluster named {cluster} in {region}.",
            try_="aws ecs create-cluster --cluster-name {cluster}",
            cluster=cluster,
            hint=nearby.almost(cluster, clusters),
            region=account.region,
        )
    found = _services(account, cluster)
    if name in found and found[name].get("status") == "ACTIVE":
        return found[name]
    other = next((one for one in clusters if one != cluster and name in _services(account, one)), "")
    raise Fail(
        "The service {service} does not exist in the cluster {cluster}."
        + (" There is one in the cluster {other}." if other else "{hint}"),
        looked_at="the services of the cluster {cluster}",
        needed="An active service {service} in {cluster}.",
        try_="aws ecs create-service --cluster {cluster} --service-name {service} …",
        service=name,
        cluster=cluster,
        other=other,
        hint=nearby.almost(name, found),
    )


def the_task(account: Account, task: str) -> dict[str, Any]:
    """A task definition by family (its latest active revision), family:revision or ARN; fails when there is none."""
    try:
        found: dict[str, Any] = account.read("ecs", "describe_task_definition", taskDefinition=task)["taskDefinition"]
    except ClientError as error:
        if not is_absence(error) and error_code(error) != "ClientException":  # what ECS says where there is none
            raise
    else:
        if found.get("status", "ACTIVE") == "ACTIVE":
            return found
    arns = account.read("ecs", "list_task_definitions").get("taskDefinitionArns", [])
    families = {arn.rpartition("/")[2].rpartition(":")[0] for arn in arns}
    raise Fail(
        "The task definition {task} does not exist.{hint}",
        looked_at="the task definitions in {region}",
        needed="An active task definition {task}.",
        try_="aws ecs register-task-definition --family {task} …",
        task=task,
        hint=nearby.almost(task, families),
        region=account.region,
    )


# Names that hold something secret, and the ids of access keys.
SECRET = re.compile(r"passw|secret|token|api_?key|private_?key|credential|_pwd$", re.IGNORECASE)
KEY_ID = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{12,}")


def plain_secret(variables: Iterable[tuple[str, str]]) -> str:
    """The first variable (name, value) that holds a secret in plain text, or "". ARNs and names of secrets are none."""
    for name, value in variables:
        told = value.startswith(("arn:", "/")) or name.upper().endswith(("_ARN", "_NAME", "_ID", "_PATH"))
        if value and not told and (SECRET.search(name) or KEY_ID.search(value)):
            return name
        if KEY_ID.search(value):
            return name
    return ""


def _repositories(account: Account, region: str | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.read("ecr", "describe_repositories", region=region).get("repositories", [])
    return found


def _services(account: Account, cluster: str) -> dict[str, dict[str, Any]]:
    arns = account.read("ecs", "list_services", cluster=cluster).get("serviceArns", [])
    found: dict[str, dict[str, Any]] = {}
    for at in range(0, len(arns), 10):  # ten at a time is AWS's limit
        answer = account.read("ecs", "describe_services", cluster=cluster, services=arns[at : at + 10])
        found |= {one["serviceName"]: one for one in answer.get("services", [])}
    return found
