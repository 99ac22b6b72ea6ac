import pytest

from tests.graders.checks.rds.conftest import NAME

CHECK = "rds.instance_has_replica"


@pytest.fixture
def replica(account, database):
    """acme-db; `replica("acme-copy")` follows it (`source` another)."""
    database()

    def replica(name="acme-copy", source=NAME, region=None, **options):
        account.client("rds", region).create_db_instance_read_replica(
            DBInstanceIdentifier=name, SourceDBInstanceIdentifier=source, **options
        )

    return replica


class TestRight:
    def test_any_name(self, replica, passes):
        replica()
        passes(CHECK, instance=NAME)

    def test_the_name_that_was_asked_for(self, replica, passes):
        replica()
        passes(CHECK, instance=NAME, replica="acme-copy")

    def test_in_another_region(self, replica, passes):
        replica(region="eu-west-1", source=f"arn:aws:rds:us-east-1:123456789012:db:{NAME}", SourceRegion="us-east-1")
        passes(CHECK, instance=NAME, region="eu-west-1")

    def test_a_reader_of_its_cluster(self, account, passes):
        rds = account.client("rds")
        rds.create_db_cluster(
            DBClusterIdentifier="shop",
            Engine="aurora-mysql",
            MasterUsername="admin",
            MasterUserPassword="not-a-secret",
        )
        for name in ("shop-1", "shop-2"):
            rds.create_db_instance(
                DBInstanceIdentifier=name,
                DBInstanceClass="db.r5.large",
                Engine="aurora-mysql",
                DBClusterIdentifier="shop",
            )
        passes(CHECK, instance="shop-1")


class TestWrong:
    def test_none(self, database, fails):
        database()
        fails(CHECK, "acme-db has no read replica in us-east-1", instance=NAME)

    def test_a_standby_is_none(self, database, fails):
        database(MultiAZ=True)
        fails(CHECK, "its standby (Multi-AZ) cannot be read", instance=NAME)

    def test_a_copy_from_a_snapshot_is_none(self, database, account, fails):
        database()
        rds = account.client("rds")
        rds.create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier="now")
        rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="acme-copy", DBSnapshotIdentifier="now")
        fails(CHECK, "acme-copy is there, but it follows nothing", instance=NAME, replica="acme-copy")

    def test_one_that_is_not_up(self, replica, described, fails):
        replica()
        described(DBInstanceStatus="creating")
        fails(CHECK, "acme-copy of acme-db is creating, not available", instance=NAME)


class TestNearMiss:
    def test_another_name(self, replica, fails):
        replica()
        fails(CHECK, "has the read replica acme-copy, under another name", instance=NAME, replica="acme-reader")

    def test_another_region(self, replica, fails):
        replica()
        fails(CHECK, "There is acme-copy, in us-east-1", instance=NAME, region="eu-west-1")
