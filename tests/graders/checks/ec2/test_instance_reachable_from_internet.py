import pytest

from tests.graders.checks.ec2.conftest import ALL, rule

CHECK = "ec2.instance_reachable_from_internet"
CALL = {"instance": "web", "port": 443}
HTTPS = rule(443, 443, ALL)


@pytest.fixture
def site(net):
    net.subnet("public-a")
    net.group("web-sg", HTTPS)
    return net


class TestRight:
    def test_by_its_own_address(self, site, passes):
        site.instance("web", "public-a", "web-sg", public=True)
        passes(CHECK, **CALL)

    def test_by_an_elastic_ip(self, site, passes):
        web = site.instance("web", "public-a", "web-sg")
        site.ec2.associate_address(InstanceId=web, AllocationId=site.address())
        passes(CHECK, instance=web, port=443)

    def test_by_the_main_table_and_a_second_group(self, site, passes):
        main = site.ec2.describe_route_tables(
            Filters=[{"Name": "vpc-id", "Values": [site.vpc]}, {"Name": "association.main", "Values": ["true"]}]
        )["RouteTables"][0]["RouteTableId"]
        site.ec2.create_route(RouteTableId=main, DestinationCidrBlock=ALL, GatewayId=site.gateway)
        site.subnet("other-b", public=False)
        site.group("nothing")
        site.instance("web", "other-b", "nothing", "web-sg", public=True)
        passes(CHECK, **CALL)

    def test_a_deny_with_a_higher_number_does_not_matter(self, site, passes):
        site.instance("web", "public-a", "web-sg", public=True)
        site.entry(site.default_acl(), 110, 443, allow=False)
        passes(CHECK, **CALL)


class TestWrong:
    def test_no_public_address(self, site, fails):
        site.instance("web", "public-a", "web-sg")
        fails(CHECK, "no public IPv4 address", "8.8.8.8 gets no answer", **CALL)

    def test_a_subnet_that_is_public_by_its_name_only(self, site, fails):
        site.subnet("public-b", public=False)
        site.instance("web", "public-b", "web-sg", public=True)
        fails(CHECK, "has no route for the internet", **CALL)

    def test_a_deny_with_a_lower_number(self, site, fails):
        site.instance("web", "public-a", "web-sg", public=True)
        site.entry(site.default_acl(), 90, 443, allow=False)
        fails(CHECK, "Inbound entry 90 denies", **CALL)

    def test_an_acl_that_lets_no_reply_out(self, site, fails):
        site.instance("web", "public-a", "web-sg", public=True)
        acl = site.acl("public-a")
        site.entry(acl, 100, 443)
        site.entry(acl, 100, 443, egress=True)
        fails(CHECK, "ephemeral ports", "custom (acl-", **CALL)

    def test_stopped(self, site, fails):
        web = site.instance("web", "public-a", "web-sg", public=True)
        site.ec2.stop_instances(InstanceIds=[web])
        fails(CHECK, "The instance is stopped", **CALL)

    def test_the_gateway_is_detached(self, site, fails):
        site.instance("web", "public-a", "web-sg", public=True)
        site.ec2.detach_internet_gateway(InternetGatewayId=site.gateway, VpcId=site.vpc)
        fails(CHECK, "blackhole", **CALL)

    def test_only_one_office_is_let_in(self, site, fails):
        site.group("office", rule(443, 443, "203.0.113.0/24"))
        site.instance("web", "public-a", "office", public=True)
        fails(CHECK, "only from 203.0.113.0/24", **CALL)


class TestNearMiss:
    def test_the_rule_is_on_a_group_that_it_does_not_wear(self, site, fails):
        site.group("other")
        site.instance("web", "public-a", "other", public=True)
        fails(CHECK, "No inbound rule of other", **CALL)

    def test_a_name_that_is_almost_right(self, site, fails):
        site.instance("Web", "public-a", "web-sg", public=True)
        fails(CHECK, "does not exist", "There is Web", **CALL)

    def test_it_was_terminated(self, site, fails):
        web = site.instance("web", "public-a", "web-sg", public=True)
        site.ec2.terminate_instances(InstanceIds=[web])
        fails(CHECK, "had that name, and is terminated", **CALL)
