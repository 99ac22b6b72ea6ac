"""Lambda functions that run: handlers with their role's rights, their errors, logs, versions, and asynchronous failures."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from labs.sandboxes.emulated.tool import Refused

TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
LOGS = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def zipped(files: dict[str, str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return held.getvalue()


def make_role(box: Any, name: str, *statements: dict[str, Any]) -> str:
    arn = box("iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=document(TRUST))["Role"]["Arn"]
    if statements:
        box("iam", "PutRolePolicy", RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
    return str(arn)


Make = Callable[..., str]


@pytest.fixture
def make(box: Any) -> Make:
    """Make a function of the source given, named f unless said otherwise; return its ARN."""
    roles: dict[str, str] = {}

    def made(
        source: str, *, name: str = "f", may: Any = (LOGS,), files: dict[str, str] | None = None, **more: Any
    ) -> str:
        roles[name] = make_role(box, f"role-{name}", *may)
        given = {"Runtime": "python3.12", "Handler": "main.handler", "Role": roles[name]} | more
        code = {"ZipFile": zipped({"main.py": source, **(files or {})})}
        return str(box("lambda", "CreateFunction", FunctionName=name, Code=code, **given)["FunctionArn"])

    return made


def call(box: Any, payload: Any = None, name: str = "f", **more: Any) -> Any:
    answer = box("lambda", "Invoke", FunctionName=name, Payload=json.dumps(payload).encode(), **more)
    return json.loads(answer["Payload"])


def header(box: Any, name: str) -> str:
    return dict(box.learner.last.headers).get(name, "")


def test_a_handler_gets_its_event_and_its_answer_comes_back(box: Any, make: Make) -> None:
    make("def handler(event, context):\n    return {'got': event, 'name': context.function_name}")
    assert call(box, {"a": [1, "ü"]}) == {"got": {"a": [1, "ü"]}, "name": "f"}
    assert header(box, "x-amz-executed-version") == "$LATEST"
    assert header(box, "x-amz-function-error") == ""


def test_boto3_in_a_handler_reaches_this_account(box: Any, make: Make) -> None:
    box("s3", "CreateBucket", Bucket="shop")
    may = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    source = """
import boto3
s3 = boto3.client("s3")
def handler(event, context):
    s3.put_object(Bucket="shop", Key="a.txt", Body=b"hello")
    return s3.get_object(Bucket="shop", Key="a.txt")["Body"].read().decode()
"""
    make(source, may=(LOGS, may), Timeout=10)
    assert call(box) == "hello"
    assert box("s3", "GetObject", Bucket="shop", Key="a.txt")["Body"] == b"hello"


def test_what_the_role_may_not_is_refused_as_on_aws(box: Any, make: Make) -> None:
    box("s3", "CreateBucket", Bucket="shop")
    source = """
import boto3
from botocore.exceptions import ClientError
def handler(event, context):
    try:
        boto3.client("s3").put_object(Bucket="shop", Key="a.txt", Body=b"hello")
    except ClientError as error:
        return error.response["Error"]
"""
    make(source)
    error = call(box)
    assert error["Code"] == "AccessDenied"
    assert f"arn:aws:sts::{box.spec.account_id}:assumed-role/role-f/f is not authorized" in error["Message"]


def test_errors_have_the_shapes_of_awss_python_runtime(box: Any, make: Make) -> None:
    make("def handler(event, context):\n    raise ValueError('no')")
    error = call(box, LogType="Tail")
    assert header(box, "x-amz-function-error") == "Unhandled"
    assert error["errorType"] == "ValueError"
    assert error["errorMessage"] == "no"
    assert error["stackTrace"] == ["  File \"/var/task/main.py\", line 2, in handler\n    raise ValueError('no')\n"]
    log = base64.b64decode(header(box, "x-amz-log-result")).decode()
    assert log.startswith("START RequestId: ")
    assert "[ERROR] ValueError: no\nTraceback (most recent call last):" in log
    assert "REPORT RequestId: " in log


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        (
            "import nothing_there",
            "main.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'main': No module",
        ),
        (
            "def other(e, c): pass",
            "main.handler",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'main'",
        ),
        ("def handler(e, c:", "main.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'main'"),
        ("", "handler", "Runtime.MalformedHandlerName", "Bad handler 'handler'"),
        ("def handler(e, c): return {1, 2}", "main.handler", "Runtime.MarshalError", "Unable to marshal response"),
        ("import sys\ndef handler(e, c): sys.exit(3)", "main.handler", "Runtime.ExitError", "exit status 3"),
    ],
)
def test_what_cannot_run_says_why(box: Any, make: Make, source: str, handler: str, kind: str, message: str) -> None:
    make(source, Handler=handler)
    error = call(box)
    assert error["errorType"] == kind
    assert message in error["errorMessage"]


def test_a_function_that_sleeps_too_long_times_out_at_once(box: Any, make: Make) -> None:
    make("import time\ndef handler(event, context):\n    print('before')\n    time.sleep(60)", Timeout=30)
    error = call(box, LogType="Tail")
    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith("Error: Task timed out after 30.00 seconds")
    log = base64.b64decode(header(box, "x-amz-log-result")).decode()
    assert "before" in log
    assert "Duration: 30000.00 ms\tBilled Duration: 30000 ms" in log


def test_time_is_the_calls_and_goes_on_when_the_function_sleeps(box: Any, make: Make) -> None:
    source = """
import time, datetime
def handler(event, context):
    begun, left = time.time(), context.get_remaining_time_in_millis()
    time.sleep(2)
    return [begun, time.time() - begun, datetime.datetime.now(datetime.UTC).isoformat(), left]
"""
    make(source)
    begun, gone, now, left = call(box)
    assert begun == pytest.approx(box.learner.last and box.learner.at + box.learner.seq, abs=0.01)
    assert 2 <= gone < 2.01
    assert now.startswith("2025-10-09T")
    assert 2900 < left <= 3000


def test_output_and_logging_reach_cloudwatch_logs_where_the_role_may_write(box: Any, make: Make) -> None:
    source = """
import logging
def handler(event, context):
    print('hello')
    logging.warning('look out')
    return context.log_stream_name
"""
    make(source)
    make(source, name="mute", may=())
    stream = call(box)
    call(box, name="mute")
    assert [each["logGroupName"] for each in box("logs", "DescribeLogGroups")["logGroups"]] == ["/aws/lambda/f"]
    events = box("logs", "GetLogEvents", logGroupName="/aws/lambda/f", logStreamName=stream)["events"]
    words = [each["message"] for each in events]
    assert words[0].startswith("START RequestId: ")
    assert words[1] == "hello"
    assert words[2].startswith("[WARNING]\t2025-10-09T") and words[2].endswith("\tlook out")
    assert words[3].startswith("END RequestId: ")
    assert words[4].startswith("REPORT RequestId: ")


def test_environment_layers_and_files(box: Any, make: Make) -> None:
    content = {"ZipFile": zipped({"python/shared.py": "WORD = 'layered'"})}
    layer = box("lambda", "PublishLayerVersion", LayerName="shared", Content=content)["LayerVersionArn"]
    source = """
import os, shared, helper
def handler(event, context):
    with open("/tmp/a.txt", "w") as file:
        file.write(shared.WORD)
    with open(os.environ["LAMBDA_TASK_ROOT"] + "/data.txt") as data:
        return [open("/tmp/a.txt").read(), data.read(), os.environ["COLOUR"], helper.NAME, os.listdir("/tmp")]
"""
    more = {"data.txt": "some data", "helper.py": "NAME = 'helper'"}
    make(source, files=more, Layers=[layer], Environment={"Variables": {"COLOUR": "blue"}})
    assert call(box) == ["layered", "some data", "blue", "helper", ["a.txt"]]


def test_versions_and_aliases_run_the_code_they_were_made_of(box: Any, make: Make) -> None:
    make("def handler(e, c): return ['one', c.function_version, c.invoked_function_arn.rpartition(':')[2]]")
    box("lambda", "PublishVersion", FunctionName="f")
    code = zipped(
        {"main.py": "def handler(e, c): return ['two', c.function_version, c.invoked_function_arn.rpartition(':')[2]]"}
    )
    box("lambda", "UpdateFunctionCode", FunctionName="f", ZipFile=code)
    box("lambda", "CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    assert call(box) == ["two", "$LATEST", "f"]
    assert call(box, Qualifier="1") == ["one", "1", "1"]
    assert call(box, name="f:live") == ["one", "1", "live"]
    assert header(box, "x-amz-executed-version") == "1"
    with pytest.raises(Refused, match=r"404 ResourceNotFoundException: Function not found: arn:aws:lambda:.*:f:nope"):
        call(box, Qualifier="nope")


def test_reserved_concurrency_of_zero_throttles(box: Any, make: Make) -> None:
    make("def handler(e, c): return 1")
    box("lambda", "PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=0)
    with pytest.raises(Refused, match=r"429 TooManyRequestsException"):
        call(box)


def test_dry_run_runs_nothing_and_other_runtimes_are_not_simulated(box: Any, make: Make) -> None:
    make("def handler(e, c): return 1")
    box("lambda", "Invoke", FunctionName="f", InvocationType="DryRun")
    assert box.learner.last.status == 204
    make("exports.handler = 1", name="node", Runtime="nodejs20.x")
    with pytest.raises(
        Refused, match=r"501 NotImplemented: .*nodejs20.x is not simulated here: only Python functions run"
    ):
        call(box, name="node")


def test_a_role_must_trust_lambda(box: Any) -> None:
    other = {**TRUST, "Principal": {"Service": "ec2.amazonaws.com"}}
    role = box("iam", "CreateRole", RoleName="r", AssumeRolePolicyDocument=document(other))["Role"]["Arn"]
    code = {"ZipFile": zipped({"main.py": ""})}
    with pytest.raises(Refused, match="The role defined for the function cannot be assumed by Lambda"):
        box("lambda", "CreateFunction", FunctionName="f", Runtime="python3.12", Handler="m.h", Role=role, Code=code)


def test_a_failing_event_is_tried_three_times_and_then_told_to_queue_and_destination(box: Any, make: Make) -> None:
    dead = box("sqs", "CreateQueue", QueueName="dead")["QueueUrl"]
    sad = box("sqs", "CreateQueue", QueueName="sad")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{box.spec.account_id}"
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    make("def handler(e, c): raise KeyError('x')", may=(LOGS, send), DeadLetterConfig={"TargetArn": f"{arn}:dead"})
    to = {"OnFailure": {"Destination": f"{arn}:sad"}}
    box("lambda", "PutFunctionEventInvokeConfig", FunctionName="f", DestinationConfig=to)
    box("lambda", "Invoke", FunctionName="f", InvocationType="Event", Payload=b'{"a": 1}')
    assert box.learner.last.status == 202
    assert "Messages" not in box("sqs", "ReceiveMessage", QueueUrl=dead)
    box.learner.at += 61
    assert "Messages" not in box("sqs", "ReceiveMessage", QueueUrl=dead)
    box.learner.at += 121
    held = box("sqs", "ReceiveMessage", QueueUrl=dead, MessageAttributeNames=["All"])["Messages"][0]
    assert json.loads(held["Body"]) == {"a": 1}
    assert held["MessageAttributes"]["ErrorMessage"]["StringValue"] == "'x'"
    record = json.loads(box("sqs", "ReceiveMessage", QueueUrl=sad)["Messages"][0]["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responsePayload"]["errorType"] == "KeyError"


def test_a_function_may_call_another_and_wait(box: Any, make: Make) -> None:
    make("def handler(e, c): return e['n'] * 2", name="twice")
    source = """
import boto3, json
def handler(event, context):
    answer = boto3.client("lambda").invoke(FunctionName="twice", Payload=json.dumps({"n": 21}))
    return json.load(answer["Payload"])
"""
    make(source, may=(LOGS, {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}))
    assert call(box) == 42


def test_the_same_calls_replayed_make_the_same_account(box: Any, yard: Any, make: Make) -> None:
    box("dynamodb", "CreateTable", TableName="t", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])  # fmt: skip
    source = """
import boto3, uuid, time, random, os
def handler(event, context):
    item = {"id": str(uuid.uuid4()), "at": str(time.time()), "dice": random.randint(1, 1000), "bytes": os.urandom(4).hex()}
    boto3.resource("dynamodb").Table("t").put_item(Item=item)
    boto3.client("ec2").create_vpc(CidrBlock="10.0.0.0/16")
"""
    make(source, may=(LOGS, {"Effect": "Allow", "Action": ["dynamodb:*", "ec2:*"], "Resource": "*"}))
    assert call(box) is None

    def state(of: Any) -> str:
        items, vpcs = of("dynamodb", "Scan", TableName="t")["Items"], of("ec2", "DescribeVpcs")["Vpcs"]
        groups = of("logs", "FilterLogEvents", logGroupName="/aws/lambda/f")["events"]
        return json.dumps([items, vpcs, groups], default=str, sort_keys=True)

    other = yard.open(box.spec.number)
    for request in list(box.learner.sent):
        other.send(request)
    other.learner.seq = box.learner.seq
    assert state(other) == state(box)
    other.close()


def test_a_snapshot_carries_functions(box: Any, yard: Any, make: Make) -> None:
    make("def handler(e, c): return 'still here'")
    box("lambda", "PublishVersion", FunctionName="f")
    other = yard.open(box.spec.number)
    yard.run(other.cell.load(yard.run(box.cell.dump())))
    other.learner.seq = box.learner.seq
    assert call(other) == "still here"
    assert call(other, Qualifier="1") == "still here"
    other.close()
