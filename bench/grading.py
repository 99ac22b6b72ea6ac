"""A grading of twenty checks of the catalogue, 200 times, over a sandbox in which a long lab has been worked."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

from bench.figures import Figure, percentile
from bench.host import SandboxHost, new_host
from bench.provision import work
from graders import BotoAccount, CheckCall, Outcome, run
from labs.sandboxes import Ref
from labs.sandboxes.keys import GRADER_SERIAL

GRADINGS = 200
BUCKET = "bench-reports"
GROUPS = {"web": [(443, "0.0.0.0/0")], "db": [(5432, "web")]}
CHECKS: dict[str, dict[str, Any]] = {
    "s3.bucket_blocks_public_access": {"bucket": BUCKET},
    "s3.bucket_versioned": {"bucket": BUCKET},
    "s3.bucket_default_encryption": {"bucket": BUCKET},
    "s3.nobody_anonymous": {"bucket": BUCKET, "actions": ["s3:*"]},
    "s3.requires_tls": {"bucket": BUCKET},
    "s3.only_role_reads": {"bucket": BUCKET, "role": "reporting"},
    "iam.principal_can": {
        "principal": "role/reporting",
        "actions": ["s3:GetObject"],
        "resource": f"arn:aws:s3:::{BUCKET}/*",
    },
    "iam.principal_cannot": {"principal": "user/dev-3", "actions": ["s3:*"], "resource": f"arn:aws:s3:::{BUCKET}/*"},
    "iam.users_only_via_groups": {},
    "iam.no_admin_except": {"allowed": ["group/admins"]},
    "ec2.port_open_to_internet": {"group": "web-tier", "port": 443},
    "ec2.only_ports_open_to_internet": {"group": "web-tier", "ports": [443]},
    "ec2.port_only_from_group": {"group": "db-tier", "port": 5432, "source": "web-tier"},
    "rds.instance_is_multi_az": {"instance": "bench"},
    "rds.instance_not_public": {"instance": "bench"},
    "sns.topic_delivers_to": {"topic": "ops", "protocol": "sqs", "endpoint": "inbox"},
    "sqs.queue_accepts_from_topic": {"queue": "inbox", "topic": "ops", "only": True},
    "cloudwatch.alarm_notifies": {"topic": "ops", "alarm": "cpu-high"},
    "dynamodb.table_recoverable": {"table": "orders"},
    "kms.key_rotates": {"key": "alias/bench"},
}


def measure() -> list[Figure]:
    """Grade as a worker does: each grading has an account that has read nothing yet."""
    host = new_host()
    try:
        host.start()
        ref = host.make_sandbox()
        calls = [CheckCall(name, parameters) for name, parameters in worked(host, ref).items()]
        series = [grade(host, ref, calls) for _ in range(GRADINGS + 1)][1:]  # the first of all warms the process
    finally:
        host.remove()
    note = f"n = {len(series)}"
    return [
        Figure("grading of 20 checks, p50", statistics.median(series) * 1000, "ms", "", note),
        Figure("grading of 20 checks, p95", percentile(series, 95) * 1000, "ms", "", note),
        Figure("grading of 20 checks, p99", percentile(series, 99) * 1000, "ms", "≤ 500 ms", note),
    ]


def grade(host: SandboxHost, ref: Ref, calls: list[CheckCall]) -> float:
    """Return the seconds that a grading took. All of it must pass: what fails early is quick for nothing."""
    key = host.credentials(ref, GRADER_SERIAL)
    begun = time.perf_counter()
    account = BotoAccount(
        account_id=key.account_id,
        region=key.region,
        endpoint_url=key.endpoint_url,
        access_key_id=key.access_key_id,
        secret_access_key=key.secret_access_key,
    )
    results = [run(call, account) for call in calls]
    spent = time.perf_counter() - begun
    failed = [one for one in results if one.outcome is not Outcome.PASSED]
    assert not failed, failed
    return spent


def worked(host: SandboxHost, ref: Ref) -> dict[str, dict[str, Any]]:
    """Do a long lab's work, right, beside all that `work` makes; return the checks with their parameters."""
    client = _Clients(host, ref)
    work(client)  # type: ignore[arg-type]
    number = ref.account_id
    _people(client.client("iam"))
    _bucket(client.client("s3"), number)
    _network(client.client("ec2"))
    topic, queue = _messages(client, number)
    client.client("cloudwatch").put_metric_alarm(
        AlarmName="cpu-high", Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average", Period=60,
        EvaluationPeriods=1, Threshold=80.0, ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic],
    )  # fmt: skip
    dynamodb, kms = client.client("dynamodb"), client.client("kms")
    dynamodb.create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    dynamodb.update_continuous_backups(
        TableName="orders", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/bench", TargetKeyId=key)
    kms.enable_key_rotation(KeyId=key)
    return {name: {**given, **({"endpoint": queue} if "endpoint" in given else {})} for name, given in CHECKS.items()}


class _Clients:
    """The learner's clients, as `bench.provision.work` wants them."""

    def __init__(self, host: SandboxHost, ref: Ref) -> None:
        self._host, self._ref = host, ref

    def client(self, service: str) -> Any:
        return self._host.client(self._ref, service)


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _people(iam: Any) -> None:
    """Ten users in two groups, and the role that reads."""
    wide = {"admins": "*", "developers": "ec2:Describe*"}
    for group, action in wide.items():
        iam.create_group(GroupName=group)
        allow = _document({"Effect": "Allow", "Action": action, "Resource": "*"})
        iam.put_group_policy(GroupName=group, PolicyName="own", PolicyDocument=allow)
    for turn in range(10):
        iam.create_user(UserName=f"dev-{turn}")
        iam.add_user_to_group(UserName=f"dev-{turn}", GroupName="developers")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="reporting", AssumeRolePolicyDocument=_document(trust))
    reads = _document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"})
    iam.put_role_policy(RoleName="reporting", PolicyName="read", PolicyDocument=reads)


def _bucket(s3: Any, number: str) -> None:
    s3.create_bucket(Bucket=BUCKET)
    for turn in range(20):
        s3.put_object(Bucket=BUCKET, Key=f"2026/q{turn}.csv", Body=b"x" * 1024)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=dict.fromkeys(flags, True))
    arn = f"arn:aws:s3:::{BUCKET}"
    plain = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"],
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}}  # fmt: skip
    meant = [
        f"arn:aws:iam::{number}:role/reporting",
        f"arn:aws:iam::{number}:user/learner",
        f"arn:aws:iam::{number}:root",
    ]
    others = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{arn}/*",
              "Condition": {"ArnNotEquals": {"aws:PrincipalArn": meant}}}  # fmt: skip
    s3.put_bucket_policy(Bucket=BUCKET, Policy=_document(plain, others))


def _network(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    ids = {
        name: ec2.create_security_group(GroupName=f"{name}-tier", Description=name, VpcId=vpc)["GroupId"]
        for name in GROUPS
    }
    for name, rules in GROUPS.items():
        for port, source in rules:
            known = {"CidrIp": source} if "/" in source else {}
            permission: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
            permission["IpRanges" if known else "UserIdGroupPairs"] = [known or {"GroupId": ids[source]}]
            ec2.authorize_security_group_ingress(GroupId=ids[name], IpPermissions=[permission])


def _messages(client: _Clients, number: str) -> tuple[str, str]:
    topic = client.client("sns").create_topic(Name="ops")["TopicArn"]
    queue = f"arn:aws:sqs:us-east-1:{number}:inbox"
    allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
             "Resource": queue, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}  # fmt: skip
    client.client("sqs").create_queue(QueueName="inbox", Attributes={"Policy": _document(allow)})
    client.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    return topic, queue
