"""ECS: tasks with a network, services at their size."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused


@pytest.fixture
def cluster(box: Any) -> str:
    """A cluster with the task definition web:1."""
    box("ecs", "CreateCluster", clusterName="c")
    define(box)
    return "c"


def define(box: Any) -> str:
    made = box(
        "ecs",
        "RegisterTaskDefinition",
        family="web",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[
            {"name": "web", "image": "nginx", "portMappings": [{"containerPort": 80}]},
            {"name": "log", "image": "fluent-bit"},
        ],
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


@pytest.fixture
def network(box: Any) -> dict[str, Any]:
    found = sorted(box("ec2", "DescribeSubnets")["Subnets"], key=lambda each: each["AvailabilityZone"])
    told = {"subnets": [each["SubnetId"] for each in found[:2]], "assignPublicIp": "ENABLED"}
    return {"awsvpcConfiguration": told}


def serve(box: Any, network: dict[str, Any], count: int = 2, **more: Any) -> dict[str, Any]:
    given = {"taskDefinition": "web", "launchType": "FARGATE", "networkConfiguration": network, **more}
    made: dict[str, Any] = box("ecs", "CreateService", cluster="c", serviceName="s", desiredCount=count, **given)
    return dict(made["service"])


def look(box: Any) -> dict[str, Any]:
    one: dict[str, Any] = box("ecs", "DescribeServices", cluster="c", services=["s"])["services"][0]
    return one


def tasks(box: Any) -> list[dict[str, Any]]:
    arns = box("ecs", "ListTasks", cluster="c", serviceName="s")["taskArns"]
    return list(box("ecs", "DescribeTasks", cluster="c", tasks=arns)["tasks"]) if arns else []


def address(task: dict[str, Any]) -> str:
    return str({each["name"]: each["value"] for each in task["attachments"][0]["details"]}["privateIPv4Address"])


def test_a_task_runs_with_an_address_of_its_subnet(box: Any, cluster: str, network: dict[str, Any]) -> None:
    made = box(
        "ecs", "RunTask", cluster="c", taskDefinition="web", launchType="FARGATE", networkConfiguration=network, count=2
    )
    (first, _) = made["tasks"]
    assert first["lastStatus"] == "RUNNING"
    assert [each["name"] for each in first["containers"]] == ["web", "log"]
    assert address(first).startswith("172.31.")
    nics = box("ec2", "DescribeNetworkInterfaces")["NetworkInterfaces"]
    assert len(nics) == 2
    assert all(each["Groups"][0]["GroupName"] == "default" for each in nics)
    assert nics[0]["Association"]["PublicIp"]
    box("ecs", "StopTask", cluster="c", task=first["taskArn"], reason="enough")
    (told,) = box("ecs", "DescribeTasks", cluster="c", tasks=[first["taskArn"]])["tasks"]
    assert (told["lastStatus"], told["stoppedReason"]) == ("STOPPED", "enough")
    assert len(box("ec2", "DescribeNetworkInterfaces")["NetworkInterfaces"]) == 1


def test_a_task_runs_in_a_vpc_without_dns_hostnames(box: Any, cluster: str) -> None:
    vpc = box("ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = box("ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    made = serve(box, {"awsvpcConfiguration": {"subnets": [subnet]}})
    assert made["runningCount"] == 2
    for each in tasks(box):
        details = {one["name"]: one["value"] for one in each["attachments"][0]["details"]}
        assert details["privateIPv4Address"].startswith("10.9.1.")
        assert "privateDnsName" not in details


def test_a_service_is_steady(box: Any, cluster: str, network: dict[str, Any]) -> None:
    serve(box, network)
    found = look(box)
    assert (found["runningCount"], found["pendingCount"], len(found["deployments"])) == (2, 0, 1)
    assert found["deployments"][0]["rolloutState"] == "COMPLETED"
    assert found["events"][0]["message"] == "(service s) has reached a steady state."
    assert {each["availabilityZone"] for each in tasks(box)} == {"us-east-1a", "us-east-1b"}
    (told,) = box("ecs", "DescribeClusters", clusters=["c"])["clusters"]
    assert (told["runningTasksCount"], told["pendingTasksCount"]) == (2, 0)


def test_a_service_follows_its_desired_count(box: Any, cluster: str, network: dict[str, Any]) -> None:
    serve(box, network)
    for count in (4, 1, 0):
        box("ecs", "UpdateService", cluster="c", service="s", desiredCount=count)
        assert look(box)["runningCount"] == len(tasks(box)) == count
    assert box("ec2", "DescribeNetworkInterfaces")["NetworkInterfaces"] == []


def test_a_stopped_task_is_replaced(box: Any, cluster: str, network: dict[str, Any]) -> None:
    serve(box, network)
    first = tasks(box)[0]["taskArn"]
    box("ecs", "StopTask", cluster="c", task=first)
    after = [each["taskArn"] for each in tasks(box)]
    assert len(after) == 2
    assert first not in after


def test_a_new_revision_replaces_the_tasks(box: Any, cluster: str, network: dict[str, Any]) -> None:
    serve(box, network)
    second = define(box)
    assert second.endswith("web:2")
    box("ecs", "UpdateService", cluster="c", service="s", taskDefinition="web:2")
    assert look(box)["taskDefinition"] == second
    assert {each["taskDefinitionArn"] for each in tasks(box)} == {second}


def test_tasks_are_targets(box: Any, cluster: str, network: dict[str, Any]) -> None:
    subnets, vpc = network["awsvpcConfiguration"]["subnets"], box("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"]
    group = box("ec2", "DescribeSecurityGroups")["SecurityGroups"][0]["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    box("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule])
    made = box("elbv2", "CreateLoadBalancer", Name="web", Subnets=subnets, SecurityGroups=[group])
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    made = box("elbv2", "CreateTargetGroup", Name="web", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    balancing = [{"targetGroupArn": arn, "containerName": "web", "containerPort": 80}]
    with pytest.raises(Refused, match=r"InvalidParameterException.*does not have an associated load balancer"):
        serve(box, network, loadBalancers=balancing)
    action = {"Type": "forward", "TargetGroupArn": arn}
    box("elbv2", "CreateListener", LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[action])
    serve(box, network, loadBalancers=balancing)

    def targets() -> dict[str, str]:
        found = box("elbv2", "DescribeTargetHealth", TargetGroupArn=arn)["TargetHealthDescriptions"]
        return {each["Target"]["Id"]: each["TargetHealth"]["State"] for each in found}

    assert targets() == {address(each): "healthy" for each in tasks(box)}
    box("ecs", "UpdateService", cluster="c", service="s", desiredCount=1)
    assert targets() == {address(each): "healthy" for each in tasks(box)}
    box("ecs", "DeleteService", cluster="c", service="s", force=True)
    assert targets() == {}


def test_without_instances_no_task_of_ec2_is_placed(box: Any, cluster: str, network: dict[str, Any]) -> None:
    definition = [{"name": "web", "image": "nginx", "memory": 128}]
    box("ecs", "RegisterTaskDefinition", family="old", containerDefinitions=definition)
    with pytest.raises(Refused, match="InvalidParameterException: No Container Instances were found"):
        box("ecs", "RunTask", cluster="c", taskDefinition="old")
    box("ecs", "CreateService", cluster="c", serviceName="s", taskDefinition="old", desiredCount=1)
    found = look(box)
    assert (found["runningCount"], found["pendingCount"]) == (0, 1)
    assert "No Container Instances were found in your cluster" in found["events"][0]["message"]


def test_what_does_not_fit_is_refused(box: Any, cluster: str, network: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="Network Configuration must be provided"):
        box("ecs", "RunTask", cluster="c", taskDefinition="web", launchType="FARGATE")
    definition = [{"name": "web", "image": "nginx", "memory": 128}]
    box("ecs", "RegisterTaskDefinition", family="old", requiresCompatibilities=["EC2"], containerDefinitions=definition)
    with pytest.raises(Refused, match="Task definition does not support launch_type FARGATE"):
        serve(box, network, taskDefinition="old")


def test_a_replay_has_the_same_tasks(box: Any, cluster: str, network: dict[str, Any], yard: Any) -> None:
    serve(box, network)
    box("ecs", "UpdateService", cluster="c", service="s", desiredCount=3)
    other = yard.open(box.spec.number)
    for request in box.learner.sent:
        other.send(request)
    other.learner.seq = box.learner.seq
    one, two = (json.dumps(tasks(each), default=str) for each in (box, other))
    assert one == two
    other.close()
