"""Real sandboxes for the checks that act: one host a session, and a sandbox of its own for each test.

pytestmark = pytest.mark.stack

def test_something(cell):
    cell.client("s3").create_bucket(Bucket="b")      # as the learner
    cell.passes("s3.anonymous_get_refused", bucket="b")
"""

import functools
import json

import boto3
import pytest
from botocore.config import Config

from graders import CheckCall, Outcome, run
from labs.acting import boto_account, copies_of
from labs.proof_host import proof_host


class Cell:
    """A running sandbox, as its learner and its graders have it."""

    def __init__(self, provider, ref):
        self.provider, self.ref, self.account_id = provider, ref, ref.account_id
        self.client = functools.cache(self.client)

    def client(self, service):
        keys = self.provider.learner_credentials(self.ref)
        return boto3.client(
            service,
            region_name=keys.region,
            endpoint_url=keys.endpoint_url,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def topic(self, name, **attributes):
        """Make a topic; return its ARN."""
        return self.client("sns").create_topic(Name=name, Attributes=attributes)["TopicArn"]

    def queue(self, name, *, lets_in=(), service="sns", **attributes):
        """Make a queue that takes messages which `service` sends for the ARNs of `lets_in`; return its ARN."""
        arn = f"arn:aws:sqs:us-east-1:{self.account_id}:{name}"
        if lets_in:
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": f"{service}.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": list(lets_in)}},
            }
            attributes["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.client("sqs").create_queue(QueueName=name, Attributes=attributes)
        return arn

    def subscribe(self, topic, queue, **attributes):
        """Subscribe a queue to a topic, both by ARN."""
        self.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=attributes)

    def grade(self, name, **parameters):
        account = boto_account(self.provider.grader_credentials(self.ref))
        account.copies = copies_of(self.provider, self.ref)
        return run(CheckCall(name, parameters), account)

    def passes(self, name, **parameters):
        result = self.grade(name, **parameters)
        assert result.outcome is Outcome.PASSED, result

    def fails(self, name, *saying, **parameters):
        """Assert that the check fails and that its texts hold each of `saying`."""
        result = self.grade(name, **parameters)
        assert result.outcome is Outcome.FAILED, result
        texts = " ".join([result.found, result.counterexample, result.needed, result.try_])
        for words in saying:
            assert words in texts, texts
        return result


@pytest.fixture(scope="session")
def _host():
    with proof_host() as host:
        yield host


@pytest.fixture
def cell(_host):
    ref = _host.make_ref("us-east-1")
    _host.provider.start(ref)
    yield Cell(_host.provider, ref)
    _host.provider.stop(ref)
