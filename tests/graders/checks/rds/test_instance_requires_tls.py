import pytest

from tests.graders.checks.rds.conftest import NAME

CHECK = "rds.instance_requires_tls"


@pytest.fixture
def group(account):
    """`group("tls", "mysql8.0", require_secure_transport="1")` makes a parameter group."""
    rds = account.client("rds")

    def group(name, family, **values):
        rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily=family, Description=name)
        given = [
            {"ParameterName": key.replace("__", "."), "ParameterValue": value, "ApplyMethod": "immediate"}
            for key, value in values.items()
        ]
        if given:
            rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=given)

    return group


class TestRight:
    @pytest.mark.parametrize("value", ["1", "ON"])
    def test_mysql(self, group, database, passes, value):
        group("tls", "mysql8.0", require_secure_transport=value)
        database(DBParameterGroupName="tls")
        passes(CHECK, instance=NAME)

    def test_postgres(self, group, database, passes):
        group("tls", "postgres14", rds__force_ssl="1")
        database(Engine="postgres", EngineVersion="14.9", DBParameterGroupName="tls")
        passes(CHECK, instance=NAME)

    def test_a_postgres_that_forces_it_by_itself(self, database, passes):
        database(Engine="postgres", EngineVersion="16.3")
        passes(CHECK, instance=NAME)


class TestWrong:
    def test_the_default_group(self, database, fails):
        database()
        fails(CHECK, "Nothing sets require_secure_transport for acme-db", instance=NAME)

    def test_turned_off_in_a_postgres_that_has_it_on(self, group, database, fails):
        group("loose", "postgres16", rds__force_ssl="0")
        database(Engine="postgres", EngineVersion="16.3", DBParameterGroupName="loose")
        fails(CHECK, "rds.force_ssl of acme-db is off in loose", instance=NAME)

    def test_the_parameter_of_another_engine(self, group, database, fails):
        group("tls", "mysql8.0", rds__force_ssl="1")
        database(DBParameterGroupName="tls")
        fails(CHECK, "Nothing sets require_secure_transport", instance=NAME)

    def test_a_group_that_waits_for_a_reboot(self, group, database, described, fails):
        group("tls", "mysql8.0", require_secure_transport="1")
        database()
        described(DBParameterGroups=[{"DBParameterGroupName": "tls", "ParameterApplyStatus": "pending-reboot"}])
        fails(CHECK, "must be rebooted", "reboot-db-instance", instance=NAME)

    def test_a_group_that_was_edited_and_not_attached(self, group, database, fails):
        group("tls", "mysql8.0", require_secure_transport="1")
        database()
        fails(CHECK, "Nothing sets require_secure_transport", instance=NAME)


class TestNearMiss:
    def test_the_group_is_on_another_instance(self, group, database, fails):
        group("tls", "mysql8.0", require_secure_transport="1")
        database()
        database("acme-other", DBParameterGroupName="tls")
        fails(CHECK, "It is on in tls, the group of acme-other", instance=NAME)
