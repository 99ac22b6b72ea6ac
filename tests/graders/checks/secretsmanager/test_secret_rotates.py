import pytest
from moto.secretsmanager.models import FakeSecret

from graders.checks.secretsmanager.secret_rotates import longest_gap
from tests.graders.checks.secretsmanager.conftest import SECRET
from tests.graders.conftest import ACCOUNT

CHECK = "secretsmanager.secret_rotates"


@pytest.fixture
def described(monkeypatch):
    """`described(RotationRules=…)`: DescribeSecret answers with this too, which moto cannot hold."""
    plain = FakeSecret.to_dict

    def described(**more):
        monkeypatch.setattr(FakeSecret, "to_dict", lambda self: plain(self) | more)

    return described


@pytest.fixture
def rotating(secret, function):
    """shop/db, rotated by the function rotate; `rotating(days)`."""

    def rotating(days=30):
        arn = secret()
        secret.client.rotate_secret(
            SecretId=arn, RotationLambdaARN=function("rotate"), RotationRules={"AutomaticallyAfterDays": days}
        )
        return arn

    return rotating


class TestRight:
    def test_a_function_that_secrets_manager_may_invoke(self, rotating, function, passes):
        rotating()
        function.permit("rotate")
        passes(CHECK, secret=SECRET)

    def test_a_permission_for_this_secret_only(self, rotating, function, passes):
        arn = rotating(7)
        function.permit("rotate", SourceArn=arn, SourceAccount=ACCOUNT)
        passes(CHECK, secret=SECRET)

    @pytest.mark.parametrize(
        "expression", ["rate(10 days)", "rate(4 hours)", "cron(0 8 ? * MON *)", "cron(0 8 1,15 * ? *)"]
    )
    def test_a_schedule(self, rotating, function, described, passes, expression):
        rotating()
        function.permit("rotate")
        described(RotationRules={"ScheduleExpression": expression})
        passes(CHECK, secret=SECRET)

    def test_a_secret_that_rds_rotates(self, secret, described, passes):
        secret()
        described(
            RotationEnabled=True,
            OwningService="rds",
            RotationRules={"AutomaticallyAfterDays": 7},
            LastRotatedDate=1_700_000_000,
        )
        passes(CHECK, secret=SECRET)


class TestWrong:
    def test_rotation_is_off(self, secret, fails):
        secret()
        fails(CHECK, "rotation is off", secret=SECRET)

    def test_the_function_has_no_permission(self, rotating, fails):
        rotating()
        fails(CHECK, "may not invoke the function rotate", "it has no policy", secret=SECRET)

    def test_too_seldom(self, rotating, function, fails):
        rotating(90)
        function.permit("rotate")
        fails(CHECK, "90 days can pass", secret=SECRET)

    @pytest.mark.parametrize("expression", ["rate(45 days)", "cron(0 8 1 */3 ? *)", "cron(0 8 L * ? *)"])
    def test_a_schedule_that_is_too_slow(self, rotating, function, described, fails, expression):
        rotating()
        function.permit("rotate")
        described(RotationRules={"ScheduleExpression": expression})
        fails(CHECK, "rotates too seldom", expression, secret=SECRET)

    def test_the_function_is_gone(self, rotating, account, fails):
        rotating()
        account.client("lambda").delete_function(FunctionName="rotate")
        fails(CHECK, "its function rotate does not work", "none of that name", secret=SECRET)

    def test_without_a_function(self, secret, fails):
        secret.client.rotate_secret(SecretId=secret(), RotationRules={"AutomaticallyAfterDays": 30})
        fails(CHECK, "it names no rotation function", secret=SECRET)

    def test_it_never_rotated(self, rotating, function, described, fails):
        rotating()
        function.permit("rotate")
        described(LastRotatedDate=None)
        fails(CHECK, "has never rotated", secret=SECRET)


class TestNearMiss:
    def test_a_permission_for_another_secret(self, rotating, function, fails):
        arn = rotating()
        function.permit("rotate", SourceArn=arn.replace("shop/db", "shop/old"))
        fails(CHECK, f"acting for {arn}", secret=SECRET)

    def test_a_permission_for_another_service(self, rotating, function, fails):
        rotating()
        function.permit("rotate", "events.amazonaws.com")
        fails(CHECK, "secretsmanager.amazonaws.com", "--principal secretsmanager.amazonaws.com", secret=SECRET)


@pytest.mark.parametrize(
    ("expression", "days"),
    [("cron(0 16 1,15 * ? *)", 17), ("cron(0 9 ? * * *)", 1), ("cron(0 9 1/5 * ? *)", 5), ("whenever", float("inf"))],
)
def test_the_longest_gap_of_a_schedule(expression, days):
    assert longest_gap(expression) == days
