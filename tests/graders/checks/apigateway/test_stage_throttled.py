import pytest

from tests.graders.checks.apigateway.conftest import NAME

CHECK = "apigateway.stage_throttled"
CALL = {"api": NAME, "stage": "prod", "rate_at_most": 100, "burst_at_most": 50}


@pytest.fixture
def plan(rest):
    """`plan("prod")` ties the usage plan basic to a stage; with a key, 100 calls a second and 5000 a month."""

    def plan(stage="prod", key=True, period="MONTH", **throttle):
        made = rest.client.create_usage_plan(
            name="basic",
            apiStages=[{"apiId": rest.id, "stage": stage}] if stage else [],
            throttle={"rateLimit": 100, "burstLimit": 50} | throttle,
            quota={"limit": 5000, "period": period},
        )
        if key:
            name = rest.client.create_api_key(name="client", enabled=True)["id"]
            rest.client.create_usage_plan_key(usagePlanId=made["id"], keyId=name, keyType="API_KEY")

    return plan


@pytest.fixture
def stage(rest):
    """`stage(throttling__rateLimit=50)` deploys prod with a method that may ask for a key."""

    def stage(key=True, **settings):
        rest.method("POST", apiKeyRequired=key)
        rest.deploy()
        if settings:
            rest.settings(**settings)

    return stage


class TestRight:
    def test_by_the_stage(self, stage, passes):
        stage(throttling__rateLimit=100, throttling__burstLimit=50)
        passes(CHECK, **CALL)

    def test_stricter_limits(self, stage, passes):
        stage(throttling__rateLimit=10, throttling__burstLimit=5)
        passes(CHECK, **CALL)

    def test_by_a_usage_plan(self, stage, plan, passes):
        stage()
        plan()
        passes(CHECK, **CALL, plan=True, quota_at_most=5000)


class TestWrong:
    def test_no_limit(self, stage, fails):
        stage()
        fails(CHECK, "has no limit of its own", **CALL)

    def test_too_many(self, stage, fails):
        stage(throttling__rateLimit=500, throttling__burstLimit=50)
        fails(CHECK, "lets 500.0 calls a second", **CALL)

    def test_a_plan_without_a_key(self, stage, plan, fails):
        stage()
        plan(key=False)
        fails(CHECK, "The usage plan basic has no API key", **CALL, plan=True)

    def test_methods_that_ask_for_no_key(self, stage, plan, fails):
        stage(key=False)
        plan()
        fails(CHECK, "limits nobody", **CALL, plan=True)

    def test_a_quota_by_the_day(self, stage, plan, fails):
        stage()
        plan(period="DAY")
        fails(CHECK, "allows 5000 calls a day", **CALL, plan=True, quota_at_most=5000)

    def test_no_logs(self, stage, fails):
        stage()
        fails(CHECK, "writes no logs", api=NAME, stage="prod", logged=True)


class TestNearMiss:
    def test_a_plan_that_is_tied_to_nothing(self, stage, plan, fails):
        stage()
        plan(stage="")
        fails(CHECK, "basic is tied to another, or to none", **CALL, plan=True)

    def test_a_log_level_without_a_role(self, stage, fails):
        stage(logging__loglevel="INFO")
        fails(CHECK, "the account has no role for it", api=NAME, stage="prod", logged=True)
