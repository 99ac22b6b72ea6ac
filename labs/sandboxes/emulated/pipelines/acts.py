"""What each action of a pipeline does here: when it will be over, and how it ends.

https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from moto.codedeploy.models import codedeploy_backends
from moto.ecs.models import ecs_backends
from moto.moto_api._internal import mock_random
from moto.s3.models import s3_backends

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.fidelity import codebuild, codedeploy
from labs.sandboxes.emulated.fidelity.codecommit import files_at, repository, tip
from labs.sandboxes.emulated.inner import call
from labs.sandboxes.emulated.world import WORLD

__all__ = ["Act", "begin", "files_of"]

_SECONDS: Final = 5


@dataclass
class Act:
    """An action of an execution as it goes: until when (None: for ever, it waits), and how it will have ended."""

    name: str
    status: str = "InProgress"
    began: float = 0.0
    until: float | None = None
    will: str = "Succeeded"
    code: str = ""
    message: str = ""
    external: str = ""
    token: str = ""
    summary: str = ""
    revision: dict[str, str] = field(default_factory=dict)
    ended: float = 0.0


class Unable(Exception):
    """The action fails: code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def begin(pipeline: Any, execution: Any, action: dict[str, Any]) -> Act:
    """Return the action, begun now."""
    act = Act(action["name"], began=WORLD.at, until=WORLD.at + _SECONDS)
    kind = action["actionTypeId"]
    act_on = _ACTIONS.get((kind["category"], kind["provider"]))
    try:
        if act_on is None:
            raise Unable("ActionTypeNotSimulated", f"{kind['category']} by {kind['provider']} is not simulated here.")
        act_on(pipeline, execution, action, act)
    except Unable as unable:
        act.will, act.code, act.message = "Failed", unable.code, unable.message
    except AwsError as error:
        act.will, act.code, act.message = "Failed", "ConfigurationError", error.message
    return act


def _place(pipeline: Any) -> tuple[str, str]:
    parts = str(pipeline._arn).split(":")
    return parts[4], parts[3]


def files_of(pipeline: Any, execution: Any, artifact: str) -> dict[str, bytes]:
    """Return the files of an artifact: of the source that it comes from, since no build makes others. Raises AwsError."""
    account, region = _place(pipeline)
    source = execution.artifacts.get(artifact)
    if source is None:
        raise Unable("ConfigurationError", f"There is no artifact {artifact}.")
    if source[0] == "codecommit":
        return files_at(repository(account, region, source[1]), source[2])
    found = codebuild.files_of_object(account, source[1], source[2])
    return found or {source[2]: s3_backends[account]["aws"].buckets[source[1]].keys[source[2]].value}


def _codecommit(pipeline: Any, execution: Any, action: dict[str, Any], act: Act) -> None:
    account, region = _place(pipeline)
    given = action["configuration"]
    name, branch = str(given.get("RepositoryName")), str(given.get("BranchName"))
    held = repository(account, region, name)
    commit = tip(held, branch)
    summary = held.commits[commit]["message"]
    act.revision = {"revisionId": commit, "revisionSummary": summary, "name": action["outputArtifacts"][0]["name"]}
    for each in action["outputArtifacts"]:
        execution.artifacts[each["name"]] = ("codecommit", name, commit)


def _s3_source(pipeline: Any, execution: Any, action: dict[str, Any], act: Act) -> None:
    account, _ = _place(pipeline)
    given = action["configuration"]
    name, key = str(given.get("S3Bucket")), str(given.get("S3ObjectKey"))
    bucket = s3_backends[account]["aws"].buckets.get(name)
    if bucket is None:
        raise Unable("ConfigurationError", f"The bucket {name} does not exist.")
    if not bucket.is_versioned:
        raise Unable("ConfigurationError", f"The bucket {name} must have versioning enabled.")
    if key not in bucket.keys:
        raise Unable("ConfigurationError", f"The object with key '{key}' does not exist in bucket {name}.")
    version = str(bucket.keys[key].version_id)
    act.revision = {"revisionId": version, "revisionSummary": "", "name": action["outputArtifacts"][0]["name"]}
    for each in action["outputArtifacts"]:
        execution.artifacts[each["name"]] = ("s3", name, key)


def _build(pipeline: Any, execution: Any, action: dict[str, Any], act: Act) -> None:
    account, region = _place(pipeline)
    files = files_of(pipeline, execution, action["inputArtifacts"][0]["name"])
    build = codebuild.start(account, region, str(action["configuration"].get("ProjectName")), files)
    act.external, act.until = build["id"], codebuild.ends(build)
    phase, code, message = build["fails"]
    if phase:
        act.will, act.code = "Failed", "JobFailed"
        act.message = f"Build terminated with state: FAILED. Phase: {phase}, Code: {code}, Message: {message}"
    for each in action["outputArtifacts"]:
        execution.artifacts[each["name"]] = execution.artifacts[action["inputArtifacts"][0]["name"]]


def _approval(pipeline: Any, execution: Any, action: dict[str, Any], act: Act) -> None:
    act.until, act.token = None, str(mock_random.uuid4())
    topic = action["configuration"].get("NotificationArn")
    if topic:
        message = f"Approval needed for {pipeline.pipeline['name']}: {action['configuration'].get('CustomData', '')}"
        call("sns", "Publish", region=_place(pipeline)[1], TopicArn=topic, Subject="APPROVAL NEEDED", Message=message)


def _codedeploy(pipeline: Any, execution: Any, action: dict[str, Any], act: Act) -> None:
    account, region = _place(pipeline)
    given = action["configuration"]
    made = call(
        "codedeploy", "CreateDeployment", region=region,
        applicationName=str(given.get("ApplicationName")), deploymentGroupName=str(given.get("DeploymentGroupName")),
    )["deploymentId"]  # fmt: skip
    deployment = codedeploy_backends[account][region].deployments[made]
    act.external, act.until = made, WORLD.at + (2 if deployment.fault else codedeploy.SECONDS)
    if deployment.fault:
        act.will, act.code = "Failed", "JobFailed"
        act.message = f"Deployment {made} failed. Error code: {deployment.fault[0]}. {deployment.fault[1]}"


def _s3_deploy(pipeline: Any, execution: Any, action: dict[str, Any], act: Act) -> None:
    given, region = action["configuration"], _place(pipeline)[1]
    files = files_of(pipeline, execution, action["inputArtifacts"][0]["name"])
    if str(given.get("Extract", "false")).lower() != "true":
        raise Unable("ActionTypeNotSimulated", "A deployment to S3 without Extract is not simulated here.")
    prefix = str(given.get("ObjectKey") or "").strip("/")
    for path, data in files.items():
        key = f"{prefix}/{path}".strip("/")
        kind = "text/html" if path.endswith(".html") else "text/css" if path.endswith(".css") else "binary/octet-stream"
        call(
            "s3", "PutObject", region=region, Bucket=str(given.get("BucketName")), Key=key, Body=data, ContentType=kind
        )


def _ecs(pipeline: Any, execution: Any, action: dict[str, Any], act: Act) -> None:
    account, region = _place(pipeline)
    given = action["configuration"]
    name = f"{given.get('ClusterName')}:{given.get('ServiceName')}"
    if name not in ecs_backends[account][region].services:
        raise Unable("ConfigurationError", f"The ECS service {name.replace(':', '/')} was not found.")
    act.until = WORLD.at + 60


def _cloudformation(pipeline: Any, execution: Any, action: dict[str, Any], act: Act) -> None:
    given, region = action["configuration"], _place(pipeline)[1]
    mode, name = given.get("ActionMode"), str(given.get("StackName"))
    if mode == "DELETE_ONLY":
        call("cloudformation", "DeleteStack", region=region, StackName=name)
        return
    if mode != "CREATE_UPDATE":
        raise Unable("ActionTypeNotSimulated", f"The action mode {mode} is not simulated here.")
    artifact, _, path = str(given.get("TemplatePath")).partition("::")
    data = files_of(pipeline, execution, artifact).get(path)
    if data is None:
        raise Unable("ConfigurationError", f"The file {path} is not in the artifact {artifact}.")
    wanted = {"StackName": name, "TemplateBody": data.decode("utf-8", "replace")}
    wanted["Capabilities"] = [each for each in str(given.get("Capabilities") or "").split(",") if each]  # type: ignore[assignment]
    stacks = call("cloudformation", "DescribeStacks", region=region)["Stacks"]
    there = any(each["StackName"] == name for each in stacks)
    try:
        call("cloudformation", "UpdateStack" if there else "CreateStack", region=region, **wanted)
    except AwsError as error:
        if "No updates are to be performed" not in error.message:
            raise
    status = call("cloudformation", "DescribeStacks", region=region, StackName=name)["Stacks"][0]["StackStatus"]
    act.external = name
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise Unable("JobFailed", f"The stack {name} is in {status}.")


def _lambda(pipeline: Any, execution: Any, action: dict[str, Any], act: Act) -> None:
    # The function would say itself whether the job is done (PutJobSuccessResult); that is not played.
    raise Unable("ActionTypeNotSimulated", "An action that invokes a function is not simulated here.")


_ACTIONS: Final[dict[tuple[str, str], Callable[[Any, Any, dict[str, Any], Act], None]]] = {
    ("Approval", "Manual"): _approval,
    ("Build", "CodeBuild"): _build,
    ("Deploy", "CloudFormation"): _cloudformation,
    ("Deploy", "CodeDeploy"): _codedeploy,
    ("Deploy", "ECS"): _ecs,
    ("Deploy", "S3"): _s3_deploy,
    ("Invoke", "Lambda"): _lambda,
    ("Source", "CodeCommit"): _codecommit,
    ("Source", "S3"): _s3_source,
    ("Test", "CodeBuild"): _build,
}
