import pytest

from tests.graders.checks.dynamodb.conftest import TABLE, index

CHECK = "dynamodb.table_expires_items"


@pytest.fixture
def expires(account):
    def expires(attribute="expiresAt", on=True):
        account.client("dynamodb").update_time_to_live(
            TableName=TABLE, TimeToLiveSpecification={"Enabled": on, "AttributeName": attribute}
        )

    return expires


@pytest.fixture
def status(monkeypatch):
    def status(value):
        monkeypatch.setattr(
            "moto.dynamodb.models.DynamoDBBackend.describe_time_to_live",
            lambda self, table_name: {"TimeToLiveStatus": value, "AttributeName": "expiresAt"},
        )

    return status


class TestRight:
    def test_on(self, table, expires, passes):
        table()
        expires()
        passes(CHECK, table=TABLE, attribute="expiresAt")

    def test_being_turned_on(self, table, status, passes):
        table()
        status("ENABLING")
        passes(CHECK, table=TABLE, attribute="expiresAt")

    def test_a_key_that_is_a_number(self, table, expires, passes):
        table(types={"expiresAt": "N"}, indexes=[index("by-time", "userId", "expiresAt")])
        expires()
        passes(CHECK, table=TABLE, attribute="expiresAt")


class TestWrong:
    def test_never_turned_on(self, table, fails):
        table()
        fails(CHECK, "Time to live of Posts is DISABLED", table=TABLE, attribute="expiresAt")

    def test_being_turned_off(self, table, status, fails):
        table()
        status("DISABLING")
        fails(CHECK, "Time to live of Posts is DISABLING", table=TABLE, attribute="expiresAt")

    def test_an_attribute_that_is_text(self, table, expires, fails):
        table(indexes=[index("by-time", "userId", "expiresAt")])
        expires()
        fails(CHECK, "is text (S): time to live reads seconds", table=TABLE, attribute="expiresAt")


class TestNearMiss:
    def test_another_attribute(self, table, expires, fails):
        table()
        expires("createdAt")
        fails(CHECK, "reads createdAt, not expiresAt", table=TABLE, attribute="expiresAt")

    def test_other_capitals(self, table, expires, fails):
        table()
        expires("expiresat")
        fails(CHECK, "Capital letters count", table=TABLE, attribute="expiresAt")
