import json

import pytest

from tests.graders.checks.sqs.conftest import ADMITTING, REFUSING, by, send

CHECK = "sqs.queue_accepts_from_topic"
CALL = {"queue": "inbox", "topic": "ops"}


@pytest.mark.parametrize("name", ADMITTING)
def test_a_policy_that_admits_the_topic(queue, passes, name):
    queue(*ADMITTING[name])
    passes(CHECK, **CALL)


@pytest.mark.parametrize("name", REFUSING)
def test_a_policy_that_refuses_the_topic(queue, fails, name):
    statements, words = REFUSING[name]
    queue(*statements)
    fails(CHECK, words, "never arrives", **CALL)


def test_no_policy_refuses(queue, fails):
    fails(CHECK, "has no policy", **CALL)


def test_only_the_topic_where_the_task_says_so(queue, passes, fails):
    queue(send("*", by()))
    passes(CHECK, **CALL, only=True)
    queue(send("*"))
    passes(CHECK, **CALL)
    fails(CHECK, "lets everybody send", **CALL, only=True)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("alias/aws/sqs", "lets no other service in"),
        ("", "does not let sns.amazonaws.com kms:GenerateDataKey"),
    ],
    ids=["AWS's key", "a key of one's own"],
)
def test_the_key_of_the_queue_counts(account, fails, key, words):
    key = key or account.client("kms").create_key()["KeyMetadata"]["KeyId"]
    account.client("sns").create_topic(Name="ops")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [send(condition=by())]})
    account.client("sqs").create_queue(QueueName="inbox", Attributes={"Policy": policy, "KmsMasterKeyId": key})
    fails(CHECK, words, **CALL)


def test_another_name_and_another_region_are_pointed_out(queue, account, fails):
    fails(CHECK, "There is inbox", queue="Inbox", topic="ops")
    account.client("sqs", "us-west-2").create_queue(QueueName="orders")
    fails(CHECK, "There is one in us-west-2", queue="orders", topic="ops")
