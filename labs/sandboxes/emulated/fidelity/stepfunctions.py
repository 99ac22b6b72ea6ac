"""Step Functions: an execution does what its definition says, as its role, as time goes by.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html,
https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from moto.moto_api._internal import mock_random
from moto.stepfunctions.models import Execution, StateMachine, StepFunctionBackend, stepfunctions_backends

from labs.sandboxes.emulated import timeline
from labs.sandboxes.emulated.authorization import trusts
from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.hooks import Answer, Call, before
from labs.sandboxes.emulated.inner import in_account
from labs.sandboxes.emulated.workflows.definitions import read
from labs.sandboxes.emulated.workflows.paths import Fault
from labs.sandboxes.emulated.workflows.run import Asleep, Run
from labs.sandboxes.emulated.world import WORLD

_SERVICE: Final = "states.amazonaws.com"
_LONGEST: Final = 262_144  # bytes of an input or output


def install() -> None:
    """Let moto's executions run."""
    start = StateMachine.start_execution

    def start_and_run(self: Any, *args: Any, **kwargs: Any) -> Any:
        known = len(self.executions)
        execution = start(self, *args, **kwargs)
        if len(self.executions) > known:
            _prepare(execution, self)
            _go(execution)
        return execution

    StateMachine.start_execution = start_and_run
    Execution.get_execution_history = lambda self, role: self.__dict__.get("events", [])
    StepFunctionBackend.send_task_success = lambda self, token, outcome: _answered(self, token, outcome, "", "")
    timeline.source(_due, _happen)


def _prepare(execution: Any, machine: Any) -> None:
    execution.definition, execution.role, execution.began = read(machine.definition), machine.roleArn, WORLD.at
    execution.memo, execution.tokens, execution.wakes, execution.events = {}, {}, None, []


def _go(execution: Any, *, hurries: bool = False) -> None:
    """Run the execution as far as it can go now."""
    run = Run(execution, execution.definition, execution.role, WORLD.at, hurries)
    limit = execution.definition.get("TimeoutSeconds")
    try:
        output, end = run.whole(json.loads(execution.execution_input))
        if limit is not None and end > execution.began + float(limit):
            raise Fault("States.Timeout")
        text = json.dumps(output)
        if len(text) > _LONGEST:
            raise Fault("States.DataLimitExceeded", "The output is longer than 256 KiB.")
        _end(execution, run, "SUCCEEDED", end, output=text)
    except Asleep as sleeper:
        execution.wakes = sleeper.until
        if limit is not None:
            over = execution.began + float(limit)
            if over <= WORLD.at:
                _end(execution, run, "TIMED_OUT", over, error="States.Timeout", cause="")
            else:
                execution.wakes = min(over, sleeper.until or over)
    except Fault as fault:
        end = max(fault.at or float(execution.began), _last(run))
        status = "TIMED_OUT" if fault.name == "States.Timeout" and limit is not None and not fault.cause else "FAILED"
        _end(execution, run, status, end, error=fault.name, cause=fault.cause)
    execution.events = run.events


def _last(run: Run) -> float:
    return float(run.events[-1]["timestamp"].timestamp())


def _end(execution: Any, run: Run, status: str, at: float, **told: str) -> None:
    kinds = {"SUCCEEDED": "ExecutionSucceeded", "FAILED": "ExecutionFailed", "TIMED_OUT": "ExecutionTimedOut"}
    run._note(at, kinds[status], **told)
    execution.status, execution.wakes = status, None
    execution.stop_date = datetime.fromtimestamp(at, UTC).replace(tzinfo=None)
    execution.output, execution.error, execution.cause = told.get("output"), told.get("error"), told.get("cause")
    if status == "SUCCEEDED":
        execution.output_details = {"included": True}


def _all() -> Iterator[tuple[str, Any]]:
    for account in WORLD.accounts():
        for backend in dict.values(stepfunctions_backends[account]):
            for machine in backend.state_machines:
                for execution in machine.executions:
                    if execution.status == "RUNNING" and execution.__dict__.get("wakes") is not None:
                        yield account, execution


def _due(since: float) -> float | None:
    return min((execution.wakes for _, execution in _all()), default=None)


def _happen(at: float) -> None:
    for account, execution in list(_all()):
        if execution.wakes <= at:
            execution.wakes = None
            with in_account(account):
                _go(execution)


@before("stepfunctions", "CreateStateMachine", "UpdateStateMachine")
def the_definition_and_the_role_must_do(call: Call) -> None:
    """Refuse a definition that is none, and a role that Step Functions may not assume."""
    definition, role = call.parameters.get("definition"), call.parameters.get("roleArn")
    if definition is not None:
        read(str(definition))
    if role and not trusts(str(role), _SERVICE):
        message = f"Neither the global service principal {_SERVICE}, nor the regional one is authorized to assume"
        raise AwsError("AccessDeniedException", f"{message} the provided role.", 400)


def _said(told: dict[str, Any]) -> Answer:
    return Answer(200, {"content-type": "application/x-amz-json-1.0"}, json.dumps(told).encode())


@before("stepfunctions", "StartSyncExecution")
def run_an_express_one(call: Call) -> Answer:
    """Run an express state machine to its end: its waits take no time here."""
    arn = str(call.parameters.get("stateMachineArn"))
    machine = stepfunctions_backends[call.account_id][call.region].describe_state_machine(arn)
    if str(machine.type or "STANDARD") != "EXPRESS":
        message = f"State Machine is not of type EXPRESS: '{arn}'"
        raise AwsError("StateMachineTypeNotSupported", message, 400)
    name = str(call.parameters.get("name") or mock_random.uuid4())
    given = str(call.parameters.get("input") or "{}")
    execution = Execution(call.region, call.account_id, machine.name, name, machine.arn, given)
    _prepare(execution, machine)
    _go(execution, hurries=True)
    told: dict[str, Any] = {
        "executionArn": execution.execution_arn.replace(":execution:", ":express:"),
        "stateMachineArn": machine.arn,
        "name": name,
        "startDate": execution.began,
        "stopDate": execution.stop_date.replace(tzinfo=UTC).timestamp() if execution.stop_date else execution.began,
        "status": execution.status,
        "input": given,
        "billingDetails": {"billedMemoryUsedInMB": 64, "billedDurationInMilliseconds": 100},
    }
    if execution.status == "SUCCEEDED":
        return _said({**told, "output": execution.output})
    return _said({**told, "error": execution.error or "", "cause": execution.cause or ""})


@before("stepfunctions", "SendTaskFailure")
def a_task_has_failed(call: Call) -> Answer:
    """Let a task that waits for its token fail."""
    backend = stepfunctions_backends[call.account_id][call.region]
    given = call.parameters
    _answered(
        backend, str(given.get("taskToken")), "null", str(given.get("error") or ""), str(given.get("cause") or "")
    )
    return _said({})


@before("stepfunctions", "SendTaskSuccess")
def a_task_is_done(call: Call) -> Answer:
    """Let a task that waits for its token go on."""
    backend = stepfunctions_backends[call.account_id][call.region]
    _answered(backend, str(call.parameters.get("taskToken")), str(call.parameters.get("output")), "", "")
    return _said({})


def _answered(backend: Any, token: str, output: str, error: str, cause: str) -> None:
    try:
        result = json.loads(output)
    except ValueError as wrong:
        raise AwsError("InvalidOutput", f"Invalid Output: '{wrong}'", 400) from wrong
    for machine in backend.state_machines:
        for execution in machine.executions:
            key = execution.__dict__.get("tokens", {}).pop(token, None)
            if key is None:
                continue
            if execution.status != "RUNNING":
                raise AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'", 400)
            failed = output == "null" and (error or cause or not result)
            name = error or "States.TaskFailed" if failed and (error or cause) else ""
            execution.memo[key] = (name, result, cause, WORLD.at)
            _go(execution)
            return
    raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'", 400)
