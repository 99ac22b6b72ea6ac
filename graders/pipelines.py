"""CodePipeline, CodeBuild and CodeDeploy: found by name."""

from __future__ import annotations

from typing import Any

from graders import nearby
from graders.account import Account
from graders.check import Fail

PROJECT_PERMISSIONS = ("codebuild:ListProjects", "codebuild:BatchGetProjects")
PIPELINE_PERMISSIONS = ("codepipeline:ListPipelines", "codepipeline:GetPipeline", "codepipeline:ListPipelineExecutions")
GROUP_PERMISSIONS = (
    "codedeploy:ListApplications",
    "codedeploy:ListDeploymentGroups",
    "codedeploy:GetDeploymentGroup",
)


def the_project(account: Account, name: str) -> dict[str, Any]:
    """The build project; fails when there is none."""
    known = account.read("codebuild", "list_projects").get("projects", [])
    _must_be("build project", name, known, account, "aws codebuild create-project")
    found: dict[str, Any] = account.read("codebuild", "batch_get_projects", names=[name])["projects"][0]
    return found


def the_pipeline(account: Account, name: str) -> dict[str, Any]:
    """The pipeline's declaration; fails when there is none."""
    known = [one["name"] for one in account.read("codepipeline", "list_pipelines").get("pipelines", [])]
    _must_be("pipeline", name, known, account, "aws codepipeline create-pipeline")
    found: dict[str, Any] = account.read("codepipeline", "get_pipeline", name=name)["pipeline"]
    return found


def the_group(account: Account, application: str, name: str) -> dict[str, Any]:
    """The deployment group of an application; fails when either is missing."""
    known = account.read("codedeploy", "list_applications").get("applications", [])
    _must_be("application", application, known, account, "aws deploy create-application")
    groups = account.read("codedeploy", "list_deployment_groups", applicationName=application)["deploymentGroups"]
    _must_be("deployment group", name, groups, account, "aws deploy create-deployment-group")
    answer = account.read("codedeploy", "get_deployment_group", applicationName=application, deploymentGroupName=name)
    found: dict[str, Any] = answer["deploymentGroupInfo"]
    return found


def _must_be(what: str, name: str, known: list[str], account: Account, command: str) -> None:
    if name in known:
        return
    raise Fail(
        f"The {what} {{name}} does not exist.{{hint}}",
        looked_at=f"the {what}s in {{region}}",
        needed=f"A {what} named {{name}} in {{region}}.",
        try_=f"{command} …",
        name=name,
        hint=nearby.almost(name, known),
        region=account.region,
    )
