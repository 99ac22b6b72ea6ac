import pytest

from tests.graders.checks.ec2.conftest import named

CHECK = "ec2.address_points_at"
CALL = {"instance": "green", "address": "api"}


@pytest.fixture
def site(net):
    net.subnet("public-a")
    net.instance("blue", "public-a")
    net.instance("green", "public-a", public=True)

    def address(to="", name="api"):
        made = net.ec2.allocate_address(Domain="vpc", TagSpecifications=named("elastic-ip", name))
        if to:
            net.ec2.associate_address(InstanceId=net.ids[to], AllocationId=made["AllocationId"])
        return made

    net.elastic = address
    return net


class TestRight:
    def test_by_its_name(self, site, passes):
        site.elastic("green")
        passes(CHECK, **CALL, none_idle=True)

    def test_moved_from_another(self, site, passes):
        made = site.elastic("blue")
        site.ec2.associate_address(
            InstanceId=site.ids["green"], AllocationId=made["AllocationId"], AllowReassociation=True
        )
        passes(CHECK, instance="green", address=made["PublicIp"])

    def test_any(self, site, passes):
        site.elastic()
        site.elastic("green", "other")
        passes(CHECK, instance=site.ids["green"])


class TestWrong:
    def test_it_points_at_nothing(self, site, fails):
        site.elastic()
        fails(CHECK, "api points at nothing", "does not get to green", **CALL)

    def test_another_address(self, site, fails):
        site.elastic("green", "other")
        site.elastic("blue")
        fails(CHECK, "api points at blue, not at green", **CALL)

    def test_one_lies_idle(self, site, fails):
        site.elastic("green")
        idle = site.elastic("", "old")["PublicIp"]
        fails(CHECK, f"cost money: {idle}", **CALL, none_idle=True)


class TestNearMiss:
    def test_an_address_for_the_time_being(self, site, fails):
        fails(CHECK, "has no Elastic IP", "changes when it is stopped", instance="green")

    def test_left_on_the_old_server(self, site, fails):
        site.elastic("blue")
        fails(CHECK, "api points at blue, not at green", **CALL)
