import json

import pytest

from tests.graders.checks.sqs.conftest import ADMITTING, REFUSING, SNS, TOPIC, by, send
from tests.graders.conftest import ACCOUNT

CHECK = "sqs.queue_accepts_from_topic"
CALL = {"queue": "inbox", "topic": "ops"}


FOREIGN = "111122223333"
OPEN = {
    "everybody": (["*", None], "anyone on the internet"),
    "everybody for any topic": (["*", by("StringLike", value="*")], "for arn:aws:sns:us-east-1:999999999999:ops"),
    "any topic of that name": ([SNS, by("ArnLike", value="arn:aws:sns:*:*:ops")], "999999999999:ops"),
    "any topic of a like name": (["*", by("StringLike", value="arn:aws:sns:*:op*")], "999999999999:op"),
    "any account's topic": ([SNS, None], "topics of other accounts"),
    "any service's leave": ([{"Service": ["sns.amazonaws.com", "s3.amazonaws.com"]}, None], "other accounts"),
    "another account's topic too": ([SNS, by(value=[TOPIC, f"arn:aws:sns:eu-west-1:{FOREIGN}:x"])], f"{FOREIGN}:x"),
    "another account too": (["*", by("StringEquals", "aws:SourceAccount", [ACCOUNT, FOREIGN])], f":{FOREIGN}:ops"),
    "any account but one": (["*", by("StringNotEquals", "aws:SourceAccount", FOREIGN)], "anyone on the internet"),
}


class TestRight:
    @pytest.mark.parametrize("name", ADMITTING)
    def test_a_policy_that_admits_the_topic(self, queue, passes, name):
        queue(*ADMITTING[name])
        passes(CHECK, **CALL)

    @pytest.mark.parametrize("name", [name for name in ADMITTING if name != "no condition"])
    def test_the_usual_forms_let_only_the_topic_in(self, queue, passes, name):
        queue(*ADMITTING[name])
        passes(CHECK, **CALL, only=True)


class TestWrong:
    @pytest.mark.parametrize("name", REFUSING)
    def test_a_policy_that_refuses_the_topic(self, queue, fails, name):
        statements, words = REFUSING[name]
        queue(*statements)
        fails(CHECK, words, "never arrives", **CALL)

    def test_no_policy_refuses(self, queue, fails):
        fails(CHECK, "has no policy", **CALL)

    @pytest.mark.parametrize("name", OPEN)
    def test_a_stranger_who_may_send_too_is_found_where_the_task_says_only(self, queue, passes, fails, name):
        (principal, condition), words = OPEN[name]
        queue(send(principal, condition))
        passes(CHECK, **CALL)
        fails(CHECK, words, "not only the topic", **CALL, only=True)

    @pytest.mark.parametrize(
        ("statement", "words"),
        [
            (send({"AWS": f"arn:aws:iam::{FOREIGN}:root"}), f"the root user of account {FOREIGN}"),
            (send("*", {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), "anyone on the internet"),
            (send({"Service": "s3.amazonaws.com"}), "the service s3.amazonaws.com can sqs:SendMessage"),
        ],
        ids=["another account", "everybody in the office", "another service for any account"],
    )
    def test_whoever_may_send_beside_the_topic_is_found(self, queue, fails, statement, words):
        queue(send(condition=by()), statement)
        fails(CHECK, words, "not only the topic", **CALL, only=True)

    @pytest.mark.parametrize(
        ("key", "words"),
        [
            ("alias/aws/sqs", "lets no other service in"),
            ("", "does not let sns.amazonaws.com kms:GenerateDataKey"),
        ],
        ids=["AWS's key", "a key of one's own"],
    )
    def test_the_key_of_the_queue_counts(self, account, fails, key, words):
        key = key or account.client("kms").create_key()["KeyMetadata"]["KeyId"]
        account.client("sns").create_topic(Name="ops")
        policy = json.dumps({"Version": "2012-10-17", "Statement": [send(condition=by())]})
        account.client("sqs").create_queue(QueueName="inbox", Attributes={"Policy": policy, "KmsMasterKeyId": key})
        fails(CHECK, words, **CALL)


class TestNearMiss:
    def test_another_name_and_another_region_are_pointed_out(self, queue, account, fails):
        fails(CHECK, "There is inbox", queue="Inbox", topic="ops")
        account.client("sqs", "us-west-2").create_queue(QueueName="orders")
        fails(CHECK, "There is one in us-west-2", queue="orders", topic="ops")
