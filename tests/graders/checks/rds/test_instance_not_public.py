from tests.graders.checks.rds.conftest import NAME

CHECK = "rds.instance_not_public"


class TestRight:
    def test_made_so(self, database, passes):
        database(PubliclyAccessible=False)
        passes(CHECK, instance=NAME)

    def test_closed_later(self, database, account, passes):
        database(PubliclyAccessible=True)
        account.client("rds").modify_db_instance(
            DBInstanceIdentifier=NAME, PubliclyAccessible=False, ApplyImmediately=True
        )
        passes(CHECK, instance=NAME)

    def test_closed_when_nothing_is_said(self, database, passes):
        database()
        passes(CHECK, instance=NAME)


class TestWrong:
    def test_made_otherwise(self, database, fails):
        database(PubliclyAccessible=True)
        fails(CHECK, "publicly accessible", instance=NAME)

    def test_a_change_that_waits_is_not_done(self, database, pending, fails):
        database(PubliclyAccessible=True)
        pending(PubliclyAccessible=False)
        fails(CHECK, "pending until the maintenance window", instance=NAME)

    def test_an_opening_that_waits_undoes_it(self, database, pending, fails):
        database(PubliclyAccessible=False)
        pending(PubliclyAccessible=True)
        fails(CHECK, "publicly accessible", instance=NAME)


class TestNearMiss:
    def test_another_instance_is_the_private_one(self, database, fails):
        database(PubliclyAccessible=True)
        database("acme-other", PubliclyAccessible=False)
        fails(CHECK, "acme-other is private, but the task is about acme-db", instance=NAME)

    def test_another_name_is_pointed_out(self, database, fails):
        database(PubliclyAccessible=False)
        fails(CHECK, "There is acme-db", instance="acme-bd")
