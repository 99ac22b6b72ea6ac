from tests.graders.checks.ec2.conftest import Net, rule

CHECK = "efs.file_system_mounts"
CALL = {"file_system": "shared", "subnets": ["private-a", "private-b"], "group": "svc-sg"}


class TestRight:
    def test_a_target_in_each_subnet(self, net, passes):
        net.share("private-a", "private-b")
        passes(CHECK, **CALL)

    def test_by_addresses_and_by_id(self, net, passes):
        net.group("wide", rule(2049, 2049, "10.0.0.0/16"))
        made = net.share("private-a", "private-b", group="wide")
        passes(CHECK, file_system=made, subnets=["private-a", "private-b"])

    def test_a_target_in_another_subnet_of_the_zone(self, net, passes):
        net.subnet("data-a")
        net.subnet("data-b")
        net.share("data-a", "data-b")
        passes(CHECK, **CALL)

    def test_one_for_all_where_that_is_enough(self, net, passes):
        net.share("private-a", encrypted=False)
        passes(CHECK, **CALL, encrypted=False, same_zone=False)


class TestWrong:
    def test_not_encrypted(self, net, fails):
        net.share("private-a", "private-b", encrypted=False)
        fails(CHECK, "is not encrypted at rest", "in the clear", **CALL)

    def test_one_mount_target(self, net, fails):
        net.share("private-a")
        fails(CHECK, "no mount target in us-east-1b, where private-b is", **CALL)

    def test_a_closed_group(self, net, fails):
        net.group("closed")
        net.share("private-a", "private-b", group="closed")
        fails(CHECK, "No inbound rule of closed", "hangs on a server in private-a", **CALL)

    def test_a_network_acl(self, net, fails):
        net.subnet("data-b")
        net.share("private-a", "data-b")
        net.entry(net.default_acl(), 50, 2049, allow=False)
        fails(CHECK, "Inbound entry 50 denies", **CALL)

    def test_the_servers_wear_another_group(self, net, fails):
        net.group("other-sg")
        net.share("private-a", "private-b")
        fails(CHECK, "No inbound rule of efs-sg", **{**CALL, "group": "other-sg"})


class TestNearMiss:
    def test_in_another_vpc(self, net, account, fails):
        other = Net(account, "other-vpc", "10.9.0.0/16")
        other.subnet("far-a")
        net.ids["far-a"] = other.ids["far-a"]
        made = net.share()
        net.efs.create_mount_target(FileSystemId=made, SubnetId=net.ids["far-a"])
        fails(CHECK, "There is one in far-a, in another VPC", **CALL)

    def test_a_name_that_is_almost_right(self, net, fails):
        net.share()
        fails(CHECK, "There is shared", **{**CALL, "file_system": "share"})
