"""What checks that act rely on: replaced instances, failovers, rules that fire, queues that keep their policy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused


def _admits(service: str, arn: str, source: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def queue(box: Any) -> tuple[str, str]:
    """URL and ARN of an empty queue."""
    url = box("sqs", "CreateQueue", QueueName="jobs")["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:{box.spec.account_id}:jobs"


def _messages(box: Any, url: str) -> list[str]:
    found = box("sqs", "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [each["Body"] for each in found]


def test_a_queue_keeps_its_policy_when_another_attribute_is_set(box: Any, queue: tuple[str, str]) -> None:
    url, arn = queue
    policy = _admits("sns", arn, "arn:aws:sns:us-east-1:1:t")
    box("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"Policy": policy})
    box("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"VisibilityTimeout": "5"})
    held = box("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert json.loads(held["Policy"]) == json.loads(policy)
    assert held["VisibilityTimeout"] == "5"
    box("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"Policy": ""})
    assert "Policy" not in box("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]


@pytest.fixture
def rule(box: Any, queue: tuple[str, str]) -> str:
    """A rule for events of the source `shop`, which the queue lets in; its ARN."""
    url, arn = queue
    made = str(box("events", "PutRule", Name="r", EventPattern='{"source": ["shop"]}')["RuleArn"])
    box("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"Policy": _admits("events", arn, made)})
    return made


def _put(box: Any, source: str = "shop") -> None:
    entry = {"Source": source, "DetailType": "Sold", "Detail": '{"id": "7"}'}
    assert box("events", "PutEvents", Entries=[entry])["FailedEntryCount"] == 0


@pytest.mark.parametrize(
    ("how", "seen"),
    [
        ({}, None),
        ({"Input": '{"always": 1}'}, {"always": 1}),
        ({"InputPath": "$.detail"}, {"id": "7"}),
        ({"InputPath": "$.detail-type"}, "Sold"),
        ({"InputTransformer": {"InputPathsMap": {"n": "$.detail.id"}, "InputTemplate": '{"n": "<n>"}'}}, {"n": "7"}),
    ],
)
def test_a_rule_hands_over_what_its_target_asks_for(
    box: Any, queue: tuple[str, str], rule: str, how: dict[str, Any], seen: Any
) -> None:
    box("events", "PutTargets", Rule="r", Targets=[{"Id": "1", "Arn": queue[1], **how}])
    _put(box)
    _put(box, "another")
    (body,) = _messages(box, queue[0])
    if seen is None:
        assert json.loads(body)["detail-type"] == "Sold"
        assert json.loads(body)["time"].endswith("Z")
    else:
        assert json.loads(body) == seen


def test_a_rule_does_nothing_when_it_is_disabled_or_its_queue_refuses(
    box: Any, queue: tuple[str, str], rule: str
) -> None:
    box("events", "PutTargets", Rule="r", Targets=[{"Id": "1", "Arn": queue[1]}])
    box("events", "DisableRule", Name="r")
    _put(box)
    box("events", "EnableRule", Name="r")
    box("sqs", "SetQueueAttributes", QueueUrl=queue[0], Attributes={"Policy": ""})
    _put(box)
    assert _messages(box, queue[0]) == []


def test_what_no_cell_can_run_is_told_to_the_inbox(box: Any, rule: str) -> None:
    function = f"arn:aws:lambda:us-east-1:{box.spec.account_id}:function:f"
    box("events", "PutTargets", Rule="r", Targets=[{"Id": "1", "Arn": function}])
    _put(box)
    (told,) = box.inbox()
    assert (told["service"], told["protocol"], told["endpoint"], told["rule"]) == ("events", "lambda", function, "r")


def _database(box: Any, **more: Any) -> None:
    box(
        "rds",
        "CreateDBInstance",
        DBInstanceIdentifier="db",
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        MasterUsername="admin",
        MasterUserPassword="correct-horse",
        AllocatedStorage=20,
        **more,
    )


def test_a_failover_changes_places_with_the_standby(box: Any) -> None:
    _database(box, MultiAZ=True)
    before = box("rds", "DescribeDBInstances")["DBInstances"][0]
    places = before["AvailabilityZone"], before["SecondaryAvailabilityZone"]
    assert places[0] != places[1]
    box("rds", "RebootDBInstance", DBInstanceIdentifier="db")
    assert box("rds", "DescribeDBInstances")["DBInstances"][0]["AvailabilityZone"] == places[0]
    box("rds", "RebootDBInstance", DBInstanceIdentifier="db", ForceFailover=True)
    after = box("rds", "DescribeDBInstances")["DBInstances"][0]
    assert (after["SecondaryAvailabilityZone"], after["AvailabilityZone"]) == places
    assert after["Endpoint"] == before["Endpoint"]


def test_without_a_standby_there_is_no_failover(box: Any) -> None:
    _database(box)
    assert "SecondaryAvailabilityZone" not in box("rds", "DescribeDBInstances")["DBInstances"][0]
    with pytest.raises(Refused, match="InvalidParameterCombination: ForceFailover cannot be specified"):
        box("rds", "RebootDBInstance", DBInstanceIdentifier="db", ForceFailover=True)
    with pytest.raises(Refused, match="DBInstanceNotFound"):
        box("rds", "RebootDBInstance", DBInstanceIdentifier="nobody", ForceFailover=True)


@pytest.mark.parametrize(("suspended", "left"), [([], 2), (["AZRebalance"], 2), (["Launch"], 1), (["HealthCheck"], 1)])
def test_a_group_replaces_an_instance_if_its_processes_run(box: Any, suspended: list[str], left: int) -> None:
    image = box("ec2", "DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"]
    data = {"ImageId": image, "InstanceType": "t3.micro"}
    box("ec2", "CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData=data)
    box(
        "autoscaling",
        "CreateAutoScalingGroup",
        AutoScalingGroupName="g",
        LaunchTemplate={"LaunchTemplateName": "web", "Version": "$Latest"},
        MinSize=2,
        MaxSize=2,
        AvailabilityZones=["us-east-1a"],
    )
    if suspended:
        box("autoscaling", "SuspendProcesses", AutoScalingGroupName="g", ScalingProcesses=suspended)

    def instances() -> list[str]:
        group = box("autoscaling", "DescribeAutoScalingGroups")["AutoScalingGroups"][0]
        return [each["InstanceId"] for each in group["Instances"]]

    first, second = instances()
    box("ec2", "TerminateInstances", InstanceIds=[first])
    assert len(instances()) == left
    assert first not in instances()
    assert second in instances()
