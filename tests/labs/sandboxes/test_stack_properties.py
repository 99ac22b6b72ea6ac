"""What a template says of a resource is what the resource is, and what AWS would not make is not made."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused


def make(box: Any, resources: dict[str, Any], name: str = "app") -> str:
    box("cloudformation", "CreateStack", StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    return status(box, name)


def status(box: Any, name: str = "app") -> str:
    return str(box("cloudformation", "DescribeStacks", StackName=name)["Stacks"][0]["StackStatus"])


def bucket_of(box: Any) -> dict[str, Any]:
    """What the bucket of the stack is set to."""
    (name,) = [each["Name"] for each in box("s3", "ListBuckets")["Buckets"]]
    rule = box("s3", "GetBucketEncryption", Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    return {
        "versioning": box("s3", "GetBucketVersioning", Bucket=name).get("Status"),
        "block": set(box("s3", "GetPublicAccessBlock", Bucket=name)["PublicAccessBlockConfiguration"].values()),
        "key": rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
    }


def test_a_bucket_is_closed_and_is_what_its_template_says(box: Any) -> None:
    plain = {"Type": "AWS::S3::Bucket"}
    assert make(box, {"B": plain}) == "CREATE_COMPLETE"
    assert bucket_of(box) == {"versioning": None, "block": {True}, "key": "AES256"}
    by = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    switches = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    given = {
        "VersioningConfiguration": {"Status": "Enabled"},
        "PublicAccessBlockConfiguration": dict.fromkeys(switches, "false"),
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [by]},
        "Tags": [{"Key": "team", "Value": "web"}],
    }
    rich = {"B": {**plain, "Properties": given}}
    box("cloudformation", "UpdateStack", StackName="app", TemplateBody=json.dumps({"Resources": rich}))
    assert status(box) == "UPDATE_COMPLETE"
    assert bucket_of(box) == {"versioning": "Enabled", "block": {False}, "key": "aws:kms"}
    box("cloudformation", "UpdateStack", StackName="app", TemplateBody=json.dumps({"Resources": {"B": plain}}))
    (name,) = [each["Name"] for each in box("s3", "ListBuckets")["Buckets"]]
    assert box("s3", "GetBucketVersioning", Bucket=name)["Status"] == "Suspended"
    with pytest.raises(Refused, match="NoSuchTagSet"):
        box("s3", "GetBucketTagging", Bucket=name)
    box("cloudformation", "DeleteStack", StackName="app")
    assert make(box, rich, "again") == "CREATE_COMPLETE"
    assert bucket_of(box) == {"versioning": "Enabled", "block": {False}, "key": "aws:kms"}


def test_a_bucket_that_cannot_be_set_up_is_not_left(box: Any) -> None:
    given = {"VersioningConfiguration": {"Status": "Off"}}
    assert make(box, {"B": {"Type": "AWS::S3::Bucket", "Properties": given}}) == "ROLLBACK_COMPLETE"
    assert box("s3", "ListBuckets").get("Buckets", []) == []


def test_an_alarm_needs_its_periods(box: Any) -> None:
    given = {
        "Namespace": "Shop",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 60,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    assert make(box, {"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": given}}) == "ROLLBACK_COMPLETE"
    told = box("cloudformation", "DescribeStackEvents", StackName="app")["StackEvents"]
    assert any("The parameter EvaluationPeriods is required." in each.get("ResourceStatusReason", "") for each in told)
    assert box("cloudwatch", "DescribeAlarms")["MetricAlarms"] == []
