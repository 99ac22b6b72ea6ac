import pytest

CHECK = "rds.failover_keeps_endpoint"
pytestmark = pytest.mark.stack


@pytest.fixture
def database(cell):
    """`database(…)` makes the instance acme-db."""

    def database(name="acme-db", **more):
        cell.client("rds").create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t3.micro",
            Engine="mysql",
            MasterUsername="admin",
            MasterUserPassword="correct-horse",
            AllocatedStorage=20,
            **more,
        )

    return database


def zone(cell):
    return cell.client("rds").describe_db_instances(DBInstanceIdentifier="acme-db")["DBInstances"][0][
        "AvailabilityZone"
    ]


class TestRight:
    def test_a_standby(self, cell, database):
        database(MultiAZ=True)
        before = zone(cell)
        cell.passes(CHECK, instance="acme-db")
        assert zone(cell) == before  # the learner's own did not move

    def test_a_standby_that_came_later(self, cell, database):
        database()
        cell.client("rds").modify_db_instance(DBInstanceIdentifier="acme-db", MultiAZ=True, ApplyImmediately=True)
        cell.passes(CHECK, instance="acme-db")

    def test_in_subnets_of_three_zones(self, cell, database):
        ec2 = cell.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"us-east-1{letter}")
            for index, letter in enumerate("abc")
        ]
        cell.client("rds").create_db_subnet_group(
            DBSubnetGroupName="private",
            DBSubnetGroupDescription="private",
            SubnetIds=[one["Subnet"]["SubnetId"] for one in subnets],
        )
        database(MultiAZ=True, DBSubnetGroupName="private")
        cell.passes(CHECK, instance="acme-db")

    def test_after_a_failover_it_can_fail_back(self, cell, database):
        database(MultiAZ=True)
        cell.client("rds").reboot_db_instance(DBInstanceIdentifier="acme-db", ForceFailover=True)
        cell.passes(CHECK, instance="acme-db")


class TestWrong:
    def test_one_zone(self, cell, database):
        database()
        cell.fails(CHECK, "acme-db cannot fail over", "not configured for either MultiAZ", instance="acme-db")

    def test_a_standby_taken_away(self, cell, database):
        database(MultiAZ=True)
        cell.client("rds").modify_db_instance(DBInstanceIdentifier="acme-db", MultiAZ=False, ApplyImmediately=True)
        cell.fails(CHECK, "cannot fail over", instance="acme-db")

    def test_another_instance_has_one(self, cell, database):
        database()
        database("other-db", MultiAZ=True)
        cell.fails(CHECK, "acme-db cannot fail over", instance="acme-db")


class TestNearMiss:
    def test_a_read_replica(self, cell, database):
        database(BackupRetentionPeriod=7)
        cell.client("rds").create_db_instance_read_replica(
            DBInstanceIdentifier="acme-copy", SourceDBInstanceIdentifier="acme-db"
        )
        cell.fails(CHECK, "A read replica is a copy to read from", instance="acme-db")

    def test_an_instance_of_almost_that_name(self, cell, database):
        database("acme-db1", MultiAZ=True)
        cell.fails(CHECK, "acme-db does not exist", "acme-db1", instance="acme-db")
