import pytest

from tests.graders.checks.rds.conftest import NAME

CHECK = "rds.instance_protected_from_deletion"


@pytest.fixture
def aurora(account):
    """A cluster acme with the member acme-db that is protected itself; `aurora(True)` protects the cluster."""
    rds = account.client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="acme", Engine="aurora-mysql", MasterUsername="admin", MasterUserPassword="not-a-secret"
    )
    rds.create_db_instance(
        DBInstanceIdentifier=NAME,
        DBInstanceClass="db.r5.large",
        Engine="aurora-mysql",
        DBClusterIdentifier="acme",
        DeletionProtection=False,
    )
    return lambda on: rds.modify_db_cluster(DBClusterIdentifier="acme", DeletionProtection=on)


class TestRight:
    def test_made_so(self, database, passes):
        database(DeletionProtection=True)
        passes(CHECK, instance=NAME)

    def test_protected_later(self, database, account, passes):
        database()
        account.client("rds").modify_db_instance(DBInstanceIdentifier=NAME, DeletionProtection=True)
        passes(CHECK, instance=NAME)

    def test_the_cluster_decides_for_its_members(self, aurora, passes):
        aurora(True)
        passes(CHECK, instance=NAME)


class TestWrong:
    def test_made_otherwise(self, database, fails):
        database(DeletionProtection=False)
        fails(CHECK, "is off", instance=NAME)

    def test_off_when_nothing_is_said(self, database, fails):
        database()
        fails(CHECK, "One delete-db-instance call would take acme-db away", instance=NAME)

    def test_a_cluster_without_protection(self, aurora, fails):
        aurora(False)
        fails(CHECK, "is off", instance=NAME)


class TestNearMiss:
    def test_another_instance_is_the_protected_one(self, database, fails):
        database(DeletionProtection=False)
        database("acme-other", DeletionProtection=True)
        fails(CHECK, "acme-other is protected, but the task is about acme-db", instance=NAME)

    def test_another_name_is_pointed_out(self, database, fails):
        database(DeletionProtection=True)
        fails(CHECK, "There is acme-db", instance="acme-bd")
