import pytest

from tests.graders.checks.ec2.conftest import ALL, rule

CHECK = "ec2.bastion_is_only_door"
CALL = {"bastion": "bastion", "targets": ["app"]}
OFFICE = "203.0.113.0/24"


@pytest.fixture
def site(net):
    net.subnet("public-a")
    net.subnet("private-a")
    net.group("bastion-sg", rule(22, 22, ALL))
    net.group("app-sg")
    net.instance("bastion", "public-a", "bastion-sg", public=True)
    return net


class TestRight:
    def test_by_its_group(self, site, passes):
        site.instance("app", "private-a", "app-sg")
        site.let_in("app-sg", rule(22, group=site.ids["bastion-sg"]))
        passes(CHECK, **CALL)

    def test_by_its_address(self, site, passes):
        site.instance("app", "private-a", "app-sg")
        reservation = site.ec2.describe_instances(InstanceIds=[site.ids["bastion"]])["Reservations"][0]
        site.let_in("app-sg", rule(22, 22, reservation["Instances"][0]["PrivateIpAddress"] + "/32"))
        passes(CHECK, **CALL)

    def test_an_office_only(self, site, passes):
        site.instance("app", "private-a", "app-sg")
        site.let_in("app-sg", rule(22, group=site.ids["bastion-sg"]), rule(80, 80, ALL))
        site.ec2.revoke_security_group_ingress(GroupId=site.ids["bastion-sg"], IpPermissions=[rule(22, 22, ALL)])
        site.let_in("bastion-sg", rule(22, 22, OFFICE))
        passes(CHECK, **CALL, source=OFFICE)


class TestWrong:
    def test_the_whole_vpc(self, site, fails):
        site.instance("app", "private-a", "app-sg")
        site.let_in("app-sg", rule(22, 22, "10.0.0.0/16"))
        fails(CHECK, "is not the only door", "a server in public-a", **CALL)

    def test_the_target_is_open_to_the_internet_too(self, site, fails):
        site.instance("app", "public-a", "app-sg", public=True)
        site.let_in("app-sg", rule(22, group=site.ids["bastion-sg"]), rule(22, 22, ALL))
        fails(CHECK, "the internet reaches tcp 22 of app", **CALL)

    def test_another_server_wears_the_bastions_group(self, site, fails):
        site.instance("app", "private-a", "app-sg")
        site.let_in("app-sg", rule(22, group=site.ids["bastion-sg"]))
        site.instance("web", "public-a", "bastion-sg")
        fails(CHECK, "web (i-", "reaches tcp 22 of app", **CALL)

    def test_the_bastion_is_open_to_everybody(self, site, fails):
        site.instance("app", "private-a", "app-sg")
        site.let_in("app-sg", rule(22, group=site.ids["bastion-sg"]))
        fails(CHECK, "bastion is open to the internet on tcp 22, not only to 203.0.113.0/24", **CALL, source=OFFICE)

    def test_the_bastion_is_not_reached(self, site, fails):
        site.instance("app", "private-a", "app-sg")
        site.let_in("app-sg", rule(22, group=site.ids["bastion-sg"]))
        site.ec2.terminate_instances(InstanceIds=[site.ids["bastion"]])
        site.instance("bastion", "private-a", "bastion-sg")
        fails(CHECK, "bastion is not reached on tcp 22", **CALL)


class TestNearMiss:
    def test_the_target_does_not_admit_the_bastion(self, site, fails):
        site.instance("app", "private-a", "app-sg")
        site.let_in("app-sg", rule(2222, group=site.ids["bastion-sg"]))
        fails(CHECK, "bastion does not reach tcp 22 of app", "app-sg", "ssh app hangs", **CALL)
