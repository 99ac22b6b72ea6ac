"""What AWS does and moto does not: the plug-ins of labs/sandboxes/emulated/fidelity."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused

BUCKET = "reports-2025"


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _reads(principal: Any = "*", **more: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
        **more,
    }


@pytest.fixture
def bucket(box: Any) -> str:
    box("s3", "CreateBucket", Bucket=BUCKET)
    box("s3", "PutObject", Bucket=BUCKET, Key="a.txt", Body=b"hello")
    return BUCKET


def _open(box: Any, *, policy: bool = True, acls: bool = False) -> None:
    settings = {
        "BlockPublicAcls": not acls,
        "IgnorePublicAcls": not acls,
        "BlockPublicPolicy": not policy,
        "RestrictPublicBuckets": not policy,
    }
    box("s3", "PutPublicAccessBlock", Bucket=BUCKET, PublicAccessBlockConfiguration=settings)


def test_a_new_bucket_is_closed_owned_and_encrypted(box: Any, bucket: str) -> None:
    block = box("s3", "GetPublicAccessBlock", Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert block == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    rules = box("s3", "GetBucketOwnershipControls", Bucket=bucket)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    encryption = box("s3", "GetBucketEncryption", Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert encryption[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_buckets_are_listed_by_their_names(box: Any) -> None:
    for name in ("pears", "apples", "plums"):
        box("s3", "CreateBucket", Bucket=name)
    assert [each["Name"] for each in box("s3", "ListBuckets")["Buckets"]] == ["apples", "pears", "plums"]
    assert [each["Name"] for each in box("s3", "ListBuckets", MaxBuckets=2)["Buckets"]] == ["apples", "pears"]


def test_making_ones_own_bucket_again_does_not_close_it(box: Any, bucket: str) -> None:
    _open(box)
    box("s3", "CreateBucket", Bucket=bucket)
    block = box("s3", "GetPublicAccessBlock", Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert block["BlockPublicPolicy"] is False


def test_default_encryption_cannot_be_taken_away(box: Any, bucket: str) -> None:
    box("s3", "DeleteBucketEncryption", Bucket=bucket)
    rules = box("s3", "GetBucketEncryption", Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


def test_versioning_is_enabled_or_suspended_and_nothing_else(box: Any) -> None:
    box("s3", "CreateBucket", Bucket="kept")
    for wrong in ({"Status": "On"}, {"Status": "enabled"}):
        with pytest.raises(Refused, match="MalformedXML"):
            box("s3", "PutBucketVersioning", Bucket="kept", VersioningConfiguration=wrong)
    for right in ({"Status": "Enabled"}, {"Status": "Suspended", "MFADelete": "Disabled"}):
        box("s3", "PutBucketVersioning", Bucket="kept", VersioningConfiguration=right)
        assert box("s3", "GetBucketVersioning", Bucket="kept")["Status"] == right["Status"]


def test_a_public_policy_is_refused_while_it_is_blocked(box: Any, bucket: str) -> None:
    with pytest.raises(Refused, match=r"403 AccessDenied.*BlockPublicPolicy"):
        box("s3", "PutBucketPolicy", Bucket=bucket, Policy=_policy(_reads()))
    box(
        "s3",
        "PutBucketPolicy",
        Bucket=bucket,
        Policy=_policy(_reads({"AWS": f"arn:aws:iam::{box.spec.account_id}:root"})),
    )
    assert box("s3", "GetBucketPolicyStatus", Bucket=bucket)["PolicyStatus"]["IsPublic"] is False
    _open(box)
    box("s3", "PutBucketPolicy", Bucket=bucket, Policy=_policy(_reads()))
    assert box("s3", "GetBucketPolicyStatus", Bucket=bucket)["PolicyStatus"]["IsPublic"] is True


@pytest.mark.parametrize(
    "document",
    ["not json", "[]", '{"Statement": [{"Effect": "Allow"}]}', _policy(_reads(Resource="arn:aws:s3:::another/*"))],
)
def test_what_is_no_policy_of_this_bucket_is_malformed(box: Any, bucket: str, document: str) -> None:
    with pytest.raises(Refused, match="MalformedPolicy"):
        box("s3", "PutBucketPolicy", Bucket=bucket, Policy=document)


def test_a_stranger_reads_nothing_of_a_new_bucket(box: Any, bucket: str) -> None:
    stranger = box.tool(None)
    for operation, more in (("GetObject", {"Key": "a.txt"}), ("HeadObject", {"Key": "a.txt"}), ("ListObjectsV2", {})):
        with pytest.raises(Refused) as refused:
            stranger("s3", operation, Bucket=bucket, **more)
        assert (refused.value.response.status, refused.value.response.error_code) == (403, "AccessDenied")
    for operation in ("PutObject", "DeleteObject"):
        with pytest.raises(Refused, match="AccessDenied"):
            stranger("s3", operation, Bucket=bucket, Key="a.txt")
    with pytest.raises(Refused, match="AccessDenied"):
        stranger("s3", "CreateBucket", Bucket="strangers-bucket")
    with pytest.raises(Refused, match="AccessDenied"):
        stranger("s3", "ListBuckets")
    with pytest.raises(Refused, match="NoSuchBucket"):
        stranger("s3", "GetObject", Bucket="there-is-no-such", Key="k")


def test_a_stranger_reads_what_a_policy_gives_to_all_and_nothing_else(box: Any, bucket: str) -> None:
    _open(box)
    box("s3", "PutBucketPolicy", Bucket=bucket, Policy=_policy(_reads()))
    stranger = box.tool(None)
    assert stranger("s3", "GetObject", Bucket=bucket, Key="a.txt")["Body"] == b"hello"
    assert stranger.last.principal == "anonymous"
    with pytest.raises(Refused, match="AccessDenied"):
        stranger("s3", "ListObjectsV2", Bucket=bucket)
    with pytest.raises(Refused, match="AccessDenied"):
        stranger("s3", "GetObject", Bucket=bucket, Key="missing.txt")
    with pytest.raises(Refused, match="AccessDenied"):
        stranger("s3", "PutObject", Bucket=bucket, Key="b.txt", Body=b"x")


def test_restricting_public_buckets_closes_a_public_policy(box: Any, bucket: str) -> None:
    _open(box)
    box("s3", "PutBucketPolicy", Bucket=bucket, Policy=_policy(_reads()))
    box("s3", "PutPublicAccessBlock", Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    with pytest.raises(Refused, match="AccessDenied"):
        box.tool(None)("s3", "GetObject", Bucket=bucket, Key="a.txt")


def test_a_deny_closes_what_an_allow_opens(box: Any, bucket: str) -> None:
    _open(box)
    deny = {**_reads(), "Effect": "Deny", "Resource": f"arn:aws:s3:::{BUCKET}/a.txt"}
    box("s3", "PutBucketPolicy", Bucket=bucket, Policy=_policy(_reads(), deny))
    with pytest.raises(Refused, match="AccessDenied"):
        box.tool(None)("s3", "GetObject", Bucket=bucket, Key="a.txt")


def test_a_policy_that_asks_for_tls_does_not_lock_the_owner_out(box: Any, bucket: str) -> None:
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {**_reads(), "Effect": "Deny", "Action": "s3:*", "Condition": condition}
    box("s3", "PutBucketPolicy", Bucket=bucket, Policy=_policy(deny))
    assert box("s3", "GetObject", Bucket=bucket, Key="a.txt")["Body"] == b"hello"


def test_acls_count_only_where_ownership_lets_them(box: Any, bucket: str) -> None:
    with pytest.raises(Refused, match="AccessControlListNotSupported"):
        box("s3", "PutObjectAcl", Bucket=bucket, Key="a.txt", ACL="public-read")
    with pytest.raises(Refused, match="AccessControlListNotSupported"):
        box("s3", "PutObject", Bucket=bucket, Key="b.txt", Body=b"x", ACL="public-read")
    with pytest.raises(Refused, match="InvalidBucketAclWithObjectOwnership"):
        box("s3", "CreateBucket", Bucket="open-bucket", ACL="public-read")
    owned = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    box("s3", "PutBucketOwnershipControls", Bucket=bucket, OwnershipControls=owned)
    with pytest.raises(Refused, match="403 AccessDenied"):
        box("s3", "PutObjectAcl", Bucket=bucket, Key="a.txt", ACL="public-read")
    _open(box, policy=False, acls=True)
    box("s3", "PutObjectAcl", Bucket=bucket, Key="a.txt", ACL="public-read")
    assert box.tool(None)("s3", "GetObject", Bucket=bucket, Key="a.txt")["Body"] == b"hello"


def test_a_subscription_by_email_waits(box: Any) -> None:
    topic = box("sns", "CreateTopic", Name="t")["TopicArn"]
    made = box("sns", "Subscribe", TopicArn=topic, Protocol="email", Endpoint="you@example.com")
    assert made["SubscriptionArn"] == "pending confirmation"
    listed = box("sns", "ListSubscriptionsByTopic", TopicArn=topic)["Subscriptions"]
    assert [each["SubscriptionArn"] for each in listed] == ["PendingConfirmation"]
    box("sns", "Publish", TopicArn=topic, Message="too early")
    letter = box.inbox()[-1]
    assert (letter["kind"], letter["endpoint"]) == ("confirmation", "you@example.com")
    confirmed = box("sns", "ConfirmSubscription", TopicArn=topic, Token=letter["body"]["Token"])
    assert confirmed["SubscriptionArn"].startswith(topic + ":")
    box("sns", "Publish", TopicArn=topic, Message="hello")
    assert (box.inbox()[-1]["kind"], box.inbox()[-1]["body"]) == ("notification", "hello")
    with pytest.raises(Refused, match="InvalidParameter"):
        box("sns", "ConfirmSubscription", TopicArn=topic, Token="0" * 32)


def test_returning_the_arn_of_what_waits_must_be_asked_for(box: Any) -> None:
    topic = box("sns", "CreateTopic", Name="t")["TopicArn"]
    made = box(
        "sns", "Subscribe", TopicArn=topic, Protocol="email", Endpoint="y@example.com", ReturnSubscriptionArn=True
    )
    assert made["SubscriptionArn"].startswith(topic)
    attributes = box("sns", "GetSubscriptionAttributes", SubscriptionArn=made["SubscriptionArn"])["Attributes"]
    assert attributes["PendingConfirmation"] == "true"


def _topic_and_queue(box: Any) -> tuple[str, str, str]:
    topic = box("sns", "CreateTopic", Name="t")["TopicArn"]
    queue = box("sqs", "CreateQueue", QueueName="q")["QueueUrl"]
    arn = box("sqs", "GetQueueAttributes", QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    box("sns", "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, queue, arn


def _let_in(box: Any, queue: str, arn: str, source: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
    box("sqs", "SetQueueAttributes", QueueUrl=queue, Attributes={"Policy": _policy(statement)})


def test_a_queue_takes_from_a_topic_only_what_its_policy_lets_in(box: Any) -> None:
    topic, queue, arn = _topic_and_queue(box)
    box("sns", "Publish", TopicArn=topic, Message="nobody let me in")
    _let_in(box, queue, arn, topic.replace(":t", ":other"))
    box("sns", "Publish", TopicArn=topic, Message="nor now")
    _let_in(box, queue, arn, topic)
    box("sns", "Publish", TopicArn=topic, Message="hello")
    messages = box("sqs", "ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(each["Body"])["Message"] for each in messages] == ["hello"]


def _alarm(box: Any, topic: str, **more: Any) -> None:
    box(
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
        **more,
    )


def test_an_alarm_that_is_set_tells_its_topic_once_for_each_change(box: Any) -> None:
    topic, queue, arn = _topic_and_queue(box)
    _let_in(box, queue, arn, topic)
    _alarm(box, topic)
    for state in ("ALARM", "ALARM", "OK"):
        box("cloudwatch", "SetAlarmState", AlarmName="busy", StateValue=state, StateReason="a test")
    messages = box("sqs", "ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    told = [json.loads(json.loads(each["Body"])["Message"]) for each in messages]
    assert [(each["AlarmName"], each["NewStateValue"], each["NewStateReason"]) for each in told] == [
        ("busy", "ALARM", "a test")
    ]


def test_an_alarm_whose_actions_are_off_tells_nobody(box: Any) -> None:
    topic, queue, arn = _topic_and_queue(box)
    _let_in(box, queue, arn, topic)
    _alarm(box, topic, ActionsEnabled=False)
    box("cloudwatch", "SetAlarmState", AlarmName="busy", StateValue="ALARM", StateReason="a test")
    assert "Messages" not in box("sqs", "ReceiveMessage", QueueUrl=queue)


def test_the_default_vpc_reaches_the_internet(box: Any) -> None:
    vpc = box("ec2", "DescribeVpcs", Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    gateways = box("ec2", "DescribeInternetGateways", Filters=[{"Name": "attachment.vpc-id", "Values": [vpc]}])
    gateway = gateways["InternetGateways"][0]["InternetGatewayId"]
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    routes = box("ec2", "DescribeRouteTables", Filters=filters)["RouteTables"][0]["Routes"]
    assert {each["DestinationCidrBlock"]: each["GatewayId"] for each in routes}["0.0.0.0/0"] == gateway
