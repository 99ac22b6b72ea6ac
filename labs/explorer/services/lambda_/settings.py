"""What a function is: its code and its configuration, made and changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Content,
    Number,
    Pairs,
    Pick,
    Picks,
    Switch,
    Text,
    Values,
    call,
    zipped,
)
from labs.explorer.saying import changed, given

RUNTIMES = (
    "python3.13",
    "python3.12",
    "python3.11",
    "nodejs22.x",
    "nodejs20.x",
    "java21",
    "dotnet8",
    "ruby3.3",
    "provided.al2023",
)

CODE = """import json
import os


def handler(event, context):
    print("got", json.dumps(event))
    return {"statusCode": 200, "body": "hello"}
"""

PLAIN = ("Handler", "Runtime", "Timeout", "MemorySize", "Role", "Description")


def _file(handler: str, runtime: str) -> str:
    ending = "mjs" if runtime.startswith("nodejs") else "rb" if runtime.startswith("ruby") else "py"
    return f"{handler.rpartition('.')[0] or 'index'}.{ending}"


def _code(v: Values, handler: str, runtime: str) -> Any:
    text = bytes(v["code"] or b"")
    return text if text[:2] == b"PK" else zipped({_file(handler, runtime): text.decode("utf-8", "replace")})


def _create(v: Values, at: At) -> Iterator[Call]:
    vpc = given(SubnetIds=v["subnets"], SecurityGroupIds=v["groups"])
    yield call(
        "lambda",
        "create_function",
        FunctionName=v["FunctionName"],
        Runtime=v["Runtime"],
        Role=v["Role"],
        Handler=v["Handler"],
        Code={"ZipFile": _code(v, v["Handler"], v["Runtime"])},
        Timeout=v["Timeout"],
        MemorySize=v["MemorySize"],
        Environment={"Variables": v["variables"]} if v["variables"] else None,
        Description=v["Description"],
        TracingConfig={"Mode": "Active"} if v["tracing"] else None,
        VpcConfig=vpc or None,
        Tags=v["tags"] or None,
    )


def _edit(v: Values, at: At) -> Iterator[Call]:
    found: dict[str, Any] = changed(v, at, *PLAIN)
    if v["variables"] != at.before.get("variables"):
        found["Environment"] = {"Variables": v["variables"]}
    if v["tracing"] != at.before.get("tracing"):
        found["TracingConfig"] = {"Mode": "Active" if v["tracing"] else "PassThrough"}
    if (set(v["subnets"]), set(v["groups"])) != (set(at.before.get("subnets", [])), set(at.before.get("groups", []))):
        found["VpcConfig"] = {"SubnetIds": v["subnets"], "SecurityGroupIds": v["groups"]}
    if (v["dead"] or "") != at.before.get("dead", ""):
        found["DeadLetterConfig"] = {"TargetArn": v["dead"] or ""}
    if found:
        yield call("lambda", "update_function_configuration", FunctionName=at.thing.id, **found)


def _now(account: Account, at: At) -> Values:
    data = at.thing.data
    vpc = data.get("VpcConfig") or {}
    return {
        **{name: data.get(name) for name in PLAIN},
        "variables": data.get("Environment", {}).get("Variables", {}),
        "tracing": data.get("TracingConfig", {}).get("Mode") == "Active",
        "subnets": vpc.get("SubnetIds", []),
        "groups": vpc.get("SecurityGroupIds", []),
        "dead": data.get("DeadLetterConfig", {}).get("TargetArn", ""),
    }


def _settings(*, initial: bool) -> tuple[Any, ...]:
    return (
        Number(
            "Timeout",
            "Timeout",
            initial=10 if initial else None,
            least=1,
            most=900,
            unit="seconds",
            help="Longer runs are cut off.",
        ),
        Number(
            "MemorySize",
            "Memory",
            initial=128 if initial else None,
            least=128,
            most=10_240,
            unit="MB",
            help="More of it is more CPU too.",
        ),
        Pairs(
            "variables",
            "Variables",
            key="Name",
            value="Value",
            help="What the program reads from its environment. Not for secrets.",
        ),
        Switch("tracing", "Active tracing", help="Its role must be allowed to write to X-Ray."),
        Picks(
            "subnets",
            "In subnets",
            kind="ec2:subnet",
            help="Only where it must reach into a VPC. Its role then needs to manage network interfaces.",
        ),
        Picks("groups", "with security groups", kind="ec2:security-group"),
        Text("Description", "Description"),
    )


def _code_now(v: Values, at: At) -> Iterator[Call]:
    code = _code(v, at.thing.data.get("Handler", "index.handler"), at.thing.data.get("Runtime", "python3.13"))
    yield call(
        "lambda", "update_function_code", FunctionName=at.thing.id, ZipFile=code, Publish=True if v["Publish"] else None
    )


CREATE = Action(
    "create",
    "Create function",
    _create,
    (
        Text("FunctionName", "Name", required=True),
        Choice("Runtime", "Runtime", RUNTIMES, initial="python3.13", required=True),
        Pick(
            "Role",
            "Role",
            kind="iam:role",
            by="arn",
            free=True,
            required=True,
            help="Trusted by Lambda; to write logs it needs AWSLambdaBasicExecutionRole.",
        ),
        Text(
            "Handler",
            "Handler",
            initial="index.handler",
            required=True,
            help="The file's name, a dot, the function's name.",
        ),
        Content("code", "Code", file="index.py", initial=CODE, required=True, help="One file, or a zip archive."),
        *_settings(initial=True),
        Pairs("tags", "Tags"),
    ),
    new=True,
)
ACTIONS = (
    Action(
        "code",
        "Change code",
        _code_now,
        (
            Content("code", "Code", file="index.py", initial=CODE, required=True, help="One file, or a zip archive."),
            Switch("Publish", "Publish a version"),
        ),
    ),
    Action(
        "edit",
        "Edit configuration",
        _edit,
        (
            Text("Handler", "Handler"),
            Choice("Runtime", "Runtime", RUNTIMES),
            Pick("Role", "Role", kind="iam:role", by="arn", free=True),
            *_settings(initial=False),
            Pick(
                "dead",
                "Dead letters of asynchronous calls to",
                kind=("sqs:queue", "sns:topic"),
                by="arn",
                help="Its role must be allowed to send there.",
            ),
        ),
        _now,
    ),
)
