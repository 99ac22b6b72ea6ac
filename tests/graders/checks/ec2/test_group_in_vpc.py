CHECK = "ec2.group_in_vpc"
CALL = {"group": "web", "vpc": "app-vpc"}


class TestRight:
    def test_by_name(self, net, passes):
        net.group("web")
        passes(CHECK, **CALL)

    def test_by_ids(self, net, passes):
        net.group("web")
        passes(CHECK, group=net.ids["web"], vpc=net.ids["app-vpc"])

    def test_of_several_groups(self, net, passes):
        net.ec2.create_security_group(GroupName="other", Description="d")
        net.group("web")
        passes(CHECK, **CALL)


class TestWrong:
    def test_in_the_default_vpc(self, net, fails):
        net.ec2.create_security_group(GroupName="web", Description="d")
        fails(CHECK, "The security group web belongs to vpc-", "not to app-vpc", **CALL)

    def test_no_such_vpc(self, net, fails):
        net.group("web")
        fails(CHECK, "The VPC shop-vpc does not exist", group="web", vpc="shop-vpc")

    def test_no_such_group(self, net, fails):
        fails(CHECK, "The security group web does not exist", **CALL)


class TestNearMiss:
    def test_a_name_that_is_almost_right(self, net, fails):
        net.group("web_")
        fails(CHECK, "There is web_", **CALL)
