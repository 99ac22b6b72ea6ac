"""The real AWS CLI, boto3 and curl against the real sandbox host: what a learner's tools see."""

from __future__ import annotations

import io
import json
import subprocess
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import botocore.auth
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from labs.sandboxes import Ref, keys

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def ref(sandbox_host: Any) -> Ref:
    """One sandbox for all of this module's calls."""
    found: Ref = sandbox_host.make_sandbox()
    return found


def zipped(source: str = "def handler(event, context): return event\n") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("main.py", source)
    return made.getvalue()


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)

CLI = [
    "sts get-caller-identity",
    "s3 mb s3://cli-bucket",
    "s3api list-objects-v2 --bucket cli-bucket",
    "s3api put-bucket-tagging --bucket cli-bucket --tagging TagSet=[{Key=a,Value=b}]",
    "s3 ls",
    "ec2 describe-vpcs",
    "ec2 create-security-group --group-name web --description web",
    "ec2 authorize-security-group-ingress --group-name web --protocol tcp --port 443 --cidr 0.0.0.0/0",
    "rds create-db-instance --db-instance-identifier db --engine postgres --db-instance-class db.t3.micro"
    " --master-username postgres --master-user-password secret-password --allocated-storage 20",
    "rds describe-db-instances --db-instance-identifier db",
    "sns create-topic --name topic",
    "cloudwatch put-metric-data --namespace N --metric-name m --value 1",
    "cloudwatch put-metric-alarm --alarm-name a --namespace N --metric-name m --statistic Average --period 60"
    " --threshold 1 --comparison-operator GreaterThanThreshold --evaluation-periods 1",
    "cloudwatch describe-alarms",
    "iam create-user --user-name ann",
    "iam list-users",
    "dynamodb create-table --table-name t --attribute-definitions AttributeName=id,AttributeType=S"
    " --key-schema AttributeName=id,KeyType=HASH --billing-mode PAY_PER_REQUEST",
    "dynamodb describe-table --table-name t",
    "sqs create-queue --queue-name q",
    "sqs list-queues",
    "lambda list-functions",
    "kms create-key",
    "logs create-log-group --log-group-name /a/b",
    "logs describe-log-groups",
]


def test_the_aws_cli_works(sandbox_host: Any, ref: Ref) -> None:
    for line in CLI:
        done = sandbox_host.aws(ref, *line.split())
        assert done.returncode == 0, f"aws {line}: {done.stderr}"
    assert "cli-bucket" in sandbox_host.aws(ref, "s3", "ls").stdout
    actions = [(row["service"], row["action"]) for row in sandbox_host.journal(ref)]
    assert ("s3", "CreateBucket") in actions and ("rds", "CreateDBInstance") in actions
    assert {row["tool"] for row in sandbox_host.journal(ref)} == {"aws-cli"}


def test_the_cli_copies_files_there_and_back(sandbox_host: Any, ref: Ref, tmp_path: Any) -> None:
    sent, got = tmp_path / "ü b+c.bin", tmp_path / "back.bin"
    sent.write_bytes(bytes(range(256)) * 1000)
    assert sandbox_host.aws(ref, "s3", "mb", "s3://copies").returncode == 0
    for arguments in (("cp", str(sent), "s3://copies/"), ("cp", "s3://copies/ü b+c.bin", str(got))):
        done = sandbox_host.aws(ref, "s3", *arguments)
        assert done.returncode == 0, done.stderr
    assert got.read_bytes() == sent.read_bytes()
    done = sandbox_host.aws(ref, "s3", "rb", "s3://copies", "--force")
    assert done.returncode == 0, done.stderr


def test_lambda_is_created_by_the_cli(sandbox_host: Any, ref: Ref, tmp_path: Any) -> None:
    (tmp_path / "f.zip").write_bytes(zipped())
    role = sandbox_host.client(ref, "iam").create_role(RoleName="f", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    arguments = ["--function-name", "f", "--runtime", "python3.12", "--handler", "main.handler", "--role", role]
    done = sandbox_host.aws(ref, "lambda", "create-function", *arguments, "--zip-file", f"fileb://{tmp_path}/f.zip")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["FunctionName"] == "f"


def test_boto3_works(sandbox_host: Any, ref: Ref) -> None:
    def client(service: str, **options: Any) -> Any:
        return sandbox_host.client(ref, service, **options)

    assert client("sts").get_caller_identity()["Account"] == ref.account_id
    s3 = client("s3")
    s3.create_bucket(Bucket="boto")
    s3.put_object(Bucket="boto", Key="dir/ö +%.txt", Body=b"0123456789", Metadata={"m": "v"})
    assert s3.head_object(Bucket="boto", Key="dir/ö +%.txt")["ContentLength"] == 10
    ranged = s3.get_object(Bucket="boto", Key="dir/ö +%.txt", Range="bytes=2-4")
    assert (ranged["ResponseMetadata"]["HTTPStatusCode"], ranged["Body"].read()) == (206, b"234")
    s3.delete_objects(Bucket="boto", Delete={"Objects": [{"Key": "dir/ö +%.txt"}]})
    assert "Contents" not in s3.list_objects_v2(Bucket="boto")
    assert client("ec2").describe_instances()["Reservations"] == []
    topic = client("sns").create_topic(Name="boto")["TopicArn"]
    assert ref.account_id in topic
    queue = client("sqs").create_queue(QueueName="boto")["QueueUrl"]
    client("sqs").send_message(QueueUrl=queue, MessageBody="hello")
    assert client("sqs").receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "hello"
    metrics = [{"MetricName": "m", "Value": float(each)} for each in range(600)]
    client("cloudwatch").put_metric_data(Namespace="boto", MetricData=metrics)  # long enough to be gzipped
    assert client("cloudwatch").describe_alarms()["MetricAlarms"] is not None
    table = client("dynamodb")
    table.create_table(
        TableName="boto",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table.put_item(TableName="boto", Item={"id": {"S": "1"}})
    assert table.get_item(TableName="boto", Key={"id": {"S": "1"}})["Item"]["id"]["S"] == "1"
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    sealed = client("kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert client("kms").decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    assert client("logs").describe_log_groups()["logGroups"] is not None
    assert client("lambda").list_functions()["Functions"] is not None
    assert client("rds").describe_db_instances()["DBInstances"] is not None


def test_a_bucket_in_the_host_name_is_the_bucket_in_the_path(sandbox_host: Any, ref: Ref) -> None:
    sandbox_host.client(ref, "s3").create_bucket(Bucket="in-the-host")
    port = sandbox_host.base_url.rpartition(":")[2]
    for endpoint, version in product((f"http://localhost:{port}", f"http://s3.localhost:{port}"), ("s3v4", "s3")):
        virtual = sandbox_host.client(
            *(ref, "s3"),
            endpoint_url=endpoint,
            config=Config(signature_version=version, s3={"addressing_style": "virtual"}),
        )
        url = virtual.generate_presigned_url("put_object", {"Bucket": "in-the-host", "Key": "k"})
        host = url.split("/")[2]
        assert host.startswith("in-the-host.")
        done = curl(
            "--connect-to", f"{host}:127.0.0.1:{port}", "-X", "PUT", "--data-binary", "x", "-H", "Content-Type:", url
        )
        assert done == "200", done


def curl(*arguments: str) -> str:
    """Return the HTTP status that curl saw."""
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout


def presigned(host: Any, ref: Ref, method: str, *, params: dict[str, str], version: str = "s3v4", **more: Any) -> str:
    client = host.client(ref, "s3", config=Config(signature_version=version))
    return str(client.generate_presigned_url(method, params, **more))


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_curl_uses_presigned_urls(sandbox_host: Any, ref: Ref, version: str) -> None:
    sandbox_host.client(ref, "s3").create_bucket(Bucket="signed")
    params = {"Bucket": "signed", "Key": "a (b) ü.txt"}
    put = presigned(sandbox_host, ref, "put_object", params=params, version=version)
    get = presigned(sandbox_host, ref, "get_object", params=params, version=version)
    assert curl("-X", "PUT", "--data-binary", "hello", "-H", "Content-Type:", put) == "200"
    assert subprocess.run(["curl", "-sS", get], capture_output=True, check=True).stdout == b"hello"
    assert curl(get.replace("a%20%28b%29", "other")) == "403"
    assert curl("-X", "DELETE", get) == "403"
    assert curl(f"{get}&acl") == "403" and curl("-X", "PUT", f"{put}&encryption") == "403"
    assert curl("-I", presigned(sandbox_host, ref, "head_object", params=params, version=version)) == "200"


def test_curl_uses_what_the_cli_presigns(sandbox_host: Any, ref: Ref) -> None:
    s3 = sandbox_host.client(ref, "s3")
    s3.create_bucket(Bucket="presigned")
    s3.put_object(Bucket="presigned", Key="k", Body=b"hello")
    url = sandbox_host.aws(ref, "s3", "presign", "s3://presigned/k").stdout.strip()
    assert subprocess.run(["curl", "-sS", url], capture_output=True, check=True).stdout == b"hello"
    made = sandbox_host.client(ref, "sts").get_session_token()["Credentials"]
    key = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
    whole = sandbox_host.client(ref, "s3", **key, aws_session_token=made["SessionToken"])
    url = whole.generate_presigned_url("get_object", {"Bucket": "presigned", "Key": "k"})
    assert curl(url) == "200" and curl(url.replace("security-token=IQ", "security-token=XX")) == "403"


def test_an_expired_url_says_so(sandbox_host: Any, ref: Ref, monkeypatch: pytest.MonkeyPatch) -> None:
    past = datetime.now(UTC) - timedelta(hours=2)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: past)
    url = presigned(sandbox_host, ref, "get_object", params={"Bucket": "signed", "Key": "k"}, ExpiresIn=60)
    said = subprocess.run(["curl", "-sS", url], capture_output=True, text=True, check=True).stdout
    assert "<Code>AccessDenied</Code><Message>Request has expired</Message>" in said


def test_anonymous_requests_name_their_sandbox(sandbox_host: Any, ref: Ref) -> None:
    s3 = sandbox_host.client(ref, "s3")
    s3.create_bucket(Bucket="closed")
    s3.put_object(Bucket="closed", Key="k", Body=b"x")
    base, port = sandbox_host.base_url, sandbox_host.base_url.rpartition(":")[2]
    assert curl(f"{base}/closed/k") == "403"
    assert curl(f"{base}/_sandbox/{ref.account_id}/closed/k") == "403"  # private: nobody anonymous
    assert curl(f"{base}/_sandbox/999999999999/closed/k") == "404"
    assert curl(f"{base}/_sandbox/../closed/k", "--path-as-is") == "404"
    assert curl(f"http://{ref.account_id}.localhost:{port}/closed/k", "--resolve", f"*:{port}:127.0.0.1") == "403"


def refusal(call: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call()
    said = caught.value.response
    return said["Error"]["Code"], said["Error"]["Message"], said["ResponseMetadata"]["HTTPStatusCode"]


NO_MATCH = "The request signature we calculated does not match the signature you provided."
LISTS: dict[str, str] = {
    "s3": "list_buckets",
    "ec2": "describe_vpcs",
    "rds": "describe_db_instances",
    "sns": "list_topics",
    "cloudwatch": "describe_alarms",
    "iam": "list_users",
    "sts": "get_caller_identity",
    "dynamodb": "list_tables",
    "sqs": "list_queues",
    "lambda": "list_functions",
    "kms": "list_keys",
    "logs": "describe_log_groups",
}
WRONG_SECRET = {
    "s3": "SignatureDoesNotMatch",
    "ec2": "AuthFailure",
    "dynamodb": "InvalidSignatureException",
    "lambda": "InvalidSignatureException",
    "kms": "InvalidSignatureException",
    "logs": "InvalidSignatureException",
}


@pytest.mark.parametrize("service", LISTS)
def test_a_wrong_secret_gets_awss_own_error(sandbox_host: Any, ref: Ref, service: str) -> None:
    client = sandbox_host.client(ref, service, aws_secret_access_key="wrong")
    code, message, status = refusal(getattr(client, LISTS[service]))
    assert code == WRONG_SECRET.get(service, "SignatureDoesNotMatch")
    assert status in (400, 401, 403)
    expected = "AWS was not able to validate the provided access credentials" if service == "ec2" else NO_MATCH
    assert message.startswith(expected)


UNKNOWN = {"s3": "InvalidAccessKeyId", "ec2": "AuthFailure"} | dict.fromkeys(
    ("dynamodb", "lambda", "kms", "logs"), "UnrecognizedClientException"
)


@pytest.mark.parametrize("service", LISTS)
def test_an_unknown_key_gets_awss_own_error(sandbox_host: Any, ref: Ref, service: str) -> None:
    for key in ("AKIAIOSFODNN7EXAMPLE", keys.mint_access_key(900_000, 0)):
        client = sandbox_host.client(ref, service, aws_access_key_id=key)
        code, _, _ = refusal(getattr(client, LISTS[service]))
        assert code == UNKNOWN.get(service, "InvalidClientTokenId")


@pytest.mark.parametrize("service", [each for each in LISTS if each not in ("iam",)])
def test_a_wrong_region_gets_awss_own_error(sandbox_host: Any, ref: Ref, service: str) -> None:
    client = sandbox_host.client(ref, service, region_name="eu-central-1")
    code, message, _ = refusal(getattr(client, LISTS[service]))
    if service == "s3":
        assert code == "AuthorizationHeaderMalformed"
        expected = "The authorization header is malformed; the region 'eu-central-1' is wrong; expecting 'us-east-1'"
        assert message == expected
    else:
        assert code in ("SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure")
        assert message.startswith("Credential should be scoped to a valid region, not 'eu-central-1'.")


@pytest.mark.parametrize("hours", [-1, 1])
@pytest.mark.parametrize("service", LISTS)
def test_a_skewed_clock_gets_awss_own_error(
    sandbox_host: Any, ref: Ref, service: str, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = datetime.now(UTC) + timedelta(hours=hours)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: wrong)
    code, message, _ = refusal(getattr(sandbox_host.client(ref, service), LISTS[service]))
    if service == "s3":
        assert code == "RequestTimeTooSkewed"
    elif service == "ec2":
        assert (code, message) == ("RequestExpired", "Request has expired.")
    else:
        assert code in ("SignatureDoesNotMatch", "InvalidSignatureException")
        assert message.startswith("Signature expired" if hours < 0 else "Signature not yet current")


def test_the_cli_shows_awss_words(sandbox_host: Any, ref: Ref) -> None:
    done = sandbox_host.aws(ref, "sts", "get-caller-identity", environment={"AWS_SECRET_ACCESS_KEY": "wrong"})
    assert done.returncode != 0
    assert "(SignatureDoesNotMatch) when calling the GetCallerIdentity operation: The request signature" in done.stderr


def test_a_service_that_nobody_plays_says_so(sandbox_host: Any, ref: Ref) -> None:
    code, message, status = refusal(sandbox_host.client(ref, "gamelift").list_fleets)
    assert (code, status) == ("NotImplemented", 501)
    assert "not simulated here" in message


def test_a_key_made_inside_works_and_a_deleted_one_does_not(sandbox_host: Any, ref: Ref) -> None:
    iam = sandbox_host.client(ref, "iam")
    iam.create_user(UserName="inside")
    made = iam.create_access_key(UserName="inside")["AccessKey"]
    inside = sandbox_host.client(
        *(ref, "sts"), aws_access_key_id=made["AccessKeyId"], aws_secret_access_key=made["SecretAccessKey"]
    )
    assert inside.get_caller_identity()["Arn"].endswith("user/inside")
    iam.delete_access_key(UserName="inside", AccessKeyId=made["AccessKeyId"])
    assert refusal(inside.get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_session_needs_its_token(sandbox_host: Any, ref: Ref) -> None:
    made = sandbox_host.client(ref, "sts").get_session_token()["Credentials"]
    key = {"aws_access_key_id": made["AccessKeyId"], "aws_secret_access_key": made["SecretAccessKey"]}
    whole = sandbox_host.client(ref, "sts", **key, aws_session_token=made["SessionToken"])
    assert whole.get_caller_identity()["Account"] == ref.account_id
    for token in (None, made["SessionToken"][:-4] + "AAAA"):
        client = sandbox_host.client(ref, "sts", **key, aws_session_token=token)
        assert refusal(client.get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_receiver_waits_and_holds_nobody_up(sandbox_host: Any, ref: Ref) -> None:
    sqs = sandbox_host.client(ref, "sqs")
    queue = sqs.create_queue(QueueName="wait")["QueueUrl"]
    begun = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
    assert 0.9 < time.monotonic() - begun < 5
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=15)
        begun = time.monotonic()
        sandbox_host.client(ref, "sqs").send_message(QueueUrl=queue, MessageBody="here")
        assert waiting.result(timeout=10)["Messages"][0]["Body"] == "here"
        assert time.monotonic() - begun < 5
    rows = [row for row in sandbox_host.journal(ref) if row["action"] == "ReceiveMessage"]
    assert len(rows) < 10  # what came back empty and was asked again is not told
