import pytest

CHECK = "kinesis.stream_configured"
CALL = {"stream": "clicks"}


@pytest.fixture
def stream(account):
    """`stream(2)` makes clicks with two shards; gives the client."""

    def stream(shards=1, name="clicks", region=None, **options):
        client = account.client("kinesis", region)
        given = options or {"ShardCount": shards}
        client.create_stream(StreamName=name, **given)
        return client

    return stream


def split(client):
    client.split_shard(StreamName="clicks", ShardToSplit="shardId-000000000000", NewStartingHashKey="100")


class TestRight:
    def test_as_made(self, stream, passes):
        stream(4)
        passes(CHECK, **CALL, shards_at_least=4, shards_at_most=4)

    def test_split_by_hand(self, stream, passes):
        split(stream(2))
        passes(CHECK, **CALL, shards_at_least=3, shards_at_most=3)

    def test_on_demand(self, stream, passes):
        stream(StreamModeDetails={"StreamMode": "ON_DEMAND"})
        passes(CHECK, **CALL, shards_at_least=10, on_demand=True)

    def test_kept_for_a_week_and_encrypted(self, stream, passes):
        client = stream()
        client.increase_stream_retention_period(StreamName="clicks", RetentionPeriodHours=168)
        client.start_stream_encryption(StreamName="clicks", EncryptionType="KMS", KeyId="alias/aws/kinesis")
        passes(CHECK, **CALL, retention_hours=168, encrypted=True)


class TestWrong:
    def test_too_few_shards(self, stream, fails):
        stream(2)
        fails(CHECK, "clicks has 2 open shards", "4 open shards", **CALL, shards_at_least=4, shards_at_most=4)

    def test_too_many_shards(self, stream, fails):
        stream(4)
        fails(CHECK, "clicks has 4 open shards", "2 or less", **CALL, shards_at_most=2)

    def test_a_day_where_a_week_is_asked_for(self, stream, fails):
        stream()
        fails(CHECK, "for 24 hours", "stood still for 25 hours", **CALL, retention_hours=168)

    def test_not_encrypted(self, stream, fails):
        stream()
        fails(CHECK, "are not encrypted", **CALL, encrypted=True)

    def test_provisioned_where_on_demand_is_asked_for(self, stream, fails):
        stream()
        fails(CHECK, "has provisioned capacity", **CALL, on_demand=True)


class TestNearMiss:
    def test_closed_shards_do_not_count(self, stream, fails):
        split(stream(2))
        fails(CHECK, "The 1 others are closed: they take no records", **CALL, shards_at_least=4)

    def test_another_region(self, stream, fails):
        stream(region="eu-west-1")
        fails(CHECK, "There is one in eu-west-1", **CALL)
