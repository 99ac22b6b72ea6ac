import pytest

from tests.graders.checks.ec2.conftest import ALL, rule

CHECK = "ec2.instance_not_reachable_from_internet"
CALL = {"instance": "db", "port": 22}


@pytest.fixture
def site(net):
    net.subnet("public-a")
    net.subnet("private-a")
    net.group("open", rule(22, 22, ALL))
    net.group("closed")
    return net


class TestRight:
    def test_no_rule(self, site, passes):
        site.instance("db", "public-a", "closed", public=True)
        passes(CHECK, **CALL)

    def test_a_private_subnet(self, site, passes):
        site.instance("db", "private-a", "open")
        passes(CHECK, **CALL)

    def test_a_network_acl(self, site, passes):
        site.instance("db", "public-a", "open", public=True)
        site.entry(site.default_acl(), 90, 22, allow=False)
        passes(CHECK, **CALL)

    def test_an_office_may(self, site, passes):
        site.group("office", rule(22, 22, "203.0.113.0/24"))
        site.instance("db", "public-a", "office", public=True)
        passes(CHECK, **CALL)


class TestWrong:
    @pytest.mark.parametrize(
        "permission",
        [
            rule(22, 22, "0.0.0.0/1", "128.0.0.0/1"),
            rule(0, 65535, ALL),
            rule(0, 0, ALL, protocol="-1"),
            rule(22, 22, "64.0.0.0/2"),
        ],
        ids=["halves", "all ports", "all protocols", "a quarter"],
    )
    def test_a_rule_that_looks_closed(self, site, fails, permission):
        site.group("odd", permission)
        site.instance("db", "public-a", "odd", public=True)
        fails(CHECK, "The internet reaches tcp 22 of db", "odd (sg-", "A stranger's address", **CALL)

    def test_a_second_group(self, site, fails):
        site.instance("db", "public-a", "closed", "open", public=True)
        fails(CHECK, "The internet reaches tcp 22 of db", **CALL)

    def test_another_instance_of_that_name(self, site, fails):
        site.instance("db", "private-a", "closed")
        other = site.instance("db", "public-a", "open", public=True)
        result = fails(CHECK, "The internet reaches", **CALL)
        assert other in result.looked_at

    def test_a_load_balancer_in_front(self, site, fails, passes):
        db = site.instance("db", "private-a", "open")
        net = site.elb.create_load_balancer(Name="front", Type="network", Subnets=[site.ids["public-a"]])
        group = site.elb.create_target_group(Name="ssh", Protocol="TCP", Port=22, VpcId=site.vpc)["TargetGroups"][0]
        site.elb.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": db}])
        site.elb.create_listener(
            LoadBalancerArn=net["LoadBalancers"][0]["LoadBalancerArn"],
            Protocol="TCP",
            Port=2222,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
        )
        result = fails(CHECK, "The internet reaches tcp 22 of db", **CALL)
        assert "front" in result.looked_at
        passes(CHECK, **CALL, balanced=True)


class TestNearMiss:
    def test_a_name_that_is_almost_right(self, site, fails):
        site.instance("database", "private-a", "closed")
        fails(CHECK, "There is database", instance="databse", port=22)
