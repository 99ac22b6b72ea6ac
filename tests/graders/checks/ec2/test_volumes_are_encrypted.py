import pytest

from tests.graders.checks.ec2.conftest import named

CHECK = "ec2.volumes_are_encrypted"
ROOT = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "Encrypted": True}}


@pytest.fixture
def site(net):
    net.subnet("private-a")

    def volume(name, **options):
        made = net.ec2.create_volume(
            AvailabilityZone="us-east-1a", Size=2, TagSpecifications=named("volume", name), **options
        )
        return made["VolumeId"]

    net.volume = volume
    net.key = net.account.client("kms").create_key()["KeyMetadata"]["Arn"]
    net.account.client("kms").create_alias(AliasName="alias/data", TargetKeyId=net.key)
    return net


class TestRight:
    def test_a_volume(self, site, passes):
        site.volume("data", Encrypted=True)
        passes(CHECK, names=["data"])

    def test_with_the_key(self, site, passes):
        site.volume("data", Encrypted=True, KmsKeyId=site.key)
        passes(CHECK, names=["data"], key="alias/data")

    def test_of_an_encrypted_snapshot(self, site, passes):
        snapshot = site.ec2.create_snapshot(VolumeId=site.volume("old", Encrypted=True))["SnapshotId"]
        site.volume("data", SnapshotId=snapshot, Encrypted=True)
        passes(CHECK, names=["data"])

    def test_every_volume_of_an_instance(self, site, passes):
        site.instance("db", "private-a", BlockDeviceMappings=[ROOT])
        passes(CHECK, names=["db"])


class TestWrong:
    def test_a_plain_volume(self, site, fails):
        volume = site.volume("data")
        fails(CHECK, "The volume data", "is not encrypted", f"copy of {volume}", names=["data"])

    def test_the_root_volume_is_forgotten(self, site, fails):
        db = site.instance("db", "private-a")
        site.ec2.attach_volume(VolumeId=site.volume("data", Encrypted=True), InstanceId=db, Device="/dev/sdf")
        fails(CHECK, "The volume /dev/sda1", "is not encrypted", names=["db"])

    def test_a_second_volume_is_forgotten(self, site, fails):
        db = site.instance("db", "private-a", BlockDeviceMappings=[ROOT])
        site.ec2.attach_volume(VolumeId=site.volume("logs"), InstanceId=db, Device="/dev/sdf")
        fails(CHECK, "The volume logs", names=["db"])

    def test_another_key(self, site, fails):
        site.volume("data", Encrypted=True)
        fails(CHECK, "not with alias/data", names=["data"], key="alias/data")


class TestNearMiss:
    def test_the_default_does_not_change_what_is_there(self, site, fails):
        site.volume("data")
        site.ec2.enable_ebs_encryption_by_default()
        fails(CHECK, "only new volumes follow it", names=["data"])

    def test_in_another_region(self, account, fails):
        account.client("ec2", "eu-west-1").create_volume(
            AvailabilityZone="eu-west-1a", Size=2, TagSpecifications=named("volume", "data")
        )
        fails(CHECK, "There is one in eu-west-1", names=["data"])
