import pytest

from graders import databases
from graders.network import snapshot
from tests.graders.checks.rds.conftest import NAME

CHECK = "rds.instance_reachable_only_from"
CALL = {"instance": NAME, "sources": ["web"]}


@pytest.fixture
def placed(vpc, database):
    """acme-db in a1 and b1, wearing db; a server in a1 wears web, one in a2 wears jump."""
    vpc.subnet_group("a1", "b1")
    vpc.server("web", "a1")
    vpc.server("jump", "a2")

    def placed(*groups, **options):
        worn = [vpc.groups[one] for one in groups or ("db",)]
        database(DBSubnetGroupName="data", VpcSecurityGroupIds=worn, **options)
        return vpc

    return placed


class TestRight:
    def test_a_rule_that_names_the_group(self, placed, passes):
        placed().let_in("db", 3306, "web")
        passes(CHECK, **CALL)

    def test_the_subnet_of_the_application(self, placed, passes):
        placed().let_in("db", 3306, "10.7.0.0/24")
        passes(CHECK, **CALL)

    def test_a_public_address_without_a_way_to_the_internet(self, placed, passes):
        placed(PubliclyAccessible=True).let_in("db", 3306, "web")
        passes(CHECK, **CALL)

    def test_a_cidr_as_the_source_and_the_engines_own_port(self, placed, passes):
        placed(Engine="postgres").let_in("db", 5432, "10.7.1.0/24")
        passes(CHECK, instance=NAME, sources=["10.7.1.9/32", "10.7.1.0/24"])

    def test_through_a_proxy(self, placed, account, passes):
        vpc = placed()
        vpc.let_in("db", 3306, "pool")
        vpc.let_in("pool", 3306, "web")
        rds = account.client("rds")
        rds.create_db_proxy(
            DBProxyName="front",
            EngineFamily="MYSQL",
            Auth=[{"AuthScheme": "SECRETS", "SecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x"}],
            RoleArn="arn:aws:iam::123456789012:role/proxy",
            VpcSubnetIds=[vpc.subnets["a1"], vpc.subnets["b1"]],
            VpcSecurityGroupIds=[vpc.groups["pool"]],
        )
        rds.register_db_proxy_targets(DBProxyName="front", DBInstanceIdentifiers=[NAME])
        passes(CHECK, instance=NAME, sources=["web"])


def test_who_would_live_in_one_subnet_has_an_address_of_its_own(vpc, account):
    home = [vpc.subnets["a1"]]
    world = databases.interfaces(snapshot(account), "one", home, ["sg-1"])
    world = databases.interfaces(world, "two", home, ["sg-2"])
    held = [one.private for name in ("one", "two") for one in world.enis[f"{name}/{home[0]}"].addresses]
    assert len({*held}) == 2


class TestWrong:
    def test_only_its_own_kind_is_let_in(self, placed, fails):
        placed().let_in("db", 3306, "db")
        fails(CHECK, "pool does not reach port 3306", instance=NAME, sources=["pool"])

    def test_nobody_is_let_in(self, placed, fails):
        placed()
        fails(CHECK, "web does not reach port 3306", instance=NAME, sources=["web"])

    def test_the_whole_vpc(self, placed, fails):
        placed().let_in("db", 3306, "10.7.0.0/16")
        fails(CHECK, "lets others in on port 3306: the addresses 10.7.0.0/16, by the group db", **CALL)

    def test_the_world_although_it_is_not_public(self, placed, fails):
        placed(PubliclyAccessible=False).let_in("db", 3306, "0.0.0.0/0")
        fails(CHECK, "anyone on the internet, by the group db", **CALL)

    def test_a_second_group_that_is_open(self, placed, fails):
        vpc = placed("db", "jump")
        vpc.let_in("db", 3306, "web")
        vpc.let_in("jump", 3306, "10.7.1.0/24")
        fails(CHECK, "by the group jump", **CALL)

    def test_another_group_too(self, placed, fails):
        vpc = placed()
        vpc.let_in("db", 3306, "web")
        vpc.let_in("db", 3306, "jump")
        fails(CHECK, "members of jump", **CALL)


class TestNearMiss:
    def test_the_port_of_another_engine(self, placed, fails):
        placed(Engine="postgres").let_in("db", 3306, "web")
        fails(CHECK, "web does not reach port 5432 of acme-db", **CALL)

    def test_another_group_of_almost_that_name(self, placed, fails):
        placed().let_in("db", 3306, "web")
        fails(CHECK, "There is web", instance=NAME, sources=["webs"])
