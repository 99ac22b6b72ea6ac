"""https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html"""

from typing import Any

from graders import Account, Fail, check


def _pipeline(account: Account, name: str) -> dict[str, Any]:
    return account.read("codepipeline", "get_pipeline", name=name)["pipeline"]


def _action(account: Account, name: str, category: str) -> dict[str, Any]:
    """Return the first action of a category."""
    for stage in _pipeline(account, name)["stages"]:
        for action in stage["actions"]:
            if action["actionTypeId"]["category"] == category:
                return action
    raise Fail("{pipeline} has no action of the category {category}.", pipeline=name, category=category)


@check(permissions=["codepipeline:GetPipeline"])
def is_set_up(account: Account, *, pipeline: str, role: str, bucket: str) -> None:
    """{pipeline} is of the type V2, queues its executions, wears {role} and keeps its files in {bucket}."""
    held = _pipeline(account, pipeline)
    for name, wanted, has in (
        ("type", "V2", held.get("pipelineType", "V1")),
        ("execution mode", "QUEUED", held.get("executionMode", "SUPERSEDED")),
        ("role", f"arn:aws:iam::{account.account_id}:role/{role}", held.get("roleArn", "")),
        ("artifact store", bucket, held.get("artifactStore", {}).get("location", "none")),
    ):
        if has != wanted:
            raise Fail(
                "The {name} of {pipeline} is {has}, not {wanted}.", name=name, pipeline=pipeline, has=has, wanted=wanted
            )


@check(permissions=["codepipeline:GetPipeline"])
def source_is(account: Account, *, pipeline: str, connection: str, repository: str, branch: str) -> None:
    """The source of {pipeline} is {branch} of {repository}, and a build takes it."""
    source, build = _action(account, pipeline, "Source"), _action(account, pipeline, "Build")
    if source["actionTypeId"]["provider"] not in ("CodeStarSourceConnection", "CodeConnections"):
        raise Fail("The source comes from {provider}.", provider=source["actionTypeId"]["provider"])
    settings = source.get("configuration", {})
    for key, wanted in (("ConnectionArn", connection), ("FullRepositoryId", repository), ("BranchName", branch)):
        if settings.get(key) != wanted:
            raise Fail("{key} of the source is {has}, not {wanted}.", key=key, has=settings.get(key), wanted=wanted)
    given = [one["name"] for one in source.get("outputArtifacts", [])]
    taken = [one["name"] for one in build.get("inputArtifacts", [])]
    made = [one["name"] for one in build.get("outputArtifacts", [])]
    if not given or taken != given:
        raise Fail("The build takes {taken}; the source gives {given}.", taken=", ".join(taken), given=", ".join(given))
    if not made:
        raise Fail("The build gives no artifact.")
    if build.get("configuration", {}).get("ProjectName") != f"{pipeline}-build":
        raise Fail("The build is not that of {project}.", project=f"{pipeline}-build")


@check(permissions=["codepipeline:GetPipeline"])
def asks(account: Account, *, pipeline: str, topic: str) -> None:
    """{topic} hears that there is something to approve in {pipeline}."""
    action = _action(account, pipeline, "Approval")
    arn = f"arn:aws:sns:{account.region}:{account.account_id}:{topic}"
    has = action.get("configuration", {}).get("NotificationArn", "nobody")
    if has != arn:
        raise Fail("The approval tells {has}, not {arn}.", has=has, arn=arn)


@check(permissions=["codepipeline:GetPipeline", "codedeploy:GetDeploymentGroup"])
def deploys_to(
    account: Account, *, pipeline: str, tag: str, value: str, role: str, directory: str, script: str
) -> None:
    """{pipeline} deploys to the instance with the tag {tag} = {value}."""
    action = _action(account, pipeline, "Deploy")
    provider, settings = action["actionTypeId"]["provider"], action.get("configuration", {})
    if provider == "EC2":
        wanted = {
            "InstanceTagKey": tag,
            "InstanceTagValue": value,
            "InstanceType": "EC2",
            "TargetDirectory": directory,
            "PostScript": script,
        }
        for key, one in wanted.items():
            has = settings.get(key, "")
            if has.rstrip("/") != one and has.removeprefix("./") != one:
                raise Fail("{key} is {has}, not {one}.", key=key, has=has or "not there", one=one)
        return
    if provider != "CodeDeploy":
        raise Fail("It deploys by {provider}, not by EC2 or CodeDeploy.", provider=provider)
    group = account.read(
        "codedeploy",
        "get_deployment_group",
        applicationName=settings.get("ApplicationName", ""),
        deploymentGroupName=settings.get("DeploymentGroupName", ""),
    )["deploymentGroupInfo"]
    sets = [group.get("ec2TagFilters") or [], *((group.get("ec2TagSet") or {}).get("ec2TagSetList") or [])]
    if not any((one.get("Key"), one.get("Value")) == (tag, value) for each in sets for one in each):
        raise Fail("The deployment group finds no instance by {tag} = {value}.", tag=tag, value=value)
    if not group.get("serviceRoleArn", "").endswith(f":role/{role}"):
        raise Fail("The deployment group does not wear {role}.", role=role)


@check(permissions=["codebuild:BatchGetProjects"])
def builds_small(account: Account, *, project: str, role: str) -> None:
    """{project} builds for a pipeline, in a small Linux container, as {role}."""
    held = account.read("codebuild", "batch_get_projects", names=[project])["projects"]
    if not held:
        raise Fail("There is no build project {project}.", project=project)
    one = held[0]
    for name, wanted, has in (
        ("environment", "LINUX_CONTAINER", one["environment"].get("type")),
        ("compute type", "BUILD_GENERAL1_SMALL", one["environment"].get("computeType")),
        ("image", "aws/codebuild/amazonlinux-x86_64-standard:5.0", one["environment"].get("image")),
        ("source", "CODEPIPELINE", one["source"].get("type")),
        ("buildspec", "buildspec.yml", one["source"].get("buildspec") or "buildspec.yml"),
        ("artifacts", "CODEPIPELINE", one["artifacts"].get("type")),
        ("role", f"arn:aws:iam::{account.account_id}:role/{role}", one.get("serviceRole")),
    ):
        if has != wanted:
            raise Fail(
                "The {name} of {project} is {has}, not {wanted}.", name=name, project=project, has=has, wanted=wanted
            )
