import pytest

from tests.graders.checks.rds.conftest import NAME

CHECK = "rds.instance_keeps_backups"


class TestRight:
    @pytest.mark.parametrize("kept", [7, 8, 35])
    def test_as_long_or_longer(self, database, passes, kept):
        database(BackupRetentionPeriod=kept)
        passes(CHECK, instance=NAME, days=7)

    def test_set_later(self, database, account, passes):
        database(BackupRetentionPeriod=1)
        account.client("rds").modify_db_instance(
            DBInstanceIdentifier=NAME, BackupRetentionPeriod=7, ApplyImmediately=True
        )
        passes(CHECK, instance=NAME, days=7)


class TestWrong:
    @pytest.mark.parametrize(
        ("kept", "words"),
        [(0, "are off"), (0, "after 1 day could"), (1, "for 1 day."), (1, "after 2 days"), (6, "after 7 days")],
    )
    def test_too_short(self, database, fails, kept, words):
        database(BackupRetentionPeriod=kept)
        fails(CHECK, words, instance=NAME, days=7)

    def test_a_change_that_waits_is_not_done(self, database, pending, fails):
        database(BackupRetentionPeriod=1)
        pending(BackupRetentionPeriod=7)
        fails(CHECK, "pending until the maintenance window", instance=NAME, days=7)

    def test_a_shorter_time_that_waits_undoes_it(self, database, pending, fails):
        database(BackupRetentionPeriod=7)
        pending(BackupRetentionPeriod=0)
        fails(CHECK, "7 days or more", "a change to 0 days waits", instance=NAME, days=7)


class TestNearMiss:
    def test_another_region_is_pointed_out(self, database, fails):
        database(region="us-west-2", BackupRetentionPeriod=7)
        fails(CHECK, "There is one in us-west-2", instance=NAME, days=7)
