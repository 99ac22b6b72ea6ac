import pytest

from tests.graders.checks.rds.conftest import NAME

CHECK = "rds.snapshot_exists"


@pytest.fixture
def taken(account, database):
    """acme-db with the snapshot before-upgrade."""
    rds = account.client("rds")

    def taken(name="before-upgrade", **options):
        database(**options)
        rds.create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier=name)
        return rds

    return taken


class TestRight:
    def test_any_name(self, taken, passes):
        taken()
        passes(CHECK, instance=NAME)

    def test_a_final_snapshot_of_an_instance_that_is_gone(self, database, account, passes):
        database()
        account.client("rds").delete_db_instance(DBInstanceIdentifier=NAME, FinalDBSnapshotIdentifier="last")
        passes(CHECK, instance=NAME, snapshot="last")

    def test_encrypted(self, taken, passes):
        taken(StorageEncrypted=True)
        passes(CHECK, instance=NAME, encrypted=True)

    def test_a_copy_in_another_region(self, taken, account, passes):
        taken()
        account.client("rds", "eu-west-1").copy_db_snapshot(
            SourceDBSnapshotIdentifier="arn:aws:rds:us-east-1:123456789012:snapshot:before-upgrade",
            TargetDBSnapshotIdentifier="copied",
            SourceRegion="us-east-1",
        )
        passes(CHECK, instance=NAME, region="eu-west-1")


class TestWrong:
    def test_only_the_automated_one(self, database, fails):
        database(BackupRetentionPeriod=7)
        fails(CHECK, "has only automated snapshots", instance=NAME)

    def test_of_another_instance(self, taken, database, fails):
        taken()
        fails(CHECK, "does not exist", instance="other-db")

    def test_shared_with_everybody(self, taken, fails):
        taken().modify_db_snapshot_attribute(
            DBSnapshotIdentifier="before-upgrade", AttributeName="restore", ValuesToAdd=["all"]
        )
        fails(CHECK, "Everybody with an AWS account can restore the snapshot before-upgrade", instance=NAME)

    def test_not_encrypted(self, taken, fails):
        taken(StorageEncrypted=False)
        fails(CHECK, "before-upgrade of acme-db is not encrypted", instance=NAME, encrypted=True)


class TestNearMiss:
    def test_another_name(self, taken, fails):
        taken("before-upgrad")
        fails(CHECK, "There is before-upgrad", instance=NAME, snapshot="before-upgrade")

    def test_not_copied_to_the_other_region(self, taken, fails):
        taken()
        fails(CHECK, "There is one in us-east-1, not copied", instance=NAME, region="eu-west-1")
