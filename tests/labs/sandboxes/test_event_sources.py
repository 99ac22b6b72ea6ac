"""What calls a function: S3, SQS, DynamoDB streams, SNS, EventBridge; at once, by policy, and not in circles."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused

spec = importlib.util.spec_from_file_location("lambda_kit", Path(__file__).with_name("test_lambda.py"))
assert spec
assert spec.loader
kit = sys.modules.setdefault("lambda_kit", importlib.util.module_from_spec(spec))
spec.loader.exec_module(kit)
make = kit.make

KEEP = {"Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:UpdateItem"], "Resource": "*"}
# Writes down each event that it is given.
WRITES = """
import boto3, json
table = boto3.resource("dynamodb").Table("seen")
def handler(event, context):
    table.put_item(Item={"id": context.aws_request_id, "event": json.dumps(event)})
"""


@pytest.fixture
def seen(box: Any) -> Any:
    """Return what functions have written down."""
    table(box, "seen")

    def read() -> list[Any]:
        items = box("dynamodb", "Scan", TableName="seen")["Items"]
        return [json.loads(each["event"]["S"]) for each in items]

    return read


def table(box: Any, name: str, **more: Any) -> dict[str, Any]:
    keys = [{"AttributeName": "id", "KeyType": "HASH"}]
    kinds = [{"AttributeName": "id", "AttributeType": "S"}]
    given = {"KeySchema": keys, "AttributeDefinitions": kinds, "BillingMode": "PAY_PER_REQUEST", **more}
    return dict(box("dynamodb", "CreateTable", TableName=name, **given)["TableDescription"])


def let_in(box: Any, service: str, source: str, name: str = "f", **more: Any) -> None:
    box("lambda", "AddPermission", FunctionName=name, StatementId=service.partition(".")[0], Principal=service,
        Action="lambda:InvokeFunction", SourceArn=source, **more)  # fmt: skip


def notify(box: Any, function: str, *filters: tuple[str, str]) -> None:
    wanted = [{"Name": name, "Value": value} for name, value in filters or (("suffix", ".txt"),)]
    rules = [{"LambdaFunctionArn": function, "Events": ["s3:ObjectCreated:*"],
              "Filter": {"Key": {"FilterRules": wanted}}}]  # fmt: skip
    configuration = {"LambdaFunctionConfigurations": rules}
    box("s3", "PutBucketNotificationConfiguration", Bucket="drop", NotificationConfiguration=configuration)


def test_an_object_in_a_bucket_calls_the_function_where_its_policy_lets_s3_in(box: Any, make: Any, seen: Any) -> None:
    arn = make(WRITES, may=(KEEP,))
    box("s3", "CreateBucket", Bucket="drop")
    with pytest.raises(Refused, match="Unable to validate the following destination configurations"):
        notify(box, arn)
    let_in(box, "s3.amazonaws.com", "arn:aws:s3:::drop", SourceAccount=box.spec.account_id)
    notify(box, arn)
    box("s3", "PutObject", Bucket="drop", Key="in/a b.txt", Body=b"hello")
    box("s3", "PutObject", Bucket="drop", Key="in/a.csv", Body=b"hello")
    events = seen()
    assert len(events) == 1
    record = events[0]["Records"][0]
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["s3"]["bucket"]["name"] == "drop"
    assert record["s3"]["object"]["key"] == "in%2Fa+b.txt" or record["s3"]["object"]["key"] == "in/a+b.txt"
    assert record["s3"]["object"]["size"] == 5
    box("lambda", "RemovePermission", FunctionName="f", StatementId="s3")
    box("s3", "PutObject", Bucket="drop", Key="b.txt", Body=b"hello")
    assert len(seen()) == 1


def test_the_rules_of_a_filter_may_be_written_in_capitals(box: Any, make: Any, seen: Any) -> None:
    arn = make(WRITES, may=(KEEP,))
    box("s3", "CreateBucket", Bucket="drop")
    let_in(box, "s3.amazonaws.com", "arn:aws:s3:::drop", SourceAccount=box.spec.account_id)
    notify(box, arn, ("Prefix", "in/"), ("Suffix", ""))
    for key in ("in/a.csv", "out/a.csv"):
        box("s3", "PutObject", Bucket="drop", Key=key, Body=b"hello")
    assert [each["Records"][0]["s3"]["object"]["key"] for each in seen()] == ["in%2Fa.csv"]
    told = box("s3", "GetBucketNotificationConfiguration", Bucket="drop")["LambdaFunctionConfigurations"][0]
    assert told["Filter"]["Key"]["FilterRules"] == [{"Name": "prefix", "Value": "in/"}]
    notify(box, arn, ("Prefix", ""))
    assert (
        "Filter"
        not in box("s3", "GetBucketNotificationConfiguration", Bucket="drop")["LambdaFunctionConfigurations"][0]
    )
    with pytest.raises(Refused, match="InvalidArgument: filter rule name must be either prefix or suffix"):
        notify(box, arn, ("infix", "a"))
    with pytest.raises(Refused, match="InvalidArgument: Cannot specify more than one prefix rule"):
        notify(box, arn, ("prefix", "a"), ("Prefix", "b"))


POLL = {
    "Effect": "Allow",
    "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    "Resource": "*",
}


def queue(box: Any, name: str, **attributes: str) -> tuple[str, str]:
    url = box("sqs", "CreateQueue", QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:{box.spec.account_id}:{name}"


def waiting(box: Any, url: str) -> tuple[str, str]:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = box("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=names)["Attributes"]
    return told[names[0]], told[names[1]]


def test_a_queue_feeds_a_function_and_what_it_has_done_is_deleted(box: Any, make: Any, seen: Any) -> None:
    url, arn = queue(box, "jobs")
    make(WRITES, may=(KEEP, POLL))
    box("lambda", "CreateEventSourceMapping", FunctionName="f", EventSourceArn=arn, BatchSize=5)
    entries = [{"Id": str(n), "MessageBody": f"job {n}"} for n in range(3)]
    box("sqs", "SendMessageBatch", QueueUrl=url, Entries=entries)
    records = seen()[0]["Records"]
    assert [each["body"] for each in records] == ["job 0", "job 1", "job 2"]
    assert records[0]["eventSourceARN"] == arn
    assert records[0]["attributes"]["ApproximateReceiveCount"] == "1"
    assert waiting(box, url) == ("0", "0")


def test_a_batch_that_fails_shows_again_and_ends_in_the_dead_letter_queue(box: Any, make: Any) -> None:
    dead, dead_arn = queue(box, "dead")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url, arn = queue(box, "jobs", VisibilityTimeout="30", RedrivePolicy=redrive)
    make("def handler(e, c): raise ValueError('no')", may=(kit.LOGS, POLL))
    box("lambda", "CreateEventSourceMapping", FunctionName="f", EventSourceArn=arn)
    box("sqs", "SendMessage", QueueUrl=url, MessageBody="job")
    assert waiting(box, url) == ("0", "1")
    box.learner.at += 31
    assert waiting(box, url) == ("0", "1")
    box.learner.at += 31
    assert waiting(box, dead) == ("1", "0")
    errors = box("logs", "FilterLogEvents", logGroupName="/aws/lambda/f", filterPattern="ERROR")["events"]
    assert len(errors) == 2


def test_of_a_batch_only_what_failed_stays(box: Any, make: Any) -> None:
    url, arn = queue(box, "jobs")
    source = """
def handler(event, context):
    bad = [each["messageId"] for each in event["Records"] if each["body"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in bad]}
"""
    make(source, may=(POLL,))
    box("lambda", "CreateEventSourceMapping", FunctionName="f", EventSourceArn=arn,
        FunctionResponseTypes=["ReportBatchItemFailures"])  # fmt: skip
    entries = [{"Id": "1", "MessageBody": "good"}, {"Id": "2", "MessageBody": "bad"}]
    box("sqs", "SendMessageBatch", QueueUrl=url, Entries=entries)
    assert waiting(box, url) == ("0", "1")


def test_a_mapping_needs_a_role_that_may_read_the_queue(box: Any, make: Any) -> None:
    _, arn = queue(box, "jobs")
    make("def handler(e, c): pass")
    with pytest.raises(Refused, match="does not have permissions to call ReceiveMessage on SQS"):
        box("lambda", "CreateEventSourceMapping", FunctionName="f", EventSourceArn=arn)
    make("def handler(e, c): pass", name="slow", may=(POLL,), Timeout=60)
    with pytest.raises(Refused, match="Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"):
        box("lambda", "CreateEventSourceMapping", FunctionName="slow", EventSourceArn=arn)


STREAM = ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams"]
READ = {"Effect": "Allow", "Resource": "*", "Action": STREAM}


def test_a_tables_stream_feeds_a_function(box: Any, make: Any, seen: Any) -> None:
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    arn = table(box, "orders", StreamSpecification=stream)["LatestStreamArn"]
    make(WRITES, may=(KEEP,))
    with pytest.raises(Refused, match="Please ensure the role can perform the GetRecords"):
        box("lambda", "CreateEventSourceMapping", FunctionName="f", EventSourceArn=arn, StartingPosition="LATEST")
    box("iam", "PutRolePolicy", RoleName="role-f", PolicyName="read", PolicyDocument=kit.document(READ))
    box("lambda", "CreateEventSourceMapping", FunctionName="f", EventSourceArn=arn, StartingPosition="LATEST")
    box("dynamodb", "PutItem", TableName="orders", Item={"id": {"S": "1"}, "total": {"N": "12"}})
    box("dynamodb", "DeleteItem", TableName="orders", Key={"id": {"S": "1"}})
    records = [each for event in seen() for each in event["Records"]]
    assert sorted(each["eventName"] for each in records) == ["INSERT", "REMOVE"]
    made = next(each for each in records if each["eventName"] == "INSERT")
    assert made["dynamodb"]["NewImage"] == {"id": {"S": "1"}, "total": {"N": "12"}}
    assert made["eventSourceARN"] == arn


def test_a_topic_calls_a_function_by_its_policy(box: Any, make: Any, seen: Any) -> None:
    arn = make(WRITES, may=(KEEP,))
    topic = box("sns", "CreateTopic", Name="news")["TopicArn"]
    box("sns", "Subscribe", TopicArn=topic, Protocol="lambda", Endpoint=arn)
    box("sns", "Publish", TopicArn=topic, Message="unheard")
    assert seen() == []
    let_in(box, "sns.amazonaws.com", topic)
    box("sns", "Publish", TopicArn=topic, Message="heard", Subject="s")
    told = seen()[0]["Records"][0]
    assert (told["Sns"]["Message"], told["Sns"]["Subject"], told["Sns"]["TopicArn"]) == ("heard", "s", topic)


def test_an_event_on_a_bus_calls_a_function_by_its_policy(box: Any, make: Any, seen: Any) -> None:
    arn = make(WRITES, may=(KEEP,))
    rule = box("events", "PutRule", Name="orders", EventPattern=json.dumps({"source": ["shop"]}))["RuleArn"]
    box("events", "PutTargets", Rule="orders", Targets=[{"Id": "1", "Arn": arn}])
    entry = {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"id": 7})}
    box("events", "PutEvents", Entries=[entry])
    assert seen() == []
    let_in(box, "events.amazonaws.com", rule)
    box("events", "PutEvents", Entries=[entry])
    assert seen()[0]["detail"] == {"id": 7}
    assert seen()[0]["detail-type"] == "order"


def test_a_function_that_feeds_itself_is_stopped(box: Any, make: Any) -> None:
    url, arn = queue(box, "loop")
    source = f"""
import boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl="{url}", MessageBody="again")
"""
    make(source, may=(kit.LOGS, POLL, {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}))
    box("lambda", "CreateEventSourceMapping", FunctionName="f", EventSourceArn=arn)
    box("sqs", "SendMessage", QueueUrl=url, MessageBody="first")
    runs = box("logs", "FilterLogEvents", logGroupName="/aws/lambda/f", filterPattern="START")["events"]
    assert len(runs) == 8
    assert waiting(box, url) == ("0", "0")
    assert [each["protocol"] for each in box.inbox() if each["service"] == "lambda"] == ["recursion"]


def test_what_events_set_off_is_the_same_in_a_replay(box: Any, yard: Any, make: Any, seen: Any) -> None:
    url, arn = queue(box, "jobs")
    make(WRITES, may=(KEEP, POLL, kit.LOGS))
    box("lambda", "CreateEventSourceMapping", FunctionName="f", EventSourceArn=arn)
    box("sqs", "SendMessage", QueueUrl=url, MessageBody="job")
    box("sqs", "ListQueues")
    before = seen()
    other = yard.open(box.spec.number)
    for request in list(box.learner.sent):
        other.send(request)
    other.learner.seq = box.learner.seq
    items = other("dynamodb", "Scan", TableName="seen")["Items"]
    assert [json.loads(each["event"]["S"]) for each in items] == before
    other.close()
