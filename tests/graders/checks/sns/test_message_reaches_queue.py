import json

import pytest

CHECK = "sns.message_reaches_queue"
CALL = {"topic": "orders", "queue": "jobs"}
pytestmark = pytest.mark.stack


@pytest.fixture
def topic(cell):
    return cell.topic("orders")


class TestRight:
    def test_a_subscription_and_a_queue_that_lets_it_in(self, cell, topic):
        cell.subscribe(topic, cell.queue("jobs", lets_in=[topic]))
        cell.passes(CHECK, **CALL)
        sqs = cell.client("sqs")
        url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
        assert "Messages" not in sqs.receive_message(QueueUrl=url)  # the learner's own queue is as it was

    def test_raw(self, cell, topic):
        cell.subscribe(topic, cell.queue("jobs", lets_in=[topic]), RawMessageDelivery="true")
        cell.passes(CHECK, **CALL)

    def test_a_queue_that_delays_and_holds_other_messages(self, cell, topic):
        cell.subscribe(topic, cell.queue("jobs", lets_in=[topic], DelaySeconds="900"))
        sqs = cell.client("sqs")
        url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
        for number in range(12):
            sqs.send_message(QueueUrl=url, MessageBody=f"old {number}", DelaySeconds=0)
        cell.passes(CHECK, **CALL)

    def test_through_a_filter_that_the_attributes_pass(self, cell, topic):
        queue = cell.queue("jobs", lets_in=[topic])
        cell.subscribe(topic, queue, FilterPolicy=json.dumps({"kind": ["order"]}))
        cell.passes(CHECK, **CALL, attributes={"kind": "order"})

    def test_one_of_many_subscribers(self, cell, topic):
        for name in ("audit", "jobs", "mails"):
            cell.subscribe(topic, cell.queue(name, lets_in=[topic]))
        cell.passes(CHECK, **CALL)


class TestWrong:
    def test_no_subscription(self, cell, topic):
        cell.queue("jobs", lets_in=[topic])
        cell.fails(CHECK, "did not arrive in jobs", "orders has no subscription of jobs", **CALL)

    def test_a_queue_without_a_policy(self, cell, topic):
        cell.subscribe(topic, cell.queue("jobs"))
        cell.fails(CHECK, "has no policy", **CALL)

    def test_a_filter_that_drops_it(self, cell, topic):
        queue = cell.queue("jobs", lets_in=[topic])
        cell.subscribe(topic, queue, FilterPolicy=json.dumps({"kind": ["refund"]}))
        cell.fails(CHECK, "filter policy", "refund", **CALL, attributes={"kind": "order"})

    def test_a_queue_that_was_made_again_without_its_policy(self, cell, topic):
        cell.subscribe(topic, cell.queue("jobs", lets_in=[topic]))
        sqs = cell.client("sqs")
        sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="jobs")["QueueUrl"])
        cell.queue("jobs")
        cell.fails(CHECK, "did not arrive in jobs", **CALL)


class TestNearMiss:
    def test_the_policy_speaks_of_another_topic(self, cell, topic):
        cell.subscribe(topic, cell.queue("jobs", lets_in=[cell.topic("invoices")]))
        cell.fails(CHECK, "invoices", **CALL)

    def test_another_queue_is_subscribed(self, cell, topic):
        cell.subscribe(topic, cell.queue("jobs-dlq", lets_in=[topic]))
        cell.queue("jobs", lets_in=[topic])
        cell.fails(CHECK, "it has one of jobs-dlq", **CALL)

    def test_a_topic_of_almost_that_name(self, cell):
        cell.topic("order")
        cell.queue("jobs")
        cell.fails(CHECK, "orders does not exist", "order", **CALL)
