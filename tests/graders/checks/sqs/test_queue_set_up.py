import pytest

CHECK = "sqs.queue_set_up"


@pytest.fixture
def jobs(account):
    def jobs(name="jobs", **attributes):
        account.client("sqs").create_queue(QueueName=name, Attributes=attributes)

    return jobs


class TestRight:
    def test_as_asked(self, jobs, passes):
        jobs(VisibilityTimeout="360", ReceiveMessageWaitTimeSeconds="20", DelaySeconds="5")
        passes(CHECK, queue="jobs", visibility_at_least=360, wait_at_least=20, delay=5)

    def test_longer(self, jobs, passes):
        jobs(VisibilityTimeout="43200", MessageRetentionPeriod="1209600")
        passes(CHECK, queue="jobs", visibility_at_least=360, retention_at_least=86400, fifo=False)

    def test_fifo_that_deduplicates(self, jobs, passes):
        jobs("pay.fifo", FifoQueue="true", ContentBasedDeduplication="true")
        passes(CHECK, queue="pay.fifo", fifo=True, deduplicates=True)


class TestWrong:
    @pytest.mark.parametrize(
        ("attributes", "asked", "words"),
        [
            ({"VisibilityTimeout": "30"}, {"visibility_at_least": 360}, "VisibilityTimeout of jobs is 30"),
            ({"VisibilityTimeout": "46800"}, {"visibility_at_least": 360}, "360 s to 43200 s"),
            ({}, {"wait_at_least": 20}, "comes back empty at once"),
            ({"MessageRetentionPeriod": "60"}, {"retention_at_least": 3600}, "longer than 60 s is lost"),
            ({"DelaySeconds": "0"}, {"delay": 5}, "DelaySeconds of jobs is 0"),
            ({}, {"fifo": True}, "FifoQueue of jobs is false"),
        ],
    )
    def test_otherwise(self, jobs, fails, attributes, asked, words):
        jobs(**attributes)
        fails(CHECK, words, queue="jobs", **asked)

    def test_no_deduplication(self, jobs, fails):
        jobs("pay.fifo", FifoQueue="true")
        fails(CHECK, "ContentBasedDeduplication of pay.fifo is false", queue="pay.fifo", deduplicates=True)


class TestNearMiss:
    def test_a_name_without_its_end(self, jobs, fails):
        jobs("payments.fifo", FifoQueue="true")
        fails(CHECK, "There is payments.fifo", queue="payments-fifo", fifo=True)
