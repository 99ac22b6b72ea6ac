"""CloudTrail's event history: who did what, refused or not, and what is not in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused
from labs.sandboxes.emulated.world import SOURCE_ADDRESS

NOON = 1_760_000_000.0


def look(box: Any, **more: Any) -> list[dict[str, Any]]:
    return list(box("cloudtrail", "LookupEvents", **more)["Events"])


def by(key: str, value: str) -> dict[str, Any]:
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


def test_a_call_is_told_as_aws_writes_it(box: Any) -> None:
    box("iam", "CreateUser", UserName="ann")
    event = look(box, **by("EventName", "CreateUser"))[0]
    assert (event["EventSource"], event["Username"], event["ReadOnly"]) == ("iam.amazonaws.com", "learner", "false")
    assert event["Resources"] == [{"ResourceType": "AWS::IAM::User", "ResourceName": "ann"}]
    told = json.loads(event["CloudTrailEvent"])
    assert told["userIdentity"]["type"] == "IAMUser"
    assert told["userIdentity"]["arn"].endswith("user/learner")
    assert told["requestParameters"] == {"userName": "ann"}
    assert (told["sourceIPAddress"], told["awsRegion"]) == (SOURCE_ADDRESS, "us-east-1")
    assert told["eventTime"].startswith("2025-10-09T")
    assert told["eventID"] == event["EventId"]


def test_a_refusal_is_there_with_its_code(box: Any) -> None:
    box("iam", "CreateUser", UserName="ann")
    ann = box.tool(box("iam", "CreateAccessKey", UserName="ann")["AccessKey"]["AccessKeyId"])
    with pytest.raises(Refused):
        ann("ec2", "DescribeInstances")
    event = json.loads(look(box, **by("Username", "ann"))[0]["CloudTrailEvent"])
    assert (event["eventName"], event["errorCode"]) == ("DescribeInstances", "Client.UnauthorizedOperation")
    assert event["readOnly"] is True
    with pytest.raises(Refused, match="is not authorized"):
        ann("cloudtrail", "LookupEvents")


def test_a_session_says_which_role(box: Any) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": box.spec.account_id}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = box("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    session = box.tool(box("sts", "AssumeRole", RoleArn=role, RoleSessionName="me")["Credentials"]["AccessKeyId"])
    session("sts", "GetCallerIdentity")
    who = json.loads(look(box, **by("Username", "me"))[0]["CloudTrailEvent"])["userIdentity"]
    assert (who["type"], who["sessionContext"]["sessionIssuer"]["arn"]) == ("AssumedRole", role)


def test_data_events_and_graders_are_not_there(box: Any) -> None:
    box("s3", "CreateBucket", Bucket="a-bucket")
    box("s3", "PutObject", Bucket="a-bucket", Key="k", Body=b"x")
    box("s3", "GetObject", Bucket="a-bucket", Key="k")
    url = box("sqs", "CreateQueue", QueueName="q")["QueueUrl"]
    box("sqs", "SendMessage", QueueUrl=url, MessageBody="x")
    box.tool(box.spec.grader_access_key)("sqs", "ListQueues")
    assert [each["EventName"] for each in look(box)] == ["CreateQueue", "CreateBucket"]
    assert [each["EventName"] for each in look(box, **by("ResourceName", "a-bucket"))] == ["CreateBucket"]


def test_pages_times_and_what_is_refused(box: Any) -> None:
    for number in range(5):
        box("sqs", "CreateQueue", QueueName=f"q{number}")
    first = box("cloudtrail", "LookupEvents", MaxResults=2)
    assert [each["Resources"][0]["ResourceName"] for each in first["Events"]] == ["q4", "q3"]
    second = box("cloudtrail", "LookupEvents", MaxResults=2, NextToken=first["NextToken"])
    assert len(second["Events"]) == 2
    assert [each["EventName"] for each in look(box, StartTime=NOON + 3, EndTime=NOON + 4)] == ["CreateQueue"] * 2
    with pytest.raises(Refused, match="InvalidMaxResultsException"):
        look(box, MaxResults=51)
    with pytest.raises(Refused, match="InvalidTimeRangeException"):
        look(box, StartTime=NOON + 9, EndTime=NOON)


def test_it_lives_through_a_snapshot_and_stays_small(box: Any, yard: Any) -> None:
    box("sqs", "CreateQueue", QueueName="q")
    other = yard.open(box.spec.number)
    yard.run(other.cell.load(yard.run(box.cell.dump())))
    assert [each["EventName"] for each in look(other)][-1] == "CreateQueue"
