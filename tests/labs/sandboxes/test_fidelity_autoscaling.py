"""Groups over several zones, their health and their policies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes import keys
from labs.sandboxes.emulated.frames import CellRequest
from labs.sandboxes.emulated.tool import Refused


def forward(box: Any, seconds: float) -> None:
    """Move the sandbox's time forward, as the platform does."""
    box.learner.seq += 1
    body = json.dumps({"seconds": seconds}).encode()
    key = keys.mint_access_key(box.spec.number, keys.START_SERIAL)
    at = box.learner.at + box.learner.seq
    request = CellRequest("POST", "skylab-time", "us-east-1", "/", "", [], body, key, at, box.learner.seq)
    box.learner.sent.append(request)
    box.send(request)


@pytest.fixture
def subnets(box: Any) -> list[str]:
    """Default subnets of zones a, b and c."""
    found = box("ec2", "DescribeSubnets")["Subnets"]
    return [each["SubnetId"] for each in sorted(found, key=lambda each: each["AvailabilityZone"])[:3]]


@pytest.fixture
def group(box: Any, subnets: list[str]) -> Any:
    """Makes the group g of a launch template, over three zones."""
    image = box("ec2", "DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"]
    data = {"ImageId": image, "InstanceType": "t3.micro"}
    box("ec2", "CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData=data)

    def make(least: int, most: int, **more: Any) -> None:
        given = {
            "LaunchTemplate": {"LaunchTemplateName": "web", "Version": "$Latest"},
            "VPCZoneIdentifier": ",".join(subnets),
            **more,
        }
        box("autoscaling", "CreateAutoScalingGroup", AutoScalingGroupName="g", MinSize=least, MaxSize=most, **given)

    return make


def look(box: Any) -> dict[str, Any]:
    one: dict[str, Any] = box("autoscaling", "DescribeAutoScalingGroups")["AutoScalingGroups"][0]
    return one


def zones(box: Any) -> list[str]:
    return sorted(each["AvailabilityZone"][-1] for each in look(box)["Instances"])


def size(box: Any, count: int) -> None:
    box("autoscaling", "SetDesiredCapacity", AutoScalingGroupName="g", DesiredCapacity=count)


def test_a_group_is_balanced_over_its_zones(box: Any, group: Any) -> None:
    group(0, 9, DesiredCapacity=4)
    assert zones(box) == ["a", "a", "b", "c"]
    size(box, 7)
    assert zones(box) == [*"aaabbcc"]
    size(box, 3)
    assert zones(box) == ["a", "b", "c"]
    first = look(box)["Instances"][0]
    box("ec2", "TerminateInstances", InstanceIds=[first["InstanceId"]])
    assert zones(box) == ["a", "b", "c"]


def test_each_instance_says_which_version_it_was_made_from(box: Any, group: Any) -> None:
    group(1, 3)
    image = box("ec2", "DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"]
    data = {"ImageId": image, "InstanceType": "t3.small"}
    box("ec2", "CreateLaunchTemplateVersion", LaunchTemplateName="web", LaunchTemplateData=data)
    size(box, 2)
    found = look(box)["Instances"]
    assert [each["LaunchTemplate"]["Version"] for each in found] == ["1", "2"]
    assert [each["InstanceType"] for each in found] == ["t3.micro", "t3.small"]


@pytest.mark.parametrize("how", ["stop", "health"])
def test_what_is_not_well_is_replaced_within_a_minute(box: Any, group: Any, how: str) -> None:
    group(2, 3)
    victim, other = (each["InstanceId"] for each in look(box)["Instances"])
    if how == "stop":
        box("ec2", "StopInstances", InstanceIds=[victim])
    else:
        box("autoscaling", "SetInstanceHealth", InstanceId=victim, HealthStatus="Unhealthy")
    assert victim in [each["InstanceId"] for each in look(box)["Instances"]]
    forward(box, 60)
    after = [each["InstanceId"] for each in look(box)["Instances"]]
    assert len(after) == 2
    assert other in after
    assert victim not in after
    told = box("autoscaling", "DescribeScalingActivities", AutoScalingGroupName="g")["Activities"]
    assert [each["Description"].partition(":")[0] for each in told] == [
        "Launching a new EC2 instance",
        "Terminating EC2 instance",
        "Launching a new EC2 instance",
        "Launching a new EC2 instance",
    ]
    (found,) = box("ec2", "DescribeInstances", InstanceIds=[victim])["Reservations"]
    assert found["Instances"][0]["State"]["Name"] == "terminated"


def test_suspended_processes_leave_it_as_it_is(box: Any, group: Any) -> None:
    group(1, 3)
    victim = look(box)["Instances"][0]["InstanceId"]
    box("autoscaling", "SuspendProcesses", AutoScalingGroupName="g", ScalingProcesses=["ReplaceUnhealthy"])
    box("ec2", "StopInstances", InstanceIds=[victim])
    forward(box, 600)
    assert [each["InstanceId"] for each in look(box)["Instances"]] == [victim]


def test_instances_are_targets_as_long_as_they_are_there(box: Any, group: Any) -> None:
    vpc = box("ec2", "DescribeVpcs")["Vpcs"][0]["VpcId"]
    made = box("elbv2", "CreateTargetGroup", Name="t", Protocol="HTTP", Port=80, VpcId=vpc)
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    group(2, 3, TargetGroupARNs=[arn])

    def targets() -> list[str]:
        found = box("elbv2", "DescribeTargetHealth", TargetGroupArn=arn)["TargetHealthDescriptions"]
        return sorted(each["Target"]["Id"] for each in found)

    def instances() -> list[str]:
        return sorted(each["InstanceId"] for each in look(box)["Instances"])

    assert targets() == instances()
    size(box, 3)
    assert targets() == instances()
    box("ec2", "TerminateInstances", InstanceIds=instances()[:1])
    assert targets() == instances()
    size(box, 2)
    assert targets() == instances()


@pytest.mark.parametrize(
    ("operation", "given", "said"),
    [
        ("SetDesiredCapacity", {"DesiredCapacity": 9}, "New SetDesiredCapacity value 9 is above max value 3"),
        ("SetDesiredCapacity", {"DesiredCapacity": 0}, "New SetDesiredCapacity value 0 is below min value 1"),
        ("UpdateAutoScalingGroup", {"MinSize": 5}, "Max bound, 3, must be greater than or equal to min bound, 5"),
        ("UpdateAutoScalingGroup", {"DesiredCapacity": 4}, "Desired capacity:4 must be between"),
        (
            "DeleteAutoScalingGroup",
            {},
            "ResourceInUse: You cannot delete an AutoScalingGroup while there are instances",
        ),
    ],
)
def test_what_aws_refuses(box: Any, group: Any, operation: str, given: dict[str, Any], said: str) -> None:
    group(1, 3)
    with pytest.raises(Refused, match=said):
        box("autoscaling", operation, AutoScalingGroupName="g", **given)
    box("autoscaling", "DeleteAutoScalingGroup", AutoScalingGroupName="g", ForceDelete=True)


def load(box: Any, value: float, minutes: int = 1) -> None:
    """Publish the group's load for some minutes."""
    for _ in range(minutes):
        dimensions = [{"Name": "AutoScalingGroupName", "Value": "g"}]
        data = [{"MetricName": "CPUUtilization", "Value": value, "Dimensions": dimensions}]
        box("cloudwatch", "PutMetricData", Namespace="AWS/EC2", MetricData=data)
        forward(box, 57)  # the calls themselves take the rest


def watch(box: Any, policy: str, **more: Any) -> None:
    """Make an alarm on more than 80 % that calls the policy."""
    given = {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Statistic": "Average", "Period": 60} | more
    box(
        "cloudwatch",
        "PutMetricAlarm",
        AlarmName="busy",
        EvaluationPeriods=1,
        Threshold=80.0,
        ComparisonOperator="GreaterThanThreshold",
        Dimensions=[{"Name": "AutoScalingGroupName", "Value": "g"}],
        AlarmActions=[policy],
        **given,
    )


def policy(box: Any, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = box("autoscaling", "PutScalingPolicy", AutoScalingGroupName="g", PolicyName="p", **more)
    return made


def test_a_simple_policy_waits_for_its_cooldown(box: Any, group: Any) -> None:
    group(1, 4)
    made = policy(box, AdjustmentType="ChangeInCapacity", ScalingAdjustment=1, Cooldown=150)
    watch(box, made["PolicyARN"])
    seen = []
    for _ in range(5):
        load(box, 95)
        seen.append(look(box)["DesiredCapacity"])
    assert seen == [2, 2, 2, 3, 3]
    assert len(zones(box)) == 3


@pytest.mark.parametrize(("cpu", "wanted"), [(85.0, 2), (92.0, 3), (99.0, 3)])
def test_a_step_policy_takes_the_step_of_the_breach(box: Any, group: Any, cpu: float, wanted: int) -> None:
    group(1, 3)
    steps = [
        {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 10.0, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 10.0, "ScalingAdjustment": 3},
    ]
    made = policy(box, PolicyType="StepScaling", AdjustmentType="ChangeInCapacity", StepAdjustments=steps)
    watch(box, made["PolicyARN"])
    load(box, cpu, 3)
    assert look(box)["DesiredCapacity"] == wanted  # what warms up is not added to


def test_target_tracking_makes_its_alarms_and_keeps_the_target(box: Any, group: Any) -> None:
    group(2, 8)
    metric = {"PredefinedMetricType": "ASGAverageCPUUtilization"}
    told = {"PredefinedMetricSpecification": metric, "TargetValue": 50.0}
    made = policy(box, PolicyType="TargetTrackingScaling", TargetTrackingConfiguration=told)
    names = [each["AlarmName"] for each in made["Alarms"]]
    assert [each.rsplit("-", 5)[0] for each in names] == ["TargetTracking-g-AlarmHigh", "TargetTracking-g-AlarmLow"]
    (shown,) = box("autoscaling", "DescribePolicies")["ScalingPolicies"]
    assert [each["AlarmName"] for each in shown["Alarms"]] == names
    load(box, 80, 3)
    assert look(box)["DesiredCapacity"] == 4  # 2 × 80 / 50, rounded up
    load(box, 10, 22)
    assert look(box)["DesiredCapacity"] == 2
    box("autoscaling", "DeletePolicy", AutoScalingGroupName="g", PolicyName="p")
    assert box("cloudwatch", "DescribeAlarms")["MetricAlarms"] == []


def test_a_replay_comes_to_the_same_group(box: Any, group: Any, yard: Any) -> None:
    group(2, 5)
    made = policy(box, AdjustmentType="ChangeInCapacity", ScalingAdjustment=1)
    watch(box, made["PolicyARN"])
    load(box, 95, 2)
    box("ec2", "StopInstances", InstanceIds=[look(box)["Instances"][0]["InstanceId"]])
    forward(box, 300)
    other = yard.open(box.spec.number)
    for request in box.learner.sent:
        if b"Describe" not in request.body:
            other.send(request)
    other.learner.seq = box.learner.seq
    one, two = (json.dumps(look(each), default=str) for each in (box, other))
    assert one == two
    other.close()
