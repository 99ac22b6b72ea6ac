"""https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html"""

import itertools
from dataclasses import dataclass
from typing import Any

from graders import Account, Fail, check, messaging, pipelines
from graders.iam.snapshot import PERMISSIONS as PEOPLE

BRANCH = ("BranchName", "Branch")


@dataclass(frozen=True)
class Step:
    """An action, and when it runs: (stage, runOrder). Actions of one time run side by side."""

    name: str
    category: str
    when: tuple[int, int]
    action: dict[str, Any]


@check(permissions=[*pipelines.PIPELINE_PERMISSIONS, *PEOPLE, "codebuild:ListProjects"])
def pipeline_wired(
    account: Account,
    *,
    pipeline: str,
    order: list[str],
    branch: str = "",
    deploys_build: bool = True,
    ran: bool = False,
) -> None:
    """The pipeline {pipeline} goes {order}, and its artifacts connect.

    `order`: categories (Source, Build, Test, Approval, Deploy), by stages or by the run order within one. Each artifact
    that an action takes was made before; with `deploys_build` what is deployed comes from a build. Build projects are
    there, CodePipeline can take its role and the role can use the artifact bucket. `branch`: of the source. `ran`: a
    run has been started.
    """
    found = pipelines.the_pipeline(account, pipeline)
    steps = [
        Step(one["name"], one["actionTypeId"]["category"], (number, int(one.get("runOrder", 1))), one)
        for number, stage in enumerate(found["stages"])
        for one in stage["actions"]
    ]
    why = _disorder(steps, order) or _unconnected(steps, deploys_build) or _wrong_parts(account, found, steps, branch)
    if not why and ran:
        runs = account.read("codepipeline", "list_pipeline_executions", pipelineName=pipeline)
        if not runs.get("pipelineExecutionSummaries"):
            why = ("The pipeline {pipeline} has never run.", {})
    if why:
        raise Fail(
            why[0],
            looked_at="the stages, actions and artifacts of {pipeline}",
            needed="{order}, each with what the one before made.",
            try_="aws codepipeline get-pipeline, then update-pipeline with the declaration put right.",
            counterexample="A change of the source does not come out of {pipeline} as it should.",
            pipeline=pipeline,
            order=" → ".join(order),
            **why[1],
        )


def _disorder(steps: list[Step], order: list[str]) -> tuple[str, dict[str, str]] | None:
    for category in order:
        if not any(one.category == category for one in steps):
            there = " → ".join(one.category for one in sorted(steps, key=lambda one: one.when))
            return "The pipeline {pipeline} has no {category}; it goes {there}.", {"category": category, "there": there}
    for before, after in itertools.pairwise(order):
        first = min(one.when for one in steps if one.category == before)
        early = next((one for one in steps if one.category == after and one.when <= first), None)
        if early is not None:
            said = "The action {action} ({after}) of {pipeline} does not wait for {before}."
            return said, {"action": early.name, "after": after, "before": before}
    return None


def _unconnected(steps: list[Step], deploys_build: bool) -> tuple[str, dict[str, str]] | None:
    made = {out["name"]: one for one in steps for out in one.action.get("outputArtifacts", [])}
    builds = any(one.category == "Build" for one in steps)
    for one in steps:
        for taken in one.action.get("inputArtifacts", []):
            name, source = taken["name"], made.get(taken["name"])
            values = {"action": one.name, "artifact": name, "made": ", ".join(made)}
            if source is None:
                said = "The action {action} takes the artifact {artifact}, which no action makes; there are {made}."
                return said, values
            if source.when >= one.when:
                return "The action {action} takes {artifact} before it is made.", values
            if one.category == "Deploy" and builds and deploys_build and source.category == "Source":
                return "The action {action} deploys {artifact}: the raw source, not what was built.", values
        if one.category in ("Build", "Deploy") and not one.action.get("inputArtifacts"):
            return "The action {action} takes no artifact.", {"action": one.name}
    return None


def _wrong_parts(
    account: Account, pipeline: dict[str, Any], steps: list[Step], branch: str
) -> tuple[str, dict[str, str]] | None:
    for one in steps:
        settings = one.action.get("configuration", {})
        given = next((settings[key] for key in BRANCH if key in settings), "")
        if branch and one.category == "Source" and given != branch:
            return "The source of {pipeline} is the branch {branch}.", {"branch": given or "that is not named"}
        if one.action["actionTypeId"]["provider"] == "CodeBuild":
            project = settings.get("ProjectName", "")
            if project not in account.read("codebuild", "list_projects").get("projects", []):
                said = "The action {action} builds with the project {project}, which is not there."
                return said, {"action": one.name, "project": project or "of no name"}
    store: dict[str, Any] = pipeline.get("artifactStore") or next(iter(pipeline.get("artifactStores", {}).values()), {})
    resource = f"arn:aws:s3:::{store.get('location', '')}/{pipeline['name']}/artifact.zip"
    for action in ("s3:PutObject", "s3:GetObject"):
        role = pipeline.get("roleArn", "")
        if why := messaging.role_refuses(account, role, "codepipeline.amazonaws.com", action, resource):
            return "CodePipeline cannot work for {pipeline}: {why}.", {"why": why}
    return None
