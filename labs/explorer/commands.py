"""API calls as the AWS CLI would be asked to make them: what one types to do the same from a terminal.

Names and kinds of values come from botocore's model, as the CLI's own do; what the CLI calls otherwise is listed here.
Quoted for bash. Lists of words are words; structures, maps and mixed lists are JSON in single quotation marks.
"""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from botocore import xform_name
from botocore.model import OperationModel, Shape

from labs.explorer import api
from labs.explorer.model import Bytes, Call, Kept

__all__ = ["command", "script"]

_SERVICES: Final = {"s3": "s3api", "config": "configservice", "codedeploy": "deploy"}
_WIDTH: Final = 110  # a longer command is broken into lines
# Options that the CLI has of its own, or had before the parameter came: https://docs.aws.amazon.com/cli/latest/reference/
_OPTIONS: Final = {
    "apigateway create-rest-api version": "api-version",
    "apigatewayv2 create-api version": "api-version",
    "apigatewayv2 update-api version": "api-version",
    "codepipeline get-action-type version": "action-version",
    "codepipeline get-pipeline version": "pipeline-version",
    "codepipeline create-custom-action-type version": "action-version",
    "codepipeline delete-custom-action-type version": "action-version",
    "clouddirectory publish-schema version": "schema-version",
    "eks create-cluster version": "kubernetes-version",
    "eks create-nodegroup version": "kubernetes-version",
    "eks update-cluster-version version": "kubernetes-version",
    "eks update-nodegroup-version version": "kubernetes-version",
    "sns subscribe endpoint": "notification-endpoint",
    "swf register-activity-type version": "activity-version",
    "swf register-workflow-type version": "workflow-version",
    "stepfunctions send-task-success output": "task-output",
}
_SWITCHES: Final = {
    "ec2 no-egress": "--ingress",
    "ec2 no-disable-api-termination": "--enable-api-termination",
    "ec2 create-image no-no-reboot": "--reboot",
    "ecs no-enable-execute-command": "--disable-execute-command",
}
# Where the CLI's options take another shape than the API's parameters, the parameters are given as one document.
_WHOLE: Final[frozenset[str]] = frozenset()
# What the CLI wants besides: where to write what it is answered with.
_BESIDES: Final = {
    "iam create-virtual-mfa-device": "--outfile mfa.png --bootstrap-method QRCodePNG",
    "s3api select-object-content": "answer.txt",
}
# Operations that the CLI has no command for, or one of its own making that takes other options.
_WITHOUT: Final = frozenset(
    {"rds modify-option-group", "logs start-live-tail", "ses send-email", "datapipeline put-pipeline-definition"}
    | {"datapipeline activate-pipeline", "datapipeline get-pipeline-definition", "ses list-verified-email-addresses"}
    | {
        "ses verify-email-address",
        "emr add-instance-groups",
        "emr add-job-flow-steps",
        "emr add-tags",
        "emr describe-cluster",
    }
    | {"emr describe-job-flows", "emr list-bootstrap-actions", "emr list-instance-groups", "emr run-job-flow"}
    | {"emr set-termination-protection", "emr set-visible-to-all-users", "emr terminate-job-flows"}
)


def script(calls: Iterable[Call]) -> str:
    """Return the commands of several calls, in their order, with the files that they read made before."""
    lines = []
    made = set()
    for call in calls:
        for file in _files(call.parameters):
            if file.made_by not in made:
                made.add(file.made_by)
                lines.append(file.made_by or _heredoc(file))
        lines.append(command(call))
    return "\n".join(lines)


def command(call: Call) -> str:
    """Return the command line of one call. Raises api.NoSuchOperation."""
    model = api.operation(call.service, call.operation)
    name = call.operation.replace("_", "-")
    if f"{call.service} {name}" in _WITHOUT:
        return f"# The AWS CLI has no command for {call.service} {name}."
    words = ["aws", _SERVICES.get(call.service, call.service), name]
    options = [" ".join(words), *_options(call, model, f"{words[1]} {name}")]
    if call.region:
        options.append(f"--region {_word(call.region)}")
    line = " ".join(options)
    if len(line) > _WIDTH and len(options) > 2:
        line = " \\\n  ".join(options)
    if call.keep:
        variable, path = call.keep
        return f"{variable}=$({line} --query {shlex.quote(path)} --output text)"
    return line


def _options(call: Call, model: OperationModel, name: str) -> Iterator[str]:
    members = model.input_shape.members if model.input_shape is not None else {}
    given = {one: value for one, value in call.parameters.items() if one in members}
    if name in _WHOLE:
        yield f"--cli-input-json {_json(given)}"
    else:
        if name == "ec2 run-instances" and {"MinCount", "MaxCount"} <= given.keys():
            least, most = given.pop("MinCount"), given.pop("MaxCount")
            yield f"--count {least}" if least == most else f"--count {least}:{most}"
        if name.startswith("lambda ") and isinstance(given.get("Code"), Mapping) and "ZipFile" in given["Code"]:
            # Also what is not in the archive (S3Bucket and the like) stays where it was.
            rest = {one: value for one, value in given["Code"].items() if one != "ZipFile"}
            yield f"--zip-file fileb://{shlex.quote(_file(given['Code']['ZipFile'], 'function').name)}"
            given = {one: value for one, value in given.items() if one != "Code"} | ({"Code": rest} if rest else {})
        for member, value in given.items():
            yield _option(name, xform_name(member, "-"), members[member], value, call)
    if name in _BESIDES:
        yield _BESIDES[name]
    elif model.has_streaming_output:
        yield "answer.bin"


def _option(name: str, option: str, shape: Shape, value: Any, call: Call) -> str:
    option = _OPTIONS.get(f"{name} {option}", option)
    if shape.type_name == "boolean" and not isinstance(value, Kept):
        if value:
            return f"--{option}"
        service = name.split(" ")[0]
        return _SWITCHES.get(f"{service} no-{option}") or _SWITCHES.get(f"{name} no-{option}") or f"--no-{option}"
    if shape.type_name == "list" and _are_words(shape, value):
        return f"--{option} {' '.join(map(_word, value))}"
    if isinstance(value, bytes):
        streams = bool(shape.serialization.get("streaming"))
        return f"--{option} {'' if streams else 'fileb://'}{shlex.quote(_file(value, option).name)}"
    if api.is_scalar(shape):
        word = _word(value)
        return f"--{option}={word}" if str(value).startswith("-") else f"--{option} {word}"
    return f"--{option} {_json(value)}"


def _are_words(shape: Shape, value: Any) -> bool:
    """Return whether a list can be written as words: those of text that the CLI would not take for something else."""
    scalar = api.is_scalar(shape.member)  # type: ignore[attr-defined]
    return scalar and bool(value) and not any(str(one)[:1] in ("[", "-", "") for one in value)


def _word(value: Any) -> str:
    if isinstance(value, Kept):
        return f'"${value}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        value = value.isoformat()
    return shlex.quote(str(value))


# --- Documents ------------------------------------------------------------------------------------------------------

_MARK: Final = "\x00"  # stands around a variable's name until the quotation marks are set


def _json(value: Any) -> str:
    text = json.dumps(_marked(value), ensure_ascii=False, default=str).replace("\\u0000", _MARK)
    parts = text.split(_MARK)
    quoted = "'" + parts[0].replace("'", "'\"'\"'")
    for place, part in enumerate(parts[1:], 1):
        # 'a "'"$GROUP"'" b': the variable stands outside of the single quotation marks.
        quoted += f"'\"${part}\"'" if place % 2 else part.replace("'", "'\"'\"'")
    return quoted + "'"


def _marked(value: Any) -> Any:
    match value:
        case Kept():
            return f"{_MARK}{value!s}{_MARK}"
        case Mapping():
            return {name: _marked(one) for name, one in value.items()}
        case list() | tuple():
            return [_marked(one) for one in value]
        case datetime():
            return value.isoformat()
        case bytes():
            # Text as it is, as version 1 of the CLI wants it; nothing else can stand in JSON.
            try:
                return value.decode()
            except UnicodeDecodeError:
                return base64.b64encode(value).decode()
    return value


# --- Files ----------------------------------------------------------------------------------------------------------


def _file(value: bytes, option: str) -> Bytes:
    return value if isinstance(value, Bytes) else Bytes(value, f"{option}.bin")


def _files(parameters: Mapping[str, Any]) -> Iterator[Bytes]:
    """Yield the files that the options of a call name: other bytes inside a document are written in it."""
    for member, value in parameters.items():
        if isinstance(value, bytes):
            yield _file(value, xform_name(member, "-"))
        elif isinstance(value, Mapping) and isinstance(value.get("ZipFile"), bytes):
            yield _file(value["ZipFile"], "function")


def _heredoc(file: Bytes) -> str:
    try:
        text = file.decode()
    except UnicodeDecodeError:
        return f"# {file.name}: the file that you chose, {len(file)} bytes"
    if len(text) > 4000:
        return f"# {file.name}: {len(text)} characters"
    ending = "" if text.endswith("\n") or not text else "\n"
    return f"cat > {shlex.quote(file.name)} <<'EOF'\n{text}{ending}EOF"
