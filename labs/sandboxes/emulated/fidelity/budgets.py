"""Budgets: what is spent is the simulated bill (labs/billing), and whoever subscribed is told when it is too much.

A sandbox lives for hours; so ActualSpend and ForecastedSpend are both what a whole month of all that is there now would
cost. It is looked at after each call that changes something, and a notification goes out once for each time that its
threshold is crossed.
https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CalculatedSpend.html
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any, Final

from botocore import xform_name
from moto.budgets.models import budgets_backends
from moto.core.base_backend import BackendDict
from moto.core.utils import get_service_model
from moto.sns.models import sns_backends

from labs.billing import Bill, bill
from labs.billing.bill import SECTIONS
from labs.billing.prices import prices
from labs.sandboxes.emulated import inner
from labs.sandboxes.emulated.authorization import service_may
from labs.sandboxes.emulated.errors import AwsError, not_simulated
from labs.sandboxes.emulated.hooks import Answer, Call, after, afterwards, before
from labs.sandboxes.emulated.world import WORLD

__all__: list[str] = []

# Hours of a budget's period.
_HOURS: Final = {"DAILY": 1 / 30.4167, "MONTHLY": 1.0, "QUARTERLY": 3.0, "ANNUALLY": 12.0}
_PERIODS: Final = {"DAILY": "day", "MONTHLY": "month", "QUARTERLY": "quarter", "ANNUALLY": "year"}
_SIGNS: Final = {"GREATER_THAN": ">", "LESS_THAN": "<", "EQUAL_TO": "="}
# A budget's filter names services in the bill's words.
_BILLED: Final = {
    "Amazon Elastic Compute Cloud - Compute": ("ec2",),
    "Amazon Virtual Private Cloud": ("ec2",),
    "EC2 - Other": ("ec2",),
    "Amazon Elastic Load Balancing": ("elb", "elbv2"),
    "Amazon Relational Database Service": ("rds",),
    "Amazon Simple Storage Service": ("s3",),
    "Amazon DynamoDB": ("dynamodb",),
    "AWS Lambda": ("lambda",),
    "Amazon ElastiCache": ("elasticache",),
    "Amazon Elastic Container Service": ("ecs",),
    "AmazonCloudWatch": ("cloudwatch", "logs"),
    "AWS Key Management Service": ("kms",),
    "AWS Secrets Manager": ("secretsmanager",),
    "Amazon Route 53": ("route53",),
    "Amazon Kinesis": ("kinesis",),
}


def install() -> None:
    """Read the price table now, for all sandboxes."""
    prices()
    bill(_Inside(), ())


class _Inside:
    """The account that the cell is, as the bill reads it."""

    def read(self, service: str, operation: str, *, region: str | None = None, **parameters: Any) -> dict[str, Any]:
        return inner.call(service, _operations(service)[operation], region=region or "", **parameters)


@cache
def _operations(service: str) -> dict[str, str]:
    return {xform_name(name): name for name in get_service_model(service).operation_names}


def _bill() -> Bill:
    """Return the bill of what was touched: a service that nobody called has nothing in it."""
    account = WORLD.spec.account_id
    touched = {registry.service_name for registry in BackendDict._instances if dict.get(registry, account)}
    return bill(_Inside(), touched & SECTIONS.keys(), failures=(AwsError,))


@before("budgets", "CreateBudget", "UpdateBudget")
def only_what_the_bill_can_tell_apart(call: Call) -> None:
    """Refuse a filter that the bill knows nothing of: else the budget would be of something else than it says."""
    budget = call.parameters.get("Budget") or call.parameters.get("NewBudget") or {}
    filters = {name: values for name, values in (budget.get("CostFilters") or {}).items() if values}
    known = all(name == "Service" and set(values) <= _BILLED.keys() for name, values in filters.items())
    if not known or budget.get("FilterExpression"):
        raise not_simulated("budgets", f"{call.operation.name} with this filter")


@before("budgets", "UpdateBudget")
def a_budget_may_be_changed(call: Call) -> Answer:
    """Keep its notifications and begin its period anew where none is given; moto has no such operation.

    https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_UpdateBudget.html
    """
    new = call.parameters["NewBudget"]
    held = _budgets().get(str(new["BudgetName"]))
    if held is None:
        said = f"Unable to get budget: {new['BudgetName']} - the budget doesn't exist."
        raise AwsError("NotFoundException", said, 400)
    period = held.budget["TimePeriod"] | (
        json.loads(json.dumps(new.get("TimePeriod") or {}, default=datetime.timestamp))
    )
    held.budget = {**new, "TimePeriod": period, "LastUpdatedTime": WORLD.at}
    return Answer(200, {"content-type": "application/x-amz-json-1.1"}, b"{}")


@after("budgets", "DescribeBudget", "DescribeBudgets")
def what_is_spent_is_the_bill(call: Call, answer: Answer) -> None:
    """Fill in CalculatedSpend."""
    said = json.loads(answer.body)
    every = [said["Budget"]] if "Budget" in said else said.get("Budgets", [])
    found = _bill() if every else None
    for budget in every:
        amount = {"Amount": f"{_spent(budget, found):.2f}", "Unit": "USD"} if found else {}
        if budget["BudgetType"] == "COST":
            budget["CalculatedSpend"] = {"ActualSpend": amount, "ForecastedSpend": amount}
    answer.body = json.dumps(said).encode()


@after("budgets", "DescribeNotificationsForBudget")
def a_notification_says_its_state(call: Call, answer: Answer) -> None:
    """Show NotificationState, as AWS does."""
    budget = _budgets().get(str(call.parameters.get("BudgetName")))
    said = json.loads(answer.body)
    for shown, kept in zip(said.get("Notifications", []), budget.notifications if budget else (), strict=False):
        shown["NotificationState"] = "ALARM" if getattr(kept, "alarmed", False) else "OK"
    answer.body = json.dumps(said).encode()


@afterwards
def tell_who_subscribed() -> None:
    """Send what is due now that something has changed."""
    if not any(each.notifications for each in _budgets().values()):
        return
    found = _bill()
    for budget in _budgets().values():
        if budget.budget.get("BudgetType") != "COST":
            continue
        for notification in budget.notifications:
            exceeded = _exceeded(budget.budget, notification.details, _spent(budget.budget, found))
            if exceeded and not getattr(notification, "alarmed", False):
                _send(budget.budget, notification, _spent(budget.budget, found))
            notification.alarmed = exceeded


def _budgets() -> dict[str, Any]:
    regions = dict.get(budgets_backends, WORLD.spec.account_id)
    if not regions:
        return {}
    return dict(regions["aws"].budgets.get(WORLD.spec.account_id) or {})


def _spent(budget: dict[str, Any], found: Bill) -> float:
    filters = (budget.get("CostFilters") or {}).get("Service") or ()
    services = {one for name in filters for one in _BILLED.get(name, ())}
    lines = [line for line in found.lines if not services or line.service in services]
    return sum(line.monthly or 0.0 for line in lines) * _HOURS.get(budget.get("TimeUnit", ""), 1.0)


def _limit(budget: dict[str, Any]) -> float:
    return float((budget.get("BudgetLimit") or {}).get("Amount") or 0)


def _threshold(budget: dict[str, Any], details: dict[str, Any]) -> float:
    share = details.get("ThresholdType", "PERCENTAGE") == "PERCENTAGE"
    return float(details["Threshold"]) * (_limit(budget) / 100 if share else 1)


def _exceeded(budget: dict[str, Any], details: dict[str, Any], spent: float) -> bool:
    threshold, sign = _threshold(budget, details), _SIGNS.get(details["ComparisonOperator"])
    return spent > threshold if sign == ">" else spent < threshold if sign == "<" else round(spent - threshold, 2) == 0


def _send(budget: dict[str, Any], notification: Any, spent: float) -> None:
    account, name = WORLD.spec.account_id, budget["BudgetName"]
    subject = f"AWS Budgets: {name} has exceeded your alert threshold"
    text = _letter(budget, notification.details, spent)
    for subscriber in notification.subscribers:
        address = subscriber["Address"]
        if subscriber["SubscriptionType"] == "EMAIL":
            WORLD.deliver("budgets", "email", address, text, subject=subject, budget=name, kind="notification")
            continue
        source = f"arn:aws:budgets::{account}:budget/{name}"
        _, _, _, region, owner, _ = [*address.split(":", 5), *[""] * 6][:6]
        if owner != account or address not in sns_backends[account][region].topics:
            continue
        if service_may("budgets.amazonaws.com", "sns:Publish", address, source=source):
            sns_backends[account][region].publish(text, arn=address, subject=subject[:100])


def _letter(budget: dict[str, Any], details: dict[str, Any], spent: float) -> str:
    """Return the notification as AWS writes it.

    https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
    """
    kind, name, sign = details["NotificationType"], budget["BudgetName"], details["ComparisonOperator"]
    threshold, words = f"${_threshold(budget, details):,.2f}", sign.replace("_", " ").lower()
    period = _PERIODS.get(budget.get("TimeUnit", ""), "period")
    return (
        f"AWS Account {WORLD.spec.account_id}\n\nDear AWS Customer,\n\n"
        f"You requested that we alert you when the {kind} Cost associated with your {name} budget is {words} "
        f"{threshold} for the current {period}. The {kind} Cost associated with this budget is ${spent:,.2f}. You can "
        "find additional details below and by accessing the AWS Budgets dashboard.\n\n"
        f"Budget Name: {name}\nBudget Type: Cost\nBudgeted Amount: ${_limit(budget):,.2f}\nAlert Type: {kind}\n"
        f"Alert Threshold: {_SIGNS[sign]} {threshold}\n{kind} Amount: ${spent:,.2f}\n"
    )
