import pytest

from tests.graders.checks.lambda_.conftest import NAME
from tests.graders.conftest import ACCOUNT

CHECK = "lambda.function_fed_by"
CALL = {"function": NAME, "source": "jobs"}
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs"
READ = {"Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "Resource": QUEUE}


@pytest.fixture
def feed(account, function):
    """The queue jobs, the function orders, and `feed(…)`, the mapping between them."""

    def feed(queue=None, rights=(READ,), function_options=None, **options):
        account.client("sqs").create_queue(QueueName="jobs", Attributes=queue or {})
        function(rights=rights, **(function_options or {}))
        account.client("lambda").create_event_source_mapping(
            FunctionName=options.pop("to", NAME), **({"EventSourceArn": QUEUE} | options)
        )

    return feed


class TestRight:
    def test_a_queue(self, feed, passes):
        feed(BatchSize=10)
        passes(CHECK, **CALL, batch_at_most=10)

    def test_a_queue_that_hides_for_longer(self, feed, passes):
        feed({"VisibilityTimeout": "600"}, function_options={"Timeout": 60})
        passes(CHECK, **CALL, visibility_factor=6)

    def test_a_role_with_wildcards_and_one_filter_that_passes(self, feed, passes):
        filters = [{"Pattern": '{"nothing": ["1"]}'}, {"Pattern": '{"body": {"kind": ["order"]}}'}]
        feed(rights=({"Action": "sqs:*", "Resource": "*"},), FilterCriteria={"Filters": filters})
        passes(CHECK, **CALL)

    def test_a_kinesis_stream(self, account, function, passes):
        account.client("kinesis").create_stream(StreamName="clicks", ShardCount=1)
        function(rights=({"Action": "kinesis:*", "Resource": "*"},))
        account.client("lambda").create_event_source_mapping(
            FunctionName=NAME,
            EventSourceArn=f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/clicks",
            StartingPosition="LATEST",
        )
        passes(CHECK, function=NAME, source="clicks", kind="stream")


class TestWrong:
    def test_a_mapping_that_is_off(self, feed, fails):
        feed(Enabled=False)
        fails(CHECK, "The event source mapping from jobs to orders is Disabled", **CALL)

    def test_a_role_that_may_not_delete(self, feed, fails):
        feed(rights=({"Action": "sqs:ReceiveMessage", "Resource": QUEUE},))
        fails(CHECK, "cannot read jobs: role orders-role lacks sqs:DeleteMessage", **CALL)

    def test_a_queue_that_shows_a_message_too_early(self, feed, fails):
        feed({"VisibilityTimeout": "30"}, function_options={"Timeout": 30})
        fails(CHECK, "again after 30 seconds", "180 seconds or more", **CALL, visibility_factor=6)

    def test_a_key_that_the_role_may_not_use(self, feed, account, fails):
        key = account.client("kms").create_key()["KeyMetadata"]["KeyId"]
        feed({"KmsMasterKeyId": key})
        fails(CHECK, "cannot decrypt it: role orders-role lacks kms:Decrypt", **CALL)

    def test_a_role_that_trusts_ec2(self, feed, account, fails):
        feed()
        account.client("iam").update_assume_role_policy(
            RoleName="orders-role",
            PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
            '"Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}',
        )
        fails(CHECK, "does not trust Lambda", **CALL)


class TestNearMiss:
    def test_the_queue_feeds_another_function(self, feed, function, fails):
        feed()
        function("billing", made=False)
        fails(CHECK, "Nothing feeds billing from jobs. It feeds orders", function="billing", source="jobs")

    def test_the_function_is_fed_from_another_queue(self, feed, account, fails):
        account.client("sqs").create_queue(QueueName="jobs-old")
        feed(EventSourceArn=f"{QUEUE}-old")
        fails(CHECK, f"Its mapping is on {QUEUE}-old", **CALL)
