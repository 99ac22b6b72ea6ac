"""A cell answers as AWS does: services, names for the journal, keys, roles, errors, and the same again in a replay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes import account_id_for, keys
from labs.sandboxes.emulated.lab import the_rest, worked_lab
from labs.sandboxes.emulated.tool import Refused, botocore_model, request_for

NOON = 1_760_000_000.0
EVERYBODY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def _trust(principal: dict[str, Any], **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_whole_lab_can_be_worked(box: Any) -> None:
    made = worked_lab(box, box.spec.account_id)
    the_rest(box, made["role"])
    found = box("ec2", "DescribeInstances", InstanceIds=made["instances"])["Reservations"][0]["Instances"]
    assert {each["State"]["Name"] for each in found} <= {"pending", "running"}
    assert box("rds", "DescribeDBInstances")["DBInstances"][0]["MultiAZ"] is True


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("kinesis", "CreateStream", {"StreamName": "s", "ShardCount": 1}),
        ("ecr", "CreateRepository", {"repositoryName": "app"}),
        ("cognito-idp", "CreateUserPool", {"PoolName": "people"}),
        ("apigateway", "CreateRestApi", {"name": "api"}),
        ("route53", "CreateHostedZone", {"Name": "example.com", "CallerReference": "1"}),
        ("organizations", "CreateOrganization", {"FeatureSet": "ALL"}),
        ("stepfunctions", "ListStateMachines", {}),
        ("autoscaling", "DescribeAutoScalingGroups", {}),
        ("kms", "CreateKey", {}),
        ("logs", "CreateLogGroup", {"logGroupName": "/a"}),
        ("events", "PutRule", {"Name": "r", "ScheduleExpression": "rate(1 day)"}),
        ("secretsmanager", "GetRandomPassword", {}),
        ("elbv2", "DescribeLoadBalancers", {}),
        ("cloudfront", "ListDistributions", {}),
        ("batch", "DescribeComputeEnvironments", {}),
        ("acm", "ListCertificates", {}),
    ],
)
def test_services_answer(box: Any, service: str, operation: str, parameters: dict[str, Any]) -> None:
    box(service, operation, **parameters)
    said = box.learner.last
    assert (said.status // 100, said.service, said.action) == (2, service, operation)


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "mutating", "resource"),
    [
        ("s3", "CreateBucket", {"Bucket": "logs-2025"}, True, "logs-2025"),
        ("s3", "ListBuckets", {}, False, ""),
        ("ec2", "CreateSecurityGroup", {"GroupName": "web", "Description": "w"}, True, "web"),
        ("sns", "CreateTopic", {"Name": "alarms"}, True, "alarms"),
        ("dynamodb", "ListTables", {}, False, ""),
        ("cloudwatch", "DescribeAlarms", {"AlarmNames": ["a"]}, False, "a"),
        ("lambda", "ListFunctions", {}, False, ""),
        ("kms", "GenerateRandom", {"NumberOfBytes": 8}, False, ""),
        ("sts", "GetSessionToken", {}, True, ""),
    ],
)
def test_the_journal_learns_what_a_call_was(
    box: Any, service: str, operation: str, parameters: dict[str, Any], mutating: bool, resource: str
) -> None:
    box(service, operation, **parameters)
    said = box.learner.last
    assert (said.service, said.action, said.mutating, said.resource) == (service, operation, mutating, resource)
    assert said.principal == f"arn:aws:iam::{box.spec.account_id}:user/learner"
    for name, value in parameters.items():
        assert said.parameters[name] == value


def test_the_journal_holds_no_secret_and_no_more_than_four_kilobytes(box: Any) -> None:
    box("secretsmanager", "CreateSecret", Name="db", SecretString="correct horse")
    assert box.learner.last.parameters["SecretString"] == "***"
    box("ssm", "PutParameter", Name="/p", Value="hidden value", Type="SecureString")
    assert "hidden value" not in json.dumps(box.learner.last.parameters)
    box("s3", "CreateBucket", Bucket="big-bucket")
    box("s3", "PutObject", Bucket="big-bucket", Key="k", Body=b"x" * 100_000)
    assert box.learner.last.parameters["Body"] == "<100000 bytes>"
    tags = [{"Key": f"k{index}", "Value": "v" * 200} for index in range(50)]
    box("ec2", "CreateVpc", CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}])
    assert len(json.dumps(box.learner.last.parameters)) <= 4096


def test_a_failed_call_tells_the_journal_why(box: Any) -> None:
    with pytest.raises(Refused):
        box("s3", "GetObject", Bucket="nobody-has-this", Key="k")
    assert (box.learner.last.status, box.learner.last.error_code) == (404, "NoSuchBucket")
    with pytest.raises(Refused):
        box("ec2", "DescribeSecurityGroups", GroupIds=["sg-0123456789abcdef0"])
    assert box.learner.last.error_code == "InvalidGroup.NotFound"
    with pytest.raises(Refused):
        box("cloudwatch", "SetAlarmState", AlarmName="none", StateValue="OK", StateReason="r")
    assert (box.learner.last.status, box.learner.last.error_code) == (404, "ResourceNotFound")


def test_the_learner_is_an_administrator_called_learner(box: Any) -> None:
    account = box.spec.account_id
    assert box("sts", "GetCallerIdentity")["Arn"] == f"arn:aws:iam::{account}:user/learner"
    attached = box("iam", "ListAttachedUserPolicies", UserName="learner")["AttachedPolicies"]
    assert [each["PolicyName"] for each in attached] == ["AdministratorAccess"]
    assert box("iam", "GetUser")["User"]["UserName"] == "learner"


def test_the_grader_sees_and_is_not_seen(box: Any) -> None:
    grader = box.tool(box.spec.grader_access_key)
    who = grader("sts", "GetCallerIdentity")
    assert (who["Account"], who["Arn"].split("/")[-1]) == (box.spec.account_id, "grader")
    assert [each["UserName"] for each in grader("iam", "ListUsers")["Users"]] == ["learner"]
    assert "Grader" not in json.dumps(box("iam", "ListRoles")["Roles"], default=str)


def test_a_key_made_inside_belongs_to_the_sandbox_and_works(box: Any) -> None:
    box("iam", "CreateUser", UserName="ann")
    made = box("iam", "CreateAccessKey", UserName="ann")["AccessKey"]
    key = made["AccessKeyId"]
    assert keys.sandbox_of(key) == box.spec.number
    assert made["SecretAccessKey"] == keys.secret_for(box.spec.secret, key)
    ann = box.tool(key)
    assert ann("sts", "GetCallerIdentity")["Arn"].endswith(":user/ann")
    with pytest.raises(Refused, match="because no identity-based policy allows the iam:GetUser action"):
        ann("iam", "GetUser")
    box("iam", "AttachUserPolicy", UserName="ann", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    assert ann("iam", "GetUser")["User"]["UserName"] == "ann"


REFUSALS = [
    ("s3", "ListBuckets", "InvalidAccessKeyId", 403),
    ("ec2", "DescribeVpcs", "AuthFailure", 401),
    ("sts", "GetCallerIdentity", "InvalidClientTokenId", 403),
    ("rds", "DescribeDBInstances", "InvalidClientTokenId", 403),
    ("dynamodb", "ListTables", "UnrecognizedClientException", 400),
    ("cloudwatch", "DescribeAlarms", "UnrecognizedClientException", 400),
    ("lambda", "ListFunctions", "UnrecognizedClientException", 400),
    ("route53", "ListHostedZones", "InvalidClientTokenId", 403),
]


@pytest.mark.parametrize(("service", "operation", "code", "status"), REFUSALS)
def test_a_key_that_is_gone_is_refused_in_the_services_own_words(
    box: Any, service: str, operation: str, code: str, status: int
) -> None:
    box("iam", "CreateUser", UserName="ann")
    box("iam", "AttachUserPolicy", UserName="ann", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = box("iam", "CreateAccessKey", UserName="ann")["AccessKey"]["AccessKeyId"]
    box.tool(key)(service, operation)
    box("iam", "DeleteAccessKey", UserName="ann", AccessKeyId=key)
    with pytest.raises(Refused) as refused:
        box.tool(key)(service, operation)
    said = refused.value.response
    assert (said.error_code, said.status) == (code, status)
    assert code.encode() in said.body or code in str(said.headers)


def test_an_inactive_key_is_refused_until_it_is_active_again(box: Any) -> None:
    box("iam", "CreateUser", UserName="ann")
    key = box("iam", "CreateAccessKey", UserName="ann")["AccessKey"]["AccessKeyId"]
    box("iam", "UpdateAccessKey", UserName="ann", AccessKeyId=key, Status="Inactive")
    with pytest.raises(Refused, match="InvalidClientTokenId"):
        box.tool(key)("sts", "GetCallerIdentity")
    box("iam", "UpdateAccessKey", UserName="ann", AccessKeyId=key, Status="Active")
    box.tool(key)("sts", "GetCallerIdentity")


def test_another_sandboxs_key_is_refused(box: Any) -> None:
    with pytest.raises(Refused, match="InvalidClientTokenId"):
        box.tool(keys.mint_access_key(box.spec.number + 1, 0))("sts", "GetCallerIdentity")


def test_a_role_can_be_assumed_by_whom_it_trusts(box: Any) -> None:
    account = box.spec.account_id
    arn = f"arn:aws:iam::{account}:role/reader"
    box(
        "iam", "CreateRole", RoleName="reader", AssumeRolePolicyDocument=_trust({"AWS": f"arn:aws:iam::{account}:root"})
    )
    made = box("sts", "AssumeRole", RoleArn=arn, RoleSessionName="s1")["Credentials"]
    key = made["AccessKeyId"]
    assert (key[:4], keys.sandbox_of(key)) == ("ASIA", box.spec.number)
    assert made["SecretAccessKey"] == keys.secret_for(box.spec.secret, key)
    assert made["SessionToken"] == keys.session_token_for(box.spec.secret, key)
    who = box.tool(key)("sts", "GetCallerIdentity")
    assert who["Arn"] == f"arn:aws:sts::{account}:assumed-role/reader/s1"


@pytest.mark.parametrize("principal", [{"Service": "ec2.amazonaws.com"}, {"AWS": "arn:aws:iam::111122223333:root"}])
def test_a_role_that_trusts_others_is_refused(box: Any, principal: dict[str, Any]) -> None:
    arn = f"arn:aws:iam::{box.spec.account_id}:role/reader"
    box("iam", "CreateRole", RoleName="reader", AssumeRolePolicyDocument=_trust(principal))
    with pytest.raises(Refused, match="not authorized to perform: sts:AssumeRole on resource: " + arn):
        box("sts", "AssumeRole", RoleArn=arn, RoleSessionName="s1")


@pytest.mark.parametrize("account", ["own", "111122223333", "other sandbox"])
def test_a_role_that_is_not_there_or_not_here_is_refused(box: Any, account: str) -> None:
    number = {"own": box.spec.account_id, "other sandbox": account_id_for(1)}.get(account, account)
    with pytest.raises(Refused, match="403 AccessDenied"):
        box("sts", "AssumeRole", RoleArn=f"arn:aws:iam::{number}:role/nobody", RoleSessionName="s1")


def test_an_external_id_is_asked_for(box: Any) -> None:
    arn = f"arn:aws:iam::{box.spec.account_id}:role/partner"
    condition = {"StringEquals": {"sts:ExternalId": "42"}}
    trust = _trust({"AWS": box.spec.account_id}, Condition=condition)
    box("iam", "CreateRole", RoleName="partner", AssumeRolePolicyDocument=trust)
    with pytest.raises(Refused, match="AccessDenied"):
        box("sts", "AssumeRole", RoleArn=arn, RoleSessionName="ss")
    box("sts", "AssumeRole", RoleArn=arn, RoleSessionName="ss", ExternalId="42")


def test_a_session_ends_when_its_time_is_up(box: Any) -> None:
    role = box("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=_trust({"AWS": "*"}))["Role"]["Arn"]
    assumed = box("sts", "AssumeRole", RoleArn=role, RoleSessionName="ss")["Credentials"]["AccessKeyId"]
    own = box("sts", "GetSessionToken", DurationSeconds=3600)["Credentials"]["AccessKeyId"]
    assert box.tool(own)("sts", "GetCallerIdentity")["Arn"].endswith("user/learner")
    for key, code in ((assumed, "ExpiredToken"), (own, "ExpiredToken")):
        with pytest.raises(Refused, match=code):
            box.tool(key, at=NOON + 50_000)("sts", "GetCallerIdentity")
    with pytest.raises(Refused, match="ExpiredTokenException"):
        box.tool(own, at=NOON + 50_000)("dynamodb", "ListTables")
    with pytest.raises(Refused, match="RequestExpired"):
        box.tool(own, at=NOON + 50_000)("ec2", "DescribeVpcs")


def test_a_federated_user_has_a_name(box: Any) -> None:
    made = box("sts", "GetFederationToken", Name="guest")["Credentials"]["AccessKeyId"]
    assert box.tool(made)("sts", "GetCallerIdentity")["Arn"].endswith(":federated-user/guest")


@pytest.mark.parametrize(
    ("service", "operation"), [("ec2", "DescribeVpcs"), ("dynamodb", "ListTables"), ("lambda", "ListFunctions")]
)
def test_who_signs_nothing_is_refused(box: Any, service: str, operation: str) -> None:
    with pytest.raises(Refused, match="MissingAuthenticationToken"):
        box.tool(None)(service, operation)


def test_an_operation_that_nobody_plays_says_so_and_does_nothing(box: Any) -> None:
    for service, operation in (("lightsail", "GetInstances"), ("rds", "DescribeDBMajorEngineVersions")):
        with pytest.raises(Refused, match=r"501 NotImplemented.*is not simulated here") as refused:
            box(service, operation)
        assert b"<html" not in refused.value.response.body.lower()


def test_s3_operations_that_moto_would_take_for_others_say_so(box: Any) -> None:
    box("s3", "CreateBucket", Bucket="held-bucket")
    payment = {"Payer": "Requester"}
    with pytest.raises(Refused, match="501 NotImplemented"):
        box("s3", "PutBucketRequestPayment", Bucket="held-bucket", RequestPaymentConfiguration=payment)
    with pytest.raises(Refused, match="501 NotImplemented"):
        box("s3", "DeleteBucketMetricsConfiguration", Bucket="held-bucket", Id="all")
    assert [each["Name"] for each in box("s3", "ListBuckets")["Buckets"]] == ["held-bucket"]


@pytest.mark.parametrize(
    ("service", "operation", "changes", "code"),
    [
        ("ec2", "DescribeVpcs", {"body": b"Action=DropEverything&Version=2016-11-15"}, "InvalidAction"),
        (
            "dynamodb",
            "ListTables",
            {"headers": [("x-amz-target", "DynamoDB_20120810.DropAll")]},
            "UnknownOperationException",
        ),
        ("lambda", "ListFunctions", {"path": "/2015-03-31/nonsense"}, "UnknownOperationException"),
        ("sts", "GetCallerIdentity", {"service": "no-such-service"}, "UnknownService"),
    ],
)
def test_an_operation_that_aws_does_not_have_is_refused(
    box: Any, service: str, operation: str, changes: dict[str, Any], code: str
) -> None:
    said = box.raw(service, operation, **changes)
    assert said.status in (400, 501)
    assert code.encode() in said.body


def test_the_same_calls_give_the_same_answers_in_another_cell(yard: Any, box: Any) -> None:
    made = worked_lab(box, box.spec.account_id)
    the_rest(box, made["role"])
    box("iam", "CreateUser", UserName="bert")
    box("iam", "CreateAccessKey", UserName="bert")
    reads = [
        ("ec2", "DescribeVpcs", {}),
        ("ec2", "DescribeSubnets", {}),
        ("ec2", "DescribeSecurityGroups", {}),
        ("ec2", "DescribeInstances", {}),
        ("ec2", "DescribeRouteTables", {}),
        ("ec2", "DescribeInternetGateways", {}),
        ("ec2", "DescribeNetworkInterfaces", {}),
        ("iam", "ListUsers", {}),
        ("iam", "ListRoles", {}),
        ("iam", "ListAccessKeys", {"UserName": "bert"}),
        ("s3", "ListBuckets", {}),
        ("s3", "ListObjectsV2", {"Bucket": made["bucket"]}),
        ("rds", "DescribeDBInstances", {}),
        ("elbv2", "DescribeLoadBalancers", {}),
        ("elbv2", "DescribeTargetGroups", {}),
        ("dynamodb", "DescribeTable", {"TableName": "orders"}),
        ("sns", "ListSubscriptions", {}),
        ("cloudwatch", "DescribeAlarms", {}),
        ("kms", "ListKeys", {}),
        ("secretsmanager", "ListSecrets", {}),
        ("lambda", "ListFunctions", {}),
        ("cloudformation", "DescribeStackResources", {"StackName": "made"}),
        ("sqs", "GetQueueAttributes", {"QueueUrl": made["queue"], "AttributeNames": ["All"]}),
    ]
    sent = list(box.learner.sent)
    before = [_body(box, *each) for each in reads]
    box.close()
    again = yard.open(box.spec.number)
    assert again.spec == box.spec
    # As a restore does: what changed something, in order, and only that.
    answers = {request.seq: again.send(request) for request in sent if _is_replayed(request)}
    assert {each.status // 100 for each in answers.values()} == {2}
    after = [_body(again, *each) for each in reads]
    again.close()
    assert [(name, one) for (_, name, _), one in zip(reads, before, strict=True)] == [
        (name, one) for (_, name, _), one in zip(reads, after, strict=True)
    ]


def _is_replayed(request: Any) -> bool:
    text = request.body.decode("latin-1") + str(request.headers) + request.path
    return request.method != "GET" and not any(
        f"{verb}" in text for verb in ("Action=Describe", "Action=List", "Action=Get")
    )


def _body(box: Any, service: str, operation: str, parameters: dict[str, Any]) -> bytes:
    request = request_for(
        botocore_model(service), operation, parameters, access_key=box.learner.access_key, at=NOON + 5000, seq=9999
    )
    said = box.send(request)
    assert said.status == 200, said
    return bytes(said.body)


def test_another_epoch_has_other_ids_and_the_same_learners_key(yard: Any) -> None:
    ids = []
    for epoch in (1, 2):
        box = yard.open(555, epoch=epoch)
        ids.append(box("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])
        box.close()
    assert ids[0] != ids[1]


def test_a_read_that_is_not_replayed_changes_no_id(yard: Any) -> None:
    ids = []
    for looks_first in (True, False):
        box = yard.open(556)
        if looks_first:
            box("ec2", "DescribeVpcs")
            box("rds", "DescribeDBInstances")
        box.learner.seq = 10
        default = box("ec2", "CreateSecurityGroup", GroupName="g", Description="d")["GroupId"]
        vpcs = [each["VpcId"] for each in box("ec2", "DescribeVpcs")["Vpcs"]]
        ids.append((default, vpcs))
        box.close()
    assert ids[0] == ids[1]


def test_the_clock_of_the_call_is_the_clock_of_the_account(box: Any) -> None:
    made = box("iam", "CreateUser", UserName="ann")["User"]["CreateDate"]
    assert made.timestamp() == pytest.approx(NOON, abs=100)
    key = box("kms", "CreateKey")["KeyMetadata"]["CreationDate"]
    assert key.timestamp() == pytest.approx(NOON, abs=100)


def test_two_sandboxes_may_use_the_same_names(yard: Any) -> None:
    one, two = yard.open(), yard.open()
    for box in (one, two):
        box("s3", "CreateBucket", Bucket="the-same-name")
        box("s3", "PutObject", Bucket="the-same-name", Key="who", Body=box.spec.account_id.encode())
    assert one("s3", "GetObject", Bucket="the-same-name", Key="who")["Body"] == one.spec.account_id.encode()
    assert two("s3", "GetObject", Bucket="the-same-name", Key="who")["Body"] == two.spec.account_id.encode()
    one.close()
    two.close()


def test_a_long_poll_is_answered_at_once(box: Any) -> None:
    queue = box("sqs", "CreateQueue", QueueName="q", Attributes={"ReceiveMessageWaitTimeSeconds": "20"})["QueueUrl"]
    assert "Messages" not in box("sqs", "ReceiveMessage", QueueUrl=queue, WaitTimeSeconds=20)
    assert "Messages" not in box("sqs", "ReceiveMessage", QueueUrl=queue)


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        (
            [("content-type", "application/x-www-form-urlencoded")],
            b"Action=DescribeAlarms&Version=2010-08-01",
            b"<AlarmName>",
        ),
        (
            [
                ("content-type", "application/x-amz-json-1.0"),
                ("x-amz-target", "GraniteServiceVersion20100801.DescribeAlarms"),
            ],
            b"{}",
            b'"AlarmName": "busy"',
        ),
    ],
)
def test_cloudwatch_speaks_its_older_protocols_too(
    box: Any, headers: list[tuple[str, str]], body: bytes, expected: bytes
) -> None:
    metric = {"Namespace": "N", "MetricName": "M", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    comparison = {"Threshold": 1.5, "ComparisonOperator": "GreaterThanThreshold"}
    box("cloudwatch", "PutMetricAlarm", AlarmName="busy", **metric, **comparison)
    said = box.raw("cloudwatch", "DescribeAlarms", path="/", headers=headers, body=body)
    assert (said.status, said.action, said.service) == (200, "DescribeAlarms", "cloudwatch")
    assert expected in said.body
    [alarm] = box("cloudwatch", "DescribeAlarms")["MetricAlarms"]  # CBOR, as boto3 does
    assert (alarm["Threshold"], alarm["AlarmConfigurationUpdatedTimestamp"].timestamp() > NOON) == (1.5, True)


def test_what_moto_leaves_to_a_thread_is_done_before_the_answer(box: Any) -> None:
    box(
        "dynamodb",
        "CreateTable",
        TableName="t",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    recovery = {"PointInTimeRecoveryEnabled": True}
    box("dynamodb", "UpdateContinuousBackups", TableName="t", PointInTimeRecoverySpecification=recovery)
    box("s3", "CreateBucket", Bucket="export-bucket")
    arn = f"arn:aws:dynamodb:us-east-1:{box.spec.account_id}:table/t"
    made = box("dynamodb", "ExportTableToPointInTime", TableArn=arn, S3Bucket="export-bucket", S3Prefix="p")[
        "ExportDescription"
    ]
    said = box("dynamodb", "DescribeExport", ExportArn=made["ExportArn"])["ExportDescription"]
    assert said["ExportStatus"] == "COMPLETED"


def test_keys_with_odd_characters_come_back_as_they_went(box: Any) -> None:
    box("s3", "CreateBucket", Bucket="odd-names")
    for key in ("a b/ü.txt", "plus+and%25", "trailing/", "dots/../up", "q?x=1&y"):
        box("s3", "PutObject", Bucket="odd-names", Key=key, Body=key.encode())
    listed = [each["Key"] for each in box("s3", "ListObjectsV2", Bucket="odd-names")["Contents"]]
    assert sorted(listed) == sorted(("a b/ü.txt", "plus+and%25", "trailing/", "dots/../up", "q?x=1&y"))
    assert box("s3", "GetObject", Bucket="odd-names", Key="a b/ü.txt")["Body"] == "a b/ü.txt".encode()


def test_awss_managed_policies_are_there_and_shared_state_is_not(yard: Any) -> None:
    one, two = yard.open(), yard.open()
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    one("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=_trust({"AWS": "*"}))
    one("iam", "AttachRolePolicy", RoleName="r", PolicyArn=arn)
    assert one("iam", "GetPolicy", PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert two("iam", "GetPolicy", PolicyArn=arn)["Policy"]["AttachmentCount"] == 0
    assert two("iam", "ListPolicies", Scope="Local")["Policies"] == []
    with pytest.raises(Refused, match="NoSuchEntity"):
        one("iam", "AttachRolePolicy", RoleName="r", PolicyArn="arn:aws:iam::aws:policy/NoSuch")
    one.close()
    two.close()


def test_images_answer_by_owner_and_name(box: Any) -> None:
    for owner, pattern in (
        ("amazon", "al2023-ami-2023.*-x86_64"),
        ("099720109477", "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*"),
        ("801119661308", "Windows_Server-2022-English-Full-Base-*"),
    ):
        filters = [{"Name": "name", "Values": [pattern]}]
        found = box("ec2", "DescribeImages", Owners=[owner], Filters=filters)["Images"]
        assert len(found) == 1, pattern
    path = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    image = box("ssm", "GetParameter", Name=path)["Parameter"]["Value"]
    assert box("ec2", "RunInstances", ImageId=image, MinCount=1, MaxCount=1)["Instances"]
    with pytest.raises(Refused, match="InvalidAMIID"):
        box("ec2", "RunInstances", ImageId="ami-00000000000000000", MinCount=1, MaxCount=1)
