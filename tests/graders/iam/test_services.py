"""Services that act for somebody: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"""

import pytest

from graders.iam import Policies, decide
from graders.iam.services import as_service, deputies
from tests.graders.iam.cast import OURS, THEIRS, policy, say

TOPIC = f"arn:aws:sns:eu-west-1:{OURS}:orders"
QUEUE = f"arn:aws:sqs:eu-west-1:{OURS}:in"
BUCKET = "arn:aws:s3:::photos"


def queue(condition=None, service="sns.amazonaws.com"):
    statement = say(action="sqs:SendMessage", resource=QUEUE, principal={"Service": service}, condition=condition)
    return Policies(OURS, resource=(policy("queue policy", statement, kind="resource"),))


# (condition, our topic may send, another account's may send)
# https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
CASES = [
    (None, True, True),
    ({"ArnEquals": {"aws:SourceArn": TOPIC}}, True, False),
    ({"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{OURS}:*"}}, True, False),
    ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:orders"}}, True, True),
    ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*"}}, True, True),
    ({"StringEquals": {"aws:SourceAccount": OURS}}, True, False),
    ({"StringEquals": {"AWS:SourceOwner": OURS}}, True, False),
    ({"StringEquals": {"aws:SourceAccount": THEIRS}}, False, False),
    ({"StringNotEquals": {"aws:SourceAccount": THEIRS}}, True, True),
    ({"StringEqualsIfExists": {"aws:SourceAccount": OURS}}, True, False),
    ({"ArnEquals": {"aws:SourceArn": TOPIC}, "StringEquals": {"aws:SourceAccount": OURS}}, True, False),
    ({"ArnEquals": {"aws:SourceArn": TOPIC + "2"}}, False, False),
    ({"StringEquals": {"aws:SourceArn": f"arn:aws:sns:*:{OURS}:*"}}, False, False),
    ({"Bool": {"aws:SecureTransport": "true"}}, True, True),
    ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, True, True),
]


@pytest.mark.parametrize(("condition", "ours", "theirs"), CASES)
def test_for_whom_a_service_may_act(condition, ours, theirs):
    policies = queue(condition)
    request = as_service("sns.amazonaws.com", "sqs:SendMessage", QUEUE, source_arn=TOPIC)
    assert decide(request, policies).allowed is ours
    assert bool(deputies(policies, "sqs:SendMessage", QUEUE)) is theirs


def test_a_bucket_has_no_account_in_its_arn():
    limited = queue({"ArnLike": {"aws:SourceArn": BUCKET}}, "s3.amazonaws.com")
    told = as_service("s3.amazonaws.com", "sqs:SendMessage", QUEUE, source_arn=BUCKET, source_account=OURS)
    assert decide(told, limited).allowed
    # Who deletes a bucket gives its name away: its ARN alone does not say whose it is.
    assert deputies(limited, "sqs:SendMessage", QUEUE)
    both = {"ArnLike": {"aws:SourceArn": BUCKET}, "StringEquals": {"aws:SourceAccount": OURS}}
    assert not deputies(queue(both, "s3.amazonaws.com"), "sqs:SendMessage", QUEUE)


def test_a_deputy_is_named_with_the_decision_that_shows_it():
    [(service, decision)] = deputies(queue(), "sqs:SendMessage", QUEUE)
    assert service == "sns.amazonaws.com"
    assert decision.sentence == "allowed by statement 1 of the queue policy"
