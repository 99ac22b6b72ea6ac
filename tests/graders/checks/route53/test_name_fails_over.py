import pytest

CHECK = "route53.name_fails_over"
CALL = {"domain": "api.example.com"}
FIRST, SECOND = "203.0.113.5", "203.0.113.6"


@pytest.fixture
def health(account):
    """Makes a health check of the primary: `health(Disabled=True)` gives its id."""
    client = account.client("route53")

    def health(**changes):
        config = {
            "IPAddress": FIRST,
            "Port": 80,
            "Type": "HTTP",
            "ResourcePath": "/health",
            "FailureThreshold": 3,
            "RequestInterval": 30,
        } | changes
        answer = client.create_health_check(CallerReference=str(changes), HealthCheckConfig=config)
        return answer["HealthCheck"]["Id"]

    return health


@pytest.fixture
def pair(zone):
    """Both records: `pair(check id, …)`; `second=False` leaves the secondary out."""

    def pair(check="", *, second=True, second_check="", **first):
        made = zone("example.com")
        more = first | ({"HealthCheckId": check} if check else {})
        values = () if "alias" in first else (FIRST,)
        made.put("api.example.com", "A", *values, SetIdentifier="one", Failover="PRIMARY", **more)
        if second:
            more = {"HealthCheckId": second_check} if second_check else {}
            made.put("api.example.com", "A", SECOND, SetIdentifier="two", Failover="SECONDARY", **more)

    return pair


class TestRight:
    def test_a_health_check_on_the_primary(self, pair, health, passes):
        pair(health())
        passes(CHECK, **CALL, path="/health")

    def test_one_on_each(self, pair, health, passes):
        pair(health(RequestInterval=10), second_check=health(IPAddress=SECOND))
        passes(CHECK, **CALL, interval_at_most=10)

    def test_an_alias_that_evaluates_its_target(self, pair, passes):
        pair(alias="api-alb-1.us-east-1.elb.amazonaws.com", evaluate=True)
        passes(CHECK, **CALL)

    def test_a_health_check_by_name(self, pair, health, passes):
        pair(health(Type="HTTPS", FullyQualifiedDomainName="one.example.com", Port=443, IPAddress=FIRST))
        passes(CHECK, domain="API.example.com.")


class TestWrong:
    def test_no_health_check(self, pair, fails):
        pair()
        fails(CHECK, "has no health check: it always counts as healthy", **CALL)

    def test_an_alias_that_does_not_evaluate_its_target(self, pair, fails):
        pair(alias="api-alb-1.us-east-1.elb.amazonaws.com")
        fails(CHECK, "has no health check", "EvaluateTargetHealth true", **CALL)

    def test_no_secondary(self, pair, health, fails):
        pair(health(), second=False)
        fails(CHECK, "api.example.com has no SECONDARY record", **CALL)

    @pytest.mark.parametrize(
        ("changes", "words"), [({"Disabled": True}, "is disabled"), ({"Inverted": True}, "is inverted")]
    )
    def test_a_health_check_that_says_nothing(self, pair, health, fails, changes, words):
        pair(health(**changes))
        fails(CHECK, f"The health check of api.example.com {words}", **CALL)

    def test_another_path(self, pair, health, fails):
        pair(health(ResourcePath="/"))
        fails(CHECK, "asks for /, not for /health", **CALL, path="/health")

    def test_too_seldom(self, pair, health, fails):
        pair(health())
        fails(CHECK, "every 30 s only", **CALL, interval_at_most=10)

    def test_the_health_check_is_gone(self, pair, health, account, fails):
        gone = health()
        pair(gone)
        account.client("route53").delete_health_check(HealthCheckId=gone)
        fails(CHECK, f"The health check {gone} of api.example.com does not exist", **CALL)

    def test_plain_records(self, zone, fails):
        zone("example.com").put("api.example.com", "A", FIRST, SECOND)
        fails(CHECK, "has no failover records", **CALL)


class TestNearMiss:
    def test_the_health_check_is_on_the_secondary(self, pair, health, fails):
        pair(second_check=health(IPAddress=SECOND))
        fails(CHECK, "is on the SECONDARY", **CALL)

    def test_the_health_check_looks_at_the_secondary(self, pair, health, fails):
        pair(health(IPAddress=SECOND))
        fails(CHECK, f"looks at {SECOND}, which is the SECONDARY", **CALL)

    def test_weighted_records(self, zone, fails):
        made = zone("example.com")
        for name, weight, value in (("one", 100, FIRST), ("two", 0, SECOND)):
            made.put("api.example.com", "A", value, SetIdentifier=name, Weight=weight)
        fails(CHECK, "share its traffic, not a primary and a secondary", **CALL)
