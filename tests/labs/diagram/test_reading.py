"""What is read of an account: things in their places, and who is connected to whom."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import EndpointConnectionError

from graders import BotoAccount
from labs.diagram import Sketch, draw, sketch
from tests.labs.diagram.building import HOSTILE, SERVICES


def links(seen: Sketch) -> set[tuple[str, str, str]]:
    return {(one.source, one.target, one.kind) for one in seen.links}


def test_a_subnet_is_public_or_private_by_its_route(seen: Sketch, shop: dict[str, str]) -> None:
    pills = {name: seen.frame[shop[name]].pill for name in ("web-a", "web-b", "app-a", "app-b", "db-a", "db-b")}
    assert pills == {
        **dict.fromkeys(("web-a", "web-b"), "public"),
        **dict.fromkeys(("app-a", "app-b"), "private"),
        **dict.fromkeys(("db-a", "db-b"), "isolated"),
    }
    assert "route to igw-" in seen.frame[shop["web-a"]].note and "no route out" in seen.frame[shop["db-a"]].note


def test_things_stand_where_they_are(seen: Sketch, shop: dict[str, str]) -> None:
    assert seen.by_key[shop["shop-a"]].place == shop["app-a"]
    assert seen.by_key[shop["nat"]].place == shop["web-a"]
    assert seen.by_key["balancer/shop"].place == shop["vpc"]
    assert seen.where(seen.by_key[shop["shop-a"]]) == "in private subnet app-a, us-east-1a"
    assert seen.by_key["bucket/shop-invoices"].place == "outside"
    assert seen.by_key["role/reporting"].place == "people"


def test_a_database_in_two_zones_stands_in_both(seen: Sketch, shop: dict[str, str]) -> None:
    primary, standby = seen.by_key["database/shop-db"], seen.by_key["database/shop-db~standby"]
    assert {primary.place, standby.place} == {shop["db-a"], shop["db-b"]}
    assert [one.text for one in primary.badges] == ["Multi-AZ", "db"]


def test_what_is_connected_has_a_line(seen: Sketch, shop: dict[str, str]) -> None:
    found = links(seen)
    assert {
        ("internet", shop["igw"], "traffic"),
        ("balancer/shop", shop["shop-a"], "traffic"),
        (shop["shop-a"], "database/shop-db", "reference"),
        ("topic/alerts", "queue/orders", "subscription"),
        ("topic/alerts", "subscriber/email/oncall@example.com", "subscription"),
        ("queue/orders", "queue/orders-dead", "failure"),
        ("bucket/shop-invoices", "queue/orders", "notification"),
        ("alarm/db-cpu-high", "topic/alerts", "action"),
        ("alarm/db-cpu-high", "database/shop-db", "watch"),
        (shop["shop-b"], "role/app", "identity"),
    } <= found
    phrases = seen.connections(seen.by_key["queue/orders"])
    assert "is subscribed to Topic alerts" in phrases and "sends what failed to Queue orders-dead" in phrases


def test_a_security_group_that_nothing_wears_is_a_card_and_one_that_is_worn_a_badge(
    seen: Sketch, shop: dict[str, str]
) -> None:
    assert seen.by_key[shop["sg-bastion"]].off
    assert shop["sg-app"] not in seen.by_key
    assert "app" in [one.text for one in seen.by_key[shop["shop-a"]].badges]


def test_the_default_vpc_is_small_while_nothing_stands_in_it(moto: BotoAccount) -> None:
    seen = sketch(moto, SERVICES)
    assert [(one.name, one.small) for one in seen.frames] == [("Default VPC", True)]
    assert seen.empty
    subnet = moto.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    moto.client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=subnet)
    again = sketch(BotoAccount(**moto.description()), SERVICES)  # type: ignore[arg-type]
    assert not again.empty and subnet in again.frame
    assert sum(one.kind == "subnet" for one in again.frames) == 1


def test_services_that_nobody_uses_are_not_read(moto: BotoAccount) -> None:
    moto.client("s3").create_bucket(Bucket="only-this")
    asked: list[str] = []
    reading = moto._ask
    moto._ask = lambda client, operation, parameters: (  # type: ignore[method-assign]
        asked.append(operation),
        reading(client, operation, parameters),
    )[1]
    seen = sketch(moto, ["s3"])
    assert [one.key for one in seen.things] == ["bucket/only-this"] and not seen.frames
    assert not any(one.startswith("describe_") for one in asked)


def test_many_of_a_kind_are_one_card_that_names_them(moto: BotoAccount) -> None:
    for number in range(14):
        moto.client("sqs").create_queue(QueueName=f"queue-{number:02}")
    seen = sketch(moto, ["sqs"])
    more = seen.by_key["more/outside/queue"]
    assert more.name == "6 more" and more.note == "queues"
    assert len(seen.things) == 9 and seen.at["queue/queue-13"] == more.key
    assert "Queue queue-13" in dict(more.facts)


def test_a_service_that_does_not_answer_hides_no_other(moto: BotoAccount, monkeypatch: Any) -> None:
    moto.client("sqs").create_queue(QueueName="here")
    reading = moto.read

    def read(service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        if service == "s3":
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
        return reading(service, operation, **parameters)

    monkeypatch.setattr(moto, "read", read)
    seen = sketch(moto, ["s3", "sqs"])
    assert seen.unread == ("S3",) and "queue/here" in seen.by_key


def test_hostile_names_are_read_and_drawn(moto: BotoAccount) -> None:
    ec2 = moto.client("ec2")
    for number, name in enumerate(HOSTILE):
        made = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
        if name.isprintable():
            ec2.create_tags(Resources=[made], Tags=[{"Key": "Name", "Value": name[:255]}])
    moto.client("cloudwatch").put_metric_alarm(
        AlarmName="<b>" * 60,
        Namespace="N",
        MetricName="M",
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=1.0,
        Period=60,
        Statistic="Sum",
    )
    seen = sketch(moto, ["ec2", "cloudwatch"])
    drawing = draw(seen)
    assert len(drawing.cards) == len(seen.things) == 1
    assert drawing.cards[0].name.endswith("…><b>") or "…" in drawing.cards[0].name


def test_the_shop_is_drawn_whole(seen: Sketch) -> None:
    drawing = draw(seen)
    assert drawing.undrawn == 0
    assert len(drawing.cards) == len(seen.things)
