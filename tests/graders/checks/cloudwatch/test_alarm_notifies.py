import json

import pytest

from tests.graders.conftest import ACCOUNT

CHECK = "cloudwatch.alarm_notifies"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:ops"


@pytest.fixture
def topic(account):
    """The topic ops; `topic(…statements)` gives it a policy of its own."""
    sns = account.client("sns")
    sns.create_topic(Name="ops")

    def policy(*statements):
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=json.dumps(document))

    return policy


def publish(principal, condition=None, effect="Allow"):
    found = {"Effect": effect, "Principal": principal, "Action": "sns:Publish", "Resource": TOPIC}
    return found | ({"Condition": condition} if condition else {})


CLOUDWATCH = {"Service": "cloudwatch.amazonaws.com"}


class TestRight:
    def test_the_default_policy_is_enough(self, topic, alarm, passes):
        alarm(AlarmActions=[TOPIC])
        passes(CHECK, topic="ops")

    @pytest.mark.parametrize(
        "statement",
        [
            publish(CLOUDWATCH),
            publish(CLOUDWATCH, {"StringEquals": {"aws:SourceAccount": ACCOUNT}}),
            publish(CLOUDWATCH, {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:*"}}),
            publish("*", {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}),
        ],
        ids=["service", "SourceAccount", "SourceArn", "SourceOwner"],
    )
    def test_a_policy_that_lets_cloudwatch_in(self, topic, alarm, passes, statement):
        topic(statement)
        alarm(AlarmActions=[TOPIC])
        passes(CHECK, topic="ops", metric="CPUUtilization", namespace="AWS/EC2")

    def test_one_of_several_alarms_is_enough(self, topic, alarm, passes, fails):
        alarm("quiet")
        alarm(AlarmActions=[TOPIC])
        passes(CHECK, topic=TOPIC)
        fails(CHECK, "no ALARM action", topic="ops", alarm="quiet")


class TestWrong:
    @pytest.mark.parametrize(
        ("statements", "words"),
        [
            ([publish({"Service": "events.amazonaws.com"})], f"lacks sns:Publish on {TOPIC}"),
            ([publish({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})], "the service cloudwatch.amazonaws.com, acting"),
            ([publish(CLOUDWATCH, {"StringEquals": {"aws:SourceAccount": "111122223333"}})], "alarm:cpu-high, lacks"),
            ([publish(CLOUDWATCH), publish("*", effect="Deny")], "denied by statement 2"),
        ],
    )
    def test_a_policy_that_keeps_cloudwatch_out(self, topic, alarm, fails, statements, words):
        topic(*statements)
        alarm(AlarmActions=[TOPIC])
        fails(CHECK, "does not let CloudWatch publish", words, topic="ops")

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({}, "no ALARM action"),
            ({"OKActions": [TOPIC]}, "the topic only by its OKActions, not when it goes into ALARM"),
            (
                {"OKActions": [TOPIC], "AlarmActions": [TOPIC + "-old"]},
                f"notifies {TOPIC}-old when it goes into ALARM, and the topic ops by its OKActions",
            ),
            ({"AlarmActions": [TOPIC], "ActionsEnabled": False}, "actions are turned off"),
            ({"AlarmActions": [TOPIC.replace("us-east-1", "us-west-2")]}, "a topic of that name, elsewhere"),
            ({"AlarmActions": [TOPIC + "-other"]}, "not the topic ops"),
        ],
    )
    def test_an_alarm_that_does_not_notify(self, topic, alarm, fails, changes, words):
        alarm(**changes)
        fails(CHECK, words, topic="ops")

    def test_a_topic_under_the_key_of_sns_cannot_be_reached(self, topic, alarm, account, fails):
        account.client("sns").set_topic_attributes(
            TopicArn=TOPIC, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns"
        )
        alarm(AlarmActions=[TOPIC])
        fails(CHECK, "lets no other service in", topic="ops")

    def test_no_alarm_on_the_metric(self, topic, alarm, fails):
        alarm(AlarmActions=[TOPIC])
        fails(CHECK, "No alarm watches NetworkIn", topic="ops", metric="NetworkIn")


class TestNearMiss:
    def test_a_topic_in_another_region_is_pointed_out(self, account, alarm, fails):
        account.client("sns", "eu-west-1").create_topic(Name="ops")
        fails(CHECK, "There is one in eu-west-1", topic="ops")
