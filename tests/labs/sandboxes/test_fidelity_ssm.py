"""SSM's commands and managed instances, Cognito's roles, EventBridge's patterns and schedules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused


def machine(box: Any, *policies: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    box("iam", "CreateRole", RoleName="web", AssumeRolePolicyDocument=document)
    for each in policies:
        box("iam", "AttachRolePolicy", RoleName="web", PolicyArn=f"arn:aws:iam::aws:policy/{each}")
    box("iam", "CreateInstanceProfile", InstanceProfileName="web")
    box("iam", "AddRoleToInstanceProfile", InstanceProfileName="web", RoleName="web")
    image = box("ec2", "DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"]
    made = box("ec2", "RunInstances", ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1,
               IamInstanceProfile={"Name": "web"},
               TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "app", "Value": "web"}]}])  # fmt: skip
    box.learner.at += 300
    return str(made["Instances"][0]["InstanceId"])


RUN = {"DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["uptime"]}}


def test_a_command_reaches_a_managed_instance(box: Any) -> None:
    ident = machine(box, "AmazonSSMManagedInstanceCore")
    told = box("ssm", "DescribeInstanceInformation")["InstanceInformationList"]
    assert [(each["InstanceId"], each["PingStatus"]) for each in told] == [(ident, "Online")]
    command = box("ssm", "SendCommand", Targets=[{"Key": "tag:app", "Values": ["web"]}], **RUN)["Command"]["CommandId"]
    box.learner.at += 5
    found = box("ssm", "GetCommandInvocation", CommandId=command, InstanceId=ident)
    assert (found["Status"], "No shell runs" in found["StandardOutputContent"]) == ("Success", True)
    assert box("ssm", "ListCommands")["Commands"][0]["Status"] == "Success"
    assert box("ssm", "ListCommandInvocations", CommandId=command)["CommandInvocations"][0]["InstanceId"] == ident


def test_one_without_the_right_is_not_managed(box: Any) -> None:
    ident = machine(box)
    assert box("ssm", "DescribeInstanceInformation")["InstanceInformationList"] == []
    with pytest.raises(Refused, match="InvalidInstanceId"):
        box("ssm", "SendCommand", InstanceIds=[ident], **RUN)
    with pytest.raises(Refused, match="InvalidDocument"):
        box("ssm", "SendCommand", InstanceIds=[ident], DocumentName="mine")
    for operation, more in (
        ("StartSession", {"Target": ident}),
        ("StartAutomationExecution", {"DocumentName": "AWS-StopEC2Instance"}),
    ):
        with pytest.raises(Refused, match="not simulated"):
            box("ssm", operation, **more)


def test_public_parameters_are_read_and_not_listed_among_ones_own(box: Any) -> None:
    box("ssm", "PutParameter", Name="/app/size", Value="3", Type="String")
    path = "/aws/service/ami-amazon-linux-latest"
    read = box("ssm", "GetParametersByPath", Path=path)["Parameters"]
    assert all(each["Value"].startswith("ami-") for each in read) and read
    own = box("ssm", "DescribeParameters")["Parameters"]
    assert [each["Name"] for each in own] == ["/app/size"]


def test_the_roles_of_an_identity_pool(box: Any) -> None:
    pool = box("cognito-identity", "CreateIdentityPool", IdentityPoolName="p", AllowUnauthenticatedIdentities=False)
    given = {"IdentityPoolId": pool["IdentityPoolId"]}
    roles = {"authenticated": f"arn:aws:iam::{box.spec.account_id}:role/reader"}
    assert "Roles" not in box("cognito-identity", "GetIdentityPoolRoles", **given)
    box("cognito-identity", "SetIdentityPoolRoles", **given, Roles=roles)
    assert box("cognito-identity", "GetIdentityPoolRoles", **given)["Roles"] == roles


def test_a_pattern_is_tried_out(box: Any) -> None:
    event = {"id": "1", "account": "1", "source": "shop", "time": "2025-10-09T08:00:00Z", "region": "us-east-1",
             "resources": [], "detail-type": "order", "detail": {"n": 5}}  # fmt: skip

    def tries(pattern: Any) -> bool:
        told = box("events", "TestEventPattern", EventPattern=json.dumps(pattern), Event=json.dumps(event))
        return bool(told["Result"])

    assert tries({"source": ["shop"], "detail": {"n": [{"numeric": [">", 3]}]}})
    assert not tries({"detail": {"n": [{"numeric": [">", 7]}]}})
    with pytest.raises(Refused, match="InvalidEventPatternException"):
        tries({"source": "shop"})


@pytest.mark.parametrize(("schedule", "wait"), [("rate(5 minutes)", 310), ("cron(0 12 * * ? *)", 86_400)])
def test_a_schedule_fires_in_time(box: Any, schedule: str, wait: int) -> None:
    url = box("sqs", "CreateQueue", QueueName="q")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{box.spec.account_id}:q"
    may = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    box("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"Policy": policy})
    box("events", "PutRule", Name="tick", ScheduleExpression=schedule)
    box("events", "PutTargets", Rule="tick", Targets=[{"Id": "1", "Arn": arn}])
    assert "Messages" not in box("sqs", "ReceiveMessage", QueueUrl=url)
    box.learner.at += wait
    messages = box("sqs", "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert len(messages) == 1
    event = json.loads(messages[0]["Body"])
    assert event["detail-type"] == "Scheduled Event"
    assert not schedule.startswith("cron") or event["time"].endswith("T12:00:00Z")
