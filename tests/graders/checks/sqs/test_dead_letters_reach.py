import json

import pytest

from tests.graders.conftest import ACCOUNT

CHECK = "sqs.dead_letters_reach"
CALL = {"queue": "jobs", "dlq": "jobs-dlq"}
ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"


@pytest.fixture
def queues(account):
    """`queues(count, dlq attributes, source attributes)` makes jobs-dlq and jobs, which redrives to `to`."""

    def queues(count=3, to="jobs-dlq", dlq=None, **source):
        sqs = account.client("sqs")
        sqs.create_queue(QueueName="jobs-dlq", Attributes=dlq or {})
        if to and to != "jobs-dlq":
            sqs.create_queue(QueueName=to)
        redrive = (
            {"RedrivePolicy": json.dumps({"deadLetterTargetArn": ARN + to, "maxReceiveCount": count})} if to else {}
        )
        sqs.create_queue(QueueName="jobs", Attributes=redrive | source)

    return queues


@pytest.fixture
def attributes(monkeypatch):
    """Attributes that moto does not hold: `attributes("jobs-dlq", FifoQueue="true")`."""
    from graders import messaging

    read = messaging.the_queue

    def attributes(name, **changes):
        def other(account, queue):
            place = read(account, queue)
            changed = {**place.attributes, **changes} if place.name == name else place.attributes
            return messaging.Place(place.name, place.arn, changed)

        monkeypatch.setattr(messaging, "the_queue", other)

    return attributes


class TestRight:
    @pytest.mark.parametrize("count", [3, "3"])
    def test_the_count_as_a_number_or_text(self, queues, passes, count):
        queues(count)
        passes(CHECK, **CALL, receives=3)

    def test_any_few(self, queues, passes):
        queues(10)
        passes(CHECK, **CALL)

    def test_a_shared_queue_that_lets_it_in(self, queues, attributes, passes):
        queues()
        allow = {"redrivePermission": "byQueue", "sourceQueueArns": [ARN + "other", ARN + "jobs"]}
        attributes("jobs-dlq", RedriveAllowPolicy=json.dumps(allow))
        passes(CHECK, **CALL)

    def test_kept_longer(self, queues, passes):
        queues(dlq={"MessageRetentionPeriod": "1209600"})
        passes(CHECK, **CALL)


class TestWrong:
    def test_none(self, queues, fails):
        queues(to="")
        fails(CHECK, "has no dead-letter queue", **CALL)

    def test_another_count(self, queues, fails):
        queues(1)
        fails(CHECK, "after 1 receives, not after 3", **CALL, receives=3)

    def test_a_huge_count(self, queues, fails):
        queues(1000)
        fails(CHECK, "comes back for days", **CALL)

    def test_kept_shorter(self, queues, fails):
        queues(MessageRetentionPeriod="1209600")
        fails(CHECK, "gone before anyone looks", **CALL)

    def test_of_another_kind(self, queues, attributes, fails):
        queues()
        attributes("jobs", FifoQueue="true")
        fails(CHECK, "cannot move messages", **CALL)

    @pytest.mark.parametrize(
        "allow", [{"redrivePermission": "denyAll"}, {"redrivePermission": "byQueue", "sourceQueueArns": [ARN + "x"]}]
    )
    def test_it_does_not_let_the_queue(self, queues, attributes, fails, allow):
        queues()
        attributes("jobs-dlq", RedriveAllowPolicy=json.dumps(allow))
        fails(CHECK, "RedriveAllowPolicy", **CALL)


class TestNearMiss:
    def test_another_queue(self, queues, fails):
        queues(to="other-dlq")
        fails(CHECK, "other-dlq, not jobs-dlq", **CALL)

    def test_the_other_way_round(self, queues, fails):
        queues()
        fails(CHECK, "It is the other way round", queue="jobs-dlq", dlq="jobs")
