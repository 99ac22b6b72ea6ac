"""The kept data: https://docs.aws.amazon.com/service-authorization/latest/reference/"""

import pytest

from graders.iam.actions import DATA, UnknownAction, expand, find, known, nonsense, services
from tests.graders.iam.cast import KEY, OURS, document, say

# list_amazons3.html, list_awskeymanagementservice.html, list_amazonsqs.html and so on
ACTS_ON = [
    (True, "s3:GetObject", "arn:aws:s3:::acme/q1.csv"),
    (True, "s3:GetObject", "arn:aws:s3:::acme/a/b/c.csv"),
    (False, "s3:GetObject", "arn:aws:s3:::acme"),
    (True, "s3:ListBucket", "arn:aws:s3:::acme"),
    (False, "s3:ListBucket", "arn:aws:s3:::acme/q1.csv"),
    (True, "s3:ListAllMyBuckets", "*"),
    (False, "s3:ListAllMyBuckets", "arn:aws:s3:::acme"),
    (True, "sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{OURS}:in"),
    (False, "sqs:SendMessage", f"arn:aws:sns:eu-west-1:{OURS}:in"),
    (True, "kms:Decrypt", KEY),
    (True, "sts:AssumeRole", f"arn:aws:iam::{OURS}:role/team/app"),
    (False, "sts:AssumeRole", f"arn:aws:iam::{OURS}:user/alice"),
    (True, "ssm:GetParameter", f"arn:aws:ssm:eu-west-1:{OURS}:parameter/app/db"),
    (True, "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-west-1:{OURS}:secret:app/db-AbCdEf"),
    (True, "dynamodb:PutItem", f"arn:aws:dynamodb:eu-west-1:{OURS}:table/orders"),
    (True, "lambda:InvokeFunction", f"arn:aws:lambda:eu-west-1:{OURS}:function:resize"),
    (True, "ec2:TerminateInstances", f"arn:aws:ec2:eu-west-1:{OURS}:instance/i-0123456789abcdef0"),
]
LEVELS = [
    ("s3:GetObject", "Read"),
    ("s3:ListBucket", "List"),
    ("s3:PutObject", "Write"),
    ("s3:PutBucketPolicy", "Permissions management"),
    ("s3:PutObjectTagging", "Tagging"),
    ("iam:ListUsers", "List"),
    ("iam:AttachUserPolicy", "Permissions management"),
    ("kms:Decrypt", "Write"),
]


@pytest.mark.parametrize(("yes", "action", "arn"), ACTS_ON)
def test_what_an_action_acts_on(yes, action, arn):
    assert find(action).acts_on(arn) is yes


@pytest.mark.parametrize(("action", "level"), LEVELS)
def test_an_access_level(action, level):
    assert find(action.upper().replace("S3:", "s3:").replace("IAM:", "iam:")).level == level


def test_wildcards_are_spelled_out():
    assert expand("s3:ListAllMyBuckets") == ("s3:ListAllMyBuckets",)
    assert "s3:GetObject" in expand("S3:get*") and "s3:PutObject" not in expand("s3:Get*")
    assert len(expand("*")) == sum(len(one.actions) for one in services().values()) > 3000
    assert expand("nonsense:*") == ()


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("s3:GetObjet", "s3:GetObject"), ("lamda:InvokeFunction", "lambda:InvokeFunction"),
     ("sqs:SendMessages", "sqs:SendMessage"), ("ec2:RunInstance", "ec2:RunInstances"), ("zzzzzz:Nothing", "")],
)  # fmt: skip
def test_an_action_that_does_not_exist_is_refused_with_the_nearest(wrong, right):
    with pytest.raises(UnknownAction) as refusal:
        find(wrong)
    assert refusal.value.suggestion == right


def test_a_service_that_we_do_not_know_is_not_judged():
    assert known("groundstation:ListConfigs") and known("s3:Get*") and not known("s3:Got*")


def test_what_does_nothing_is_told():
    told = nonsense(document(
        say(action="s3:GetObjects", resource="*"), say(action="s3:ListBucket"), say(), say(action="s3:*"),
    ))  # fmt: skip
    assert told == [
        "Statement 1: there is no action s3:GetObjects; did you mean s3:GetObject?",
        told[1],
    ]
    assert told[1].startswith("Statement 2: s3:ListBucket acts on none of these resources; it wants")
    assert "arn:${Partition}:s3:::${BucketName}" in told[1]


def test_the_data_are_small_and_carry_their_licence():
    assert DATA.stat().st_size < 1_500_000
    assert "Permission is hereby granted" in (DATA.parent / "LICENSE.txt").read_text()
