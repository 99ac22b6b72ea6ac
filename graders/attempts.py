"""Actions that can be tried for real: which call each one is, made of an action and the resource that it is tried on.

An attempt that gets past authorization counts as allowed, whatever the service then says of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from graders.account import BotoAccount, error_code
from graders.probe import ActingAccount, is_refusal

__all__ = ["ACTIONS", "allowed", "parsed", "problems"]

Parameters = dict[str, Any]
# What the text after the ARN's last colon (S3: the bucket and key) becomes.
_Make = Callable[[str, str], Parameters]


def _bucket(arn: str, name: str) -> Parameters:
    return {"Bucket": name.partition("/")[0]}


def _object(arn: str, name: str) -> Parameters:
    return {"Bucket": name.partition("/")[0], "Key": name.partition("/")[2].replace("*", "probe")}


def _queue(arn: str, name: str) -> Parameters:
    return {"QueueUrl": f"https://sqs.{arn.split(':')[3]}.amazonaws.com/{arn.split(':')[4]}/{name}"}


def _table(arn: str, name: str) -> Parameters:
    return {"TableName": name.removeprefix("table/")}


# action: (service, client method, parameters from the resource, the rest)
ACTIONS: dict[str, tuple[str, str, _Make, Parameters]] = {
    "s3:GetObject": ("s3", "get_object", _object, {}),
    "s3:PutObject": ("s3", "put_object", _object, {"Body": b"probe"}),
    "s3:DeleteObject": ("s3", "delete_object", _object, {}),
    "s3:ListBucket": ("s3", "list_objects_v2", _bucket, {}),
    "s3:ListAllMyBuckets": ("s3", "list_buckets", lambda arn, name: {}, {}),
    "s3:DeleteBucket": ("s3", "delete_bucket", _bucket, {}),
    "s3:GetBucketPolicy": ("s3", "get_bucket_policy", _bucket, {}),
    "sqs:SendMessage": ("sqs", "send_message", _queue, {"MessageBody": "probe"}),
    "sqs:ReceiveMessage": ("sqs", "receive_message", _queue, {"WaitTimeSeconds": 0}),
    "sqs:PurgeQueue": ("sqs", "purge_queue", _queue, {}),
    "sqs:DeleteQueue": ("sqs", "delete_queue", _queue, {}),
    "sns:Publish": ("sns", "publish", lambda arn, name: {"TopicArn": arn}, {"Message": "probe"}),
    "sns:DeleteTopic": ("sns", "delete_topic", lambda arn, name: {"TopicArn": arn}, {}),
    "dynamodb:DescribeTable": ("dynamodb", "describe_table", _table, {}),
    "dynamodb:Scan": ("dynamodb", "scan", _table, {}),
    "dynamodb:DeleteTable": ("dynamodb", "delete_table", _table, {}),
    "ssm:GetParameter": ("ssm", "get_parameter", lambda arn, name: {"Name": name.removeprefix("parameter")}, {}),
    "secretsmanager:GetSecretValue": ("secretsmanager", "get_secret_value", lambda arn, name: {"SecretId": arn}, {}),
    "kms:DescribeKey": ("kms", "describe_key", lambda arn, name: {"KeyId": arn}, {}),
    "kms:Encrypt": ("kms", "encrypt", lambda arn, name: {"KeyId": arn}, {"Plaintext": b"probe"}),
    "ec2:DescribeInstances": ("ec2", "describe_instances", lambda arn, name: {}, {}),
    "iam:ListUsers": ("iam", "list_users", lambda arn, name: {}, {}),
    "iam:CreateUser": ("iam", "create_user", lambda arn, name: {"UserName": name.rpartition("/")[2]}, {}),
    "lambda:InvokeFunction": ("lambda", "invoke", lambda arn, name: {"FunctionName": arn}, {"Payload": b"{}"}),
    "logs:DescribeLogGroups": ("logs", "describe_log_groups", lambda arn, name: {}, {}),
}


def parsed(attempt: str) -> tuple[str, str]:
    """The action and the ARN of "s3:GetObject arn:aws:s3:::reports/q1.csv"; the ARN may be left out where none counts."""
    action, _, arn = attempt.partition(" ")
    return action, arn.strip() or "*"


def problems(attempts: list[str]) -> list[str]:
    """What is wrong with an author's attempts, a sentence each."""
    return [
        f"{action} cannot be tried: write one of {', '.join(sorted(ACTIONS))}."
        for action, _ in map(parsed, attempts)
        if action not in ACTIONS
    ]


def allowed(actor: BotoAccount, probe: ActingAccount, attempt: str) -> bool:
    """Whether `actor` gets past authorization with the attempt. `probe` puts an object there that is to be read."""
    action, arn = parsed(attempt)
    service, method, make, more = ACTIONS[action]
    parameters = {**make(arn, arn.split(":", 5)[-1] if arn != "*" else ""), **more}
    if action == "s3:GetObject":
        _put(probe, parameters)
    try:
        getattr(actor.client(service), method)(**parameters)
    except ClientError as error:
        return not is_refusal(error)
    return True


def _put(probe: ActingAccount, place: Parameters) -> None:
    """S3 refuses a missing object to who may not list, so let there be one."""
    s3 = probe.client("s3")
    try:
        s3.head_object(**place)
    except ClientError as error:
        if error_code(error) not in ("404", "NoSuchKey"):
            raise
        s3.put_object(**place, Body=b"probe")
