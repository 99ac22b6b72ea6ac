import pytest

from graders.account import BotoAccount
from tests.graders.conftest import ACCOUNT

CHECK = "budgets.budget_notifies"
CALL = {"limit": 5.0}


def notification(threshold=80.0, kind="ACTUAL", sign="GREATER_THAN", unit="PERCENTAGE"):
    return {
        "Notification": {
            "NotificationType": kind,
            "ComparisonOperator": sign,
            "Threshold": threshold,
            "ThresholdType": unit,
        },
        "Subscribers": [{"SubscriptionType": "EMAIL", "Address": "ana@example.com"}],
    }


@pytest.fixture
def budget(account):
    def make(*notifications, name="monthly", amount="5", unit="MONTHLY", kind="COST"):
        more = {"BudgetName": name, "TimeUnit": unit, "BudgetType": kind}
        account.client("budgets").create_budget(
            AccountId=ACCOUNT,
            Budget={"BudgetLimit": {"Amount": amount, "Unit": "USD"}, **more},
            NotificationsWithSubscribers=list(notifications),
        )

    return make


@pytest.fixture
def told(monkeypatch):
    """Budgets tells who hears of it (moto does not)."""
    read = BotoAccount.read

    def answer(self, service, operation, **more):
        if operation == "describe_subscribers_for_notification":
            return {"Subscribers": [{"SubscriptionType": "EMAIL", "Address": "ana@example.com"}]}
        return read(self, service, operation, **more)

    monkeypatch.setattr(BotoAccount, "read", answer)


class TestRight:
    @pytest.mark.parametrize(
        ("given", "amount"),
        [
            (notification(), "5"),
            (notification(0.01, unit="ABSOLUTE_VALUE"), "1"),
            (notification(100.0), "4.50"),
        ],
        ids=["80 percent", "zero spend", "at the limit"],
    )
    def test_in_time(self, budget, passes, given, amount):
        budget(given, amount=amount)
        passes(CHECK, **CALL)

    def test_to_an_address_by_name(self, budget, told, passes):
        budget(name="yearly", unit="ANNUALLY")
        budget(notification())
        passes(CHECK, **CALL, budget="monthly", address="ana@example.com", percent=80, exact=True)

    def test_where_nobody_tells_who_hears(self, budget, passes):
        budget(notification())
        passes(CHECK, **CALL, address="ana@example.com")

    def test_forecasted(self, budget, passes):
        budget(notification(kind="FORECASTED"))
        passes(CHECK, **CALL, kind="FORECASTED")


class TestWrong:
    @pytest.mark.parametrize(
        ("given", "more", "words"),
        [
            ([notification()], {"amount": "10"}, "is of 10 USD"),
            ([], {}, "has no notification"),
            ([notification(kind="FORECASTED")], {}, "FORECASTED above 80%, not on ACTUAL"),
            ([notification(sign="LESS_THAN")], {}, "ACTUAL below 80%"),
            ([notification(150.0)], {}, "not at 100% or earlier"),
            ([notification(6.0, unit="ABSOLUTE_VALUE")], {}, "above 6 USD, not at 100%"),
            ([notification()], {"unit": "ANNUALLY"}, "is annually, not monthly"),
            ([notification()], {"kind": "USAGE"}, "counts usage, not cost"),
        ],
    )
    def test_too_late_or_not_at_all(self, budget, fails, given, more, words):
        budget(*given, **more)
        fails(CHECK, words, **CALL)

    def test_somebody_else_hears(self, budget, told, fails):
        budget(notification())
        fails(CHECK, "tells ana@example.com, not finance@example.com", **CALL, address="finance@example.com")


class TestNearMiss:
    def test_another_name(self, budget, fails):
        budget(notification(), name="Monthly")
        fails(CHECK, "There is Monthly", **CALL, budget="monthly")

    def test_the_nearest_of_several_is_told(self, budget, fails):
        budget(notification(), name="big", amount="100")
        budget(name="small")
        fails(CHECK, "The budget small notifies nobody", **CALL)
