"""A stack gives nobody more than they have: each resource is made with the rights of whoever makes the stack, or its role's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.labs.sandboxes.people import Person, allow, role

STACKS = allow("cloudformation:*")


def service_role(box: Any, name: str, service: str, *statements: dict[str, Any]) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    role(box, name, *statements, trust=trust)
    return f"arn:aws:iam::{box.spec.account_id}:role/{name}"


def template(kind: str, **properties: Any) -> str:
    return json.dumps({"Resources": {"It": {"Type": kind, "Properties": properties}}})


def made(box: Any, who: Any, text: str, **more: Any) -> tuple[str, str]:
    """Make a stack as somebody; return its status and why its resource was not made."""
    more = {"Capabilities": ["CAPABILITY_NAMED_IAM"], **more}
    who("cloudformation", "CreateStack", StackName="s", TemplateBody=text, **more)
    status = box("cloudformation", "DescribeStacks", StackName="s")["Stacks"][0]["StackStatus"]
    events = box("cloudformation", "DescribeStackEvents", StackName="s")["StackEvents"]
    reasons = [each.get("ResourceStatusReason", "") for each in events if each["ResourceStatus"] == "CREATE_FAILED"]
    return status, " ".join(reasons)


BY_HAND = [
    ("AWS::SQS::Queue", {"QueueName": "q"}, "sqs:CreateQueue"),
    ("AWS::IAM::Role", {"RoleName": "back", "AssumeRolePolicyDocument": {"Statement": []}}, "iam:CreateRole"),
    ("AWS::IAM::UserToGroupAddition", {"GroupName": "admins", "Users": ["ann"]}, "iam:AddUserToGroup"),
    ("AWS::CloudWatch::Alarm", {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 1,
                                "MetricName": "m", "Namespace": "n", "Period": 60, "Statistic": "Sum"},
     "cloudwatch:PutMetricAlarm"),
    ("AWS::EC2::InternetGateway", {}, "ec2:CreateInternetGateway"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "properties", "action"), BY_HAND)
def test_what_one_may_not_do_by_hand_a_stack_does_not_do(
    box: Any, person: Person, kind: str, properties: dict[str, Any], action: str
) -> None:
    box("iam", "CreateGroup", GroupName="admins")
    status, why = made(box, person(STACKS), template(kind, **properties))
    assert status == "ROLLBACK_COMPLETE"
    assert f"not authorized to perform: {action}" in why


@pytest.mark.parametrize(("kind", "properties", "action"), BY_HAND)
def test_what_one_may_do_by_hand_a_stack_does(
    box: Any, person: Person, kind: str, properties: dict[str, Any], action: str
) -> None:
    box("iam", "CreateGroup", GroupName="admins")
    status, why = made(box, person(STACKS, allow(action)), template(kind, **properties))
    assert (status, why) == ("CREATE_COMPLETE", "")


def test_a_template_of_a_bucket_is_held_to_the_same(box: Any, person: Person) -> None:
    box("s3", "CreateBucket", Bucket="shelf")
    box("s3", "PutObject", Bucket="shelf", Key="t.json", Body=template("AWS::SQS::Queue").encode())
    ann = person(STACKS, allow("s3:GetObject"))
    ann("cloudformation", "CreateStack", StackName="s", TemplateURL="https://shelf.s3.amazonaws.com/t.json")
    assert box("cloudformation", "DescribeStacks", StackName="s")["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"
    assert not box("sqs", "ListQueues").get("QueueUrls")


def test_a_role_is_handed_over_by_those_who_may_pass_it(box: Any, person: Person) -> None:
    strong = service_role(box, "strong", "lambda.amazonaws.com")
    text = template(
        "AWS::Lambda::Function", FunctionName="f", Role=strong, Runtime="python3.12", Handler="index.main",
        Code={"ZipFile": "def main(event, context): return 1"},
    )  # fmt: skip
    status, why = made(box, person(STACKS, allow("lambda:*")), text)
    assert status == "ROLLBACK_COMPLETE"
    assert f"not authorized to perform: iam:PassRole on resource: {strong}" in why.replace('"', "")


def test_a_policy_within_a_role_is_a_right_of_its_own(box: Any, person: Person) -> None:
    inner = {
        "PolicyName": "all",
        "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    }
    text = template("AWS::IAM::Role", RoleName="back", AssumeRolePolicyDocument={"Statement": []}, Policies=[inner])
    status, why = made(box, person(STACKS, allow("iam:CreateRole"), allow("iam:DeleteRole")), text)
    assert status == "ROLLBACK_COMPLETE"
    assert "iam:PutRolePolicy" in why


def test_nobody_takes_away_through_a_stack_what_they_may_not(box: Any, person: Person) -> None:
    box("cloudformation", "CreateStack", StackName="s", TemplateBody=template("AWS::SQS::Queue", QueueName="q"))
    ann = person(STACKS)
    ann("cloudformation", "DeleteStack", StackName="s")
    assert box("cloudformation", "DescribeStacks", StackName="s")["Stacks"][0]["StackStatus"] == "DELETE_FAILED"
    assert len(box("sqs", "ListQueues")["QueueUrls"]) == 1


def test_nobody_changes_through_a_stack_what_they_may_not(box: Any, person: Person) -> None:
    text = template("AWS::SQS::Queue", QueueName="q", VisibilityTimeout=30)
    box("cloudformation", "CreateStack", StackName="s", TemplateBody=text)
    ann = person(STACKS)
    ann("cloudformation", "UpdateStack", StackName="s", TemplateBody=text.replace("30", "60"))
    status = box("cloudformation", "DescribeStacks", StackName="s")["Stacks"][0]["StackStatus"]
    assert status == "UPDATE_ROLLBACK_COMPLETE"


def test_a_stacks_own_role_acts_in_its_makers_place(box: Any, person: Person) -> None:
    builder = service_role(box, "builder", "cloudformation.amazonaws.com", allow("sqs:*"))
    ann = person(STACKS, allow("iam:PassRole", builder))
    status, _ = made(box, ann, template("AWS::SQS::Queue", QueueName="q"), RoleARN=builder)
    assert status == "CREATE_COMPLETE"
