"""Commands: what they say is what the call says, to the AWS CLI itself and to a shell."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from graders import commands as graded
from labs.explorer import api
from labs.explorer.commands import command, script
from labs.explorer.generic import action_of
from labs.explorer.model import At, Bytes, Call, Kept, call, zipped
from tests.labs.explorer.cli import sent
from tests.labs.explorer.specimen import specimen

AWKWARD = 'it\'s "quoted" $HOME `id` \\ ünï'
CALLS = [
    call("s3", "put_bucket_policy", Bucket="acme", Policy='{"Statement": [{"Sid": "it\'s"}]}'),
    call("s3", "put_bucket_versioning", Bucket="acme", VersioningConfiguration={"Status": "Enabled"}),
    call("ec2", "run_instances", ImageId="ami-1", MinCount=1, MaxCount=2, EbsOptimized=False, DryRun=True),
    call(
        "ec2",
        "authorize_security_group_ingress",
        GroupId="sg-1",
        IpPermissions=[
            {
                "IpProtocol": "tcp",
                "FromPort": 80,
                "ToPort": 80,
                "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": AWKWARD}],
            }
        ],
    ),
    call(
        "ec2",
        "create_network_acl_entry",
        NetworkAclId="acl-1",
        RuleNumber=1,
        Protocol="6",
        RuleAction="allow",
        Egress=False,
    ),
    call(
        "sns",
        "subscribe",
        TopicArn="arn:aws:sns:us-east-1:1:a",
        Protocol="sqs",
        Endpoint="arn:aws:sqs:us-east-1:1:b",
        Attributes={"FilterPolicy": '{"a": [1]}'},
    ),
    call(
        "iam",
        "create_role",
        RoleName="app",
        AssumeRolePolicyDocument="{}",
        Description=AWKWARD,
        Tags=[{"Key": "a", "Value": ""}],
    ),
    call(
        "rds",
        "modify_db_instance",
        DBInstanceIdentifier="db",
        MultiAZ=True,
        PubliclyAccessible=False,
        VpcSecurityGroupIds=["sg-1", "sg-2"],
    ),
    call(
        "cloudwatch",
        "put_metric_alarm",
        AlarmName="a",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=10.5,
        AlarmActions=[],
    ),
    call(
        "sqs",
        "set_queue_attributes",
        QueueUrl="http://h/1/q",
        Attributes={"Policy": '{"a": "\\"b"}', "DelaySeconds": "0"},
    ),
    call("sqs", "send_message", QueueUrl="http://h/1/q", MessageBody="--looks-like-an-option"),
    call("dynamodb", "put_item", TableName="t", Item={"id": {"S": "a"}, "n": {"N": "1"}}),
    call(
        "lambda",
        "create_function",
        FunctionName="f",
        Role="r",
        Code={"ZipFile": zipped({"a.py": "x = 1"})},
        Runtime="python3.12",
    ),
    call("s3", "put_object", Bucket="acme", Key="a b", Body=Bytes(b"it's\n", "a.txt")),
    call("kinesis", "put_record", StreamName="s", Data=b"bytes", PartitionKey="-1"),
    call("s3", "list_buckets"),
]


@pytest.mark.parametrize("one", CALLS, ids=lambda one: f"{one.service}.{one.operation}")
def test_the_aws_cli_sends_what_the_call_says(one: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for value in [*one.parameters.values(), *one.parameters.get("Code", {}).values()]:
        if isinstance(value, bytes):
            Path(getattr(value, "name", "data.bin")).write_bytes(value)
    _, operation, parameters = sent(command(one))
    assert operation == api.operation(one.service, one.operation).name
    assert parameters == dict(one.parameters)


@pytest.mark.parametrize("one", CALLS, ids=lambda one: f"{one.service}.{one.operation}")
def test_an_item_of_a_course_would_take_it_for_the_same_command(one: Call) -> None:
    line = command(one)
    again = graded.parse(line.replace(" \\\n  ", " "))
    assert graded.same(graded.parse(line), again)
    assert again.operation == one.operation.replace("_", "-")
    assert len(dict(again.options)) >= len(one.parameters) - 1


def test_a_shell_hands_awkward_words_on_as_they_are(tmp_path: Path) -> None:
    text = command(
        call("iam", "create_role", RoleName="app", AssumeRolePolicyDocument='{"a": "it\'s"}', Description=AWKWARD)
    )
    shown = subprocess.run(
        ["bash", "-c", f"aws() {{ printf '%s\\0' \"$@\"; }}; {text}"], capture_output=True, check=True, cwd=tmp_path
    )
    words = shown.stdout.decode().split("\0")
    assert AWKWARD in words and '{"a": "it\'s"}' in words


def test_a_later_call_uses_what_an_earlier_one_answered(tmp_path: Path) -> None:
    rule = [{"IpProtocol": "tcp", "UserIdGroupPairs": [{"GroupId": Kept("GROUP"), "Description": "it's"}]}]
    text = script(
        [
            call("ec2", "create_security_group", GroupName="web", Description="Web", keep=("GROUP", "GroupId")),
            call("ec2", "authorize_security_group_ingress", GroupId=Kept("GROUP"), IpPermissions=rule),
        ]
    )
    assert text.startswith("GROUP=$(aws ec2 create-security-group ")
    assert "--query GroupId --output text)" in text and '--group-id "$GROUP"' in text
    aws = 'aws() { case "$2" in create*) echo sg-7;; *) printf \'%s\\n\' "$@";; esac; }'
    shown = subprocess.run(["bash", "-c", f"{aws}; {text}"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert '"GroupId": "sg-7", "Description": "it\'s"' in shown.stdout and "\nsg-7\n" in shown.stdout


def test_the_files_that_a_command_reads_are_made_before_it(tmp_path: Path) -> None:
    text = script([call("s3", "put_object", Bucket="b", Key="k", Body=Bytes(b"it's\n$HOME", "a.txt"))])
    subprocess.run(["bash", "-c", f"aws() {{ :; }}; {text}"], check=True, cwd=tmp_path)
    assert (tmp_path / "a.txt").read_text() == "it's\n$HOME\n"


def test_a_call_in_another_region_says_so() -> None:
    assert command(call("s3", "list_buckets", region="eu-west-1")).endswith("--region eu-west-1")


SAMPLES = [
    "s3.put_bucket_lifecycle_configuration",
    "ec2.create_launch_template",
    "elbv2.create_listener",
    "ecs.register_task_definition",
    "events.put_targets",
    "cognito-idp.create_user_pool",
    "route53.change_resource_record_sets",
    "stepfunctions.create_state_machine",
    "wafv2.create_web_acl",
    "apigateway.create_rest_api",
]


@pytest.mark.parametrize("name", SAMPLES)
def test_any_operation_has_a_form_that_sends_what_is_typed(name: str) -> None:
    service, _, operation = name.partition(".")
    action = action_of(service, operation)
    assert not callable(action.fields) and not isinstance(action.calls, str)
    shape: Any = api.operation(service, operation).input_shape
    required = [one.required for one in action.fields]
    assert required == sorted(required, reverse=True), "what is required stands first"
    given = {
        key: specimen(service, member, key) for key, member in shape.members.items() if key in shape.required_members
    }
    values = {one.name: None for one in action.fields} | {
        key: "true" if value is True else value for key, value in given.items()
    }
    [made] = action.calls(values, At("210987654321", "us-east-1"))
    assert dict(made.parameters) == given
    assert command(made).startswith("aws ")
