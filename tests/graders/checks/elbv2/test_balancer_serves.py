from tests.graders.checks.ec2.conftest import rule
from tests.graders.checks.elbv2.conftest import FIXED, redirect

CHECK = "elbv2.balancer_serves"
CALL = {"balancer": "web-alb"}


class TestRight:
    def test_by_the_default_action(self, served, passes):
        passes(CHECK, **CALL, target_group="web-tg")

    def test_by_a_rule_and_on_another_port_of_the_target(self, site, passes):
        site.balancer()
        site.let_in("web-sg", rule(8080, group=site.ids["alb-sg"]))
        site.targets("api-tg", *site.servers(), port=8080)
        site.listen(80, FIXED)
        site.rule(10, "api-tg", "/api/*")
        passes(CHECK, **CALL, path="/api/users", target_group="api-tg")

    def test_after_a_redirect(self, served, passes):
        served.elb.modify_listener(ListenerArn=served.listeners[80], DefaultActions=[redirect("8443", "HTTP")])
        served.let_in("alb-sg", rule(8443, 8443, "0.0.0.0/0"))
        served.listen(8443)
        passes(CHECK, **CALL)

    def test_by_address(self, site, passes):
        site.balancer()
        web = site.instance("web", "private-a", "web-sg")
        found = site.ec2.describe_instances(InstanceIds=[web])["Reservations"][0]["Instances"][0]
        site.targets("web-tg", found["PrivateIpAddress"], TargetType="ip")
        site.listen()
        passes(CHECK, **CALL)

    def test_an_internal_one_from_inside(self, site, passes):
        site.balancer(scheme="internal", subnets=("private-a", "private-b"))
        site.targets("web-tg", *site.servers())
        site.listen()
        passes(CHECK, **CALL, source=site.ids["web-1"])


class TestWrong:
    def test_internal(self, site, fails):
        site.balancer(scheme="internal")
        site.targets("web-tg", *site.servers())
        site.listen()
        fails(CHECK, "is internal", "gets no answer", **CALL)

    def test_in_private_subnets(self, site, fails):
        site.gateway  # noqa: B018 - attached
        site.balancer(subnets=("private-a", "private-b"))
        site.targets("web-tg", *site.servers())
        site.listen()
        fails(CHECK, "has no route for the internet", **CALL)

    def test_the_targets_do_not_admit_it(self, site, fails):
        site.balancer()
        site.group("closed")
        site.instance("web-1", "private-a", "closed")
        site.targets("web-tg", "web-1")
        site.listen()
        fails(CHECK, "No inbound rule of closed", **CALL)

    def test_its_own_group_is_closed(self, served, fails):
        served.ec2.revoke_security_group_ingress(
            GroupId=served.ids["alb-sg"], IpPermissions=[rule(80, 80, "0.0.0.0/0")]
        )
        fails(CHECK, "No inbound rule of alb-sg", **CALL)

    def test_the_port_of_the_targets(self, site, fails):
        site.balancer()
        site.targets("web-tg", *site.servers(), port=8080)
        site.listen()
        fails(CHECK, "No inbound rule of web-sg", "tcp 8080", **CALL)

    def test_the_port_of_the_health_check(self, site, fails):
        site.balancer()
        site.targets("web-tg", *site.servers(), HealthCheckPort="9000", HealthCheckPath="/")
        site.listen()
        fails(CHECK, "The health check of web-tg fails", **CALL)

    def test_a_stopped_server(self, served, fails):
        served.ec2.stop_instances(InstanceIds=[served.ids["web-2"]])
        fails(CHECK, "does not reach its targets", served.ids["web-2"], **CALL)

    def test_one_zone(self, site, fails):
        site.balancer(subnets=("public-a",))
        fails(CHECK, "one Availability Zone only: us-east-1a", **CALL)

    def test_no_target(self, site, fails):
        site.balancer()
        site.targets()
        site.listen()
        fails(CHECK, "forwards to no target", **CALL)

    def test_a_rule_that_comes_first(self, served, fails):
        served.rule(1, FIXED, "/*")
        fails(CHECK, "The rule 1 of the listener on 80 answers", "fixed-response", **CALL)

    def test_a_redirect_to_a_closed_port(self, served, fails):
        served.elb.modify_listener(ListenerArn=served.listeners[80], DefaultActions=[redirect()])
        fails(CHECK, "A redirect leads to port 443", **CALL)


class TestNearMiss:
    def test_another_port(self, served, fails):
        fails(CHECK, "no listener on port 443", "It listens on 80", **CALL, port=443)

    def test_another_group(self, served, fails):
        served.targets("api-tg", "web-1")
        fails(CHECK, "to web-tg, not to api-tg", **CALL, target_group="api-tg")

    def test_a_name_that_is_almost_right(self, served, fails):
        fails(CHECK, "There is web-alb", balancer="web-lb")
