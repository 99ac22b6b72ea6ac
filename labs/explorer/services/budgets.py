"""Budgets: a warning before the money is spent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from graders import Account
from labs.explorer.model import (
    Action,
    At,
    Call,
    Choice,
    Fact,
    Kind,
    Number,
    Part,
    Row,
    Service,
    Text,
    Thing,
    Values,
    ask,
    call,
)

KINDS = (("ACTUAL", "what was spent"), ("FORECASTED", "what will be, by the looks of it"))


def things(account: Account) -> Iterator[Thing]:
    for one in ask(account, "budgets", "describe_budgets", AccountId=account.account_id).get("Budgets", []):
        limit, spent = one.get("BudgetLimit", {}), one.get("CalculatedSpend", {}).get("ActualSpend", {})
        facts = (
            Fact("Limit", f"{limit.get('Amount', '?')} {limit.get('Unit', '')} {one.get('TimeUnit', '').lower()}"),
            Fact("Spent", f"{spent.get('Amount', '0')} {spent.get('Unit', 'USD')}"),
            Fact("Type", one.get("BudgetType", "")),
        )
        yield Thing(one["BudgetName"], one["BudgetName"], facts, data=one)


def _detail(account: Account, it: Thing) -> Thing:
    found = ask(
        account, "budgets", "describe_notifications_for_budget", AccountId=account.account_id, BudgetName=it.id
    ).get("Notifications", [])
    rows = tuple(
        Row(
            str(number),
            (
                dict(KINDS).get(one["NotificationType"], ""),
                f"more than {one.get('Threshold')}{' %' if one.get('ThresholdType', 'PERCENTAGE') == 'PERCENTAGE' else ''}",
            ),
            data={
                name: one[name]
                for name in ("NotificationType", "ComparisonOperator", "Threshold", "ThresholdType")
                if name in one
            },
        )
        for number, one in enumerate(found)
    )
    return replace(
        it, properties=it.facts, parts=(Part("notifications", "Warnings", ("Of", "When"), rows, "Nobody is warned."),)
    )


def _warning(v: Values) -> dict[str, object]:
    return {
        "NotificationType": v["NotificationType"],
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": float(v["Threshold"]),
        "ThresholdType": "PERCENTAGE",
    }


def _create(v: Values, at: At) -> Iterator[Call]:
    budget = {
        "BudgetName": v["BudgetName"],
        "BudgetLimit": {"Amount": str(v["amount"]), "Unit": "USD"},
        "TimeUnit": v["TimeUnit"],
        "BudgetType": "COST",
    }
    told = (
        [{"Notification": _warning(v), "Subscribers": [{"SubscriptionType": "EMAIL", "Address": v["email"]}]}]
        if v["email"]
        else None
    )
    yield call("budgets", "create_budget", AccountId=at.account_id, Budget=budget, NotificationsWithSubscribers=told)


def _add(v: Values, at: At) -> Iterator[Call]:
    yield call(
        "budgets",
        "create_notification",
        AccountId=at.account_id,
        BudgetName=at.thing.id,
        Notification=_warning(v),
        Subscribers=[{"SubscriptionType": "EMAIL", "Address": v["email"]}],
    )


WARNING = (
    Choice("NotificationType", "Warn of", KINDS, initial="ACTUAL", required=True),
    Number("Threshold", "beyond", initial=80, least=0.1, whole=False, unit="percent", required=True),
)
BUDGET = Kind(
    "budget",
    "Budget",
    "Budgets",
    things,
    detail=_detail,
    empty="A budget warns when more is spent than was meant. It stops nothing.",
    command=(
        "aws budgets create-budget --account-id 111122223333 --budget "
        "BudgetName=month,BudgetLimit={Amount=5,Unit=USD},TimeUnit=MONTHLY,BudgetType=COST"
    ),
    actions=(
        Action(
            "create",
            "Create budget",
            _create,
            (
                Text("BudgetName", "Name", required=True),
                Number("amount", "Limit", initial=5, least=0.01, whole=False, unit="USD", required=True),
                Choice(
                    "TimeUnit",
                    "a",
                    (("MONTHLY", "month"), ("QUARTERLY", "quarter"), ("ANNUALLY", "year"), ("DAILY", "day")),
                    initial="MONTHLY",
                    required=True,
                ),
                *WARNING,
                Text("email", "E-mail to", help="Empty: nobody."),
            ),
            new=True,
        ),
        Action("add", "Add warning", _add, (*WARNING, Text("email", "E-mail to", required=True)), part="notifications"),
        Action(
            "remove",
            "Remove",
            lambda v, at: [
                call(
                    "budgets",
                    "delete_notification",
                    AccountId=at.account_id,
                    BudgetName=at.thing.id,
                    Notification=at.row.data,
                )
            ],
            part="notifications",
            row=True,
            danger="Warn of this no longer?",
            verb="Remove",
        ),
        Action(
            "delete",
            "Delete",
            lambda v, at: [call("budgets", "delete_budget", AccountId=at.account_id, BudgetName=at.thing.id)],
            danger="Delete the budget?",
            verb="Delete",
        ),
    ),
)
SERVICE = Service("budgets", "Budgets", "A warning before the money is spent.", (BUDGET,), everywhere=True)
