import json

import pytest

from tests.graders.checks.events.conftest import role

__all__ = ["role"]  # the fixture
CHECK = "codepipeline.pipeline_wired"
CALL = {"pipeline": "my-api", "order": ["Source", "Build", "Approval", "Deploy"]}
PROVIDERS = {"Source": "S3", "Build": "CodeBuild", "Approval": "Manual", "Deploy": "S3"}


def action(category, takes=(), makes=(), order=1, **configuration):
    if category == "Build":
        configuration = {"ProjectName": "my-api-build"} | configuration
    return {
        "name": category.lower(),
        "actionTypeId": {"category": category, "owner": "AWS", "provider": PROVIDERS[category], "version": "1"},
        "runOrder": order,
        "configuration": configuration,
        "inputArtifacts": [{"name": one} for one in takes],
        "outputArtifacts": [{"name": one} for one in makes],
    }


SOURCE = action("Source", makes=["src"], Branch="main")
BUILD = action("Build", ["src"], ["built"])
APPROVAL = action("Approval")
DEPLOY = action("Deploy", ["built"])


@pytest.fixture
def pipeline(account, role):
    """`pipeline([SOURCE], [BUILD], …)`: a stage each."""

    def pipeline(*stages, name="my-api", may="s3:*", project="my-api-build"):
        arn = role("codepipeline.amazonaws.com", may)
        account.client("codebuild").create_project(
            name=project,
            source={"type": "CODEPIPELINE", "location": "x"},
            artifacts={"type": "CODEPIPELINE", "location": "x"},
            environment={"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_SMALL"},
            serviceRole=arn,
        )
        account.client("codepipeline").create_pipeline(
            pipeline={
                "name": name,
                "roleArn": arn,
                "artifactStore": {"type": "S3", "location": "artifacts"},
                "stages": [{"name": f"stage{at}", "actions": list(one)} for at, one in enumerate(stages)],
            }
        )

    return pipeline


class TestRight:
    def test_a_stage_each(self, pipeline, passes):
        pipeline([SOURCE], [BUILD], [APPROVAL], [DEPLOY])
        passes(CHECK, **CALL, branch="main")

    def test_by_the_run_order_within_a_stage(self, pipeline, passes):
        pipeline([SOURCE], [BUILD], [APPROVAL | {"runOrder": 1}, DEPLOY | {"runOrder": 2}])
        passes(CHECK, **CALL)

    def test_the_source_itself_where_nothing_is_built(self, pipeline, passes):
        pipeline([SOURCE], [action("Deploy", ["src"])])
        passes(CHECK, **CALL | {"order": ["Source", "Deploy"]})


class TestWrong:
    @pytest.mark.parametrize(
        ("stages", "words"),
        [
            ([[SOURCE], [BUILD], [DEPLOY], [APPROVAL]], "does not wait for Approval"),
            ([[SOURCE], [BUILD], [APPROVAL, DEPLOY]], "does not wait for Approval"),
            ([[SOURCE], [BUILD], [DEPLOY]], "has no Approval; it goes Source → Build → Deploy"),
            ([[SOURCE], [BUILD], [APPROVAL], [action("Deploy", ["src"])]], "the raw source"),
            ([[SOURCE], [action("Build", ["src"], ["b"])], [APPROVAL], [DEPLOY]], "which no action makes"),
            ([[SOURCE], [action("Build", [], ["built"])], [APPROVAL], [DEPLOY]], "takes no artifact"),
        ],
    )
    def test_not_connected(self, pipeline, fails, stages, words):
        pipeline(*stages)
        fails(CHECK, words, **CALL)

    def test_the_role_of_another_service(self, pipeline, account, fails):
        pipeline([SOURCE], [BUILD], [APPROVAL], [DEPLOY])
        allow = {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        account.client("iam").update_assume_role_policy(RoleName="deliver", PolicyDocument=trust)
        fails(CHECK, "does not let codepipeline.amazonaws.com become it", **CALL)

    def test_the_role_cannot_write_the_artifacts(self, pipeline, fails):
        pipeline([SOURCE], [BUILD], [APPROVAL], [DEPLOY], may="s3:ListBucket")
        fails(CHECK, "lacks s3:PutObject", **CALL)

    def test_another_branch_or_project(self, pipeline, fails):
        pipeline([SOURCE], [BUILD], [APPROVAL], [DEPLOY], project="other")
        fails(CHECK, "is the branch main", **CALL, branch="release")
        fails(CHECK, "project my-api-build, which is not there", **CALL)

    def test_it_never_ran(self, pipeline, fails, monkeypatch):
        from graders import BotoAccount

        read = BotoAccount.read

        def never(account, service, operation, **parameters):  # moto runs a pipeline when it is made
            return {} if operation == "list_pipeline_executions" else read(account, service, operation, **parameters)

        monkeypatch.setattr(BotoAccount, "read", never)
        pipeline([SOURCE], [BUILD], [APPROVAL], [DEPLOY])
        fails(CHECK, "has never run", **CALL, ran=True)


class TestNearMiss:
    def test_another_name(self, pipeline, fails):
        pipeline([SOURCE], [BUILD], name="my-app")
        fails(CHECK, "There is my-app", **CALL)
