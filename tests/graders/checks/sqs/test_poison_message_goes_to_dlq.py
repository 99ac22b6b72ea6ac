import json

import pytest

CHECK = "sqs.poison_message_goes_to_dlq"
CALL = {"queue": "jobs", "dlq": "jobs-dlq"}
pytestmark = pytest.mark.stack


def queues(cell, count=3, to="jobs-dlq", suffix="", **attributes):
    """Make jobs-dlq, `to`, and jobs that redrives to it."""
    for name in {"jobs-dlq", to or "jobs-dlq"}:
        cell.queue(name + suffix, **attributes)
    arn = f"arn:aws:sqs:us-east-1:{cell.account_id}:{to}{suffix}"
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": count})} if to else {}
    cell.queue("jobs" + suffix, **redrive, **attributes)


class TestRight:
    @pytest.mark.parametrize("count", [1, 3, "5"])
    def test_after_a_few(self, cell, count):
        queues(cell, count)
        cell.passes(CHECK, **CALL)

    def test_in_order(self, cell):
        queues(cell, suffix=".fifo", FifoQueue="true")
        cell.passes(CHECK, queue="jobs.fifo", dlq="jobs-dlq.fifo")

    def test_with_other_messages_waiting(self, cell):
        queues(cell)
        sqs = cell.client("sqs")
        url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
        for number in range(3):
            sqs.send_message(QueueUrl=url, MessageBody=str(number))
        cell.passes(CHECK, **CALL)
        counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        assert counted["Attributes"]["ApproximateNumberOfMessages"] == "3"  # the learner's own queue is as it was


class TestWrong:
    def test_no_dead_letter_queue(self, cell):
        queues(cell, to="")
        cell.fails(CHECK, "still in jobs", "has no dead-letter queue", **CALL)

    def test_patience_without_end(self, cell):
        queues(cell, 1000)
        cell.fails(CHECK, "gives up after 1000 only", **CALL)

    def test_more_patience_than_is_asked(self, cell):
        queues(cell, 5)
        cell.fails(CHECK, "gives up after 5 only", **CALL, receives=3)


class TestNearMiss:
    def test_to_another_queue(self, cell):
        queues(cell, to="other-dlq")
        cell.fails(CHECK, "for other-dlq, not for jobs-dlq", **CALL)

    def test_the_other_way_round(self, cell):
        cell.queue("jobs")
        arn = f"arn:aws:sqs:us-east-1:{cell.account_id}:jobs"
        redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
        cell.queue("jobs-dlq", RedrivePolicy=redrive)
        cell.fails(CHECK, "has no dead-letter queue", **CALL)
