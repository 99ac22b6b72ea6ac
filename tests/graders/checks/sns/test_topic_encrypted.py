import json

import pytest

CHECK = "sns.topic_encrypted"


@pytest.fixture
def topic(account):
    def topic(key=None, region=None):
        account.client("sns", region).create_topic(Name="ops", Attributes={"KmsMasterKeyId": key} if key else {})

    return topic


@pytest.fixture
def key(account):
    """`key(service)`: a key that lets a service use it."""

    def key(service=None):
        kms = account.client("kms")
        made = kms.create_key()["KeyMetadata"]["KeyId"]
        if service:
            allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "kms:*", "Resource": "*"}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
            kms.put_key_policy(KeyId=made, PolicyName="default", Policy=policy)
        return made

    return key


class TestRight:
    def test_the_key_of_aws(self, topic, passes):
        topic("alias/aws/sns")
        passes(CHECK, topic="ops")

    def test_a_key_of_ones_own(self, topic, key, passes):
        topic(key())
        passes(CHECK, topic="ops", own_key=True)

    def test_a_key_that_lets_the_publisher_in(self, topic, key, passes):
        topic(key("cloudwatch.amazonaws.com"))
        passes(CHECK, topic="ops", own_key=True, publishers=["cloudwatch.amazonaws.com"])


class TestWrong:
    def test_none(self, topic, fails):
        topic()
        fails(CHECK, "ops is not encrypted", topic="ops")

    def test_the_key_of_aws_keeps_publishers_out(self, topic, fails):
        topic("alias/aws/sns")
        fails(CHECK, "lets no other service in", topic="ops", publishers=["cloudwatch.amazonaws.com"])
        fails(CHECK, "is a key of AWS", topic="ops", own_key=True)

    def test_a_key_that_lets_another_in(self, topic, key, fails):
        topic(key("s3.amazonaws.com"))
        fails(CHECK, "does not let cloudwatch", topic="ops", publishers=["cloudwatch.amazonaws.com"])

    def test_a_key_that_will_be_deleted(self, topic, key, account, fails):
        made = key()
        account.client("kms").schedule_key_deletion(KeyId=made, PendingWindowInDays=7)
        topic(made)
        fails(CHECK, "is PendingDeletion", topic="ops")


class TestNearMiss:
    def test_another_region(self, topic, fails):
        topic("alias/aws/sns", region="eu-west-1")
        fails(CHECK, "There is one in eu-west-1", topic="ops")
