import pytest

from tests.graders.checks.lambda_.conftest import NAME

CHECK = "lambda.function_configured"


def variables(**values):
    return {"Environment": {"Variables": values}}


class TestRight:
    def test_within_all_bounds(self, function, passes):
        function(MemorySize=512, Timeout=30, **variables(TABLE="Orders"))
        passes(
            CHECK,
            function=NAME,
            runtime="python",
            memory_at_least=256,
            memory_at_most=1024,
            timeout_at_least=10,
            variables={"TABLE": "Orders"},
        )

    @pytest.mark.parametrize("runtime", ["nodejs22.x", "python3.12", "java21", "provided.al2023", "dotnet8"])
    def test_another_runtime_that_lives(self, function, passes, runtime):
        function(Runtime=runtime)
        passes(CHECK, function=NAME)

    def test_the_names_of_secrets_are_no_secrets(self, function, passes):
        secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-x"
        function(
            **variables(DB_SECRET=secret, TOKEN_URL="https://a.example", PASSWORD_PARAMETER="db", API_KEY="/shop/key")
        )
        passes(CHECK, function=NAME)

    def test_traced(self, function, passes):
        function(TracingConfig={"Mode": "Active"})
        passes(CHECK, function=NAME, traced=True)


class TestWrong:
    def test_the_default_timeout(self, function, fails):
        function()
        fails(CHECK, "is 3 seconds. That is the default", function=NAME, timeout_at_least=10)

    def test_a_timeout_that_aws_refuses(self, function, fails):
        function(Timeout=901)
        fails(CHECK, "is 901 seconds. Lambda stops at 900", function=NAME)

    def test_a_runtime_that_is_retired(self, function, fails):
        function(Runtime="python3.8")
        fails(CHECK, "orders runs on python3.8", "still supports", function=NAME)

    def test_too_little_memory(self, function, fails):
        function()
        fails(CHECK, "128 MB", "256 to 10240 MB", function=NAME, memory_at_least=256)

    @pytest.mark.parametrize(
        ("name", "value"), [("DB_PASSWORD", "hunter2"), ("API_KEY", "abcdef"), ("X", "AKIAIOSFODNN7EXAMPLE")]
    )
    def test_a_secret_in_the_environment(self, function, fails, name, value):
        function(**variables(**{name: value}))
        result = fails(CHECK, f"holds a secret in {name}", function=NAME)
        assert value not in str(result)

    def test_a_handler_without_its_module(self, function, fails):
        function(Handler="handler")
        fails(CHECK, "module.function", function=NAME)

    def test_not_traced(self, function, fails):
        function()
        fails(CHECK, "Tracing of orders is not active", function=NAME, traced=True)


class TestNearMiss:
    def test_a_variable_in_other_capitals(self, function, fails):
        function(**variables(Table="Orders"))
        fails(CHECK, "has the environment variable Table, not TABLE", function=NAME, variables={"TABLE": "Orders"})

    def test_a_variable_of_another_value(self, function, fails):
        function(**variables(TABLE="orders"))
        fails(CHECK, "is orders, not Orders", function=NAME, variables={"TABLE": "Orders"})

    def test_another_region(self, function, fails):
        function(region="eu-west-1")
        fails(CHECK, "There is one in eu-west-1", function=NAME)
