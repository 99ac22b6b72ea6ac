import pytest

from tests.graders.checks.dynamodb.conftest import TABLE

CHECK = "dynamodb.table_recoverable"


@pytest.fixture
def recovery(account, table):
    """The table Posts; `recovery(True, 7)` turns point-in-time recovery on for a week."""
    table()
    client = account.client("dynamodb")

    def recovery(on, days=None):
        asked = {"PointInTimeRecoveryEnabled": on} | ({"RecoveryPeriodInDays": days} if days else {})
        client.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification=asked)
        return client

    return recovery


@pytest.fixture
def described(monkeypatch):
    """What moto does not say of recovery: `described(RecoveryPeriodInDays=7)`."""

    def described(**values):
        monkeypatch.setattr(
            "moto.dynamodb.models.DynamoDBBackend.describe_continuous_backups",
            lambda self, table_name: {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED", **values},
            },
        )

    return described


class TestRight:
    def test_on(self, recovery, passes):
        recovery(True)
        passes(CHECK, table=TABLE)

    def test_on_for_the_usual_time(self, recovery, passes):
        recovery(True)
        passes(CHECK, table=TABLE, days=35)

    def test_on_for_longer_than_asked(self, recovery, described, passes):
        described(RecoveryPeriodInDays=14)
        passes(CHECK, table=TABLE, days=7)


class TestWrong:
    def test_off(self, recovery, fails):
        recovery(False)
        fails(CHECK, "Point-in-time recovery of Posts is DISABLED", table=TABLE)

    def test_never_turned_on(self, table, fails):
        table()
        fails(CHECK, "is DISABLED", "cannot be undone", table=TABLE)

    def test_for_too_short_a_time(self, recovery, described, fails):
        described(RecoveryPeriodInDays=3)
        fails(CHECK, "3 days back, not 7", table=TABLE, days=7)


class TestNearMiss:
    def test_a_backup_taken_by_hand(self, recovery, fails):
        recovery(False).create_backup(TableName=TABLE, BackupName="posts-v1")
        fails(CHECK, "The backup posts-v1 holds one moment", table=TABLE)
