"""A lab, worked as a learner would: what the zygote warms itself with, what the bench measures, what a replay must repeat."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

__all__ = ["worked_lab"]


def worked_lab(call: Callable[..., dict[str, Any]], account_id: str) -> dict[str, Any]:
    """Work a lab as a learner may: network, servers, database, balancer, bucket, queue, alarm, function. Returns ids."""
    call("sts", "GetCallerIdentity")
    vpc = call("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        call("ec2", "CreateSubnet", VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"us-east-1{zone}")[
            "Subnet"
        ]["SubnetId"]
        for index, zone in enumerate("ab")
    ]
    gateway = call("ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    call("ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    table = call("ec2", "CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    call("ec2", "CreateRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    call("ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=subnets[0])
    group = call("ec2", "CreateSecurityGroup", GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    call("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule])
    images = call("ec2", "DescribeImages", Owners=["amazon"], Filters=[{"Name": "name", "Values": ["al2023-*"]}])[
        "Images"
    ]
    instances = call(
        "ec2",
        "RunInstances",
        ImageId=images[0]["ImageId"],
        InstanceType="t3.micro",
        MinCount=2,
        MaxCount=2,
        SubnetId=subnets[0],
        SecurityGroupIds=[group],
    )["Instances"]
    call("ec2", "CreateTags", Resources=[instances[0]["InstanceId"]], Tags=[{"Key": "Name", "Value": "web"}])
    for read in (
        "DescribeVpcs",
        "DescribeSubnets",
        "DescribeSecurityGroups",
        "DescribeInstances",
        "DescribeRouteTables",
    ):
        call("ec2", read)
    call("ec2", "DescribeSecurityGroupRules")
    call("ec2", "DescribeInstanceTypes", InstanceTypes=["t3.micro"])
    call("ec2", "DescribeAvailabilityZones")
    bucket = _store(call, account_id)
    queue = _messages(call)
    _identities(call, account_id)
    call("rds", "CreateDBSubnetGroup", DBSubnetGroupName="db", DBSubnetGroupDescription="db", SubnetIds=subnets)
    call(
        "rds",
        "CreateDBInstance",
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        AllocatedStorage=20,
        MasterUsername="admin",
        MasterUserPassword="correct-horse",
        DBSubnetGroupName="db",
    )
    call(
        "rds",
        "ModifyDBInstance",
        DBInstanceIdentifier="orders",
        MultiAZ=True,
        BackupRetentionPeriod=7,
        ApplyImmediately=True,
    )
    call("rds", "DescribeDBInstances")
    call("rds", "CreateDBSnapshot", DBInstanceIdentifier="orders", DBSnapshotIdentifier="before")
    balancer = call("elbv2", "CreateLoadBalancer", Name="web", Subnets=subnets, SecurityGroups=[group])[
        "LoadBalancers"
    ][0]
    target = call("elbv2", "CreateTargetGroup", Name="web", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0][
        "TargetGroupArn"
    ]
    call("elbv2", "RegisterTargets", TargetGroupArn=target, Targets=[{"Id": instances[0]["InstanceId"]}])
    forward = [{"Type": "forward", "TargetGroupArn": target}]
    call(
        "elbv2",
        "CreateListener",
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=forward,
    )
    call("elbv2", "DescribeTargetHealth", TargetGroupArn=target)
    call(
        "dynamodb",
        "CreateTable",
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    call("dynamodb", "PutItem", TableName="orders", Item={"id": {"S": "1"}, "total": {"N": "12"}})
    call("dynamodb", "GetItem", TableName="orders", Key={"id": {"S": "1"}})
    call("dynamodb", "DescribeTable", TableName="orders")
    return {
        "vpc": vpc,
        "group": group,
        "bucket": bucket,
        "queue": queue,
        "instances": [each["InstanceId"] for each in instances],
    }


def _store(call: Callable[..., dict[str, Any]], account_id: str) -> str:
    bucket = f"reports-{account_id}"
    call("s3", "CreateBucket", Bucket=bucket)
    call("s3", "PutObject", Bucket=bucket, Key="reports/a.txt", Body=b"hello", ContentType="text/plain")
    call("s3", "GetObject", Bucket=bucket, Key="reports/a.txt")
    call("s3", "HeadObject", Bucket=bucket, Key="reports/a.txt")
    call("s3", "ListObjectsV2", Bucket=bucket)
    call("s3", "PutBucketVersioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    call("s3", "PutBucketPolicy", Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    for read in (
        "GetBucketPolicy",
        "GetPublicAccessBlock",
        "GetBucketEncryption",
        "GetBucketVersioning",
        "GetBucketAcl",
    ):
        call("s3", read, Bucket=bucket)
    return bucket


def _messages(call: Callable[..., dict[str, Any]]) -> str:
    topic = call("sns", "CreateTopic", Name="alarms")["TopicArn"]
    queue = call("sqs", "CreateQueue", QueueName="alarms")["QueueUrl"]
    attributes = call("sqs", "GetQueueAttributes", QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    call("sqs", "SetQueueAttributes", QueueUrl=queue, Attributes={"VisibilityTimeout": "5"})
    call("sns", "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
    call("sns", "Subscribe", TopicArn=topic, Protocol="email", Endpoint="you@example.com")
    call("sns", "ListSubscriptionsByTopic", TopicArn=topic)
    call("sns", "Publish", TopicArn=topic, Message="hello")
    call("sqs", "ReceiveMessage", QueueUrl=queue, WaitTimeSeconds=1)
    call(
        "cloudwatch",
        "PutMetricAlarm",
        AlarmName="busy",
        Namespace="AWS/EC2",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=300,
        EvaluationPeriods=1,
        Threshold=80.0,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    call("cloudwatch", "PutMetricData", Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 1.0}])
    call("cloudwatch", "SetAlarmState", AlarmName="busy", StateValue="ALARM", StateReason="to see it")
    call("cloudwatch", "DescribeAlarms", AlarmNames=["busy"])
    call("logs", "CreateLogGroup", logGroupName="/app")
    call("kms", "CreateKey")
    call("ssm", "PutParameter", Name="/app/size", Value="3", Type="String")
    call("ssm", "GetParameter", Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")
    call("secretsmanager", "CreateSecret", Name="db", SecretString="correct horse")
    call("events", "PutRule", Name="nightly", ScheduleExpression="rate(1 day)")
    return str(queue)


def _identities(call: Callable[..., dict[str, Any]], account_id: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": account_id, "Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    role = call("iam", "CreateRole", RoleName="reader", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    call("iam", "PutRolePolicy", RoleName="reader", PolicyName="read", PolicyDocument=json.dumps(allow))
    call("iam", "AttachRolePolicy", RoleName="reader", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    call("iam", "CreateUser", UserName="ann")
    call("iam", "CreateAccessKey", UserName="ann")
    for read, named in (
        ("ListRoles", {}),
        ("GetRole", {"RoleName": "reader"}),
        ("ListAttachedRolePolicies", {"RoleName": "reader"}),
    ):
        call("iam", read, **named)
    call("sts", "AssumeRole", RoleArn=role, RoleSessionName="reader")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): return event")
    call(
        "lambda",
        "CreateFunction",
        FunctionName="echo",
        Runtime="python3.12",
        Role=role,
        Handler="main.handler",
        Code={"ZipFile": code.getvalue()},
    )
    call("lambda", "Invoke", FunctionName="echo", Payload=b"{}")
