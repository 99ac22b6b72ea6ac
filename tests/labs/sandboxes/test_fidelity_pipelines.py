"""CodeCommit, CodeBuild, CodeDeploy and CodePipeline: what they show as time goes by."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused

SPEC = "version: 0.2\nphases:\n  build:\n    commands: [make]\n"


def role(box: Any, name: str, service: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    return str(box("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"])


def later(box: Any, seconds: float) -> None:
    box.learner.at += seconds


def put(box: Any, path: str, text: str, parent: str = "") -> str:
    more = {"parentCommitId": parent} if parent else {}
    told = box("codecommit", "PutFile", repositoryName="app", branchName="main", filePath=path,
               fileContent=text.encode(), **more)  # fmt: skip
    return str(told["commitId"])


def project(box: Any, source: dict[str, Any], trusted: str = "codebuild.amazonaws.com") -> None:
    box(
        "codebuild", "CreateProject", name="app", source=source, artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=role(box, "build", trusted),
    )  # fmt: skip


def test_a_project_of_a_pipeline_has_no_places(box: Any) -> None:
    given = {
        "source": {"type": "CODEPIPELINE"},
        "artifacts": {"type": "CODEPIPELINE"},
        "environment": {"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_SMALL"},
        "serviceRole": role(box, "build", "codebuild.amazonaws.com"),
    }
    made = box("codebuild", "CreateProject", name="for-a-pipeline", **given)["project"]
    assert made["artifacts"]["type"] == "CODEPIPELINE"
    with pytest.raises(Refused, match="location"):
        box("codebuild", "CreateProject", name="for-a-bucket", **{**given, "artifacts": {"type": "S3"}})


def built(box: Any) -> dict[str, Any]:
    ident = box("codebuild", "StartBuild", projectName="app")["build"]["id"]
    later(box, 60)
    return dict(box("codebuild", "BatchGetBuilds", ids=[ident])["builds"][0])


class TestCodeCommit:
    def test_files_branches_and_commits(self, box: Any) -> None:
        box("codecommit", "CreateRepository", repositoryName="app")
        first = put(box, "a.txt", "one")
        with pytest.raises(Refused, match="ParentCommitIdRequiredException"):
            put(box, "b.txt", "two")
        second = put(box, "dir/b.txt", "two", first)
        with pytest.raises(Refused, match="ParentCommitIdOutdatedException"):
            put(box, "c.txt", "x", first)
        told = box("codecommit", "GetFile", repositoryName="app", filePath="dir/b.txt")
        assert told["fileContent"] in (b"two", base64.b64encode(b"two"))
        assert box("codecommit", "GetBranch", repositoryName="app", branchName="main")["branch"]["commitId"] == second
        assert box("codecommit", "GetCommit", repositoryName="app", commitId=second)["commit"]["parents"] == [first]
        box("codecommit", "CreateBranch", repositoryName="app", branchName="dev", commitId=first)
        assert box("codecommit", "ListBranches", repositoryName="app")["branches"] == ["dev", "main"]
        with pytest.raises(Refused, match="FileDoesNotExistException"):
            box("codecommit", "GetFile", repositoryName="app", filePath="dir/b.txt", commitSpecifier="dev")
        made = box("codecommit", "CreateCommit", repositoryName="app", branchName="dev", parentCommitId=first,
                   putFiles=[{"filePath": "x", "fileContent": b"x"}], deleteFiles=[{"filePath": "a.txt"}])  # fmt: skip
        assert [each["absolutePath"] for each in made["filesDeleted"]] == ["a.txt"]
        told = box("codecommit", "GetFolder", repositoryName="app", folderPath="/", commitSpecifier="main")
        assert ([each["relativePath"] for each in told["files"]], told["subFolders"][0]["relativePath"]) == (
            ["a.txt"],
            "dir",
        )


class TestCodeBuild:
    def test_a_build_goes_through_its_phases(self, box: Any) -> None:
        project(box, {"type": "NO_SOURCE", "buildspec": SPEC})
        ident = box("codebuild", "StartBuild", projectName="app")["build"]["id"]
        told = box("codebuild", "BatchGetBuilds", ids=[ident])["builds"][0]
        assert (told["buildStatus"], told["currentPhase"]) == ("IN_PROGRESS", "PROVISIONING")
        later(box, 60)
        told = box("codebuild", "BatchGetBuilds", ids=[ident])["builds"][0]
        assert (told["buildStatus"], told["buildComplete"]) == ("SUCCEEDED", True)
        assert [each["phaseType"] for each in told["phases"]][-4:] == [
            "POST_BUILD",
            "UPLOAD_ARTIFACTS",
            "FINALIZING",
            "COMPLETED",
        ]
        assert box("codebuild", "ListBuildsForProject", projectName="app")["ids"] == [ident]

    @pytest.mark.parametrize(
        ("spec", "phase", "code"),
        [
            ("version: 0.2\n", "DOWNLOAD_SOURCE", "YAML_FILE_ERROR"),
            ("version: 0.2\nphases: {build: {commands: [make, exit 1]}}\n", "BUILD", "COMMAND_EXECUTION_ERROR"),
        ],
    )
    def test_what_is_wrong_with_a_buildspec(self, box: Any, spec: str, phase: str, code: str) -> None:
        project(box, {"type": "NO_SOURCE", "buildspec": spec})
        told = built(box)
        assert told["buildStatus"] == "FAILED"
        failed = next(each for each in told["phases"] if each.get("phaseStatus") == "FAILED")
        assert (failed["phaseType"], failed["contexts"][0]["statusCode"]) == (phase, code)

    def test_the_source_must_have_one(self, box: Any) -> None:
        box("codecommit", "CreateRepository", repositoryName="app")
        first = put(box, "a.txt", "one")
        project(box, {"type": "CODECOMMIT", "location": "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/app"})
        assert built(box)["buildStatus"] == "FAILED"
        put(box, "buildspec.yml", SPEC, first)
        assert built(box)["buildStatus"] == "SUCCEEDED"

    def test_the_role_must_trust(self, box: Any) -> None:
        with pytest.raises(Refused, match="not authorized to perform: sts:AssumeRole"):
            project(box, {"type": "NO_SOURCE", "buildspec": SPEC}, "ec2.amazonaws.com")


def group(box: Any) -> None:
    box("codedeploy", "CreateApplication", applicationName="app", computePlatform="Server")
    box("codedeploy", "CreateDeploymentGroup", applicationName="app", deploymentGroupName="live",
        serviceRoleArn=role(box, "deploy", "codedeploy.amazonaws.com"),
        ec2TagFilters=[{"Key": "app", "Value": "web", "Type": "KEY_AND_VALUE"}])  # fmt: skip


def machine(box: Any) -> None:
    image = box("ec2", "DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"]
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "app", "Value": "web"}]}]
    box("ec2", "RunInstances", ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, TagSpecifications=tags)
    later(box, 300)


class TestCodeDeploy:
    def test_without_instances_it_fails_and_says_why(self, box: Any) -> None:
        group(box)
        ident = box("codedeploy", "CreateDeployment", applicationName="app", deploymentGroupName="live")["deploymentId"]
        assert ident.startswith("d-")
        later(box, 60)
        told = box("codedeploy", "GetDeployment", deploymentId=ident)["deploymentInfo"]
        assert (told["status"], told["errorInformation"]["code"]) == ("Failed", "NO_INSTANCES")

    def test_with_some_it_succeeds_in_time(self, box: Any) -> None:
        group(box)
        machine(box)
        ident = box("codedeploy", "CreateDeployment", applicationName="app", deploymentGroupName="live")["deploymentId"]
        later(box, 5)
        assert box("codedeploy", "GetDeployment", deploymentId=ident)["deploymentInfo"]["status"] == "InProgress"
        later(box, 60)
        told = box("codedeploy", "GetDeployment", deploymentId=ident)["deploymentInfo"]
        assert (told["status"], told["deploymentOverview"]["Succeeded"]) == ("Succeeded", 1)

    def test_the_configurations_of_aws(self, box: Any) -> None:
        told = box(
            "codedeploy", "GetDeploymentConfig", deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent5Minutes"
        )
        assert told["deploymentConfigInfo"]["trafficRoutingConfig"]["timeBasedCanary"]["canaryPercentage"] == 10
        told = box("codedeploy", "GetDeploymentConfig", deploymentConfigName="CodeDeployDefault.OneAtATime")
        assert told["deploymentConfigInfo"]["minimumHealthyHosts"] == {"type": "MOST_CONCURRENCY", "value": 1}
        with pytest.raises(Refused, match="DeploymentConfigDoesNotExistException"):
            box("codedeploy", "GetDeploymentConfig", deploymentConfigName="mine")


def action(
    name: str, category: str, provider: str, reads: str = "", makes: str = "", **configuration: str
) -> dict[str, Any]:
    return {
        "name": name,
        "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
        "configuration": configuration,
        "inputArtifacts": [{"name": reads}] if reads else [],
        "outputArtifacts": [{"name": makes}] if makes else [],
    }


@pytest.fixture
def pipeline(box: Any) -> Any:
    box("codecommit", "CreateRepository", repositoryName="app")
    box.commit = put(box, "buildspec.yml", SPEC)
    box("s3", "CreateBucket", Bucket="artifacts-of-pipelines")
    project(box, {"type": "CODEPIPELINE"})
    group(box)
    stages = [
        {"name": "Source", "actions": [
            action("src", "Source", "CodeCommit", "", "code", RepositoryName="app", BranchName="main")]},
        {"name": "Build", "actions": [action("build", "Build", "CodeBuild", "code", "made", ProjectName="app")]},
        {"name": "Ask", "actions": [action("ok", "Approval", "Manual")]},
        {"name": "Deploy", "actions": [
            action("ship", "Deploy", "CodeDeploy", "made", ApplicationName="app", DeploymentGroupName="live")]},
    ]  # fmt: skip
    declared = {
        "name": "line", "roleArn": role(box, "line", "codepipeline.amazonaws.com"), "stages": stages,
        "artifactStore": {"type": "S3", "location": "artifacts-of-pipelines"},
    }  # fmt: skip
    box("codepipeline", "CreatePipeline", pipeline=declared)
    return box


def state(box: Any) -> dict[str, dict[str, Any]]:
    told = box("codepipeline", "GetPipelineState", name="line")["stageStates"]
    return {each["stageName"]: each for each in told}


def statuses(box: Any) -> list[str]:
    return [each.get("latestExecution", {}).get("status", "") for each in state(box).values()]


def executions(box: Any) -> list[dict[str, Any]]:
    return list(box("codepipeline", "ListPipelineExecutions", pipelineName="line")["pipelineExecutionSummaries"])


def decide(box: Any, status: str) -> None:
    token = state(box)["Ask"]["actionStates"][0]["latestExecution"]["token"]
    box("codepipeline", "PutApprovalResult", pipelineName="line", stageName="Ask", actionName="ok",
        result={"summary": "seen", "status": status}, token=token)  # fmt: skip


class TestCodePipeline:
    def test_stage_by_stage_to_the_end(self, pipeline: Any) -> None:
        machine(pipeline)
        assert statuses(pipeline) == ["Succeeded", "Succeeded", "InProgress", ""]
        assert executions(pipeline)[0]["trigger"]["triggerType"] == "CreatePipeline"
        assert executions(pipeline)[0]["sourceRevisions"][0]["revisionId"] == pipeline.commit
        decide(pipeline, "Approved")
        assert statuses(pipeline)[2:] == ["Succeeded", "InProgress"]
        later(pipeline, 60)
        assert statuses(pipeline) == ["Succeeded"] * 4
        assert executions(pipeline)[0]["status"] == "Succeeded"

    def test_a_rejection_and_a_deployment_to_nobody_fail(self, pipeline: Any) -> None:
        later(pipeline, 100)
        decide(pipeline, "Rejected")
        assert (statuses(pipeline)[2], executions(pipeline)[0]["status"]) == ("Failed", "Failed")
        with pytest.raises(Refused, match="InvalidApprovalTokenException"):
            pipeline("codepipeline", "PutApprovalResult", pipelineName="line", stageName="Ask", actionName="ok",
                     result={"summary": "", "status": "Approved"}, token="0" * 8)  # fmt: skip
        pipeline("codepipeline", "StartPipelineExecution", name="line")
        later(pipeline, 100)
        decide(pipeline, "Approved")
        later(pipeline, 60)
        shown = state(pipeline)["Deploy"]["actionStates"][0]["latestExecution"]
        assert (shown["status"], "NO_INSTANCES" in shown["errorDetails"]["message"]) == ("Failed", True)

    def test_a_commit_starts_it_and_a_broken_build_stops_it(self, pipeline: Any) -> None:
        later(pipeline, 100)
        put(pipeline, "buildspec.yml", "version: 0.2\n", pipeline.commit)
        later(pipeline, 100)
        assert [each["status"] for each in executions(pipeline)] == ["Failed", "InProgress"]
        assert executions(pipeline)[0]["trigger"]["triggerType"] == "PollForSourceChanges"
        assert statuses(pipeline)[1] == "Failed"

    def test_a_closed_transition_holds_and_the_newest_goes_on(self, pipeline: Any) -> None:
        pipeline("codepipeline", "DisableStageTransition", pipelineName="line", stageName="Build",
                 transitionType="Inbound", reason="freeze")  # fmt: skip
        later(pipeline, 100)
        assert statuses(pipeline)[1] == ""
        assert state(pipeline)["Build"]["inboundTransitionState"]["disabledReason"] == "freeze"
        second = pipeline("codepipeline", "StartPipelineExecution", name="line")["pipelineExecutionId"]
        later(pipeline, 100)
        assert [each["status"] for each in executions(pipeline)] == ["InProgress", "Superseded"]
        pipeline(
            "codepipeline", "EnableStageTransition", pipelineName="line", stageName="Build", transitionType="Inbound"
        )
        later(pipeline, 100)
        assert state(pipeline)["Build"]["latestExecution"] == {"pipelineExecutionId": second, "status": "Succeeded"}

    def test_it_lives_through_a_snapshot(self, pipeline: Any, yard: Any) -> None:
        other = yard.open(pipeline.spec.number)
        yard.run(other.cell.load(yard.run(pipeline.cell.dump())))
        other.learner.at += 100
        assert statuses(other)[:3] == ["Succeeded", "Succeeded", "InProgress"]
