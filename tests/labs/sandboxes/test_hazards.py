"""Each way in which moto would let a caller hurt the process, one test a row; and what the jail holds where a row fails.

The rows are those of the threat model: M1-M24. Each test fails when its fix in labs/sandboxes/emulated/hazards.py is
taken out.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labs.sandboxes import account_id_for
from labs.sandboxes.emulated.tool import Refused, botocore_model, request_for

NOON = 1_760_000_000.0
CANARY = "canary-of-the-house"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody on this machine whom no sandbox may reach."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.settimeout(0.2)
        yield made


def _hits(listener: socket.socket) -> int:
    count = 0
    while True:
        try:
            listener.accept()[0].close()
        except TimeoutError:
            return count
        count += 1


def _url(listener: socket.socket, path: str = "/") -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}{path}"


def _template(line: str) -> str:
    return f"Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: {line}\n"


# --- templates: M1, M13, M14, M15 -------------------------------------------------------------------------------------

TEMPLATE_CALLS = [
    ("CreateStack", {"StackName": "s"}),
    ("GetTemplateSummary", {}),
    ("ValidateTemplate", {}),
    ("CreateChangeSet", {"StackName": "s", "ChangeSetName": "c", "ChangeSetType": "CREATE"}),
]


@pytest.mark.parametrize(("operation", "parameters"), TEMPLATE_CALLS)
@pytest.mark.parametrize(
    "line",
    [
        '!!python/object/apply:os.mkdir ["{folder}/made"]',
        '!!python/object/apply:os.system ["touch {folder}/made"]',
        "!!python/name:os.system ''",
        '!!python/object/new:tuple [["{folder}"]]',
    ],
)
def test_m1_a_template_runs_no_python(
    box: Any, tmp_path: Path, operation: str, parameters: dict[str, Any], line: str
) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(Refused, match="ValidationError: Template format error: could not determine a constructor"):
        box("cloudformation", operation, TemplateBody=_template(line.format(folder=tmp_path)), **parameters)
    assert list(tmp_path.iterdir()) == []


def test_m1_a_template_reads_no_file(box: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(CANARY)
    line = f'!!python/object/apply:subprocess.getoutput ["cat {secret}"]'
    with pytest.raises(Refused) as refused:
        box("cloudformation", "CreateStack", StackName="s", TemplateBody=_template(line))
    assert CANARY.encode() not in refused.value.response.body
    assert box("sns", "ListTopics")["Topics"] == []


def test_m1_the_tags_of_cloudformation_still_work(box: Any) -> None:
    body = (
        "AWSTemplateFormatVersion: 2010-09-09\n"
        "Parameters:\n  Name: {Type: String, Default: web}\n"
        "Resources:\n"
        "  Topic: {Type: 'AWS::SNS::Topic', Properties: {TopicName: !Sub '${Name}-${AWS::Region}'}}\n"
        "  Queue: {Type: 'AWS::SQS::Queue', Properties: {QueueName: !Join ['-', [a, !Ref Name]]}}\n"
        "Outputs:\n  Arn: {Value: !GetAtt Queue.Arn}\n"
    )
    box("cloudformation", "CreateStack", StackName="s", TemplateBody=body)
    assert box("sns", "ListTopics")["Topics"][0]["TopicArn"].endswith(":web-us-east-1")
    outputs = box("cloudformation", "DescribeStacks", StackName="s")["Stacks"][0]["Outputs"]
    assert outputs[0]["OutputValue"].endswith(":a-web")


def _laughs(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("levels", [2, 9])
def test_m13_a_template_has_no_aliases(box: Any, levels: int) -> None:
    began = time.monotonic()
    with pytest.raises(Refused, match="YAML aliases are not allowed in CloudFormation templates"):
        box("cloudformation", "CreateStack", StackName="s", TemplateBody=_laughs(levels) + _template("t"))
    assert time.monotonic() - began < 5


def test_m13_other_documents_in_yaml_have_few_aliases(box: Any) -> None:
    began = time.monotonic()
    with pytest.raises(Refused, match="at most 20 YAML aliases"):
        box("ssm", "CreateDocument", Name="bomb", DocumentFormat="YAML", DocumentType="Command", Content=_laughs(9))
    assert time.monotonic() - began < 5


def test_m14_a_template_is_no_larger_than_awss(box: Any) -> None:
    body = json.dumps(
        {"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Sub": "${" * 26_000}}}}}
    )
    began = time.monotonic()
    with pytest.raises(Refused, match="less than or equal to 51200"):
        box("cloudformation", "CreateStack", StackName="s", TemplateBody=body)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("depth", [65, 3000])
def test_m15_json_nests_no_deeper_than_64(box: Any, depth: int) -> None:
    deep = '{"a":' * depth + "1" + "}" * depth
    began = time.monotonic()
    said = box.raw("dynamodb", "ListTables", body=deep.encode())
    assert (said.status, said.error_code) == (400, "SerializationException")
    with pytest.raises(Refused, match="SerializationException"):
        box("cloudformation", "CreateStack", StackName="s", TemplateBody=deep)
    with pytest.raises(Refused, match="SerializationException"):
        box("iam", "CreatePolicy", PolicyName="deep", PolicyDocument=deep)
    assert time.monotonic() - began < 5


def test_m15_braces_in_text_do_not_count(box: Any) -> None:
    box("ssm", "PutParameter", Name="/p", Value=json.dumps({"text": "{" * 200}), Type="String")
    assert box("ssm", "GetParameter", Name="/p")["Parameter"]["Value"].count("{") == 201


# --- the network: M2, M3, M4, M20, M22 --------------------------------------------------------------------------------


def _subscribe(box: Any, url: str) -> str:
    topic = str(box("sns", "CreateTopic", Name="t")["TopicArn"])
    box("sns", "Subscribe", TopicArn=topic, Protocol="http", Endpoint=url)
    token = next(each["body"]["Token"] for each in box.inbox() if each["kind"] == "confirmation")
    box("sns", "ConfirmSubscription", TopicArn=topic, Token=token)
    return topic


def test_m2_sns_posts_to_the_inbox_and_to_nobody(box: Any, listener: socket.socket) -> None:
    topic = _subscribe(box, _url(listener))
    box("sns", "Publish", TopicArn=topic, Message="hello")
    sent = [each for each in box.inbox() if each["endpoint"] == _url(listener) and each.get("method") == "POST"]
    assert [(each["service"], each["body"]["Message"]) for each in sent] == [("sns", "hello")]
    assert _hits(listener) == 0


def test_m3_firehose_posts_to_the_inbox_and_to_nobody(box: Any, listener: socket.socket) -> None:
    destination = {
        "EndpointConfiguration": {"Url": _url(listener), "Name": "e"},
        "S3Configuration": {"RoleARN": "arn:aws:iam::111122223333:role/r", "BucketARN": "arn:aws:s3:::b"},
    }
    box(
        "firehose",
        "CreateDeliveryStream",
        DeliveryStreamName="d",
        HttpEndpointDestinationConfiguration=destination,
    )
    box("firehose", "PutRecord", DeliveryStreamName="d", Record={"Data": b"hello"})
    assert [(each["service"], each["endpoint"]) for each in box.inbox()] == [("firehose", _url(listener))]
    assert _hits(listener) == 0


def test_m4_a_subscription_to_motos_own_reset_wipes_nothing(box: Any, listener: socket.socket) -> None:
    box("sqs", "CreateQueue", QueueName="kept")
    topic = _subscribe(box, _url(listener, "/moto-api/reset"))
    box("sns", "Publish", TopicArn=topic, Message="reset")
    assert len(box("sqs", "ListQueues")["QueueUrls"]) == 1
    assert _hits(listener) == 0


def test_m22_an_api_destination_is_not_called(box: Any, listener: socket.socket) -> None:
    secret = {"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}}
    connection = box("events", "CreateConnection", Name="c", AuthorizationType="API_KEY", AuthParameters=secret)[
        "ConnectionArn"
    ]
    target = box(
        "events",
        "CreateApiDestination",
        Name="d",
        ConnectionArn=connection,
        InvocationEndpoint=_url(listener),
        HttpMethod="POST",
    )["ApiDestinationArn"]
    box("events", "PutRule", Name="r", EventPattern=json.dumps({"source": ["mine"]}))
    box("events", "PutTargets", Rule="r", Targets=[{"Id": "1", "Arn": target}])
    box("events", "PutEvents", Entries=[{"Source": "mine", "DetailType": "t", "Detail": "{}"}])
    assert _hits(listener) == 0


# --- moto's own ways: M5, M6, M7, M8, M9, M10, M11, M12, M20 -----------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/moto-api/data.json", "//moto-api/reset", "/%6doto-api/reset", "/moto-api/recorder/replay-recording"]
)
@pytest.mark.parametrize("service", ["s3", "sts", "motoapi", "moto_api", "iam", "apigateway"])
def test_m5_m20_motos_own_api_is_not_there(box: Any, path: str, service: str) -> None:
    box("sqs", "CreateQueue", QueueName="kept")
    for method in ("GET", "POST", "DELETE"):
        said = box.raw("s3", "ListBuckets", service=service, method=method, path=path)
        assert said.status >= 400
        assert b"kept" not in said.body
    assert len(box("sqs", "ListQueues")["QueueUrls"]) == 1


def test_m10_the_host_header_chooses_no_bucket(box: Any) -> None:
    for name in ("first-bucket", "second-bucket"):
        box("s3", "CreateBucket", Bucket=name)
        box("s3", "PutObject", Bucket=name, Key="k", Body=name.encode())
    said = box.raw(
        "s3", "ListBuckets", path="/first-bucket/k", headers=[("Host", "second-bucket.s3.us-east-1.amazonaws.com")]
    )
    assert said.body == b"first-bucket"


@pytest.mark.parametrize("name", ["x-moto-account-id", "X-Moto-Account-Id"])
def test_m6_a_header_does_not_choose_the_account(box: Any, name: str) -> None:
    request = request_for(botocore_model("sts"), "GetCallerIdentity", {}, access_key=box.learner.access_key, at=NOON)
    said = box.send(replace(request, headers=[*request.headers, (name, "222222222222")]))
    assert box.spec.account_id.encode() in said.body
    assert b"222222222222" not in said.body


def test_m7_no_role_of_another_account_can_be_assumed(box: Any) -> None:
    for arn in ("arn:aws:iam::222222222222:role/any", f"arn:aws:iam::{account_id_for(2)}:role/any"):
        for operation, more in (
            ("AssumeRole", {}),
            ("AssumeRoleWithWebIdentity", {"WebIdentityToken": "token"}),
            (
                "AssumeRoleWithSAML",
                {"PrincipalArn": "arn:aws:iam::222222222222:saml-provider/x", "SAMLAssertion": "abcd"},
            ),
        ):
            parameters = {"RoleArn": arn, **more}
            if operation != "AssumeRoleWithSAML":
                parameters["RoleSessionName"] = "session"
            with pytest.raises(Refused, match="403 AccessDenied"):
                box("sts", operation, **parameters)


def test_m8_another_sandboxs_bucket_is_not_there(yard: Any, box: Any) -> None:
    other = yard.open()
    other("s3", "CreateBucket", Bucket="squatted-name")
    other("s3", "PutObject", Bucket="squatted-name", Key="k", Body=CANARY.encode())
    with pytest.raises(Refused, match="NoSuchBucket"):
        box("s3", "GetObject", Bucket="squatted-name", Key="k")
    box("s3", "CreateBucket", Bucket="squatted-name")
    other.close()


def test_m9_a_key_without_a_user_can_do_nothing(box: Any) -> None:
    with pytest.raises(Refused, match="InvalidAccessKeyId"):
        box.tool("AKIAIOSFODNN7EXAMPLE")("s3", "CreateBucket", Bucket="made-by-nobody")
    assert box("s3", "ListBuckets").get("Buckets", []) == []


@pytest.mark.parametrize("host", ["169.254.169.254", "motoapi.amazonaws.com", "127.0.0.1", "s3.amazonaws.com"])
def test_m10_the_host_header_chooses_nothing(box: Any, host: str) -> None:
    request = request_for(botocore_model("sts"), "GetCallerIdentity", {}, access_key=box.learner.access_key, at=NOON)
    headers = [*request.headers, ("Host", host), ("X-Forwarded-Host", host)]
    said = box.send(replace(request, headers=headers, host=host))
    assert said.action == "GetCallerIdentity"
    path = "/latest/meta-data/iam/security-credentials/default-role"
    said = box.send(replace(request, method="GET", body=b"", headers=headers, host=host, path=path))
    assert said.status >= 400
    assert b"AccessKeyId" not in said.body


def test_m11_no_origin_is_let_in(box: Any) -> None:
    request = request_for(botocore_model("s3"), "ListBuckets", {}, access_key=box.learner.access_key, at=NOON)
    said = box.send(replace(request, headers=[*request.headers, ("Origin", "https://evil.example")]))
    assert [name for name, _ in said.headers if name.startswith("access-control-")] == []


def test_m12_a_small_body_does_not_become_a_large_one(box: Any) -> None:
    bomb = gzip.compress(b" " * (64 << 20))
    headers = [("content-encoding", "gzip"), ("content-type", "application/x-www-form-urlencoded")]
    said = box.raw("ec2", "DescribeVpcs", body=bomb, headers=headers)
    assert said.status == 413
    said = box.raw(
        "cloudwatch",
        "ListMetrics",
        path="/",
        body=bomb,
        headers=[
            ("content-encoding", "gzip"),
            ("content-type", "application/x-amz-json-1.0"),
            ("x-amz-target", "GraniteServiceVersion20100801.ListMetrics"),
        ],
    )
    assert (said.status, said.error_code) == (413, "RequestEntityTooLarge")
    assert _peak_mb(box) < 200


def test_m12_an_honest_gzipped_body_is_read(box: Any) -> None:
    data = {"Namespace": "N", "MetricData": [{"MetricName": "M", "Value": 1.0}]}
    headers = [
        ("content-encoding", "gzip"),
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", "GraniteServiceVersion20100801.PutMetricData"),
    ]
    said = box.raw(
        "cloudwatch", "ListMetrics", path="/", body=gzip.compress(json.dumps(data).encode()), headers=headers
    )
    assert said.status == 200
    assert box("cloudwatch", "ListMetrics")["Metrics"][0]["MetricName"] == "M"


def _peak_mb(box: Any) -> float:
    """Return the private memory of the cell."""
    lines = Path(f"/proc/{box.cell.pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


# --- time and size: M16, M17, M18, M21, M23, M24 ----------------------------------------------------------------------


def test_m16_a_pattern_that_takes_minutes_is_refused(box: Any) -> None:
    box("glue", "CreateDatabase", DatabaseInput={"Name": "d"})
    box("glue", "CreateTable", DatabaseName="d", TableInput={"Name": "a" * 30 + "b"})
    began = time.monotonic()
    with pytest.raises(Refused, match="too complex"):
        box("glue", "GetTables", DatabaseName="d", Expression="(a+)+$")
    assert time.monotonic() - began < 5
    assert box("glue", "GetTables", DatabaseName="d", Expression="a.*b")["TableList"]


def test_m17_instances_are_counted(box: Any) -> None:
    image = box("ec2", "DescribeImages", Owners=["amazon"])["Images"][0]["ImageId"]
    with pytest.raises(Refused, match="InstanceLimitExceeded"):
        box("ec2", "RunInstances", ImageId=image, MinCount=1, MaxCount=2000)
    for _ in range(5):
        box("ec2", "RunInstances", ImageId=image, MinCount=20, MaxCount=20)
    with pytest.raises(Refused, match="InstanceLimitExceeded"):
        box("ec2", "RunInstances", ImageId=image, MinCount=1, MaxCount=1)


def test_m18_objects_and_all_of_them_are_bounded(box: Any) -> None:
    box("s3", "CreateBucket", Bucket="full-bucket")
    with pytest.raises(Refused, match="EntityTooLarge"):
        box("s3", "PutObject", Bucket="full-bucket", Key="large", Body=bytes((16 << 20) + 1))
    for index in range(4):
        box("s3", "PutObject", Bucket="full-bucket", Key=f"k{index}", Body=bytes((16 << 20) - 100))
    with pytest.raises(Refused, match="at most 64 MiB"):
        box("s3", "PutObject", Bucket="full-bucket", Key="one-more", Body=bytes(1 << 20))


def test_m21_entities_do_not_grow(box: Any) -> None:
    box("s3", "CreateBucket", Bucket="xml-bucket")
    entities = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
    body = f"<!DOCTYPE t [{entities}]><Tagging><TagSet><Tag><Key>k</Key><Value>&a8;</Value></Tag></TagSet></Tagging>"
    began = time.monotonic()
    said = box.raw("s3", "ListBuckets", method="PUT", path="/xml-bucket", query="tagging", body=body.encode())
    assert said.status >= 400
    assert time.monotonic() - began < 5
    assert _peak_mb(box) < 100


def test_m23_a_rule_that_feeds_its_own_bus_ends(box: Any) -> None:
    bus = f"arn:aws:events:us-east-1:{box.spec.account_id}:event-bus/default"
    box("events", "PutRule", Name="circle", EventPattern=json.dumps({"source": ["mine"]}))
    box("events", "PutTargets", Rule="circle", Targets=[{"Id": "1", "Arn": bus}])
    said = box("events", "PutEvents", Entries=[{"Source": "mine", "DetailType": "t", "Detail": "{}"}])
    assert said["FailedEntryCount"] == 0


def test_m24_a_function_runs_nowhere(box: Any) -> None:
    trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]})
    role = box("iam", "CreateRole", RoleName="f", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    code = {"ZipFile": b"not even a zip"}
    box("lambda", "CreateFunction", FunctionName="f", Runtime="python3.12", Role=role, Handler="m.h", Code=code)
    box("lambda", "Invoke", FunctionName="f", Payload=b'{"a": 1}')
    assert box.learner.last.status == 200
    assert b"docker" not in box.learner.last.body.lower()


def test_batch_is_played_without_containers(box: Any) -> None:
    definition = box(
        "batch",
        "RegisterJobDefinition",
        jobDefinitionName="job",
        type="container",
        containerProperties={"image": "busybox", "vcpus": 1, "memory": 128, "privileged": True, "command": ["id"]},
    )["jobDefinitionArn"]
    resources = {
        "type": "FARGATE",
        "maxvCpus": 1,
        "subnets": [box("ec2", "DescribeSubnets")["Subnets"][0]["SubnetId"]],
        "securityGroupIds": [box("ec2", "DescribeSecurityGroups")["SecurityGroups"][0]["GroupId"]],
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]})
    role = box("iam", "CreateRole", RoleName="batch", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    environment = box(
        "batch",
        "CreateComputeEnvironment",
        computeEnvironmentName="env",
        type="MANAGED",
        computeResources=resources,
        serviceRole=role,
    )["computeEnvironmentArn"]
    order = [{"order": 1, "computeEnvironment": environment}]
    box("batch", "CreateJobQueue", jobQueueName="queue", priority=1, state="ENABLED", computeEnvironmentOrder=order)
    job = box("batch", "SubmitJob", jobName="job", jobQueue="queue", jobDefinition=definition)["jobId"]
    assert box("batch", "DescribeJobs", jobs=[job])["jobs"][0]["status"] == "SUCCEEDED"


def test_an_unforeseen_exception_is_no_traceback(box: Any) -> None:
    said = box.raw("sts", "GetCallerIdentity", body=b"\xff\xfe Action=\x00", headers=[("content-type", "text/\xff")])
    assert said.status >= 400
    assert b"Traceback" not in said.body
    assert b"site-packages" not in said.body
    assert b"<html" not in said.body.lower()
    box("sts", "GetCallerIdentity")


# --- the jail behind it all: P1-P6, as a cell has it ------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="looks into another uid's process")
def test_a_cell_is_jailed_and_alone(box: Any) -> None:
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{box.cell.pid}/status").read_text().splitlines() if ":\t" in line
    )
    assert status["Seccomp"].strip() == "2"
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Threads"].strip() == "1"
    assert int(status["Uid"].split()[0]) == 200_000 + box.spec.number % 60_000
    assert {"landlock-" + str(n) for n in range(1, 20)} & {*box.cell.layers}
    open_files = [os.readlink(each) for each in Path(f"/proc/{box.cell.pid}/fd").iterdir()]
    sockets = [each for each in open_files if each.startswith("socket:")]
    assert len(sockets) == 1
    assert len(open_files) <= 5


def test_the_zygote_and_cells_know_no_django_no_grader_and_no_secret(yard: Any, box: Any) -> None:
    for pid in (yard.fleet.report()["zygote"], box.cell.pid):
        environment = Path(f"/proc/{pid}/environ").read_bytes().decode()
        assert {line.split("=")[0] for line in environment.split("\0") if line} == {
            "PATH",
            "LANG",
            "TZ",
            "PYTHONHASHSEED",
            "MALLOC_ARENA_MAX",
        }
        mapped = Path(f"/proc/{pid}/maps").read_text()
        assert "django" not in mapped.lower()
        assert "_psycopg" not in mapped
