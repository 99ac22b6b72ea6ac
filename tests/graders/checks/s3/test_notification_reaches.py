import json

import pytest
from moto.core.config import default_user_config

from graders import BotoAccount
from graders.buckets import matches
from tests.graders.checks.s3.conftest import ARN, BUCKET
from tests.graders.conftest import ACCOUNT

CHECK = "s3.notification_reaches"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:image-jobs"
CALL = {"bucket": BUCKET, "kind": "queue", "target": "image-jobs", "object": "incoming/cat.jpg"}
FROM_BUCKET = {"ArnLike": {"aws:SourceArn": ARN}}


@pytest.fixture(autouse=True)
def _without_docker(monkeypatch):
    monkeypatch.setitem(default_user_config["lambda"], "use_docker", False)


@pytest.fixture
def queue(account):
    """The queue image-jobs: `queue(condition)` lets S3 send under the condition; `queue(None)` has no policy."""
    sqs = account.client("sqs")

    def queue(condition=FROM_BUCKET, name="image-jobs", service="s3.amazonaws.com", region=None, **attributes):
        client = account.client("sqs", region) if region else sqs
        if condition is not None:
            allow = {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sqs:SendMessage",
                "Resource": QUEUE,
            }
            allow |= {"Condition": condition} if condition else {}
            attributes["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        client.create_queue(QueueName=name, Attributes=attributes)

    return queue


@pytest.fixture
def notify(bucket):
    """`notify("s3:ObjectCreated:*", prefix="incoming/")` tells the queue."""

    def notify(*events, kind="Queue", arn=QUEUE, **ends):
        rules = [{"Name": name, "Value": value} for name, value in ends.items()]
        one = {f"{kind}Arn": arn, "Events": list(events)}
        one |= {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}
        given = {f"{kind}Configurations": [one]} if events else {}
        bucket.client.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=given)

    return notify


@pytest.fixture
def bridge(monkeypatch):
    """The bucket tells EventBridge, which moto takes and does not give back."""
    ask = BotoAccount._ask

    def answer(client, operation, parameters):
        given = ask(client, operation, parameters)
        return given | ({"EventBridgeConfiguration": {}} if "notification" in operation else {})

    monkeypatch.setattr(BotoAccount, "_ask", staticmethod(answer))


@pytest.fixture
def function(account, iam):
    client = account.client("lambda")
    iam.role("runner", trust={"Service": "lambda.amazonaws.com"})

    def function(name="thumbs", **permission):
        arn = client.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=f"arn:aws:iam::{ACCOUNT}:role/runner",
            Handler="index.handler",
            Code={"ZipFile": b"x"},
        )["FunctionArn"]
        if permission:
            client.add_permission(
                FunctionName=name,
                StatementId="s",
                Action="lambda:InvokeFunction",
                Principal="s3.amazonaws.com",
                **permission,
            )
        return arn

    return function


class TestRight:
    @pytest.mark.parametrize("event", ["s3:ObjectCreated:*", "s3:ObjectCreated:Put"])
    def test_every_kind_or_this_one(self, queue, notify, passes, event):
        queue()
        notify(event, prefix="incoming/")
        passes(CHECK, **CALL, not_object="other/cat.jpg")

    def test_a_policy_by_account_alone(self, queue, notify, passes):
        queue({"StringEquals": {"aws:SourceAccount": ACCOUNT}})
        notify("s3:ObjectCreated:*", prefix="incoming/", suffix=".jpg")
        passes(CHECK, **CALL)

    def test_through_eventbridge(self, account, queue, bucket, bridge, passes):
        events = account.client("events")
        pattern = {
            "source": ["aws.s3"],
            "detail": {"bucket": {"name": [BUCKET]}, "object": {"key": [{"prefix": "incoming/"}]}},
        }
        events.put_rule(Name="arrivals", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="arrivals", Targets=[{"Id": "q", "Arn": QUEUE}])
        queue({}, service="events.amazonaws.com")
        passes(CHECK, **CALL)

    def test_a_function(self, function, notify, passes):
        arn = function(SourceArn=ARN, SourceAccount=ACCOUNT)
        notify("s3:ObjectCreated:*", kind="LambdaFunction", arn=arn)
        passes(CHECK, bucket=BUCKET, kind="function", target="thumbs")

    def test_a_topic(self, account, notify, passes):
        sns = account.client("sns")
        arn = sns.create_topic(Name="arrivals")["TopicArn"]
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
        notify("s3:ObjectCreated:*", kind="Topic", arn=arn)
        passes(CHECK, bucket=BUCKET, kind="topic", target="arrivals")


class TestWrong:
    @pytest.mark.parametrize(
        ("condition", "words"),
        [
            (None, "it has no policy"),
            ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::another"}}, f"acting for {ARN}"),
            ({"StringEquals": {"aws:SourceAccount": "999988887777"}}, "lacks sqs:SendMessage"),
        ],
        ids=["no policy", "another bucket", "another account"],
    )
    def test_the_queue_keeps_s3_out(self, queue, notify, fails, condition, words):
        queue(condition)
        notify("s3:ObjectCreated:*")
        fails(CHECK, "does not let s3.amazonaws.com in", words, **CALL)

    def test_the_key_of_the_queue_keeps_s3_out(self, queue, notify, key, fails):
        queue(KmsMasterKeyId=key("alias/jobs"))
        notify("s3:ObjectCreated:*")
        fails(CHECK, "does not let s3.amazonaws.com kms:GenerateDataKey", **CALL)

    def test_put_is_not_multipart(self, queue, notify, fails):
        queue()
        notify("s3:ObjectCreated:Put")
        fails(
            CHECK,
            "of s3:ObjectCreated:Put, not of s3:ObjectCreated:CompleteMultipartUpload",
            **CALL,
            events=["s3:ObjectCreated:Put", "s3:ObjectCreated:CompleteMultipartUpload"],
        )

    def test_no_filter(self, queue, notify, fails):
        queue()
        notify("s3:ObjectCreated:*")
        fails(CHECK, "other/cat.jpg is told of too", **CALL, not_object="other/cat.jpg")

    def test_a_fifo_queue(self, account, queue, fails):
        account.client("sqs").create_queue(QueueName="jobs.fifo", Attributes={"FifoQueue": "true"})
        account.client("s3").create_bucket(Bucket=BUCKET)
        fails(CHECK, "S3 sends to no FIFO queue", **CALL | {"target": "jobs.fifo"})

    def test_nobody_is_told(self, queue, bucket, fails):
        queue()
        fails(CHECK, "tells nobody", **CALL)

    def test_eventbridge_without_a_rule(self, queue, bucket, bridge, fails):
        queue({})
        fails(CHECK, "no rule carries its events to image-jobs", **CALL)

    def test_a_function_without_a_permission(self, function, notify, fails):
        notify("s3:ObjectCreated:*", kind="LambdaFunction", arn=function())
        fails(CHECK, "does not let s3.amazonaws.com in", bucket=BUCKET, kind="function", target="thumbs")


class TestNearMiss:
    @pytest.mark.parametrize(
        ("ends", "said"), [({"prefix": "/incoming/"}, "prefix /incoming/"), ({"suffix": ".png"}, "suffix .png")]
    )
    def test_the_filter_misses(self, queue, notify, fails, ends, said):
        queue()
        notify("s3:ObjectCreated:*", **ends)
        fails(CHECK, f"incoming/cat.jpg is not told of: the filter wants {said}", **CALL)

    def test_another_queue(self, queue, notify, fails):
        queue()
        queue(name="image-jobs-old")
        notify("s3:ObjectCreated:*", arn=f"{QUEUE}-old")
        fails(CHECK, f"tells {QUEUE}-old, not image-jobs", **CALL)

    def test_a_queue_in_another_region(self, queue, bucket, fails):
        queue(region="eu-west-1")
        fails(CHECK, "There is one in eu-west-1", **CALL)


@pytest.mark.parametrize(
    ("pattern", "is_match"),
    [
        ({"detail": {"object": {"key": [{"suffix": ".jpg"}]}}}, True),
        ({"detail": {"object": {"key": [{"anything-but": {"prefix": "in/"}}]}}}, False),
        ({"detail": {"object": {"key": [{"wildcard": "in/*.jpg"}]}}}, True),
        ({"detail": {"object": {"size": [{"exists": False}]}}}, True),
        ({"source": ["aws.s3"], "detail-type": ["Object Deleted"]}, False),
        ({"resources": [ARN]}, True),
    ],
)
def test_patterns_of_eventbridge(pattern, is_match):
    event = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "resources": [ARN],
        "detail": {"object": {"key": "in/a.jpg"}},
    }
    assert matches(pattern, event) is is_match
