import json

import pytest

from tests.graders.conftest import ACCOUNT

CHECK = "sns.topic_admits"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:ops"
BUCKET = "arn:aws:s3:::acme-photos"
S3 = {"Service": "s3.amazonaws.com"}
FROM_S3 = {"topic": "ops", "service": "s3.amazonaws.com", "source": BUCKET}


@pytest.fixture
def topic(account):
    def topic(*statements, name="ops"):
        arn = account.client("sns").create_topic(Name=name)["TopicArn"]
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            account.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)

    return topic


def publish(principal, condition=None):
    found = {"Effect": "Allow", "Principal": principal, "Action": "sns:Publish", "Resource": TOPIC}
    return found | ({"Condition": condition} if condition else {})


class TestRight:
    def test_the_default_policy_is_not_public(self, topic, passes):
        topic()
        passes(CHECK, topic="ops")

    @pytest.mark.parametrize(
        "condition",
        [
            {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            {"ArnEquals": {"aws:SourceArn": BUCKET}, "StringEquals": {"aws:SourceAccount": ACCOUNT}},
            {"ArnLike": {"aws:SourceArn": BUCKET}},
        ],
    )
    def test_a_service_for_this_account(self, topic, passes, condition):
        topic(publish(S3, condition))
        passes(CHECK, **FROM_S3)

    def test_this_account(self, topic, passes):
        topic(publish({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
        passes(CHECK, topic="ops")


class TestWrong:
    @pytest.mark.parametrize(
        ("statement", "words"),
        [
            (publish("*"), "anyone on the internet"),
            (publish("*", {"StringLike": {"aws:SourceOwner": "*"}}), "lets"),
            (publish({"AWS": "111122223333"}), "111122223333"),
            (publish(S3), "for another account"),
            (publish(S3, {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}), "for another account"),
        ],
    )
    def test_a_stranger_may_publish(self, topic, fails, statement, words):
        topic(statement)
        fails(CHECK, words, topic="ops")

    def test_the_service_is_kept_out(self, topic, fails):
        topic(publish({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
        fails(CHECK, "does not let s3.amazonaws.com publish", **FROM_S3)


class TestNearMiss:
    def test_the_default_policy_is_not_for_s3(self, topic, fails):
        topic()
        fails(CHECK, "does not let s3.amazonaws.com publish", **FROM_S3)

    def test_for_another_bucket(self, topic, fails):
        topic(publish(S3, {"ArnEquals": {"aws:SourceArn": BUCKET + "-old"}}))
        fails(CHECK, f"acting for {BUCKET}", **FROM_S3)

    def test_another_name(self, topic, fails):
        topic(name="opps")
        fails(CHECK, "There is opps", topic="ops")
