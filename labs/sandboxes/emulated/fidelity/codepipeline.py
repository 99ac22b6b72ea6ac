"""CodePipeline: executions go from stage to stage as time goes by; approvals wait, closed transitions hold.

https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html,
https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_GetPipelineState.html
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any, Final

from moto.codepipeline.models import CodePipelineBackend, PipelineExecution, codepipeline_backends
from moto.core.utils import utcnow
from moto.events.models import events_backends

from labs.sandboxes.emulated import timeline
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.fidelity.codecommit import on_commit
from labs.sandboxes.emulated.hooks import Answer, Call, after, before
from labs.sandboxes.emulated.inner import in_account
from labs.sandboxes.emulated.pipelines.acts import Act, begin
from labs.sandboxes.emulated.world import WORLD

_LIVE: Final = ("InProgress", "Stopping")


def install() -> None:
    """Let moto's executions begin, and time move them."""
    start, create = CodePipelineBackend.start_pipeline_execution, CodePipelineBackend.create_pipeline

    def start_and_go(self: Any, name: str, variables: Any) -> str:
        ident: str = start(self, name, variables)
        _go(self.pipelines[name], self.pipelines[name].executions[ident], "StartPipelineExecution", WORLD.caller)
        return ident

    def create_and_start(self: Any, pipeline: dict[str, Any], tags: Any) -> Any:
        made = create(self, pipeline, tags)
        ident = start(self, pipeline["name"], None)
        held = self.pipelines[pipeline["name"]]
        _go(held, held.executions[ident], "CreatePipeline", WORLD.caller)
        return made

    tell, sum_up = PipelineExecution.to_dict, PipelineExecution.to_summary_dict

    def tell_all(self: Any) -> dict[str, Any]:
        revisions = [
            {"name": each["name"], "revisionId": each["revisionId"], "revisionSummary": each["revisionSummary"]}
            for each in _revisions(self)
        ]
        return {**tell(self), "artifactRevisions": revisions, "trigger": _trigger(self)}

    def sum_up_all(self: Any) -> dict[str, Any]:
        sources = [
            {"actionName": each["action"], "revisionId": each["revisionId"], "revisionSummary": each["revisionSummary"]}
            for each in _revisions(self)
        ]
        return {**sum_up(self), "sourceRevisions": sources, "trigger": _trigger(self)}

    CodePipelineBackend.start_pipeline_execution, CodePipelineBackend.create_pipeline = start_and_go, create_and_start
    PipelineExecution.to_dict, PipelineExecution.to_summary_dict = tell_all, sum_up_all
    timeline.source(_due, _happen)
    on_commit(_a_commit_starts)


def _trigger(execution: Any) -> dict[str, str]:
    kind, detail = execution.__dict__.get("trigger", ("StartPipelineExecution", ""))
    return {"triggerType": kind, "triggerDetail": detail}


def _revisions(execution: Any) -> Iterator[dict[str, str]]:
    for acts in execution.__dict__.get("acts", {}).values():
        for act in acts.values():
            if act.revision:
                yield {"action": act.name, **act.revision}


def _go(pipeline: Any, execution: Any, trigger: str, detail: str) -> None:
    """Let an execution begin. `acts`: by stage and action; `stage`: the index of the one it is in or waits for."""
    execution.status, execution.trigger = "InProgress", (trigger, detail)
    execution.acts, execution.artifacts, execution.stage, execution.inside = {}, {}, 0, False
    _move(pipeline)


def _pipelines() -> Iterator[tuple[str, Any]]:
    for account in WORLD.accounts():
        for backend in dict.values(codepipeline_backends[account]):
            for pipeline in backend.pipelines.values():
                yield account, pipeline


def _running(pipeline: Any) -> list[Any]:
    return [each for each in pipeline.executions.values() if each.status in _LIVE and hasattr(each, "acts")]


def _due(since: float) -> float | None:
    ends = [
        act.until
        for _, pipeline in _pipelines()
        for execution in _running(pipeline)
        for acts in execution.acts.values()
        for act in acts.values()
        if act.status == "InProgress" and act.until is not None
    ]
    return min(ends, default=None)


def _happen(at: float) -> None:
    for account, pipeline in _pipelines():
        with in_account(account):
            for execution in _running(pipeline):
                for acts in execution.acts.values():
                    for act in acts.values():
                        if act.status == "InProgress" and act.until is not None and act.until <= at:
                            act.status, act.ended = act.will, at
                execution.last_update_time = utcnow()
            _move(pipeline)


def _move(pipeline: Any) -> None:
    """Let each execution go as far as it can without time: the oldest first, one in a stage, the newest of those waiting."""
    moved = True
    while moved:
        moved = False
        for execution in _running(pipeline):
            moved = _step(pipeline, execution) or moved


def _step(pipeline: Any, execution: Any) -> bool:
    stages = pipeline.pipeline["stages"]
    stage = stages[execution.stage]
    if not execution.inside:
        if execution.status == "Stopping":
            execution.status = "Stopped"
            return True
        others = [each for each in _running(pipeline) if each is not execution and each.stage == execution.stage]
        if any(each.inside for each in others) or (execution.stage and stage["name"] in _closed(pipeline)):
            return _supersede(pipeline, execution)
        if _supersede(pipeline, execution) and execution.status == "Superseded":
            return True
        execution.inside, execution.acts[stage["name"]] = True, {}
    acts: dict[str, Act] = execution.acts[stage["name"]]
    if any(act.status == "Failed" for act in acts.values()) and not any(
        act.status == "InProgress" for act in acts.values()
    ):
        execution.status, execution.inside = "Failed", False
        return True
    for order in sorted({each["runOrder"] for each in stage["actions"]}):
        group = [each for each in stage["actions"] if each["runOrder"] == order]
        fresh = [each for each in group if each["name"] not in acts]
        if fresh and execution.status == "Stopping":
            execution.status, execution.inside = "Stopped", False
            return True
        for action in fresh:
            acts[action["name"]] = begin(pipeline, execution, action)
        if any(acts[each["name"]].status != "Succeeded" for each in group):
            return bool(fresh)
    execution.inside, execution.last_update_time = False, utcnow()
    execution.stage += 1
    if execution.stage == len(stages):
        execution.status, execution.stage = "Succeeded", len(stages) - 1
    return True


def _supersede(pipeline: Any, execution: Any) -> bool:
    """A newer execution that waits at the same place takes it: the older one is superseded."""
    ordered = [*pipeline.executions.values()]
    newer = ordered[ordered.index(execution) + 1 :]
    if any(
        each.status == "InProgress" and each.stage == execution.stage and not each.inside and hasattr(each, "acts")
        for each in newer
    ):
        execution.status = "Superseded"
        return True
    return False


def _closed(pipeline: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = pipeline.__dict__.setdefault("closed", {})
    return found


def _start_for(pipeline: Any, account: str, detail: str) -> None:
    parts = str(pipeline._arn).split(":")
    with in_account(account):
        backend = codepipeline_backends[account][parts[3]]
        execution = PipelineExecution(pipeline.pipeline["name"], pipeline.pipeline["version"], None)
        backend.pipelines[pipeline.pipeline["name"]].executions[execution.pipeline_execution_id] = execution
        polls = "PollForSourceChanges" if not _ruled(pipeline) else "CloudWatchEvent"
        _go(pipeline, execution, polls, detail)


def _ruled(pipeline: Any) -> bool:
    parts = str(pipeline._arn).split(":")
    buses = events_backends[parts[4]][parts[3]].event_buses.values()
    rules = [rule for bus in buses for rule in bus.rules.values()]
    return any(rule.state == "ENABLED" and any(each["Arn"] == pipeline._arn for each in rule.targets) for rule in rules)


def _sources(pipeline: Any, provider: str) -> Iterator[dict[str, Any]]:
    for action in pipeline.pipeline["stages"][0]["actions"]:
        given = action["configuration"]
        polls = str(given.get("PollForSourceChanges", "true")).lower() == "true"
        if action["actionTypeId"]["provider"] == provider and (polls or _ruled(pipeline)):
            yield given


def _a_commit_starts(account: str, region: str, repository: str, branch: str) -> None:
    for owner, pipeline in list(_pipelines()):
        if owner == account and str(pipeline._arn).split(":")[3] == region:
            for given in _sources(pipeline, "CodeCommit"):
                if (given.get("RepositoryName"), given.get("BranchName")) == (repository, branch):
                    _start_for(pipeline, account, f"{repository}/{branch}")


@after("s3", "PutObject", "CompleteMultipartUpload", "CopyObject")
def an_object_starts(call: Call, answer: Answer) -> None:
    """Start the pipelines whose source is this object."""
    if not any(dict.__len__(codepipeline_backends[account]) for account in WORLD.accounts()):
        return
    for owner, pipeline in list(_pipelines()):
        for given in _sources(pipeline, "S3"):
            wanted = call.parameters.get("Bucket"), call.parameters.get("Key")
            if (given.get("S3Bucket"), given.get("S3ObjectKey")) == wanted:
                _start_for(pipeline, owner, str(wanted[1]))


def _said(told: dict[str, Any]) -> Answer:
    return Answer(200, {"content-type": "application/x-amz-json-1.1"}, json.dumps(told).encode())


def _find(call: Call, name: str = "pipelineName") -> Any:
    wanted = str(call.parameters.get(name))
    found = codepipeline_backends[call.account_id][call.region].pipelines.get(wanted)
    if found is None:
        message = f"Account '{call.account_id}' does not have a pipeline with name '{wanted}'"
        raise AwsError("PipelineNotFoundException", message, 400)
    return found


def _stage_of(call: Call, pipeline: Any) -> dict[str, Any]:
    wanted = call.parameters.get("stageName")
    for stage in pipeline.pipeline["stages"]:
        if stage["name"] == wanted:
            return dict(stage)
    raise AwsError("StageNotFoundException", f"The stage {wanted} was not found in the pipeline.", 400)


def _execution(call: Call, pipeline: Any) -> Any:
    ident = str(call.parameters.get("pipelineExecutionId"))
    if ident not in pipeline.executions:
        message = f"The pipeline execution {ident} does not exist for pipeline '{pipeline.pipeline['name']}'"
        raise AwsError("PipelineExecutionNotFoundException", message, 400)
    return pipeline.executions[ident]


@before("codepipeline", "GetPipelineState")
def show_the_state(call: Call) -> Answer:
    """Show each stage with what was last in it."""
    pipeline = _find(call, "name")
    held = [each for each in pipeline.executions.values() if hasattr(each, "acts")]
    stages = []
    for number, stage in enumerate(pipeline.pipeline["stages"]):
        name = stage["name"]
        closed = _closed(pipeline).get(name)
        shown: dict[str, Any] = {"stageName": name, "actionStates": []}
        if number:
            shown["inboundTransitionState"] = {"enabled": closed is None, **(closed or {})}
        waiting = [each for each in held if each.status in _LIVE and each.stage == number and not each.inside]
        if waiting:
            shown["inboundExecution"] = {
                "pipelineExecutionId": waiting[-1].pipeline_execution_id,
                "status": "InProgress",
            }
        last = next((each for each in reversed(held) if name in each.acts), None)
        if last is not None:
            status = _stage_status(last, number, name, stage)
            shown["latestExecution"] = {"pipelineExecutionId": last.pipeline_execution_id, "status": status}
        for action in stage["actions"]:
            act = last.acts[name].get(action["name"]) if last is not None else None
            state: dict[str, Any] = {"actionName": action["name"]}
            if act is not None:
                state["latestExecution"] = _told(act, last)
                if act.revision:
                    state["currentRevision"] = {"revisionId": act.revision["revisionId"], "created": act.began,
                                                "revisionChangeId": act.revision["revisionId"]}  # fmt: skip
            shown["actionStates"].append(state)
        stages.append(shown)
    told = {"pipelineName": pipeline.pipeline["name"], "pipelineVersion": pipeline.pipeline["version"]}
    return _said({**told, "stageStates": stages, "created": WORLD.spec.created_at})


def _stage_status(execution: Any, number: int, name: str, stage: dict[str, Any]) -> str:
    acts = execution.acts[name].values()
    if any(act.status == "Failed" for act in acts):
        return "Failed"
    done = len(acts) == len(stage["actions"]) and all(act.status == "Succeeded" for act in acts)
    return "Succeeded" if done else "Stopped" if execution.status == "Stopped" else "InProgress"


def _told(act: Act, execution: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "actionExecutionId": str(uuid.uuid5(uuid.UUID(execution.pipeline_execution_id), act.name)),
        "status": act.status,
        "lastStatusChange": act.ended or act.began,
    }
    told |= {"summary": act.summary} if act.summary else {}
    told |= {"externalExecutionId": act.external} if act.external else {}
    told |= {"token": act.token} if act.token and act.status == "InProgress" else {}
    return told | (
        {"errorDetails": {"code": act.code, "message": act.message}} if act.status == "Failed" and act.code else {}
    )


@before("codepipeline", "PutApprovalResult")
def approve(call: Call) -> Answer:
    """Approve or reject what waits. https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutApprovalResult.html"""
    pipeline = _find(call)
    stage, wanted = _stage_of(call, pipeline), call.parameters.get("actionName")
    if not any(each["name"] == wanted for each in stage["actions"]):
        raise AwsError("ActionNotFoundException", f"The action {wanted} was not found in the stage.", 400)
    token, result = call.parameters.get("token"), call.parameters.get("result") or {}
    for execution in pipeline.executions.values():
        act = execution.__dict__.get("acts", {}).get(stage["name"], {}).get(wanted)
        if act is None or act.token != token or not token:
            continue
        if act.status != "InProgress":
            raise AwsError(
                "ApprovalAlreadyCompletedException", "The approval action has already been approved or rejected.", 400
            )
        act.ended, act.summary = WORLD.at, str(result.get("summary", ""))
        act.status = "Succeeded" if result.get("status") == "Approved" else "Failed"
        _move(pipeline)
        return _said({"approvedAt": WORLD.at})
    raise AwsError(
        "InvalidApprovalTokenException", "The approval request already received a response or has expired.", 400
    )


@before("codepipeline", "DisableStageTransition")
def close_a_transition(call: Call) -> Answer:
    """Let nothing enter a stage."""
    pipeline = _find(call)
    stage = _stage_of(call, pipeline)
    who = {"lastChangedBy": call.principal, "lastChangedAt": WORLD.at}
    _closed(pipeline)[stage["name"]] = {**who, "disabledReason": str(call.parameters.get("reason", ""))}
    return _said({})


@before("codepipeline", "EnableStageTransition")
def open_a_transition(call: Call) -> Answer:
    """Let executions enter a stage again."""
    pipeline = _find(call)
    _closed(pipeline).pop(_stage_of(call, pipeline)["name"], None)
    _move(pipeline)
    return _said({})


@before("codepipeline", "StopPipelineExecution")
def stop(call: Call) -> Answer:
    """Stop an execution: after the actions that go on, or at once (abandon)."""
    pipeline = _find(call)
    execution = _execution(call, pipeline)
    if execution.status != "InProgress":
        message = "Unable to stop the pipeline execution: it is not in progress."
        raise AwsError("PipelineExecutionNotStoppableException", message, 400)
    execution.status = "Stopping"
    if call.parameters.get("abandon"):
        for act in execution.acts.get(pipeline.pipeline["stages"][execution.stage]["name"], {}).values():
            act.status = "Abandoned" if act.status == "InProgress" else act.status
        execution.status, execution.inside = "Stopped", False
    _move(pipeline)
    return _said({"pipelineExecutionId": execution.pipeline_execution_id})


@before("codepipeline", "RetryStageExecution")
def retry(call: Call) -> Answer:
    """Let a stage that failed begin again: the actions that failed, or all."""
    pipeline = _find(call)
    stage, execution = _stage_of(call, pipeline), _execution(call, pipeline)
    acts = execution.acts.get(stage["name"], {})
    if execution.status != "Failed" or not any(act.status == "Failed" for act in acts.values()):
        raise AwsError("StageNotRetryableException", "The stage has not failed, and cannot be retried.", 400)
    again = call.parameters.get("retryMode") == "ALL_ACTIONS"
    execution.acts[stage["name"]] = (
        {} if again else {name: act for name, act in acts.items() if act.status == "Succeeded"}
    )
    execution.status, execution.inside = "InProgress", True
    _move(pipeline)
    return _said({"pipelineExecutionId": execution.pipeline_execution_id})
