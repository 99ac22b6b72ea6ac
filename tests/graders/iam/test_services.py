"""Services that act for somebody: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"""

import pytest

from graders.iam import Policies, decide
from graders.iam.services import as_service, deputies, named_services
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
    ({"StringEquals": {"AWS:SourceOwner": OURS}}, False, False),  # only topics hear of an owner
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
    assert not deputies(limited, "sqs:SendMessage", QUEUE)  # the bucket that is spelled out is the author's own
    for pattern in ("arn:aws:s3:::*", "arn:aws:s3:::photos*", "arn:aws:s3:*:*:photos"):
        assert deputies(queue({"ArnLike": {"aws:SourceArn": pattern}}, "s3.amazonaws.com"), "sqs:SendMessage", QUEUE)
    both = {"ArnLike": {"aws:SourceArn": f"{BUCKET}*"}, "StringEquals": {"aws:SourceAccount": OURS}}
    assert not deputies(queue(both, "s3.amazonaws.com"), "sqs:SendMessage", QUEUE)


# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html#source-account-versus-source-owner
@pytest.mark.parametrize(
    ("service", "lets_in"),
    [("cloudwatch", True), ("elasticache", True), ("s3", False), ("events", False), ("budgets", False)],
)
def test_which_services_get_past_the_policy_that_a_topic_is_born_with(service, lets_in):
    born = {"StringEquals": {"AWS:SourceOwner": OURS}}
    statement = say(action="SNS:Publish", resource=TOPIC, principal={"AWS": "*"}, condition=born)
    policies = Policies(OURS, resource=(policy("topic policy", statement, kind="resource"),))
    request = as_service(f"{service}.amazonaws.com", "sns:Publish", TOPIC, source_arn=BUCKET, source_account=OURS)
    assert decide(request, policies).allowed is lets_in


def test_the_services_of_a_policy_and_one_that_it_does_not_name():
    held = queue(service=["s3.amazonaws.com", "sns.amazonaws.com"]).resource
    named = [one.principal.service for one in named_services(held)]
    assert named == ["s3.amazonaws.com", "sns.amazonaws.com", "zz-other.amazonaws.com"]
    anybody = Policies(
        OURS, resource=(policy("queue policy", say(action="sqs:*", resource=QUEUE, principal="*"), kind="resource"),)
    )
    assert [name for name, _ in deputies(anybody, "sqs:SendMessage", QUEUE)] == ["any AWS service"]


def test_a_deputy_is_named_with_the_decision_that_shows_it():
    [(service, decision)] = deputies(queue(), "sqs:SendMessage", QUEUE)
    assert service == "sns.amazonaws.com"
    assert decision.sentence == "allowed by statement 1 of the queue policy"
