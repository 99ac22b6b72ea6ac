import pytest

CHECK = "ec2.instance_runs_as"


@pytest.fixture
def site(net):
    net.subnet("public-a")
    net.group("web-sg")
    net.group("other-sg")
    return net


class TestRight:
    def test_it_runs(self, site, passes):
        web = site.instance("web-01", "public-a", "web-sg", tags={"Env": "prod"})
        passes(
            CHECK, instance=web, types=["t2.micro", "t3.micro"], tags={"Env": "prod"}, subnet="public-a", group="web-sg"
        )

    def test_a_spot_instance(self, site, passes):
        site.instance("batch", "public-a", InstanceMarketOptions={"MarketType": "spot"})
        passes(CHECK, instance="batch", lifecycle="spot", vpc="app-vpc")

    def test_stopped_and_protected(self, site, passes):
        blue = site.instance("blue", "public-a")
        site.ec2.stop_instances(InstanceIds=[blue])
        site.ec2.modify_instance_attribute(InstanceId=blue, DisableApiTermination={"Value": True})
        passes(CHECK, instance="blue", state="stopped", protected=True, lifecycle="on-demand")

    def test_one_of_two_of_that_name(self, site, passes):
        site.instance("web", "public-a", kind="m5.large")
        site.instance("web", "public-a", "other-sg", "web-sg")
        passes(CHECK, instance="web", types=["t3.micro"], group="web-sg")

    def test_of_an_own_image(self, site, passes):
        golden = site.ec2.create_image(InstanceId=site.instance("db-01", "public-a"), Name="golden")["ImageId"]
        site.instance("db-02", "public-a", image=golden)
        passes(CHECK, instance="db-02", image="golden")


class TestWrong:
    def test_another_type(self, site, fails):
        site.instance("web", "public-a", kind="m5.large")
        fails(
            CHECK,
            "The type of web is m5.large, not t2.micro or t3.micro",
            instance="web",
            types=["t2.micro", "t3.micro"],
        )

    def test_terminated_instead_of_stopped(self, site, fails):
        site.ec2.terminate_instances(InstanceIds=[site.instance("blue", "public-a")])
        fails(CHECK, "does not exist", "is terminated", instance="blue", state="stopped")

    def test_of_the_stock_image(self, site, fails):
        site.ec2.create_image(InstanceId=site.instance("db-01", "public-a"), Name="golden")
        site.instance("db-02", "public-a")
        fails(CHECK, "The AMI of db-02 is ami-12c6146b", instance="db-02", image="golden")

    def test_another_subnet(self, site, fails):
        site.subnet("private-a")
        site.instance("web", "private-a")
        fails(CHECK, "The subnet of web is private-a", "not public-a", instance="web", subnet="public-a")

    def test_on_demand(self, site, fails):
        site.instance("batch", "public-a")
        fails(CHECK, "purchasing option of batch is on-demand, not spot", instance="batch", lifecycle="spot")

    def test_basic_monitoring(self, site, fails):
        site.instance("web", "public-a")
        fails(CHECK, "detailed monitoring of web is off", instance="web", monitored=True)


class TestNearMiss:
    def test_a_tag_in_another_case(self, site, fails):
        site.instance("web", "public-a", tags={"env": "Prod"})
        fails(CHECK, "There is env=Prod", instance="web", tags={"Env": "prod"})

    def test_a_name_that_is_almost_right(self, site, fails):
        site.instance("web-1", "public-a")
        fails(CHECK, "There is web-1", instance="web-01")
