"""Whether a service gets past the policy of what it hands messages to."""

import json

import pytest

from graders import BotoAccount, messaging
from tests.graders.conftest import ACCOUNT, new_account

FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:thumb"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/watch"


@pytest.fixture
def function(monkeypatch):
    """`function(…statements)`: Lambda answers with a policy of these."""
    reading = BotoAccount.read
    held = []

    def read(self, service, operation, **parameters):
        if (service, operation) == ("lambda", "get_policy"):
            return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": held})}
        return reading(self, service, operation, **parameters)

    monkeypatch.setattr(BotoAccount, "read", read)
    return held.extend


def allow(service, action="lambda:InvokeFunction", **more):
    return {"Effect": "Allow", "Principal": service, "Action": action, "Resource": FUNCTION, **more}


# The sandbox writes FunctionUrlAuthType beside a statement's elements: the rest of the policy counts all the same.
def test_a_function_with_a_url(function):
    public = allow("*", "lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE")
    function([public, allow({"Service": "events.amazonaws.com"})])
    assert messaging.target_refuses(new_account(), FUNCTION, "", "events.amazonaws.com", RULE) == ""
    assert "lacks" in messaging.target_refuses(new_account(), FUNCTION, "", "s3.amazonaws.com", RULE)


# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html#source-account-versus-source-owner
@pytest.mark.parametrize(("service", "gets_in"), [("cloudwatch", True), ("s3", False), ("events", False)])
def test_the_policy_that_a_topic_is_born_with(account, service, gets_in):
    arn = account.client("sns").create_topic(Name="ops")["TopicArn"]
    why = messaging.target_refuses(new_account(), arn, "", f"{service}.amazonaws.com", RULE)
    assert (why == "") is gets_in
