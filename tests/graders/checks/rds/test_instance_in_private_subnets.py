from tests.graders.checks.rds.conftest import NAME

CHECK = "rds.instance_in_private_subnets"


class TestRight:
    def test_two_private_subnets(self, vpc, database, passes):
        vpc.subnet_group("a1", "b1")
        database(DBSubnetGroupName="data")
        passes(CHECK, instance=NAME)

    def test_a_public_subnet_beside_them(self, vpc, database, passes):
        vpc.public("a2")
        vpc.subnet_group("a1", "b1")
        database(DBSubnetGroupName="data")
        passes(CHECK, instance=NAME)

    def test_one_zone_where_one_is_asked_for(self, vpc, database, passes):
        vpc.subnet_group("a1", "a2")
        database(DBSubnetGroupName="data")
        passes(CHECK, instance=NAME, zones=1)


class TestWrong:
    def test_both_in_one_zone(self, vpc, database, fails):
        vpc.subnet_group("a1", "a2")
        database(DBSubnetGroupName="data")
        fails(CHECK, "lie in us-east-1a, in too few", instance=NAME)

    def test_one_of_them_is_public(self, vpc, database, fails):
        vpc.public("b1")
        vpc.subnet_group("a1", "b1")
        database(DBSubnetGroupName="data")
        fails(CHECK, f"The subnet {vpc.subnets['b1']} of data is public", "igw-", instance=NAME)

    def test_no_subnet_group(self, database, fails):
        database()
        fails(CHECK, "in no DB subnet group", instance=NAME)


class TestNearMiss:
    def test_no_public_address_is_not_enough(self, vpc, database, fails):
        vpc.public("a1", "b1")
        vpc.subnet_group("a1", "b1")
        database(DBSubnetGroupName="data", PubliclyAccessible=False)
        fails(CHECK, "does not make its subnet private", instance=NAME)
