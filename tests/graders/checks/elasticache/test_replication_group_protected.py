import pytest

CHECK = "elasticache.replication_group_protected"
CALL = {"group": "sessions"}


@pytest.fixture
def group(account):
    """`group(MultiAZEnabled=False)` makes sessions, otherwise as it should be."""

    def group(name="sessions", region=None, **changes):
        options = {
            "Engine": "redis",
            "NumCacheClusters": 2,
            "AutomaticFailoverEnabled": True,
            "MultiAZEnabled": True,
            "AtRestEncryptionEnabled": True,
            "TransitEncryptionEnabled": True,
            "AuthToken": "not-a-secret-but-long",
        } | changes
        account.client("elasticache", region).create_replication_group(
            ReplicationGroupId=name,
            ReplicationGroupDescription=name,
            CacheNodeType="cache.t3.micro",
            **{key: value for key, value in options.items() if value is not None},
        )

    return group


class TestRight:
    def test_all_of_it(self, group, passes):
        group()
        passes(CHECK, **CALL, authenticated=True)

    def test_capital_letters_of_its_name(self, group, passes):
        group()
        passes(CHECK, group="Sessions")

    def test_what_is_not_asked_for_may_be_off(self, group, passes):
        group(AtRestEncryptionEnabled=False, AuthToken=None)
        passes(CHECK, **CALL, encrypted_at_rest=False)


class TestWrong:
    def test_no_failover(self, group, fails):
        group(AutomaticFailoverEnabled=False, MultiAZEnabled=False)
        fails(CHECK, "Automatic failover of sessions is off", **CALL)

    def test_one_zone(self, group, fails):
        group(MultiAZEnabled=False)
        fails(CHECK, "fails over, but not to another zone", **CALL)

    def test_not_encrypted_on_the_wire(self, group, fails):
        group(TransitEncryptionEnabled=False, AuthToken=None)
        fails(CHECK, "not encrypted in transit", **CALL)

    def test_not_encrypted_on_disk(self, group, fails):
        group(AtRestEncryptionEnabled=False)
        fails(CHECK, "not encrypted at rest", **CALL)

    def test_no_token(self, group, fails):
        group(AuthToken=None)
        fails(CHECK, "whoever reaches it reads it", **CALL, authenticated=True)


class TestNearMiss:
    def test_a_single_cluster_of_that_name(self, account, fails):
        account.client("elasticache").create_cache_cluster(
            CacheClusterId="sessions", Engine="redis", CacheNodeType="cache.t3.micro", NumCacheNodes=1
        )
        fails(CHECK, "a single redis cluster of that name", **CALL)

    def test_another_region(self, group, fails):
        group(region="eu-west-1")
        fails(CHECK, "There is one in eu-west-1", **CALL)
