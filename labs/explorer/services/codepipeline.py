"""CodePipeline: from a change to where it runs, stage by stage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Fact,
    Json,
    Kind,
    Link,
    Part,
    Row,
    Service,
    Thing,
    Values,
    ask,
    call,
    delete,
    tail,
)
from labs.explorer.saying import given

STARTER = {
    "name": "my-api",
    "roleArn": "arn:aws:iam::ACCOUNT:role/pipeline-role",
    "pipelineType": "V2",
    "executionMode": "QUEUED",
    "artifactStore": {"type": "S3", "location": "BUCKET"},
    "stages": [
        {
            "name": "Source",
            "actions": [
                {
                    "name": "Source",
                    "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"},
                    "configuration": {"S3Bucket": "BUCKET", "S3ObjectKey": "source.zip"},
                    "outputArtifacts": [{"name": "source"}],
                }
            ],
        },
        {
            "name": "Build",
            "actions": [
                {
                    "name": "Build",
                    "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
                    "configuration": {"ProjectName": "PROJECT"},
                    "inputArtifacts": [{"name": "source"}],
                    "outputArtifacts": [{"name": "build"}],
                }
            ],
        },
        {
            "name": "Approve",
            "actions": [
                {
                    "name": "Approve",
                    "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"},
                }
            ],
        },
    ],
}


def things(account: Account) -> Iterator[Thing]:
    for one in account.read("codepipeline", "list_pipelines").get("pipelines", []):
        yield Thing(
            one["name"],
            one["name"],
            (Fact("Version", str(one.get("version", ""))), Fact("Type", one.get("pipelineType", ""))),
            data=one,
        )


def _detail(account: Account, it: Thing) -> Thing:
    found = account.read("codepipeline", "get_pipeline", name=it.id)["pipeline"]
    state = {
        one["stageName"]: one.get("latestExecution", {}).get("status", "")
        for one in ask(account, "codepipeline", "get_pipeline_state", name=it.id).get("stageStates", [])
    }
    runs = ask(account, "codepipeline", "list_pipeline_executions", pipelineName=it.id).get(
        "pipelineExecutionSummaries", []
    )
    stages = tuple(
        Row(
            one["name"],
            (
                one["name"],
                ", ".join(f"{each['name']} ({each['actionTypeId']['provider']})" for each in one.get("actions", [])),
                state.get(one["name"], ""),
            ),
            data=one,
        )
        for one in found.get("stages", [])
    )
    parts = (
        Part("stages", "Stages", ("Stage", "Actions", "Status"), stages),
        Part(
            "runs",
            "Runs",
            ("Run", "Status"),
            tuple(Row(one["pipelineExecutionId"], (one["pipelineExecutionId"], one.get("status", ""))) for one in runs),
            "It has not run yet.",
        ),
    )
    links = [Link("iam:role", tail(found.get("roleArn", "")), "Acts as")]
    links += (
        [Link("s3:bucket", found["artifactStore"]["location"], "Keeps artifacts in")]
        if found.get("artifactStore")
        else []
    )
    return replace(it, properties=it.facts, parts=parts, links=tuple(links), data=found)


def _save(v: Values, at: At) -> Iterator[Call]:
    yield call("codepipeline", "update_pipeline", pipeline=v["pipeline"])


def _approve(v: Values, at: At) -> Iterator[Call]:
    yield call("codepipeline", "start_pipeline_execution", name=at.thing.id)


PIPELINE = Kind(
    "pipeline",
    "Pipeline",
    "Pipelines",
    things,
    detail=_detail,
    empty=(
        "A pipeline takes each change from its source to where it runs: build, "
        "test, a yes, deploy. Artifacts go from stage to stage."
    ),
    command="aws codepipeline create-pipeline --pipeline file://pipeline.json",
    actions=(
        Action(
            "create",
            "Create pipeline",
            lambda v, at: [call("codepipeline", "create_pipeline", pipeline=v["pipeline"])],
            (
                Json(
                    "pipeline",
                    "Pipeline",
                    required=True,
                    initial=STARTER,
                    help="The output of one stage is the input of the next, by name.",
                ),
            ),
            new=True,
        ),
        Action(
            "edit",
            "Edit",
            _save,
            (Json("pipeline", "Pipeline", required=True),),
            lambda account, at: {"pipeline": given(**at.thing.data)},
        ),
        Action("run", "Release change", _approve, part="runs", verb="Release"),
        delete("codepipeline.delete_pipeline", "name", "Delete the pipeline?"),
    ),
)
SERVICE = Service("codepipeline", "CodePipeline", "From a change to where it runs.", (PIPELINE,))
