import json

import pytest

from tests.graders.conftest import ACCOUNT

CHECK = "cloudwatch.alarm_reaches_email"
CALL = {"alarm": "cpu-high", "address": "ops@acme.example"}
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:ops"


@pytest.fixture
def subscribe(account):
    """The topic ops; `subscribe(endpoint, protocol, …attributes)`."""
    sns = account.client("sns")
    sns.create_topic(Name="ops")

    def subscribe(endpoint="ops@acme.example", protocol="email", **attributes):
        return sns.subscribe(
            TopicArn=TOPIC, Protocol=protocol, Endpoint=endpoint, Attributes=attributes, ReturnSubscriptionArn=True
        )["SubscriptionArn"]

    return subscribe


def policy(account, *statements):
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    account.client("sns").set_topic_attributes(
        TopicArn=TOPIC, AttributeName="Policy", AttributeValue=json.dumps(document)
    )


def publish(condition, service="cloudwatch.amazonaws.com"):
    allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sns:Publish", "Resource": TOPIC}
    return allow | {"Condition": condition}


class TestRight:
    def test_the_default_policy_is_enough(self, alarm, subscribe, passes):
        subscribe()
        alarm(AlarmActions=[TOPIC])
        passes(CHECK, **CALL)

    def test_a_grant_by_the_source(self, alarm, subscribe, account, passes):
        subscribe("OPS@acme.example")
        policy(account, publish({"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:*"}}))
        alarm(AlarmActions=[TOPIC])
        passes(CHECK, **CALL)

    def test_one_of_several_topics_and_subscriptions(self, alarm, subscribe, passes):
        subscribe("other@acme.example")
        subscribe(FilterPolicyScope="MessageBody", FilterPolicy='{"NewStateValue": ["ALARM"]}')
        alarm(AlarmActions=[TOPIC + "-gone", TOPIC])
        passes(CHECK, **CALL)


class TestWrong:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"AlarmActions": [TOPIC], "ActionsEnabled": False}, "turned off"),
            ({"OKActions": [TOPIC]}, "only when all is well again"),
            ({}, "no ALARM action"),
            ({"AlarmActions": ["arn:aws:automate:us-east-1:ec2:reboot"]}, "is no topic"),
        ],
    )
    def test_an_alarm_that_tells_nobody(self, alarm, subscribe, fails, changes, words):
        subscribe()
        alarm(**changes)
        fails(CHECK, words, "gets no mail", **CALL)

    def test_a_subscription_that_waits(self, alarm, subscribe, fails):
        from moto.sns.models import sns_backends

        arn = subscribe()
        sns_backends[ACCOUNT]["us-east-1"].subscriptions[arn].attributes["PendingConfirmation"] = "true"
        alarm(AlarmActions=[TOPIC])
        fails(CHECK, "waits for its confirmation", **CALL)

    def test_a_filter_drops_it(self, alarm, subscribe, fails):
        subscribe(FilterPolicy='{"severity": ["high"]}')
        alarm(AlarmActions=[TOPIC])
        fails(CHECK, "drops the alarm's message", **CALL)

    @pytest.mark.parametrize(
        "statement",
        [
            publish({}, "events.amazonaws.com"),
            publish({"ArnEquals": {"aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:other"}}),
        ],
    )
    def test_the_policy_keeps_cloudwatch_out(self, alarm, subscribe, account, fails, statement):
        subscribe()
        policy(account, statement)
        alarm(AlarmActions=[TOPIC])
        fails(CHECK, "does not let the alarm publish", **CALL)

    def test_the_key_keeps_cloudwatch_out(self, alarm, subscribe, account, fails):
        subscribe()
        account.client("sns").set_topic_attributes(
            TopicArn=TOPIC, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns"
        )
        alarm(AlarmActions=[TOPIC])
        fails(CHECK, "lets no other service in", **CALL)


class TestNearMiss:
    def test_the_protocol_for_machines(self, alarm, subscribe, fails):
        subscribe(protocol="email-json")
        alarm(AlarmActions=[TOPIC])
        fails(CHECK, "as email-json", "--protocol email", **CALL)

    def test_another_address(self, alarm, subscribe, fails):
        subscribe("oops@acme.example")
        alarm(AlarmActions=[TOPIC])
        fails(CHECK, "It has email oops@acme.example", **CALL)

    def test_a_topic_of_another_region(self, alarm, subscribe, fails):
        subscribe()
        alarm(AlarmActions=[TOPIC.replace("us-east-1", "eu-west-1")])
        fails(CHECK, "there is no such topic in us-east-1", **CALL)

    def test_another_alarm_name(self, alarm, fails):
        alarm("cpu-hihg")
        fails(CHECK, "There is cpu-hihg", **CALL)
