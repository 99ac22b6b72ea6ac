import pytest

CHECK = "elbv2.path_goes_to"
CALL = {"balancer": "web-alb", "group": "api-tg", "paths": ["/api/users", "/api/users/7"]}


@pytest.fixture
def alb(site):
    site.balancer()
    site.targets("web-tg")
    site.targets("api-tg")
    site.listen(80, "web-tg")
    return site


def pattern(*values):
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}


class TestRight:
    def test_a_pattern(self, alb, passes):
        alb.rule(10, "api-tg", "/api/*")
        passes(CHECK, **CALL, others=["/", "/index.html"])

    def test_the_other_form_and_a_weighted_group(self, alb, passes):
        config = {"TargetGroups": [
            {"TargetGroupArn": alb.ids["api-tg"], "Weight": 1}, {"TargetGroupArn": alb.ids["web-tg"], "Weight": 0},
        ]}  # fmt: skip
        alb.rule(10, {"Type": "forward", "ForwardConfig": config}, pattern("/api", "/api/*"))
        passes(CHECK, **CALL)

    def test_by_the_default_action(self, alb, passes):
        alb.elb.modify_listener(ListenerArn=alb.listeners[80], DefaultActions=[alb.forward("api-tg")])
        alb.rule(10, "web-tg", "/static/*")
        passes(CHECK, **CALL, others=["/static/a.css"])

    def test_for_a_host(self, alb, passes):
        host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.com"]}}
        alb.rule(10, "api-tg", host, "/api/*")
        passes(CHECK, **CALL, host="WWW.example.com")


class TestWrong:
    def test_no_rule(self, alb, fails):
        fails(CHECK, "The rule default sends /api/users to web-tg, not to api-tg", "GET /api/users", **CALL)

    def test_a_rule_that_takes_more(self, alb, fails):
        alb.rule(10, "api-tg", "/*")
        fails(CHECK, "The rule 10 sends / to api-tg too", **CALL, others=["/"])

    def test_half_of_the_weight(self, alb, fails):
        config = {"TargetGroups": [
            {"TargetGroupArn": alb.ids["api-tg"], "Weight": 1}, {"TargetGroupArn": alb.ids["web-tg"], "Weight": 1},
        ]}  # fmt: skip
        alb.rule(10, {"Type": "forward", "ForwardConfig": config}, "/api/*")
        fails(CHECK, "to api-tg, web-tg, not to api-tg", **CALL)

    def test_on_another_listener(self, alb, fails):
        alb.rule(10, "api-tg", "/api/*")
        fails(CHECK, "no listener on port 8080", **CALL, port=8080)


class TestNearMiss:
    def test_no_wildcard(self, alb, fails):
        alb.rule(10, "api-tg", "/api")
        fails(CHECK, "The rule 10 for /api does not fit /api/users", **CALL)

    def test_a_rule_that_comes_first(self, alb, fails):
        alb.rule(10, "api-tg", "/api/*")
        alb.rule(5, "web-tg", "/a*")
        fails(CHECK, "The rule 5 sends", "The rule 10 fits as well, and comes later", **CALL)
