"""A budget of the learner's own: what is spent is the simulated bill, and whoever subscribed is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore import xform_name

from labs.billing import bill
from labs.billing.bill import SECTIONS
from labs.sandboxes.emulated.lab import the_rest, worked_lab
from labs.sandboxes.emulated.tool import Refused, botocore_model


def _budget(box: Any, amount: str, *subscribers: tuple[str, str], **more: Any) -> None:
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    told = [{"SubscriptionType": kind, "Address": address} for kind, address in subscribers]
    box(
        "budgets",
        "CreateBudget",
        AccountId=box.spec.account_id,
        Budget={
            "BudgetName": "monthly",
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": amount, "Unit": "USD"},
            **more,
        },
        NotificationsWithSubscribers=[{"Notification": notification, "Subscribers": told}] if told else [],
    )


def _spent(box: Any) -> str:
    said = box("budgets", "DescribeBudget", AccountId=box.spec.account_id, BudgetName="monthly")["Budget"]
    spend = said["CalculatedSpend"]
    assert spend["ActualSpend"] == spend["ForecastedSpend"]
    assert spend["ActualSpend"]["Unit"] == "USD"
    amount: str = spend["ActualSpend"]["Amount"]
    return amount


def _database(box: Any, name: str, **more: Any) -> None:
    box(
        "rds",
        "CreateDBInstance",
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t3.micro",
        Engine="mysql",
        AllocatedStorage=20,
        MasterUsername="admin",
        MasterUserPassword="correct-horse",
        **more,
    )


def test_what_is_spent_is_a_month_of_what_is_there(box: Any) -> None:
    _budget(box, "100")
    assert _spent(box) == "0.00"
    _database(box, "orders")
    assert _spent(box) == "14.71"  # 730 h of 0.017, and 20 GB of 0.115
    box("rds", "ModifyDBInstance", DBInstanceIdentifier="orders", MultiAZ=True, ApplyImmediately=True)
    assert _spent(box) == "29.42"
    listed = box("budgets", "DescribeBudgets", AccountId=box.spec.account_id)["Budgets"]
    assert [each["CalculatedSpend"]["ActualSpend"]["Amount"] for each in listed] == ["29.42"]


def test_a_budget_that_is_exceeded_writes_one_letter_for_each_time(box: Any) -> None:
    _budget(box, "30", ("EMAIL", "you@example.com"))
    _database(box, "orders")
    assert box.inbox() == []
    _database(box, "stock")  # 29.42 of 30: more than 80 %
    [letter] = box.inbox()
    assert (letter["service"], letter["endpoint"]) == ("budgets", "you@example.com")
    assert letter["subject"] == "AWS Budgets: monthly has exceeded your alert threshold"
    assert "The ACTUAL Cost associated with this budget is $29.42." in letter["body"]
    assert "Alert Threshold: > $24.00" in letter["body"]
    said = box("budgets", "DescribeNotificationsForBudget", AccountId=box.spec.account_id, BudgetName="monthly")
    assert [each["NotificationState"] for each in said["Notifications"]] == ["ALARM"]
    box("sns", "CreateTopic", Name="t")
    assert len(box.inbox()) == 1
    box("rds", "DeleteDBInstance", DBInstanceIdentifier="stock", SkipFinalSnapshot=True)
    _database(box, "again")
    assert len(box.inbox()) == 2


def test_a_budget_that_is_changed_counts_from_then_on(box: Any) -> None:
    _budget(box, "100000", ("EMAIL", "ops@example.com"))
    _database(box, "one")
    changed = {
        "BudgetName": "monthly", "BudgetType": "COST", "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": "1", "Unit": "USD"},
    }  # fmt: skip
    assert box.inbox() == []
    box("budgets", "UpdateBudget", AccountId=box.spec.account_id, NewBudget=changed)
    said = box("budgets", "DescribeBudget", AccountId=box.spec.account_id, BudgetName="monthly")["Budget"]
    assert said["BudgetLimit"]["Amount"] == "1" and said["TimePeriod"]["End"]
    assert len(box.inbox()) == 1
    with pytest.raises(Refused, match="NotFoundException"):
        changed = {**changed, "BudgetName": "another"}
        box("budgets", "UpdateBudget", AccountId=box.spec.account_id, NewBudget=changed)


def test_a_topic_hears_of_it_where_its_policy_lets_budgets_in(box: Any) -> None:
    topic = box("sns", "CreateTopic", Name="money")["TopicArn"]
    box("sns", "Subscribe", TopicArn=topic, Protocol="email", Endpoint="you@example.com")
    token = box.inbox()[-1]["body"]["Token"]
    box("sns", "ConfirmSubscription", TopicArn=topic, Token=token)
    _budget(box, "10", ("SNS", topic))
    _database(box, "orders")
    assert [each["kind"] for each in box.inbox()] == ["confirmation"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "budgets.amazonaws.com"},
        "Action": "SNS:Publish",
        "Resource": topic,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    box("sns", "SetTopicAttributes", TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    box("rds", "DeleteDBInstance", DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    _database(box, "orders-2")
    assert box.inbox()[-1]["kind"] == "notification"
    assert "Budget Name: monthly" in box.inbox()[-1]["body"]


def test_a_budget_of_one_service_counts_that_alone(box: Any) -> None:
    _budget(box, "100", CostFilters={"Service": ["Amazon Simple Storage Service"]})
    _database(box, "orders")
    assert _spent(box) == "0.00"


@pytest.mark.parametrize("filters", [{"TagKeyValue": ["user:team$red"]}, {"Service": ["Amazon Braket"]}])
def test_a_filter_that_the_bill_cannot_tell_apart_is_not_simulated(box: Any, filters: dict[str, list[str]]) -> None:
    with pytest.raises(Refused, match="501 NotImplemented"):
        _budget(box, "100", CostFilters=filters)


class _Reader:
    """The sandbox as the grader's key reads it."""

    def __init__(self, box: Any) -> None:
        self.tool = box.tool(box.spec.grader_access_key)

    def read(self, service: str, operation: str, *, region: str | None = None, **parameters: Any) -> dict[str, Any]:
        names = {xform_name(name): name for name in botocore_model(service).operation_names}
        found: dict[str, Any] = self.tool(service, names[operation], **parameters)
        return found


def test_the_bill_of_a_worked_lab_reads_every_service(box: Any) -> None:
    the_rest(box, worked_lab(box, box.spec.account_id)["role"])
    made = bill(_Reader(box), SECTIONS, failures=(Refused,))
    assert (made.unread, made.unknown) == ((), ())
    lines = {(line.service, line.what): round(line.monthly or 0, 2) for line in made.lines}
    assert lines["rds", "db.t3.micro of mysql, Multi-AZ"] == 24.82
    assert lines["elbv2", "application load balancer, one capacity unit"] == 22.27
    assert lines["ec2", "t3.micro instance"] == 7.59
    assert lines["kms", "customer managed key"] == 1.0
    assert lines["cloudwatch", "1 custom metric"] == 0.3
    assert not made.unpriced
