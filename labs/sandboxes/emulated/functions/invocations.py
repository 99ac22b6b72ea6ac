"""Lambda's Invoke: a function found, run, logged, and its answer or error in AWS's shapes.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from moto.awslambda.utils import get_backend
from moto.moto_api._internal import mock_random

from labs.sandboxes.emulated.errors import AwsError
from labs.sandboxes.emulated.functions import child
from labs.sandboxes.emulated.functions.calls import BUDGET, Caller, credentials_of
from labs.sandboxes.emulated.functions.logs import write
from labs.sandboxes.emulated.functions.process import Ending, Job, NoChild, mapped, run
from labs.sandboxes.emulated.world import WORLD

__all__ = ["Found", "Outcome", "find", "invoke", "refuse_what_cannot_run"]

DEEPEST: Final = 4  # functions that wait for functions: each holds two processes
LONGEST: Final = 5.0  # seconds of the machine's time that a function may take; its own clock may go further
_TAIL: Final = 4096
_PYTHON: Final = "python3."
_depth = [0]


@dataclass(frozen=True, slots=True)
class Found:
    """A function in the version that was asked for. `arn` is as invoked, with the qualifier where there was one."""

    function: Any
    arn: str
    version: str
    qualifier: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an invocation. `error`: "" or what x-amz-function-error says."""

    payload: bytes
    error: str
    tail: str
    version: str
    request_id: str


def find(account: str, region: str, name: str, qualifier: str | None = None) -> Found:
    """Return the function by name, partial or whole ARN. Raises AwsError where there is none."""
    backend = get_backend(account, region)
    if name.count(":") == 2 and not name.startswith("arn:"):
        name = name.rpartition(":")[2]  # 123456789012:function:name
    parts = name.split(":function:")
    inner = parts[1] if len(parts) == 2 else name
    bare, _, within = inner.partition(":")
    qualifier = qualifier or within or None
    arn = f"arn:aws:lambda:{region}:{account}:function:{bare}"
    if name.startswith("arn:") and name.split(":")[3:5] != [region, account]:
        raise AwsError("ResourceNotFoundException", f"Function not found: {name}", 404)
    version = qualifier
    try:
        if qualifier and qualifier != "$LATEST" and not qualifier.isdigit():
            version = _version_of(backend.get_alias(qualifier, bare))
        function = backend.get_function(bare, version)
    except Exception as error:
        raise AwsError(
            "ResourceNotFoundException", f"Function not found: {arn}{f':{qualifier}' if qualifier else ''}", 404
        ) from error
    return Found(function, f"{arn}:{qualifier}" if qualifier else arn, str(function.version), qualifier or "")


def _version_of(alias: Any) -> str:
    """Return the version that an alias leads to this time: with weights, as chance (the call's own) has it."""
    weights = (alias.routing_config or {}).get("AdditionalVersionWeights") or {}
    place = mock_random.random()
    for version, weight in sorted(weights.items()):
        place -= float(weight)
        if place < 0:
            return str(version)
    return str(alias.function_version)


def refuse_what_cannot_run(function: Any) -> None:
    """Raise AwsError for a function that this AWS cannot run."""
    runtime = str(function.run_time or "")
    if function.package_type == "Image" or not runtime.startswith(_PYTHON):
        what = "container images" if function.package_type == "Image" else f"the runtime {runtime or '(none)'}"
        raise AwsError(
            "NotImplemented",
            f"lambda:InvokeFunction with {what} is not simulated here: only Python functions run. Nothing was changed. "
            "On AWS it may well work.",
            501,
        )


def invoke(found: Found, event: bytes, *, request_id: str, client_context: Any = None) -> Outcome:
    """Run the function once and log it. Raises AwsError where it cannot be started."""
    function = found.function
    refuse_what_cannot_run(function)
    if _depth[0] >= DEEPEST:
        message = f"Rate Exceeded. Functions may wait for each other {DEEPEST} deep at most here."
        raise AwsError("TooManyRequestsException", message, 429)
    log_group, log_stream = f"/aws/lambda/{function.function_name}", _stream(found)
    seconds = min(float(function.timeout), LONGEST, BUDGET.left())
    credentials = credentials_of(function)
    job = Job(
        code=_bytes(function.code_bytes),
        layers=tuple(_layers(function)),
        handler=str(function.handler or ""),
        event=event,
        environment=_environment(found, credentials, log_group, log_stream),
        context={
            "function_name": function.function_name,
            "function_version": found.version,
            "invoked_function_arn": found.arn,
            "memory_limit_in_mb": str(function.memory_size),
            "aws_request_id": request_id,
            "log_group_name": log_group,
            "log_stream_name": log_stream,
            "client_context": client_context,
        },
        memory=int(function.memory_size) << 20,
        mapped=mapped(),
        timeout=float(function.timeout),
        seconds=max(0.05, seconds),
        at=WORLD.at,
        seed=f"{WORLD.seed}:{request_id}",
    )
    caller = Caller(request_id, WORLD.at, job.timeout)
    _depth[0] += 1
    try:
        ending = run(job, caller.answer, child.main)
    except NoChild as error:
        message = "Rate Exceeded. This sandbox cannot run one more function at the moment."
        raise AwsError("TooManyRequestsException", message, 429) from error
    finally:
        _depth[0] -= 1
    return _told(found, ending, job, request_id, log_group, log_stream)


def _told(found: Found, ending: Ending, job: Job, request_id: str, group: str, stream: str) -> Outcome:
    payload, error, words, status = _judged(ending, job, request_id)
    gone = job.timeout if ending.kind == "timeout" else _number(ending.head.get("gone"), job.timeout)
    duration = gone * 1000 + (0.0 if ending.kind == "timeout" else 1.0 + int(request_id[:2], 16) / 100)
    lines = [f"START RequestId: {request_id} Version: {found.version}"]
    lines += ending.output.decode("utf-8", "replace").splitlines()[:2000]
    if ending.dropped:
        lines.append(f"[{ending.dropped} more bytes of output are not kept here]")
    lines += words
    lines.append(f"END RequestId: {request_id}")
    report = (
        f"REPORT RequestId: {request_id}\tDuration: {duration:.2f} ms\tBilled Duration: {-int(-duration // 1)} ms\t"
    )
    report += f"Memory Size: {found.function.memory_size} MB\tMax Memory Used: {_used(found)} MB\t{status}"
    lines.append(report)
    write(found.function, group, stream, lines, begun=job.at, ended=job.at + gone)
    tail = ("\n".join(lines) + "\n").encode()[-_TAIL:]
    return Outcome(payload, error, base64.b64encode(tail).decode(), found.version, request_id)


def _judged(ending: Ending, job: Job, request_id: str) -> tuple[bytes, str, list[str], str]:
    """Return the payload, the error's kind, lines for the log, and what REPORT says at its end."""
    if ending.kind == "done":
        failed = bool(ending.head.get("error"))
        log = ending.head.get("log")
        words = [str(log)] if failed and log else []
        return ending.body, "Unhandled" if failed else "", words, ""
    if ending.kind == "timeout":
        said = f"Task timed out after {job.timeout:.2f} seconds"
        now = datetime.fromtimestamp(job.at + job.timeout, UTC)
        words = [f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z {request_id} {said}"]
        body = {"errorType": "Sandbox.Timedout", "errorMessage": f"RequestId: {request_id} Error: {said}"}
        if job.seconds < job.timeout:
            words.append(f"[it worked for {job.seconds:.0f} s of the machine's time, which is all that it may here]")
        return json.dumps(body).encode(), "Unhandled", words, "Status: timeout"
    said = _exit_words(ending)
    body = {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request_id} Error: {said}"}
    words = [f"RequestId: {request_id} Error: {said}", "Runtime.ExitError"]
    if ending.kind == "disk":
        words.append("[a function's files may have 32 MiB here]")
    return json.dumps(body).encode(), "Unhandled", words, "Status: error\tError Type: Runtime.ExitError"


def _exit_words(ending: Ending) -> str:
    status = ending.status
    if ending.kind in ("disk", "killed") or (status is not None and os.WIFEXITED(status) and status >> 8 == 137):
        number = os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else signal.SIGKILL
        names = {signal.SIGSEGV: "segmentation fault", signal.SIGABRT: "aborted"}
        return f"Runtime exited with error: signal: {names.get(signal.Signals(number), 'killed')}"
    if ending.kind == "exit" and status is not None and status >> 8:
        return f"Runtime exited with error: exit status {status >> 8}"
    return "Runtime exited without providing a reason"


def _number(value: Any, most: float) -> float:
    known = type(value) in (int, float) and math.isfinite(value)
    return min(max(float(value), 0.0), most) if known else 0.0


def _used(found: Found) -> int:
    """Return what REPORT says of memory: the same for the same code, since a measured one would differ in a replay."""
    digest = hashlib.sha256(f"{found.function.code_sha_256}".encode()).digest()
    return min(int(found.function.memory_size), 34 + digest[0] % 12)


def _stream(found: Found) -> str:
    """Return the log stream: one a day for each state of the code, as a container that stays warm would have it."""
    day = datetime.fromtimestamp(WORLD.at, UTC)
    text = f"{WORLD.spec.number} {found.function.function_arn} {found.function.code_sha_256} {day:%Y-%m-%d}"
    return f"{day:%Y/%m/%d}/[{found.version}]{hashlib.md5(text.encode()).hexdigest()}"  # noqa: S324 - a name, no secret


def _layers(function: Any) -> list[bytes]:
    backend = get_backend(function.account_id, function.region)
    found = [backend.layers_versions_by_arn(each["Arn"]) for each in function.layers or []]
    return [_bytes(each.code_bytes) for each in found if each is not None]


def _bytes(code: Any) -> bytes:
    return code.read() if hasattr(code, "read") else bytes(code or b"")


def _environment(found: Found, credentials: Any, group: str, stream: str) -> dict[str, str]:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    function = found.function
    made = {str(name): str(value) for name, value in (function.environment_vars or {}).items()}
    return made | {
        "_HANDLER": str(function.handler or ""),
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_SESSION_TOKEN": credentials.token,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_REGION": function.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": found.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "TMPDIR": "/tmp",  # noqa: S108 - led to the child's own folder
        "TZ": ":UTC",
    }
