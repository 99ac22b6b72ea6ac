import json

import pytest

from tests.graders.conftest import ACCOUNT

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:ops"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:inbox"
SNS = {"Service": "sns.amazonaws.com"}


def send(principal=SNS, condition=None, effect="Allow", action="sqs:SendMessage", resource=QUEUE):
    found = {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource}
    return found | ({"Condition": condition} if condition else {})


def by(operator="ArnEquals", key="aws:SourceArn", value=TOPIC):
    return {operator: {key: value}}


@pytest.fixture
def queue(account):
    """The topic ops and the queue inbox; `queue(…statements)` gives the queue a policy."""
    account.client("sns").create_topic(Name="ops")
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]

    def policy(*statements):
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(document)})

    return policy


ADMITTING = {
    "ArnEquals": [send(condition=by())],
    "ArnLike": [send(condition=by("ArnLike", value=TOPIC.replace(":ops", ":*")))],
    "StringEquals": [send(condition=by("StringEquals"))],
    "SourceAccount": [send(condition=by("StringEquals", "aws:SourceAccount", ACCOUNT))],
    "no condition": [send()],
    "everybody, with the topic's ARN": [send("*", by())],
    "every action": [send(action="SQS:*", condition=by())],
    "every resource": [send(resource="*", condition=by())],
}
REFUSING = {
    "another topic": ([send(condition=by(value=TOPIC + "-other"))], "It speaks of"),
    "another account": (
        [send(condition=by("StringEquals", "aws:SourceAccount", "111122223333"))],
        f"acting for {TOPIC}, lacks",
    ),
    "another service": ([send({"Service": "events.amazonaws.com"})], "the service sns.amazonaws.com, acting"),
    "another action": ([send(action="sqs:ReceiveMessage")], f"lacks sqs:SendMessage on {QUEUE}"),
    "another queue": ([send(resource=QUEUE + "-other")], f"lacks sqs:SendMessage on {QUEUE}"),
    "the account's principals": ([send({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})], "lacks sqs:SendMessage"),
    "a deny": ([send(), send("*", effect="Deny")], "denied by statement 2"),
}
