"""Task definitions: which containers run together, each change a new revision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Json,
    Kind,
    Link,
    Number,
    Pairs,
    Part,
    Pick,
    Row,
    Text,
    Thing,
    Values,
    call,
    tail,
)
from labs.explorer.saying import given


def definitions(account: Account) -> Iterator[Thing]:
    for arn in account.read("ecs", "list_task_definitions").get("taskDefinitionArns", []):
        yield Thing(
            tail(arn) if ":" not in arn.rsplit("/", 1)[-1] else arn.rsplit("/", 1)[-1], arn.rsplit("/", 1)[-1], arn=arn
        )


def _definition(account: Account, it: Thing) -> Thing:
    found = account.read("ecs", "describe_task_definition", taskDefinition=it.id)["taskDefinition"]
    containers = found.get("containerDefinitions", [])
    rows = tuple(
        Row(
            one["name"],
            (
                one["name"],
                one.get("image", ""),
                ", ".join(str(each.get("containerPort", "")) for each in one.get("portMappings", [])),
                ", ".join(each["name"] for each in one.get("secrets", [])),
            ),
            data=one,
        )
        for one in containers
    )
    facts = (
        Fact("Size", f"{found.get('cpu', '?')} CPU units, {found.get('memory', '?')} MiB"),
        Fact("Network", found.get("networkMode", "")),
        Fact("Runs on", ", ".join(found.get("requiresCompatibilities", []))),
        Fact("Task role", tail(found.get("taskRoleArn", "")) or "none"),
        Fact("Execution role", tail(found.get("executionRoleArn", "")) or "none"),
    )
    links = [
        Link("iam:role", tail(found[key]), about)
        for key, about in (("taskRoleArn", "Programs act as"), ("executionRoleArn", "Started as"))
        if found.get(key)
    ]
    links += [
        Link("efs:file-system", each["efsVolumeConfiguration"]["fileSystemId"], "Mounts")
        for each in found.get("volumes", [])
        if each.get("efsVolumeConfiguration")
    ]
    return replace(
        it,
        facts=facts,
        properties=facts,
        data=found,
        parts=(Part("containers", "Containers", ("Name", "Image", "Ports", "Secrets"), rows),),
        links=tuple(links),
    )


def _register(v: Values, at: At) -> Iterator[Call]:
    container: dict[str, Any] = {"name": v["name"], "image": v["image"], "essential": True}
    if v["port"]:
        container["portMappings"] = [{"containerPort": v["port"], "protocol": "tcp"}]
    if v["variables"]:
        container["environment"] = [{"name": name, "value": value} for name, value in v["variables"].items()]
    if v["secrets"]:
        container["secrets"] = [{"name": name, "valueFrom": value} for name, value in v["secrets"].items()]
    if v["logs"]:
        options = {"awslogs-group": v["logs"], "awslogs-region": at.region, "awslogs-stream-prefix": v["name"]}
        container["logConfiguration"] = {"logDriver": "awslogs", "options": options}
    volumes = None
    if v["files"]:
        volumes = [
            {"name": "data", "efsVolumeConfiguration": {"fileSystemId": v["files"], "transitEncryption": "ENABLED"}}
        ]
        container["mountPoints"] = [{"sourceVolume": "data", "containerPath": v["path"]}]
    yield call(
        "ecs",
        "register_task_definition",
        family=v["family"],
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu=v["cpu"],
        memory=v["memory"],
        taskRoleArn=v["taskRoleArn"],
        executionRoleArn=v["executionRoleArn"],
        containerDefinitions=[container],
        volumes=volumes,
    )


def _revise(v: Values, at: At) -> Iterator[Call]:
    names = (
        "family",
        "taskRoleArn",
        "executionRoleArn",
        "networkMode",
        "volumes",
        "requiresCompatibilities",
        "cpu",
        "memory",
        "placementConstraints",
    )
    kept = given(**{name: at.thing.data.get(name) for name in names})
    yield call("ecs", "register_task_definition", **kept, containerDefinitions=v["containers"])


DEFINITION = Kind(
    "definition",
    "Task definition",
    "Task definitions",
    definitions,
    look=_definition,
    empty=(
        "A task definition says which containers run together: image, size, "
        "ports, roles, secrets. A change is a new revision."
    ),
    command=(
        "aws ecs register-task-definition --family web --network-mode awsvpc "
        "--requires-compatibilities FARGATE --cpu 256 --memory 512 --container-definitions …"
    ),
    actions=(
        Action(
            "create",
            "Register task definition",
            _register,
            (
                Text("family", "Family", required=True),
                Choice(
                    "cpu",
                    "CPU",
                    (("256", "a quarter"), ("512", "a half"), ("1024", "one"), ("2048", "two"), ("4096", "four")),
                    initial="256",
                    required=True,
                ),
                Text(
                    "memory",
                    "Memory (MiB)",
                    initial="512",
                    options=("512", "1024", "2048", "4096", "8192"),
                    required=True,
                ),
                Text("name", "Container", initial="app", required=True),
                Text(
                    "image",
                    "Image",
                    required=True,
                    placeholder="111122223333.dkr.ecr.us-east-1.amazonaws.com/catnip:1.0",
                ),
                Number("port", "Port", least=1, most=65_535),
                Pick(
                    "executionRoleArn",
                    "Execution role",
                    kind="iam:role",
                    by="arn",
                    help="It pulls the image, writes logs and reads secrets.",
                ),
                Pick("taskRoleArn", "Task role", kind="iam:role", by="arn", help="What the program itself may do."),
                Pairs("variables", "Variables", key="Name", value="Value"),
                Pairs(
                    "secrets",
                    "Secrets",
                    key="Name",
                    value="ARN",
                    help="Of a parameter or a secret: it is not in the definition.",
                ),
                Pick("logs", "Logs to group", kind="logs:group"),
                Pick("files", "File system", kind="efs:file-system"),
                Text("path", "mounted at", initial="/data"),
            ),
            new=True,
        ),
        Action(
            "revise",
            "Create revision",
            _revise,
            (Json("containers", "Containers", required=True),),
            lambda account, at: {"containers": at.thing.data.get("containerDefinitions", [])},
        ),
        Action(
            "deregister",
            "Deregister",
            lambda v, at: [call("ecs", "deregister_task_definition", taskDefinition=at.thing.id)],
            danger="No new task can use it.",
            verb="Deregister",
        ),
    ),
)
