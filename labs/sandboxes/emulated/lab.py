"""A lab, worked as a learner would: what the zygote warms itself with, the bench measures and a replay must repeat."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

__all__ = ["the_rest", "worked_lab"]

Call = Callable[..., dict[str, Any]]


def worked_lab(call: Call, account_id: str) -> dict[str, Any]:
    """Work the lab of the bars: VPC, EC2, S3, RDS, SNS, alarm, DynamoDB, IAM, ALB. Returns the names it made."""
    call("sts", "GetCallerIdentity")
    made = _network(call)
    made["bucket"] = _store(call, account_id)
    made["queue"] = _messages(call)
    made["role"] = _identities(call, account_id)
    _databases(call, made["subnets"])
    _balancer(call, made)
    return made


def the_rest(call: Call, role: str) -> None:
    """Use what other labs use, once."""
    call("ec2", "DescribeInstanceTypes", InstanceTypes=["t3.micro"])
    call("logs", "CreateLogGroup", logGroupName="/app")
    call("kms", "CreateKey")
    call("ssm", "PutParameter", Name="/app/size", Value="3", Type="String")
    call("ssm", "GetParameter", Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")
    call("secretsmanager", "CreateSecret", Name="db", SecretString="correct horse")
    call("events", "PutRule", Name="nightly", ScheduleExpression="rate(1 day)")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(zipfile.ZipInfo("main.py"), "def handler(event, context): return event")
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
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "made"}}}}
    call("cloudformation", "CreateStack", StackName="made", TemplateBody=json.dumps(template))
    call("cloudformation", "DescribeStackResources", StackName="made")


def _network(call: Call) -> dict[str, Any]:
    vpc = call("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = []
    for index, zone in enumerate("ab"):
        block, place = f"10.0.{index}.0/24", f"us-east-1{zone}"
        subnets.append(
            call("ec2", "CreateSubnet", VpcId=vpc, CidrBlock=block, AvailabilityZone=place)["Subnet"]["SubnetId"]
        )
    gateway = call("ec2", "CreateInternetGateway")["InternetGateway"]["InternetGatewayId"]
    call("ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=vpc)
    table = call("ec2", "CreateRouteTable", VpcId=vpc)["RouteTable"]["RouteTableId"]
    call("ec2", "CreateRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    call("ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=subnets[0])
    group = call("ec2", "CreateSecurityGroup", GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    call("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule])
    names = [{"Name": "name", "Values": ["al2023-*"]}]
    image = call("ec2", "DescribeImages", Owners=["amazon"], Filters=names)["Images"][0]["ImageId"]
    started = call(
        "ec2",
        "RunInstances",
        ImageId=image,
        InstanceType="t3.micro",
        MinCount=2,
        MaxCount=2,
        SubnetId=subnets[0],
        SecurityGroupIds=[group],
    )
    instances = [each["InstanceId"] for each in started["Instances"]]
    call("ec2", "CreateTags", Resources=instances, Tags=[{"Key": "Name", "Value": "web"}])
    for read in ("Vpcs", "Subnets", "SecurityGroups", "SecurityGroupRules", "Instances", "RouteTables"):
        call("ec2", f"Describe{read}")
    call("ec2", "DescribeAvailabilityZones")
    return {"vpc": vpc, "subnets": subnets, "group": group, "instances": instances}


def _store(call: Call, account_id: str) -> str:
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
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    call("s3", "PutBucketPolicy", Bucket=bucket, Policy=policy)
    for read in (
        "GetBucketPolicy",
        "GetPublicAccessBlock",
        "GetBucketEncryption",
        "GetBucketVersioning",
        "GetBucketAcl",
    ):
        call("s3", read, Bucket=bucket)
    return bucket


def _messages(call: Call) -> str:
    topic = call("sns", "CreateTopic", Name="alarms")["TopicArn"]
    queue = str(call("sqs", "CreateQueue", QueueName="alarms")["QueueUrl"])
    arn = call("sqs", "GetQueueAttributes", QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    call("sqs", "SetQueueAttributes", QueueUrl=queue, Attributes={"Policy": policy})
    call("sns", "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn)
    call("sns", "Subscribe", TopicArn=topic, Protocol="email", Endpoint="you@example.com")
    call("sns", "ListSubscriptionsByTopic", TopicArn=topic)
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
    call("sqs", "ReceiveMessage", QueueUrl=queue, WaitTimeSeconds=1, VisibilityTimeout=0)
    return queue


def _identities(call: Call, account_id: str) -> str:
    people = {"AWS": account_id, "Service": "lambda.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": people, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = str(call("iam", "CreateRole", RoleName="reader", AssumeRolePolicyDocument=document)["Role"]["Arn"])
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    call("iam", "PutRolePolicy", RoleName="reader", PolicyName="read", PolicyDocument=document)
    call("iam", "AttachRolePolicy", RoleName="reader", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    call("iam", "CreateUser", UserName="ann")
    call("iam", "CreateAccessKey", UserName="ann")
    call("iam", "ListRoles")
    call("iam", "GetRole", RoleName="reader")
    call("iam", "ListAttachedRolePolicies", RoleName="reader")
    call("sts", "AssumeRole", RoleArn=role, RoleSessionName="reader")
    return role


def _databases(call: Call, subnets: list[str]) -> None:
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
    wanted = {"MultiAZ": True, "BackupRetentionPeriod": 7, "ApplyImmediately": True}
    call("rds", "ModifyDBInstance", DBInstanceIdentifier="orders", **wanted)
    call("rds", "DescribeDBInstances")
    call("rds", "CreateDBSnapshot", DBInstanceIdentifier="orders", DBSnapshotIdentifier="before")
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


def _balancer(call: Call, made: dict[str, Any]) -> None:
    created = call("elbv2", "CreateLoadBalancer", Name="web", Subnets=made["subnets"], SecurityGroups=[made["group"]])
    balancer = created["LoadBalancers"][0]["LoadBalancerArn"]
    created = call("elbv2", "CreateTargetGroup", Name="web", Protocol="HTTP", Port=80, VpcId=made["vpc"])
    target = created["TargetGroups"][0]["TargetGroupArn"]
    call("elbv2", "RegisterTargets", TargetGroupArn=target, Targets=[{"Id": made["instances"][0]}])
    forward = [{"Type": "forward", "TargetGroupArn": target}]
    call("elbv2", "CreateListener", LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=forward)
    call("elbv2", "DescribeTargetHealth", TargetGroupArn=target)
