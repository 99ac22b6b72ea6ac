"""The simulated bill: the table's numbers, and what they make of an account's own answers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labs.billing import Bill, Line, bill
from labs.billing.bill import FREE, SECTIONS
from labs.billing.prices import prices
from labs.billing.words import day, dollars, rows, sentence

TABLE = prices()


class Answers:
    """An account that answers from a table; what is not in it is empty."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def read(self, service: str, operation: str, *, region: str | None = None, **_: Any) -> dict[str, Any]:
        answer = self.answers.get(operation, {})
        if isinstance(answer, Exception):
            raise answer
        found: dict[str, Any] = answer
        return found


def monthly(made: Bill) -> dict[str, float | None]:
    return {f"{line.resource}: {line.what}": line.monthly and round(line.monthly, 2) for line in made.lines}


@pytest.mark.parametrize("name", sorted(TABLE.blocks))
def test_a_block_says_its_page_its_day_and_its_unit(name: str) -> None:
    block = TABLE.blocks[name]
    assert block.page.startswith("https://aws.amazon.com/") and "/pricing" in block.page
    assert isinstance(block.as_of, date) and block.as_of <= TABLE.as_of
    assert block.per and block.of
    assert all(price > 0 for price in block.of.values())


def test_an_instance_its_volume_and_its_address() -> None:
    running = {
        "InstanceId": "i-1",
        "InstanceType": "t3.micro",
        "State": {"Name": "running"},
        "PublicIpAddress": "1.2.3.4",
    }
    stopped = {**running, "InstanceId": "i-2", "State": {"Name": "stopped"}}
    made = bill(
        Answers(
            describe_instances={"Reservations": [{"Instances": [running, stopped]}]},
            describe_addresses={"Addresses": [{"PublicIp": "1.2.3.4"}]},
            describe_volumes={"Volumes": [{"VolumeId": "vol-1", "Size": 8, "VolumeType": "gp3", "Iops": 4000}]},
        ),
        ["ec2"],
    )
    assert monthly(made) == {
        "i-1: t3.micro instance": 7.59,
        "1.2.3.4: Elastic IP address": 3.65,  # once, though the instance wears it
        "vol-1: 8 GB gp3 volume": 5.64,
    }
    assert made.monthly == pytest.approx(16.88, abs=0.01)


def test_a_database_with_a_standby_costs_twice() -> None:
    one = {"DBInstanceIdentifier": "orders", "DBInstanceClass": "db.t3.micro", "Engine": "mysql", "AllocatedStorage": 20,
           "StorageType": "gp2", "DBInstanceStatus": "available"}  # fmt: skip
    alone = bill(Answers(describe_db_instances={"DBInstances": [one]}), ["rds"])
    both = bill(Answers(describe_db_instances={"DBInstances": [{**one, "MultiAZ": True}]}), ["rds"])
    assert alone.monthly == pytest.approx(14.71)
    assert both.monthly == pytest.approx(2 * alone.monthly)
    stopped = bill(Answers(describe_db_instances={"DBInstances": [{**one, "DBInstanceStatus": "stopped"}]}), ["rds"])
    assert stopped.monthly == pytest.approx(2.3)


def test_what_the_table_does_not_know_is_not_priced_and_not_left_out() -> None:
    one = {"InstanceId": "i-1", "InstanceType": "u-24tb1.metal", "State": {"Name": "running"}}
    made = bill(Answers(describe_instances={"Reservations": [{"Instances": [one]}]}), ["ec2", "braket", "iam"])
    assert [line.resource for line in made.unpriced] == ["i-1"]
    assert made.unknown == ("braket",) and made.hourly == 0
    assert made.to_dict()["not_priced"] == ["ec2: i-1", "braket"]
    assert rows(made)[0].hourly == "not priced"


def test_a_service_that_cannot_be_read_does_not_hide_the_others() -> None:
    broken = ClientError({"Error": {"Code": "AccessDenied"}}, "ListKeys")
    account = Answers(list_keys=broken, list_secrets={"SecretList": [{"Name": "db"}]})
    made = bill(account, ["kms", "secretsmanager"], failures=(ClientError,))
    assert made.unread == ("kms",)
    assert made.monthly == pytest.approx(0.4)
    with pytest.raises(ClientError):
        bill(account, ["kms"])


def test_provisioned_tables_shards_balancers_and_alarms() -> None:
    table = {"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}, "TableSizeBytes": 0}
    made = bill(
        Answers(
            list_tables={"TableNames": ["t"]},
            describe_table={"Table": table},
            list_streams={"StreamNames": ["s"]},
            describe_stream_summary={"StreamDescriptionSummary": {"OpenShardCount": 2}},
            describe_load_balancers={"LoadBalancers": [{"LoadBalancerName": "web", "Type": "application"}]},
            describe_alarms={
                "MetricAlarms": [{"AlarmName": "a", "Period": 10}],
                "CompositeAlarms": [{"AlarmName": "c"}],
            },
        ),
        ["dynamodb", "kinesis", "elbv2", "cloudwatch"],
    )
    assert monthly(made) == {
        "web: application load balancer, one capacity unit": 22.27,
        "s: 2 shards": 21.9,
        "t: table, 5 write and 5 read units": 2.85,
        "c: composite alarm": 0.5,
        "a: alarm on 1 metric": 0.3,
    }


def test_what_is_billed_by_use_costs_nothing_while_it_lies_there() -> None:
    made = bill(Answers(list_queues={"QueueUrls": ["http://x/1/orders.fifo"]}), ["sqs"])
    assert made.hourly == 0
    assert (rows(made)[0].hourly, rows(made)[0].by_use) == ("by use", "$0.5 per million requests")
    assert sentence(made).startswith("This would cost nothing on AWS while it lies there")


def test_an_empty_account_of_every_service_makes_an_empty_bill() -> None:
    made = bill(Answers(), SECTIONS)
    assert (made.lines, made.unknown, made.unread) == ((), (), ())
    assert not FREE & SECTIONS.keys()


def test_the_sentence_and_its_money() -> None:
    made = Bill((Line("ec2", "i-1", "x", 0.13),), as_of=date(2025, 6, 1))
    assert sentence(made) == "This would cost about $0.13 an hour, $94.90 a month on AWS, list prices of 1 June 2025"
    assert [dollars(each) for each in (0, 0.0104, 0.00001, 1234.5)] == ["$0.00", "$0.0104", "under $0.0001", "$1,234"]
    assert day(date(2025, 12, 24)) == "24 December 2025"
