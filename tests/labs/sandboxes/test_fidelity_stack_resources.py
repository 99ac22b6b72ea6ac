"""What a stack makes is whole: every resource has an id, and every property of its template."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused


def make(box: Any, resources: dict[str, Any], **more: Any) -> dict[str, dict[str, Any]]:
    """Make the stack; return its resources by logical name."""
    body = json.dumps({"Resources": resources, **more})
    box("cloudformation", "CreateStack", StackName="app", TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
    return told(box)


def change(box: Any, resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    body = json.dumps({"Resources": resources})
    box("cloudformation", "UpdateStack", StackName="app", TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
    return told(box)


def told(box: Any) -> dict[str, dict[str, Any]]:
    found = box("cloudformation", "DescribeStackResources", StackName="app")["StackResources"]
    return {each["LogicalResourceId"]: each for each in found}


def status(box: Any) -> str:
    return str(box("cloudformation", "DescribeStacks", StackName="app")["Stacks"][0]["StackStatus"])


ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    },
}


def function(**more: Any) -> dict[str, Any]:
    given = {"Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Runtime": "python3.13", "Handler": "index.handler"}
    code = {"ZipFile": "def handler(event, context):\n    return 1\n"}
    return {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "f", "Code": code, **given, **more}}


def test_a_subnet_group_of_a_database(box: Any) -> None:
    subnets = box("ec2", "DescribeSubnets")["Subnets"]
    zones = {each["AvailabilityZone"]: each["SubnetId"] for each in subnets}
    ids = [zones["us-east-1a"], zones["us-east-1b"]]
    group = {"DBSubnetGroupDescription": "of the database", "SubnetIds": ids}
    made = make(box, {"Group": {"Type": "AWS::RDS::DBSubnetGroup", "Properties": group}})
    assert status(box) == "CREATE_COMPLETE"
    (found,) = box("rds", "DescribeDBSubnetGroups")["DBSubnetGroups"]
    assert found["DBSubnetGroupName"] == made["Group"]["PhysicalResourceId"]
    assert {each["SubnetIdentifier"] for each in found["Subnets"]} == {*ids}
    box("cloudformation", "DeleteStack", StackName="app")
    assert box("rds", "DescribeDBSubnetGroups")["DBSubnetGroups"] == []


def test_what_moto_gives_no_id_has_one(box: Any) -> None:
    permission = {"FunctionName": {"Ref": "F"}, "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}
    bus = {"Type": "AWS::Events::EventBus", "Properties": {"Name": "orders"}}
    made = make(
        box,
        {
            "Role": ROLE,
            "F": function(),
            "Lets": {"Type": "AWS::Lambda::Permission", "Properties": permission},
            "One": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "F"}}},
            "Bus": bus,
        },
        Outputs={"Version": {"Value": {"Ref": "One"}}},
    )
    assert status(box) == "CREATE_COMPLETE"
    arn = f"arn:aws:lambda:us-east-1:{box.spec.account_id}:function:f:1"
    assert (made["One"]["PhysicalResourceId"], made["Bus"]["PhysicalResourceId"]) == (arn, "orders")
    assert made["Lets"]["PhysicalResourceId"].startswith("app-Lets-")
    assert "sns.amazonaws.com" in box("lambda", "GetPolicy", FunctionName="f")["Policy"]


def test_a_bucket_has_what_its_template_says(box: Any) -> None:
    rule = {
        "Id": "old",
        "Status": "Enabled",
        "Prefix": "logs/",
        "ExpirationInDays": "365",
        "Transitions": [{"StorageClass": "STANDARD_IA", "TransitionInDays": 30}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
    }
    given = {
        "BucketName": "acme-pages-1",
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "IgnorePublicAcls": "true"},
        "VersioningConfiguration": {"Status": "Enabled"},
        "LifecycleConfiguration": {"Rules": [rule]},
        "WebsiteConfiguration": {"IndexDocument": "index.html", "ErrorDocument": "error.html"},
        "CorsConfiguration": {"CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAge": 60}]},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]},
    }
    make(box, {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": given}})
    assert status(box) == "CREATE_COMPLETE"

    def ask(operation: str) -> dict[str, Any]:
        return dict(box("s3", operation, Bucket="acme-pages-1"))

    blocked = ask("GetPublicAccessBlock")["PublicAccessBlockConfiguration"]
    assert blocked == {
        "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False,
    }  # fmt: skip
    assert ask("GetBucketVersioning")["Status"] == "Enabled"
    (kept,) = ask("GetBucketLifecycleConfiguration")["Rules"]
    assert (kept["ID"], kept["Filter"], kept["Expiration"]) == ("old", {"Prefix": "logs/"}, {"Days": 365})
    assert kept["Transitions"] == [{"Days": 30, "StorageClass": "STANDARD_IA"}]
    assert kept["NoncurrentVersionExpiration"] == {"NoncurrentDays": 7}
    website = ask("GetBucketWebsite")
    assert (website["IndexDocument"], website["ErrorDocument"]) == ({"Suffix": "index.html"}, {"Key": "error.html"})
    assert ask("GetBucketCors")["CORSRules"][0]["MaxAgeSeconds"] == 60
    assert ask("GetBucketOwnershipControls")["OwnershipControls"]["Rules"] == given["OwnershipControls"]["Rules"]

    given |= {"VersioningConfiguration": {"Status": "Suspended"}}
    del given["LifecycleConfiguration"]
    change(box, {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": given}})
    assert status(box) == "UPDATE_COMPLETE"
    assert ask("GetBucketVersioning")["Status"] == "Suspended"
    with pytest.raises(Refused, match="NoSuchLifecycleConfiguration"):
        ask("GetBucketLifecycleConfiguration")


def test_a_bucket_of_a_stack_is_closed_as_any_new_one(box: Any) -> None:
    made = make(box, {"Bucket": {"Type": "AWS::S3::Bucket"}})
    name = made["Bucket"]["PhysicalResourceId"]
    assert all(box("s3", "GetPublicAccessBlock", Bucket=name)["PublicAccessBlockConfiguration"].values())
    ownership = box("s3", "GetBucketOwnershipControls", Bucket=name)["OwnershipControls"]["Rules"]
    assert ownership == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    rules = box("s3", "GetBucketEncryption", Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_a_bucket_of_a_stack_notifies(box: Any) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage",
                 "Resource": "*"}  # fmt: skip
    queue = {"Ref": "Queue"}
    policy = {"Queues": [queue], "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
    rules = {"S3Key": {"Rules": [{"Name": "Prefix", "Value": "in/"}]}}
    told = {"Event": "s3:ObjectCreated:*", "Queue": {"Fn::GetAtt": ["Queue", "Arn"]}, "Filter": rules}
    bucket = {"BucketName": "acme-drop-1", "NotificationConfiguration": {"QueueConfigurations": [told]}}
    made = make(
        box,
        {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "May": {"Type": "AWS::SQS::QueuePolicy", "Properties": policy},
            "Bucket": {"Type": "AWS::S3::Bucket", "DependsOn": "May", "Properties": bucket},
        },
    )
    url = made["Queue"]["PhysicalResourceId"]
    box("sqs", "PurgeQueue", QueueUrl=url)
    for key in ("in/a", "out/a"):
        box("s3", "PutObject", Bucket="acme-drop-1", Key=key, Body=b"x")
    messages = box("sqs", "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(each["Body"])["Records"][0]["eventName"] for each in messages] == ["ObjectCreated:Put"]


def test_a_network_of_a_stack_has_its_names(box: Any) -> None:
    given = {"CidrBlock": "10.9.0.0/16", "EnableDnsSupport": True, "EnableDnsHostnames": "true"}
    made = make(box, {"Net": {"Type": "AWS::EC2::VPC", "Properties": given}})
    vpc = made["Net"]["PhysicalResourceId"]
    answer = box("ec2", "DescribeVpcAttribute", VpcId=vpc, Attribute="enableDnsHostnames")
    assert answer["EnableDnsHostnames"] == {"Value": True}


def test_a_function_of_a_stack_is_traced(box: Any) -> None:
    def traced(**more: Any) -> dict[str, Any]:
        return {"Role": ROLE, "F": function(**more)}

    make(box, traced(TracingConfig={"Mode": "Active"}, EphemeralStorage={"Size": 1024}))
    found = box("lambda", "GetFunctionConfiguration", FunctionName="f")
    assert (found["TracingConfig"], found["EphemeralStorage"]) == ({"Mode": "Active"}, {"Size": 1024})
    change(box, traced(EphemeralStorage={"Size": 1024}))
    assert box("lambda", "GetFunctionConfiguration", FunctionName="f")["TracingConfig"] == {"Mode": "PassThrough"}
    box("lambda", "UpdateFunctionConfiguration", FunctionName="f", TracingConfig={"Mode": "Active"})
    assert box("lambda", "GetFunctionConfiguration", FunctionName="f")["TracingConfig"] == {"Mode": "Active"}
