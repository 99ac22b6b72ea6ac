import json

import pytest

CHECK = "events.rule_fires"
EVENT = {"source": "acme.shop", "detail-type": "OrderPlaced", "detail": {"total": 120, "id": "7"}}
CALL = {"rule": "orders", "event": json.dumps(EVENT), "queue": "jobs"}
pytestmark = pytest.mark.stack


@pytest.fixture
def rule(cell):
    """`rule(pattern, …)` makes the rule `orders`, whose target is the queue `jobs` that lets it in; returns its ARN."""

    def rule(pattern=None, name="orders", target="jobs", lets_in=None, state="ENABLED", **more):
        events = cell.client("events")
        arn = events.put_rule(Name=name, EventPattern=json.dumps(pattern or {"source": ["acme.shop"]}), State=state)[
            "RuleArn"
        ]
        if target:
            queue = cell.queue(target, lets_in=[arn] if lets_in is None else lets_in, service="events")
            events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": queue, **more}])
        return arn

    return rule


class TestRight:
    def test_a_rule_for_the_source(self, cell, rule):
        rule()
        cell.passes(CHECK, **CALL)

    def test_a_rule_on_the_detail(self, cell, rule):
        rule({"detail-type": ["OrderPlaced"], "detail": {"total": [{"numeric": [">", 100]}]}})
        cell.passes(CHECK, **CALL)

    def test_handed_over_in_part(self, cell, rule):
        rule(InputPath="$.detail")
        cell.passes(CHECK, **CALL)

    def test_rewritten(self, cell, rule):
        rule(InputTransformer={"InputPathsMap": {"id": "$.detail.id"}, "InputTemplate": '{"order": "<id>"}'})
        cell.passes(CHECK, **CALL)

    def test_by_a_topic(self, cell, rule):
        arn = rule(target="")
        topic = cell.topic("orders")
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {"ArnEquals": {"aws:SourceArn": arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        cell.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
        cell.subscribe(topic, cell.queue("jobs", lets_in=[topic]))
        cell.client("events").put_targets(Rule="orders", Targets=[{"Id": "1", "Arn": topic}])
        cell.passes(CHECK, **CALL)


class TestWrong:
    def test_no_target(self, cell, rule):
        rule(target="")
        cell.queue("jobs")
        cell.fails(CHECK, "no message came to jobs", "has no target", **CALL)

    def test_a_queue_that_refuses(self, cell, rule):
        rule(lets_in=[])
        cell.fails(CHECK, "orders may not send to it", **CALL)

    def test_a_pattern_that_leaves_it_alone(self, cell, rule):
        rule({"source": ["acme.shop"], "detail": {"total": [{"numeric": [">", 500]}]}})
        cell.fails(CHECK, "did not match it", **CALL)

    def test_a_disabled_rule(self, cell, rule):
        rule(state="DISABLED")
        cell.fails(CHECK, "is disabled", **CALL)

    def test_another_rule_does_its_work(self, cell, rule):
        rule({"source": ["acme.stock"]})
        rule(name="everything", target="")
        cell.client("events").put_targets(
            Rule="everything",
            Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:us-east-1:{cell.account_id}:jobs"}],
        )
        cell.fails(CHECK, "did not match it", **CALL)


class TestNearMiss:
    def test_capital_letters_count(self, cell, rule):
        rule({"source": ["Acme.shop"]})
        cell.fails(CHECK, "did not match it", **CALL)

    def test_another_queue(self, cell, rule):
        rule(target="jobs-dlq")
        cell.queue("jobs")
        cell.fails(CHECK, "The targets of orders are jobs-dlq", **CALL)
