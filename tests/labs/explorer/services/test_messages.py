"""Topics and queues, done by clicking."""

from __future__ import annotations

from typing import Any

QUEUE, TOPIC = "sqs:queue", "sns:topic"


def test_a_queue_is_named_by_its_url_its_arn_and_its_name_each_where_it_belongs(desk: Any) -> None:
    desk.do(QUEUE, "create", QueueName="jobs-dlq")
    dead = desk.thing(QUEUE, "jobs-dlq")
    assert dead.id.startswith("http") and dead.arn.startswith("arn:aws:sqs:") and dead.name == "jobs-dlq"
    desk.do(
        QUEUE,
        "create",
        QueueName="jobs",
        VisibilityTimeout=360,
        dead=dead.arn,
        ReceiveMessageWaitTimeSeconds=20,
        encryption="off",
    )
    facts = desk.facts(QUEUE, "jobs")
    assert facts["Dead letters"] == "jobs-dlq after 3"
    assert facts["Visibility timeout"] == "360 seconds"
    assert facts["Encryption"] == "off"
    assert [link.name for link in desk.thing(QUEUE, "jobs-dlq").links] == ["jobs"]
    desk.do(QUEUE, "edit", "jobs", MessageRetentionPeriod=1_209_600, encryption="sqs", receives=5)
    facts = desk.facts(QUEUE, "jobs")
    assert (facts["Kept for"], facts["Dead letters"], facts["Encryption"]) == (
        "1209600 seconds",
        "jobs-dlq after 5",
        "SSE-SQS",
    )
    desk.do(QUEUE, "edit", "jobs", dead="")
    assert desk.facts(QUEUE, "jobs")["Dead letters"] == "none"


def test_only_what_was_changed_is_sent(desk: Any) -> None:
    desk.do(QUEUE, "create", QueueName="jobs")
    desk.do(QUEUE, "edit", "jobs", DelaySeconds=5)
    assert desk.box.learner.sent[-1].body.count(b"DelaySeconds") == 1
    assert b"VisibilityTimeout" not in desk.box.learner.sent[-1].body


def test_a_fifo_queue_keeps_the_order(desk: Any) -> None:
    desk.do(QUEUE, "create", QueueName="payments", fifo=True, dedup=True)
    for body in ("debit", "credit"):
        desk.do(QUEUE, "send", "payments.fifo", MessageBody=body, MessageGroupId="one")
    found = desk.do(QUEUE, "receive", "payments.fifo")["Messages"]
    assert [one["Body"] for one in found] == ["debit", "credit"]
    desk.do(QUEUE, "done", "payments.fifo", ReceiptHandle=found[0]["ReceiptHandle"])


def test_a_topic_delivers_to_the_queue_that_lets_it_in(desk: Any) -> None:
    desk.do(TOPIC, "create", Name="orders", tags={"team": "shop"})
    desk.do(QUEUE, "create", QueueName="shipping")
    topic, queue = desk.thing(TOPIC, "orders"), desk.thing(QUEUE, "shipping")
    assert [fact.tone for fact in topic.facts if fact.label == "Subscribers"] == ["bad"]
    desk.do(QUEUE, "let-in", "shipping", who="sns", topic=topic.arn)
    assert "ArnEquals" in desk.rows(QUEUE, "shipping", "statements")[0][3]
    desk.do(TOPIC, "subscribe", "orders", queue=queue.arn, FilterPolicy='{"type": ["physical"]}', raw=True)
    [row] = desk.rows(TOPIC, "orders", "subscriptions")
    assert row == ("sqs", "shipping", 'filter {"type": ["physical"]}; raw')
    for kind in ("physical", "digital"):
        desk.do(TOPIC, "publish", "orders", Message=kind, attributes=[{"name": "type", "value": kind}])
    found = desk.do(QUEUE, "receive", "shipping")["Messages"]
    assert [one["Body"] for one in found] == ["physical"]
    desk.do(TOPIC, "edit-subscription", "orders", row="sqs", FilterPolicy="", raw=False)
    assert desk.rows(TOPIC, "orders", "subscriptions")[0][2] in ("", "filter {}")
    desk.do(TOPIC, "unsubscribe", "orders", row="sqs")
    assert desk.rows(TOPIC, "orders", "subscriptions") == []
    desk.do(TOPIC, "delete", "orders")


def test_an_address_is_asked_first(desk: Any) -> None:
    desk.do(TOPIC, "create", Name="alerts")
    desk.do(TOPIC, "subscribe", "alerts", Protocol="email", Endpoint="on-call@acme.example")
    assert desk.rows(TOPIC, "alerts", "subscriptions")[0][:2] == ("email", "on-call@acme.example")
    desk.do(TOPIC, "let-in", "alerts", who="cloudwatch")
    assert any("cloudwatch.amazonaws.com" in row[1] for row in desk.rows(TOPIC, "alerts", "statements"))
    desk.do(TOPIC, "name", "alerts", DisplayName="Acme")
    assert desk.facts(TOPIC, "alerts")["Display name"] == "Acme"
