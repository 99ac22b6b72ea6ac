"""Clusters and the tasks that run in them; and where a task is placed, which services ask in the same way."""

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
    Kind,
    Number,
    Part,
    Pick,
    Picks,
    Row,
    Switch,
    Text,
    Thing,
    Values,
    ask,
    call,
    tail,
)
from labs.explorer.saying import given, state_fact


def clusters(account: Account) -> Iterator[Thing]:
    arns = account.read("ecs", "list_clusters").get("clusterArns", [])
    for one in account.read("ecs", "describe_clusters", clusters=arns).get("clusters", []) if arns else []:
        facts = (
            state_fact(one.get("status", ""), good=["ACTIVE"]),
            Fact("Services", str(one.get("activeServicesCount", 0))),
            Fact("Running tasks", str(one.get("runningTasksCount", 0))),
        )
        yield Thing(one["clusterName"], one["clusterName"], facts, one["clusterArn"], one)


def _tasks(account: Account, it: Thing) -> Thing:
    arns = ask(account, "ecs", "list_tasks", cluster=it.id).get("taskArns", [])
    found = ask(account, "ecs", "describe_tasks", cluster=it.id, tasks=arns).get("tasks", []) if arns else []
    rows = tuple(
        Row(
            one["taskArn"],
            (
                tail(one["taskArn"]),
                tail(one.get("taskDefinitionArn", "")),
                one.get("lastStatus", ""),
                one.get("group", ""),
            ),
            data=one,
        )
        for one in found
    )
    return replace(
        it,
        properties=it.facts,
        parts=(Part("tasks", "Tasks", ("Task", "Definition", "Status", "Of"), rows, "None runs."),),
    )


def network_of(v: Values) -> dict[str, Any] | None:
    """Return where a task stands, for those that stand in subnets."""
    if not v["subnets"]:
        return None
    return {
        "awsvpcConfiguration": given(
            subnets=v["subnets"], securityGroups=v["groups"], assignPublicIp="ENABLED" if v["public"] else "DISABLED"
        )
    }


def place_fields() -> tuple[Any, ...]:
    """Return the fields that ask what a task runs on, and where it stands."""
    return (
        Choice(
            "launchType",
            "On",
            (("FARGATE", "Fargate: no servers of yours"), ("EC2", "your instances")),
            initial="FARGATE",
            required=True,
        ),
        Picks("subnets", "Subnets", kind="ec2:subnet", help="For awsvpc, which Fargate needs."),
        Picks("groups", "Security groups", kind="ec2:security-group"),
        Switch("public", "Public address"),
    )


def _run(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "ecs",
        "run_task",
        cluster=at.thing.id,
        taskDefinition=v["taskDefinition"],
        count=v["count"],
        launchType=v["launchType"],
        networkConfiguration=network_of(v),
    )


CLUSTER = Kind(
    "cluster",
    "Cluster",
    "Clusters",
    clusters,
    detail=_tasks,
    empty="A cluster is where tasks and services run: on Fargate without servers, or on instances of yours.",
    command="aws ecs create-cluster --cluster-name shop",
    actions=(
        Action(
            "create", "Create cluster", "ecs.create_cluster", (Text("clusterName", "Name", required=True),), new=True
        ),
        Action(
            "run",
            "Run task",
            _run,
            (
                Pick("taskDefinition", "Task definition", kind="ecs:definition", required=True),
                Number("count", "How many", initial=1, least=1, most=10, required=True),
                *place_fields(),
            ),
            part="tasks",
            verb="Run",
        ),
        Action(
            "stop",
            "Stop",
            lambda v, at: [call("ecs", "stop_task", cluster=at.thing.id, task=at.row.id)],
            part="tasks",
            row=True,
            danger="Stop this task? A service starts another.",
            verb="Stop",
        ),
        Action(
            "delete",
            "Delete",
            "ecs.delete_cluster",
            thing="cluster",
            danger="Delete the cluster? Nothing may run in it.",
            verb="Delete",
        ),
    ),
)
