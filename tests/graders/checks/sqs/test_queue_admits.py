import json

import pytest

from tests.graders.checks.sqs.conftest import QUEUE, SNS, TOPIC, by, send
from tests.graders.conftest import ACCOUNT

CHECK = "sqs.queue_admits"
PRODUCER = {"queue": "inbox", "principals": ["role/producer"]}
FROM_TOPIC = {"queue": "inbox", "service": "sns.amazonaws.com", "source": TOPIC}
ROLE = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/producer"}
PARTNER = "111122223333"
S3 = {"Service": "s3.amazonaws.com"}


@pytest.fixture
def producer(account):
    """`producer(…statements)` makes the role producer with a policy of its own."""

    def producer(*statements):
        iam = account.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [trust]}
        iam.create_role(RoleName="producer", AssumeRolePolicyDocument=json.dumps(document))
        if statements:
            own = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_role_policy(RoleName="producer", PolicyName="own", PolicyDocument=own)

    return producer


OWN = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}


class TestRight:
    def test_by_the_roles_own_policy(self, queue, producer, passes):
        producer(OWN)
        passes(CHECK, **PRODUCER)

    def test_by_the_queues_policy(self, queue, producer, passes):
        producer()
        queue(send(ROLE))
        passes(CHECK, **PRODUCER)

    @pytest.mark.parametrize("condition", [by(), by("StringEquals", "aws:SourceAccount", ACCOUNT)])
    def test_a_service_for_this_account(self, queue, passes, condition):
        queue(send(condition=condition))
        passes(CHECK, **FROM_TOPIC)

    def test_a_partner_on_purpose(self, queue, passes):
        queue(send({"AWS": f"arn:aws:iam::{PARTNER}:root"}))
        passes(CHECK, queue="inbox", accounts=[PARTNER])


class TestWrong:
    @pytest.mark.parametrize(
        ("statement", "words"),
        [
            (send("*"), "lets anyone on the internet sqs:SendMessage"),
            (send("*", {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), "lets anyone on the internet"),
            (send("*", action="sqs:ReceiveMessage"), "lets anyone on the internet sqs:ReceiveMessage"),
            (send({"AWS": PARTNER}), f"account {PARTNER} sqs:SendMessage"),
            (send(S3), "lets s3.amazonaws.com send for another account"),
            (send(S3, by("ArnLike", value="arn:aws:s3:::*")), "send for another account"),
            (send(SNS, by("StringEquals", "aws:SourceAccount", [ACCOUNT, PARTNER])), "send for another account"),
            (send(SNS, by(value=[TOPIC, TOPIC.replace(ACCOUNT, PARTNER)])), "send for another account"),
        ],
    )
    def test_a_stranger_gets_in(self, queue, fails, statement, words):
        queue(statement)
        fails(CHECK, words, queue="inbox")

    def test_the_service_can_do_all(self, queue, fails):
        queue(send(action="sqs:*", condition=by()))
        fails(CHECK, "lets sns.amazonaws.com sqs:ReceiveMessage, too", **FROM_TOPIC)

    def test_the_role_is_kept_out(self, queue, producer, fails):
        producer(OWN | {"Action": "sqs:ReceiveMessage"})
        fails(CHECK, "role producer cannot sqs:SendMessage", **PRODUCER)

    def test_the_queue_denies(self, queue, producer, fails):
        producer(OWN)
        queue(send("*", effect="Deny", condition={"Bool": {"aws:SecureTransport": "true"}}))
        fails(CHECK, "role producer cannot sqs:SendMessage", "explicit deny beats", **PRODUCER)

    def test_the_key_keeps_the_role_out(self, queue, producer, account, fails):
        producer(OWN)
        key = account.client("kms").create_key()["KeyMetadata"]["KeyId"]
        sqs = account.client("sqs")
        sqs.set_queue_attributes(
            QueueUrl=sqs.get_queue_url(QueueName="inbox")["QueueUrl"], Attributes={"KmsMasterKeyId": key}
        )
        fails(CHECK, "may sqs:SendMessage, but not use the key of inbox", **PRODUCER)


class TestNearMiss:
    def test_a_policy_for_another_topic(self, queue, fails):
        queue(send(condition=by(value=TOPIC + "-old")))
        fails(
            CHECK,
            f"does not let sns.amazonaws.com send: the service sns.amazonaws.com, acting for {TOPIC}",
            **FROM_TOPIC,
        )

    def test_another_name(self, queue, fails):
        fails(CHECK, "There is inbox", queue="in-box")
