import pytest

CHECK = "elbv2.target_group_checks_health"
CALL = {"group": "web-tg", "path": "/monitor"}
RIGHT = {
    "as asked": {"HealthCheckPath": "/monitor"},
    "a range of codes": {"HealthCheckPath": "/monitor", "Matcher": {"HttpCode": "200-299"}},
    "a list of codes": {"HealthCheckPath": "/monitor", "Matcher": {"HttpCode": "302,200"}},
    "on a port of its own": {"HealthCheckPath": "/monitor", "HealthCheckPort": "9000"},
    "over HTTPS": {"HealthCheckPath": "/monitor", "HealthCheckProtocol": "HTTPS"},
}
WRONG = {
    "the default path": ({"HealthCheckPath": "/"}, "asks for /, not for /monitor"),
    "another code": (
        {"HealthCheckPath": "/monitor", "Matcher": {"HttpCode": "301"}},
        "counts 301 as healthy, and not 200",
    ),
    "any code": (
        {"HealthCheckPath": "/monitor", "Matcher": {"HttpCode": "200-499"}},
        "a page that is not there would pass",
    ),
    "slow": (
        {"HealthCheckPath": "/monitor", "HealthCheckIntervalSeconds": 300, "UnhealthyThresholdCount": 5},
        "after 1500 seconds, not within 60",
    ),
}


class TestRight:
    @pytest.mark.parametrize("name", RIGHT)
    def test_as_the_task_says(self, site, passes, name):
        site.targets(**RIGHT[name])
        passes(CHECK, **CALL)

    def test_soon(self, site, passes):
        site.targets(HealthCheckPath="/monitor", HealthCheckIntervalSeconds=10, UnhealthyThresholdCount=3)
        passes(CHECK, **CALL, at_most_seconds=30, port=80, protocol="HTTP")


class TestWrong:
    @pytest.mark.parametrize("name", WRONG)
    def test_not_as_the_task_says(self, site, fails, name):
        options, words = WRONG[name]
        site.targets(**options)
        fails(CHECK, words, "goes on getting requests", **CALL, at_most_seconds=60)

    def test_only_a_connection(self, site, fails):
        site.targets(protocol="TCP")
        fails(CHECK, "checks health over TCP", **CALL)

    def test_another_port(self, site, fails):
        site.targets(HealthCheckPath="/monitor", HealthCheckPort="9000")
        fails(CHECK, "on port 9000, not on 80", **CALL, port=80)


class TestNearMiss:
    def test_a_slash_at_the_end(self, site, fails):
        site.targets(HealthCheckPath="/Monitor/")
        fails(CHECK, "by a slash at the end", **CALL)

    def test_another_group_does(self, site, fails):
        site.targets()
        site.targets("api-tg", HealthCheckPath="/monitor")
        fails(CHECK, "api-tg does", **CALL)
