"""https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html"""

from typing import Any, Literal

from botocore.exceptions import ClientError

from graders import Account, Fail, check, nearby
from graders.account import error_code

Budget = dict[str, Any]
PERIODS = {"DAILY": 1, "MONTHLY": 30, "QUARTERLY": 91, "ANNUALLY": 365}


@check(permissions=["budgets:ViewBudget"])
def budget_notifies(
    account: Account,
    *,
    limit: float,
    budget: str = "",
    percent: float = 100.0,
    kind: Literal["ACTUAL", "FORECASTED", "any"] = "ACTUAL",
    address: str = "",
    period: str = "MONTHLY",
    exact: bool = False,
) -> None:
    """A cost budget of {limit} USD tells somebody before it is spent.

    The budget named `budget`, or any. Its limit is at most `limit` (`exact`: that), for each `period`; and a
    notification of `kind` goes out at `percent` of the limit or earlier, in percent or in dollars. `address`: an e-mail
    address or a topic's ARN that hears of it, where Budgets tells who does (an emulated one does not).
    """
    found: list[Budget] = account.read("budgets", "describe_budgets", AccountId=account.account_id).get("Budgets", [])
    named = [one for one in found if budget in ("", one["BudgetName"])]
    if not named:
        hint = nearby.almost(budget, (one["BudgetName"] for one in found)) if budget else ""
        raise _fail(limit, budget or "A cost budget", "{budget} does not exist.{hint}", hint=hint)
    said = [_shortcoming(account, one, limit, percent, kind, address, period, exact) for one in named]
    if all(said):
        raise min((one for one in said if one), key=lambda one: one[0])[1]


def _shortcoming(
    account: Account, budget: Budget, limit: float, percent: float, kind: str, address: str, period: str, exact: bool
) -> tuple[int, Fail] | None:
    """How far from right (less is nearer), and why; None when the budget does what is asked."""
    name = budget["BudgetName"]
    held = budget.get("BudgetLimit", {})
    amount = float(held.get("Amount", 0))
    if budget["BudgetType"] != "COST":
        return 5, _fail(limit, name, "The budget {budget} counts {what}, not cost.", what=budget["BudgetType"].lower())
    if budget["TimeUnit"] != period:
        found = "The budget {budget} is {what}, not {period}."
        return 4, _fail(limit, name, found, what=budget["TimeUnit"].lower(), period=period.lower())
    if held.get("Unit", "USD") != "USD" or amount > limit or (exact and amount != limit) or amount <= 0:
        return 3, _fail(limit, name, "The budget {budget} is of {amount}.", amount=f"{amount:g} {held.get('Unit', '')}")
    answer = account.read("budgets", "describe_notifications_for_budget", AccountId=account.account_id, BudgetName=name)
    every = answer.get("Notifications", [])
    early = [one for one in every if _share(one, amount) <= percent and one["ComparisonOperator"] == "GREATER_THAN"]
    right = [one for one in early if kind in ("any", one["NotificationType"])]
    if not right:
        return 2, _fail(limit, name, _silent(every, early), kind=kind, percent=f"{percent:g}",
                        first=_words(every[0]) if every else "")  # fmt: skip
    told = [_subscribers(account, name, one) for one in right]
    if address and None not in told and not any(address in (one or []) for one in told):
        others = [text for one in told for text in one or []]
        found = "The budget {budget} tells {others}, not {address}."
        return 1, _fail(limit, name, found, others=", ".join(others) or "nobody", address=address)
    return None


def _share(notification: dict[str, Any], amount: float) -> float:
    """The threshold as a share of the limit, in percent."""
    threshold = float(notification["Threshold"])
    return threshold if notification.get("ThresholdType", "PERCENTAGE") == "PERCENTAGE" else 100 * threshold / amount


def _words(notification: dict[str, Any]) -> str:
    unit = "%" if notification.get("ThresholdType", "PERCENTAGE") == "PERCENTAGE" else " USD"
    sign = {"GREATER_THAN": "above", "LESS_THAN": "below"}.get(notification["ComparisonOperator"], "at")
    return f"{notification['NotificationType']} {sign} {notification['Threshold']:g}{unit}"


def _silent(every: list[dict[str, Any]], early: list[dict[str, Any]]) -> str:
    if not every:
        return "The budget {budget} notifies nobody: it has no notification."
    if early:
        return "The budget {budget} notifies on {first}, not on {kind} cost."
    return "The budget {budget} notifies on {first}, not at {percent}% or earlier."


def _subscribers(account: Account, name: str, notification: dict[str, Any]) -> list[str] | None:
    """Who hears of it; None where Budgets does not tell (an emulated one lacks the call)."""
    wanted = {
        key: notification[key]
        for key in ("NotificationType", "ComparisonOperator", "Threshold", "ThresholdType")
        if key in notification
    }
    try:
        answer = account.read(
            "budgets",
            "describe_subscribers_for_notification",
            AccountId=account.account_id,
            BudgetName=name,
            Notification=wanted,
        )
    except NotImplementedError:
        return None
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 501 or error_code(error) in (
            "NotImplemented",
            "501",
        ):
            return None
        raise
    return [one["Address"] for one in answer.get("Subscribers", [])]


def _fail(limit: float, budget: str, found: str, **values: str) -> Fail:
    return Fail(
        found,
        looked_at="the budgets of this account and their notifications",
        needed="A cost budget of at most {limit} USD whose notification goes out in time.",
        try_="aws budgets create-budget (or update-budget) and create-notification",
        counterexample="The money is spent, and nobody hears of it.",
        **{"limit": f"{limit:g}", "budget": budget, **values},
    )
