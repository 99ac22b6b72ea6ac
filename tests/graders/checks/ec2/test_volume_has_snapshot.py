import pytest

from tests.graders.checks.ec2.conftest import named

CHECK = "ec2.volume_has_snapshot"
CALL = {"volume": "db-data", "tags": {"Purpose": "backup"}}


@pytest.fixture
def volumes(account):
    ec2 = account.client("ec2")

    class Volumes:
        client = ec2
        ids: dict[str, str] = {}

        def volume(self, name="db-data", **options):
            made = ec2.create_volume(
                AvailabilityZone="us-east-1a", Size=8, TagSpecifications=named("volume", name), **options
            )
            self.ids[name] = made["VolumeId"]

        def snapshot(self, name="db-data", **tags):
            made = ec2.create_snapshot(VolumeId=self.ids[name], TagSpecifications=named("snapshot", "s", **tags))
            return made["SnapshotId"]

        def copy(self, snapshot, **options):
            there = account.client("ec2", "eu-west-1")
            there.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot, **options)

    made = Volumes()
    made.volume()
    return made


class TestRight:
    def test_with_its_tag(self, volumes, passes):
        volumes.snapshot(Purpose="backup")
        passes(CHECK, **CALL)

    def test_one_of_several(self, volumes, passes):
        volumes.snapshot()
        volumes.snapshot(Purpose="backup", Team="data")
        passes(CHECK, **CALL)

    def test_copied_to_another_region(self, volumes, passes):
        volumes.copy(volumes.snapshot(Purpose="backup"))
        passes(CHECK, **CALL, region="eu-west-1")

    def test_encrypted_from_the_start(self, volumes, passes):
        volumes.volume("safe", Encrypted=True)
        volumes.snapshot("safe")
        passes(CHECK, volume="safe", encrypted=True)


class TestWrong:
    def test_none(self, volumes, fails):
        fails(CHECK, "There is no snapshot of db-data", "When db-data is lost", **CALL)

    def test_without_the_tag(self, volumes, fails):
        volumes.snapshot(Purpose="test")
        fails(CHECK, "has the tags Name=s, Purpose=test, not Purpose=backup", **CALL)

    def test_not_copied(self, volumes, fails):
        volumes.snapshot(Purpose="backup")
        fails(CHECK, "No copy of a snapshot of db-data is in eu-west-1", **CALL, region="eu-west-1")

    def test_not_encrypted(self, volumes, fails):
        volumes.snapshot(Purpose="backup")
        fails(CHECK, "is not encrypted", **CALL, encrypted=True)


class TestNearMiss:
    def test_of_another_volume(self, volumes, fails):
        volumes.volume("logs")
        volumes.snapshot("logs", Purpose="backup")
        fails(CHECK, "has the tags, and is of logs", **CALL)
