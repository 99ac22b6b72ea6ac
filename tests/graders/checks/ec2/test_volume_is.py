import pytest

from tests.graders.checks.ec2.conftest import named

CHECK = "ec2.volume_is"
CALL = {"volume": "db-data-b", "zone": "us-east-1b", "copy_of": "db-data", "encrypted": True}


@pytest.fixture
def ec2(account):
    client = account.client("ec2")

    def volume(name, zone="b", size=8, **options):
        options |= {} if "SnapshotId" in options else {"Size": size}
        return client.create_volume(
            AvailabilityZone=f"us-east-1{zone}", TagSpecifications=named("volume", name), **options
        )["VolumeId"]

    client.volume = volume
    client.data = volume("db-data", "a")
    return client


class TestRight:
    def test_of_a_snapshot(self, ec2, passes):
        snapshot = ec2.create_snapshot(VolumeId=ec2.data)["SnapshotId"]
        ec2.volume("db-data-b", SnapshotId=snapshot, Encrypted=True)
        passes(CHECK, **CALL)

    def test_of_an_encrypted_copy(self, ec2, passes):
        snapshot = ec2.create_snapshot(VolumeId=ec2.data)["SnapshotId"]
        copy = ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot, Encrypted=True)["SnapshotId"]
        ec2.volume("db-data-b", SnapshotId=copy, Encrypted=True)
        passes(CHECK, **CALL)

    def test_changed_later(self, ec2, passes):
        ec2.modify_volume(VolumeId=ec2.data, VolumeType="gp3", Size=30)
        passes(CHECK, volume="db-data", kind="gp3", size=20)


class TestWrong:
    def test_made_empty(self, ec2, fails):
        ec2.create_snapshot(VolumeId=ec2.data)
        ec2.volume("db-data-b", Encrypted=True)
        fails(CHECK, "not a snapshot of db-data", "It was made empty", **CALL)

    def test_in_the_same_zone(self, ec2, fails):
        ec2.volume("db-data-b", "a")
        fails(CHECK, "The Availability Zone of db-data-b is us-east-1a", **CALL)

    def test_not_encrypted(self, ec2, fails):
        ec2.volume("db-data-b", SnapshotId=ec2.create_snapshot(VolumeId=ec2.data)["SnapshotId"])
        fails(CHECK, "The encryption of db-data-b is off", **CALL)

    def test_left_as_it_was(self, ec2, fails):
        fails(CHECK, "The size in GiB of db-data is 8, not 20", volume="db-data", size=20)


class TestNearMiss:
    def test_of_a_snapshot_of_another_volume(self, ec2, fails):
        other = ec2.create_snapshot(VolumeId=ec2.volume("logs", "a"))["SnapshotId"]
        ec2.volume("db-data-b", SnapshotId=other, Encrypted=True)
        fails(CHECK, f"It was made of {other}", **CALL)
