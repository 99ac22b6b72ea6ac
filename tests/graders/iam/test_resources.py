"""Resources read by their ARN, then asked about."""

import json

import pytest

from graders import BotoAccount
from graders.iam import ANONYMOUS, world_of
from graders.iam.resources import NoSuchKind, target_of
from graders.iam.snapshot import Actor
from tests.graders.conftest import ACCOUNT, new_account
from tests.graders.iam.cast import say

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
NOBODY = Actor(ANONYMOUS)


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def alice(account, *statements):
    account.client("iam").create_user(UserName="alice")
    if statements:
        account.client("iam").put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=policy(*statements))


def ask(arn, action, *, who=None, resource=None):
    account = new_account()
    world = world_of(account, {arn: target_of(account, arn)})
    actor = who or next(one for one in world.actors if one.principal.kind == "user")
    return world.can(actor, action, resource or arn, {"aws:SecureTransport": "true"})


def test_a_bucket(account):
    account.client("s3").create_bucket(Bucket="acme")
    account.client("s3").put_bucket_policy(Bucket="acme", Policy=policy(say(principal="*")))
    assert ask("arn:aws:s3:::acme", "s3:GetObject", who=NOBODY, resource="arn:aws:s3:::acme/x").allowed


# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
def test_a_key_with_its_grants(account):
    alice(account)
    root = say(action="kms:*", resource="*", principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    arn = account.client("kms").create_key(Policy=policy(root))["KeyMetadata"]["Arn"]
    assert not ask(arn, "kms:Decrypt").allowed
    account.client("kms").create_grant(KeyId=arn, GranteePrincipal=ALICE, Operations=["Decrypt"])
    assert ask(arn, "kms:Decrypt").policy == "grants of the key"


def test_a_role(account):
    alice(account)
    trusting = {"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": "sts:AssumeRole"}
    role = account.client("iam").create_role(RoleName="app", AssumeRolePolicyDocument=policy(trusting))
    assert ask(role["Role"]["Arn"], "sts:AssumeRole").policy == "trust policy of role app"


# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html
@pytest.mark.parametrize("action", ["iam:PassRole", "iam:GetRole"])
def test_what_is_done_to_a_role_is_up_to_identity_policies(account, action):
    alice(account, say(action="iam:*", resource="*"))
    trusting = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = account.client("iam").create_role(RoleName="app", AssumeRolePolicyDocument=policy(trusting))
    assert ask(role["Role"]["Arn"], action).policy == "policy own of user alice"
    assert not ask(role["Role"]["Arn"], "sts:AssumeRole").allowed


# The sandbox writes FunctionUrlAuthType beside a statement's elements, and an account as it was given.
def test_a_function_with_a_url(account, monkeypatch):
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:thumb"
    statements = [
        say(action="lambda:InvokeFunctionUrl", resource=arn, principal="*", FunctionUrlAuthType="NONE"),
        say(action="lambda:InvokeFunction", resource=arn, principal={"Service": ACCOUNT}),
    ]
    text = policy(*statements)
    reading = BotoAccount.read

    def read(self, service, operation, **parameters):
        if operation == "get_policy" and service == "lambda":
            return {"Policy": text}
        return reading(self, service, operation, **parameters)

    monkeypatch.setattr(BotoAccount, "read", read)
    held = target_of(new_account(), arn).policies[0].document.statements
    assert [(one.key, one.values) for one in held[0].conditions] == [("lambda:functionurlauthtype", ("NONE",))]
    assert held[1].principals == (("AWS", ACCOUNT),)


def test_a_queue(account):
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:in"
    url = account.client("sqs").create_queue(QueueName="in")["QueueUrl"]
    assert not ask(arn, "sqs:SendMessage", who=NOBODY).allowed
    opened = policy(say(action="sqs:SendMessage", resource=arn, principal="*"))
    account.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": opened})
    assert ask(arn, "sqs:SendMessage", who=NOBODY).allowed


# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
def test_a_topic_is_born_for_its_own_account(account):
    alice(account)
    arn = account.client("sns").create_topic(Name="out")["TopicArn"]
    assert ask(arn, "sns:Publish").allowed
    assert not ask(arn, "sns:Publish", who=NOBODY).allowed


def test_a_secret(account):
    alice(account)
    arn = account.client("secretsmanager").create_secret(Name="app/db", SecretString="x")["ARN"]
    assert not ask(arn, "secretsmanager:GetSecretValue").allowed
    own = policy(say(action="secretsmanager:GetSecretValue", resource="*", principal={"AWS": ALICE}))
    account.client("secretsmanager").put_resource_policy(SecretId=arn, ResourcePolicy=own)
    assert ask(arn, "secretsmanager:GetSecretValue").allowed


def test_another_kind_is_refused_by_name(account):
    with pytest.raises(NoSuchKind, match="ec2 is none of s3, kms"):
        target_of(account, f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1")
