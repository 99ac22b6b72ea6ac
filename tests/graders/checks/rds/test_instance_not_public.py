from tests.graders.checks.rds.conftest import NAME

CHECK = "rds.instance_not_public"


def test_made_so(database, passes):
    database(PubliclyAccessible=False)
    passes(CHECK, instance=NAME)


def test_made_otherwise(database, fails):
    database(PubliclyAccessible=True)
    fails(CHECK, "publicly accessible", instance=NAME)


def test_another_instance_does_not_count(database, fails):
    database(PubliclyAccessible=True)
    database("acme-other", PubliclyAccessible=False)
    fails(CHECK, "publicly accessible", instance=NAME)


def test_another_name_is_pointed_out(database, fails):
    database(PubliclyAccessible=False)
    fails(CHECK, "There is acme-db", instance="acme-bd")


def test_closed_later(database, account, passes):
    database(PubliclyAccessible=True)
    account.client("rds").modify_db_instance(DBInstanceIdentifier=NAME, PubliclyAccessible=False, ApplyImmediately=True)
    passes(CHECK, instance=NAME)


def test_closed_when_nothing_is_said(database, passes):
    database()
    passes(CHECK, instance=NAME)


def test_a_change_that_waits_is_not_done(database, pending, fails):
    database(PubliclyAccessible=True)
    pending(PubliclyAccessible=False)
    fails(CHECK, "pending until the maintenance window", instance=NAME)
