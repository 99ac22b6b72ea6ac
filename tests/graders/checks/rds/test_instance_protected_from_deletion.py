from tests.graders.checks.rds.conftest import NAME

CHECK = "rds.instance_protected_from_deletion"


def test_made_so(database, passes):
    database(DeletionProtection=True)
    passes(CHECK, instance=NAME)


def test_made_otherwise(database, fails):
    database(DeletionProtection=False)
    fails(CHECK, "is off", instance=NAME)


def test_another_instance_does_not_count(database, fails):
    database(DeletionProtection=False)
    database("acme-other", DeletionProtection=True)
    fails(CHECK, "is off", instance=NAME)


def test_another_name_is_pointed_out(database, fails):
    database(DeletionProtection=True)
    fails(CHECK, "There is acme-db", instance="acme-bd")


def test_protected_later(database, account, passes):
    database()
    account.client("rds").modify_db_instance(DBInstanceIdentifier=NAME, DeletionProtection=True)
    passes(CHECK, instance=NAME)


def test_the_cluster_decides_for_its_members(account, fails, passes):
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
    fails(CHECK, "is off", instance=NAME)
    rds.modify_db_cluster(DBClusterIdentifier="acme", DeletionProtection=True)
    passes(CHECK, instance=NAME)
