from tests.graders.checks.rds.conftest import NAME

CHECK = "rds.instance_is_multi_az"


class TestRight:
    def test_made_multi_az(self, database, passes):
        database(MultiAZ=True)
        passes(CHECK, instance=NAME)

    def test_made_multi_az_later(self, database, account, passes):
        database()
        account.client("rds").modify_db_instance(DBInstanceIdentifier=NAME, MultiAZ=True, ApplyImmediately=True)
        passes(CHECK, instance=NAME)

    def test_capital_letters_of_an_identifier_do_not_count(self, database, passes):
        database(MultiAZ=True)
        passes(CHECK, instance="Acme-DB")


class TestWrong:
    def test_one_zone_fails(self, database, fails):
        database()
        fails(CHECK, "one Availability Zone", "--multi-az --apply-immediately", instance=NAME)

    def test_a_read_replica_is_no_standby(self, database, account, fails):
        database()
        account.client("rds").create_db_instance_read_replica(
            DBInstanceIdentifier="acme-copy", SourceDBInstanceIdentifier=NAME
        )
        fails(CHECK, "read replica", instance=NAME)

    def test_a_change_that_waits_is_not_done(self, database, pending, fails):
        database()
        pending(MultiAZ=True)
        fails(CHECK, "pending until the maintenance window; use --apply-immediately", instance=NAME)

    def test_a_standby_that_is_about_to_go_is_none(self, database, pending, fails):
        database(MultiAZ=True)
        pending(MultiAZ=False)
        fails(CHECK, "about to be taken away", instance=NAME)

    def test_a_subnet_group_of_one_zone_has_no_place_for_a_standby(self, vpc, database, fails):
        vpc.subnet_group("a1", "a2")
        database(MultiAZ=True, DBSubnetGroupName="data")
        fails(CHECK, "there is no place for a standby", instance=NAME)


class TestNearMiss:
    def test_another_name_is_pointed_out(self, database, fails):
        database(MultiAZ=True)
        fails(CHECK, "There is acme-db", instance="acme-dv")

    def test_another_region_is_pointed_out(self, database, fails):
        database(region="eu-west-1", MultiAZ=True)
        fails(CHECK, "There is one in eu-west-1", instance=NAME)
