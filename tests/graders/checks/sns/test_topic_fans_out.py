import json

import pytest

from tests.graders.checks.sqs.conftest import QUEUE, TOPIC, by, queue, send

__all__ = ["queue"]  # the fixture
CHECK = "sns.topic_fans_out"
PARCEL = {"topic": "ops", "reaches": ["inbox"], "attributes": {"type": "physical", "price": "12"}}
FILE = PARCEL | {"attributes": {"type": "digital", "price": "12"}}


@pytest.fixture
def subscribe(account, queue):
    """Subscribes the queue, which admits the topic, with a filter policy."""

    def subscribe(policy=None, endpoint=QUEUE, admits=True, **attributes):
        if admits:
            queue(send(condition=by()))
        given = {"FilterPolicy": json.dumps(policy)} if policy else {}
        account.client("sns").subscribe(
            TopicArn=TOPIC, Protocol="sqs", Endpoint=endpoint, Attributes=given | attributes
        )

    return subscribe


class TestRight:
    @pytest.mark.parametrize(
        "policy",
        [
            None,
            {"type": ["physical"]},
            {"type": [{"anything-but": "digital"}]},
            {"price": [{"numeric": [">", 10]}], "type": [{"prefix": "phys"}]},
        ],
    )
    def test_a_filter_of_the_effect(self, subscribe, passes, policy):
        subscribe(policy)
        passes(CHECK, **PARCEL)

    def test_the_other_message_is_spared(self, subscribe, passes):
        subscribe({"type": ["physical"]})
        passes(CHECK, **FILE | {"reaches": [], "spares": ["inbox"]})

    def test_by_the_body_and_raw(self, subscribe, passes):
        subscribe({"kind": ["a"]}, FilterPolicyScope="MessageBody", RawMessageDelivery="true")
        passes(CHECK, topic="ops", reaches=["inbox"], message='{"kind": "a"}', raw=True)


class TestWrong:
    def test_the_filter_drops_it(self, subscribe, fails):
        subscribe({"type": ["digital"]})
        fails(CHECK, "drops the message", "type=physical", **PARCEL)

    def test_the_filter_looks_at_the_wrong_place(self, subscribe, fails):
        subscribe({"type": ["physical"]})
        fails(CHECK, "drops the message", topic="ops", reaches=["inbox"], message='{"type": "physical"}')

    def test_no_filter_where_one_is_needed(self, subscribe, fails):
        subscribe()
        fails(CHECK, "gets the message too", **FILE | {"reaches": [], "spares": ["inbox"]})

    def test_the_queue_keeps_the_topic_out(self, subscribe, fails):
        subscribe(admits=False)
        fails(CHECK, "has no policy", **PARCEL)

    def test_wrapped(self, subscribe, fails):
        subscribe()
        fails(CHECK, "wrapped in JSON", **PARCEL, raw=True)


class TestNearMiss:
    def test_the_queue_of_another_region(self, subscribe, fails):
        subscribe(endpoint=QUEUE.replace("us-east-1", "eu-west-1"))
        fails(CHECK, "a queue of that name elsewhere", **PARCEL)

    def test_not_subscribed_or_by_url(self, queue, account, fails, monkeypatch):
        fails(CHECK, "not subscribed to ops", **PARCEL)
        from graders import messaging

        url = [{"Endpoint": "https://sqs.us-east-1.amazonaws.com/123456789012/inbox", "Protocol": "sqs"}]
        monkeypatch.setattr(messaging, "subscriptions", lambda *_: url)
        fails(CHECK, "must be its ARN", **PARCEL)
