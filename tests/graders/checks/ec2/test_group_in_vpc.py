CHECK = "ec2.group_in_vpc"
CALL = {"group": "web", "vpc": "app-vpc"}


class TestRight:
    def test_by_name(self, net, passes):
        net.group("web")
        passes(CHECK, **CALL)

    def test_by_ids(self, net, passes):
        net.group("web")
        passes(CHECK, group=net.ids["web"], vpc=net.ids["app-vpc"])


class TestWrong:
    def test_in_the_default_vpc(self, net, fails):
        net.ec2.create_security_group(GroupName="web", Description="d")
        fails(CHECK, "The security group web belongs to vpc-", "not to app-vpc", **CALL)

    def test_no_such_vpc(self, net, fails):
        net.group("web")
        fails(CHECK, "The VPC shop-vpc does not exist", group="web", vpc="shop-vpc")


class TestNearMiss:
    def test_a_name_that_is_almost_right(self, net, fails):
        net.group("web_")
        fails(CHECK, "There is web_", **CALL)
