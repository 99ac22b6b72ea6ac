import pytest

from tests.graders.checks.ec2.conftest import named

CHECK = "ec2.volume_is_attached"
CALL = {"volume": "scratch", "instance": "db-01"}


@pytest.fixture
def site(net):
    net.subnet("private-a")
    net.instance("db-01", "private-a")

    def volume(name="scratch", zone="a", to="db-01", **options):
        made = net.ec2.create_volume(
            AvailabilityZone=f"us-east-1{zone}", Size=2, TagSpecifications=named("volume", name), **options
        )["VolumeId"]
        if to:
            net.ec2.attach_volume(VolumeId=made, InstanceId=net.ids[to], Device="/dev/sdf")
        return made

    net.volume = volume
    return net


class TestRight:
    def test_attached(self, site, passes):
        site.volume()
        passes(CHECK, **CALL, size=2)

    def test_by_id_and_type(self, site, passes):
        made = site.volume(VolumeType="gp3")
        passes(CHECK, volume=made, instance=site.ids["db-01"], kind="gp3")

    def test_it_stays(self, site, passes):
        site.volume()
        passes(CHECK, **CALL, kept=True)

    def test_to_a_stopped_server(self, site, passes):
        site.volume()
        site.ec2.stop_instances(InstanceIds=[site.ids["db-01"]])
        passes(CHECK, **CALL)


class TestWrong:
    def test_not_attached(self, site, fails):
        site.volume(to="")
        fails(CHECK, "scratch is attached to no instance", "lsblk", **CALL)

    def test_in_another_zone(self, site, fails):
        site.volume(zone="b")
        fails(CHECK, "scratch is in us-east-1b, and db-01 in us-east-1a", **CALL)

    def test_too_small(self, site, fails):
        site.volume()
        fails(CHECK, "scratch has 2 GiB, not 20", **CALL, size=20)

    def test_of_another_type(self, site, fails):
        site.volume(VolumeType="gp2")
        fails(CHECK, "of type gp2, not gp3", **CALL, kind="gp3")

    def test_it_goes_with_the_server(self, site, fails):
        root = site.ec2.describe_volumes()["Volumes"][0]["VolumeId"]
        site.ec2.create_tags(Resources=[root], Tags=[{"Key": "Name", "Value": "scratch"}])
        fails(CHECK, "is deleted together with db-01", **CALL, kept=True)


class TestNearMiss:
    def test_to_another_server(self, site, fails):
        site.instance("db-02", "private-a")
        site.volume(to="db-02")
        fails(CHECK, "attached to db-02 (i-", **CALL)

    def test_a_name_that_is_almost_right(self, site, fails):
        site.volume("Scratch")
        fails(CHECK, "There is Scratch", **CALL)
