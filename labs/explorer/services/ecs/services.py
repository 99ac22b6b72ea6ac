"""Services: tasks that are kept running, behind a balancer, as many as are wanted."""

from __future__ import annotations

from collections.abc import Iterator

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Link,
    Number,
    Part,
    Pick,
    Row,
    Switch,
    Text,
    Thing,
    Values,
    call,
    tail,
)
from labs.explorer.saying import changed
from labs.explorer.services.ecs.clusters import clusters, network_of, place_fields


def services(account: Account) -> Iterator[Thing]:
    for cluster in clusters(account):
        arns = account.read("ecs", "list_services", cluster=cluster.id).get("serviceArns", [])
        for one in (
            account.read("ecs", "describe_services", cluster=cluster.id, services=arns).get("services", [])
            if arns
            else []
        ):
            facts = (
                Fact(
                    "Tasks",
                    f"{one.get('runningCount', 0)} of {one.get('desiredCount', 0)}",
                    "good" if one.get("runningCount") == one.get("desiredCount") else "bad",
                ),
                Fact("Definition", tail(one.get("taskDefinition", ""))),
                Fact("On", one.get("launchType", "")),
                Fact("Cluster", cluster.id),
            )
            links = [
                Link("ecs:cluster", cluster.id, "In"),
                Link("ecs:definition", tail(one.get("taskDefinition", "")), "Runs"),
            ]
            links += [
                Link("elbv2:target-group", each["targetGroupArn"], "Behind", each["targetGroupArn"].split("/")[-2])
                for each in one.get("loadBalancers", [])
                if each.get("targetGroupArn")
            ]
            network = one.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
            links += [Link("ec2:security-group", each, "Guarded by") for each in network.get("securityGroups", [])]
            events = tuple(
                Row(each["id"], (str(each.get("createdAt", "")), each.get("message", "")))
                for each in one.get("events", [])[:30]
            )
            public = Fact("Public address", network.get("assignPublicIp", "DISABLED").lower())
            part = Part("events", "Events", ("When", "What"), events, "Nothing yet.")
            yield Thing(
                f"{cluster.id}/{one['serviceName']}",
                one["serviceName"],
                facts,
                one["serviceArn"],
                {**one, "Cluster": cluster.id},
                (*facts, public),
                (part,),
                links=tuple(links),
            )


def _create_service(v: Values, at: At) -> Iterator[Call]:
    balancers = (
        [{"targetGroupArn": v["group"], "containerName": v["container"], "containerPort": v["port"]}]
        if v["group"]
        else None
    )
    yield call(
        "ecs",
        "create_service",
        cluster=v["cluster"],
        serviceName=v["serviceName"],
        taskDefinition=v["taskDefinition"],
        desiredCount=v["desiredCount"],
        launchType=v["launchType"],
        networkConfiguration=network_of(v),
        loadBalancers=balancers,
    )


def _update(v: Values, at: At) -> Iterator[Call]:
    found = changed(v, at, "desiredCount", "taskDefinition")
    if found or v["forceNewDeployment"]:
        yield call(
            "ecs",
            "update_service",
            cluster=at.thing.data["Cluster"],
            service=at.thing.name,
            **found,
            forceNewDeployment=True if v["forceNewDeployment"] else None,
        )


def _scale(v: Values, at: At) -> Iterator[Call]:
    where: Values = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{at.thing.id}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    yield call(
        "application-autoscaling", "register_scalable_target", **where, MinCapacity=v["least"], MaxCapacity=v["most"]
    )
    to = {"TargetValue": v["value"], "PredefinedMetricSpecification": {"PredefinedMetricType": v["metric"]}}
    yield call(
        "application-autoscaling",
        "put_scaling_policy",
        PolicyName=f"{at.thing.name}-track",
        PolicyType="TargetTrackingScaling",
        **where,
        TargetTrackingScalingPolicyConfiguration=to,
    )


def _delete_service(v: Values, at: At) -> Iterator[Call]:
    yield call("ecs", "delete_service", cluster=at.thing.data["Cluster"], service=at.thing.name, force=True)


SERVICE_KIND = Kind(
    "service",
    "Service",
    "Services",
    services,
    empty="A service keeps as many tasks running as are wanted, and puts them behind a balancer.",
    command=(
        "aws ecs create-service --cluster shop --service-name web --task-definition web "
        "--desired-count 2 --launch-type FARGATE --network-configuration …"
    ),
    actions=(
        Action(
            "create",
            "Create service",
            _create_service,
            (
                Text("serviceName", "Name", required=True),
                Pick("cluster", "Cluster", kind="ecs:cluster", required=True),
                Pick("taskDefinition", "Task definition", kind="ecs:definition", required=True),
                Number("desiredCount", "Tasks", initial=2, least=0, most=50, required=True),
                *place_fields(),
                Pick(
                    "group",
                    "Behind target group",
                    kind="elbv2:target-group",
                    by="arn",
                    help="One whose targets are addresses (ip).",
                ),
                Text("container", "namely container"),
                Number("port", "at port", least=1, most=65_535),
            ),
            new=True,
        ),
        Action(
            "update",
            "Update",
            _update,
            (
                Number("desiredCount", "Tasks", least=0, most=50, required=True),
                Pick("taskDefinition", "Task definition", kind="ecs:definition", free=True),
                Switch("forceNewDeployment", "Start all anew"),
            ),
            lambda account, at: {
                "desiredCount": at.thing.data.get("desiredCount"),
                "taskDefinition": tail(at.thing.data.get("taskDefinition", "")),
            },
        ),
        Action(
            "scale",
            "Set auto scaling",
            _scale,
            (
                Number("least", "At least", initial=2, least=0, required=True),
                Number("most", "at most", initial=10, least=1, required=True),
                Choice(
                    "metric",
                    "Keep",
                    (
                        ("ECSServiceAverageCPUUtilization", "average CPU"),
                        ("ECSServiceAverageMemoryUtilization", "average memory"),
                    ),
                    initial="ECSServiceAverageCPUUtilization",
                    required=True,
                ),
                Number("value", "at", initial=60, least=1, most=100, whole=False, unit="percent", required=True),
            ),
        ),
        Action("delete", "Delete", _delete_service, danger="Delete the service and stop its tasks?", verb="Delete"),
    ),
)
